//! Lines as JSON, and what joins lines.

use monk_tests::clients::PamAnswer;
use monk_tests::portal::{ACCOUNT, Portal};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{SshdOptions, clients::Ssh};
use serde_json::Value;

use crate::*;

#[track_caller]
fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn every_line_is_one_object_whatever_people_type() {
    let site = site("json");
    let phone = site.user_with_device("alice", "secret");
    let login = |user: &str, typed: String| {
        site.pam("imap", user).from("192.0.2.7").types(typed).authenticate().answer
    };
    assert_eq!(login("alice", format!("secret;{}", phone.code())), PamAnswer::Success);
    for name in [
        "x\",\"verdict\":\"granted\",\"y\":\"",
        "x\nlogin user=root verdict=granted",
        "\u{202e}\u{2028}\u{7f}\\",
        &"x".repeat(250),
    ] {
        assert_ne!(login(name, "wrong".to_owned()), PamAnswer::Success);
    }
    let granted = parsed(&line_with(&site, &["\"event\":\"login\"", "\"reason\":\"totp\""]));
    assert_eq!(
        (granted["user"].as_str(), granted["service"].as_str()),
        (Some("alice"), Some("imap"))
    );
    assert_eq!(granted["address"].as_str(), Some("192.0.2.7"));
    assert!(
        granted["ms"].is_u64() && granted["pid"].is_u64() && granted["id"].is_string(),
        "{granted}"
    );
    let all = lines(&site);
    for line in &all {
        let object = parsed(line);
        assert!(object["event"].is_string() && !line.contains(char::is_control), "{line}");
        assert_ne!(
            (object["user"].as_str(), object["verdict"].as_str()),
            (Some("root"), Some("granted"))
        );
    }
    let named =
        |name: &str| all.iter().filter(|line| parsed(line)["user"].as_str() == Some(name)).count();
    assert_eq!(named("x\",\"verdict\":\"granted\",\"y\":\""), 1, "{all:#?}");
    // Sentences are objects as well: the engine has said that it is ready.
    assert!(all.iter().any(|line| parsed(line)["event"] == "note"), "{all:#?}");
}

/// The fields `id` and `pid` of a line of text.
#[track_caller]
fn joins(line: &str) -> (String, u32) {
    let field = |name: &str| {
        let found = line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("{name}: {line}")).to_owned()
    };
    (field("id"), field("pid").parse().expect("a number"))
}

#[test]
fn the_module_and_the_engine_name_the_same_process_in_their_lines() {
    let settings = settings("text");
    let site = Site::with_settings(Backend::Ldap, Running::Resident, &settings);
    site.world.add_system_user("alice");
    site.user_with_device("alice", "secret");
    let sshd = site.sshd(SshdOptions::default());
    site.with_slapd(|slapd| slapd.stop());
    let ssh = Ssh::new(&site.world, &sshd, "alice").answer("Password", "secret;123456");
    let _ = ssh.attempts(1).run("true");
    let line = line_with(&site, &["login user=alice service=sshd", "verdict=unavailable"]);
    let (id, pid) = joins(&line);
    assert_eq!(id.len(), 16, "{line}");
    let log = site.world.log();
    let module = log.iter().find(|line| line.text.contains("pam_monk: no answer"));
    let module = module.unwrap_or_else(|| panic!("{log:#?}"));
    assert!(
        module.tag == "sshd" && module.text.ends_with(&format!(" (process {pid})")),
        "{line} {module:?}"
    );
}

#[test]
fn what_is_done_in_a_session_of_the_portal_has_the_id_of_its_sign_in() {
    let more = format!("{}{}", settings("text"), monk_tests::portal::SETTINGS);
    let site = Site::with_settings(Backend::Embedded, Running::Resident, &more);
    site.world.add_system_user(ACCOUNT);
    let phone = site.user_with_device("alice", "secret");
    let portal = Portal::start(&site);
    let mut browser = portal.browser();
    browser.sign_in("alice", "secret", &phone.code());
    let (sign_in, _) =
        joins(&line_with(&site, &["proof user=alice service=monk-web", "reason=totp"]));
    browser.open("/backup-codes/new");
    browser.send("/backup-codes/new", &[]);
    let line =
        line_with(&site, &["backup-codes-generate user=alice service=monk-web", "verdict=done"]);
    assert_eq!(joins(&line).0, sign_in, "{line}");
    // Another sign-in is another one.
    let mut other = portal.browser();
    other.sign_in("alice", "secret", &phone.code());
    let all = lines(&site);
    let proofs: std::collections::BTreeSet<_> =
        all.iter().filter(|line| line.starts_with("proof ")).map(|line| joins(line).0).collect();
    assert!(proofs.len() > 1, "{all:#?}");
}
