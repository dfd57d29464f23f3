//! A device that an administrator hands out on paper.
//!
//! Its record never changes, so that a host which only checks logins can confirm it. Whether it waits is written in the
//! record of its use: the first one says so, and the one that takes its place says it no more. A device without a record
//! of use waits for nothing. It counts as confirmed, and opens nothing.

use serde::{Deserialize, Serialize};

use super::{Step, TotpRecord};
use crate::factors::questions::Used;

/// How a device was handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// When it ends unless it was confirmed, in seconds since 1970.
    pub ends: u64,
    /// Whether the first good login confirms it. Otherwise only the administrator does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_login: bool,
}

impl Letter {
    /// Whether a login confirms it now.
    #[must_use]
    pub fn opens(self, now: u64) -> bool {
        self.by_login && now < self.ends
    }
}

impl TotpRecord {
    /// How it was handed out, where nobody has confirmed it yet.
    pub(crate) fn waiting_letter(&self, used: &Used<'_, Step>) -> Option<Letter> {
        let mut steps = used.known().ok()?;
        self.letter.filter(|_| steps.all(|step| step.waiting))
    }
}

#[cfg(test)]
mod tests {
    use std::slice;

    use monk_terms::verdict::Refusal;

    use super::*;
    use crate::code::{self, Accepted, Context};
    use crate::credential::{CredentialSet, Use};
    use crate::enrol::{self, NewDevice};
    use crate::factors::Door;
    use crate::factors::shapes::Code;
    use crate::factors::totp::Parameters;
    use crate::fixtures::{alice, enrolled, ring};
    use crate::keys::Keyring;
    use crate::random::Counter;

    const NOW: u64 = 1_700_000_000;

    /// A code of the letter's device, tried in such a context.
    fn tried(
        set: &CredentialSet,
        keys: &Keyring,
        digits: &str,
        (now, door, may_confirm): (u64, Door, bool),
    ) -> Result<Accepted, Refusal> {
        let code = Code::of_shape(digits, set.shapes()).expect("six digits");
        let context = Context { user: "u1", set, keys, now, door, may_confirm };
        code::verify(&code, context).map_err(|rejected| rejected.refusal)
    }

    #[test]
    fn a_letter_opens_only_with_a_right_password_and_before_its_end() {
        let keys = ring();
        let new =
            NewDevice { user: "u1", label: "Letter", parameters: Parameters::default(), now: NOW };
        let letter = Letter { ends: NOW + 100, by_login: true };
        let (device, used, seed) = enrol::letter_device(&new, letter, &keys, &mut Counter(3));
        let digits = seed.code_at(new.parameters, NOW);
        let records = |letter| {
            let record: &TotpRecord = device.factor.get().unwrap();
            let device = device.with_factor(TotpRecord { letter: Some(letter), ..record.clone() });
            let device = device.to_record(alice(&keys));
            enrolled(alice(&keys), slice::from_ref(&device), &[used.to_record(alice(&keys))])
        };
        let set = records(letter);
        assert!(!set.has_second_factor() && set.awaits_first_login(NOW));
        assert!(!set.awaits_first_login(letter.ends), "it has ended");
        let of = |set: &CredentialSet, how| tried(set, &keys, &digits, how);
        for how in [(NOW, Door::Login, true), (NOW, Door::Enrolment, true)] {
            assert!(of(&set, how).is_ok_and(|accepted| accepted.confirms), "{how:?}");
        }
        for how in [(NOW, Door::Login, false), (NOW, Door::NewPassword, true)] {
            assert_eq!(of(&set, how), Err(Refusal::WrongCode), "{how:?}");
        }
        let ended = records(Letter { ends: NOW, ..letter });
        assert_eq!(of(&ended, (NOW, Door::Login, true)), Err(Refusal::WrongCode));
        let for_root = records(Letter { by_login: false, ..letter });
        assert!(!for_root.awaits_first_login(NOW) && !for_root.shapes().six_digits);
        let typed = |now, may_confirm| set.shapes_now(now, may_confirm).six_digits;
        assert!(typed(NOW, true));
        assert!(
            !typed(NOW, false) && !typed(letter.ends, true),
            "digits are no code of hers there"
        );
    }

    #[test]
    fn a_letter_whose_use_is_missing_counts_and_opens_nothing() {
        let keys = ring();
        let new =
            NewDevice { user: "u1", label: "Letter", parameters: Parameters::default(), now: NOW };
        let letter = Letter { ends: NOW + 100, by_login: true };
        let (device, used, seed) = enrol::letter_device(&new, letter, &keys, &mut Counter(3));
        let digits = seed.code_at(new.parameters, NOW);
        let device = device.to_record(alice(&keys));
        let set = |uses: &[String]| enrolled(alice(&keys), slice::from_ref(&device), uses);
        let how = (NOW, Door::Login, true);
        let gone = set(&[]);
        assert!(gone.has_second_factor() && !gone.awaits_first_login(NOW));
        assert_eq!(tried(&gone, &keys, &digits, how), Err(Refusal::UnusableFactor));
        // Of two records that replicas have merged, one says that it was confirmed.
        let confirmed = Use::new(used.id.clone(), NOW, Step::at(NOW / 30));
        let both = set(&[used.to_record(alice(&keys)), confirmed.to_record(alice(&keys))]);
        assert!(both.has_second_factor());
        assert_eq!(tried(&both, &keys, &digits, how), Err(Refusal::ReplayedCode));
    }
}
