//! What would have become of logins under the policy that is to come, as the engine wrote it beside them.

use std::collections::HashMap;

use monk_terms::verdict::Refusal;

/// Who logs in where, from which network.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The name that was typed, in small letters.
    pub user: String,
    /// The PAM service.
    pub service: String,
    /// Where from, if the program said so.
    pub network: Option<String>,
}

/// What would have become of a login that was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forecast {
    /// The user would be in, perhaps after a screen that asks for the code.
    Granted,
    /// The login does not tell.
    Unknown,
    /// The answer would be no, for this reason. `None` for one that only a newer monk knows.
    Refused(Option<Refusal>),
}

impl Forecast {
    /// Reads the word of the audit.
    pub fn of_word(word: &str) -> Self {
        match word {
            "granted" | "asks-for-code" => Self::Granted,
            "unknown" => Self::Unknown,
            reason => Self::Refused(Refusal::of_word(reason)),
        }
    }
}

/// The logins of one place that have a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prospect {
    /// What the latest one says that tells anything: somebody who has enrolled since is not refused any more, and a
    /// slow directory is no reason to take back a refusal.
    pub latest: Forecast,
    /// When that was, in seconds since 1970, where the log says so.
    pub last: Option<u64>,
    /// How many of them would have been refused.
    pub refused: u64,
}

/// All of them.
pub type Forecasts = HashMap<Place, Prospect>;

/// Adds one more login. Lines of one second are in their order; those of several files need not be.
pub fn add(forecasts: &mut Forecasts, place: Place, at: Option<u64>, forecast: Forecast) {
    let is_refused = matches!(forecast, Forecast::Refused(_));
    let first = Prospect { latest: forecast, last: at, refused: 0 };
    let prospect = forecasts.entry(place).or_insert(first);
    prospect.refused += u64::from(is_refused);
    let counts = match (prospect.latest, forecast) {
        (Forecast::Unknown, Forecast::Granted | Forecast::Refused(_)) => true,
        (Forecast::Granted | Forecast::Refused(_), Forecast::Unknown) => false,
        _ => at >= prospect.last,
    };
    if counts {
        prospect.latest = forecast;
        prospect.last = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_login_that_tells_anything_decides_whatever_the_order_of_the_lines() {
        let refused = Forecast::Refused(Some(Refusal::CodeMissing));
        let latest = |lines: &[(u64, Forecast)]| {
            let place = Place { user: "bob".into(), service: "imap".into(), network: None };
            let mut forecasts = Forecasts::new();
            lines.iter().for_each(|&(at, what)| add(&mut forecasts, place.clone(), Some(at), what));
            forecasts[&place].latest
        };
        assert_eq!(latest(&[(1, refused), (2, Forecast::Granted)]), Forecast::Granted);
        assert_eq!(latest(&[(2, Forecast::Granted), (1, refused)]), Forecast::Granted);
        assert_eq!(latest(&[(1, refused), (2, Forecast::Unknown)]), refused);
        assert_eq!(latest(&[(2, Forecast::Unknown), (1, refused)]), refused);
        assert_eq!(latest(&[(1, Forecast::Unknown)]), Forecast::Unknown);
    }
}
