//! Exports of directories: what is told of the old system.

use super::*;

/// A token of each system.
const TOKENS: &str = include_str!("../../../../../monk-import/src/fixtures/tokens.ldif");

fn of(users: &[&str]) -> Step {
    said(users.iter().map(|user| result(user, DeviceVerdict::Enrolled)).collect())
}

#[test]
fn after_an_import_it_is_said_what_has_to_be_switched_off() {
    let files = Files::new(&[("tokens.ldif", TOKENS)]);
    let all = || of(&["alice", "bob", "carol"]);
    let file = files.path("tokens.ldif");
    let seen = Scene::new([all(), all()]).run_words(&["import", &file]);
    assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
    let sent = &sent(&seen)[0].1;
    let devices: Vec<_> = sent.iter().map(|item| (&item.user[..], &item.label[..])).collect();
    assert_eq!(devices, [("alice", "phone"), ("bob", "OATH token"), ("carol", "Authenticator")]);
    assert_eq!(sent[2].scratch_codes.len(), 1);
    for text in [
        "ipa user-mod USER --user-auth-type=password",
        "oathTOTPUser",
        "totpSecret",
        "docs/import.md",
        "delete what was imported, also in the old directory",
    ] {
        assert!(seen.out.contains(text), "{text}: {}", seen.out);
    }
    let dry = Scene::new([all()]).run_words(&["import", "--dry-run", &file]);
    assert!(dry.out.contains("--user-auth-type=password"), "{}", dry.out);
    let json = Scene::new([all()]).run_words(&["import", "--dry-run", "--json", &file]);
    let document: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let systems = serde_json::json!(["freeipa", "oath-ldap", "ldap-user-manager"]);
    assert_eq!(document["old_systems"], systems);
}

#[test]
fn of_other_files_nothing_has_to_be_switched_off() {
    let files = Files::new(&[("users.oath", OATH)]);
    let script = [both(&DeviceVerdict::Enrolled)];
    let seen = Scene::new(script).run_words(&["import", "--dry-run", &files.path("users.oath")]);
    assert!(!seen.out.contains("switch"), "{}", seen.out);
}

#[test]
fn a_token_that_the_old_system_does_not_take_is_left_out_and_counted() {
    let text = TOKENS.replace("ipatokenNotAfter: 2037", "ipatokenNotAfter: 2020");
    let files = Files::new(&[("tokens.ldif", &text)]);
    let file = files.path("tokens.ldif");
    let seen = Scene::new([of(&["bob", "carol"])]).run_words(&["import", "--dry-run", &file]);
    assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
    assert!(seen.out.contains("its time ended on 2020-12-31"), "{}", seen.out);
    let summary = "2 devices of 2 users would be imported, 1 left out.";
    assert!(seen.out.contains(summary), "{}", seen.out);
}

#[test]
fn a_token_without_an_owner_is_given_to_one_by_its_id() {
    let text = TOKENS.replace("ipatokenOwner: uid=alice", "ipatokenOwner: cn=alice");
    let first = text.split("\n\ndn: uid=bob").next().unwrap().to_owned() + "\n";
    let files = Files::new(&[("tokens.ldif", &first)]);
    let file = files.path("tokens.ldif");
    let seen = Scene::new([]).run_words(&["import", &file]);
    assert_eq!(seen.exit, Exit::Invalid);
    assert!(seen.errors.contains("give --owner phone=USER"), "{}", seen.errors);
    let words = ["import", "--dry-run", "--owner", "phone=dave", &file];
    let seen = Scene::new([of(&["dave"])]).run_words(&words);
    assert_eq!(sent(&seen)[0].1[0].user, "dave");
    // And all of a file are nobody's by chance.
    let files = Files::new(&[("tokens.ldif", TOKENS)]);
    let file = files.path("tokens.ldif");
    let seen = Scene::new([]).run_words(&["import", "--user", "alice", &file]);
    assert!(seen.errors.contains("--all-tokens"), "{}", seen.errors);
}
