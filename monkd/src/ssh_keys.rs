//! The public keys that a user logs in with, for `AuthorizedKeysCommand` of sshd.
//!
//! Root, and the user that sshd runs `monk-ssh-keys` as, may ask about anybody; everybody else about himself.
//! Whom a code after a key would not let in anyway has no keys here: users whose account is closed, or who are
//! in none of the groups of the policy. A password that has to be changed takes no keys away, because the
//! account rule leads such a user through the change.
//!
//! sshd asks for each key that somebody offers, so the audit has a line only where the answer is no, or
//! none.

use std::time::{Duration, Instant};

use monk_core::closed::{Way, why_closed};
use monk_terms::verdict::Refusal;
use monk_wire::manage::Failure;
use monk_wire::ssh_keys::{KeyLines, KeyQuery};
use monk_wire::{Denial, Reply};

use crate::administration::unanswered;
use crate::audit::{self, Ending};
use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::directory::{Account, Advice, Lookup};
use crate::engine::Engine;
use crate::local_accounts;
use crate::login::check_name;
use crate::manage::access;
use crate::outage::Outage;

/// Longest time that an answer may take. Somebody waits for it before anything is asked.
const MAX_BUDGET: Duration = Duration::from_secs(5);

/// What is left of the budget for the answer's way back.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// Answers the question.
pub async fn run(engine: &Engine, caller: Caller, query: &KeyQuery) -> Reply {
    let started = Instant::now();
    match may_ask(engine, caller, query).await {
        Ok(true) => {}
        Ok(false) => {
            record(engine, caller, query, &Ending::NotDone("not-permitted"), started.elapsed());
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
    match keys(engine, query, deadline).await {
        Ok(Ok(lines)) => Reply::Keys(lines),
        Ok(Err(refusal)) => {
            // Nobody wonders where the keys of users are whom monk does not know.
            if !refusal.leaves_to_others() {
                record(engine, caller, query, &Ending::Refused(refusal), started.elapsed());
            }
            Reply::Keys(KeyLines::default())
        }
        Err(outage) => {
            record(engine, caller, query, &Ending::Unavailable(outage), started.elapsed());
            Reply::Unavailable
        }
    }
}

/// Whether this caller may ask about this user.
async fn may_ask(engine: &Engine, caller: Caller, query: &KeyQuery) -> Result<bool, Failure> {
    if caller.is_root() || local_accounts::is_account(&engine.settings.ssh_keys.user, caller.uid) {
        return Ok(true);
    }
    let own = access::name_of(engine, caller.uid).await?;
    Ok(own.is_some_and(|own| own == query.user))
}

/// The lines of the user's keys, or why there are none.
async fn keys(
    engine: &Engine,
    query: &KeyQuery,
    deadline: Deadline,
) -> Result<Result<KeyLines, Refusal>, Outage> {
    let account = match account(engine, &query.user, deadline).await? {
        Ok(account) => account,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(refusal) = why_closed(account.state, Way::SecondFactorAlone, &[]) {
        return Ok(Err(refusal));
    }
    let groups = engine.settings.policy_for(&query.service).groups;
    if !groups.is_empty() && !engine.directory.is_in_group(&account, &groups, deadline).await? {
        return Ok(Err(Refusal::NotInGroup));
    }
    let (lines, left_out) = KeyLines::of(engine.directory.ssh_keys(&account, deadline).await?);
    if left_out > 0 {
        audit::warn(&format!(
            "{left_out} of the ssh keys of user {:?} are left out: they are more than one line each, or too \
             long, or too many",
            account.name
        ));
    }
    Ok(Ok(lines))
}

/// The user of that name. A key opens the account of the host that is spelled like the name: what is another
/// spelling to the directory may be another user there.
async fn account(
    engine: &Engine,
    name: &str,
    deadline: Deadline,
) -> Result<Result<Account, Refusal>, Outage> {
    if let Err(refusal) = check_name(name) {
        return Ok(Err(refusal));
    }
    if engine.local_accounts.contain(name) {
        return Ok(Err(Refusal::LocalAccount));
    }
    Ok(match engine.directory.find(name, deadline).await? {
        Lookup::One(account) if account.name == name => Ok(*account),
        Lookup::One(_) | Lookup::None => Err(Refusal::UnknownUser),
        Lookup::Several => Err(Refusal::AmbiguousUser),
    })
}

fn record(engine: &Engine, caller: Caller, query: &KeyQuery, ending: &Ending, took: Duration) {
    let is_known = match ending {
        Ending::Refused(refusal) => {
            !matches!(refusal, Refusal::AmbiguousUser | Refusal::BadName | Refusal::UnknownUser)
        }
        _ => false,
    };
    audit::record(&audit::Line {
        event: "ssh-keys",
        user: &engine.shown(&query.user, is_known),
        service: &query.service,
        terminal: None,
        by: audit::by(caller, None),
        address: None,
        ending,
        credential: None,
        password: Advice::Nothing,
        how: None,
        would: None,
        took,
    });
}

#[cfg(test)]
mod tests;
