//! Account management: is this a user that the engine knows and lets in?
//!
//! Also guards logins that never authenticate through PAM, such as sshd's with a public key.
//!
//! Root's programs may ask about anybody. Everybody else may ask about himself, as screen lockers do,
//! and about whom the same program was granted a login for a moment ago, as databases and web servers
//! do. Other questions are refused without a look at the directory, so that the refusal tells nothing.

use std::time::{Duration, Instant};

use monk_core::verdict::{Grant, Refusal};
use monk_wire::{AccountQuery, Denial, Reply};

use crate::audit::{self, Ending};
use crate::deadline::Deadline;
use crate::engine::{Engine, Found};
use crate::login::{Caller, check_name};
use crate::manage::access;
use crate::outage::Outage;
use crate::recent_grants;

/// Longest time that an answer may take.
const MAX_BUDGET: Duration = Duration::from_secs(10);

/// What is left of the budget for the answer's way back.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// Answers the question. Only refusals and outages are recorded: the login before was.
pub async fn run(engine: &Engine, caller: Caller, query: &AccountQuery) -> Reply {
    let started = Instant::now();
    match may_ask(caller, query).await {
        Some(true) => {}
        Some(false) => {
            record(query, Some(caller.uid), &Ending::NotDone("not-permitted"), started);
            // As long as every refusal takes, which also limits how many there are.
            tokio::time::sleep(Duration::from_millis(engine.settings.engine.refusal_ms)).await;
            return Reply::Denied(Denial::Refused);
        }
        None => {
            let outage = Ending::Unanswered("this host's user database".to_owned());
            record(query, Some(caller.uid), &outage, started);
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
        Ok(Some(Refusal::UnknownUser)) => {
            (Reply::Denied(Denial::UnknownUser), Ending::Refused(Refusal::UnknownUser))
        }
        Ok(Some(refusal)) => (Reply::Denied(Denial::Refused), Ending::Refused(refusal)),
        Err(outage) => (Reply::Unavailable, Ending::Unavailable(outage)),
    };
    if !matches!(ending, Ending::Granted(_)) {
        record(query, None, &ending, started);
    }
    reply
}

/// Whether this caller may ask about this user; `None` where that cannot be found out.
async fn may_ask(caller: Caller, query: &AccountQuery) -> Option<bool> {
    if caller.is_root() || recent_grants::contain(caller.uid, &query.user, &query.service) {
        return Some(true);
    }
    let own = access::name_of(caller.uid).await.ok()?;
    Some(own.is_some_and(|own| own == query.user))
}

fn record(query: &AccountQuery, by: Option<u32>, ending: &Ending, started: Instant) {
    audit::record(&audit::Line {
        event: "account",
        user: &query.user,
        service: &query.service,
        by,
        address: query.address.as_deref(),
        ending,
        credential: None,
        took: started.elapsed(),
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
