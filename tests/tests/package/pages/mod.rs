//! The commands of README.md and of docs/, carried out from their text on machines that have only the package.
//!
//! Each module is a scenario: what one reader does, page after page, on one machine. It names its blocks by their page
//! and some of their words, in a table: a block that it names and does not come to fails the test.

mod directory_host;
mod ds389;
mod import;
mod openldap;
mod reader;
mod records;
mod samba;

use monk_tests::World;
use monk_tests::page::{self, Block};
use monk_tests::site::Device;
use serde_json::Value;

pub use reader::{Blocks, Reader};

/// What the scenarios carry out.
const CARRIED_OUT: &[Blocks] = &[
    crate::backup::BLOCKS,
    crate::backup::BLOCKS_AFTERWARDS,
    crate::daily::BLOCKS,
    crate::dovecot::BLOCKS,
    crate::dovecot_proxy::BLOCKS,
    crate::first_login::BLOCKS,
    crate::gateways::BLOCKS,
    crate::invited::BLOCKS,
    crate::metrics::BLOCKS,
    crate::portal::BLOCKS,
    crate::programs::BLOCKS,
    crate::repository::BLOCKS,
    crate::shells::BLOCKS,
    crate::web_mail::BLOCKS,
    directory_host::BLOCKS,
    ds389::BLOCKS,
    import::BLOCKS,
    import::PICTURES,
    openldap::BLOCKS,
    records::BLOCKS,
    samba::BLOCKS,
];

/// What no test carries out, because Debian lacks the server, or there is no scenario yet. The pages say so.
const UNTRIED: Blocks = &[
    ("docs/directories/freeipa.md", "dsconf EXAMPLE-ORG schema reload --wait"),
    ("docs/import.md", "-b cn=otp,dc=example,dc=org '(objectClass=ipatoken)'"),
    ("docs/moving-names.md", "diff <(getent -s sss passwd $user)"),
    ("docs/moving-names.md", "getent -s sss passwd alice   "),
];

/// What a page says of commands that no test carries out.
const CONFESSION: &str = "not been tried";

/// How many lines from the block it may say so.
const REACH: usize = 8;

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

#[test]
fn what_is_not_carried_out_is_said_to_be_untried() {
    for (page, words) in UNTRIED {
        let block = page::block(page, words);
        let lines = page::text(page);
        // In the paragraph before the block, or in the one behind it.
        let (from, to) =
            (block.line.saturating_sub(REACH), block.line + block.text.lines().count());
        let around: Vec<_> = lines.lines().skip(from).take(to + REACH - from).collect();
        assert!(around.join(" ").contains(CONFESSION), "{page}:{}", block.line);
    }
}

/// Every block of commands is carried out by a scenario, is for a clone (`xtask/tasks/src/pages.rs` tries these), or is said
/// to be untried.
#[test]
fn every_block_of_commands_is_carried_out() {
    let of_packages = |block: &Block| block.language == "sh" && !block.is_for_a_clone();
    let mut left: Vec<_> = page::blocks().into_iter().filter(of_packages).collect();
    for (page, words) in CARRIED_OUT.iter().copied().flatten().chain(UNTRIED) {
        let block = page::block(page, words);
        left.retain(|other| (&other.page, other.line) != (&block.page, block.line));
    }
    let left: Vec<_> =
        left.iter().map(|block| format!("{}:{}\n{}", block.page, block.line, block.text)).collect();
    assert!(left.is_empty(), "nothing carries out:\n{}", left.join("\n"));
}
