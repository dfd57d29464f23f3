//! The answer to `monk-metrics`: what was counted, and what the engine's state is.
//!
//! Root and the account that the settings name are told, and nobody else: how often logins fail, and how much the
//! engine has to do, is of use to somebody who attacks it.

use std::time::{Duration, Instant, UNIX_EPOCH};

use monk_wire::metrics::{Gauges, Snapshot};
use monk_wire::{Denial, Reply};

use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::engine::Engine;
use crate::portal_state::sessions::Lives;
use crate::tally::{self, CONNECTIONS, CONNECTIONS_WAITING};
use crate::{audit, hashing, keys, local_accounts};

/// Longest time that counting who is slowed down may take. A scrape has ten seconds.
const TIME: Duration = Duration::from_secs(2);

/// Answers the question. `conversations` are those under way, of each kind of caller.
pub async fn run(engine: &Engine, caller: Caller, conversations: [u64; 3]) -> Reply {
    let settings = &engine.settings.metrics;
    if !caller.is_root() && !local_accounts::is_account(&settings.user, caller.uid) {
        return Reply::Denied(Denial::Refused);
    }
    if !settings.enabled {
        return Reply::Metrics(None);
    }
    let gauges = gauges(engine, conversations).await;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Reply::Metrics(Some(Box::new(Snapshot { version, counts: tally::counts(), gauges })))
}

async fn gauges(engine: &Engine, conversations: [u64; 3]) -> Gauges {
    let portal = &engine.settings.portal;
    let [hashes, cheap_hashes] = hashing::state();
    let slowed = engine.throttle.slowed(Deadline::after(TIME)).await;
    let slowed = slowed
        .inspect_err(|outage| audit::warn(&format!("metrics lack who is slowed down: {outage}")));
    let (slowed_users, slowed_networks) = slowed.ok().unzip();
    let made = keys::made(&engine.settings.keys.folder, engine.keys.primary().id());
    let lives = Lives { idle: portal.idle(), most: portal.life() };
    let sessions = engine.portal.sessions.count(lives, Instant::now());
    Gauges {
        conversations,
        hashes,
        cheap_hashes,
        throttle_waiting: engine.throttle.waiting(),
        slowed_users,
        slowed_networks,
        sessions: u64::try_from(sessions).unwrap_or(u64::MAX),
        connections: CONNECTIONS.get(),
        connections_waiting: CONNECTIONS_WAITING.get(),
        key_made: made.and_then(|made| Some(made.duration_since(UNIX_EPOCH).ok()?.as_secs())),
        certificate_end: tally::certificate_end(),
        clock_moved: tally::clock_moved(),
        portal_certificates: tally::portal_certificate_ends(),
    }
}
