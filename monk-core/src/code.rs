//! Which of the user's factors a code belongs to, and what accepting it writes.

use monk_terms::verdict::{Grant, Refusal};

use crate::credential::{Credential, CredentialId, CredentialSet, Use, UseSwap};
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
}

impl<'a> Context<'a> {
    /// Whose records these are, and who writes new ones.
    #[must_use]
    pub fn author(&self) -> Author<'a> {
        Author { user: self.user, keys: self.keys }
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
    let mut attempt = Attempt::new(code, context.door);
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
    Ok(Accepted { grant, credential: credential.id.clone(), swap })
}

/// Whether `digits` is the current code of one of the user's devices, used or not.
#[must_use]
pub fn is_current_totp(digits: &str, context: Context<'_>) -> bool {
    // All of them are tried, so that the time tells nothing.
    let devices = context.set.all_of::<TotpRecord>();
    let shown = devices.map(|(stored, device)| device.shows(digits, context.case(&stored.value)));
    shown.fold(false, |found, shows| found | shows)
}

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
