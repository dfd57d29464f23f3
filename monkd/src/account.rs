//! Account management: is this a user that the engine knows and lets in?
//!
//! Also guards logins that never authenticate through PAM, such as sshd's with a public key.
//!
//! Root's programs may ask about anybody. Everybody else may ask about himself, as screen lockers do,
//! and about whom the same program was granted a login for a moment ago, as databases and web servers
//! do. Other questions are refused without a look at the directory, so that the refusal tells nothing.

use std::time::{Duration, Instant};

use monk_core::origin::Origin;
use monk_terms::account_state::AccountState;
use monk_terms::proof::Proof;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::manage::Failure;
use monk_wire::{AccountQuery, Denial, Reply};

use crate::administration::unanswered;
use crate::audit::{self, Ending};
use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::engine::{Engine, Found};
use crate::login::{self, check_name};
use crate::manage::access;
use crate::outage::Outage;
use crate::recent_grants;

/// Longest time that an answer may take.
const MAX_BUDGET: Duration = Duration::from_secs(10);

/// What is left of the budget for the answer's way back.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// Longest time to take failures back, which nobody is told of.
const TAKE_BACK_TIME: Duration = Duration::from_secs(1);

/// Answers the question, and records it where somebody is about to come in, or is kept out.
pub async fn run(engine: &Engine, caller: Caller, query: &AccountQuery) -> Reply {
    let started = Instant::now();
    match may_ask(caller, query).await {
        Ok(true) => {}
        Ok(false) => {
            let ending = Ending::NotDone("not-permitted");
            record(engine, caller, query, &ending, started.elapsed());
            // As long as every refusal takes, which also limits how many there are.
            tokio::time::sleep(Duration::from_millis(engine.settings.engine.refusal_ms)).await;
            return Reply::Denied(Denial::Refused);
        }
        Err(failure) => {
            let outage = Ending::Unanswered(unanswered(&failure));
            record(engine, caller, query, &outage, started.elapsed());
            return Reply::Unavailable;
        }
    }
    let budget = Duration::from_millis(query.budget_ms.into()).min(MAX_BUDGET);
    let deadline = Deadline::after(budget.saturating_sub(ANSWER_MARGIN));
    let (reply, ending) = match state(engine, query, deadline).await {
        Ok(None) => (
            Reply::Granted { forward: None, notice: None },
            Ending::Granted(Grant::CheckedElsewhere),
        ),
        Ok(Some(refusal)) if refusal.leaves_to_others() => {
            (Reply::Denied(Denial::UnknownUser), Ending::Refused(refusal))
        }
        Ok(Some(refusal)) => (Reply::Denied(Denial::Refused), Ending::Refused(refusal)),
        Err(outage) => (Reply::Unavailable, Ending::Unavailable(outage)),
    };
    if is_others(&ending) && caller.is_root() {
        take_back(engine, caller, query).await;
    }
    if is_news(&ending, query) {
        record(engine, caller, query, &ending, started.elapsed());
    }
    reply
}

/// Whether the answer belongs into the audit. A user who is kept out always does. One who gets in has a
/// line of his own only here if he came with a key, since a login that monk has granted is not asked about
/// again; but programs ask also for sessions that nobody comes in by, such as those of cron and of
/// systemd for each user, and those would be a line a minute. They state neither an address, nor a
/// terminal, nor a person.
fn is_news(ending: &Ending, query: &AccountQuery) -> bool {
    let comes_in = query.address.is_some()
        || query.person.is_some()
        || audit::screen(query.terminal.as_deref()).is_some();
    comes_in || !(matches!(ending, Ending::Granted(_)) || is_others(ending))
}

/// Whether other modules decide about the user.
fn is_others(ending: &Ending) -> bool {
    matches!(ending, Ending::Refused(refusal) if refusal.leaves_to_others())
}

fn record(engine: &Engine, caller: Caller, query: &AccountQuery, ending: &Ending, took: Duration) {
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
        took,
    });
}

/// Whether this caller may ask about this user.
async fn may_ask(caller: Caller, query: &AccountQuery) -> Result<bool, Failure> {
    if caller.is_root() || recent_grants::contain(caller.uid, &query.user, &query.service) {
        return Ok(true);
    }
    let own = access::name_of(caller.uid).await?;
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

/// Why the user is not let in, if so.
async fn state(
    engine: &Engine,
    query: &AccountQuery,
    deadline: Deadline,
) -> Result<Option<Refusal>, Outage> {
    let user = &query.user;
    if let Err(refusal) = check_name(user) {
        return Ok(Some(refusal));
    }
    let groups = engine.settings.policy_for(&query.service).groups;
    Ok(match engine.find(user, deadline).await? {
        Found::One(account, _) if account.state != AccountState::Enabled => account.state.refusal(),
        // Who was let in by a key has been asked for no group yet.
        Found::One(account, _) if !groups.is_empty() => {
            let is_in = engine.directory.is_in_group(&account, &groups, deadline).await?;
            (!is_in).then_some(Refusal::NotInGroup)
        }
        Found::One(..) => None,
        Found::None => Some(Refusal::UnknownUser),
        Found::Local => Some(Refusal::LocalAccount),
        Found::Several => Some(Refusal::AmbiguousUser),
    })
}
