//! The engine's half of the portal: who is signed in there, and what that allows.
//!
//! | file | what it says |
//! |---|---|
//! | `sign_in` | a login of the portal, from its first screen to a session |
//! | `needs` | what each question needs: a session, a proof, a group |
//! | `approvals` | logins of other programs that are approved on a page |
//! | `commands` | the commands that a session allows |
//! | `candidates` | who of a list or a group would get an invitation |
//! | `invitations` | invitations of many, which go on by themselves |
//! | `new_start` | a reset by an administrator, whose code goes by mail |
//! | `passkeys` | a sign-in with a passkey, and new ones |
//! | `people` | people for administrators, and why somebody was refused |
//! | `password` | a change of the password |
//! | `profiles` | a mail account for a phone, behind a link that works once |
//! | `tickets` | tickets for one login elsewhere |
//! | `overview` | what a page shows of the session's user |
//!
//! Who is signed in, and which sign-ins wait for their next screen, is kept in `portal_state`.
//!
//! The portal is a program that talks to everybody on the internet, so this believes it nothing but what was typed,
//! and the browser's address for its own attempts. Each question is about the user of a session, whose token only
//! the browser keeps: a portal that somebody has taken over acts for those who are signed in at that moment.

mod approvals;
mod candidates;
mod commands;
mod invitations;
mod needs;
mod new_start;
mod overview;
mod passkeys;
mod password;
mod people;
mod profiles;
mod sign_in;
mod tickets;

use std::sync::Arc;
use std::time::{Duration, Instant};

use monk_core::closed::{Way, why_closed};
use monk_core::credential::CredentialSet;
use monk_wire::manage::{Failure, Outcome};
use monk_wire::portal::{Portal, PortalAsk, PortalReply, Site};
use monk_wire::{Denial, Reply, Secret};

use crate::address::canonical;
use crate::audit::occasion::Occasion;
use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::engine::{Engine, Found};
use crate::local_accounts;
use crate::outage::Outage;
use crate::portal_state::sessions::{Digest, Lives, Session, Sessions};
use crate::portal_state::steps::Purpose;
use crate::settings::enrolment::MailUser;
use crate::tally;

/// The service whose name stands in the audit, and whose app passwords nobody accepts.
pub(crate) const SERVICE: &str = "monk-web";

/// Longest time that one page may take the engine, without what a command takes.
const PAGE_TIME: Duration = Duration::from_secs(8);

/// A question of the portal.
struct Question<'a> {
    engine: &'a Arc<Engine>,
    caller: Caller,
    portal: &'a Portal,
    deadline: Deadline,
}

/// Somebody who is signed in, as of this question.
struct SignedIn {
    digest: Digest,
    session: Session,
    account: Box<Account>,
    set: CredentialSet,
}

/// Answers a question of the portal; nobody else is served.
pub(crate) async fn run(engine: &Arc<Engine>, caller: Caller, portal: &Portal) -> Reply {
    if !local_accounts::is_account(&engine.settings.portal.user, caller.uid) {
        return Reply::Denied(Denial::Refused);
    }
    Question { engine, caller, portal, deadline: Deadline::after(PAGE_TIME) }.answer().await
}

impl Question<'_> {
    async fn answer(&self) -> Reply {
        match &self.portal.ask {
            PortalAsk::Site => Reply::Portal(PortalReply::Site(Box::new(self.site()))),
            PortalAsk::SignIn { user, typed } => {
                self.login(Purpose::SignIn, user.clone(), typed.clone()).await
            }
            PortalAsk::Answer { step, typed } => self.answered(step, typed).await,
            PortalAsk::PasskeyOptions { browser } => self.passkey_options(browser),
            PortalAsk::PasskeySignIn { step, browser, answer } => {
                self.passkey_sign_in((step, browser), answer).await
            }
            PortalAsk::TakeProfile { link } => self.take_profile(link).await,
            PortalAsk::Certificates(ends) => {
                tally::portal_certificates(*ends);
                Reply::Portal(PortalReply::Noted)
            }
            ask => match self.signed_in().await {
                Ok(Some(who)) => {
                    // Everything that is done in a session has the id of its sign-in in the log.
                    let log_id = who.session.log_id.clone();
                    Occasion::again(log_id).of(self.of(&who, ask)).await
                }
                Ok(None) => Reply::Portal(PortalReply::NoSession),
                Err(outage) => Reply::Failed(Failure::from(outage)),
            },
        }
    }

    /// The answer to somebody who is signed in.
    async fn of(&self, who: &SignedIn, ask: &PortalAsk) -> Reply {
        if let Err(reply) = self.check_needs(who, needs::of(ask)).await {
            return reply;
        }
        match ask {
            PortalAsk::Prove { typed } => {
                let purpose = Purpose::Proof(who.digest);
                self.login(purpose, who.session.user.clone(), typed.clone()).await
            }
            PortalAsk::Overview => match self.overview(who).await {
                Ok(overview) => Reply::Portal(PortalReply::Overview(Box::new(overview))),
                Err(failure) => Reply::Failed(failure),
            },
            PortalAsk::PortalCode => self.portal_code(who).await,
            PortalAsk::Approval => self.approval(who).await,
            PortalAsk::AnswerApproval { request, number } => {
                self.answer_approval(who, request, *number).await
            }
            PortalAsk::Tickets => self.tickets(who).await,
            PortalAsk::PortalTicket { service } => self.portal_ticket(who, service).await,
            PortalAsk::Own(command) => self.own(who, command.clone()).await,
            PortalAsk::People { search, without } => self.people(search, *without).await,
            PortalAsk::Refusals { user } => self.refusals(who, user.as_deref()).await,
            PortalAsk::Administer { user, command } => {
                self.administer(who, user, command.clone()).await
            }
            PortalAsk::NewStart { user, to } => self.new_start(who, user, *to).await,
            PortalAsk::PreviewInvitations(whom) => self.preview_invitations(whom).await,
            PortalAsk::Invite(wish) => self.invite_many(who, wish),
            PortalAsk::Invitations => self.invitations(who),
            PortalAsk::StopInvitations => self.stop_invitations(who),
            PortalAsk::ProofOptions => self.proof_options(who),
            PortalAsk::ProvePasskey { step, answer } => self.prove_passkey(who, step, answer).await,
            PortalAsk::NewPasskeyOptions { label } => self.new_passkey_options(who, label),
            PortalAsk::AddPasskey { step, answer } => self.add_passkey(who, step, answer).await,
            PortalAsk::ChangePassword { current, new } => {
                self.change_password(who, current, new).await
            }
            PortalAsk::KeepProfile { credential, password } => {
                self.keep_profile(who, credential, password).await
            }
            PortalAsk::SignOut => {
                self.sessions().end(&who.digest);
                Reply::Portal(PortalReply::SignedOut)
            }
            PortalAsk::Site
            | PortalAsk::SignIn { .. }
            | PortalAsk::Answer { .. }
            | PortalAsk::PasskeyOptions { .. }
            | PortalAsk::PasskeySignIn { .. }
            | PortalAsk::TakeProfile { .. }
            | PortalAsk::Certificates(_) => Reply::Portal(PortalReply::NoSession),
        }
    }

    /// Who is signed in. The account is looked at each time: one that was closed, or reset, is signed in no
    /// longer.
    async fn signed_in(&self) -> Result<Option<SignedIn>, Outage> {
        let Some(token) = &self.portal.session else { return Ok(None) };
        let Some((digest, session)) = self.sessions().of(token, self.lives(), Instant::now())
        else {
            return Ok(None);
        };
        let found = self.engine.find(&session.user, self.deadline).await?;
        let who = match found {
            Found::One(account, set) if account.id == session.id => {
                SignedIn { digest, session, account, set }
            }
            Found::One(..) | Found::None | Found::Several | Found::Local => {
                self.sessions().end(&digest);
                return Ok(None);
            }
        };
        let generation = generation_of(&who.set);
        // Also where there was nothing before: the session's own first record is written down with it.
        let is_reset = who.session.generation != generation;
        if is_reset || why_closed(who.account.state, Way::OwnFactors, &[]).is_some() {
            self.sessions().end(&who.digest);
            return Ok(None);
        }
        Ok(Some(who))
    }

    fn site(&self) -> Site {
        let settings = &self.engine.settings;
        let servers = settings.enrolment.servers();
        Site {
            origin: settings.portal.origin.clone(),
            issuer: settings.enrolment.issuer.clone(),
            sends_codes: self.engine.mail.of(SERVICE).is_some(),
            sends_invitations: self.engine.mail.of_the_administration().is_some(),
            has_passkeys: self.party().is_some(),
            has_own_directory: self.engine.directory.users().is_some(),
            mail_servers: servers.map(|(protocol, server)| server.shown(protocol)).collect(),
            mail_user_is_address: settings.enrolment.mail_user == MailUser::Mail,
        }
    }

    /// The session that the browser had before another sign-in is over, and not only forgotten by the browser.
    fn end_session_before(&self) {
        let token = self.portal.session.as_ref();
        let before =
            token.and_then(|token| self.sessions().of(token, self.lives(), Instant::now()));
        if let Some((digest, _)) = before {
            self.sessions().end(&digest);
        }
    }

    /// What the session has enrolled by itself is no reset of somebody else.
    async fn keep_through_first_record(&self, who: &SignedIn) {
        if who.session.generation.is_some() {
            return;
        }
        if let Ok(Found::One(account, set)) =
            self.engine.find(&who.session.user, self.deadline).await
            && account.id == who.account.id
        {
            let generation = generation_of(&set);
            self.sessions().change(&who.digest, |session| session.generation = generation);
        }
    }

    fn sessions(&self) -> &Sessions {
        &self.engine.portal.sessions
    }

    fn lives(&self) -> Lives {
        let settings = &self.engine.settings.portal;
        Lives { idle: settings.idle(), most: settings.life() }
    }

    /// Where the browser is, as the portal says.
    fn address(&self) -> Option<String> {
        self.portal.address.clone().map(canonical)
    }

    /// Answers to the screen of a sign-in.
    async fn answered(&self, step: &Secret, typed: &Secret) -> Reply {
        let Some(underway) = self.engine.portal.steps.take(step) else {
            return Reply::Portal(PortalReply::NoSession);
        };
        if let Purpose::Proof(digest) = underway.purpose {
            // A proof is for the browser that has the session, and for no other.
            let token = self.portal.session.as_ref();
            let own =
                token.and_then(|token| self.sessions().of(token, self.lives(), Instant::now()));
            if own.is_none_or(|(own, _)| own != digest) {
                return Reply::Portal(PortalReply::NoSession);
            }
        }
        if underway.answers.send(typed.clone()).await.is_err() {
            return Reply::Portal(PortalReply::NoSession);
        }
        self.go_on(underway).await
    }
}

/// What changes with a reset of a user.
fn generation_of(set: &CredentialSet) -> Option<String> {
    set.standing().map(|(generation, _)| generation.to_owned())
}

/// The reply to a command.
fn replied(result: Result<Outcome, Failure>) -> Reply {
    match result {
        Ok(outcome) => Reply::Done(outcome),
        Err(failure) => Reply::Failed(failure),
    }
}

#[cfg(test)]
mod tests;
