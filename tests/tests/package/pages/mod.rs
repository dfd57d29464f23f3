//! The commands of README.md and of docs/, carried out from their text on machines that have only the package.
//!
//! Each module is a scenario: what one reader does, page after page, on one machine. It names its blocks by their page
//! and some of their words, in a table: a block that it names and does not come to fails the test.

mod directory_host;
mod import;
mod openldap;
mod reader;

use monk_tests::site::Device;
use monk_tests::{World, page};
use serde_json::Value;

pub use reader::{Blocks, Reader};

/// What the scenarios carry out.
const CARRIED_OUT: &[Blocks] = &[
    crate::backup::BLOCKS,
    crate::backup::BLOCKS_AFTERWARDS,
    crate::daily::BLOCKS,
    crate::dovecot::BLOCKS,
    crate::first_login::BLOCKS,
    crate::invited::BLOCKS,
    crate::metrics::BLOCKS,
    crate::portal::BLOCKS,
    crate::programs::BLOCKS,
    crate::repository::BLOCKS,
    crate::shells::BLOCKS,
];

/// Confirms the device that was added, and is that device.
#[track_caller]
fn confirm(machine: &World, added: &str) -> Device {
    let added: Value = serde_json::from_str(added).expect("JSON of a device");
    let device = Device::from_uri(added["uri"].as_str().expect("the URI of the device"));
    let confirm = machine.command("monk-enroll").args(["totp", "confirm", "alice", "--code-stdin"]);
    confirm.stdin(format!("{}\n", device.confirmation())).run().expect_success();
    device
}

#[test]
fn each_block_of_a_page_says_what_it_is() {
    let known = ["sh", "toml", "ldif", "ini", "yaml", "json", "csv", "powershell", "bat", "text"];
    for block in page::blocks() {
        let place = format!("{}:{}", block.page, block.line);
        assert!(known.contains(&block.language.as_str()), "{place}: {:?}", block.language);
    }
}

#[test]
fn what_is_carried_out_is_on_the_pages() {
    for (page, words) in CARRIED_OUT.iter().copied().flatten() {
        let block = page::block(page, words);
        assert_eq!(block.language, "sh", "{}:{}", block.page, block.line);
    }
}
