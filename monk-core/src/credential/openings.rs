//! What codes of a user have opened that goes on being open, among the records of their use.

use super::records::Use;
use super::set::{CredentialSet, UseSwap};
use crate::id::CredentialId;
use crate::mac::Author;
use crate::opening::Opening;

impl UseSwap {
    /// The same, with what the code opens from now on.
    #[must_use]
    pub fn opening(self, prints: &[String], author: Author<'_>) -> Self {
        match Use::from_record(&self.add, author) {
            Ok(used) => Self { add: used.opening(prints).to_record(author), ..self },
            // It was made a moment ago. Without the openings, it spends the code all the same.
            Err(_) => self,
        }
    }
}

impl CredentialSet {
    /// The credentials whose codes have opened one of these, and when. A credential that does not count any more has
    /// opened nothing.
    pub fn opened<'a>(
        &'a self,
        prints: &'a [String],
    ) -> impl Iterator<Item = (&'a CredentialId, &'a Opening)> {
        let uses = self.uses.iter().filter(|used| self.get(&used.value.id).is_some());
        let openings =
            uses.flat_map(|used| used.value.openings().iter().map(|one| (&used.value.id, one)));
        openings.filter(|(_, opening)| prints.contains(&opening.print))
    }

    /// The swaps after which none of these is open any more.
    #[must_use]
    pub fn closing(&self, prints: &[String], author: Author<'_>) -> Vec<UseSwap> {
        let is_one = |opening: &Opening| prints.contains(&opening.print);
        let uses = self.uses.iter().filter(|used| used.value.openings().iter().any(is_one));
        let closed = uses.map(|stored| UseSwap {
            held: Vec::new(),
            remove: vec![stored.raw.clone()],
            add: stored.value.closing(prints).following(stored).to_record(author),
        });
        closed.collect()
    }

    /// The swaps after which nothing is open any more.
    #[must_use]
    pub fn closing_all(&self, author: Author<'_>) -> Vec<UseSwap> {
        let all = self.uses.iter().flat_map(|used| used.value.openings());
        let all: Vec<_> = all.map(|opening| opening.print.clone()).collect();
        self.closing(&all, author)
    }

    /// Whether a code was used after a moment, as far as the records say.
    #[must_use]
    pub fn is_used_after(&self, moment: u64) -> bool {
        self.uses.iter().any(|used| used.value.at > moment)
    }
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;
    use crate::credential::Credential;
    use crate::factors::backup_codes::SpentCodes;
    use crate::factors::unknown::Unknown;
    use crate::fixtures::{enrolled, ring};
    use crate::random::Counter;

    const NOW: u64 = 1_800_000_000;

    fn prints(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn what_a_code_has_opened_stays_open_through_later_uses_until_it_is_closed() {
        let keys = ring();
        let author = Author { user: "u1", keys: &keys };
        let id = CredentialId::generate(&mut Counter(3));
        let device = Credential::new(id.clone(), "x", 5, Unknown).to_record(author);
        let set = |used: &[String]| enrolled(author, slice::from_ref(&device), used);
        let spend = |set: &CredentialSet, at: u64| {
            let before: Vec<_> = set.uses_of(&id).collect();
            set.swap(&before, Use::new(id.clone(), at, SpentCodes::default()), author)
        };
        let first = spend(&set(&[]), NOW).opening(&prints(&["a", "b"]), author);
        let after_first = set(&[first.add]);
        let when = |set: &CredentialSet, print: &str| {
            set.opened(&prints(&[print])).map(|(_, opening)| opening.at).next()
        };
        assert_eq!((when(&after_first, "a"), when(&after_first, "c")), (Some(NOW), None));
        let second = spend(&after_first, NOW + 9).opening(&prints(&["c"]), author);
        let after_second = set(&[second.add]);
        assert_eq!(
            (when(&after_second, "b"), when(&after_second, "c")),
            (Some(NOW), Some(NOW + 9))
        );

        let closing = after_second.closing(&prints(&["a", "b"]), author);
        let [swap] = closing.as_slice() else { panic!("{closing:?}") };
        let after_closing = set(slice::from_ref(&swap.add));
        assert_eq!((when(&after_closing, "a"), when(&after_closing, "c")), (None, Some(NOW + 9)));
        let number = |set: &CredentialSet| set.uses[0].value.n;
        assert_eq!(number(&after_closing), number(&after_second) + 1, "it is the later one");
        assert_eq!(after_closing.closing(&prints(&["a"]), author), []);
        let [swap] = &after_second.closing_all(author)[..] else { panic!("one record") };
        let after_all = set(slice::from_ref(&swap.add));
        assert!(["a", "b", "c"].iter().all(|print| when(&after_all, print).is_none()));
        assert!(after_all.is_used_after(NOW + 8) && !after_all.is_used_after(NOW + 9));
        let gone = enrolled(author, &[], &[after_second.uses[0].raw.clone()]);
        assert_eq!(when(&gone, "c"), None, "the device is gone");
    }
}
