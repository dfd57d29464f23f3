//! The blocks of the pages that people read: commands to type, settings, files, and what programs answer.
//!
//! The word behind the fence says which (`sh`, `toml`, `ldif`, `text` …). Tests carry out the very commands of a page,
//! so that no page tells a reader to type what does not work.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// A block of a page.
#[derive(Clone, Debug)]
pub struct Block {
    /// The page, from the top of the source: `docs/backup.md`.
    pub page: String,
    /// The line of the page in which the block begins.
    pub line: usize,
    /// The word behind the fence; empty where there is none, or no fence.
    pub language: String,
    /// What the block holds, without the indentation of a list around it.
    pub text: String,
}

impl Block {
    /// What is typed, without comments: a line that ends with a backslash goes on in the next one.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        let whole = self.text.replace("\\\n", " ");
        let typed = whole.lines().map(|line| {
            let line = line.split(" #").next().unwrap_or(line);
            line.split_whitespace().collect::<Vec<_>>().join(" ")
        });
        typed.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
    }

    /// Whether its commands are for somebody who has cloned the source: no machine that has only the package knows them.
    #[must_use]
    pub fn is_for_a_clone(&self) -> bool {
        self.language == "sh"
            && self.commands().iter().all(|line| line.starts_with("cargo ") || line == ".ci/run")
    }
}

/// The blocks of all pages for readers: README.md, CONTRIBUTING.md, and docs without the records of decisions.
///
/// # Panics
///
/// Panics if a page cannot be read.
#[must_use]
pub fn blocks() -> Vec<Block> {
    let mut pages = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(top().join(&folder)).expect("a folder of pages");
        for path in entries.map(|entry| folder.join(entry.expect("an entry").file_name())) {
            if top().join(&path).is_dir() && !path.ends_with("decisions") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                pages.push(path.to_str().expect("a name in UTF-8").to_owned());
            }
        }
    }
    pages.sort();
    pages.iter().flat_map(|page| blocks_of(page)).collect()
}

/// The blocks of one page, in its order.
///
/// # Panics
///
/// Panics if there is no such page.
#[must_use]
pub fn blocks_of(page: &str) -> Vec<Block> {
    let text = fs::read_to_string(top().join(page)).unwrap_or_else(|e| panic!("{page}: {e}"));
    let mut blocks = Vec::new();
    let mut open = None;
    for (event, place) in Parser::new(&text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                let line = 1 + text[..place.start].matches('\n').count();
                open = Some(Block { page: page.to_owned(), line, language, text: String::new() });
            }
            Event::Text(part) => {
                if let Some(block) = &mut open {
                    block.text += &part;
                }
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            _ => {}
        }
    }
    blocks
}

/// The only block of a page that has these words.
///
/// # Panics
///
/// Panics if no block has them, or more than one.
#[must_use]
#[track_caller]
pub fn block(page: &str, words: &str) -> Block {
    let mut found = blocks_of(page).into_iter().filter(|block| block.text.contains(words));
    let block = found.next().unwrap_or_else(|| panic!("{page} has no block with {words:?}"));
    if let Some(second) = found.next() {
        panic!("{page} has {words:?} in line {} and in line {}", block.line, second.line);
    }
    block
}

/// The top of the source.
fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in a folder of the source")
}
