//! A change of a password that a PAM program asks for: `passwd`, or sshd, login and su after an expired one.
//!
//! The rehearsal asks for the old password and, where the user has one, a second factor, and spends nothing. The
//! second step proves both in earnest with what was typed then, and changes the password. Where the code is too
//! old by then, another one is asked.

use std::time::{Duration, Instant};

use monk_core::typed::Password;
use monk_terms::not_taken::NotTaken;
use monk_terms::verdict::Refusal;
use monk_wire::{ChangeStep, Denial, Login, NotChanged, PasswordChange, Reply, Secret};

use crate::audit::{self, Ending};
use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::directory::change::{Changed, Changer};
use crate::directory::{Account, Advice};
use crate::engine::{Engine, Found};
use crate::kept_answer::KeptAnswer;
use crate::login::{self, Ask, Mode, Note, Proving, Verdict, check_name};
use crate::manage::access;
use crate::outage::Outage;
use crate::password_change::{self, NewPassword};
use crate::proven_just_now::{self, Occasion, Proofs};

/// Longest time that the directory may take to change it, after the proof. Some servers compute a costly hash.
const CHANGE_TIME: Duration = Duration::from_secs(10);

/// Longest time to find the user.
const FIND_TIME: Duration = Duration::from_secs(5);

/// What is said to a user whose new password ends as a code does.
const ENDS_LIKE_A_CODE: &str = "The new password ends like a password with a code behind it. Where you type a code \
    on the same line, type it behind the whole password.";

/// One change as it was asked for.
pub struct Asked<'a> {
    /// Where it is carried out.
    pub engine: &'a Engine,
    /// Whose program asks.
    pub caller: Caller,
    /// The process that asks, where the kernel names it.
    pub process: Option<i32>,
    /// What it asks for.
    pub change: &'a PasswordChange,
}

/// Answers it. What remains to be done after the answer comes with it.
pub async fn run(asked: Asked<'_>, ask: &mut (impl Ask + Send)) -> (Reply, Option<Note>) {
    let started = Instant::now();
    let (caller, change) = (asked.caller, asked.change);
    let (by_administrator, is_root) = (change.by_administrator, caller.is_root());
    let (reply, note) = match &change.step {
        _ if by_administrator && !is_root => {
            asked.record(&Ending::NotDone("not-permitted"), false, started);
            (asked.refuse().await, None)
        }
        ChangeStep::Rehearse { .. } if by_administrator => {
            (asked.look_for_user(started).await, None)
        }
        ChangeStep::Rehearse { typed } => asked.rehearse(typed.as_ref(), ask, started).await,
        ChangeStep::CarryOut { new, .. } if by_administrator => {
            let administrator = Changer::Administrator { must_change: false };
            (asked.change_to(new, administrator, started).await, None)
        }
        ChangeStep::CarryOut { typed, code, old, new } => {
            let kept = Kept { typed: typed.as_ref(), code: code.as_ref(), old: old.as_ref() };
            asked.carry_out(kept, new, ask, started).await
        }
    };
    match reply {
        // That the directory knows no such user, programs that are not root's hear about their own user only.
        Reply::Denied(_) if !is_root && !asked.is_own().await => {
            (Reply::Denied(Denial::Refused), note)
        }
        reply => (reply, note),
    }
}

/// What was typed in the rehearsal.
struct Kept<'a> {
    typed: Option<&'a Secret>,
    code: Option<&'a Secret>,
    old: Option<&'a Secret>,
}

impl Asked<'_> {
    /// Would the proof do? Users of other modules are not asked for anything here.
    async fn rehearse(
        &self,
        typed: Option<&Secret>,
        ask: &mut (impl Ask + Send),
        started: Instant,
    ) -> (Reply, Option<Note>) {
        if self.caller.is_root() || self.is_own().await {
            let reply = self.look_for_user(started).await;
            if !matches!(reply, Reply::Granted { .. } | Reply::Denied(Denial::Refused)) {
                return (reply, None);
            }
        }
        let occasion = self.occasion();
        let before = occasion.as_ref().map(proven_just_now::look).unwrap_or_default();
        let login = self.login(typed);
        let mode = mode(true, before);
        let verdict = login::run(self.engine, self.caller, &login, mode, ask).await;
        // A code of the rehearsal is not spent yet, and counts for nothing.
        let proofs = Proofs { password: verdict.right_password, ..before };
        if let (Ending::Granted(_), Some(occasion)) = (&verdict.ending, occasion)
            && proofs != before
        {
            proven_just_now::note(occasion, proofs);
        }
        told(verdict)
    }

    /// Whether the directory knows the user.
    async fn look_for_user(&self, started: Instant) -> Reply {
        match self.find().await {
            Ok(Ok(_)) => granted(None, None),
            Ok(Err(refusal)) if refusal.leaves_to_others() => Reply::Denied(Denial::UnknownUser),
            Ok(Err(_)) => Reply::Denied(Denial::Refused),
            Err(outage) => {
                self.record(&Ending::Unavailable(outage), false, started);
                Reply::Unavailable
            }
        }
    }

    /// Proves who it is in earnest, and changes the password.
    async fn carry_out(
        &self,
        kept: Kept<'_>,
        new: &Secret,
        ask: &mut (impl Ask + Send),
        started: Instant,
    ) -> (Reply, Option<Note>) {
        // Before a code is spent.
        if let Err(fault) = NewPassword::new(new.expose()) {
            self.record(&Ending::NotDone("unfit-password"), false, started);
            return (Reply::NotChanged(NotChanged::Unfit(fault)), None);
        }
        let before = self.occasion().as_ref().map(proven_just_now::take).unwrap_or_default();
        let mode = mode(false, before);
        let login = self.login(kept.typed);
        let mut answers = KeptAnswer::new(ask, kept.code.cloned());
        let mut verdict = login::run(self.engine, self.caller, &login, mode, &mut answers).await;
        if is_too_old(&verdict.ending) && !answers.has_asked() && self.change.can_ask {
            let login = self.login(kept.old.or(kept.typed));
            let mut answers = KeptAnswer::after_an_old_code(ask);
            verdict = login::run(self.engine, self.caller, &login, mode, &mut answers).await;
        }
        let second_factor = before.second_factor || verdict.credential.is_some();
        let proofs = Proofs { second_factor, password: verdict.right_password };
        let (reply, note) = told(verdict);
        let Reply::Granted { forward: Some(old), .. } = reply else { return (reply, note) };
        let Some(old) = std::str::from_utf8(old.expose()).ok().and_then(Password::new) else {
            return (Reply::Unavailable, note);
        };
        let reply = self.change_to(new, Changer::User { old: &old }, started).await;
        if let (Reply::NotChanged(NotChanged::NotTaken { .. }), Some(occasion)) =
            (&reply, self.occasion())
        {
            // Another try with a better password needs no other code.
            proven_just_now::note(occasion, proofs);
        }
        (reply, note)
    }

    /// Changes the password of a user who has proved who that is, or for the administrator.
    async fn change_to(&self, new: &Secret, changer: Changer<'_>, started: Instant) -> Reply {
        let new = NewPassword::new(new.expose());
        let is_fit = new.is_ok();
        let (reply, ending) = match new {
            Err(fault) => {
                (Reply::NotChanged(NotChanged::Unfit(fault)), Ending::NotDone("unfit-password"))
            }
            Ok(new) => match self.change(&new, changer).await {
                Ok(Ok(changed)) => ended(changed, &new),
                Ok(Err(refusal)) if refusal.leaves_to_others() => {
                    (Reply::Denied(Denial::UnknownUser), Ending::Refused(refusal))
                }
                Ok(Err(refusal)) => (Reply::Denied(Denial::Refused), Ending::Refused(refusal)),
                Err(outage) => {
                    let reply = match outage {
                        Outage::Timeout(_) => Reply::NotChanged(NotChanged::Unknown),
                        _ => Reply::Unavailable,
                    };
                    (reply, Ending::Unavailable(outage))
                }
            },
        };
        // Only where the directory was asked for a change, it has found the user.
        let is_known = matches!(ending, Ending::Done | Ending::NotDone(_)) && is_fit;
        self.record(&ending, is_known, started);
        reply
    }

    async fn change(
        &self,
        new: &NewPassword,
        changer: Changer<'_>,
    ) -> Result<Result<Changed, Refusal>, Outage> {
        let account = match self.find().await {
            Ok(Ok(account)) => account,
            Ok(Err(refusal)) => return Ok(Err(refusal)),
            // Nothing was sent yet.
            Err(Outage::Timeout(what)) => return Err(Outage::Unreachable(what.to_owned())),
            Err(outage) => return Err(outage),
        };
        let deadline = Deadline::after(CHANGE_TIME);
        password_change::change(self.engine, &account, changer, &new.password, deadline)
            .await
            .map(Ok)
    }

    async fn find(&self) -> Result<Result<Box<Account>, Refusal>, Outage> {
        if let Err(refusal) = check_name(&self.change.user) {
            return Ok(Err(refusal));
        }
        Ok(match self.engine.find(&self.change.user, Deadline::after(FIND_TIME)).await? {
            Found::One(account, _) => Ok(account),
            Found::None => Err(Refusal::UnknownUser),
            Found::Local => Err(Refusal::LocalAccount),
            Found::Several => Err(Refusal::AmbiguousUser),
        })
    }

    /// The proof as a login.
    fn login(&self, typed: Option<&Secret>) -> Login {
        let change = self.change;
        Login {
            user: change.user.clone(),
            service: change.service.clone(),
            address: change.address.clone(),
            terminal: change.terminal.clone(),
            person: change.person,
            typed: typed.cloned(),
            can_ask: change.can_ask,
            publickey: false,
            forward: true,
            budget_ms: change.budget_ms,
        }
    }

    /// Where a second factor may have been seen just now. What other programs than root's do, is not remembered.
    fn occasion(&self) -> Option<Occasion> {
        let PasswordChange { user, service, address, .. } = self.change;
        let process = self.process.filter(|_| self.caller.is_root())?;
        Some(Occasion::new(process, user, service, address.as_deref()))
    }

    /// Whether the user is the one whose program asks.
    async fn is_own(&self) -> bool {
        let own = access::name_of(self.engine, self.caller.uid).await.ok().flatten();
        own.is_some_and(|own| own == self.change.user)
    }

    /// As long as every refusal takes, which also limits how many there are.
    async fn refuse(&self) -> Reply {
        let delay = Duration::from_millis(self.engine.settings.engine.refusal_ms);
        tokio::time::sleep(delay).await;
        Reply::Denied(Denial::Refused)
    }

    /// `is_known`: the directory knows the name, which may be a password in the wrong field otherwise.
    fn record(&self, ending: &Ending, is_known: bool, started: Instant) {
        let change = self.change;
        audit::record(&audit::Line {
            event: "password-change",
            user: &self.engine.shown(&change.user, is_known),
            service: &change.service,
            terminal: change.terminal.as_deref(),
            by: audit::by(self.caller, change.person),
            address: change.address.as_deref(),
            ending,
            credential: None,
            password: Advice::Nothing,
            how: None,
            would: None,
            took: started.elapsed(),
        });
    }
}

/// Whether the code was right in the rehearsal, and no longer is.
fn is_too_old(ending: &Ending) -> bool {
    use Refusal::{CodeMissing, ExpiredCode, ReplayedCode, UnexpectedCode, UsedAhead, WrongCode};
    let Ending::Refused(refusal) = ending else { return false };
    matches!(
        refusal,
        CodeMissing | ExpiredCode | ReplayedCode | UnexpectedCode | UsedAhead | WrongCode
    )
}

fn mode(rehearses: bool, before: Proofs) -> Mode {
    let Proofs { second_factor, password } = before;
    let has_second_factor = second_factor;
    Mode::NewPassword(Proving { rehearses, has_second_factor, right_password: password })
}

fn granted(forward: Option<Secret>, notice: Option<String>) -> Reply {
    Reply::Granted { forward, notice, new_password: false }
}

/// What is told of the proof. Advice about the old password is not.
fn told(verdict: Verdict) -> (Reply, Option<Note>) {
    match verdict.reply() {
        (Reply::Granted { forward, .. }, note) => (granted(forward, None), note),
        other => other,
    }
}

/// What is told of the end of a change, and written down.
fn ended(changed: Changed, new: &NewPassword) -> (Reply, Ending) {
    match changed {
        Changed::Done => {
            let notice = new.ends_like_a_code.then(|| ENDS_LIKE_A_CODE.to_owned());
            (granted(None, notice), Ending::Done)
        }
        Changed::WrongOld => {
            (Reply::NotChanged(NotChanged::WrongOld), Ending::NotDone("wrong-password"))
        }
        Changed::NotTaken { why, said } => {
            let reason = match why {
                NotTaken::TooShort => "too-short",
                NotTaken::TooWeak => "too-weak",
                NotTaken::InHistory => "in-history",
                NotTaken::TooYoung => "too-young",
                NotTaken::NotAllowed => "not-allowed",
                NotTaken::Other => "not-taken",
            };
            (Reply::NotChanged(NotChanged::NotTaken { why, said }), Ending::NotDone(reason))
        }
    }
}
