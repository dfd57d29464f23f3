//! What the confined service can do all the same: look up its callers, hash, reach a directory over TLS,
//! send mail, make keys.
//!
//! Those who log in here are not root's programs, which could start an engine that nothing confines.

use std::time::Duration;

use monk_tests::clients::PamAnswer;
use monk_tests::fresh::{Debian, Machine, package};
use monk_tests::site::Site;
use monk_tests::until;

use crate::guarded::{enable, install, property, systemctl};

monk_tests::on_each_debian!(
    the_confined_service_asks_a_directory_over_tls,
    the_confined_service_sends_codes_by_mail,
    the_confined_service_makes_and_rotates_keys,
    a_reload_with_what_no_engine_could_start_with_fails_and_changes_nothing,
);

/// How long Postfix may take to deliver a mail. It takes less than a second.
const MAIL_LIMIT: Duration = Duration::from_secs(60);

/// As docs/email.md says for a mail server on the same machine.
const MAIL: &str = "[mail]\nfrom = \"monk@example.org\"\ndirectory_address = true\n";

/// A machine with monk, with alice, and with bob, whose programs are not root's.
#[track_caller]
fn machine(debian: Debian) -> Machine {
    let deb = package().current;
    let machine = Machine::new(debian);
    install(&machine, &deb);
    enable(&machine);
    for name in ["alice", "bob"] {
        machine.add_system_user(name);
    }
    machine
}

#[track_caller]
fn login(site: &Site, typed: &str) -> PamAnswer {
    site.pam("dovecot", "alice").types(typed).types("").as_user("bob").authenticate().answer
}

fn the_confined_service_asks_a_directory_over_tls(debian: Debian) {
    let machine = machine(debian);
    // The test has its own, with monk's schema.
    systemctl(&machine, &["stop", "slapd"]);
    let site = Site::of_package_in_ldap(&machine, "");
    let engine = property(&machine, "monk", "MainPID");
    let phone = site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    assert_eq!(login(&site, &typed), PamAnswer::Success);
    assert_eq!(login(&site, &typed), PamAnswer::AuthErr, "a code again");
    let reasons: Vec<_> = site.logins().into_iter().map(|line| line.reason).collect();
    assert_eq!(reasons, ["totp", "replayed-code"]);
    assert_eq!(property(&machine, "monk", "MainPID"), engine, "it is still the same engine");
}

fn the_confined_service_sends_codes_by_mail(debian: Debian) {
    let machine = machine(debian);
    let settings = ["-e", "mydestination=localhost, example.org"];
    machine.command("postconf").args(settings).run().expect_success();
    systemctl(&machine, &["restart", "postfix"]);
    let site = Site::of_package(&machine);
    site.add_user("alice", "secret");
    machine.write("/etc/monk/monk.toml", MAIL, 0o644);
    systemctl(&machine, &["reload", "monk"]);
    assert_eq!(login(&site, "secret;email"), PamAnswer::AuthErr);
    let code = || {
        let mail = "/var/mail/alice";
        let text = if machine.exists(mail) { machine.read(mail) } else { String::new() };
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
        text.split_whitespace().find(is_code).map(str::to_owned)
    };
    let code = until(MAIL_LIMIT, code).expect("a mail with a code has come");
    assert_eq!(login(&site, &format!("secret;{code}")), PamAnswer::Success);
    assert_eq!(site.last_login().reason, "emailed-code");
}

fn the_confined_service_makes_and_rotates_keys(debian: Debian) {
    let machine = machine(debian);
    let site = Site::of_package(&machine);
    let phone = site.user_with_device("alice", "secret");
    let key = site.enroll(&["key", "create"])["id"].as_str().expect("it has an id").to_owned();
    site.enroll(&["key", "rotate", &key]);
    assert_eq!(login(&site, &format!("secret;{}", phone.code())), PamAnswer::Success);
    let keys = machine.command("find").args(["/etc/monk/keys", "-name", "*.key"]);
    let keys = keys.args(["-printf", "%u %m\n"]).run().expect_success().stdout;
    assert_eq!(keys, "monk 400\n".repeat(2));
}

fn a_reload_with_what_no_engine_could_start_with_fails_and_changes_nothing(debian: Debian) {
    let machine = machine(debian);
    let site = Site::of_package(&machine);
    let settings = "/etc/monk/monk.toml";
    let good = "[service.dovecot]\nmfa = \"off\"\n";
    let phone = site.user_with_device("alice", "secret");
    machine.write(settings, good, 0o644);
    systemctl(&machine, &["reload", "monk"]);
    let granted =
        || until(MAIL_LIMIT, || (login(&site, "secret") == PamAnswer::Success).then_some(()));
    granted().expect("the new settings are in force");
    let engine = property(&machine, "monk", "MainPID");
    let refused = |text: &str, said: &str| {
        machine.write(settings, text, 0o644);
        let reload = machine.command("systemctl").args(["reload", "monk"]).run();
        assert!(!reload.success(), "{text}: {reload}");
        let says = |line: &monk_tests::LogLine| line.text.contains(said);
        machine.wait_for_log(says);
        assert_eq!(
            login(&site, "secret"),
            PamAnswer::Success,
            "the old settings are in force: {text}"
        );
    };
    refused("\n[policy]\nmfaa = \"off\"\n", "/etc/monk/monk.toml: line 3: unknown key `mfaa`");
    refused(
        "[policy]\nmfa = \"off\"\npassword = \"elsewhere\"\n",
        "/etc/monk/monk.toml: line 2: [policy]",
    );
    // What root could read, and the engine cannot.
    machine.write("/etc/monk/mail.password", "mail;secret\n", 0o600);
    let mail = "[mail]\nfrom = \"monk@example.org\"\nhost = \"localhost\"\nstarttls = true\n\
                username = \"monk\"\npassword_file = \"/etc/monk/mail.password\"\n";
    refused(&format!("{good}{mail}"), "/etc/monk/mail.password: Permission denied");
    machine.write(settings, good, 0o644);
    let keys =
        |mode: &str| machine.command("chmod").args([mode, "/etc/monk/keys"]).run().expect_success();
    keys("0000");
    refused(good, "/etc/monk/keys");
    keys("0700");
    machine.write(settings, "", 0o644);
    systemctl(&machine, &["reload", "monk"]);
    let with_code = || login(&site, &format!("secret;{}", phone.code()));
    until(MAIL_LIMIT, || (login(&site, "secret") == PamAnswer::AuthErr).then_some(()))
        .expect("mended");
    assert_eq!(with_code(), PamAnswer::Success);
    assert_eq!(property(&machine, "monk", "MainPID"), engine, "it is still the same engine");
}
