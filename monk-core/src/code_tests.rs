use super::*;
use crate::credential::Stored;
use crate::enrol;
use crate::factors::backup_codes::{BackupCodesRecord, Shape, SpentCodes};
use crate::factors::enrolment_code::OpenedDoors;
use crate::factors::portal_code::{GOOD_FOR, PortalCodeRecord, PortalCodeUse};
use crate::factors::shapes::Shapes;
use crate::factors::totp::{Parameters, Seed, Step};
use crate::factors::{Factor, Spent};
use crate::fixtures::{self, alice, enrolled, ring};
use crate::hash::{Cost, Hashes, MAX_HASHES};
use crate::keys::Owner;
use crate::random::Counter;
use zeroize::Zeroizing;

const NOW: u64 = 1_700_000_000;
const STEP: u64 = NOW / 30;

struct User {
    keys: Keyring,
    credentials: Vec<Credential>,
    uses: Vec<String>,
}

impl User {
    fn new() -> Self {
        Self { keys: ring(), credentials: Vec::new(), uses: Vec::new() }
    }

    /// A confirmed device whose highest accepted step is `last`.
    fn device(&mut self, parameters: Parameters, last: u64, random: u8) -> Seed {
        let (credential, seed) =
            fixtures::device(parameters, NOW, &self.keys, &mut Counter(random));
        self.add(credential, Step::at(last));
        seed
    }

    fn backup_codes(&mut self) -> Vec<Zeroizing<String>> {
        let (credential, codes) = enrol::backup_codes("u1", NOW, &self.keys, &mut Counter(77));
        self.add(credential, SpentCodes::default());
        codes
    }

    fn add(&mut self, credential: Credential, spent: impl Into<Spent>) {
        let used = Use::new(credential.id.clone(), NOW, spent);
        self.uses.push(used.to_record(alice(&self.keys)));
        self.credentials.push(credential);
    }

    fn set(&self) -> CredentialSet {
        let author = alice(&self.keys);
        let records: Vec<_> = self.credentials.iter().map(|one| one.to_record(author)).collect();
        enrolled(author, &records, &self.uses)
    }

    fn verify_as(&self, user: &str, typed: &str, now: u64) -> Result<Accepted, Rejected> {
        let set = self.set();
        let code = Code::of_shape(typed, set.shapes()).expect("the shape of a code");
        verify(
            &code,
            Context {
                user,
                set: &set,
                keys: &self.keys,
                now,
                door: Door::Login,
                may_confirm: false,
            },
        )
    }

    fn verify_at(&self, now: u64, typed: &str) -> Result<Accepted, Refusal> {
        self.verify_as("u1", typed, now).map_err(|rejected| rejected.refusal)
    }

    fn verify(&self, typed: &str) -> Result<Accepted, Refusal> {
        self.verify_at(NOW, typed)
    }

    /// Writes what an accepted code wants written.
    fn spend(&mut self, accepted: &Accepted) {
        self.uses.retain(|raw| !accepted.swap.remove.contains(raw));
        self.uses.push(accepted.swap.add.clone());
    }
}

#[test]
fn only_a_greater_step_than_the_last_is_accepted() {
    let mut user = User::new();
    let seed = user.device(Parameters::default(), STEP - 1, 1);
    let code = |step: u64| seed.code_at(Parameters::default(), step * 30);
    assert_eq!(user.verify(&code(STEP - 1)), Err(Refusal::ReplayedCode));
    let accepted = user.verify(&code(STEP)).unwrap();
    assert_eq!(accepted.grant, Grant::Totp);
    user.spend(&accepted);
    assert_eq!(user.verify(&code(STEP)), Err(Refusal::ReplayedCode));
    let next = user.verify(&code(STEP + 1)).unwrap();
    user.spend(&next);
    assert_eq!(user.verify(&code(STEP)), Err(Refusal::ReplayedCode), "never backwards");
    assert_eq!(user.verify(&code(STEP + 2)), Err(Refusal::WrongCode));
}

/// A mail program that kept `PASSWORD;CODE` repeats it for months. It guesses at nothing.
#[test]
fn the_last_code_that_opened_a_login_is_a_replay_for_ever_and_no_guess() {
    let mut user = User::new();
    let seed = user.device(Parameters::default(), STEP - 86_400, 1);
    let code = |step: u64| seed.code_at(Parameters::default(), step * 30);
    assert_eq!(user.verify(&code(STEP - 86_400)), Err(Refusal::ReplayedCode));
    assert_eq!(user.verify(&code(STEP - 86_399)), Err(Refusal::WrongCode));
}

/// Steps at which the device with the randomness 1 shows a code that it shows again so many steps
/// later, found by trying; and for how many steps one of those that it belonged to is valid, after it
/// was typed at once.
const TWINS: [(u64, u64, u64); 2] = [(59_898_571, 1, 2), (60_159_871, 2, 1)];

#[test]
fn a_code_that_two_steps_have_in_common_opens_once() {
    for (step, apart, valid) in TWINS {
        let mut user = User::new();
        let seed = user.device(Parameters::default(), step - 5, 1);
        let code = |step: u64| seed.code_at(Parameters::default(), step * 30);
        let twin = code(step);
        assert_eq!(twin, code(step + apart));
        let accepted = user.verify_at(step * 30, &twin).unwrap();
        user.spend(&accepted);
        for later in step..=step + valid {
            assert_eq!(user.verify_at(later * 30, &twin), Err(Refusal::ReplayedCode), "{later}");
        }
        assert!(user.verify_at((step + 3) * 30, &code(step + 3)).is_ok(), "the device goes on");
    }
}

#[test]
fn each_device_keeps_its_own_steps() {
    let mut user = User::new();
    let phone = user.device(Parameters::default(), STEP, 1);
    let tablet = user.device(Parameters { digits: 8, ..Parameters::default() }, 0, 2);
    let eight = Parameters { digits: 8, ..Parameters::default() };
    assert_eq!(user.verify(&phone.code_at(Parameters::default(), NOW)), Err(Refusal::ReplayedCode));
    let accepted = user.verify(&tablet.code_at(eight, NOW)).unwrap();
    assert_eq!(accepted.credential, user.credentials[1].id);
}

#[test]
fn a_device_whose_use_is_missing_or_unreadable_opens_nothing() {
    let mut user = User::new();
    let seed = user.device(Parameters::default(), 0, 1);
    let code = seed.code_at(Parameters::default(), NOW);
    let uses = std::mem::take(&mut user.uses);
    assert_eq!(user.verify(&code), Err(Refusal::UnusableFactor));
    user.uses = vec![uses[0].clone(), "garbage".into()];
    assert_eq!(user.verify(&code), Err(Refusal::UnusableFactor));
    user.uses = uses;
    assert!(user.verify(&code).is_ok());
}

#[test]
fn the_highest_step_counts_where_replicas_left_two_records() {
    let mut user = User::new();
    let seed = user.device(Parameters::default(), STEP - 5, 1);
    let id = user.credentials[0].id.clone();
    let used = Use::new(id, NOW, Step::at(STEP - 1));
    user.uses.push(used.to_record(alice(&user.keys)));
    let code = |step: u64| seed.code_at(Parameters::default(), step * 30);
    assert_eq!(user.verify(&code(STEP - 1)), Err(Refusal::ReplayedCode));
    let accepted = user.verify(&code(STEP)).unwrap();
    assert_eq!(accepted.swap.remove.len(), 2, "both records go");
}

#[test]
fn a_seed_that_was_copied_to_another_user_opens_nothing_there() {
    let mut user = User::new();
    let seed = user.device(Parameters::default(), 0, 1);
    let code = seed.code_at(Parameters::default(), NOW);
    let rejected = user.verify_as("u2", &code, NOW).unwrap_err();
    assert_eq!(rejected.refusal, Refusal::UnusableFactor);
    assert_eq!(rejected.credential, Some(user.credentials[0].id.clone()));
}

#[test]
fn each_backup_code_is_good_for_one_login() {
    let mut user = User::new();
    let codes = user.backup_codes();
    for code in &codes {
        let accepted = user.verify(&code.to_uppercase()).unwrap();
        assert_eq!(accepted.grant, Grant::BackupCode);
        user.spend(&accepted);
        assert_eq!(user.verify(code), Err(Refusal::ReplayedCode));
    }
    assert_eq!(user.verify("0000-0000-0000"), Err(Refusal::WrongCode));
    user.uses.clear();
    assert_eq!(user.verify(&codes[0]), Err(Refusal::UnusableFactor));
}

#[test]
fn a_code_has_the_shape_of_one_of_the_users_own_factors() {
    let mut user = User::new();
    assert!(Code::of_shape("123456", user.set().shapes()).is_none(), "nothing enrolled");
    user.device(Parameters::default(), 0, 1);
    let shapes = user.set().shapes();
    for code in ["123456", "123 456", " 123456 ", "12 34 56\n", "123\u{a0}456"] {
        assert!(Code::of_shape(code, shapes).is_some(), "{code:?}");
    }
    for other in ["12345", "1234567", "12345678", "12345a", "123-456", "", " ", "abcdefghjkmn"] {
        assert!(Code::of_shape(other, shapes).is_none(), "{other:?}");
    }
    user.backup_codes();
    assert!(Code::of_shape("ABCD-efgh-jkmn", user.set().shapes()).is_some());
}

#[test]
fn an_unconfirmed_device_has_no_shape_and_opens_nothing() {
    let mut user = User::new();
    let seed = user.device(Parameters::default(), 0, 1);
    let code = seed.code_at(Parameters::default(), NOW);
    let Factor::Totp(record) = &mut user.credentials[0].factor else { panic!("a device") };
    record.pending = true;
    let set = user.set();
    assert_eq!(set.shapes(), Shapes::default());
    let context = Context {
        user: "u1",
        set: &set,
        keys: &user.keys,
        now: NOW,
        door: Door::Login,
        may_confirm: false,
    };
    let typed = Code::of_shape(&code, Shapes { six_digits: true, ..Shapes::default() }).unwrap();
    assert_eq!(verify(&typed, context).unwrap_err().refusal, Refusal::WrongCode);
    assert!(!is_current_totp(&code, context));
}

#[test]
fn swaps_name_exactly_what_was_read() {
    let mut user = User::new();
    let seed = user.device(Parameters::default(), 0, 1);
    let before: Vec<Stored<Use>> = user.set().uses;
    let accepted = user.verify(&seed.code_at(Parameters::default(), NOW)).unwrap();
    assert_eq!(accepted.swap.remove, [before[0].raw.clone()]);
    let written = Use::from_record(&accepted.swap.add, alice(&user.keys)).unwrap();
    assert_eq!((written.at, written.n, written.spent), (NOW, 1, Spent::Totp(Step::at(STEP))));
    assert!(accepted.swap.held.is_empty() && !accepted.swap.depends_on_nothing());
}

/// Whatever stands in an entry, a login does not compute hashes for minutes.
#[test]
fn no_more_codes_are_compared_than_a_user_can_have() {
    let mut user = User::new();
    let codes = ["000000000001", "000000000002", "000000000003", "000000000004", "000000000005"];
    for (number, code) in codes.iter().enumerate() {
        let id = CredentialId::from_bytes([u8::try_from(number).unwrap(); 8]);
        let owner = Owner { user: "u1", credential: id.as_str() };
        let hashes = Hashes::new(&[code], owner, Cost::LOW, &user.keys, &mut Counter(3));
        let set = BackupCodesRecord { hashes, shape: Shape::Symbols };
        user.add(Credential::new(id, "Codes", NOW, set), SpentCodes::default());
    }
    for code in &codes[..MAX_HASHES] {
        assert_eq!(user.verify(code).map(|accepted| accepted.grant), Ok(Grant::BackupCode));
    }
    assert_eq!(user.verify(codes[MAX_HASHES]), Err(Refusal::UnusableFactor));
    // A code of a device costs no hash.
    let seed = user.device(Parameters::default(), 0, 1);
    assert!(user.verify(&seed.code_at(Parameters::default(), NOW)).is_ok());
}

#[test]
fn an_enrolment_code_opens_each_door_once_until_it_ends() {
    let mut user = User::new();
    let (credential, code) =
        enrol::enrolment_code("u1", NOW, NOW + 100, &user.keys, &mut Counter(5));
    user.add(credential, OpenedDoors::default());
    let at = |user: &User, door, now| {
        let set = user.set();
        let code = Code::of_shape(&code, set.shapes()).expect("the shape of a code");
        verify(
            &code,
            Context { user: "u1", set: &set, keys: &user.keys, now, door, may_confirm: false },
        )
        .map_err(|rejected| rejected.refusal)
    };
    assert_eq!(at(&user, Door::Login, NOW + 100), Err(Refusal::ExpiredCode));
    assert_eq!(at(&user, Door::Login, NOW - 1000), Err(Refusal::ExpiredCode), "made in the future");
    for door in [Door::Login, Door::Enrolment] {
        let accepted = at(&user, door, NOW + 99).unwrap();
        assert_eq!(accepted.grant, Grant::EnrolmentCode);
        user.spend(&accepted);
        assert_eq!(at(&user, door, NOW), Err(Refusal::ReplayedCode));
    }
    assert_eq!(user.verify("0000-0000-0000"), Err(Refusal::WrongCode));
    user.uses.clear();
    assert_eq!(at(&user, Door::Login, NOW), Err(Refusal::UnusableFactor));
}

/// A code of the portal, for a user with a phone.
#[test]
fn a_code_of_the_portal_opens_one_login_and_proves_nothing_elsewhere() {
    let mut user = User::new();
    user.device(Parameters::default(), 0, 1);
    let id = CredentialId::generate(&mut Counter(8));
    let owner = Owner { user: "u1", credential: id.as_str() };
    let (record, code) = PortalCodeRecord::generate(NOW, owner, &user.keys, &mut Counter(9));
    let credential = Credential::new(id, "One-time code", NOW, record);
    user.add(credential, PortalCodeUse::default());
    let at = |user: &User, typed: &str, door, now| {
        let set = user.set();
        let code = Code::of_shape(typed, set.shapes()).expect("the shape of a code");
        verify(
            &code,
            Context { user: "u1", set: &set, keys: &user.keys, now, door, may_confirm: false },
        )
        .map_err(|rejected| rejected.refusal)
    };
    assert_eq!(code.len(), 9, "eight symbols and a dash: {}", code.len());
    for door in [Door::Enrolment, Door::NewPassword] {
        assert_eq!(at(&user, &code, door, NOW), Err(Refusal::WrongCode));
    }
    assert_eq!(at(&user, &code, Door::Login, NOW + GOOD_FOR), Err(Refusal::ExpiredCode));
    assert_eq!(at(&user, "0000-0000", Door::Login, NOW), Err(Refusal::WrongCode));
    let accepted = at(&user, &code.to_uppercase(), Door::Login, NOW + GOOD_FOR - 1).unwrap();
    assert_eq!(accepted.grant, Grant::PortalCode);
    user.spend(&accepted);
    assert_eq!(at(&user, &code, Door::Login, NOW), Err(Refusal::ReplayedCode));
    user.uses.clear();
    assert_eq!(at(&user, &code, Door::Login, NOW), Err(Refusal::UnusableFactor));
}

/// Whichever is looked at first: a code that was used is told as that.
#[test]
fn a_replay_is_told_before_a_factor_that_cannot_be_checked() {
    for broken_first in [false, true] {
        let mut user = User::new();
        let seed = user.device(Parameters::default(), STEP, 1);
        user.device(Parameters::default(), 0, 2);
        user.uses.pop();
        let code = seed.code_at(Parameters::default(), NOW);
        // The other device has no record of use, and shows the same code.
        let other = &user.credentials[1];
        let owner = Owner { user: "u1", credential: other.id.as_str() };
        let copy =
            TotpRecord::new(&seed, Parameters::default(), owner, &user.keys, &mut Counter(9));
        user.credentials[1] = other.with_factor(copy).with_label("Copy");
        if broken_first {
            user.credentials.reverse();
        }
        let rejected = user.verify_as("u1", &code, NOW).unwrap_err();
        assert_eq!(rejected.refusal, Refusal::ReplayedCode);
        let device = user.credentials.iter().find(|one| one.label == "Phone");
        assert_eq!(rejected.credential.as_ref(), device.map(|one| &one.id));
    }
}

/// What is right opens, whatever the others are.
#[test]
fn a_right_code_opens_beside_factors_that_cannot_be_checked() {
    for broken_first in [false, true] {
        let mut user = User::new();
        let seed = user.device(Parameters::default(), 0, 1);
        user.device(Parameters::default(), 0, 2);
        user.uses.pop();
        if broken_first {
            user.credentials.reverse();
        }
        let accepted = user.verify(&seed.code_at(Parameters::default(), NOW)).unwrap();
        let device = user.set().get(&accepted.credential).map(|one| one.value.label.clone());
        assert_eq!((accepted.grant, device.as_deref()), (Grant::Totp, Some("Phone")));
    }
}

#[test]
fn a_current_code_is_known_used_or_not_and_no_other_is() {
    let mut user = User::new();
    let seed = user.device(Parameters::default(), STEP, 1);
    let set = user.set();
    let context = Context {
        user: "u1",
        set: &set,
        keys: &user.keys,
        now: NOW,
        door: Door::Login,
        may_confirm: false,
    };
    let code = |time| seed.code_at(Parameters::default(), time);
    assert!(is_current_totp(&code(NOW), context) && is_current_totp(&code(NOW + 30), context));
    assert!(!is_current_totp(&code(NOW + 90), context) && !is_current_totp("", context));
}
