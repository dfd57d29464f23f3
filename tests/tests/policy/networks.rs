//! Networks from which no second factor is asked.

use monk_tests::clients::{Curl, Login};
use monk_tests::site::{Backend, Running, Site};

#[test]
fn at_the_office_the_password_is_enough() {
    let settings = "[service.imap]\ntrusted_networks = [\"127.0.0.8/30\", \"2001:db8::/32\"]\n";
    let site = Site::with_settings(Backend::Embedded, Running::Resident, settings);
    let imap = site.imap();
    let phone = site.user_with_device("alice", "secret");
    let from = |address: &str, typed: &str| {
        let curl = Curl::new(&site.world, &imap.imaps_url(), "alice", typed).from(address);
        let (login, line) = site.audited(|| curl.login());
        assert_eq!(line.address, address);
        (login == Login::LoggedIn, line.reason)
    };
    assert_eq!(from("127.0.0.9", "secret"), (true, "password".to_owned()));
    assert_eq!(from("127.0.0.9", "wrong"), (false, "wrong-password".to_owned()));
    let wrong = format!("secret;{}", phone.wrong_code());
    assert_eq!(from("127.0.0.9", &wrong), (false, "wrong-code".to_owned()));
    assert_eq!(from("127.0.0.12", "secret"), (false, "code-missing".to_owned()));
    let right = format!("secret;{}", phone.code());
    assert_eq!(from("127.0.0.12", &right), (true, "totp".to_owned()));
}

#[test]
fn an_address_that_anybody_could_make_up_is_not_believed() {
    let settings = "[service.imap]\ntrusted_networks = [\"192.0.2.0/24\"]\n";
    let site = Site::with_settings(Backend::Embedded, Running::Resident, settings);
    site.pam_service("imap", "");
    site.user_with_device("alice", "secret");
    site.world.add_system_user("mallory");
    let pam = || site.pam("imap", "alice").from("192.0.2.7").types("secret");
    assert_eq!(site.grants(pam()), "password");
    assert_eq!(site.denies(pam().as_user("mallory")), "code-missing");
}
