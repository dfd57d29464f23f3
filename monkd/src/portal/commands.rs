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
use crate::caller::Caller;
use crate::clock;
use crate::engine::{Engine, Found};
use crate::manage::access::{self, Access};
use crate::outage::Outage;
use crate::settings::enrolment::FirstFactor;

impl Question<'_> {
    /// Carries out a command about the session's own user.
    pub(super) async fn own(&self, who: &SignedIn, command: Command) -> Reply {
        if access::of(&command) == Access::Proof && !who.session.proof.is_fresh_code() {
            let settings = &self.engine.settings.enrolment;
            if let Err(failure) = access::check_first_factor(settings, &command) {
                return Reply::Failed(failure);
            }
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
                // The code of the new device is a proof like any other of its codes, but none for another change about
                // somebody else: the portal has seen the secret.
                let now = Instant::now();
                self.sessions().change(&who.digest, |session| {
                    let is_spent = session.is_spent;
                    session.prove(Grant::Totp, None, now);
                    session.is_spent = is_spent;
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
        if !may_take_codes(who) {
            return Reply::Portal(PortalReply::ProofNeeded);
        }
        let user = who.account.name.clone();
        self.carry_out(Manage { user, command: Command::PortalCodeMake }, Ok(())).await
    }

    /// Carries out a command about somebody else, for an administrator.
    pub(super) async fn administer(&self, who: &SignedIn, user: &str, command: Command) -> Reply {
        let is_change = matches!(command, Command::User(UserCommand::Enable { .. }));
        if is_change && let Err(failure) = self.check_other(who, user).await {
            return Reply::Failed(failure);
        }
        replied(self.administered(who, Manage { user: user.to_owned(), command }).await)
    }

    /// Refuses a change about the administrator, and about another one.
    pub(super) async fn check_other(&self, who: &SignedIn, user: &str) -> Result<(), Failure> {
        // Their own factors are looked after as everybody's are.
        if self.is_own(who, user).await {
            return Err(Failure::NotYou { name: who.account.name.clone() });
        }
        // With one administrator's session, nobody gets at the others.
        match self.looks_after_others(user).await? {
            true => Err(Failure::OnlyRoot { uid: self.caller.uid }),
            false => Ok(()),
        }
    }

    /// Carries out what an administrator may do about somebody else, whatever the state of that account is.
    pub(super) async fn administered(
        &self,
        who: &SignedIn,
        manage: Manage,
    ) -> Result<Outcome, Failure> {
        let (address, name) = (self.address(), &who.account.name);
        by_administrator(self.engine, (self.caller, name, address.as_deref()), manage).await
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
        // An invited user has the code of the invitation, and others a device that was handed out.
        let has_more = who.set.has_second_factor_at(now)
            || who.set.is_invited(now)
            || who.set.awaits_first_login(now);
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
        replied(carried_out(self.engine, (self.caller, address.as_deref()), manage, allowed).await)
    }
}

/// Carries out a command for an administrator of this name, who is there.
pub(super) async fn by_administrator(
    engine: &Engine,
    (caller, name, address): (Caller, &str, Option<&str>),
    manage: Manage,
) -> Result<Outcome, Failure> {
    let what = administration::event(&manage.command).unwrap_or("look");
    audit::info(&format!("portal: administrator {name:?}: {what} of {:?}", manage.user));
    carried_out(engine, (caller, address), manage, Ok(())).await
}

async fn carried_out(
    engine: &Engine,
    (caller, address): (Caller, Option<&str>),
    manage: Manage,
    allowed: Result<(), Failure>,
) -> Result<Outcome, Failure> {
    let from = Source { service: SERVICE, address };
    let none: Result<Option<Password>, Failure> = allowed.map(|()| None);
    let mut nobody = administration::Nobody;
    administration::carry_out_allowed(engine, caller, manage, none, from, &mut nobody).await
}
