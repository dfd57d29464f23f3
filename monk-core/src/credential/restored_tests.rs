use monk_terms::verdict::{Grant, Refusal};
use zeroize::Zeroizing;

use super::*;
use crate::code::{self, Context};
use crate::credential::Credential;
use crate::enrol;
use crate::factors::app_password::AppPassword;
use crate::factors::approval::{Approvals, Asker, State};
use crate::factors::backup_codes::SpentCodes;
use crate::factors::enrolment_code::OpenedDoors;
use crate::factors::portal_code::{PortalCodeRecord, PortalCodeUse};
use crate::factors::shapes::Code;
use crate::factors::ticket::{TicketRecord, TicketUse};
use crate::factors::totp::{Parameters, Seed, Step};
use crate::factors::{Door, Factor, Spent};
use crate::fixtures::{alice, device, enrolled, read, ring};
use crate::keys::{Keyring, Owner};
use crate::random::Counter;

const BACKUP: u64 = 1_700_000_010;

/// When the backup is restored: a day later.
const NOW: u64 = BACKUP + 86_400;

/// What somebody had at the time of the backup.
struct Backup {
    keys: Keyring,
    set: CredentialSet,
    phone: Seed,
    paper: Vec<Zeroizing<String>>,
    letter: Zeroizing<String>,
    shown: Zeroizing<String>,
}

fn backup() -> Backup {
    let keys = ring();
    let author = alice(&keys);
    let (phone, seed) = device(Parameters::default(), BACKUP, &keys, &mut Counter(1));
    let (codes, paper) = enrol::backup_codes("u1", BACKUP, &keys, &mut Counter(20));
    let (letter, letter_code) =
        enrol::enrolment_code("u1", BACKUP, NOW + 600, &keys, &mut Counter(40));
    let id = CredentialId::generate(&mut Counter(60));
    let owner = Owner { user: "u1", credential: id.as_str() };
    let (mut shown, shown_code) =
        PortalCodeRecord::generate(BACKUP, owner, &keys, &mut Counter(61));
    shown.expires = NOW + 600;
    let shown = Credential::new(id, "One-time code", BACKUP, Factor::from(shown));
    let used = |credential: &Credential, spent: Spent| {
        Use::new(credential.id.clone(), BACKUP, spent).to_record(author)
    };
    let uses = [
        Use::new(phone.id.clone(), BACKUP, Step::at(BACKUP / 30))
            .opening(&["a browser".to_owned()])
            .to_record(author),
        used(&codes, SpentCodes { codes: vec![1] }.into()),
        used(&letter, OpenedDoors::default().into()),
        used(&shown, PortalCodeUse { used: false }.into()),
    ];
    let id = CredentialId::generate(&mut Counter(80));
    let owner = Owner { user: "u1", credential: id.as_str() };
    let typed = AppPassword::generate(&mut Counter(81));
    let of = ("imap", &CredentialId::generate(&mut Counter(82)));
    let record = TicketRecord::new(&typed, of, BACKUP, owner, &keys, &mut Counter(83));
    let ticket = Credential::new(id, "Ticket", BACKUP, Factor::from(record));
    let mut approvals = Approvals::default();
    let asker =
        Asker { service: "sshd".into(), host: "mail".into(), address: None, terminal: None };
    approvals.ask(asker, BACKUP, ("u1", &keys), &mut Counter(84)).expect("nobody has asked");
    let uses = [
        &uses[..],
        &[
            used(&ticket, TicketUse::default().into()),
            Use::new(CredentialId::approvals(), BACKUP, approvals).to_record(author),
        ],
    ]
    .concat();
    let records = [phone, codes, letter, shown, ticket].map(|one| one.to_record(author));
    let set = enrolled(author, &records, &uses);
    Backup { keys, set, phone: seed, paper, letter: letter_code, shown: shown_code }
}

impl Backup {
    fn restored(&self) -> CredentialSet {
        let author = alice(&self.keys);
        let change = self.set.after_a_restore(NOW, author, &mut Counter(9)).expect("a register");
        assert!(change.remove_credentials.is_empty() && change.add_credentials.is_empty());
        let credentials: Vec<_> = self.set.credentials.iter().map(|one| one.raw.clone()).collect();
        let there = self.set.uses.iter().chain(&self.set.registers).map(|one| one.raw.clone());
        let mut uses: Vec<_> = there.filter(|raw| !change.remove_uses.contains(raw)).collect();
        assert_eq!(uses.len() + change.remove_uses.len(), 7, "all that it removes is there");
        uses.extend(change.add_uses);
        read(author, &credentials, &uses)
    }

    fn verify(&self, set: &CredentialSet, now: u64, typed: &str) -> Result<Grant, Refusal> {
        let code = Code::of_shape(typed, set.shapes())
            .unwrap_or_else(|| panic!("the shape of a code: {typed}"));
        let context = Context {
            user: "u1",
            set,
            keys: &self.keys,
            now,
            door: Door::Login,
            may_confirm: false,
        };
        code::verify(&code, context).map(|one| one.grant).map_err(|rejected| rejected.refusal)
    }
}

#[test]
fn no_code_is_good_that_can_have_been_used_since_the_backup() {
    let backup = backup();
    let code = |at: u64| backup.phone.code_at(Parameters::default(), at);
    let all = [
        (code(NOW - 30), Grant::Totp),
        (code(NOW), Grant::Totp),
        (code(NOW + 30), Grant::Totp),
        (backup.paper[0].to_string(), Grant::BackupCode),
        (backup.letter.to_string(), Grant::EnrolmentCode),
        (backup.shown.to_string(), Grant::PortalCode),
    ];
    let restored = backup.restored();
    for (typed, grant) in all {
        assert_eq!(backup.verify(&backup.set, NOW, &typed), Ok(grant), "with a plain copy");
        assert_eq!(backup.verify(&restored, NOW, &typed), Err(Refusal::ReplayedCode), "{grant:?}");
    }
    // The phone goes on, a minute later. Nothing that was a second factor has ceased to be one.
    assert_eq!(backup.verify(&restored, NOW + 60, &code(NOW + 60)), Ok(Grant::Totp));
    assert_eq!(restored.credentials, backup.set.credentials);
    assert!(restored.unreadable_uses == 0 && restored.has_second_factor_at(NOW));
}

#[test]
fn what_a_code_had_opened_before_is_open_no_more() {
    let backup = backup();
    let is_open = |set: &CredentialSet| set.opened(&["a browser".to_owned()]).next().is_some();
    assert!(is_open(&backup.set) && !is_open(&backup.restored()));
}

#[test]
fn a_ticket_is_used_up_and_a_login_that_waits_for_an_approval_is_over() {
    let backup = backup();
    assert_eq!(backup.set.credentials.len(), 5, "all of them can be read");
    let used = |set: &CredentialSet| set.uses.iter().any(|stored| is_used_ticket(&stored.value));
    let state = |set: &CredentialSet| set.approvals().0.request.map(|request| request.state);
    assert_eq!((used(&backup.set), state(&backup.set)), (false, Some(State::Open)));
    let restored = backup.restored();
    assert_eq!((used(&restored), state(&restored)), (true, Some(State::Withdrawn)));
}

fn is_used_ticket(used: &Use) -> bool {
    used.spent_on::<TicketUse>().is_some_and(|ticket| ticket.used)
}

#[test]
fn the_register_begins_again_and_comes_after_all_that_was_there() {
    let backup = backup();
    let restored = backup.restored();
    let (before, after) = (backup.set.standing().unwrap(), restored.standing().unwrap());
    assert_ne!(before.0, after.0);
    assert!(after.1 >= NOW, "{after:?}");
}

#[test]
fn who_has_nothing_stays_so_and_what_nobody_can_check_stays_unusable() {
    let keys = ring();
    let nothing = CredentialSet::default();
    let change = nothing.after_a_restore(NOW, alice(&keys), &mut Counter(1));
    assert_eq!(change, Ok(Change::default()));
    let set = backup().set;
    let bare: Vec<_> = set.credentials.iter().map(|one| one.raw.clone()).collect();
    let unregistered = read(alice(&keys), &bare, &[]);
    assert!(unregistered.after_a_restore(NOW, alice(&keys), &mut Counter(1)).is_err());
}
