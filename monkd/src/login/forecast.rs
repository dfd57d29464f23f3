//! How a login would have ended under the policy that is to come.
//!
//! The forecast is no second set of rules: it takes the steps of a login once more, with the other policy and with the
//! [facts](super::facts) that the login has found out. It spends nothing, counts nothing, sends no password and writes
//! nothing down. It asks the directory for one thing only: whether the user is in groups that today's policy does not
//! name. Where it would need more than is known, it says so.

use std::time::Duration;

use monk_terms::forecast::Forecast;
use monk_terms::verdict::Refusal;
use monk_wire::Secret;

use super::case::{Case, Mode};
use super::decide;
use super::dialogue::{Ask, Dialogue, HungUp};
use super::ending::Stop;
use super::trial::Trial;
use crate::audit::Ending;
use crate::deadline::Deadline;

/// Longest time of a forecast: a search for groups. The login waits for it, so it is short.
pub(super) const LONGEST: Duration = Duration::from_millis(500);

/// What is left of the time before a refusal, to write its line.
pub(super) const MARGIN: Duration = Duration::from_millis(50);

/// Nobody is asked.
pub(super) struct Nobody;

impl Ask for Nobody {
    async fn ask(&mut self, _: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        Err(HungUp)
    }

    fn has_left(&mut self) -> bool {
        true
    }
}

/// The forecast for a login that has ended like this, if a policy is reported: by the end of `time`, or it is unknown.
///
/// The directory is given the `deadline` of the login. A server that does not answer within a shorter one would count as
/// one that hangs, and others would be asked in its place.
pub(super) async fn of(
    case: &Case<'_>,
    ending: &Ending,
    time: Duration,
    deadline: Deadline,
) -> Option<Forecast> {
    let coming = case.coming.clone()?;
    match ending {
        Ending::Granted(_) => {}
        // The throttle knows no policy.
        Ending::Refused(Refusal::Throttled) => return Some(Forecast::Refused(Refusal::Throttled)),
        Ending::Refused(_) => {}
        _ => return Some(Forecast::Unknown),
    }
    let case = Case { policy: coming, coming: None, mode: Mode::Forecast, ..case.copy() };
    if let Err(refusal) = case.check_limits() {
        return Some(Forecast::Refused(refusal));
    }
    let mut nobody = Nobody;
    let mut dialogue = Dialogue::until(&case, &mut nobody, deadline);
    let mut trial = Trial::new(&case);
    let steps = Box::pin(decide(&case, &mut dialogue, &mut trial));
    let Ok(outcome) = tokio::time::timeout(time, steps).await else {
        return Some(Forecast::Unknown);
    };
    Some(match outcome {
        Ok(_) => Forecast::Granted,
        Err(Stop::Refused(refusal, _)) => Forecast::Refused(refusal),
        Err(Stop::AsksForCode) => Forecast::AsksForCode,
        Err(Stop::Sent(_)) => Forecast::Refused(Refusal::CodeSent),
        Err(Stop::Unavailable(_) | Stop::HungUp) => Forecast::Unknown,
    })
}
