//! The places of connections, and which one makes room where they run short.
//!
//! | a connection | may be ended |
//! |---|---|
//! | says nothing, or is shaking hands | yes |
//! | sends a request, or waits for its turn | yes: it is told to come again |
//! | is being worked on | never: it has its end within seconds |
//! | does not take its answer | yes |
//!
//! Connections are counted by the network of the browser behind them: that of the peer, or for a proxy the one that it
//! names, as soon as a request has come. A network with too many makes room itself. Where all places are taken, the
//! network with the most connections that may be ended loses the oldest of them. So nobody keeps others out by holding
//! connections open, also not behind a proxy that passes requests on as they arrive.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::limits::{CONNECTIONS, CONNECTIONS_OF_NETWORK};
use crate::address::Network;
use crate::log;

/// How long a connection is taken to be about to go on by itself. One that is made in a loop is refused, which costs
/// less than making room each time.
const ABOUT_TO_GO_ON: Duration = Duration::from_secs(1);

/// Pause between two lines in the log that say that connections were ended for others.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// There is no place: others are being worked on in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPlace;

/// Who holds a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Holder {
    /// A proxy, between two requests.
    Proxy,
    /// A browser.
    Browser(Network),
}

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// Nothing.
    Resting,
    /// It sends a request, or waits for its turn.
    Asking,
    /// The engine works for it.
    Working,
    /// It takes its answer.
    Reading,
}

/// The connections there are.
#[derive(Debug, Default)]
pub struct Places {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    held: BTreeMap<u64, Held>,
    ended: u64,
    told: Option<Instant>,
}

#[derive(Debug)]
struct Held {
    holder: Holder,
    doing: Doing,
    since: Instant,
    /// Moves on with `since`, also where the clock does not.
    order: u64,
    end: watch::Sender<bool>,
}

/// The place of a connection, until it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    number: u64,
    at_rest: Holder,
    ended: watch::Receiver<bool>,
}

impl Places {
    /// A place for a new connection, whose network is known if it comes from a browser.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub fn take(self: &Arc<Self>, browser: Option<Network>) -> Result<Place, NoPlace> {
        let holder = browser.map_or(Holder::Proxy, Holder::Browser);
        let mut table = self.table();
        table.make_room_of(holder, None)?;
        if table.held.len() >= CONNECTIONS {
            table.make_room().ok_or(NoPlace)?;
        }
        let (end, ended) = watch::channel(false);
        let number = table.count_on();
        let held =
            Held { holder, doing: Doing::Resting, since: Instant::now(), order: number, end };
        table.held.insert(number, held);
        Ok(Place { places: Arc::clone(self), number, at_rest: holder, ended })
    }

    /// Ends a connection, because the kernel has no more descriptors.
    pub fn make_room(&self) {
        let _all_are_worked_on = self.table().make_room();
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// A request has begun to come, from a browser in `network`.
    ///
    /// # Errors
    /// [`NoPlace`] where that network has too many, or where this place was needed for others.
    pub fn serves(&self, network: Network) -> Result<(), NoPlace> {
        let mut table = self.places.table();
        table.make_room_of(Holder::Browser(network), Some(self.number))?;
        self.becomes(&mut table, Holder::Browser(network), Doing::Asking)
    }

    /// The request is worked on from now on.
    ///
    /// # Errors
    /// [`NoPlace`] where the place was needed for others.
    pub fn works(&self, network: Network) -> Result<(), NoPlace> {
        self.becomes(&mut self.places.table(), Holder::Browser(network), Doing::Working)
    }

    /// There is an answer, and the browser has to take it.
    pub fn answers(&self, network: Network) {
        let holder = Holder::Browser(network);
        let _was_ended = self.becomes(&mut self.places.table(), holder, Doing::Reading);
    }

    /// All that was written was taken, which was the answer, or the word that a body may come (RFC 9110, section
    /// 15.2.1).
    pub fn has_taken_all(&self) {
        let mut table = self.places.table();
        let is_reading = |held: &Held| held.doing == Doing::Reading;
        if table.held.get(&self.number).is_some_and(is_reading) {
            let _is_there = self.becomes(&mut table, self.at_rest, Doing::Resting);
        }
    }

    /// Returns when the place is needed for others.
    pub async fn ended(&self) {
        let mut ended = self.ended.clone();
        // The sender goes with the place in the table, which is when it is needed.
        let _gone = ended.wait_for(|ended| *ended).await;
    }

    fn becomes(&self, table: &mut Table, holder: Holder, doing: Doing) -> Result<(), NoPlace> {
        let order = table.count_on();
        let held = table.held.get_mut(&self.number).ok_or(NoPlace)?;
        (held.holder, held.doing) = (holder, doing);
        (held.since, held.order) = (Instant::now(), order);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.table().held.remove(&self.number);
    }
}

impl Table {
    fn count_on(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Makes sure that a network has room for one more, beside the connection `except`. Browsers whose proxy names no
    /// address have no share of their own: they may be everybody.
    fn make_room_of(&mut self, holder: Holder, except: Option<u64>) -> Result<(), NoPlace> {
        let Holder::Browser(Network::At(_)) = holder else { return Ok(()) };
        let of_holder =
            |(number, held): &(&u64, &Held)| held.holder == holder && Some(**number) != except;
        if self.held.iter().filter(of_holder).count() < CONNECTIONS_OF_NETWORK {
            return Ok(());
        }
        let may_end = self.held.iter().filter(of_holder);
        let may_end = may_end.filter(|(_, held)| held.may_end() && !held.is_new());
        let oldest = may_end.min_by_key(|(_, held)| held.order).map(|(number, _)| *number);
        self.held.remove(&oldest.ok_or(NoPlace)?).ok_or(NoPlace)?.end();
        Ok(())
    }

    /// Ends a connection of the network with the most. A proxy's own, which it may be about to use, come last.
    fn make_room(&mut self) -> Option<()> {
        let number = self
            .oldest_of_most(|held| !held.is_new() && held.holder != Holder::Proxy)
            .or_else(|| self.oldest_of_most(|held| held.holder != Holder::Proxy))
            .or_else(|| self.oldest_of_most(|_| true))?;
        let held = self.held.remove(&number)?;
        held.end();
        self.tell(held.holder);
        Some(())
    }

    fn oldest_of_most(&self, may: impl Fn(&Held) -> bool) -> Option<u64> {
        let may = |held: &Held| held.may_end() && may(held);
        let mut counts: HashMap<Holder, usize> = HashMap::new();
        for held in self.held.values().filter(|held| may(held)) {
            *counts.entry(held.holder).or_default() += 1;
        }
        let most = counts.values().max()?;
        let of_most = |held: &Held| may(held) && counts.get(&held.holder) == Some(most);
        let of_most = self.held.iter().filter(|(_, held)| of_most(held));
        of_most.min_by_key(|(_, held)| held.order).map(|(number, _)| *number)
    }

    /// Writes into the log that connections were ended; not more often than anybody reads it.
    fn tell(&mut self, last: Holder) {
        self.ended += 1;
        if self.told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return;
        }
        self.told = Some(Instant::now());
        let count = std::mem::take(&mut self.ended);
        let last = match last {
            Holder::Proxy => "a proxy".to_owned(),
            Holder::Browser(network) => network.to_string(),
        };
        log::line(&format!(
            "all {CONNECTIONS} connections are in use: {count} slow ones were ended for others, the last one of {last}"
        ));
    }
}

impl Held {
    fn may_end(&self) -> bool {
        self.doing != Doing::Working
    }

    fn is_new(&self) -> bool {
        self.since.elapsed() < ABOUT_TO_GO_ON
    }

    fn end(&self) {
        let _nobody_waits = self.end.send(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u8) -> Network {
        Network::At([192, 0, 2, number].into())
    }

    fn is_over(place: &Place) -> bool {
        *place.ended.borrow()
    }

    /// As if a second had gone by.
    fn age(places: &Places) {
        for held in places.table().held.values_mut() {
            held.since = held.since.checked_sub(ABOUT_TO_GO_ON).expect("a time before");
        }
    }

    #[test]
    fn a_network_with_too_many_loses_its_oldest_and_others_lose_none() {
        let places = Arc::new(Places::default());
        let other = places.take(Some(network(2))).expect("a place");
        let take = || places.take(Some(network(1)));
        let held: Vec<_> = (0..CONNECTIONS_OF_NETWORK).map(|_| take().expect("a place")).collect();
        assert_eq!(take().err(), Some(NoPlace), "it connects in a loop");
        age(&places);
        let _one_more = take().expect("a place");
        assert!(is_over(&held[0]) && held[1..].iter().all(|place| !is_over(place)));
        assert!(!is_over(&other));
        drop(held);
        assert_eq!(places.table().held.len(), 2);
    }

    #[test]
    fn behind_a_proxy_browsers_are_counted_by_their_networks_from_their_request_on() {
        let places = Arc::new(Places::default());
        let held: Vec<_> =
            (0..=CONNECTIONS_OF_NETWORK).map(|_| places.take(None).expect("a place")).collect();
        for place in &held[1..] {
            place.serves(network(1)).expect("as many as it may have");
        }
        assert_eq!(held[0].serves(network(1)), Err(NoPlace));
        assert_eq!(held[0].serves(Network::Nowhere), Ok(()), "nobody knows who they are");
        assert_eq!(held[0].serves(network(2)), Ok(()));
        age(&places);
        assert_eq!(held[0].serves(network(1)), Ok(()));
        assert!(is_over(&held[1]) && !is_over(&held[2]));
        assert_eq!(held[1].works(network(1)), Err(NoPlace), "it was ended");
        // Two are at rest again, and no browser's: one answer was taken, and one browser is told to send its body.
        held[2].answers(network(1));
        held[2].has_taken_all();
        held[3].has_taken_all();
        let of_browsers =
            places.table().held.values().filter(|one| one.holder != Holder::Proxy).count();
        assert_eq!(of_browsers, CONNECTIONS_OF_NETWORK - 1);
    }

    #[test]
    fn where_all_places_are_taken_the_largest_holder_loses_its_oldest_one() {
        let places = Arc::new(Places::default());
        let take = |n: usize| {
            let network = network(u8::try_from(n).expect("few"));
            places.take(Some(network)).expect("a place")
        };
        let small = take(200);
        let proxy = places.take(None).expect("a place");
        let mut large: Vec<_> = Vec::new();
        let networks = CONNECTIONS / CONNECTIONS_OF_NETWORK;
        for n in 0..CONNECTIONS - 2 {
            large.push(take(n % networks));
        }
        assert_eq!(places.table().held.len(), CONNECTIONS);
        let browser = take(201);
        let ended = large.iter().filter(|place| is_over(place)).count();
        assert_eq!((ended, is_over(&small), is_over(&proxy)), (1, false, false));
        assert!(is_over(&large[0]), "the oldest of one with the most");
        assert_eq!(places.table().held.len(), CONNECTIONS);
        drop(browser);
    }

    #[test]
    fn what_is_worked_on_is_never_ended() {
        let places = Arc::new(Places::default());
        let held: Vec<_> = (0..CONNECTIONS).map(|_| places.take(None).expect("a place")).collect();
        for place in &held {
            place.works(Network::Nowhere).expect("a place");
        }
        age(&places);
        assert_eq!(places.take(Some(network(1))).err(), Some(NoPlace));
        held[7].answers(Network::Nowhere);
        let _browser = places.take(Some(network(1))).expect("a place");
        assert!(is_over(&held[7]) && held.iter().filter(|place| is_over(place)).count() == 1);
    }
}
