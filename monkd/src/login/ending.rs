//! How a login ends, and what remains to be done after the answer.

use monk_core::credential::{CredentialId, UseSwap};
use monk_terms::forecast::Forecast;
use monk_terms::how::How;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::{Denial, Reply, Secret};
use tokio::task::JoinHandle;

use crate::audit::occasion::kept;
use crate::audit::{self, Ending};
use crate::deadline::Deadline;
use crate::directory::{Account, Advice};
use crate::engine::Engine;
use crate::mail::Letter;
use crate::outage::Outage;
use crate::recent_grants::Standing;
use crate::throttle::Print;

/// Why a login ends without success.
pub(super) enum Stop {
    Refused(Refusal, Option<CredentialId>),
    Unavailable(Outage),
    HungUp,
    /// A code is on record, and to be sent.
    Sent(Box<Letter>),
    /// Only in a forecast: the user would be asked for a code.
    AsksForCode,
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

impl Stop {
    /// The same, about a credential.
    pub(super) fn about(self, id: &CredentialId) -> Self {
        match self {
            Self::Refused(refusal, None) => Self::Refused(refusal, Some(id.clone())),
            other => other,
        }
    }
}

/// What a successful login consists of.
pub(super) struct Granted {
    pub(super) grant: Grant,
    pub(super) credential: Option<CredentialId>,
    pub(super) forward: Option<Secret>,
    pub(super) note: Option<Note>,
    /// Shown to the user, where the program can.
    pub(super) notice: Option<String>,
    /// What the directory says beside the password.
    pub(super) advice: Advice,
    /// Whether an app password opened an account that is closed to others.
    pub(super) is_in_spite: bool,
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
    const BUDGET: std::time::Duration = std::time::Duration::from_secs(5);

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
            tokio::spawn(kept(letter.deliver()));
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
    /// What the directory says beside a right password.
    pub advice: Advice,
    /// The password that monk has found right.
    pub right_password: Option<Print>,
    /// In which form it came, where that is certain.
    pub how: Option<How>,
    /// What would have become of it under the policy that is to come, if there is one.
    pub forecast: Option<Forecast>,
    forward: Option<Secret>,
    notice: Option<String>,
    is_in_spite: bool,
}

impl Verdict {
    /// `hung_up` says who did, if somebody did; `sending` is a code that is being sent.
    pub(super) fn new(
        outcome: Result<Granted, Stop>,
        hung_up: Ending,
        sending: Option<JoinHandle<()>>,
    ) -> Self {
        let sending = sending.map(Note::Underway);
        let no = |ending, credential, note| Self {
            ending,
            credential,
            note,
            advice: Advice::Nothing,
            right_password: None,
            how: None,
            forecast: None,
            forward: None,
            notice: None,
            is_in_spite: false,
        };
        match outcome {
            Ok(Granted { grant, credential, forward, note, notice, advice, is_in_spite }) => {
                let (ending, note) = (Ending::Granted(grant), note.or(sending));
                Self {
                    ending,
                    credential,
                    note,
                    advice,
                    right_password: None,
                    how: None,
                    forecast: None,
                    forward,
                    notice,
                    is_in_spite,
                }
            }
            Err(Stop::Refused(refusal, credential)) => {
                no(Ending::Refused(refusal), credential, sending)
            }
            Err(Stop::Unavailable(outage)) => no(Ending::Unavailable(outage), None, sending),
            Err(Stop::HungUp) => no(hung_up, None, sending),
            Err(Stop::AsksForCode) => no(Ending::Refused(Refusal::CodeMissing), None, sending),
            Err(Stop::Sent(letter)) => {
                no(Ending::Refused(Refusal::CodeSent), None, Some(Note::Letter(letter)))
            }
        }
    }

    /// Whether the same login may end in another way under another policy.
    #[must_use]
    pub fn depends_on_policy(&self) -> bool {
        match self.ending {
            Ending::Granted(_) => true,
            Ending::Refused(refusal) => refusal.depends_on_policy(self.credential.is_some()),
            _ => false,
        }
    }

    /// What a granted login means for the account rule that follows.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match (self.advice.wants_a_new_password(), self.is_in_spite) {
            (true, _) => Standing::NewPassword,
            (false, true) => Standing::InSpite,
            (false, false) => Standing::Usual,
        }
    }

    /// What the user should know, if anything.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// What the caller is told: no reason, and one word for every no.
    #[must_use]
    pub fn reply(self) -> (Reply, Option<Note>) {
        let reply = match self.ending {
            Ending::Granted(_) => Reply::Granted {
                new_password: self.advice.wants_a_new_password(),
                forward: self.forward,
                notice: self.notice,
            },
            Ending::Refused(refusal) if refusal.leaves_to_others() => {
                Reply::Denied(Denial::UnknownUser)
            }
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
