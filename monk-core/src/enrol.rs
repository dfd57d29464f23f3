//! New credentials: each with an id of its own, for one user.

use zeroize::Zeroizing;

use crate::credential::{Credential, CredentialId, CredentialSet, Use};
use crate::factors::app_password::{AppPassword, AppPasswordRecord, Scope};
use crate::factors::backup_codes::BackupCodesRecord;
use crate::factors::enrolment_code::EnrolmentCodeRecord;
use crate::factors::ticket::TicketRecord;
use crate::factors::totp::{Letter, Parameters, Seed, Step, TotpRecord};
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::ticket::NamedTicket;

/// What a new device is made from.
pub struct NewDevice<'a> {
    /// The stable id of its user.
    pub user: &'a str,
    /// The name that the user gives it.
    pub label: &'a str,
    /// How it makes codes.
    pub parameters: Parameters,
    /// Seconds since 1970.
    pub now: u64,
}

/// A new device, still to be confirmed, and its seed.
#[must_use]
pub fn device(new: &NewDevice<'_>, keys: &Keyring, random: &mut dyn Random) -> (Credential, Seed) {
    let id = CredentialId::generate(random);
    let seed = Seed::generate(new.parameters.algorithm, random);
    let owner = Owner { user: new.user, credential: id.as_str() };
    let record = TotpRecord::new(&seed, new.parameters, owner, keys, random);
    (Credential::new(id, new.label, new.now, TotpRecord { pending: true, ..record }), seed)
}

/// A new device that is handed out on paper, with the record that it waits, and its seed.
#[must_use]
pub fn letter_device(
    new: &NewDevice<'_>,
    letter: Letter,
    keys: &Keyring,
    random: &mut dyn Random,
) -> (Credential, Use, Seed) {
    let id = CredentialId::generate(random);
    let seed = Seed::generate(new.parameters.algorithm, random);
    let owner = Owner { user: new.user, credential: id.as_str() };
    let record = TotpRecord::new(&seed, new.parameters, owner, keys, random);
    let record = TotpRecord { letter: Some(letter), ..record };
    let used = Use::new(id.clone(), new.now, Step::waiting_at(new.now, new.parameters));
    (Credential::new(id, new.label, new.now, record), used, seed)
}

/// A device whose seed comes from another system, active at once, and its first use.
///
/// The step of now is spent: a code that was typed at the other system opens nothing here.
#[must_use]
pub fn imported_device(
    new: &NewDevice<'_>,
    id: CredentialId,
    seed: &Seed,
    keys: &Keyring,
    random: &mut dyn Random,
) -> (Credential, Use) {
    let owner = Owner { user: new.user, credential: id.as_str() };
    let record = TotpRecord::new(seed, new.parameters, owner, keys, random);
    let used = Use::new(id.clone(), new.now, Step::at(new.now / new.parameters.period));
    (Credential::new(id, new.label, new.now, record), used)
}

/// What a new app password is made from.
pub struct NewAppPassword<'a> {
    /// The stable id of its user.
    pub user: &'a str,
    /// The name that the user gives it.
    pub label: &'a str,
    /// What it opens.
    pub scope: Scope,
    /// When it ends, in seconds since 1970.
    pub expires: Option<u64>,
    /// Seconds since 1970.
    pub now: u64,
}

/// A string of the shape of app passwords, with a public identifier that no other of `set` has.
fn unnamed(set: &CredentialSet, random: &mut dyn Random) -> AppPassword {
    loop {
        let candidate = AppPassword::generate(random);
        let mut app_passwords = set.all_of::<AppPasswordRecord>();
        if !app_passwords.any(|(_, one)| one.is_named_by(&candidate))
            && NamedTicket::of(&candidate, set).is_none()
        {
            return candidate;
        }
    }
}

/// A new app password, with a public identifier that no other of `set` has.
#[must_use]
pub fn app_password(
    new: NewAppPassword<'_>,
    set: &CredentialSet,
    keys: &Keyring,
    random: &mut dyn Random,
) -> (Credential, AppPassword) {
    let password = unnamed(set, random);
    let id = CredentialId::generate(random);
    let owner = Owner { user: new.user, credential: id.as_str() };
    let record = AppPasswordRecord::new(&password, new.scope, new.expires, owner, keys, random);
    (Credential::new(id, new.label, new.now, record), password)
}

/// What a new ticket is made from.
pub struct NewTicket<'a> {
    /// The stable id of its user.
    pub user: &'a str,
    /// What it is called in lists.
    pub label: &'a str,
    /// The service that it opens.
    pub service: &'a str,
    /// The passkey that it is taken with.
    pub passkey: &'a CredentialId,
    /// Seconds since 1970.
    pub now: u64,
}

/// A new ticket, with a public identifier that nothing else of `set` has.
#[must_use]
pub fn ticket(
    new: &NewTicket<'_>,
    set: &CredentialSet,
    keys: &Keyring,
    random: &mut dyn Random,
) -> (Credential, AppPassword) {
    let ticket = unnamed(set, random);
    let id = CredentialId::generate(random);
    let owner = Owner { user: new.user, credential: id.as_str() };
    let record =
        TicketRecord::new(&ticket, (new.service, new.passkey), new.now, owner, keys, random);
    (Credential::new(id, new.label, new.now, record), ticket)
}

/// A new set of backup codes, and its codes in groups of four, to be shown once.
#[must_use]
pub fn backup_codes(
    user: &str,
    now: u64,
    keys: &Keyring,
    random: &mut dyn Random,
) -> (Credential, Vec<Zeroizing<String>>) {
    let id = CredentialId::generate(random);
    let owner = Owner { user, credential: id.as_str() };
    let (record, codes) = BackupCodesRecord::generate(owner, keys, random);
    (Credential::new(id, "Backup codes", now, record), codes)
}

/// A new enrolment code, and its text in groups of four, to be shown once.
#[must_use]
pub fn enrolment_code(
    user: &str,
    now: u64,
    expires: u64,
    keys: &Keyring,
    random: &mut dyn Random,
) -> (Credential, Zeroizing<String>) {
    let id = CredentialId::generate(random);
    let owner = Owner { user, credential: id.as_str() };
    let (record, code) = EnrolmentCodeRecord::generate(expires, owner, keys, random);
    (Credential::new(id, "Enrolment code", now, record), code)
}
