//! Somebody at root's shell, with the pages beside it.

use std::cell::RefCell;
use std::time::Duration;

use monk_tests::{Output, World, page};

/// How long the commands of a block may take: apt-get and servers that start.
const BLOCK_LIMIT: Duration = Duration::from_secs(180);

/// The blocks that a scenario carries out: the page, and words that only this block of the page has.
pub type Blocks = &'static [(&'static str, &'static str)];

/// Types the commands of pages at a machine, and knows which of them a scenario has come to.
pub struct Reader<'world> {
    world: &'world World,
    blocks: Blocks,
    done: RefCell<Vec<bool>>,
}

impl<'world> Reader<'world> {
    /// Somebody who is to carry out these blocks.
    pub fn new(world: &'world World, blocks: Blocks) -> Self {
        Self { world, blocks, done: RefCell::new(vec![false; blocks.len()]) }
    }

    /// Types the block with these words as it stands; all of its commands must succeed.
    #[track_caller]
    pub fn follows(&self, words: &str) -> Output {
        self.follows_with(words, &[])
    }

    /// Types the block with what a reader has to put in: each left side is on the page, and the right side is typed.
    #[track_caller]
    pub fn follows_with(&self, words: &str, instead: &[(&str, &str)]) -> Output {
        let done = self.tries_with(words, instead);
        assert!(done.success(), "{words}\n{done}");
        done
    }

    /// The block, for somebody who carries it out at a terminal or as another user.
    #[track_caller]
    pub fn reads(&self, words: &str) -> String {
        let named = self.blocks.iter().position(|(_, named)| *named == words);
        let named = named.unwrap_or_else(|| panic!("the table of the scenario has no {words:?}"));
        let block = page::block(self.blocks[named].0, words);
        assert_eq!(block.language, "sh", "{}:{}", block.page, block.line);
        self.done.borrow_mut()[named] = true;
        block.text
    }

    /// Types the block, whatever comes of it.
    #[track_caller]
    pub fn tries_with(&self, words: &str, instead: &[(&str, &str)]) -> Output {
        let mut text = self.reads(words);
        for (on_the_page, typed) in instead {
            assert!(text.contains(on_the_page), "{words} has no {on_the_page}");
            text = text.replace(on_the_page, typed);
        }
        // Everybody's shell begins at home.
        let text = format!("cd\n{text}");
        let bash = self.world.command("bash").args(["-euo", "pipefail", "-c", &text]);
        // Where apt asks whether to go on.
        let bash = bash.stdin("y\n");
        bash.env("DEBIAN_FRONTEND", "noninteractive").timeout(BLOCK_LIMIT).run()
    }

    /// Puts the block of a page with these words into a file of settings, where its sections belong: below the header that the
    /// file has, or at the end. Keys of no section go to the beginning.
    #[track_caller]
    pub fn puts(&self, page: &str, words: &str, file: &str) {
        self.puts_text(&page::block(page, words).text, file);
    }

    /// Puts lines there, which are of a page but for what the reader has changed.
    #[track_caller]
    pub fn puts_text(&self, lines: &str, file: &str) {
        let mut text = self.world.read(file);
        let mut below = Some(0);
        for line in lines.lines() {
            if line.starts_with('[') {
                below = text.find(&format!("\n{line}\n")).map(|at| at + line.len() + 2);
            }
            match &mut below {
                Some(_) if line.starts_with('[') => {}
                Some(at) => {
                    text.insert_str(*at, &format!("{line}\n"));
                    *at += line.len() + 1;
                }
                None => text += &format!("{line}\n"),
            }
        }
        let edit = self.world.command("tee").arg(file).stdin(text);
        edit.run().expect_success();
    }

    /// The scenario is at its end: it has come to all of its blocks.
    #[track_caller]
    pub fn has_read_all(self) {
        let done = self.done.into_inner();
        let left: Vec<_> = self.blocks.iter().zip(done).filter(|(_, done)| !done).collect();
        assert!(left.is_empty(), "not carried out: {left:?}");
    }
}
