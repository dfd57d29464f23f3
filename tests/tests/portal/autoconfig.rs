//! What mail programs ask the portal for by themselves, and an account that is set up with it.

use monk_tests::portal::{ACCOUNT, Portal, SETTINGS};
use monk_tests::site::{Backend, Running, Site};

#[test]
fn a_mail_program_learns_the_servers_of_the_settings() {
    let settings = format!(
        "{SETTINGS}[enrolment]\nimap = \"imap.example.org:993\"\nsmtp = \"smtp.example.org:465\"\nmail_user = \"mail\"\n"
    );
    let site = Site::with_settings(Backend::Embedded, Running::Resident, &settings);
    site.world.add_system_user(ACCOUNT);
    let portal = Portal::start(&site);
    let mut program = portal.browser();
    let page = program.open("/.well-known/autoconfig/mail/config-v1.1.xml").clone();
    assert_eq!(page.status, 200, "{}", page.text);
    for words in ["imap.example.org", "smtp.example.org", "%EMAILADDRESS%"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let json = program.open("/autodiscover/autodiscover.json?Protocol=Autodiscoverv1").clone();
    assert!(json.text.contains("http://localhost:8080/autodiscover/autodiscover.xml"));
}
