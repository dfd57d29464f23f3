//! The words of a refusal, as somebody at the other end of the network hears them.

use std::collections::BTreeSet;
use std::time::Duration;

use monk_tests::clients::{ImapPassword, Ssh, imap_login};
use monk_tests::site::{Backend, Site};
use monk_tests::{DOVECOT_FOR_POSTFIX, Dovecot, DovecotOptions, Postfix, SshdOptions, figures};

use crate::{CLASSES, Form, given_users};

const LIMIT: Duration = Duration::from_secs(60);

/// Dovecot delays refusals more and more; here are many, and it is not the one that is tested.
const NO_DELAY: &str = "auth_failure_delay = 0\n";

fn given_mail_users() -> Site {
    given_users(Backend::Embedded, 0).0
}

/// All that was heard is the same for every class.
#[track_caller]
fn are_the_same(program: &str, heard: &BTreeSet<String>) {
    assert_eq!(heard.len(), 1, "{program}: {heard:#?}");
    let what = format!("{program}: bytes the client gets, 5 kinds of refusals");
    let seen = format!("1 answer of {} bytes to all", heard.iter().map(String::len).sum::<usize>());
    figures::row("hostile", &[&what, &seen, "identical"]);
}

#[test]
fn dovecot_says_the_same_to_every_refusal() {
    let site = given_mail_users();
    let options = DovecotOptions {
        pam_service: "imap".into(),
        config: NO_DELAY.to_owned(),
        ..DovecotOptions::default()
    };
    let _imap = Dovecot::start(&site.world, options);
    let address = site.world.address(143);
    let heard = CLASSES.map(|class| {
        let attempt = class.attempt(7, Form::OneString);
        let (user, typed) = (attempt.user.as_str(), attempt.answers[0].as_str());
        let (answer, line) = site.audited(|| {
            let login = || imap_login(address, user, typed, ImapPassword::Quoted, LIMIT);
            site.world.inside(login).expect("Dovecot answers")
        });
        assert_eq!(line.reason, class.reason(Form::OneString));
        format!("{answer:?}")
    });
    assert!(heard[0].contains("AUTHENTICATIONFAILED"), "{heard:?}");
    are_the_same("IMAP (Dovecot)", &heard.into());
}

/// Everything that curl writes down of the conversation, but for what it sends itself.
fn smtp_transcript(site: &Site, url: &str, user: &str, typed: &str) -> String {
    let authority = site.world.certificates().authority.display().to_string();
    let settings = format!(
        "url = \"{url}\"\nuser = \"{user}:{typed}\"\ncacert = \"{authority}\"\nssl-reqd\nlogin-options = \"AUTH=PLAIN\"\nmail-from = \"a@example.org\"\nmail-rcpt = \"b@example.org\"\nupload-file = \"/etc/hostname\"\nverbose\n"
    );
    let curl = site.world.command("curl").args(["-K", "-"]).stdin(settings).timeout(LIMIT);
    let said = curl.run().stderr;
    let servers = said.lines().filter(|line| line.starts_with("< "));
    servers.map(|line| format!("{line}\n")).collect()
}

#[test]
fn postfix_says_the_same_to_every_refusal() {
    let site = given_mail_users();
    site.pam_service("smtp", "");
    let options = DovecotOptions {
        pam_service: "imap".into(),
        config: format!("{DOVECOT_FOR_POSTFIX}{NO_DELAY}"),
        ..DovecotOptions::default()
    };
    let _dovecot = Dovecot::start(&site.world, options);
    let postfix = Postfix::start(&site.world);
    let heard = CLASSES.map(|class| {
        let attempt = class.attempt(8, Form::OneString);
        let (user, typed) = (attempt.user.as_str(), attempt.answers[0].as_str());
        let (said, line) = site.audited(|| smtp_transcript(&site, &postfix.url(), user, typed));
        assert_eq!(line.reason, class.reason(Form::OneString), "{said}");
        said
    });
    assert!(heard[0].contains("535 5.7.8"), "{heard:?}");
    are_the_same("SMTP (Postfix, Dovecot SASL)", &heard.into());
}

#[test]
fn sshd_shows_the_same_screens_and_words_to_every_refusal() {
    let site = given_mail_users();
    for user in ["alice", "bob", "carol"] {
        site.world.add_system_user(user);
    }
    let sshd = site.sshd(SshdOptions::default());
    // Whose name is in neither place, or only in the system's.
    site.world.add_system_user("nobody9");
    let unknown = [("nobody9", "secret"), ("nobody10", "secret")];
    let known = CLASSES.map(|class| class.attempt(9, Form::TwoScreens));
    let known = known.iter().map(|attempt| (attempt.user.as_str(), attempt.answers[0].as_str()));
    let heard = known.chain(unknown).map(|(user, typed)| {
        let ssh = Ssh::new(&site.world, &sshd, user).answer("Password", typed);
        let login = ssh.answer("Code", "00000000").run("true");
        assert!(!login.logged_in(), "{login:?}");
        // The client itself puts the name it was given before all it shows.
        format!("{:?} {:?} {}", login.prompts, login.status, login.stderr).replace(user, "USER")
    });
    let heard: Vec<_> = heard.collect();
    assert!(heard[0].contains("Password") && heard[0].contains("Permission denied"), "{heard:?}");
    are_the_same("ssh (sshd, keyboard-interactive)", &heard.into_iter().collect());
}
