//! Backup codes: six codes of twelve symbols on paper, each good for one login.
//!
//! The six share one salt, so that one Argon2id hash tells which code it is. A new set replaces
//! the old one. Scratch codes that google-authenticator made are a set of another [`Shape`].

use monk_terms::kind::Kind;
use monk_terms::verdict::{Grant, Refusal};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::questions::{Attempt, Case, Defect, Details, NeededKey, Questions, Used};
use super::shapes::{Code, PAPER_SYMBOLS, SCRATCH_DIGITS, Shapes};
use crate::hash::{Cost, Hashes};
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::symbols;

/// Codes of a set.
pub const CODES: usize = 6;

/// What the codes of a set look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// [`PAPER_SYMBOLS`] symbols: monk's own.
    #[default]
    Symbols,
    /// [`SCRATCH_DIGITS`] digits: the scratch codes of google-authenticator.
    Digits,
}

impl Shape {
    fn is_own(&self) -> bool {
        *self == Self::Symbols
    }

    /// The text as a code of such a set was hashed.
    fn canonical(self, code: &Code) -> Option<Zeroizing<String>> {
        match self {
            Self::Symbols => code.symbols(PAPER_SYMBOLS),
            Self::Digits => code.digits(SCRATCH_DIGITS).map(|d| Zeroizing::new(d.to_owned())),
        }
    }
}

/// A set, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupCodesRecord {
    /// The hashes of the codes.
    pub hashes: Hashes,
    /// What the codes look like.
    #[serde(default, skip_serializing_if = "Shape::is_own")]
    pub shape: Shape,
}

/// Backup codes that are spent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpentCodes {
    /// By their index in the set, in ascending order.
    pub codes: Vec<usize>,
}

impl BackupCodesRecord {
    /// A new set, and its codes in groups of four, to be shown once.
    #[must_use]
    pub fn generate(
        owner: Owner<'_>,
        keys: &Keyring,
        random: &mut dyn Random,
    ) -> (Self, Vec<Zeroizing<String>>) {
        let codes: Vec<_> = (0..CODES).map(|_| symbols::random(PAPER_SYMBOLS, random)).collect();
        let secrets: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
        let hashes = Hashes::new(&secrets, owner, Cost::HIGH, keys, random);
        let shown = codes.iter().map(|code| symbols::grouped(code)).collect();
        (Self { hashes, shape: Shape::Symbols }, shown)
    }

    /// A set of scratch codes. Computes a hash for each.
    #[must_use]
    pub fn imported(
        codes: &[&str],
        owner: Owner<'_>,
        keys: &Keyring,
        random: &mut dyn Random,
    ) -> Self {
        let hashes = Hashes::new(codes, owner, Cost::HIGH, keys, random);
        Self { hashes, shape: Shape::Digits }
    }
}

impl Questions for BackupCodesRecord {
    type Spent = SpentCodes;

    const KIND: Kind = Kind::BackupCodes;

    fn add_shape(&self, shapes: &mut Shapes) {
        match self.shape {
            Shape::Symbols => shapes.backup = true,
            Shape::Digits => shapes.scratch = true,
        }
    }

    fn key(&self) -> Option<NeededKey> {
        Some(NeededKey::Hash(self.hashes.key().clone()))
    }

    fn is_usable(&self, case: Case<'_>, used: &Used<'_, SpentCodes>) -> bool {
        case.keys.get(self.hashes.key()).is_some() && used.known().is_ok()
    }

    fn verify_code(
        &self,
        attempt: &mut Attempt<'_>,
        case: Case<'_>,
        used: &Used<'_, SpentCodes>,
    ) -> Result<(Grant, SpentCodes), Refusal> {
        let canonical = self.shape.canonical(attempt.code).ok_or(Refusal::WrongCode)?;
        attempt.budget.take().ok_or(Refusal::UnusableFactor)?;
        let index = self
            .hashes
            .position(&canonical, case.owner, case.keys)
            .map_err(|_| Refusal::UnusableFactor)?
            .ok_or(Refusal::WrongCode)?;
        let mut codes: Vec<usize> = used.known()?.flat_map(|used| &used.codes).copied().collect();
        if codes.contains(&index) {
            return Err(Refusal::ReplayedCode);
        }
        codes.push(index);
        codes.sort_unstable();
        codes.dedup();
        Ok((Grant::BackupCode, SpentCodes { codes }))
    }

    fn all_spent(&self, used: &Used<'_, SpentCodes>, _: u64) -> Option<SpentCodes> {
        (!used.records.is_empty()).then(|| SpentCodes { codes: (0..self.hashes.len()).collect() })
    }

    fn details(&self, _: u64, used: &Used<'_, SpentCodes>) -> Details {
        let mut spent: Vec<usize> = used.all().flat_map(|used| &used.codes).copied().collect();
        spent.sort_unstable();
        spent.dedup();
        let all = self.hashes.len();
        // Making the set writes the first record.
        let last = used.last().filter(|(_, used)| !used.codes.is_empty());
        Details {
            codes_left: Some((all.saturating_sub(spent.len()), all)),
            last_used: last.map(|(at, _)| at),
            ..Details::default()
        }
    }

    fn defects(&self, case: Case<'_>, used: &Used<'_, SpentCodes>) -> Vec<Defect> {
        let is_held = case.keys.get(self.hashes.key()).is_some();
        (is_held && used.is_missing()).then_some(Defect::UseMissing).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::ring;
    use crate::random::Counter;

    #[test]
    fn a_set_has_six_codes_that_are_found_at_their_places() {
        let (keys, owner) = (ring(), Owner { user: "u1", credential: "1" });
        let (record, codes) = BackupCodesRecord::generate(owner, &keys, &mut Counter(1));
        assert_eq!((codes.len(), record.hashes.len()), (CODES, CODES));
        let text = serde_json::to_string(&record).unwrap();
        for (index, code) in codes.iter().enumerate() {
            let canonical = symbols::canonical(code, PAPER_SYMBOLS).unwrap();
            assert!(!text.contains(canonical.as_str()));
            assert_eq!(record.hashes.position(&canonical, owner, &keys), Ok(Some(index)));
        }
        assert_eq!(record.hashes.position("000000000000", owner, &keys), Ok(None));
    }
}
