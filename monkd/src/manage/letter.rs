//! Devices that are handed out on paper: made for users without a second factor, and confirmed by the first good login,
//! or by the administrator.
//!
//! Whoever reads the letter has the device, and not the password. So a login confirms it only together with the password
//! that monk has checked itself, and only while the user has no other second factor: see `login/second_factor.rs`.

use monk_core::credential::{Change, Credential, CredentialSet, Stored, Use};
use monk_core::enrol::{self, NewDevice};
use monk_core::factors::totp::{Letter, Parameters, Step, TotpRecord};
use monk_wire::Secret;
use monk_wire::manage::{DeviceLetter, Failure, LetterDevice, Outcome};

use super::invite::is_replaced;
use super::reset::check_life;
use super::{Task, check_label, devices};
use crate::clock::{self, SystemRandom};
use crate::directory::Account;

impl Task<'_> {
    /// Makes the device, unless the user has one by letter, or an invitation, that is still good. Everything goes that others may have and
    /// nobody has confirmed; a second factor stays, and then no device is made.
    pub(super) async fn letter(&self, wanted: &DeviceLetter) -> Result<Outcome, Failure> {
        check_life(wanted.seconds)?;
        check_label(&wanted.label)?;
        self.change(|account, set| {
            if set.has_second_factor() {
                return Err(Failure::HasSecondFactor { user: account.name.clone() });
            }
            let now = clock::now();
            let mut letters =
                set.credentials.iter().filter_map(|one| set.waiting_letter(&one.value));
            let is_invited = set.is_invited(now);
            if !wanted.again && (is_invited || letters.any(|letter| now < letter.ends)) {
                return Ok((Change::default(), Outcome::InvitationKept(None)));
            }
            let parameters = Parameters::default();
            let new = NewDevice { user: &account.id, label: &wanted.label, parameters, now };
            let letter = Letter { ends: now + wanted.seconds, by_login: wanted.by_login };
            let (credential, used, seed) =
                enrol::letter_device(&new, letter, &self.engine.keys, &mut SystemRandom);
            let mut change = Change::default();
            let gone = set.credentials.iter().filter(|one| is_replaced(set, &one.value));
            for removal in gone.map(|one| set.removal(one)) {
                change.also(removal);
            }
            let author = self.author(account);
            change.add_credentials.push(credential.to_record(author));
            change.add_uses.push(used.to_record(author));
            let made = LetterDevice {
                credential: credential.id.as_str().to_owned(),
                secret: Secret::new(seed.to_base32().as_bytes()),
                uri: self.address_of(account, parameters, &seed),
                expires: letter.ends,
            };
            Ok((change, Outcome::LetterDevice(made)))
        })
        .await
    }

    /// The device that a command confirms: one that waits for it, and for root also one of a letter. Users confirm that
    /// by a login, where their password is checked and guesses count.
    pub(super) fn to_confirm<'b>(
        &self,
        set: &'b CredentialSet,
        wanted: &str,
    ) -> Result<&'b Stored<Credential>, Failure> {
        let is_wanted = |one: &&Stored<Credential>| {
            let Credential { id, label, .. } = &one.value;
            let letter = set.waiting_letter(&one.value);
            let is_good = letter.is_some_and(|letter| clock::now() < letter.ends);
            (id.as_str() == wanted || label == wanted) && is_good
        };
        let letter = set.credentials.iter().find(is_wanted).filter(|_| self.caller.is_root());
        match letter {
            Some(letter) => Ok(letter),
            None => devices::waiting(set, Some(wanted)),
        }
    }

    /// The change that confirms a device of a letter: a use that takes the place of the record that it waits, and a
    /// credential that knows of no letter any more, so that putting back the old use makes nothing wait again.
    pub(super) fn confirmation(
        &self,
        account: &Account,
        set: &CredentialSet,
        device: &Stored<Credential>,
        step: u64,
        now: u64,
    ) -> Result<Change, Failure> {
        let record = TotpRecord { letter: None, ..devices::device(&device.value)?.clone() };
        let before: Vec<_> = set.uses_of(&device.value.id).collect();
        let used = Use::new(device.value.id.clone(), now, Step::at(step));
        let swap = set.swap(&before, used, self.author(account));
        let active = device.value.with_factor(record);
        Ok(Change {
            remove_credentials: vec![device.raw.clone()],
            add_credentials: vec![active.to_record(self.author(account))],
            remove_uses: swap.remove,
            add_uses: vec![swap.add],
        })
    }
}
