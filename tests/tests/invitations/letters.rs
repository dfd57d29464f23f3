//! Letters with codes, and what users do with them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use monk_tests::Status;
use monk_tests::site::{Backend, Device};

use super::site;

pub const FILE: &str = "/root/letters.html";

/// The code in the letter to somebody.
#[track_caller]
pub fn code_of(letters: &str, name: &str) -> String {
    let user = format!("<strong>{name}</strong>");
    let letter = letters.split("<section").find(|one| one.contains(&user)).expect("a letter");
    let (_, rest) = letter.split_once("class=\"secret\">").expect("a code");
    rest.split_once('<').expect("its end").0.to_owned()
}

monk_tests::in_every_store!(a_letter_has_a_code_that_is_good_and_nobody_else_can_read_it);

fn a_letter_has_a_code_that_is_good_and_nobody_else_can_read_it(backend: Backend) {
    let (site, _) = site(backend, "[portal]\norigin = \"https://login.example.org\"\n");
    ["alice", "bob", "carol"].iter().for_each(|name| site.add_user(name, "secret"));
    site.device("carol", "Phone");
    let write = ["letters", "--without-second-factor", "--out", FILE];
    let said = site.enroll(&write);
    assert_eq!(said["users"].as_array().map(Vec::len), Some(2), "{said}");
    let mode = fs::metadata(site.world.path(FILE)).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let letters = site.world.read(FILE);
    assert_eq!(letters.matches("<svg").count(), 2, "a picture of the link each");
    let imap = site.imap();
    for name in ["alice", "bob"] {
        let typed = format!("secret;{}", code_of(&letters, name));
        assert_eq!(site.opens(&imap, name, &typed), "enrolment-code");
    }
    // Never over another file, and with no code that nobody gets.
    let (said, output) = site.try_enroll(&["letters", "alice", "--out", FILE]);
    assert_eq!(output.status, Status::Code(5), "{said}");
    assert_eq!(site.world.read(FILE), letters);
    let (said, output) =
        site.try_enroll(&["letters", "--without-second-factor", "--out", "/root/other.html"]);
    assert_eq!(output.status, Status::Code(4), "everybody has an invitation: {said}");
    assert!(!site.world.exists("/root/other.html"));
}

/// The device in the letter to somebody, from the key that people type.
#[track_caller]
fn device_of(letters: &str, name: &str) -> Device {
    let key = code_of(letters, name).replace(' ', "");
    Device::from_uri(&format!("otpauth://totp/monk:{name}?secret={key}&issuer=monk"))
}

monk_tests::in_every_store!(a_device_by_letter_is_confirmed_by_its_first_good_login);

fn a_device_by_letter_is_confirmed_by_its_first_good_login(backend: Backend) {
    let (site, server) = site(backend, "");
    ["alice", "bob", "carol"].iter().for_each(|name| site.add_user(name, "secret"));
    site.device("carol", "Phone");
    let write =
        ["letters", "--without-second-factor", "--device", "--confirm-by-login", "--out", FILE];
    let said = site.enroll(&write);
    assert_eq!(said["users"].as_array().map(Vec::len), Some(2), "{said}");
    let mode = fs::metadata(site.world.path(FILE)).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let letters = site.world.read(FILE);
    assert_eq!(letters.matches("<svg").count(), 2, "a picture of the device each");
    // Whoever reads the letter has no password, and who has only that has no device.
    let (phone, imap) = (device_of(&letters, "alice"), site.imap());
    let refused = |typed: &str| assert!(!site.imap_login(&imap, "alice", typed), "{typed}");
    refused(&format!("wrong;{}", phone.code()));
    refused("secret;000000");
    let state = |name: &str| site.enroll(&["status", name])["credentials"][0]["state"].clone();
    assert_eq!(state("alice"), "pending");
    let typed = format!("secret;{}", phone.code());
    assert_eq!(site.opens(&imap, "alice", &typed), "totp");
    assert_eq!(state("alice"), "active");
    refused(&typed);
    let told = server.mail(1);
    assert_eq!(told.recipients, ["alice@example.org"], "{}", told.plain);
    assert!(told.plain.contains("Letter"), "{}", told.plain);
    // Bob's letter is on its way, and stays good. Nothing is made in the place of a confirmed device.
    let (said, output) =
        site.try_enroll(&["letters", "alice", "--device", "--out", "/root/other.html"]);
    assert_eq!(output.status, Status::Code(5), "{said}");
    let group = ["letters", "--without-second-factor", "--device", "--out", "/root/more.html"];
    let said = site.enroll(&group);
    assert_eq!((&said["kept"], &said["users"]), (&1.into(), &serde_json::json!([])), "{said}");
    assert_eq!(state("bob"), "pending");
}
