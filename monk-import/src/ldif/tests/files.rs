//! What is a file, what is none, and what one may have in it.

use super::*;

#[test]
fn what_is_not_ldif_or_not_whole_is_told_with_its_line() {
    for (text, line, message) in [
        ("version: 2\n\ndn: dc=x\n", 1, "version"),
        ("dn: dc=x\nuid: a", 2, "no end"),
        ("dn: dc=x\nuid\n", 2, "no attribute"),
        ("dn: dc=x\nu id: a\n", 2, "no attribute"),
        ("dn: dc=x\nuid;: a\n", 2, "no attribute"),
        ("dn: dc=x\n-\n", 2, "no attribute"),
        ("dn: dc=x\n\n uid: a\n", 3, "no attribute"),
        ("dn: x\n", 1, "no DN"),
        ("dn:: /w==\n", 1, "not UTF-8"),
        ("dn:: dc=x\n", 1, "base 64"),
        ("dn: dc=x\nuid:: YQ\n", 2, "base 64"),
        ("dn: dc=x\nuid:< file:///etc/shadow\n", 2, ":<"),
        ("dn: dc=x\njpegPhoto:< file:///etc/shadow\n", 2, ":<"),
        ("dn: dc=x\ndn: dc=y\n", 2, "second dn"),
        ("uid: a\n", 1, "begins with the name"),
        ("dn: dc=x\nchangetype: modify\nadd: uid\nuid: a\n-\n", 2, "changetype"),
        ("dn: dc=x\ncontrol: 1.2.3 true\nchangetype: add\n", 2, "control"),
        ("dn: dc=x\n\nsearch: 2\nresult: 4 Size limit exceeded\n", 4, "not complete"),
        ("dn: dc=x\n\n# search reference\nref: ldap://other/dc=x\n", 4, "not complete"),
        ("dn: uid=a,dc=x\nuid: a\n\ndn: UID=A, dc=x\nuid: a\n", 4, "as in line 1"),
        ("dn: dc=x\noathSecret;x-old: a\n", 2, "option"),
        ("dn: dc=x\nipatokenotpkey;vucsn-5f: a\n", 2, "option"),
    ] {
        refused(text, line, message);
    }
    for text in [
        "",
        "\n",
        "# nothing\n",
        "version: 1\n",
        "search: 2\nresult: 0 Success\n",
        "dn:\nobjectClass: top\n",
    ] {
        assert_eq!(read(text).problems, [], "{text}");
    }
    let altered = OATH.replace("oathSecret:: hS/2a0DXBSKMJIlIcAJb", "oathSecret: 1234567890é");
    refused(&altered, 8, "may be altered");
}

#[test]
fn every_way_to_write_an_entry_is_the_same_entry() {
    let name = "dWlkPWFsaWNlLG91PXBlb3BsZSxkYz1leGFtcGxlLGRjPW9yZw==";
    for text in [
        TOTP_SECRET.replace('\n', "\r\n"),
        format!("\u{feff}{TOTP_SECRET}"),
        TOTP_SECRET.replace("totpSecret: JBSW", "TOTPSECRET:JB\n SW"),
        TOTP_SECRET.replace("totpSecret: JBSW", "totp\n Secret:\n  JB\n \n SW"),
        TOTP_SECRET.replace("dn: uid=alice,ou=people,dc=example,dc=org", &format!("dn:: {name}")),
        TOTP_SECRET
            .replace("uid: alice\n", "uid: alice\n# a comment\n  that goes on\nuid;lang-en: al\n"),
        TOTP_SECRET.replace("objectClass", "changetype: add\nobjectClass"),
        format!("\n\n{TOTP_SECRET}\n\n\n"),
    ] {
        let one = device(&text);
        assert_eq!(
            (one.who.user.as_deref(), one.seed.expose().len()),
            (Some("alice"), 20),
            "{text}"
        );
    }
}

#[test]
fn one_file_may_have_all_three_and_no_message_repeats_a_secret() {
    let all = format!(
        "{}\n{OATH}\n{}",
        freeipa(""),
        TOTP_SECRET.replace("version: 1\n", "").replace("alice", "bob")
    );
    let parsed = read(&all);
    assert_eq!((parsed.entries.len(), parsed.systems.len()), (3, 3), "{:?}", parsed.problems);
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    for text in [
        format!("dn: {secret}\n"),
        format!("dn: dc=x\n{secret}\n"),
        format!("dn: dc=x\n{secret}:< x\n"),
        format!("dn: dc=x\nuid;{secret}: x\n"),
        TOTP_SECRET.replace("active", secret),
        freeipa("").replace("sha256", secret),
        freeipa("").replace("uid=alice", &format!("uid={secret}")),
        OATH.replace("1.2.840.113549.2.11", secret),
    ] {
        let Parsed { entries, problems, .. } = read(&text);
        assert!(!format!("{problems:?}").contains(secret), "{text}");
        assert!(entries.iter().all(|entry| entry.who.user.is_none()), "{text}");
    }
}

#[test]
fn a_file_of_problems_is_not_read_to_its_end() {
    for piece in [
        "x\n\n",
        "dn: dc=x\ntotpStatus: active\n\n",
        "dn: uid=a{},dc=x\noathTOTPToken: cn=none,dc=x\n\n",
        "dn: uid=a{},dc=x\ntotpStatus: active\n\n",
    ] {
        let text: String = (0..2_000).map(|n| piece.replace("{}", &n.to_string())).collect();
        let problems = read(&text).problems;
        assert_eq!(problems.len(), 1_001, "{piece}");
        assert!(problems[1_000].message.contains("not read any further"), "{:?}", problems[1_000]);
    }
}
