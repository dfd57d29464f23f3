//! Dovecot in a world, and mail programs.

use std::thread;
use std::time::Duration;

use monk_tests::Dovecot;
use monk_tests::DovecotOptions;
use monk_tests::Status;
use monk_tests::clients::Curl;
use monk_tests::clients::ImapAnswer;
use monk_tests::clients::ImapPassword;
use monk_tests::clients::Login;
use monk_tests::clients::imap_login;

use super::ODD_PASSWORD;
use super::PAM_UNIX;
use super::pam_service;
use super::world;
use super::world_with_alice;

#[test]
fn dovecot_logs_a_user_in_through_pam_unix_whatever_is_in_the_password() {
    let world = world_with_alice();
    pam_service(&world, "dovecot", PAM_UNIX);
    let dovecot = Dovecot::start(&world, DovecotOptions::default());
    for url in [dovecot.imaps_url(), dovecot.imap_url()] {
        assert_eq!(
            Curl::new(&world, &url, "alice", ODD_PASSWORD).login(),
            Login::LoggedIn,
            "{}",
            dovecot.log()
        );
        let refused = Curl::new(&world, &url, "alice", "wrong").login();
        assert_eq!(
            refused,
            Login::Refused("NO [AUTHENTICATIONFAILED] Authentication failed.".to_owned())
        );
    }
    let line = world.wait_for_log(|line| line.text.contains("authentication failure"));
    assert_eq!(line.facility, 10, "{line}");
    assert!(line.text.starts_with("pam_unix(dovecot:auth)"), "{line}");
}

#[test]
fn a_client_that_trusts_another_authority_does_not_log_in() {
    let world = world();
    pam_service(&world, "dovecot", "auth required pam_permit.so\naccount required pam_permit.so\n");
    let dovecot = Dovecot::start(&world, DovecotOptions::default());
    let login = Curl::new(&world, &dovecot.imaps_url(), "alice", "any")
        .trusting(&world.certificates().other_authority);
    // 60 is curl's word for a certificate that cannot be trusted.
    assert!(matches!(login.login(), Login::Failed { status: Status::Code(60), .. }));
}

#[test]
fn one_world_has_two_dovecots_with_different_pam_services() {
    let world = world();
    pam_service(&world, "open", "auth required pam_permit.so\naccount required pam_permit.so\n");
    pam_service(&world, "closed", "auth required pam_deny.so\naccount required pam_deny.so\n");
    let open = DovecotOptions { pam_service: "open".to_owned(), ..DovecotOptions::default() };
    let closed = DovecotOptions {
        name: "closed".to_owned(),
        imap_port: 1143,
        imaps_port: 1993,
        pam_service: "closed".to_owned(),
        ..DovecotOptions::default()
    };
    let (open, closed) = (Dovecot::start(&world, open), Dovecot::start(&world, closed));
    assert_eq!(
        Curl::new(&world, &open.imaps_url(), "alice", "any").login(),
        Login::LoggedIn,
        "{}",
        open.log()
    );
    assert!(matches!(
        Curl::new(&world, &closed.imaps_url(), "alice", "any").login(),
        Login::Refused(_)
    ));
}

#[test]
fn many_clients_of_this_process_log_in_at_the_same_moment() {
    let world = world_with_alice();
    pam_service(&world, "dovecot", PAM_UNIX);
    let dovecot = Dovecot::start(&world, DovecotOptions::default());
    let address = world.address(143);
    let limit = Duration::from_secs(20);
    let login = |password, form| {
        imap_login(address, "alice", password, form, limit).expect("Dovecot answers")
    };
    let answers: Vec<ImapAnswer> = world.inside(|| {
        thread::scope(|scope| {
            let forms = [ImapPassword::Literal, ImapPassword::Quoted].into_iter().cycle().take(10);
            let logins: Vec<_> =
                forms.map(|form| scope.spawn(move || login("wrong", form))).collect();
            logins.into_iter().map(|login| login.join().expect("a login ends")).collect()
        })
    });
    assert!(
        answers.iter().all(|answer| matches!(answer, ImapAnswer::No(_))),
        "{answers:?}\n{}",
        dovecot.log()
    );
    // A quoted string of IMAP has 7 bits: only a literal can hold this password.
    let right = world.inside(|| login(ODD_PASSWORD, ImapPassword::Literal));
    assert!(matches!(right, ImapAnswer::Ok(_)), "{right:?}");
}
