//! The commands that a session allows.
//!
//! A session's user may give the commands that `monk-enroll` lets everybody give about themselves. Where that asks
//! for a proof each time, a session needs one that is no older than five minutes, with a second factor where there
//! is one. Administrators may look after others, with a proof of a second factor.

use std::time::Instant;

use monk_core::typed::Password;
use monk_terms::verdict::Grant;
use monk_wire::Reply;
use monk_wire::manage::{Command, Failure, Manage, Outcome, UserCommand};
use monk_wire::portal::PortalReply;

use super::overview::may_take_codes;
use super::{Question, SERVICE, SignedIn, replied};
use crate::administration::{self, Source};
use crate::audit;
use crate::clock;
use crate::engine::Found;
use crate::manage::access::{self, Access};
use crate::outage::Outage;
use crate::settings::enrolment::FirstFactor;

impl Question<'_> {
    /// Carries out a command about the session's own user.
    pub(super) async fn own(&self, who: &SignedIn, command: Command) -> Reply {
        match access::of(&command) {
            Access::RootOnly | Access::NewPassword => {
                return Reply::Failed(Failure::OnlyRoot { uid: self.caller.uid });
            }
            Access::Own | Access::OwnWhileOpen => {}
            Access::Proof if !self.is_proven(who) => {
                return Reply::Portal(PortalReply::ProofNeeded);
            }
            Access::Proof if !who.session.proof.is_fresh_code() => {
                let settings = &self.engine.settings.enrolment;
                if let Err(failure) = access::check_first_factor(settings, &command) {
                    return Reply::Failed(failure);
                }
            }
            Access::Proof => {}
        }
        let is_confirmation = matches!(command, Command::TotpConfirm { .. });
        let is_removal =
            matches!(command, Command::Remove { .. }) && access::of(&command) == Access::Proof;
        let manage = Manage { user: who.account.name.clone(), command };
        let allowed = access::look(self.engine, self.caller, &manage).await;
        let reply = self.carry_out(manage, allowed).await;
        if matches!(reply, Reply::Done(_)) {
            self.keep_through_first_record(who).await;
            // One that counts only after a delay proves nothing yet.
            if is_confirmation && matches!(reply, Reply::Done(Outcome::Done)) {
                // The code of the new device is a proof like any other of its codes.
                let now = Instant::now();
                self.sessions().change(&who.digest, |session| {
                    session.prove(Grant::Totp, None, now);
                });
            }
            if is_removal {
                // They may have been opened with what is gone now.
                self.sessions().end_of_user(&who.account.id, Some(&who.digest));
            }
        }
        reply
    }

    /// Makes a one-time code for another program.
    pub(super) async fn portal_code(&self, who: &SignedIn) -> Reply {
        if !may_take_codes(who) || !self.is_proven(who) {
            return Reply::Portal(PortalReply::ProofNeeded);
        }
        let user = who.account.name.clone();
        self.carry_out(Manage { user, command: Command::PortalCodeMake }, Ok(())).await
    }

    /// Carries out a command about somebody else, for an administrator.
    pub(super) async fn administer(&self, who: &SignedIn, user: &str, command: Command) -> Reply {
        match self.is_administrator(who).await {
            Ok(true) => {}
            Ok(false) => return Reply::Failed(Failure::OnlyRoot { uid: self.caller.uid }),
            Err(outage) => return Reply::Failed(outage.into()),
        }
        let is_change = match &command {
            Command::Status
            | Command::Check { typed: None, .. }
            | Command::User(UserCommand::Find) => false,
            Command::Reset { .. }
            | Command::Invite(_)
            | Command::User(UserCommand::Enable { .. }) => true,
            _ => return Reply::Failed(Failure::OnlyRoot { uid: self.caller.uid }),
        };
        // Their own factors are looked after as everybody's are.
        if is_change && self.is_own(who, user).await {
            return Reply::Failed(Failure::NotYou { name: who.account.name.clone() });
        }
        // With one administrator's session, nobody gets at the others.
        if is_change {
            match self.looks_after_others(user).await {
                Ok(false) => {}
                Ok(true) => return Reply::Failed(Failure::OnlyRoot { uid: self.caller.uid }),
                Err(outage) => return Reply::Failed(outage.into()),
            }
        }
        if is_change && !self.is_proven(who) {
            return Reply::Portal(PortalReply::ProofNeeded);
        }
        let what = administration::event(&command).unwrap_or("look");
        audit::info(&format!("portal: administrator {:?}: {what} of {user:?}", who.account.name));
        // Others are looked after whatever the state of their account is.
        self.carry_out(Manage { user: user.to_owned(), command }, Ok(())).await
    }

    /// Whether a name means the session's own user, in whatever spelling.
    async fn is_own(&self, who: &SignedIn, user: &str) -> bool {
        match self.engine.find(user, self.deadline).await {
            Ok(Found::One(account, _)) => account.id == who.account.id,
            _ => user.eq_ignore_ascii_case(&who.account.name),
        }
    }

    /// Whether somebody is in a group of administrators.
    async fn looks_after_others(&self, user: &str) -> Result<bool, Outage> {
        let groups = &self.engine.settings.portal.administrators;
        match self.engine.find(user, self.deadline).await? {
            Found::One(account, _) => {
                self.engine.directory.is_in_group(&account, groups, self.deadline).await
            }
            // Whom nobody finds nobody looks after: the command says so.
            _ => Ok(false),
        }
    }

    /// Whether the session's user looks after others: a member of a group of the settings, who has signed in
    /// with a second factor. An invitation is not enough: a factor comes first.
    pub(super) async fn is_administrator(&self, who: &SignedIn) -> Result<bool, Outage> {
        let groups = &self.engine.settings.portal.administrators;
        let proof = who.session.proof;
        if groups.is_empty() || !proof.is_fresh_code() || proof == Grant::EnrolmentCode {
            return Ok(false);
        }
        self.engine.directory.is_in_group(&who.account, groups, self.deadline).await
    }

    /// Whether the last proof is fresh, and one with a second factor where the user has one by now.
    pub(super) fn is_proven(&self, who: &SignedIn) -> bool {
        let now = clock::now();
        // An invited user has the code of the invitation.
        let has_more = who.set.has_second_factor_at(now) || who.set.is_invited(now);
        let is_enough = who.session.proof.is_fresh_code() || !has_more;
        is_enough && !who.session.fresh(Instant::now()).is_zero()
    }

    /// Whether the session's user may enrol a factor: the first one needs more than the password, unless the
    /// settings say otherwise.
    pub(super) fn may_enrol(&self, who: &SignedIn) -> bool {
        who.session.proof.is_fresh_code()
            || self.engine.settings.enrolment.first_factor == FirstFactor::Password
    }

    pub(super) async fn carry_out(&self, manage: Manage, allowed: Result<(), Failure>) -> Reply {
        let address = self.address();
        let from = Source { service: SERVICE, address: address.as_deref() };
        let none: Result<Option<Password>, Failure> = allowed.map(|()| None);
        let mut nobody = administration::Nobody;
        replied(
            administration::carry_out_allowed(
                self.engine,
                self.caller,
                manage,
                none,
                from,
                &mut nobody,
            )
            .await,
        )
    }
}
