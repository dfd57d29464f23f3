//! The portal in a real browser, with its script and its content security policy.

use monk_tests::site::Backend;

use crate::site_with;

#[test]
fn the_link_of_an_invitation_fills_in_the_form_and_nothing_is_blocked() {
    let (_site, portal, code) = site_with(Backend::Embedded);
    let shown = portal.in_chromium(&format!("/invitation#user=alice&code={code}"));
    let field = |name: &str| {
        let inputs = shown.stdout.split("<input ").skip(1);
        let inputs = inputs.filter_map(|rest| rest.split('>').next());
        let mut named = inputs.filter(|input| input.contains(&format!("name=\"{name}\"")));
        named.next().unwrap_or_else(|| panic!("no field {name}: {shown}")).to_owned()
    };
    assert!(field("username").contains("value=\"alice\""), "{shown}");
    assert!(field("code").contains(&format!("value=\"{code}\"")), "{shown}");
    for complaint in ["Content Security Policy", "Refused to", "Uncaught"] {
        assert!(!shown.stderr.contains(complaint), "{shown}");
    }
}
