//! The commands of README.md and of docs/, carried out from their text on machines that have only the package.
//!
//! Each module is a scenario: what one reader does, page after page, on one machine. It names its blocks by their page
//! and some of their words, in a table: a block that it names and does not come to fails the test.

mod reader;

use monk_tests::page;

pub use reader::{Blocks, Reader};

/// What the scenarios carry out.
const CARRIED_OUT: &[Blocks] = &[
    crate::backup::BLOCKS,
    crate::backup::BLOCKS_AFTERWARDS,
    crate::daily::BLOCKS,
    crate::dovecot::BLOCKS,
    crate::first_login::BLOCKS,
    crate::programs::BLOCKS,
    crate::repository::BLOCKS,
    crate::shells::BLOCKS,
    crate::web_mail::BLOCKS,
];

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
