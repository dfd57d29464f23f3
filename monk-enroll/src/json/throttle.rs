//! Documents of `throttle`.

use monk_wire::manage::SlowedRow;
use serde::Serialize;

use crate::when::Moment;

/// `throttle list`.
#[derive(Debug, Serialize)]
pub struct ThrottleList<'a> {
    /// Who waits longest first.
    pub slowed: Vec<SlowedDocument<'a>>,
}

/// One counter of `throttle list`.
#[derive(Debug, Serialize)]
pub struct SlowedDocument<'a> {
    scope: &'a str,
    proof: &'a str,
    user: Option<&'a str>,
    network: Option<&'a str>,
    failures: u32,
    wait: u64,
    last: Moment,
}

impl<'a> SlowedDocument<'a> {
    pub(crate) fn of(row: &'a SlowedRow) -> Self {
        Self {
            scope: &row.scope,
            proof: &row.proof,
            user: row.user.as_deref(),
            network: row.network.as_deref(),
            failures: row.failures,
            wait: row.wait,
            last: Moment(row.at),
        }
    }
}

/// `throttle clear`.
#[derive(Debug, Serialize)]
pub struct ThrottleCleared {
    /// How many counters are forgotten.
    pub cleared: u32,
}
