//! Taking over what another system has enrolled: seeds that are known already, and scratch codes.
//!
//! An import is all or nothing over many users, which no directory does in one step. So what it
//! enrols has ids that follow from the import's own random *token*: whatever happened in between,
//! the same items with the same token name exactly what is to be taken back.

use sha2::{Digest, Sha256};

use crate::credential::{Change, Credential, CredentialId, CredentialSet, MAX_CREDENTIALS, Use};
use crate::enrol::{self, NewDevice};
use crate::factors::backup_codes::{BackupCodesRecord, SpentCodes};
use crate::factors::shapes::SCRATCH_DIGITS;
use crate::factors::totp::{Parameters, Seed, TotpRecord};
use crate::keys::{Keyring, Owner};
use crate::mac::Author;
use crate::random::Random;

/// Bytes of an import's token.
pub const TOKEN_BYTES: usize = 16;

/// Most scratch codes of one user: google-authenticator makes no more.
pub const MAX_SCRATCH_CODES: usize = 10;

/// The name of an imported set of scratch codes.
const SCRATCH_LABEL: &str = "Scratch codes";

/// One device of another system, for one user.
pub struct Item<'a> {
    /// The import it belongs to.
    pub token: &'a [u8; TOKEN_BYTES],
    /// The stable id of the user.
    pub user: &'a str,
    /// The name of the device.
    pub label: &'a str,
    /// How it makes codes.
    pub parameters: Parameters,
    /// Its seed.
    pub seed: &'a Seed,
}

/// What there is to do for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The device is to be enrolled.
    Enrol {
        /// Whether there is room for scratch codes: a set that exists is never replaced.
        scratch_codes: bool,
    },
    /// The user has an active device with this seed and these parameters.
    AlreadyThere,
    /// Another active device has the name.
    LabelTaken,
    /// The user has as many credentials as anybody may have.
    Full,
}

impl Item<'_> {
    /// The id of the device.
    #[must_use]
    pub fn device_id(&self) -> CredentialId {
        self.id("totp")
    }

    /// The id of the set of scratch codes.
    #[must_use]
    pub fn scratch_id(&self) -> CredentialId {
        self.id("scratch")
    }

    fn id(&self, kind: &str) -> CredentialId {
        let mut digest = Sha256::new().chain_update(b"monk v1 import").chain_update(self.token);
        for part in [kind, self.user, self.label] {
            // With its length in front, so that no two lists of parts look alike.
            digest = digest.chain_update((part.len() as u64).to_be_bytes()).chain_update(part);
        }
        let digest = digest.finalize();
        let (bytes, _) = digest.split_first_chunk().expect("32 bytes are more than 8");
        CredentialId::from_bytes(*bytes)
    }

    /// What there is to do for a user who has `set`.
    #[must_use]
    pub fn plan(&self, set: &CredentialSet, keys: &Keyring) -> Plan {
        let mut label_taken = false;
        for (stored, record) in set.all_of::<TotpRecord>().filter(|(_, record)| !record.pending) {
            let owner = Owner { user: self.user, credential: stored.value.id.as_str() };
            let same_seed = record.open(owner, keys).is_ok_and(|seed| seed.is(self.seed));
            if same_seed && record.parameters == self.parameters {
                return Plan::AlreadyThere;
            }
            label_taken |= stored.value.label == self.label;
        }
        if label_taken {
            return Plan::LabelTaken;
        }
        // The device and its scratch codes.
        if set.credentials.len() + set.unreadable_credentials + 2 > MAX_CREDENTIALS {
            return Plan::Full;
        }
        Plan::Enrol { scratch_codes: set.all_of::<BackupCodesRecord>().next().is_none() }
    }

    /// The change that enrols the device. One that waits under the same name is replaced.
    #[must_use]
    pub fn enrolment(
        &self,
        set: &CredentialSet,
        now: u64,
        keys: &Keyring,
        random: &mut dyn Random,
    ) -> Change {
        let new =
            NewDevice { user: self.user, label: self.label, parameters: self.parameters, now };
        let id = self.device_id();
        let (device, used) = enrol::imported_device(&new, id, self.seed, keys, random);
        let devices = set.all_of::<TotpRecord>();
        let waiting =
            devices.filter(|(stored, totp)| stored.value.label == self.label && totp.pending);
        let author = Author { user: self.user, keys };
        Change {
            remove_credentials: waiting.map(|(stored, _)| stored.raw.clone()).collect(),
            add_credentials: vec![device.to_record(author)],
            add_uses: vec![used.to_record(author)],
            ..Change::default()
        }
    }

    /// The change that takes back what this import has enrolled, however it was used since; nothing
    /// where nothing is there.
    #[must_use]
    pub fn withdrawal(&self, set: &CredentialSet) -> Change {
        let mut change = Change::default();
        for stored in [self.device_id(), self.scratch_id()].iter().filter_map(|id| set.get(id)) {
            let removal = set.removal(stored);
            change.remove_credentials.extend(removal.remove_credentials);
            change.remove_uses.extend(removal.remove_uses);
        }
        change
    }
}

/// Whether this is a scratch code of google-authenticator.
#[must_use]
pub fn is_scratch_code(code: &str) -> bool {
    code.len() == SCRATCH_DIGITS && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// A set of scratch codes for `user`, and its first use. Computes a hash for each code.
#[must_use]
pub fn scratch_codes(
    id: CredentialId,
    user: &str,
    codes: &[&str],
    now: u64,
    keys: &Keyring,
    random: &mut dyn Random,
) -> (Credential, Use) {
    let owner = Owner { user, credential: id.as_str() };
    let record = BackupCodesRecord::imported(codes, owner, keys, random);
    let used = Use::new(id.clone(), now, SpentCodes::default());
    (Credential::new(id, SCRATCH_LABEL, now, record), used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{self, Context};
    use crate::factors::Door;
    use crate::factors::shapes::Code;
    use crate::fixtures::{self, alice, ring};
    use crate::random::Counter;
    use monk_terms::verdict::{Grant, Refusal};

    const NOW: u64 = 1_700_000_000;
    const TOKEN: [u8; TOKEN_BYTES] = [7; TOKEN_BYTES];

    fn seed() -> Seed {
        Seed::imported(b"1234567890").unwrap()
    }

    fn item<'a>(seed: &'a Seed, label: &'a str) -> Item<'a> {
        Item { token: &TOKEN, user: "u1", label, parameters: Parameters::default(), seed }
    }

    fn enrolled(codes: &[&str]) -> CredentialSet {
        let (seed, keys) = (seed(), ring());
        let item = item(&seed, "Phone");
        let mut change = item.enrolment(&CredentialSet::default(), NOW, &keys, &mut Counter(1));
        if !codes.is_empty() {
            let (set, used) =
                scratch_codes(item.scratch_id(), "u1", codes, NOW, &keys, &mut Counter(9));
            change.add_credentials.push(set.to_record(alice(&keys)));
            change.add_uses.push(used.to_record(alice(&keys)));
        }
        fixtures::enrolled(alice(&keys), &change.add_credentials, &change.add_uses)
    }

    fn verify(set: &CredentialSet, typed: &str, now: u64) -> Result<Grant, Refusal> {
        let keys = ring();
        let code = Code::of_shape(typed, set.shapes()).expect("the shape of a code");
        code::verify(
            &code,
            Context { user: "u1", set, keys: &keys, now, door: Door::Login, may_confirm: false },
        )
        .map(|accepted| accepted.grant)
        .map_err(|rejected| rejected.refusal)
    }

    #[test]
    fn an_imported_device_opens_with_the_next_code_and_not_with_the_present_one() {
        let (set, seed) = (enrolled(&[]), seed());
        let at = |time| seed.code_at(Parameters::default(), time);
        assert_eq!(verify(&set, &at(NOW), NOW), Err(Refusal::ReplayedCode));
        assert_eq!(verify(&set, &at(NOW - 30), NOW), Err(Refusal::ReplayedCode));
        assert_eq!(verify(&set, &at(NOW + 30), NOW + 30), Ok(Grant::Totp));
    }

    #[test]
    fn a_scratch_code_is_eight_digits_and_costs_a_hash() {
        let codes = ["26216815", "07170214"];
        let set = enrolled(&codes);
        let shapes = set.shapes();
        assert!(shapes.scratch && !shapes.backup && !shapes.eight_digits);
        assert_eq!(verify(&set, "2621 6815", NOW), Ok(Grant::BackupCode));
        assert_eq!(verify(&set, "07170214", NOW), Ok(Grant::BackupCode));
        assert_eq!(verify(&set, "26216816", NOW), Err(Refusal::WrongCode));
        assert!(Code::of_shape("26216815", shapes).unwrap().costs_a_hash(shapes));
        assert!(!Code::of_shape("262168", shapes).unwrap().costs_a_hash(shapes));
        assert!(!set.credentials.iter().any(|stored| stored.raw.contains(codes[0])));
    }

    #[test]
    fn a_spent_scratch_code_is_a_replay() {
        let set = enrolled(&["26216815"]);
        let keys = ring();
        let code = Code::of_shape("26216815", set.shapes()).unwrap();
        let context = Context {
            user: "u1",
            set: &set,
            keys: &keys,
            now: NOW,
            door: Door::Login,
            may_confirm: false,
        };
        let accepted = code::verify(&code, context).unwrap();
        let credentials: Vec<_> = set.credentials.iter().map(|one| one.raw.clone()).collect();
        let used = fixtures::enrolled(alice(&keys), &credentials, &[accepted.swap.add]);
        assert_eq!(verify(&used, "26216815", NOW), Err(Refusal::ReplayedCode));
    }

    #[test]
    fn what_is_there_is_recognised_and_never_replaced() {
        let (set, keys, seed) = (enrolled(&["26216815"]), ring(), seed());
        assert_eq!(item(&seed, "Phone").plan(&set, &keys), Plan::AlreadyThere);
        assert_eq!(item(&seed, "Other name").plan(&set, &keys), Plan::AlreadyThere);
        let other = Seed::imported(b"0987654321").unwrap();
        assert_eq!(item(&other, "Phone").plan(&set, &keys), Plan::LabelTaken);
        let second = item(&other, "Tablet");
        assert_eq!(second.plan(&set, &keys), Plan::Enrol { scratch_codes: false });
        let empty = CredentialSet::default();
        assert_eq!(second.plan(&empty, &keys), Plan::Enrol { scratch_codes: true });
    }

    #[test]
    fn an_import_takes_back_what_it_has_enrolled_and_nothing_else() {
        let (set, seed) = (enrolled(&["26216815"]), seed());
        let mine = item(&seed, "Phone").withdrawal(&set);
        assert_eq!((mine.remove_credentials.len(), mine.remove_uses.len()), (2, 2));
        let other = [8; TOKEN_BYTES];
        let others = Item { token: &other, ..item(&seed, "Phone") };
        assert_eq!(others.withdrawal(&set), Change::default());
        assert_eq!(item(&seed, "Phon").withdrawal(&set), Change::default());
    }

    #[test]
    fn seeds_shorter_than_80_bits_are_none() {
        assert!(Seed::imported(&[1; 9]).is_none() && Seed::imported(&[1; 129]).is_none());
        assert!(Seed::imported(&[1; 10]).is_some() && Seed::imported(&[1; 128]).is_some());
    }
}
