//! Codes that are sent by mail: six digits, one use, five wrong tries, a few an hour.
//!
//! ```text
//!            sent                    right: opens one login
//!  nothing ────────▶ outstanding ───────────────────────────▶ used
//!                     │  ▲   │ wrong, five times      too late
//!                     └──┘   └──────────────▶ dead  ◀───────────
//!                     wrong
//! ```
//!
//! The credential is the address. What becomes of the codes stands in one record of use for all addresses
//! of a user; how it is written: see [`emailed`](crate::emailed).

use data_encoding::HEXLOWER;
use monk_terms::kind::Kind;
use monk_terms::verdict::Refusal;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::questions::{Case, Details, NeededKey, Questions, Used};
use super::shapes::{EMAILED_DIGITS, Shapes};
use crate::hash::{Cost, HashError, Hashes};
use crate::id::CredentialId;
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::text;
use crate::times::is_ahead;

/// Wrong tries that end a code. With six digits, five of them find it once in 200 000 times.
pub const MAX_TRIES: u8 = 5;

/// The time in which sends are counted, in seconds.
pub const HOUR: u64 = 3600;

/// Most sends an hour that can be set: the times of all of them stand in one record.
pub const MAX_SENDS: usize = 60;

/// An address that codes may be sent to, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailRecord {
    /// The address. `None` is the one of the directory, unproven: such a record is no factor, it
    /// only keeps the place for codes in an entry that has nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// No code that was sent there has come back yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pending: bool,
}

impl EmailRecord {
    /// Whether the user has shown that mail to the address arrives.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.address.is_some() && !self.pending
    }
}

/// Its codes are not among those that are tried: each wrong one has to be counted.
impl Questions for EmailRecord {
    type Spent = Emailed;

    const KIND: Kind = Kind::Email;

    fn uses_of(_: &CredentialId) -> CredentialId {
        CredentialId::emailed()
    }

    /// An address is its own name.
    fn may_be_shown(&self, label: &str) -> bool {
        self.address.iter().all(|address| text::is_address(address))
            && text::is_short_and_plain(label, text::MAX_ADDRESS)
    }

    fn is_second_factor(&self) -> bool {
        self.is_confirmed()
    }

    fn add_shape(&self, shapes: &mut Shapes) {
        shapes.emailed |= self.is_confirmed();
    }

    /// The codes that are sent there live for minutes: a new one is made with the new key.
    fn key(&self) -> Option<NeededKey> {
        None
    }

    fn is_usable(&self, _: Case<'_>, used: &Used<'_, Emailed>) -> bool {
        used.is_readable()
    }

    /// A code that is on its way opens nothing any more. Sends go on counting.
    fn all_spent(&self, used: &Used<'_, Emailed>, _: u64) -> Option<Emailed> {
        let merged = || Emailed { code: None, ..Emailed::merged(used.all()) };
        (!used.records.is_empty()).then(merged)
    }

    fn details(&self, created: u64, used: &Used<'_, Emailed>) -> Details {
        // One record for all addresses: a code that opened a login went to the confirmed one.
        let opened = used.all().filter_map(|used| used.opened).max();
        let last_used = opened.filter(|&at| self.is_confirmed() && at >= created);
        Details { pending: self.pending, last_used, ..Details::default() }
    }
}

/// An address as others may see it: `j…@example.org`.
#[must_use]
pub fn masked(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}

/// What is kept of the codes that were sent to one user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emailed {
    /// The last code, whatever became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Outstanding>,
    /// When codes were sent within the last hour, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<u64>,
    /// When a code last opened a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<u64>,
    /// Random, in a record on which sends are counted: see `Emailed::begun`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
}

/// A code that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outstanding {
    /// Its hash.
    hash: Hashes,
    /// When it was sent, in seconds since 1970.
    sent: u64,
    /// When it ends, in seconds since 1970.
    expires: u64,
    /// Wrong tries so far.
    #[serde(default)]
    pub(crate) tries: u8,
    /// Whether it has done what it was for.
    #[serde(default)]
    used: bool,
    /// The address that it confirms. Such a code opens no login: nobody knows yet whose address
    /// that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirms: Option<CredentialId>,
}

/// What a code is to be sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim<'a> {
    /// A login.
    Login,
    /// To see whether mail to the address of this credential arrives.
    Confirmation(&'a CredentialId),
}

impl Aim<'_> {
    fn confirms(self) -> Option<CredentialId> {
        match self {
            Self::Login => None,
            Self::Confirmation(id) => Some(id.clone()),
        }
    }
}

/// The limits that the settings give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds that a code is good.
    pub valid: u64,
    /// Codes that may be sent to one user in an hour.
    pub sends_per_hour: usize,
}

/// A code to be sent. No `Debug`; wiped when dropped.
pub struct EmailedCode(Zeroizing<String>);

impl EmailedCode {
    /// Six digits, each of the million equally likely.
    #[must_use]
    fn generate(random: &mut dyn Random) -> Self {
        const CODES: u32 = 10_u32.pow(EMAILED_DIGITS as u32);
        // What is above the highest multiple of a million would make low codes likelier.
        const FAIR: u32 = u32::MAX - u32::MAX % CODES;
        let number = loop {
            let mut bytes = Zeroizing::new([0; 4]);
            random.fill(&mut *bytes);
            let number = u32::from_le_bytes(*bytes);
            if number < FAIR {
                break number % CODES;
            }
        };
        Self(Zeroizing::new(format!("{number:0width$}", width = EMAILED_DIGITS)))
    }

    /// The six digits.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What became of the digits that were typed.
pub(crate) enum Guess {
    /// It is not a code that was sent, and there is none at which it could be a guess.
    NotOurs,
    /// It is the code, and unused.
    Right,
    /// It is wrong, and was counted.
    Wrong,
    /// It was sent, and is good for nothing any more, or not here.
    Refused(Refusal),
}

impl Emailed {
    /// What several records say together. There is one as a rule; should replicas have been merged all
    /// the same, sends add up, and the newest code is the code.
    pub(crate) fn merged<'a>(records: impl Iterator<Item = &'a Self>) -> Self {
        let newest = |code: &Outstanding| (code.sent, code.used, code.tries);
        let mut merged = Self::default();
        for one in records {
            merged.sent.extend(&one.sent);
            merged.opened = merged.opened.max(one.opened);
            if one.begun > merged.begun {
                merged.begun.clone_from(&one.begun);
            }
            if one.code.as_ref().map(newest) > merged.code.as_ref().map(newest) {
                merged.code.clone_from(&one.code);
            }
        }
        merged.sent.sort_unstable();
        merged
    }

    /// The same with something random in it, so that there is no second record like it.
    pub(crate) fn begun(self, random: &mut dyn Random) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Self { begun: Some(HEXLOWER.encode(&bytes)), ..self }
    }

    /// Whether the last code was sent for this, whatever became of it.
    pub(crate) fn is_for(&self, aim: Aim<'_>) -> bool {
        self.code.as_ref().is_some_and(|code| code.confirms == aim.confirms())
    }

    /// Counts a send.
    pub(crate) fn count(&mut self, limits: Limits, now: u64) -> Result<(), Refusal> {
        // Times ahead, of a host whose clock is, count as well, but for an hour and not until they come.
        self.sent.retain(|&at| at.abs_diff(now) < HOUR);
        if self.sent.len() >= limits.sends_per_hour {
            return Err(Refusal::TooManySends);
        }
        self.sent.push(now);
        Ok(())
    }

    /// Makes a new code, good for so many seconds. It takes the place of the one before.
    pub(crate) fn renew(
        &mut self,
        aim: Aim<'_>,
        valid: u64,
        now: u64,
        (owner, keys): (Owner<'_>, &Keyring),
        random: &mut dyn Random,
    ) -> EmailedCode {
        let code = EmailedCode::generate(random);
        self.code = Some(Outstanding {
            hash: Hashes::new(&[code.expose()], owner, Cost::LOW, keys, random),
            sent: now,
            expires: now.saturating_add(valid),
            tries: 0,
            used: false,
            confirms: aim.confirms(),
        });
        code
    }

    /// Takes back what was sent at that time, and its code, at which nobody may have guessed yet.
    pub(crate) fn take_back(&mut self, sent: u64) -> Option<()> {
        let untouched = |code: &Outstanding| code.sent == sent && code.tries == 0 && !code.used;
        self.code.take().filter(untouched)?;
        let position = self.sent.iter().rposition(|&at| at == sent)?;
        self.sent.remove(position);
        Some(())
    }

    /// Compares digits with the code, and notes what came of it. Computes one hash, a cheap one.
    pub(crate) fn guess(
        &mut self,
        digits: &str,
        aim: Aim<'_>,
        now: u64,
        owner: Owner<'_>,
        keys: &Keyring,
    ) -> Guess {
        let Some(code) = &mut self.code else { return Guess::NotOurs };
        // It is computed while others wait, and all that we write are cheap.
        let found = match code.hash.is_cheap() {
            true => code.hash.position(digits, owner, keys),
            false => Err(HashError::Malformed),
        };
        let Ok(found) = found else { return Guess::Refused(Refusal::UnusableFactor) };
        let refusal = match code {
            Outstanding { used: true, .. } => Some(Refusal::ReplayedCode),
            Outstanding { tries: MAX_TRIES.., .. } => Some(Refusal::TooManyTries),
            Outstanding { expires, .. } if *expires <= now => Some(Refusal::ExpiredCode),
            Outstanding { sent, .. } if is_ahead(*sent, now) => Some(Refusal::ExpiredCode),
            _ => None,
        };
        match (found.is_some(), refusal) {
            (true, Some(refusal)) => Guess::Refused(refusal),
            (false, Some(_)) => Guess::NotOurs,
            (true, None) => {
                code.used = true;
                if aim == Aim::Login {
                    self.opened = Some(now);
                }
                Guess::Right
            }
            (false, None) => {
                code.tries += 1;
                Guess::Wrong
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::random::Counter;

    #[test]
    fn others_see_the_first_letter_of_an_address() {
        for (address, seen) in [
            ("jane.doe@example.org", "j…@example.org"),
            ("ü@x@example.org", "ü…@example.org"),
            ("nobody", "n…@"),
        ] {
            assert_eq!(masked(address), seen);
        }
    }

    #[test]
    fn codes_are_six_digits_of_every_kind() {
        let mut random = Counter(3);
        let codes: BTreeSet<String> =
            (0..60).map(|_| EmailedCode::generate(&mut random).expose().to_owned()).collect();
        assert!(
            codes.iter().all(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()))
        );
        assert!(codes.len() > 20, "{codes:?}");
    }
}
