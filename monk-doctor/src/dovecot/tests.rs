use super::*;
use crate::finding::Finding;
use crate::steps;

const USERDB: &str = "userdb {\n  driver = passwd\n}\n";

/// What is worth telling where `imap` and `dovecot` ask monk, and `pop3` does not.
fn found(text: &str) -> Vec<Finding> {
    found_beside(text, &["imap", "dovecot"], &BTreeSet::new())
}

fn found_beside(text: &str, monk: &[&str], postfix: &BTreeSet<String>) -> Vec<Finding> {
    let monk = monk.iter().map(ToString::to_string).collect();
    let has_file = |name: &str| ["imap", "dovecot", "pop3", "other"].contains(&name);
    let mut findings = Findings::default();
    let around = Surroundings { monk: &monk, has_file: &has_file, postfix };
    let has_userdb =
        text.lines().any(|line| line.trim().starts_with("userdb {") || line == "# userdb");
    let text = if has_userdb { text.to_owned() } else { format!("{text}\n{USERDB}") };
    examine(&Block::parse(&text).unwrap(), &around, &mut findings);
    findings.0.retain(|finding| finding.severity > Severity::Ok);
    findings.0
}

fn ids(text: &str) -> Vec<String> {
    found(text).into_iter().map(|finding| finding.id).collect()
}

fn pam(args: &str, more: &str) -> String {
    format!(
        "# 2.3\nprotocols = imap lmtp\npassdb {{\n  args = {args}\n  driver = pam\n}}\n{more}\n"
    )
}

#[test]
fn a_configuration_that_asks_monk_alone_is_clean() {
    for text in [
        pam("%s", ""),
        pam("session=yes imap", "auth_mechanisms = plain login anonymous"),
        pam("*", "auth_cache_size = 0"),
        "passdb {\n  driver = pam\n}\nservice auth {\n  unix_listener x {\n    mode = 0\n  }\n}"
            .to_owned(),
        "passdb pam {\n  service_name = imap\n}\n".to_owned(),
        pam("imap", "passdb {\n  args = /etc/denied\n  deny = yes\n  driver = passwd-file\n}"),
    ] {
        let protocols = text.replace("passdb {\n  driver", "protocols = imap\npassdb {\n  driver");
        assert_eq!(ids(&protocols), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_makes_a_code_good_twice_or_useless_is_found() {
    for (text, id) in [
        (pam("cache_key=%u%s imap", "auth_cache_size = 10 M"), "dovecot-auth-cache"),
        (pam("imap", "auth_cache_size = 10 M"), "dovecot-cache-setting"),
        (pam("cache_key=%u imap", ""), "dovecot-cache-setting"),
        (
            "passdb pam {\n  service_name = imap\n}\nauth_cache_size = 1M\n".into(),
            "dovecot-auth-cache",
        ),
        (
            pam("imap", "passdb {\n  args = /etc/users\n  driver = passwd-file\n}"),
            "dovecot-password-alone",
        ),
        (
            pam("imap", "passdb {\n  driver = passwd-file\n  master = yes\n}"),
            "dovecot-master-users",
        ),
        (pam("imap", "auth_mechanisms = plain CRAM-MD5"), "dovecot-mechanism"),
        (pam("imap", "auth_mechanisms {\n  plain = yes\n  cram-md5 = yes\n}"), "dovecot-mechanism"),
        (pam("webmail", ""), "dovecot-service-missing"),
        (pam("pop3", ""), "dovecot-service-without-monk"),
        (pam("failure_show_msg=yes imap", ""), "dovecot-failure-messages"),
    ] {
        assert_eq!(ids(&text), [id], "{text}");
    }
}

#[test]
fn the_protocols_of_debian_are_read_though_they_are_quoted() {
    let passdb = "passdb {\n  args = %s\n  driver = pam\n}\n";
    let found = ids(&format!("protocols = \" imap sieve pop3\"\n{passdb}"));
    assert_eq!(found, ["dovecot-service-missing", "dovecot-service-without-monk"]);
}

#[test]
fn the_shipped_examples_are_clean() {
    for (protocols, example) in [
        (
            "protocols = imap\n",
            include_str!("../../../config/examples/dovecot-2.3/auth-monk.conf.ext"),
        ),
        (
            "protocols {\n  imap = yes\n  pop3 = no\n}\n",
            include_str!("../../../config/examples/dovecot-2.4/auth-monk.conf.ext"),
        ),
    ] {
        assert_eq!(ids(&format!("{protocols}{example}")), Vec::<String>::new(), "{example}");
    }
}

#[test]
fn a_proxy_keeps_what_was_typed_and_a_back_end_asks_who_connects() {
    const IMAP: &str = "protocols = imap\n";
    const NO_USERDB: &str = "# userdb\n";
    let proxy = [
        include_str!("../../../config/examples/dovecot-proxy-2.3/auth-monk-proxy.conf.ext"),
        include_str!("../../../config/examples/dovecot-proxy-2.4/auth-monk-proxy.conf.ext"),
    ];
    let back_end = [
        include_str!("../../../config/examples/dovecot-proxy-2.3/auth-backend.conf.ext"),
        include_str!("../../../config/examples/dovecot-proxy-2.4/auth-backend.conf.ext"),
    ];
    let nobody = Vec::<String>::new();
    for text in proxy {
        assert_eq!(ids(&format!("{IMAP}{text}{NO_USERDB}")), nobody, "{text}");
        let forwarding = text.replace("pass=checked-by-monk", "").replace("pass = checked", "x = ");
        let forwarding = format!("{IMAP}{forwarding}{NO_USERDB}");
        assert_eq!(ids(&forwarding), ["dovecot-proxy-forwards"], "{forwarding}");
    }
    for text in back_end {
        let text = format!("{IMAP}{text}");
        assert_eq!(ids(&text), nobody, "{text}");
        for open in [
            text.replace("192.0.2.20", "0.0.0.0/0"),
            text.replace("192.0.2.20", ""),
            text.replace("192.0.2.20", "0.0.0.0/1,128.0.0.0/1"),
            text.replace("192.0.2.20", "::/0 192.0.2.20"),
            text.replace("allow_real_nets", "allow_nets"),
        ] {
            assert!(ids(&open).contains(&"dovecot-back-end-open".to_owned()), "{open}");
            // Also where nothing else on the host has to do with monk.
            let alone = found_beside(&open, &["sshd"], &BTreeSet::new());
            assert_eq!(alone.len(), 1, "{open}\n{alone:?}");
        }
    }
    // A proxy that asks nobody leaves it to the back end.
    let passes_on =
        "passdb {\n  driver = static\n  args = nopassword=y proxy=y host=192.0.2.30\n}\n";
    let found = found_beside(&format!("{IMAP}{passes_on}"), &["sshd"], &BTreeSet::new());
    assert_eq!(found, []);
    // One that hands on a fixed password lets everybody in, and so does any other driver that takes every password.
    for open in [
        passes_on.replace("host=", "pass=checked-by-monk host="),
        "passdb {\n  driver = passwd-file\n  override_fields = nopassword=y\n}\n".to_owned(),
    ] {
        let found = found_beside(&format!("{IMAP}{open}"), &["sshd"], &BTreeSet::new());
        assert!(!found.is_empty(), "{open}");
    }
}

#[test]
fn nonsense_is_no_panic() {
    for text in ["}", "}\n}\n{", "passdb {", "=", "passdb {\n}\n"] {
        assert!(Block::parse(text).is_ok());
        ids(text);
    }
}

/// Another passdb and passdb pam, in this order.
fn before_pam(settings: &str, of_pam: &str) -> String {
    format!(
        "protocols = imap\npassdb {{\n  driver = passwd-file\n  args = /etc/users\n  {settings}\n}}\n\
         passdb {{\n  args = imap\n  driver = pam\n  {of_pam}\n}}\n"
    )
}

/// The same, with passdb pam in front.
fn after_pam(settings: &str, of_pam: &str) -> String {
    format!(
        "protocols = imap\npassdb {{\n  args = imap\n  driver = pam\n  {of_pam}\n}}\n\
         passdb {{\n  driver = passwd-file\n  args = /etc/users\n  {settings}\n}}\n"
    )
}

#[test]
fn result_settings_mean_what_dovecot_makes_of_them() {
    for (text, expected) in [
        (before_pam("result_success = continue", ""), &[][..]),
        (before_pam("skip = unauthenticated", ""), &[]),
        (before_pam("deny = yes", ""), &[]),
        (before_pam("result_success = continue-ok", ""), &["dovecot-password-alone"]),
        (before_pam("", "skip = never"), &["dovecot-password-alone"]),
        (before_pam("mechanisms = xoauth2", ""), &[]),
        // Users in the file are refused, and all others are asked by monk.
        (before_pam("result_success = continue", "skip = authenticated"), &[]),
        (
            before_pam("skip = unauthenticated", "result_failure = continue-ok"),
            &["dovecot-any-password"],
        ),
        (before_pam("deny = yes\n  result_failure = continue-ok", ""), &["dovecot-any-password"]),
        (
            before_pam("skip = unauthenticated", "result_success = continue"),
            &["dovecot-nobody-gets-in"],
        ),
        // Who is in the file needs no password for it: monk has found it right already.
        (after_pam("skip = unauthenticated", "result_success = continue"), &[]),
        (after_pam("", "result_success = continue"), &["dovecot-password-alone"]),
        (after_pam("", ""), &["dovecot-password-alone"]),
        (after_pam("", "result_failure = return-fail\n  result_internalfail = return-fail"), &[]),
    ] {
        assert_eq!(ids(&text), expected, "{text}");
    }
}

#[test]
fn passdbs_of_protocols_are_asked_before_all_others() {
    let other = "passdb {\n  driver = passwd-file\n  args = /etc/users\n}";
    let new = "passdb passwd-file {\n  passwd_file_path = /etc/users\n}";
    let pam_is = "passdb {\n  args = imap\n  driver = pam\n}";
    for (text, is_open) in [
        (format!("protocol imap {{\n{other}\n}}\n{pam_is}\n"), true),
        (format!("protocol imap {{\n{new}\n}}\n{pam_is}\n"), true),
        (format!("protocol !pop3 {{\n{other}\n}}\n{pam_is}\n"), true),
        (format!("protocol pop3 {{\n{other}\n}}\n{pam_is}\n"), false),
        (format!("protocol !imap {{\n{other}\n}}\n{pam_is}\n"), false),
        (format!("remote 10.0.0.0/8 {{\nprotocol imap {{\n{other}\n}}\n}}\n{pam_is}\n"), true),
        (format!("local 10.0.0.1 {{\n{other}\n}}\n{pam_is}\n"), true),
        (format!("namespace inbox {{\n{other}\n}}\n{pam_is}\n"), false),
        // What comes first in a protocol's own block decides.
        (
            format!(
                "protocol imap {{\n{pam_is}\n}}\n{}\n",
                other.replace("\n}", "\n  skip = unauthenticated\n}")
            ),
            false,
        ),
        // Postfix asks by another name.
        (
            format!(
                "protocol smtp {{\n{other}\n}}\n{pam_is}\nservice auth {{\n  unix_listener /var/spool/postfix/private/auth {{\n  }}\n}}\n"
            ),
            true,
        ),
        (
            format!(
                "protocol smtp {{\n{other}\n}}\n{pam_is}\nservice auth {{\n  unix_listener auth-userdb {{\n  }}\n}}\n"
            ),
            false,
        ),
    ] {
        let text = format!("protocols = imap\n{text}");
        let expected: &[&str] = if is_open { &["dovecot-password-alone"] } else { &[] };
        assert_eq!(ids(&text), expected, "{text}");
    }
}

#[test]
fn the_service_that_postfix_names_is_looked_at() {
    let pam = "protocols = imap\npassdb {\n  args = %s\n  driver = pam\n}\n";
    let ids_beside = |monk: &[&str], name: &str| -> Vec<String> {
        let postfix = BTreeSet::from([name.to_owned()]);
        found_beside(pam, monk, &postfix).into_iter().map(|finding| finding.id).collect()
    };
    assert_eq!(ids_beside(&["imap"], "smtp"), ["dovecot-service-missing"]);
    assert_eq!(ids_beside(&["imap"], "pop3"), ["dovecot-service-without-monk"]);
    assert_eq!(ids_beside(&["imap"], "imap"), Vec::<String>::new());
    // libpam takes /etc/pam.d/other, which asks monk here.
    assert_eq!(ids_beside(&["imap", "other"], "smtp"), Vec::<String>::new());
}

#[test]
fn a_login_without_a_mailbox_is_found() {
    let pam = "protocols = imap\npassdb {\n  args = imap\n  driver = pam\n}\n";
    let no_userdb = "# userdb\n";
    for (more, is_found) in [
        ("", true),
        ("mail_uid = vmail\n", false),
        ("protocol imap {\n  userdb {\n    driver = passwd\n  }\n}\n", false),
        ("protocol pop3 {\n  userdb {\n    driver = passwd\n  }\n}\n", true),
    ] {
        let expected: &[&str] = if is_found { &["dovecot-userdb-missing"] } else { &[] };
        assert_eq!(ids(&format!("{pam}{no_userdb}{more}")), expected, "{more}");
    }
}

#[test]
fn masters_are_told_of_unless_monk_is_asked_after_them() {
    let master = |settings: &str| {
        let master =
            format!("passdb {{\n  driver = passwd-file\n  master = yes\n  {settings}\n}}\n");
        format!("protocols = imap\n{master}passdb {{\n  args = imap\n  driver = pam\n}}\n")
    };
    assert_eq!(ids(&master("")), ["dovecot-master-users"]);
    for settings in ["pass = yes", "result_success = continue"] {
        assert_eq!(ids(&master(settings)), Vec::<String>::new(), "{settings}");
        // A file that only masters are looked up in, who need no password there any more.
        let of_masters =
            "passdb {\n  driver = passwd-file\n  args = /etc/users\n  skip = unauthenticated\n}\n";
        let text = master(settings)
            .replace("passdb {\n  args = imap", &format!("{of_masters}passdb {{\n  args = imap"));
        assert_eq!(ids(&text), ["dovecot-master-users"], "{settings}");
    }
}

#[test]
fn each_remedy_leads_to_a_chain_that_is_right() {
    for (text, remedy) in [
        (before_pam("", ""), "Remove passdb passwd-file, and restart Dovecot."),
        (
            before_pam("deny = yes", "result_failure = continue-ok"),
            "Remove result_failure = continue-ok, and restart Dovecot.",
        ),
        (
            before_pam("", "result_failure = return-ok"),
            "Remove result_failure = return-ok and passdb passwd-file, and restart Dovecot.",
        ),
        (
            before_pam("deny = yes", "skip = unauthenticated"),
            "Edit the configuration: take skip and the result_ settings out of passdb pam, and restart Dovecot.",
        ),
        (
            before_pam("", "result_success = return-fail\n  skip = authenticated"),
            "Remove passdb passwd-file, and take skip and the result_ settings out of passdb pam, and restart Dovecot.",
        ),
        ("protocols = imap\npassdb {\n  driver = shadow\n}\n".to_owned(), chains::START_AGAIN),
    ] {
        let found = found(&text);
        assert!(!found.is_empty(), "{text}");
        assert!(found.iter().all(|finding| finding.remedy == remedy), "{text}\n{found:#?}");
    }
}

#[test]
fn a_passdb_beside_a_stack_that_asks_monk_is_found_whatever_the_service_is() {
    let shadow = "protocols = imap\npassdb {\n  driver = shadow\n}\n";
    let found = found_beside(shadow, &["dovecot"], &BTreeSet::new());
    assert_eq!(found[0].id, "dovecot-password-alone");
    assert_eq!(found_beside(shadow, &["sshd"], &BTreeSet::new()), []);
}

/// Blocks as deep as somebody likes are refused, and what is read costs no more than its size.
#[test]
fn the_work_is_bounded_by_the_text() {
    let deep = "protocol imap {\n".repeat(300_000);
    assert!(Block::parse(&deep).unwrap_err().contains("nested"));
    for piece in [
        "passdb {\n  driver = passwd-file\n  result_success = continue\n}\n",
        "protocol imap {\n  passdb {\n    driver = pam\n  }\n}\n",
        "service x {\n  inet_listener y {\n    port = 1\n  }\n}\n",
        "auth_mechanisms = plain login cram-md5\n",
        "userdb {\n}\n",
        "protocols = imap pop3 sieve submission\n",
        "}\n",
        "local 1 {\nlocal 2 {\nprotocol imap {\nmail_uid = 1\n}\n}\n}\n",
    ] {
        let cost = |times: usize| {
            let text =
                format!("protocols = imap\npassdb {{\n  driver = pam\n}}\n{}", piece.repeat(times));
            steps::of(|| drop(ids(&text)))
        };
        let (small, large) = (cost(MAX_PASSDBS / 4), cost(MAX_PASSDBS * 8));
        assert!(large <= small * 40, "{piece:?}: {small} steps, and {large} for 32 times as much");
    }
}
