//! Mail servers: with TLS and logins, dead ones, and one that never answers.

use std::time::{Duration, Instant};

use monk_tests::site::{Running, Site};
use monk_tests::{
    MailMode, MailServer, MailServerOptions, Postfix, SshdOptions, in_both_ways, until,
};

use super::screens::{CODE_SCREEN, EMAILED_SCREEN, PASSWORD_SCREEN, ssh};
use super::{
    LINE_LIMIT, asks_for_a_code, embedded, in_store, mail_line, mail_settings, site_with_mail,
    write_settings,
};

in_both_ways!(
    a_dead_mail_server_costs_the_user_nothing,
    a_mail_server_that_never_answers_holds_up_no_login,
);

fn a_dead_mail_server_costs_the_user_nothing(running: Running) {
    let setup = embedded(running);
    let (site, server) = site_with_mail(setup, "sends_per_hour = 2\n");
    site.add_user("alice", "secret");
    site.pam_service("imap", "");
    let options = MailServerOptions::default();
    let port = server.port();
    server.kill();
    for round in 1..=4 {
        asks_for_a_code(&site, "imap", "alice");
        let line = mail_line(&site, round);
        assert!(line.contains(" verdict=failed reason=unreachable "), "{line}");
        // The line comes before the send is given back.
        wait_until_given_back(&site);
    }
    let server = MailServer::start_on(&site.world, &options, port);
    asks_for_a_code(&site, "imap", "alice");
    let code = server.mail(1).code();
    let pam = site.pam("imap", "alice").types(format!("secret;{code}"));
    assert_eq!(site.grants(pam), "emailed-code");
    asks_for_a_code(&site, "imap", "alice");
    let pam = site.pam("imap", "alice").types("secret;email");
    assert_eq!(site.denies(pam), "too-many-sends");
}

/// A test counts as a send.
const MANY_SENDS: &str = "sends_per_hour = 60\n";

/// Waits until the store of alice has no send in it.
fn wait_until_given_back(site: &Site) {
    let count = "SELECT count(*) FROM uses WHERE value LIKE '%\"sent\":[%'";
    let given_back = || {
        let count: i64 = in_store(site, |store| store.query_row(count, [], |row| row.get(0)));
        (count == 0).then_some(())
    };
    assert!(until(LINE_LIMIT, given_back).is_some(), "the send is still counted");
}

fn a_mail_server_that_never_answers_holds_up_no_login(running: Running) {
    let setup = embedded(running);
    let site = setup.site();
    let options = MailServerOptions { mode: MailMode::Silent, ..MailServerOptions::default() };
    let server = MailServer::start(&site.world, &options);
    let mail = format!(
        "[mail]\nfrom = \"monk@example.org\"\ndirectory_address = true\nport = {}\ntimeout_s = 4\n",
        server.port()
    );
    site.write_settings(&format!("[engine]\nrefusal_ms = 300\n{mail}"));
    site.reload_if_resident();
    site.world.add_system_user("alice");
    site.add_user("alice", "secret");
    site.pam_service("imap", "");
    // The refusal comes at its moment, long before the mail server's time is over.
    let started = Instant::now();
    asks_for_a_code(&site, "imap", "alice");
    let took = started.elapsed();
    assert!((300..2500).contains(&took.as_millis()), "{took:?}");
    let line = mail_line(&site, 1);
    assert!(line.contains(" verdict=failed reason=timeout "), "{line}");
    // So does the screen that asks for the code, and the login ends as soon as it is answered.
    let sshd = site.sshd(SshdOptions::default());
    let ssh = ssh(&site, &sshd, "secret").answer("Code sent", "123456");
    let (login, line) = site.audited(|| ssh.run("id -un"));
    assert!(!login.logged_in() && line.reason == "wrong-code", "{login:?} {}", line.text);
    assert_eq!(login.prompts, [PASSWORD_SCREEN, CODE_SCREEN, EMAILED_SCREEN]);
    assert!(login.elapsed < Duration::from_secs(3), "{login:?}");
    let line = mail_line(&site, 2);
    assert!(line.contains(" service=sshd ") && line.contains(" reason=timeout "), "{line}");
    assert!(until(LINE_LIMIT, || site.one_shots().is_empty().then_some(())).is_some());
}

/// What `email test` says, and how the mail arrived.
#[test]
fn given_a_server_with_tls_and_a_login_mails_reach_it_and_nothing_goes_in_the_clear() {
    let (site, plain) = site_with_mail(embedded(Running::Resident), "");
    site.add_user("alice", "secret");
    let certificates = site.world.certificates();
    let (good, other) = (certificates.authority.display(), certificates.other_authority.display());
    site.world.write("/etc/monk/mail.password", "mail;secret\n", 0o600);
    site.world.write("/etc/monk/wrong.password", "wrong\n", 0o600);
    site.world.command("chown").args(["monk", "/etc/monk/mail.password"]).run();
    let start = |mode| {
        let login = Some(("monk".to_owned(), "mail;secret".to_owned()));
        MailServer::start(&site.world, &MailServerOptions { mode, login, identity: None })
    };
    let (starttls, tls) = (start(MailMode::StartTls), start(MailMode::Tls));
    let login = "username = \"monk\"\npassword_file = \"/etc/monk/mail.password\"\n";
    let wrong = "username = \"monk\"\npassword_file = \"/etc/monk/wrong.password\"\n";
    let name = "host = \"mail.example.org\"\n";
    let ca = |ca: &dyn std::fmt::Display| format!("ca_file = \"{ca}\"\n");
    let settings = |server: &MailServer, more: &str| {
        write_settings(&site, &format!("port = {}\n{MANY_SENDS}{name}{more}", server.port()));
    };
    for (server, key) in [(&starttls, "starttls = true\n"), (&tls, "ssl = true\n")] {
        settings(server, &format!("{key}{login}{}", ca(&good)));
        let sent = site.enroll(&["email", "test", "alice"]);
        assert_eq!(
            (&sent["address"], &sent["answer"]),
            (&"alice@example.org".into(), &"250 2.0.0 kept as 1".into())
        );
        let mail = server.mail(1);
        assert!(mail.encrypted && mail.login.as_deref() == Some("monk"), "{mail:?}");

        settings(server, &format!("{key}{wrong}{}", ca(&good)));
        assert_said(&test_fails(&site), "check mail.username");
        settings(server, &format!("{key}{login}{}", ca(&other)));
        assert_said(&test_fails(&site), "check mail.ca_file");
        settings(server, &format!("{key}{login}"));
        assert_said(&test_fails(&site), "check mail.ca_file");
        let localhost = "host = \"127.0.0.2\"\n";
        write_settings(
            &site,
            &format!("port = {}\n{MANY_SENDS}{localhost}{key}{login}{}", server.port(), ca(&good)),
        );
        test_fails(&site);
        assert_eq!(server.mails().len(), 1);
    }
    // What was put before the handshake is not taken for the server's.
    let injected = start(MailMode::Injected);
    settings(&injected, &format!("starttls = true\n{login}{}", ca(&good)));
    test_fails(&site);
    assert_eq!(injected.commands(), [""; 0]);
    // No STARTTLS there: nothing is said, neither name nor mail.
    settings(&plain, &format!("starttls = true\n{login}{}", ca(&good)));
    assert_said(&test_fails(&site), "STARTTLS is not supported");
    assert_eq!(plain.commands(), [""; 0]);
    // What the server says to a mail that it does not take is told.
    write_settings(&site, &format!("port = {}\n{MANY_SENDS}", plain.port()));
    let set = ["email", "set", "alice", "--address", "nobody@example.org"];
    let (said, output) = site.try_enroll(&set);
    let message = said["error"]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("does not take the mail") && message.contains("nobody lives here"),
        "{output}"
    );
    // Without TLS there is a login on this machine only.
    write_settings(&site, &format!("port = {}\n{MANY_SENDS}", plain.port()));
    site.enroll(&["email", "test", "alice"]);
    assert!(!plain.mail(1).encrypted);
}

/// `email test`, which must fail; what it says.
#[track_caller]
fn test_fails(site: &Site) -> String {
    let (said, output) = site.try_enroll(&["email", "test", "alice"]);
    assert_eq!(said["error"]["kind"], "unavailable", "{output}");
    said["error"]["message"].as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn assert_said(message: &str, said: &str) {
    assert!(message.contains(said), "{message}");
}

#[test]
fn given_a_login_over_plain_smtp_it_is_made_on_this_machine_only() {
    let site = embedded(Running::Resident).site();
    site.add_user("alice", "secret");
    let login = Some(("monk".to_owned(), "mail;secret".to_owned()));
    let options = MailServerOptions { login, ..MailServerOptions::default() };
    let server = MailServer::start(&site.world, &options);
    site.world.write("/etc/monk/mail.password", "mail;secret\n", 0o600);
    let login = "username = \"monk\"\npassword_file = \"/etc/monk/mail.password\"\n";
    mail_settings(&site, &server, login);
    site.enroll(&["email", "test", "alice"]);
    assert_eq!(server.mail(1).login.as_deref(), Some("monk"));
    site.world.command("chmod").args(["0644", "/etc/monk/mail.password"]).run();
    let said = site.reload_engine();
    assert!(said.contains("mend with: chmod 0640 /etc/monk/mail.password"), "{said}");
    site.write_settings(&format!(
        "[mail]\nfrom = \"monk@example.org\"\nhost = \"mail.example.org\"\n{login}"
    ));
    let said = site.reload_engine();
    assert!(said.contains("[mail]: `username` without TLS"), "{said}");
}

/// The settings of `docs/email.md` for a mail server on the same machine, and the directory's addresses.
#[test]
fn given_postfix_on_this_machine_from_is_all_that_has_to_be_set() {
    let site = embedded(Running::OneShot).site();
    site.world.add_system_user("alice");
    site.add_user("alice", "secret");
    let postfix = Postfix::start_local(&site.world);
    site.write_settings("[mail]\nfrom = \"monk@example.org\"\ndirectory_address = true\n");
    let sent = site.enroll(&["email", "test", "alice"]);
    let answer = sent["answer"].as_str().unwrap_or_default();
    assert!(answer.starts_with("250 2.0.0 Ok: queued as "), "{answer} {}", postfix.log());
    site.pam_service("imap", "");
    asks_for_a_code(&site, "imap", "alice");
    let code = until(LINE_LIMIT, || {
        let mailbox = "/var/mail/alice";
        let mails =
            if site.world.exists(mailbox) { site.world.read(mailbox) } else { String::new() };
        mails.lines().find_map(|line| {
            let digits = line.strip_prefix("    ")?;
            (digits.len() == 6 && digits.parse::<u32>().is_ok()).then(|| digits.to_owned())
        })
    });
    let code = code.unwrap_or_else(|| panic!("no code has arrived:\n{}", postfix.log()));
    let pam = site.pam("imap", "alice").types(format!("secret;{code}"));
    assert_eq!(site.grants(pam), "emailed-code");
}
