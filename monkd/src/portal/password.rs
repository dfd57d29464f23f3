//! A change of the password on a page.
//!
//! It needs a fresh proof like every change, and the current password beside it: the directory wants to hear it from
//! the user, and so does the register of failures. All other sessions of the user end with it.

use monk_core::typed::Password;
use monk_wire::manage::{Command, Failure, Manage, UserCommand};
use monk_wire::{Login, Reply, Secret};

use super::{Question, SERVICE, SignedIn, replied};
use crate::administration::{self, Nobody, Source};
use crate::login::{self, Mode, Proving};
use crate::manage::access;

/// The session's fresh proof has shown the second factor, where there is one: the password alone is left to prove.
const CHANGE: Mode =
    Mode::NewPassword(Proving { rehearses: false, has_second_factor: true, right_password: None });

impl Question<'_> {
    /// Changes the password of the session's user.
    pub(super) async fn change_password(
        &self,
        who: &SignedIn,
        current: &Secret,
        new: &Secret,
    ) -> Reply {
        let command =
            Command::User(UserCommand::Password { password: new.clone(), must_change: false });
        let manage = Manage { user: who.account.name.clone(), command };
        // What cannot be a password is told before the current one is sent anywhere.
        if let Err(failure) = access::look(self.engine, self.caller, &manage).await {
            return Reply::Failed(failure);
        }
        let old = self.current_password(who, current).await;
        let (address, mut nobody) = (self.address(), Nobody);
        let from = Source { service: SERVICE, address: address.as_deref() };
        let allowed = old.map(Some);
        let result = administration::carry_out_allowed(
            self.engine,
            self.caller,
            manage,
            allowed,
            from,
            &mut nobody,
        );
        let result = result.await;
        // After an answer that was lost, it may have been changed.
        if matches!(result, Ok(_) | Err(Failure::PasswordUnknown)) {
            self.sessions().end_of_user(&who.account.id, Some(&who.digest));
        }
        replied(result)
    }

    /// The current password, where it is right. It is tried, counted and recorded like that of a login.
    async fn current_password(&self, who: &SignedIn, typed: &Secret) -> Result<Password, Failure> {
        let login = Login {
            user: who.account.name.clone(),
            service: SERVICE.to_owned(),
            address: self.address(),
            terminal: None,
            person: None,
            typed: Some(typed.clone()),
            can_ask: false,
            publickey: false,
            forward: true,
            budget_ms: u32::MAX,
        };
        let verdict = login::run(self.engine, self.caller, &login, CHANGE, &mut Nobody).await;
        let (reply, note) = verdict.reply();
        if let Some(note) = note {
            note.detach();
        }
        match reply {
            Reply::Granted { forward, .. } => {
                let text = forward.as_ref().and_then(Secret::expose_str);
                text.and_then(Password::new).ok_or(Failure::NotProved)
            }
            Reply::Unavailable => Err(Failure::ProofUnanswered),
            _ => Err(Failure::NotProved),
        }
    }
}
