//! Letters with codes, and what users do with them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use monk_tests::Status;
use monk_tests::site::Backend;

use super::site;

const FILE: &str = "/root/letters.html";

/// The code in the letter to somebody.
#[track_caller]
fn code_of(letters: &str, name: &str) -> String {
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
