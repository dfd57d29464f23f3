//! The words of a refusal, as somebody at the other end of the network hears them.

use std::collections::BTreeSet;
use std::time::Duration;

use monk_tests::clients::{ImapPassword, Ssh, imap_login};
use monk_tests::site::{Backend, Site};
use monk_tests::{SshdOptions, figures};

use crate::{Attempt, CLASSES, Class, Form, given_users};

const LIMIT: Duration = Duration::from_secs(60);

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
    let _imap = site.mail_server("imap", false);
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

/// What the server says from the login on, as curl writes it down.
fn smtp_transcript(site: &Site, url: &str, user: &str, typed: &str) -> String {
    let authority = site.world.certificates().authority.display().to_string();
    let settings = format!(
        "url = \"{url}\"\nuser = \"{user}:{typed}\"\ncacert = \"{authority}\"\nssl-reqd\nlogin-options = \"AUTH=PLAIN\"\nmail-from = \"a@example.org\"\nmail-rcpt = \"b@example.org\"\nupload-file = \"/etc/hostname\"\nverbose\n"
    );
    let curl = site.world.command("curl").args(["-K", "-"]).stdin(settings).timeout(LIMIT);
    let said = curl.run().stderr;
    let servers = said.lines().filter(|line| line.starts_with("< "));
    let servers = servers.skip_while(|line| !line.starts_with("< 334"));
    servers.map(|line| format!("{line}\n")).collect()
}

#[test]
fn postfix_says_the_same_to_every_refusal() {
    let site = given_mail_users();
    let _dovecot = site.mail_server("imap", true);
    let postfix = site.submission_server("postfix");
    let heard = CLASSES.map(|class| {
        let attempt = class.attempt(8, Form::OneString);
        let (user, typed) = (attempt.user.as_str(), attempt.answers[0].as_str());
        let (said, line) = site.audited(|| smtp_transcript(&site, &postfix.tls_url(), user, typed));
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
    for form in [Form::OneString, Form::TwoScreens] {
        let mut attempts = CLASSES.map(|class| class.attempt(9, form)).to_vec();
        for user in ["nobody9", "nobody10"] {
            attempts.push(Attempt { user: user.into(), ..Class::UnknownUser.attempt(9, form) });
        }
        let heard = attempts.iter().map(|attempt| {
            let ssh = Ssh::new(&site.world, &sshd, &attempt.user);
            let login = ssh.answer("Password", &attempt.answers[0]).answer("Code", "00000000");
            let login = login.run("true");
            assert!(!login.logged_in(), "{login:?}");
            // The client itself puts the name it was given before all it shows.
            let shown = format!("{:?} {:?} {}", login.prompts, login.status, login.stderr);
            shown.replace(&attempt.user, "USER")
        });
        let heard: BTreeSet<_> = heard.collect();
        assert!(heard.iter().all(|heard| heard.contains("Code from")), "{heard:?}");
        are_the_same(&format!("ssh (sshd, {form:?})"), &heard);
    }
}
