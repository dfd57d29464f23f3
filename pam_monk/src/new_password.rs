//! `pam_sm_chauthtok`: a new password for a user of the directory.
//!
//! libpam calls twice. With `PAM_PRELIM_CHECK` the engine asks for the old password and the code, and spends
//! nothing; what was typed is kept with the transaction. With `PAM_UPDATE_AUTHTOK` it is proved in earnest, and
//! the password is changed. So a change that another module prevents costs no code.

use std::time::Duration;

use monk_client::WireError;
use monk_wire::{ChangeStep, Denial, NotChanged, PasswordChange, Reply, Request, Secret};
use pam::constants::PamResultCode;

use crate::authenticate::{Engine, denied, person, unavailable};
use crate::engine;
use crate::for_update::Kept;
use crate::grant::Grant;
use crate::host::{Answer, Host, Level};
use crate::minimum_uid;
use crate::words;
use monk_pam_arguments::{Arguments, FirstPass, LocalUsers};

/// Longest time that one of the two steps may take, people's typing not counted: a login, and then the change,
/// which takes a directory longer than a comparison.
const BUDGET: Duration = Duration::from_secs(25);

/// Screens that one step may show. The engine shows three; an engine that asks for ever is broken.
const MAX_SCREENS: usize = 8;

/// How often somebody may think of a better password before the program has to be started again.
const MAX_TRIES: usize = 3;

/// Which of its two calls this is (pam_sm_chauthtok(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `PAM_PRELIM_CHECK`.
    Prelim,
    /// `PAM_UPDATE_AUTHTOK`.
    Update,
}

/// Changes the password. `only_expired`: the program asks only for what a login has asked for
/// (`PAM_CHANGE_EXPIRED_AUTHTOK`).
pub fn change(
    host: &mut impl Host,
    arguments: &Arguments,
    call: Call,
    only_expired: bool,
) -> PamResultCode {
    if call == Call::Prelim {
        host.keep_for_update(None);
        let is_asked_for = host.kept().is_some_and(|kept| kept.new_password);
        if (only_expired && !is_asked_for) || minimum_uid::leaves_to_others(host, arguments) {
            return left_to_others(host);
        }
    }
    let kept = host.kept_for_update();
    if matches!(kept, Some(Kept::OfOthers)) {
        return password_for_others(host, arguments);
    }
    let by_administrator = host.real_uid() == 0 && !only_expired;
    let Some(change) = describe(host, arguments, by_administrator) else {
        host.log(Level::Error, "pam_monk: the program names no user or service");
        return PamResultCode::PAM_AUTHTOK_ERR;
    };
    let mut open = || engine::open(arguments, BUDGET);
    match (call, kept) {
        (Call::Prelim, _) => rehearse(host, &mut open, arguments, change),
        (Call::Update, Some(kept)) => carry_out(host, &mut open, arguments, &change, &kept),
        (Call::Update, None) => {
            host.log(Level::Error, "pam_monk: the program has asked for no preliminary check");
            PamResultCode::PAM_AUTHTOK_ERR
        }
    }
}

/// The user is other modules' affair, in the second call as well.
fn left_to_others(host: &mut impl Host) -> PamResultCode {
    host.keep_for_update(Some(Kept::OfOthers));
    PamResultCode::PAM_IGNORE
}

/// Where monk is the first module, those that follow may be told to take the new password that it has asked for
/// (`use_authtok`), also of users whom it leaves to them.
fn password_for_others(host: &mut impl Host, arguments: &Arguments) -> PamResultCode {
    if !arguments.use_authtok
        && let Err(code) = host.new_pass()
    {
        return code;
    }
    PamResultCode::PAM_IGNORE
}

/// The change, as far as the program and the stack know it. What is to be done is not said yet.
fn describe(
    host: &mut impl Host,
    arguments: &Arguments,
    by_administrator: bool,
) -> Option<PasswordChange> {
    let typed = match arguments.first_pass {
        FirstPass::Ask => None,
        FirstPass::Try => host.old_pass(),
        FirstPass::Use => Some(host.old_pass().unwrap_or_default()),
    };
    Some(PasswordChange {
        user: host.user()?,
        service: arguments.service.clone().or_else(|| host.service())?,
        address: host.remote_host(),
        terminal: host.terminal(),
        person: person(host),
        by_administrator,
        can_ask: !arguments.never_prompt,
        step: ChangeStep::Rehearse { typed: typed.map(|bytes| Secret::new(&bytes)) },
        budget_ms: u32::try_from(BUDGET.as_millis()).unwrap_or(u32::MAX),
    })
}

/// The first call: would the proof do?
fn rehearse<E: Engine>(
    host: &mut impl Host,
    open: &mut impl FnMut() -> Result<E, WireError>,
    arguments: &Arguments,
    change: PasswordChange,
) -> PamResultCode {
    let by_administrator = change.by_administrator;
    let mut typed = match &change.step {
        ChangeStep::Rehearse { typed } => typed.clone(),
        ChangeStep::CarryOut { .. } => None,
    };
    let mut code = None;
    let reply =
        converse(host, open, Request::ChangePassword(change), Silence::Unchanged, |answer| match (
            &typed, answer,
        ) {
            (None, answer) => typed = answer,
            (Some(_), answer) => code = answer,
        });
    match reply {
        Ok(Reply::Granted { forward, .. }) => {
            if let Some(old) = &forward {
                // For modules that compare the new one with it.
                host.set_old_pass(old.expose());
            }
            host.keep_for_update(Some(match by_administrator {
                true => Kept::ByAdministrator,
                false => Kept::Proof { typed, code, old: forward },
            }));
            PamResultCode::PAM_SUCCESS
        }
        Ok(Reply::Denied(Denial::UnknownUser)) => {
            if arguments.local_users == LocalUsers::Ignore {
                return left_to_others(host);
            }
            host.keep_for_update(Some(Kept::OfOthers));
            PamResultCode::PAM_USER_UNKNOWN
        }
        Ok(Reply::Denied(denial)) => denied(denial),
        Ok(_) => silent(host),
        Err(code) => code,
    }
}

/// The second call: a new password, and the change. What the directory does not take can be followed by a better
/// one, where monk asks for it itself.
fn carry_out<E: Engine>(
    host: &mut impl Host,
    open: &mut impl FnMut() -> Result<E, WireError>,
    arguments: &Arguments,
    change: &PasswordChange,
    kept: &Kept,
) -> PamResultCode {
    let mut refused: Option<Secret> = None;
    for _ in 0..MAX_TRIES {
        let new = match host.new_pass() {
            Ok(new) => Secret::new(&new),
            Err(code) => return code,
        };
        // A program that says the same again has nothing else to say.
        if refused.as_ref() == Some(&new) {
            break;
        }
        let request = Request::ChangePassword(PasswordChange {
            step: step(kept, new.clone()),
            ..change.clone()
        });
        let why = match converse(host, open, request, Silence::MayBeChanged, |_| {}) {
            Ok(Reply::Granted { notice, .. }) => {
                changed(host);
                if let Some(notice) = notice {
                    host.tell(&notice);
                }
                return PamResultCode::PAM_SUCCESS;
            }
            Ok(Reply::NotChanged(why)) => why,
            other => {
                host.forget_new_pass();
                return match other {
                    Ok(Reply::Denied(denial)) => denied(denial),
                    Ok(_) => silent(host),
                    Err(code) => code,
                };
            }
        };
        // Nothing that follows may take it for the new password.
        host.forget_new_pass();
        for line in words::not_changed(&why) {
            host.tell_error(&line);
        }
        if arguments.use_authtok || !words::a_better_one_may_do(&why) {
            return code(&why);
        }
        refused = Some(new);
    }
    PamResultCode::PAM_AUTHTOK_ERR
}

fn step(kept: &Kept, new: Secret) -> ChangeStep {
    match kept.clone() {
        Kept::OfOthers | Kept::ByAdministrator => {
            ChangeStep::CarryOut { typed: None, code: None, old: None, new }
        }
        Kept::Proof { typed, code, old } => ChangeStep::CarryOut { typed, code, old, new },
    }
}

/// What follows from success: the login that has asked for a new password is as good as any other.
fn changed(host: &mut impl Host) {
    host.keep_for_update(None);
    let kept = host.kept();
    host.keep(kept.map(|kept| Grant { new_password: false, ..kept }));
}

/// The one place where the end of a change becomes a PAM code.
fn code(why: &NotChanged) -> PamResultCode {
    use monk_terms::not_taken::NotTaken;
    match why {
        NotChanged::NotTaken { why: NotTaken::NotAllowed, .. } => PamResultCode::PAM_PERM_DENIED,
        NotChanged::NotTaken { .. } | NotChanged::Unfit(_) => PamResultCode::PAM_AUTHTOK_ERR,
        NotChanged::WrongOld => PamResultCode::PAM_AUTH_ERR,
        NotChanged::Unknown => PamResultCode::PAM_AUTHINFO_UNAVAIL,
    }
}

fn away(host: &mut impl Host, error: &WireError) -> PamResultCode {
    host.tell_error(words::NO_ANSWER);
    unavailable(host, error)
}

/// What it means that an engine breaks off.
#[derive(Clone, Copy)]
enum Silence {
    /// It was asked to change nothing.
    Unchanged,
    /// It was to change the password, and may have done so.
    MayBeChanged,
}

impl Silence {
    fn tell(self, host: &mut impl Host) {
        match self {
            Self::Unchanged => host.tell_error(words::NO_ANSWER),
            Self::MayBeChanged => {
                for line in words::not_changed(&NotChanged::Unknown) {
                    host.tell_error(&line);
                }
            }
        }
    }
}

fn silent(host: &mut impl Host) -> PamResultCode {
    host.tell_error(words::NO_ANSWER);
    host.log(Level::Error, "pam_monk: no answer; monkd's log says why");
    PamResultCode::PAM_AUTHINFO_UNAVAIL
}

/// Shows the engine's screens until it decides. Each request has a conversation of its own: the engine does not
/// wait while people think of a password.
fn converse<E: Engine>(
    host: &mut impl Host,
    open: &mut impl FnMut() -> Result<E, WireError>,
    mut request: Request,
    silence: Silence,
    mut answered: impl FnMut(Option<Secret>),
) -> Result<Reply, PamResultCode> {
    let mut engine = open().map_err(|error| away(host, &error))?;
    for _ in 0..=MAX_SCREENS {
        request = match engine.call(&request) {
            Ok(Reply::Ask { text, echo }) => {
                let answer = match host.ask(&text, echo) {
                    Answer::Typed(bytes) => Some(Secret::new(&bytes)),
                    Answer::None => None,
                };
                answered(answer.clone());
                Request::Answer(answer)
            }
            Ok(reply) => return Ok(reply),
            Err(error) => {
                silence.tell(host);
                return Err(unavailable(host, &error));
            }
        };
    }
    host.log(Level::Error, "pam_monk: the engine asks without end");
    Err(PamResultCode::PAM_AUTHINFO_UNAVAIL)
}

#[cfg(test)]
#[path = "new_password_tests.rs"]
mod tests;
