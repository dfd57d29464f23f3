//! The logins of a log, counted by user, service, reason and network.

use std::collections::HashMap;

use monk_terms::how::How;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::manage::{PastEnd, PastEvent, PastLogin};

use super::forecasts::{self, Forecast, Forecasts, Place};
use crate::audit::{Record, Verdict, network};

/// Most ways that are told apart: a hundred for each of 20,000 users. A user who logs in from everywhere
/// must not use up the memory of this host.
const MOST_WAYS: usize = 2_000_000;

/// Longest value of a line that the engine has written, in bytes: 256 characters.
const MAX_VALUE: usize = 1024;

/// The word for a reason that a newer monk has written.
pub const OTHER: &str = "other";

/// A way in which somebody logs in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Way {
    /// The name that was typed, in small letters.
    pub user: String,
    /// The PAM service.
    pub service: String,
    /// What opened the door: a word of the audit.
    pub reason: &'static str,
    /// Where from, if the program said so.
    pub network: Option<String>,
}

/// How often, and when last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How often.
    pub logins: u64,
    /// When last, in seconds since 1970, where the log says so.
    pub last: Option<u64>,
}

impl Seen {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self { logins: self.logins + other.logins, last: self.last.max(other.last) }
    }
}

/// How logins ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// The user was let in.
    pub granted: u64,
    /// monk said no.
    pub refused: u64,
    /// monk did not know the name.
    pub ignored: u64,
    /// There was no answer.
    pub unavailable: u64,
    /// The program hung up.
    pub abandoned: u64,
}

/// All logins of a log.
#[derive(Default)]
pub struct Gathered {
    services: Vec<String>,
    /// Those that were granted.
    pub ways: HashMap<Way, Seen>,
    /// What would have become of them under the policy that is to come.
    pub forecasts: Forecasts,
    /// Logins that may end in another way under another policy, if they are asked for.
    pub pasts: Option<HashMap<PastLogin, Seen>>,
    /// How all of them ended.
    pub ends: Ends,
    full: bool,
}

impl Gathered {
    /// Nothing so far, and only logins to these services, or to all of them.
    pub fn of_services(services: &[String]) -> Self {
        Self { services: services.to_vec(), ..Self::default() }
    }

    /// The same, and what a replay needs of each login.
    pub fn for_replay(self) -> Self {
        Self { pasts: Some(HashMap::new()), ..self }
    }

    /// Takes one more.
    pub fn take(&mut self, at: Option<u64>, record: &Record<'_>) {
        if !self.services.is_empty() && !self.services.iter().any(|one| *one == record.service) {
            return;
        }
        let count = match record.verdict {
            Verdict::Granted => &mut self.ends.granted,
            Verdict::Refused => &mut self.ends.refused,
            Verdict::Ignored => &mut self.ends.ignored,
            Verdict::Unavailable => &mut self.ends.unavailable,
            Verdict::Abandoned => &mut self.ends.abandoned,
        };
        *count += 1;
        if let (Some(pasts), Some(past)) = (&mut self.pasts, past(record)) {
            if pasts.len() >= MOST_WAYS && !pasts.contains_key(&past) {
                self.full = true;
                return;
            }
            let seen = pasts.entry(past).or_default();
            *seen = seen.and(Seen { logins: 1, last: at });
        }
        if record.verdict != Verdict::Granted {
            return;
        }
        let way = Way {
            user: record.user.to_lowercase(),
            service: record.service.to_string(),
            reason: Grant::of_word(&record.reason).map_or(OTHER, Grant::as_str),
            network: network(&record.address),
        };
        if self.ways.len() >= MOST_WAYS && !self.ways.contains_key(&way) {
            self.full = true;
            return;
        }
        if let Some(would) = &record.would {
            let Way { user, service, network, .. } = way.clone();
            let place = Place { user, service, network };
            // There are no more places than ways.
            forecasts::add(&mut self.forecasts, place, at, Forecast::of_word(would));
        }
        let seen = self.ways.entry(way).or_default();
        *seen = seen.and(Seen { logins: 1, last: at });
    }

    /// Whether there were more ways than can be told apart.
    pub fn is_full(&self) -> bool {
        self.full
    }
}

/// The login, as the engine is asked about it. `None` where it ends in the same way under any policy, or another
/// release has written its reason.
fn past(record: &Record<'_>) -> Option<PastLogin> {
    let end = match record.verdict {
        Verdict::Granted => PastEnd::Granted(Grant::of_word(&record.reason)?),
        Verdict::Refused => PastEnd::Refused(Refusal::of_word(&record.reason)?),
        Verdict::Ignored | Verdict::Unavailable | Verdict::Abandoned => return None,
    };
    let depends = match end {
        PastEnd::Granted(_) => true,
        PastEnd::Refused(refusal) => refusal.depends_on_policy(record.credential.is_some()),
    };
    let texts = [&record.user, &record.service, &record.address];
    let credential = record.credential.as_deref();
    let mut all = texts.map(|text| text.len()).into_iter().chain(credential.map(str::len));
    if !depends || all.any(|length| length > MAX_VALUE) {
        return None;
    }
    Some(PastLogin {
        event: if record.is_account { PastEvent::Account } else { PastEvent::Login },
        user: record.user.to_lowercase(),
        service: record.service.to_string(),
        address: Some(record.address.to_string()).filter(|address| address != "-"),
        end,
        credential: credential.map(str::to_owned),
        how: record.how.as_deref().and_then(How::of_word),
    })
}
