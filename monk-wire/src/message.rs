//! The messages of a login.

use serde::{Deserialize, Serialize};

use crate::manage::{Failure, Manage, Outcome, Part};
use crate::metrics::Snapshot;
use crate::password_change::{NotChanged, PasswordChange};
use crate::portal::{Portal, PortalReply};
use crate::secret::Secret;
use crate::ssh_keys::{KeyLines, KeyQuery};

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// May this user in?
    Login(Login),
    /// The answer to [`Reply::Ask`]; `None` when the program could not ask.
    Answer(Option<Secret>),
    /// Is this a user that the engine knows and lets in (PAM account management)?
    Account(AccountQuery),
    /// A command of the administration.
    Manage(Manage),
    /// The answer to [`Reply::Part`]: go on.
    Next,
    /// Which keys does this user log in with (`AuthorizedKeysCommand` of sshd)?
    SshKeys(KeyQuery),
    /// Change a password (PAM password management).
    ChangePassword(PasswordChange),
    /// A question of the portal.
    Portal(Box<Portal>),
    /// What the engine has counted, for `monk-metrics`.
    Metrics,
}

/// A login, as the host program describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The user's name as typed (`PAM_USER`).
    pub user: String,
    /// The PAM service, which chooses the policy.
    pub service: String,
    /// The remote address (`PAM_RHOST`), if the program says one.
    pub address: Option<String>,
    /// The terminal (`PAM_TTY`), if the program says one.
    pub terminal: Option<String>,
    /// The uid of the person on this host who has started the program, where it runs with root's
    /// rights for that person (su, sudo). None for services.
    pub person: Option<u32>,
    /// The string that was typed, if the program has asked for one already; else the engine asks.
    pub typed: Option<Secret>,
    /// Whether the program can show a second screen.
    pub can_ask: bool,
    /// Whether sshd says that it has accepted a public key in this login. Only root may claim it.
    pub publickey: bool,
    /// Whether the bare password is wanted after success, for the modules that follow.
    pub forward: bool,
    /// Milliseconds that the engine may take altogether, people's typing not counted.
    pub budget_ms: u32,
}

/// A question of account management.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountQuery {
    /// The user's name (`PAM_USER`).
    pub user: String,
    /// The PAM service.
    pub service: String,
    /// The remote address (`PAM_RHOST`), if the program says one.
    pub address: Option<String>,
    /// The terminal (`PAM_TTY`), if the program says one.
    pub terminal: Option<String>,
    /// The uid of the person on this host who has started the program, as in [`Login`].
    pub person: Option<u32>,
    /// Milliseconds that the engine may take.
    pub budget_ms: u32,
}

/// What the engine says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Let the user in.
    Granted {
        /// The bare password, where [`Login::forward`] asked for it and one was typed.
        forward: Option<Secret>,
        /// Something the user should know, to be shown where the program can.
        notice: Option<String>,
        /// Whether the user needs a new password first: the account rule must say so, and not success.
        new_password: bool,
    },
    /// Do not. Why stands in the engine's log only.
    Denied(Denial),
    /// The engine cannot tell: something it needs does not answer.
    Unavailable,
    /// Ask the user, and send [`Request::Answer`].
    Ask {
        /// The prompt, ready to show.
        text: String,
        /// Whether the answer may be seen while it is typed.
        echo: bool,
    },
    /// The command is done.
    Done(Outcome),
    /// The command is not done.
    Failed(Failure),
    /// The command is under way. The engine goes on when it hears [`Request::Next`].
    Part(Part),
    /// The lines for sshd, in answer to [`Request::SshKeys`]: none where the user is unknown, or may not log in.
    Keys(KeyLines),
    /// Only in answer to [`Request::ChangePassword`]: the proof was right, and the password is not changed.
    NotChanged(NotChanged),
    /// Only in answer to [`Request::Portal`].
    Portal(PortalReply),
    /// Only in answer to [`Request::Metrics`]; nothing where metrics are off.
    Metrics(Option<Box<Snapshot>>),
}

/// The kinds of no. A login hears of the first two only; both come after the same work and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Denial {
    /// The answer is no.
    Refused,
    /// The directory says that there is no such user.
    UnknownUser,
    /// Only in answer to [`Request::Account`]: the user needs a new password first.
    NewPasswordNeeded,
    /// Only in answer to [`Request::Account`] by root's programs: the account's time is over.
    AccountExpired,
}
