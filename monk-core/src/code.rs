//! Which of the user's factors a code belongs to, and what accepting it writes.

use monk_terms::verdict::{Grant, Refusal};

use crate::credential::{Credential, CredentialId, CredentialSet, Stored, Use, UseSwap};
use crate::factors::shapes::Code;
use crate::factors::totp::TotpRecord;
use crate::factors::{Attempt, Case, Door};
use crate::keys::Keyring;
use crate::mac::Author;

/// What the user in question has, and what it is checked with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The user's stable id.
    pub user: &'a str,
    /// The credentials, and what was used of them.
    pub set: &'a CredentialSet,
    /// The keys of this host.
    pub keys: &'a Keyring,
    /// Seconds since 1970.
    pub now: u64,
    /// What the code is to open.
    pub door: Door,
    /// Whether a right password goes with the code, so that it may confirm a device that was handed out.
    pub may_confirm: bool,
}

impl<'a> Context<'a> {
    /// Whose records these are, and who writes new ones.
    #[must_use]
    pub fn author(&self) -> Author<'a> {
        Author { user: self.user, keys: self.keys }
    }

    /// Whether the code may confirm a device that was handed out: while the user has no second factor of another kind,
    /// so that a lost letter opens nothing later.
    fn confirms(&self) -> bool {
        self.may_confirm
            && matches!(self.door, Door::Login | Door::Enrolment)
            && !self.set.has_second_factor()
    }

    fn case(&self, credential: &'a Credential) -> Case<'a> {
        credential.case(self.user, self.keys, self.now)
    }
}

/// A code that is right and unused. It opens nothing until `swap` is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What it was.
    pub grant: Grant,
    /// Whose it was.
    pub credential: CredentialId,
    /// Whether it confirms a device that was handed out.
    pub confirms: bool,
    /// The write that spends it.
    pub swap: UseSwap,
}

/// A code that opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Why.
    pub refusal: Refusal,
    /// Which credential it concerns, where that is known.
    pub credential: Option<CredentialId>,
}

/// Finds the factor that `code` belongs to.
///
/// Every factor is tried whatever the others said, so that the time tells nothing.
///
/// # Errors
/// [`Rejected`] says why no factor accepts it.
pub fn verify(code: &Code, context: Context<'_>) -> Result<Accepted, Rejected> {
    let mut best = Rejected { refusal: Refusal::WrongCode, credential: None };
    let mut accepted = None;
    let mut attempt =
        Attempt { may_confirm: context.confirms(), ..Attempt::new(code, context.door) };
    for stored in &context.set.credentials {
        let credential = &stored.value;
        let used = context.set.spent_of(credential);
        match credential.factor.verify(&mut attempt, context.case(credential), &used) {
            Ok(proved) => accepted = accepted.or(Some((credential, proved))),
            Err(Refusal::WrongCode) => {}
            // A replay is the clearest reason, then a factor that cannot be checked.
            Err(refusal) if !best.refusal.is_replay() => {
                best = Rejected { refusal, credential: Some(credential.id.clone()) };
            }
            Err(_) => {}
        }
    }
    if best.refusal == Refusal::WrongCode && context.set.unreadable_credentials > 0 {
        best.refusal = Refusal::UnusableFactor;
    }
    let (credential, (grant, spent)) = accepted.ok_or(best)?;
    let before: Vec<_> = context.set.uses_of(&credential.id).collect();
    let used = Use::new(credential.id.clone(), context.now, spent);
    let swap = context.set.swap(&before, used, context.author());
    let confirms = context.set.waiting_letter(credential).is_some();
    Ok(Accepted { grant, credential: credential.id.clone(), confirms, swap })
}

/// Whether `digits` is the current code of one of the user's devices, used or not.
#[must_use]
pub fn is_current_totp(digits: &str, context: Context<'_>) -> bool {
    // All of them are tried, so that the time tells nothing.
    let is_asked = |stored: &Stored<Credential>| {
        let letter = context.set.waiting_letter(&stored.value);
        letter.is_none_or(|letter| context.confirms() && letter.opens(context.now))
    };
    let devices = context.set.all_of::<TotpRecord>().filter(|(stored, _)| is_asked(stored));
    let shown = devices.map(|(stored, device)| device.shows(digits, context.case(&stored.value)));
    shown.fold(false, |found, shows| found | shows)
}

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
