//! The messages of a change of a password that a PAM program asks for (`pam_sm_chauthtok`).
//!
//! ```text
//! PAM_PRELIM_CHECK     ── PasswordChange { step: Rehearse } ──▶   Ask … Ask, then Granted | Denied | Unavailable
//! PAM_UPDATE_AUTHTOK   ── PasswordChange { step: CarryOut } ──▶   seldom Ask, then Granted | NotChanged | …
//! ```
//!
//! The rehearsal spends nothing, so that a change which another module refuses costs no code. The second step
//! brings what was typed in the first, and proves it in earnest.

use monk_terms::not_taken::NotTaken;
use serde::{Deserialize, Serialize};

use crate::manage::PasswordFault;
use crate::secret::Secret;

/// A change of a password, as the host program describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordChange {
    /// Whose password (`PAM_USER`).
    pub user: String,
    /// The PAM service.
    pub service: String,
    /// The remote address (`PAM_RHOST`), if the program says one.
    pub address: Option<String>,
    /// The terminal (`PAM_TTY`), if the program says one.
    pub terminal: Option<String>,
    /// The uid of the person on this host who has started the program, as in [`Login`](crate::Login).
    pub person: Option<u32>,
    /// Whether root itself asks, and need not know the old password. Only root's programs may claim it.
    pub by_administrator: bool,
    /// Whether the program can show a screen for a code.
    pub can_ask: bool,
    /// What is to be done.
    pub step: ChangeStep,
    /// Milliseconds that the engine may take, people's typing not counted.
    pub budget_ms: u32,
}

/// The two steps of pam_chauthtok(3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeStep {
    /// Would the proof do? Nothing is spent, and nothing changed.
    Rehearse {
        /// The old password, if an earlier module has asked for it; else the engine asks.
        typed: Option<Secret>,
    },
    /// Prove it, and change the password.
    CarryOut {
        /// What was typed first in the rehearsal.
        typed: Option<Secret>,
        /// The code that was typed last, if there was a screen for one.
        code: Option<Secret>,
        /// The bare old password, as the rehearsal has handed it on.
        old: Option<Secret>,
        /// The new password.
        new: Secret,
    },
}

/// Why the password is not changed, or may not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotChanged {
    /// The directory does not take the new one.
    NotTaken {
        /// Why.
        why: NotTaken,
        /// What the directory said, printable and short; empty where it said nothing.
        said: String,
    },
    /// The new one could never open anything.
    Unfit(PasswordFault),
    /// The old one was right for the login, and the directory says that it is not.
    WrongOld,
    /// The answer of the directory was lost: the password may be the old or the new one.
    Unknown,
}
