//! The way of one look-up: the map, the engine, and what was last known.

use monk_wire::names::map::Header;
use monk_wire::names::{MAX_QUERY, Query};

use crate::engine::{Reply, Wait, ask};
use crate::failure::Failure;
use crate::map::{self, Page};
use crate::places::Places;

/// Where an answer goes.
pub(crate) trait Take {
    /// What was taken.
    type Taken;

    /// Takes an encoded answer of the map.
    ///
    /// # Errors
    /// [`Failure`] where it says none, or cannot be taken.
    fn of_map(&mut self, answer: &[u8]) -> Result<Self::Taken, Failure>;

    /// Takes the answer of the engine.
    ///
    /// # Errors
    /// As [`Take::of_map`].
    fn of_engine(&mut self, reply: Reply) -> Result<Self::Taken, Failure>;
}

/// Answers a query from the map where it is fresh there, or else by the engine. An engine that gives no answer
/// leaves what was last known, if that was an entry: that there was none says little after a while. One that says
/// that it cannot tell is believed: it has what is in the map, and knows whether that may still be given.
///
/// # Errors
/// [`Failure`].
pub(crate) fn look_up<T: Take>(
    places: &Places<'_>,
    query: Query<'_>,
    take: &mut T,
) -> Result<T::Taken, Failure> {
    let mut room = [0; MAX_QUERY];
    let query = encode(query, &mut room)?;
    let mut page = Page::new();
    let header = map::read(places, query, &mut page);
    let now = (places.now)();
    let known = page.answer(query);
    if let Some(fresh) = known.filter(|record| now < record.fresh_until) {
        return take.of_map(fresh.answer);
    }
    let failure = match asked(places, query, header, Wait::LookUp, take) {
        Err(failure @ (Failure::Absent | Failure::Silent | Failure::CannotTell)) => failure,
        done => return done,
    };
    let kept = known.filter(|record| now < record.keep_until);
    match kept.map(|record| take.of_map(record.answer)) {
        None | Some(Err(Failure::NotFound)) => Err(failure),
        Some(kept) => kept,
    }
}

/// Asks the engine what is never in the map.
///
/// # Errors
/// [`Failure`].
pub(crate) fn ask_only<T: Take>(
    places: &Places<'_>,
    query: Query<'_>,
    wait: Wait,
    take: &mut T,
) -> Result<T::Taken, Failure> {
    let mut room = [0; MAX_QUERY];
    let query = encode(query, &mut room)?;
    asked(places, query, map::header(places), wait, take)
}

fn encode<'a>(query: Query<'_>, room: &'a mut [u8; MAX_QUERY]) -> Result<&'a [u8], Failure> {
    let encoded = postcard::to_slice(&query, room);
    encoded.map(|encoded| &*encoded).map_err(|_| Failure::CannotTell)
}

/// Asks the engine unless that would be waiting in vain.
fn asked<T: Take>(
    places: &Places<'_>,
    query: &[u8],
    header: Option<Header>,
    wait: Wait,
    take: &mut T,
) -> Result<T::Taken, Failure> {
    let now = (places.now)();
    let heartbeat = header.map(|header| header.heartbeat);
    match header {
        Some(Header { heartbeat: 0, .. }) => return Err(Failure::Absent),
        Some(header) if !header.is_alive(now) => return Err(Failure::CannotTell),
        _ => {}
    }
    if places.silence.holds(now, heartbeat) {
        return Err(Failure::CannotTell);
    }
    let taken = ask(places, query, wait).and_then(|reply| take.of_engine(reply));
    if matches!(taken, Err(Failure::Silent)) {
        places.silence.begin((places.now)(), heartbeat);
    }
    taken
}
