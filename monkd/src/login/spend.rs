//! The code, and the record that it was used: last, and mandatory.

use std::sync::Arc;

use monk_core::code::{self, Accepted, Code, Context, Rejected};
use monk_core::credential::CredentialSet;

use super::session::Session;
use super::{Ask, Mode, Stop};
use crate::clock;
use crate::directory::{Account, Swapped};
use crate::hashing;
use crate::outage::Outage;

/// How often a login reads again after somebody else changed the same record. Each round, one of
/// the competitors has succeeded; a user has few of them, an attacker gets no further.
const MAX_ROUNDS: usize = 8;

impl<A: Ask> Session<'_, A> {
    /// Verifies `code` and spends it. Nothing is granted unless the use is on record.
    pub(super) async fn spend(
        &mut self,
        code: Code,
        account: Box<Account>,
        mut set: Arc<CredentialSet>,
    ) -> Result<Accepted, Stop> {
        let code = Arc::new(code);
        for _ in 0..MAX_ROUNDS {
            let accepted = self
                .verify(&code, &account.id, &set)
                .await?
                .map_err(|rejected| Stop::Refused(rejected.refusal, rejected.credential))?;
            if self.mode == Mode::Rehearsal {
                return Ok(accepted);
            }
            self.still_wanted()?;
            match self.engine.store.spend(&account, &accepted.swap, self.deadline).await? {
                Swapped::Done => return Ok(accepted),
                // Somebody was faster. With the same code, the next round finds a replay.
                Swapped::Conflict => {
                    set = Arc::new(self.engine.store.load(&account, self.deadline).await?);
                }
            }
        }
        Err(Outage::Contention.into())
    }

    async fn verify(
        &self,
        code: &Arc<Code>,
        user: &str,
        set: &Arc<CredentialSet>,
    ) -> Result<Result<Accepted, Rejected>, Outage> {
        let (now, door) = (clock::now(), self.mode.door());
        if !code.costs_a_hash(set) {
            let keys = &self.engine.keys;
            return Ok(code::verify(code, Context { user, set, keys, now, door }));
        }
        let (code, user, set) = (Arc::clone(code), user.to_owned(), Arc::clone(set));
        let keys = Arc::clone(&self.engine.keys);
        hashing::run(self.deadline, move || {
            code::verify(&code, Context { user: &user, set: &set, keys: &keys, now, door })
        })
        .await
    }
}
