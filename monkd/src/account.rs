//! Account management: is this a user that the engine knows and lets in?
//!
//! Also guards logins that never authenticate through PAM, such as sshd's with a public key.
//!
//! Root's programs may ask about anybody. Everybody else may ask about himself, as screen lockers do,
//! and about whom the same program was granted a login for a moment ago, as databases and web servers
//! do. Other questions are refused without a look at the directory, so that the refusal tells nothing.

use std::time::{Duration, Instant};

use monk_core::origin::Origin;
use monk_terms::forecast::Forecast;
use monk_terms::proof::Proof;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::manage::Failure;
use monk_wire::{AccountQuery, Denial, Reply};

use crate::account_answer::{Answer, answer, as_account};
use crate::administration::unanswered;
use crate::audit::{self, Ending};
use crate::caller::Caller;
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::{Account, Advice};
use crate::engine::Engine;
use crate::login::{self, check_name};
use crate::manage::access;
use crate::outage::Outage;
use crate::recent_grants::{self, Standing};
use crate::settings::enforcement::Policies;

/// Longest time that an answer may take.
const MAX_BUDGET: Duration = Duration::from_secs(10);

/// What is left of the budget for the answer's way back.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// Longest time to take failures back, which nobody is told of.
const TAKE_BACK_TIME: Duration = Duration::from_secs(1);

/// Answers the question, and records it where somebody is about to come in, or is kept out.
pub async fn run(engine: &Engine, caller: Caller, query: &AccountQuery) -> Reply {
    let started = Instant::now();
    let last = recent_grants::last(caller.uid, &query.user, &query.service);
    match may_ask(engine, caller, query, last).await {
        Ok(true) => {}
        Ok(false) => {
            let ending = Ending::NotDone("not-permitted");
            record(engine, caller, query, (&ending, None), started.elapsed());
            // As long as every refusal takes, which also limits how many there are.
            tokio::time::sleep(Duration::from_millis(engine.settings.engine.refusal_ms)).await;
            return Reply::Denied(Denial::Refused);
        }
        Err(failure) => {
            let outage = Ending::Unanswered(unanswered(&failure));
            record(engine, caller, query, (&outage, None), started.elapsed());
            return Reply::Unavailable;
        }
    }
    let budget = Duration::from_millis(query.budget_ms.into()).min(MAX_BUDGET);
    let deadline = Deadline::after(budget.saturating_sub(ANSWER_MARGIN));
    let policies = engine.settings.policies_for(&query.service, clock::now());
    let found = find(engine, query, deadline).await;
    let answer = match &found {
        Ok(found) => answer(engine, &policies.today, found, last, deadline).await,
        Err(outage) => Err(outage.clone()),
    };
    let (reply, ending) = match answer {
        Ok(Answer::Open { password_ends }) => {
            let notice = password_ends.filter(|_| comes_in(query));
            let notice =
                notice.and_then(|seconds| login::password_notice(Advice::Expires(seconds)));
            (
                Reply::Granted { forward: None, notice, new_password: false },
                Ending::Granted(Grant::CheckedElsewhere),
            )
        }
        Ok(Answer::Closed(refusal)) => {
            (Reply::Denied(denial(refusal, caller)), Ending::Refused(refusal))
        }
        Err(outage) => (Reply::Unavailable, Ending::Unavailable(outage)),
    };
    if is_others(&ending) && caller.is_root() {
        take_back(engine, caller, query).await;
    }
    if is_news(&ending, query) {
        let would = forecast(engine, (&policies, &ending), found, last, deadline).await;
        record(engine, caller, query, (&ending, would), started.elapsed());
    }
    reply
}

/// What the caller is told. Only root's programs hear that an account has ended; everybody who may ask hears that a
/// password has to be changed, because the program has to have that done.
fn denial(refusal: Refusal, caller: Caller) -> Denial {
    match refusal {
        refusal if refusal.leaves_to_others() => Denial::UnknownUser,
        Refusal::PasswordExpired | Refusal::MustChange => Denial::NewPasswordNeeded,
        Refusal::Expired if caller.is_root() => Denial::AccountExpired,
        _ => Denial::Refused,
    }
}

/// Whether the answer belongs into the audit. A user who is kept out always does. One who gets in has a
/// line of his own only here if he came with a key, since a login that monk has granted is not asked about
/// again; but programs ask also for sessions that nobody comes in by, such as those of cron and of
/// systemd for each user, and those would be a line a minute. They state neither an address, nor a
/// terminal, nor a person.
fn is_news(ending: &Ending, query: &AccountQuery) -> bool {
    comes_in(query) || !(matches!(ending, Ending::Granted(_)) || is_others(ending))
}

/// Whether somebody is about to come in, as far as the program says.
fn comes_in(query: &AccountQuery) -> bool {
    query.address.is_some()
        || query.person.is_some()
        || audit::screen(query.terminal.as_deref()).is_some()
}

/// Whether other modules decide about the user.
fn is_others(ending: &Ending) -> bool {
    matches!(ending, Ending::Refused(refusal) if refusal.leaves_to_others())
}

fn record(
    engine: &Engine,
    caller: Caller,
    query: &AccountQuery,
    (ending, would): (&Ending, Option<Forecast>),
    took: Duration,
) {
    let is_unknown = matches!(
        ending,
        Ending::Refused(Refusal::UnknownUser | Refusal::AmbiguousUser | Refusal::BadName)
            | Ending::Unavailable(_)
            | Ending::NotDone(_)
            | Ending::Unanswered(_)
    );
    audit::record(&audit::Line {
        event: "account",
        user: &engine.shown(&query.user, !is_unknown),
        service: &query.service,
        terminal: query.terminal.as_deref(),
        by: audit::by(caller, query.person),
        address: query.address.as_deref(),
        ending,
        credential: None,
        password: Advice::Nothing,
        how: None,
        would,
        took,
    });
}

/// Whether this caller may ask about this user, whose last login through it meant this.
async fn may_ask(
    engine: &Engine,
    caller: Caller,
    query: &AccountQuery,
    last: Option<Standing>,
) -> Result<bool, Failure> {
    if caller.is_root() || last.is_some() {
        return Ok(true);
    }
    let own = access::name_of(engine, caller.uid).await?;
    Ok(own.is_some_and(|own| own == query.user))
}

/// Takes back the failures under a name that the directory does not know: programs ask about an account
/// after a login, so another module has let it in.
async fn take_back(engine: &Engine, caller: Caller, query: &AccountQuery) {
    let origin =
        Origin { address: query.address.as_deref(), person: query.person, service: &query.service };
    let subject = login::subject(engine, caller, &query.user, None, origin, &Proof::ALL);
    if let Err(outage) = engine.throttle.take_back(subject, Deadline::after(TAKE_BACK_TIME)).await {
        audit::warn(&format!("failures of a user of another module were not taken back: {outage}"));
    }
}

/// Longest time to find out what would come of it under another policy.
const FORECAST_TIME: Duration = Duration::from_millis(500);

/// The user, or why it is nobody.
async fn find(
    engine: &Engine,
    query: &AccountQuery,
    deadline: Deadline,
) -> Result<Result<Box<Account>, Refusal>, Outage> {
    if let Err(refusal) = check_name(&query.user) {
        return Ok(Err(refusal));
    }
    Ok(as_account(engine.find(&query.user, deadline).await?))
}

/// What would come of it under the policy that is to come, if there is one.
async fn forecast(
    engine: &Engine,
    (policies, ending): (&Policies, &Ending),
    found: Result<Result<Box<Account>, Refusal>, Outage>,
    last: Option<Standing>,
    deadline: Deadline,
) -> Option<Forecast> {
    let (today, coming) = (&policies.today, &policies.coming.as_ref()?.policy);
    let Ok(found) = found else { return Some(Forecast::Unknown) };
    // Nothing else of a policy matters here, and nobody is asked twice.
    if coming.groups == today.groups && coming.app_passwords_despite == today.app_passwords_despite
    {
        return Some(match ending {
            Ending::Granted(_) => Forecast::Granted,
            Ending::Refused(refusal) => Forecast::Refused(*refusal),
            _ => Forecast::Unknown,
        });
    }
    // The directory has all the time of the question: a server that does not answer in less would count as one that hangs.
    let asked = answer(engine, coming, &found, last, deadline);
    Some(match tokio::time::timeout(FORECAST_TIME, asked).await {
        Ok(Ok(Answer::Open { .. })) => Forecast::Granted,
        Ok(Ok(Answer::Closed(refusal))) => Forecast::Refused(refusal),
        Ok(Err(_)) | Err(_) => Forecast::Unknown,
    })
}
