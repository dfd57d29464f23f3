use monk_terms::fields::Line as Read;

use super::*;

/// A refused login of `user` at imap.
fn refused<'a>(user: &'a str, ending: &'a Ending) -> Line<'a> {
    Line {
        event: "login",
        user,
        service: "imap",
        terminal: None,
        by: None,
        address: Some("2001:db8::7"),
        ending,
        credential: None,
        password: Advice::Nothing,
        how: None,
        would: None,
        took: Duration::from_millis(4),
    }
}

const WRONG: Ending = Ending::Refused(Refusal::WrongPassword);
const UNKNOWN: Ending = Ending::Refused(Refusal::UnknownUser);

#[test]
fn a_login_is_one_line_of_fields() {
    assert_eq!(
        refused("alice@example.org", &WRONG).to_string(),
        "login user=alice@example.org service=imap address=2001:db8::7 verdict=refused reason=wrong-password credential=- ms=4"
    );
}

#[test]
fn su_and_sudo_say_the_terminal_and_the_person() {
    for terminal in ["pts/7", "/dev/pts/7"] {
        let line = Line { terminal: Some(terminal), by: Some(1001), ..refused("root", &WRONG) };
        let start =
            "login user=root service=imap terminal=pts/7 by=1001 address=2001:db8::7 verdict=";
        assert!(line.to_string().starts_with(start), "{line}");
    }
    for word in ["ssh", "cron", "dovecot", "/dev/null", ""] {
        let line = Line { terminal: Some(word), ..refused("root", &WRONG) };
        assert!(!line.to_string().contains("terminal"), "{line}");
    }
}

#[test]
fn whoever_is_believed_is_named_and_others_answer_for_themselves() {
    let root = Caller { uid: 0 };
    assert_eq!((by(root, Some(1001)), by(root, None)), (Some(1001), None));
    let mallory = Caller { uid: 1002 };
    assert_eq!((by(mallory, Some(1001)), by(mallory, None)), (Some(1002), Some(1002)));
}

#[test]
fn a_name_that_monk_does_not_know_is_ignored_and_not_refused() {
    for (event, verdict) in [("login", "ignored"), ("account", "ignored"), ("proof", "refused")] {
        let line = Line { event, ..refused("bob", &UNKNOWN) }.to_string();
        assert!(line.contains(&format!(" verdict={verdict} reason=unknown-user ")), "{line}");
    }
}

#[test]
fn a_mail_is_one_line_without_code_or_address() {
    let line = |result| MailLine {
        user: "alice",
        service: "imap",
        to: "a…@example.org",
        result,
        took: Duration::from_millis(41),
    };
    let start = "mail user=alice service=imap to=a…@example.org";
    let sent = line(Ok(())).to_string();
    assert_eq!(sent, format!("{start} verdict=sent reason=accepted ms=41"));
    let failure = MailFailure::Rejected("550 no".into());
    let failed = line(Err(&failure)).to_string();
    assert_eq!(failed, format!("{start} verdict=failed reason=rejected ms=41"));
}

/// Every field that somebody outside can choose, also a credential's id and an outage's words.
#[test]
fn nobody_can_forge_a_line_or_a_field() {
    let evil = "x\nlogin user=root\" verdict=granted \u{202e}";
    let outage = Ending::Unavailable(Outage::Refused(evil.to_owned()));
    let line = Line {
        service: evil,
        terminal: Some("pts/1 by=0"),
        address: Some(evil),
        credential: Some(evil),
        ..refused(evil, &outage)
    };
    let text = line.to_string();
    let read = Read::parse(&text).expect("a line of fields");
    let keys: Vec<&str> = read.fields.iter().map(|field| field.key).collect();
    let wanted =
        ["user", "service", "terminal", "address", "verdict", "reason", "credential", "ms"];
    assert_eq!((read.event, keys), ("login", wanted.to_vec()));
    assert_eq!(text.matches("verdict=").count(), 1, "{text}");
    assert!(text.chars().all(printable::is_printable), "{text}");
    assert_eq!((read.get("user"), read.get("credential")), (Some(evil), Some(evil)));
    let mail =
        MailLine { user: evil, service: evil, to: evil, result: Ok(()), took: Duration::ZERO };
    assert_eq!(Read::parse(&mail.to_string()).unwrap().fields.len(), 6);
}

#[test]
fn what_the_directory_says_of_a_right_password_has_a_field_of_its_own() {
    let granted = Ending::Granted(Grant::Totp);
    for (password, field) in [
        (Advice::Nothing, ""),
        (Advice::Expires(86_400), "password=expires-in:86400 "),
        (Advice::GraceLogins(2), "password=grace-logins:2 "),
        (Advice::MustChange, "password=must-change "),
    ] {
        let line = Line { password, ..refused("alice", &granted) }.to_string();
        assert!(line.ends_with(&format!(" credential=- {field}ms=4")), "{line}");
    }
}
