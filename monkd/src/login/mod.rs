//! A login, in this order: what is refused at once, one search, the password, the code, the
//! record that it was used, the audit.
//!
//! | step | file |
//! |---|---|
//! | who asks what, within which time; the audit | here |
//! | whether it is checked at all, and what counts as a failure | `attempt.rs` |
//! | from the string to a yes or no | `decide.rs` |
//! | the password, and where the string comes apart | `password.rs` |
//! | the second screen | `session.rs` |
//! | the code and its use | `spend.rs` |
//! | a code that opened the same before | `memory.rs` |
//! | a code by mail | `email.rs` |
//!
//! Every refusal is answered at the same moment after the last thing that was typed, whatever it
//! was that failed, and a wrong password is found out before a code is looked at.

pub(crate) mod attempt;
mod decide;
mod email;
mod memory;
mod password;
mod session;
mod spend;

use std::time::{Duration, Instant};

use monk_core::credential::{CredentialId, UseSwap};
use monk_core::factors::Door;
use monk_core::policy::{Mfa, Policy};
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::{Denial, Login, Reply, Secret};
use tokio::task::JoinHandle;

use crate::audit::{self, Ending};
use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::engine::Engine;
use crate::mail::Letter;
use crate::outage::Outage;
use session::Session;

/// Longest time that one login may take the engine, whatever the caller would wait.
const MAX_BUDGET: Duration = Duration::from_secs(10);

/// What is left of the budget for the answer's way back, and for the caller.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// Longest user name in bytes: mail addresses have at most 254 (RFC 5321 §4.5.3.1).
pub const MAX_NAME: usize = 256;

/// The other end hung up, or took too long to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HungUp;

/// Asks the user, through the program that is at the other end.
pub trait Ask {
    /// Shows `text`; the answer, or `None` when the program cannot ask.
    fn ask(
        &mut self,
        text: &str,
        echo: bool,
    ) -> impl Future<Output = Result<Option<Secret>, HungUp>> + Send;

    /// Whether nobody waits for the answer any more.
    fn has_left(&mut self) -> bool;

    /// Whether the conversation was ended because its place was needed.
    fn was_evicted(&self) -> bool {
        false
    }
}

/// Whether a login is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Real,
    /// An administrator wants to know how it would end: nothing is spent.
    Rehearsal,
    /// A user proves who he is before he changes what is enrolled: with the password and, where
    /// there is one, a second factor. App passwords, which open programs, prove nothing.
    Proof,
    /// The engine tries itself out, in a store of its own: everything happens as in a real login,
    /// but it is no line in the audit, and no refusal waits.
    SelfTest,
}

impl Mode {
    /// What a code is to open.
    fn door(self) -> Door {
        match self {
            Self::Real | Self::Rehearsal | Self::SelfTest => Door::Login,
            Self::Proof => Door::Enrolment,
        }
    }

    /// The word in the audit.
    fn event(self) -> &'static str {
        match self {
            Self::Real | Self::Rehearsal | Self::SelfTest => "login",
            Self::Proof => "proof",
        }
    }
}

/// Why a login ends without success.
enum Stop {
    Refused(Refusal, Option<CredentialId>),
    Unavailable(Outage),
    HungUp,
    /// A code is on record, and to be sent.
    Sent(Box<Letter>),
}

impl From<Outage> for Stop {
    fn from(outage: Outage) -> Self {
        Self::Unavailable(outage)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal, None)
    }
}

/// What a successful login consists of.
struct Granted {
    grant: Grant,
    credential: Option<CredentialId>,
    forward: Option<Secret>,
    note: Option<Note>,
    /// Shown to the user, where the program can.
    notice: Option<String>,
}

/// What is done after the answer, because nobody waits for it.
pub enum Note {
    /// The record that an app password was used.
    LastUse {
        /// Whose it is.
        account: Box<Account>,
        /// The record.
        swap: UseSwap,
    },
    /// A code that is to be sent.
    Letter(Box<Letter>),
    /// A code that is being sent.
    Underway(JoinHandle<()>),
}

impl Note {
    /// Longest time that is spent on a record.
    const BUDGET: Duration = Duration::from_secs(5);

    /// Does it. When a record cannot be written, the next login will.
    pub async fn carry_out(self, engine: &Engine) {
        match self {
            Self::LastUse { account, swap } => {
                let deadline = Deadline::after(Self::BUDGET);
                if let Err(outage) = engine.store.spend(&account, &swap, deadline).await {
                    audit::warn(&format!("last use not recorded: {outage}"));
                }
            }
            Self::Letter(letter) => letter.deliver().await,
            // Its own limits end it; a panic in it has been reported.
            Self::Underway(sending) => drop(sending.await),
        }
    }

    /// Has a code sent while the conversation goes on. For a resident engine only, as a proof of
    /// who somebody is: root needs none.
    pub fn detach(self) {
        if let Self::Letter(letter) = self {
            tokio::spawn(letter.deliver());
        }
    }
}

/// How a login ended.
pub struct Verdict {
    /// The end, with its reason.
    pub ending: Ending,
    /// The credential it concerned.
    pub credential: Option<CredentialId>,
    /// What remains to be done after the answer.
    pub note: Option<Note>,
    /// Whether the directory has found the user.
    known: bool,
    forward: Option<Secret>,
    notice: Option<String>,
}

impl Verdict {
    /// What the caller is told: no reason, and one word for every no.
    #[must_use]
    pub fn reply(self) -> (Reply, Option<Note>) {
        let reply = match self.ending {
            Ending::Granted(_) => Reply::Granted { forward: self.forward, notice: self.notice },
            Ending::Refused(Refusal::UnknownUser) => Reply::Denied(Denial::UnknownUser),
            Ending::Refused(_)
            | Ending::Abandoned
            | Ending::Evicted
            | Ending::Done
            | Ending::NotDone(_)
            | Ending::Unanswered(_) => Reply::Denied(Denial::Refused),
            Ending::Unavailable(_) => Reply::Unavailable,
        };
        (reply, self.note)
    }
}

/// Carries out one login, or rehearses it.
pub async fn run(
    engine: &Engine,
    caller: Caller,
    login: &Login,
    mode: Mode,
    ask: &mut impl Ask,
) -> Verdict {
    let started = Instant::now();
    // Anybody's program may state any budget: a short one would end logins before their answers.
    let stated = match caller.is_root() {
        true => Duration::from_millis(login.budget_ms.into()),
        false => MAX_BUDGET,
    };
    let budget = stated.min(MAX_BUDGET).saturating_sub(ANSWER_MARGIN);
    let policy = match mode {
        Mode::Real | Mode::Rehearsal | Mode::SelfTest => engine.settings.policy_for(&login.service),
        // Not to be set: the first device of a user could not be enrolled where one is required.
        Mode::Proof => Policy { mfa: Mfa::WhenEnrolled, ..Policy::default() },
    };
    // Anybody's program may state any address: only root's are believed that it is a good one.
    let policy = match caller.is_root() {
        true => policy.at(login.address.as_deref()),
        false => policy,
    };
    let mut session = Session::new(engine, login, policy, mode, budget, ask);
    let outcome = session.decide(caller).await;
    let hung_up = if session.was_evicted() { Ending::Evicted } else { Ending::Abandoned };
    session.end_attempt(&outcome).await;
    let (waited, since_input) = (session.waited(), session.last_input());
    let underway = session.underway.take().map(Note::Underway);
    let known = session.known;
    let verdict = match outcome {
        Ok(granted) => Verdict {
            ending: Ending::Granted(granted.grant),
            credential: granted.credential,
            note: granted.note.or(underway),
            known,
            forward: granted.forward,
            notice: granted.notice,
        },
        Err(stop) => {
            let (ending, credential, note) = match stop {
                Stop::Refused(refusal, credential) => {
                    (Ending::Refused(refusal), credential, underway)
                }
                Stop::Unavailable(outage) => (Ending::Unavailable(outage), None, underway),
                Stop::HungUp => (hung_up, None, underway),
                Stop::Sent(letter) => {
                    (Ending::Refused(Refusal::CodeSent), None, Some(Note::Letter(letter)))
                }
            };
            Verdict { ending, credential, note, known, forward: None, notice: None }
        }
    };
    let took = started.elapsed().saturating_sub(waited);
    if matches!(mode, Mode::Real | Mode::Proof) {
        record(engine, caller, mode.event(), login, &verdict, took);
        if matches!(verdict.ending, Ending::Refused(_)) {
            let moment = since_input + Duration::from_millis(engine.settings.engine.refusal_ms);
            tokio::time::sleep_until(moment.into()).await;
        }
    }
    verdict
}

fn record(
    engine: &Engine,
    caller: Caller,
    event: &'static str,
    login: &Login,
    verdict: &Verdict,
    took: Duration,
) {
    audit::record(&audit::Line {
        event,
        user: &engine.shown(&login.user, verdict.known),
        service: &login.service,
        terminal: login.terminal.as_deref(),
        by: audit::by(caller, login.person),
        address: login.address.as_deref(),
        ending: &verdict.ending,
        credential: verdict.credential.as_ref().map(CredentialId::as_str),
        took,
    });
}

/// Refuses names that no directory should be asked for: empty, endless, with control characters,
/// or with blanks around them, which LDAP would ignore (RFC 4518 §2.6.1) and a mail server not.
///
/// # Errors
/// [`Refusal::BadName`].
pub fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = (1..=MAX_NAME).contains(&name.len());
    if fits && name.trim() == name && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Refusal::BadName)
    }
}

#[cfg(test)]
mod tests;
