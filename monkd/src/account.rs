//! Account management: is this a user that the engine knows and lets in?
//!
//! Also guards logins that never authenticate through PAM, such as sshd's with a public key.

use std::time::{Duration, Instant};

use monk_core::verdict::{Grant, Refusal};
use monk_wire::{AccountQuery, Denial, Reply};

use crate::audit::{self, Ending};
use crate::deadline::Deadline;
use crate::engine::{Engine, Found};
use crate::login::{Caller, check_name};
use crate::outage::Outage;

/// Longest time that an answer may take.
const MAX_BUDGET: Duration = Duration::from_secs(10);

/// What is left of the budget for the answer's way back.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// Answers the question, and records it where somebody is about to come in, or is kept out.
pub async fn run(engine: &Engine, caller: Caller, query: &AccountQuery) -> Reply {
    let started = Instant::now();
    let budget = Duration::from_millis(query.budget_ms.into()).min(MAX_BUDGET);
    let deadline = Deadline::after(budget.saturating_sub(ANSWER_MARGIN));
    let (reply, ending) = match state(engine, query, deadline).await {
        Ok(None) => (
            Reply::Granted { forward: None, notice: None },
            Ending::Granted(Grant::CheckedElsewhere),
        ),
        Ok(Some(Refusal::UnknownUser)) => {
            (Reply::Denied(Denial::UnknownUser), Ending::Refused(Refusal::UnknownUser))
        }
        Ok(Some(refusal)) => (Reply::Denied(Denial::Refused), Ending::Refused(refusal)),
        Err(outage) => (Reply::Unavailable, Ending::Unavailable(outage)),
    };
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
    comes_in || !matches!(ending, Ending::Granted(_) | Ending::Refused(Refusal::UnknownUser))
}

fn record(engine: &Engine, caller: Caller, query: &AccountQuery, ending: &Ending, took: Duration) {
    let is_unknown = matches!(
        ending,
        Ending::Refused(Refusal::UnknownUser | Refusal::AmbiguousUser | Refusal::BadName)
            | Ending::Unavailable(_)
    );
    audit::record(&audit::Line {
        event: "account",
        user: &audit::names::shown(engine, &query.user, !is_unknown),
        service: &query.service,
        terminal: query.terminal.as_deref(),
        by: audit::by(caller, query.person),
        address: query.address.as_deref(),
        ending,
        credential: None,
        took,
    });
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
        Found::One(account, _) if account.disabled => Some(Refusal::Disabled),
        // Who was let in by a key has been asked for no group yet.
        Found::One(account, _) if !groups.is_empty() => {
            let is_in = engine.directory.is_in_group(&account, &groups, deadline).await?;
            (!is_in).then_some(Refusal::NotInGroup)
        }
        Found::One(..) => None,
        Found::None => Some(Refusal::UnknownUser),
        Found::Several => Some(Refusal::AmbiguousUser),
    })
}
