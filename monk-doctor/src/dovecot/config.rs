//! Reading what `doveconf -n` prints: settings and blocks, one a line.

use std::collections::BTreeMap;

/// Deepest nesting of blocks. Dovecot's own settings nest three deep (`service`, its listeners, and filters).
const MAX_DEPTH: usize = 16;

/// A block of the configuration: `passdb { … }`, and the file itself.
#[derive(Debug, Default)]
pub struct Block {
    /// What stands before the brace.
    pub head: String,
    settings: BTreeMap<String, String>,
    pub blocks: Vec<Block>,
}

impl Block {
    /// Reads what doveconf prints. It prints nothing that this would not read.
    ///
    /// # Errors
    /// Blocks are nested too deep for a configuration of Dovecot.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut open = vec![Self::default()];
        for line in text.lines().map(str::trim) {
            crate::steps::count(line.len());
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line == "}" {
                close(&mut open);
            } else if let Some(head) = line.strip_suffix('{') {
                if open.len() > MAX_DEPTH {
                    return Err(format!("its blocks are nested more than {MAX_DEPTH} deep"));
                }
                open.push(Self { head: head.trim().to_owned(), ..Self::default() });
            } else if let (Some((key, value)), Some(block)) =
                (line.split_once('='), open.last_mut())
            {
                block.settings.insert(key.trim().to_owned(), unquoted(value.trim()).to_owned());
            }
        }
        // A text that ends inside a block still has told that much.
        while open.len() > 1 {
            close(&mut open);
        }
        Ok(open.pop().unwrap_or_default())
    }

    /// The value of a setting; in the blocks of 2.4 also under the name with the block's own in front.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(String::as_str)
    }

    /// The words of a list: 2.3 prints them in one line, 2.4 each as `WORD = yes` in a block.
    pub fn words(&self, key: &str) -> Option<Vec<&str>> {
        let block = self.blocks.iter().rev().find(|block| block.head == key);
        block.map_or_else(
            || Some(self.get(key)?.split_whitespace().collect()),
            |block| {
                let on = block.settings.iter().filter(|(_, value)| *value == "yes");
                Some(on.map(|(word, _)| word.as_str()).collect())
            },
        )
    }
}

fn close(open: &mut Vec<Block>) {
    if open.len() > 1
        && let (Some(done), Some(parent)) = (open.pop(), open.last_mut())
    {
        parent.blocks.push(done);
    }
}

/// A value without the quotes in which doveconf puts it where it begins with a blank, as Debian's
/// `protocols = " imap pop3"`.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map_or(value, str::trim)
}

/// The configuration as it is for one protocol: its own blocks come before everything else.
pub struct View<'a> {
    root: &'a Block,
    /// Blocks of this protocol, and whether they are for some connections only.
    own: Vec<(&'a Block, bool)>,
}

impl<'a> View<'a> {
    /// The view of the protocol with this name.
    pub fn of(root: &'a Block, protocol: &str) -> Self {
        let mut own = Vec::new();
        collect(root, protocol, false, &mut own);
        Self { root, own }
    }

    /// The blocks with this first word, in the order in which Dovecot asks them, and whether for some
    /// connections only.
    pub fn blocks(&self, word: &str) -> Vec<(&'a Block, bool)> {
        let is_one = |block: &&Block| block.head.split_whitespace().next() == Some(word);
        let inner = self.own.iter().flat_map(|(block, sometimes)| {
            block.blocks.iter().filter(is_one).map(|found| (found, *sometimes))
        });
        let global = self.root.blocks.iter().filter(is_one).map(|found| (found, false));
        inner.chain(global).collect()
    }

    /// The value of a setting.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        let own = self.always().filter_map(|block| block.get(key)).last();
        own.or_else(|| self.root.get(key))
    }

    /// The words of a list.
    pub fn words(&self, key: &str) -> Option<Vec<&'a str>> {
        let own = self.always().filter_map(|block| block.words(key)).last();
        own.or_else(|| self.root.words(key))
    }

    fn always(&self) -> impl Iterator<Item = &'a Block> {
        self.own.iter().filter(|(_, sometimes)| !sometimes).map(|(block, _)| *block)
    }
}

/// The filters that apply to a protocol: `protocol NAME`, `protocol !NAME`, and for some connections
/// `local`, `remote` and the like, also inside each other.
fn collect<'a>(
    block: &'a Block,
    protocol: &str,
    sometimes: bool,
    found: &mut Vec<(&'a Block, bool)>,
) {
    for inner in &block.blocks {
        crate::steps::count(1);
        let mut words = inner.head.split_whitespace();
        let applies = match (words.next(), words.next()) {
            (Some("protocol"), Some(name)) => match name.strip_prefix('!') {
                Some(other) => (other != protocol).then_some(sometimes),
                None => (name == protocol).then_some(sometimes),
            },
            (Some("local" | "remote" | "local_name"), Some(_)) => Some(true),
            _ => None,
        };
        if let Some(sometimes) = applies {
            found.push((inner, sometimes));
            collect(inner, protocol, sometimes, found);
        }
    }
}
