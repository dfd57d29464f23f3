//! A policy that is only reported until a day: logins go on, and the audit says which of them will be refused.

use std::time::{SystemTime, UNIX_EPOCH};

use monk_tests::clients::{Curl, Login, Ssh};
use monk_tests::site::{AuditLine, Backend, Running, Site};
use monk_tests::{Dovecot, Sshd, SshdOptions};

/// The day from which all of it is enforced: its beginning, in seconds since 1970.
const DAY: &str = "2999-01-01";
const BEGINNING: u64 = 32_472_144_000;

#[track_caller]
fn would(line: &AuditLine, verdict: &str) -> String {
    assert_eq!(line.verdict, verdict, "{}", line.text);
    let field = line.text.split(' ').find_map(|field| field.strip_prefix("would="));
    field.unwrap_or_default().to_owned()
}

/// A login at Dovecot: whether it is let in, and its line.
#[track_caller]
fn imap(site: &Site, dovecot: &Dovecot, user: &str, typed: &str) -> AuditLine {
    let (login, line) =
        site.audited(|| Curl::new(&site.world, &dovecot.imaps_url(), user, typed).login());
    assert_eq!(login == Login::LoggedIn, line.verdict == "granted", "{}", line.text);
    line
}

/// The same at sshd, where a person is asked for a code.
#[track_caller]
fn ssh(site: &Site, sshd: &Sshd, user: &str, code: &str) -> AuditLine {
    let ssh = Ssh::new(&site.world, sshd, user).answer("Password", "secret").answer("Code", code);
    let (login, line) = site.audited(|| ssh.run("id -un"));
    assert_eq!(login.logged_in(), line.verdict == "granted", "{login:?} {}", line.text);
    line
}

#[test]
fn dovecot_and_sshd_let_in_until_the_day_and_the_audit_says_who_will_be_refused() {
    let settings = format!(
        "[policy]\nenforce = \"report\"\nenforce_from = {DAY}\n[policy.today]\nmfa = \"off\"\n"
    );
    let site = Site::with_settings(Backend::Embedded, Running::OneShot, &settings);
    let clock = site.start_engine_with_clock();
    let phone = site.user_with_device("alice", "secret");
    site.add_user("bob", "secret");
    let (dovecot, sshd) = (site.imap(), site.sshd(SshdOptions::default()));
    for user in ["alice", "bob"] {
        site.world.add_system_user(user);
    }

    assert_eq!(would(&imap(&site, &dovecot, "alice", "secret"), "granted"), "code-missing");
    assert_eq!(would(&imap(&site, &dovecot, "bob", "secret"), "granted"), "not-enrolled");
    let with_code = format!("secret;{}", phone.code());
    assert_eq!(would(&imap(&site, &dovecot, "alice", &with_code), "granted"), "granted");
    assert_eq!(would(&imap(&site, &dovecot, "alice", "wrong"), "refused"), "wrong-password");
    assert_eq!(would(&ssh(&site, &sshd, "alice", ""), "granted"), "asks-for-code");
    assert_eq!(would(&ssh(&site, &sshd, "bob", ""), "granted"), "not-enrolled");

    // Nobody restarts anything.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    let ahead = i64::try_from(BEGINNING - now).expect("a thousand years");
    clock.set(ahead + 60);
    let line = imap(&site, &dovecot, "alice", "secret");
    assert_eq!((line.reason.as_str(), would(&line, "refused").as_str()), ("code-missing", ""));
    assert_eq!(imap(&site, &dovecot, "bob", "secret").reason, "not-enrolled");
    assert_eq!(ssh(&site, &sshd, "alice", &phone.code_of_clock(ahead + 60)).reason, "totp");
}
