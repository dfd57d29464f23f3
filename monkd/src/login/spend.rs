//! The code, and the record that it was used: last, and mandatory.

use std::sync::Arc;

use monk_core::code::{self, Accepted, Context, Rejected};
use monk_core::credential::{CredentialId, CredentialSet, UseSwap};
use monk_core::emailed::{self, Checked};
use monk_core::factors::email::Aim;
use monk_core::factors::shapes::Code;
use monk_terms::proof::Proof;

use super::session::Session;
use super::{Ask, Mode, Stop};
use crate::clock;
use crate::directory::{Account, Swapped};
use crate::hashing;
use crate::outage::Outage;

/// How often a login reads again after somebody else changed the same record. Each round, one of
/// the competitors has succeeded; a user has few of them, an attacker gets no further.
const MAX_ROUNDS: usize = 8;

/// What a code turned out to be, and what must be written before anybody is told.
enum Judgement {
    /// Right: its use is written.
    Right(Accepted),
    /// Wrong, and a guess at a code that was sent: the guess is counted.
    Guess(UseSwap, Rejected),
    /// Wrong, and nothing to be written.
    Wrong(Rejected),
}

impl Judgement {
    fn swap(&self) -> Option<&UseSwap> {
        match self {
            Self::Right(accepted) => Some(&accepted.swap),
            Self::Guess(swap, _) => Some(swap),
            Self::Wrong(_) => None,
        }
    }

    fn told(self) -> Result<Accepted, Stop> {
        match self {
            Self::Right(accepted) => Ok(accepted),
            Self::Guess(_, Rejected { refusal, credential })
            | Self::Wrong(Rejected { refusal, credential }) => {
                Err(Stop::Refused(refusal, credential))
            }
        }
    }
}

impl<A: Ask> Session<'_, A> {
    /// Verifies `code` and spends it. Nothing is granted unless the use is on record, and no guess
    /// at an emailed code is answered unless it is counted.
    pub(super) async fn spend(
        &mut self,
        code: Arc<Code>,
        account: Box<Account>,
        mut set: Arc<CredentialSet>,
    ) -> Result<Accepted, Stop> {
        for _ in 0..MAX_ROUNDS {
            let judgement = match self.verified.take() {
                Some(accepted) => Judgement::Right(accepted),
                None => self.judge(&code, &account.id, &set).await?,
            };
            let swap = match judgement.swap() {
                Some(swap) if self.mode != Mode::Rehearsal => swap,
                _ => return judgement.told(),
            };
            if matches!(judgement, Judgement::Right(_)) {
                self.still_wanted()?;
            }
            match self.engine.store.spend(&account, swap, self.deadline).await? {
                Swapped::Done => return judgement.told(),
                // Somebody was faster. With the same code, the next round finds a replay.
                Swapped::Conflict => {
                    set = Arc::new(self.engine.store.load(&account, self.deadline).await?);
                }
            }
        }
        Err(Outage::Contention.into())
    }

    /// Tries the code as one of a device or of the paper, and then as one that was sent. A code
    /// that was right before is nobody's guess.
    async fn judge(
        &mut self,
        code: &Arc<Code>,
        user: &str,
        set: &Arc<CredentialSet>,
    ) -> Result<Judgement, Outage> {
        self.guesses_not(Proof::Code);
        self.guesses_code();
        let judgement = self.try_all(code, user, set).await?;
        match &judgement {
            Judgement::Right(_) => self.guesses_not(Proof::Code),
            Judgement::Wrong(rejected) if rejected.refusal.is_replay() => self.was_replay(),
            Judgement::Wrong(_) | Judgement::Guess(..) => {}
        }
        Ok(judgement)
    }

    async fn try_all(
        &self,
        code: &Arc<Code>,
        user: &str,
        set: &Arc<CredentialSet>,
    ) -> Result<Judgement, Outage> {
        let rejected = match self.verify(code, user, set).await? {
            Ok(accepted) => return Ok(Judgement::Right(accepted)),
            Err(rejected) => rejected,
        };
        if self.mailer().is_none() || rejected.refusal.is_replay() {
            return Ok(Judgement::Wrong(rejected));
        }
        let (keys, now) = (&self.engine.keys, clock::now());
        let context = Context { user, set, keys, now, door: self.mode.door() };
        Ok(match emailed::check(code, Aim::Login, context) {
            Checked::Right(accepted) => Judgement::Right(accepted),
            Checked::Wrong(swap) => Judgement::Guess(swap, rejected),
            Checked::NotOurs => Judgement::Wrong(rejected),
            Checked::Refused(refusal) => {
                Judgement::Wrong(Rejected { refusal, credential: Some(CredentialId::emailed()) })
            }
        })
    }

    pub(super) async fn verify(
        &self,
        code: &Arc<Code>,
        user: &str,
        set: &Arc<CredentialSet>,
    ) -> Result<Result<Accepted, Rejected>, Outage> {
        let (now, door) = (clock::now(), self.mode.door());
        if !code.costs_a_hash(set.shapes()) {
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
