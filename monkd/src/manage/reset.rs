//! A reset: everything that a user has enrolled goes, and an enrolment code comes.

use std::sync::Arc;

use monk_core::credential::{Credential, CredentialId, CredentialSet, HandedOut, Use};
use monk_core::enrol;
use monk_core::factors::app_password::AppPasswordRecord;
use monk_core::factors::enrolment_code::OpenedDoors;
use monk_wire::Secret;
use monk_wire::manage::{Failure, Outcome, Unfit};

use super::{MAX_ROUNDS, Task};
use crate::clock::{self, SystemRandom};
use crate::directory::{Account, Swapped};
use crate::hashing;
use crate::outage::Outage;

/// Longest life of an enrolment code, in seconds: thirty days. It is handed over by mail or phone,
/// and one that lies around for longer is a risk and no help.
const MAX_LIFE: u64 = 30 * 24 * 3600;

/// A user who has started again.
pub(super) struct Restarted {
    /// The id of the code.
    pub(super) id: CredentialId,
    /// The enrolment code, in groups of four.
    pub(super) code: Secret,
    /// When it ends, in seconds since 1970.
    pub(super) expires: u64,
    /// How many credentials are gone.
    pub(super) removed: u32,
}

impl Task<'_> {
    /// Resets the user.
    pub(super) async fn reset(&self, seconds: u64) -> Result<Outcome, Failure> {
        check_life(seconds)?;
        let (account, set) = self.find().await?;
        let Restarted { code, expires, removed, .. } =
            self.restart(&account, set, seconds, None).await?;
        Ok(Outcome::Reset { code, expires, removed })
    }

    /// Puts an enrolment code in the place of everything that the user has.
    pub(super) async fn restart(
        &self,
        account: &Account,
        mut set: CredentialSet,
        seconds: u64,
        handed_out: Option<HandedOut>,
    ) -> Result<Restarted, Failure> {
        let (credential, code, expires) = self.new_code(account, seconds).await?;
        let author = self.author(account);
        let credential = credential.with_handed_out(handed_out);
        let id = credential.id.clone();
        let used = first_use(&credential).to_record(author);
        let credential = credential.to_record(author);
        for _ in 0..MAX_ROUNDS {
            let (credential, used) = (credential.clone(), used.clone());
            let with = set.replaced_by(credential, used, clock::now(), author, &mut SystemRandom);
            if self.engine.store.replace(account, &with, self.deadline).await? == Swapped::Done {
                self.forget_logins(&account.id).await;
                for (_, record) in set.all_of::<AppPasswordRecord>() {
                    self.engine.portal.removed.note(&account.id, &record.public, clock::now());
                }
                let removed = set.credentials.len() + set.unreadable_credentials;
                let removed = u32::try_from(removed).unwrap_or(u32::MAX);
                return Ok(Restarted { id, code, expires, removed });
            }
            // It refuses what has been moved to another store meanwhile.
            set = self.engine.store.load(account, self.deadline).await?;
        }
        Err(Outage::Contention.into())
    }

    /// A new enrolment code, its text, and when it ends.
    pub(super) async fn new_code(
        &self,
        account: &Account,
        seconds: u64,
    ) -> Result<(Credential, Secret, u64), Failure> {
        let (keys, user) = (Arc::clone(&self.engine.keys), account.id.clone());
        let now = clock::now();
        let expires = now + seconds;
        let (credential, code) = hashing::run(self.deadline, move || {
            enrol::enrolment_code(&user, now, expires, &keys, &mut SystemRandom)
        })
        .await?;
        Ok((credential, Secret::new(code.as_bytes()), expires))
    }
}

/// Refuses a life that an enrolment code may not have.
pub(super) fn check_life(seconds: u64) -> Result<(), Failure> {
    match seconds {
        1..=MAX_LIFE => Ok(()),
        _ => Err(Unfit::Lifetime { most: MAX_LIFE }.into()),
    }
}

/// The first record of use of an enrolment code: it has opened nothing.
pub(super) fn first_use(code: &Credential) -> Use {
    Use::new(code.id.clone(), code.created, OpenedDoors::default())
}
