//! The login as an attempt that may be somebody's guess.

use monk_core::throttle::network_of;

use super::session::Session;
use super::{Ask, Caller, Granted, Mode, Stop};
use crate::audit;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::outage::Outage;
use crate::throttle::{Outcome, Subject};

/// Longest time to write down what an attempt was, after everything else.
const NOTE_TIME: std::time::Duration = std::time::Duration::from_secs(2);

impl<A: Ask> Session<'_, A> {
    /// Whether this attempt is looked at; it is under way then.
    pub(super) async fn is_admitted(
        &mut self,
        caller: Caller,
        account: Option<&Account>,
    ) -> Result<bool, Outage> {
        if !matches!(self.mode, Mode::Real | Mode::Proof) {
            return Ok(true);
        }
        let name =
            audit::names::shown(self.engine, &self.login.user.to_lowercase(), false).into_owned();
        let network = network_of(self.login.address.as_deref());
        let subject = Subject {
            user: match account {
                // Whatever of several names was typed.
                Some(account) => format!("id:{}", account.id),
                None => format!("name:{name}"),
            },
            name: account.map_or(name, |account| account.name.clone()),
            // What a program that is not root's says of addresses is believed of its own only.
            network: match caller.is_root() {
                true => network,
                false => format!("{network} by uid {}", caller.uid),
            },
        };
        self.attempt = self.engine.throttle.begin(&subject, self.deadline).await?;
        Ok(self.attempt.is_some())
    }

    /// Says what the attempt was.
    pub(super) async fn end_attempt(&mut self, result: &Result<Granted, Stop>) {
        let Some(attempt) = self.attempt.take() else { return };
        let outcome = match result {
            Ok(_) => Outcome::Right,
            Err(Stop::Refused(refusal, _)) if refusal.is_wrong_guess() => {
                Outcome::Wrong(self.typed.clone().finish())
            }
            Err(_) => Outcome::Neither,
        };
        let deadline = Deadline::after(NOTE_TIME);
        if let Err(outage) = self.engine.throttle.end(attempt, outcome, deadline).await {
            audit::warn(&format!("a failure was not counted: {outage}"));
        }
    }
}
