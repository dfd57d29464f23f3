//! What each question of the portal needs: the one place that says so, and the one that looks.
//!
//! | needs | what the engine looks at before it does anything |
//! |---|---|
//! | nothing | |
//! | a session | its token, and that account and records are as when it began |
//! | a proof | the same, and that the last proof is no older than five minutes, with a second factor where there is one |
//! | an administrator | a session that was opened with a second factor, of somebody in a group of the settings |
//! | an administrator's proof | both, and that no other change about somebody else was made with that proof |
//!
//! A question without a line here does not compile.

use std::time::Instant;

use monk_wire::Reply;
use monk_wire::manage::{Command, Failure, UserCommand};
use monk_wire::portal::{PortalAsk, PortalReply};

use super::{Question, SignedIn};
use crate::manage::access::{self, Access};

/// What a question needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nobody has to be signed in.
    Nothing,
    /// Somebody is signed in.
    Session,
    /// And has proven who it is, a moment ago.
    Proof,
    /// Somebody is signed in who looks after others.
    Administrator,
    /// And has proven who it is for this very change.
    AdministratorsProof,
    /// No session is enough.
    Root,
}

/// What a question needs.
pub(super) fn of(ask: &PortalAsk) -> Needs {
    match ask {
        PortalAsk::Site
        | PortalAsk::SignIn { .. }
        | PortalAsk::Answer { .. }
        | PortalAsk::PasskeyOptions { .. }
        | PortalAsk::PasskeySignIn { .. }
        | PortalAsk::TakeProfile { .. }
        | PortalAsk::Certificates(_) => Needs::Nothing,
        // That the last proof was a passkey, a moment ago, these look at themselves: it stands in the log, too.
        PortalAsk::Approval | PortalAsk::AnswerApproval { .. } | PortalAsk::Tickets => {
            Needs::Session
        }
        // What it gives to a phone is sent with the question.
        PortalAsk::KeepProfile { .. }
        | PortalAsk::Prove { .. }
        | PortalAsk::ProofOptions
        | PortalAsk::ProvePasskey { .. }
        | PortalAsk::Overview
        | PortalAsk::Refusals { user: None }
        | PortalAsk::SignOut => Needs::Session,
        PortalAsk::PortalCode
        | PortalAsk::PortalTicket { .. }
        | PortalAsk::NewPasskeyOptions { .. }
        | PortalAsk::AddPasskey { .. }
        | PortalAsk::ChangePassword { .. } => Needs::Proof,
        PortalAsk::Own(command) => match access::of(command) {
            Access::Own | Access::OwnWhileOpen => Needs::Session,
            Access::Proof => Needs::Proof,
            // A new password has a question of its own.
            Access::RootOnly | Access::NewPassword => Needs::Root,
        },
        PortalAsk::People { .. }
        | PortalAsk::Refusals { user: Some(_) }
        | PortalAsk::PreviewInvitations(_)
        | PortalAsk::Invitations
        | PortalAsk::StopInvitations => Needs::Administrator,
        PortalAsk::Administer { command, .. } => about_others(command),
        PortalAsk::NewStart { .. } | PortalAsk::Invite(_) => Needs::AdministratorsProof,
    }
}

/// What administrators may do about others. Nothing of it answers with a secret of theirs: a portal that somebody has
/// taken over would have it.
fn about_others(command: &Command) -> Needs {
    match command {
        Command::Status | Command::Check { typed: None, .. } | Command::User(UserCommand::Find) => {
            Needs::Administrator
        }
        Command::User(UserCommand::Enable { .. }) => Needs::AdministratorsProof,
        _ => Needs::Root,
    }
}

impl Question<'_> {
    /// Looks whether somebody who is signed in has what a question needs; what is answered where not.
    pub(super) async fn check_needs(&self, who: &SignedIn, needs: Needs) -> Result<(), Reply> {
        let only_root = || Reply::Failed(Failure::OnlyRoot { uid: self.caller.uid });
        match needs {
            Needs::Nothing | Needs::Session => return Ok(()),
            Needs::Root => return Err(only_root()),
            Needs::Proof => {}
            Needs::Administrator | Needs::AdministratorsProof => {
                match self.is_administrator(who).await {
                    Ok(true) => {}
                    Ok(false) => return Err(only_root()),
                    Err(outage) => return Err(Reply::Failed(outage.into())),
                }
            }
        }
        let is_proven = match needs {
            Needs::Administrator => true,
            Needs::AdministratorsProof => {
                self.is_proven(who) && self.sessions().spend_proof(&who.digest, Instant::now())
            }
            _ => self.is_proven(who),
        };
        is_proven.then_some(()).ok_or(Reply::Portal(PortalReply::ProofNeeded))
    }
}
