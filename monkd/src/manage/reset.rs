//! A reset: everything that a user has enrolled goes, and an enrolment code comes.

use std::sync::Arc;

use monk_core::credential::Use;
use monk_core::enrol;
use monk_core::factors::enrolment_code::OpenedDoors;
use monk_wire::Secret;
use monk_wire::manage::{Failure, Outcome, Unfit};

use super::{MAX_ROUNDS, Task};
use crate::clock::{self, SystemRandom};
use crate::directory::Swapped;
use crate::hashing;
use crate::outage::Outage;

/// Longest life of an enrolment code, in seconds: thirty days. It is handed over by mail or phone,
/// and one that lies around for longer is a risk and no help.
const MAX_LIFE: u64 = 30 * 24 * 3600;

impl Task<'_> {
    /// Resets the user.
    pub(super) async fn reset(&self, seconds: u64) -> Result<Outcome, Failure> {
        if seconds == 0 || seconds > MAX_LIFE {
            return Err(Unfit::Lifetime { most: MAX_LIFE }.into());
        }
        let (account, mut set) = self.find().await?;
        let (keys, user) = (Arc::clone(&self.engine.keys), account.id.clone());
        let now = clock::now();
        let expires = now + seconds;
        let (credential, code) = hashing::run(self.deadline, move || {
            enrol::enrolment_code(&user, now, expires, &keys, &mut SystemRandom)
        })
        .await?;
        let used = Use::new(credential.id.clone(), now, OpenedDoors::default());
        let author = self.author(&account);
        let (credential, used) = (credential.to_record(author), used.to_record(author));
        for _ in 0..MAX_ROUNDS {
            let (credential, used) = (credential.clone(), used.clone());
            let with = set.replaced_by(credential, used, now, author, &mut SystemRandom);
            if self.engine.store.replace(&account, &with, self.deadline).await? == Swapped::Done {
                self.forget_logins(&account.id).await;
                let removed = set.credentials.len() + set.unreadable_credentials;
                return Ok(Outcome::Reset {
                    code: Secret::new(code.as_bytes()),
                    expires,
                    removed: u32::try_from(removed).unwrap_or(u32::MAX),
                });
            }
            // It refuses what has been moved to another store meanwhile.
            set = self.engine.store.load(&account, self.deadline).await?;
        }
        Err(Outage::Contention.into())
    }
}
