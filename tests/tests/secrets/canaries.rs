//! Secrets that are found again, however they were written.

use std::collections::BTreeSet;

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use memchr::memmem::Finder;

/// Shorter texts are in some file by chance.
const SHORTEST: usize = 8;

/// Secrets, each in all its forms.
#[derive(Default)]
pub struct Canaries {
    forms: Vec<(&'static str, Finder<'static>)>,
}

impl Canaries {
    /// Adds a text: as it is, without its dashes, and as one of the encodings of either.
    pub fn add(&mut self, name: &'static str, secret: &str) {
        let bare = secret.replace(['-', ' '], "");
        let texts: BTreeSet<_> =
            [secret.to_owned(), bare.to_lowercase(), bare.to_uppercase(), bare].into();
        for text in texts {
            self.add_bytes(name, text.as_bytes());
        }
    }

    /// Adds bytes: as they are, in hexadecimal, and as they lie in something that was encoded in
    /// base 64 as a whole.
    pub fn add_bytes(&mut self, name: &'static str, secret: &[u8]) {
        assert!(secret.len() >= SHORTEST, "the {name} is too short to be looked for");
        let mut forms = vec![
            secret.to_vec(),
            HEXLOWER.encode(secret).into_bytes(),
            HEXUPPER.encode(secret).into_bytes(),
        ];
        for encoding in [BASE64, BASE64URL] {
            for before in 0..3 {
                let whole = encoding.encode(&[&vec![0; before], secret].concat());
                // Only what depends on nothing around it: six bits are a character.
                let (start, end) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
                forms.push(whole.as_bytes()[start..end].to_vec());
            }
        }
        forms.sort();
        forms.dedup();
        self.forms.extend(forms.iter().map(|form| (name, Finder::new(form).into_owned())));
    }

    /// The names of all.
    pub fn names(&self) -> BTreeSet<&'static str> {
        self.forms.iter().map(|(name, _)| *name).collect()
    }

    /// The names of those that are in `text`.
    pub fn in_text(&self, text: &[u8]) -> BTreeSet<&'static str> {
        let found = self.forms.iter().filter(|(_, form)| form.find(text).is_some());
        found.map(|(name, _)| *name).collect()
    }

    /// How often the one of this name is in `text`, in any form.
    pub fn count(&self, name: &str, text: &[u8]) -> usize {
        let forms = self.forms.iter().filter(|(known, _)| *known == name);
        forms.map(|(_, form)| form.find_iter(text).count()).sum()
    }
}

#[test]
fn a_canary_is_found_in_every_form_and_nowhere_else() {
    let mut canaries = Canaries::default();
    canaries.add("word", "Canary-Bird");
    let longer = b"user=alice;typed=Canary-Bird;more";
    for text in [
        longer.to_vec(),
        b"canarybird".to_vec(),
        HEXLOWER.encode(b"CanaryBird").into_bytes(),
        BASE64.encode(longer).into_bytes(),
        BASE64.encode(&longer[1..]).into_bytes(),
        BASE64.encode(&longer[2..]).into_bytes(),
    ] {
        let shown = String::from_utf8_lossy(&text).into_owned();
        assert!(canaries.in_text(&text).contains("word"), "{shown}");
    }
    assert!(canaries.in_text(b"Canary-Bord").is_empty());
}
