//! Logins of the past, decided once more under other settings.

use monk_terms::forecast::Forecast;
use monk_terms::how::How;
use monk_terms::verdict::{Grant, Refusal};
use serde::{Deserialize, Serialize};

use crate::bounded;

/// Longest text of settings, in bytes: many times those of a large site.
pub const MOST_SETTINGS: usize = 256 * 1024;

/// Logins in one request. Users wait for no part of it: the engine takes them one by one, and logins of now come in
/// between.
pub const MOST_PAST_LOGINS: usize = 1000;

/// Logins of the past, and the settings that they are decided under. Nothing is spent, counted or written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// The text of the settings. Only the policies of services count.
    #[serde(deserialize_with = "bounded::text::<MOST_SETTINGS, _>")]
    pub settings: String,
    /// The logins. Those of one user should stand together: the user is looked up once.
    #[serde(deserialize_with = "bounded::list::<MOST_PAST_LOGINS, _, _>")]
    pub logins: Vec<PastLogin>,
}

/// A login of the past, as the audit tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PastLogin {
    /// What the program asked for.
    pub event: PastEvent,
    /// The name that was typed.
    pub user: String,
    /// The PAM service.
    pub service: String,
    /// The address, if the program stated one.
    pub address: Option<String>,
    /// How it ended.
    pub end: PastEnd,
    /// The id of the credential that it concerned.
    pub credential: Option<String>,
    /// In which form it came, where the log says so.
    pub how: Option<How>,
}

/// What a program asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PastEvent {
    /// Whether to let somebody in.
    Login,
    /// About somebody whom it let in itself, as with an ssh key.
    Account,
}

/// How a login of the past ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PastEnd {
    /// The user was let in.
    Granted(Grant),
    /// The answer was no.
    Refused(Refusal),
}

/// What would become of logins of the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// One for each login, in the same order.
    pub prospects: Vec<Prospect>,
    /// Sections of the settings that differ from those in force, and were not looked at.
    pub left_out: Vec<String>,
}

/// What would become of a login of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prospect {
    /// Under the settings in force, with what the user has now.
    pub now: Forecast,
    /// Under the other settings.
    pub then: Forecast,
}
