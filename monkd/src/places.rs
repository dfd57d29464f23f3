//! The places of conversations, and who makes room where they run short.
//!
//! | a conversation | may be made to leave |
//! |---|---|
//! | has not said anything yet, or does not take its reply | yes |
//! | waits for a person | yes |
//! | is being worked on | never: it has its end within seconds |
//!
//! Callers are of three kinds, told apart by the kernel, each with places of its own: programs of
//! root's, each service, and people. Within a kind they are counted by who is behind them: by the
//! person who has started a setuid program, by the network of somebody elsewhere. Whoever has too
//! many makes room himself, and where all places of a kind are taken, the oldest idle conversation of
//! the one who has the most of them goes. So nobody who holds conversations open keeps anybody else
//! out.

mod counts;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::audit;
use crate::holder::{FIRST_PERSON, Holder, SubordinateUids};

/// Conversations that programs of root's may have at once: more than sshd and Dovecot start.
const MAX_OF_ROOT: usize = 2048;

/// Conversations of all people together, who talk to the engine themselves.
const MAX_OF_PEOPLE: usize = 1024;

/// Conversations of one service that is not root's. A web server or a database with more logins in one
/// moment than this waits.
const MAX_OF_SERVICE: usize = 128;

/// Conversations that one person may have at once, by way of su and sudo or himself.
const MAX_OF_PERSON: usize = 128;

/// Of these, how many may wait for somebody to type. More terminals than anybody looks at.
const MAX_WAITING_OF_PERSON: usize = 32;

/// Conversations that wait for people in one network: an office behind one address, at the moment
/// when all of them sign in. sshd stops at 100 (`MaxStartups`).
const MAX_WAITING_OF_NETWORK: usize = 128;

/// Descriptors that are kept for stores, keys, directories and mail servers.
const OTHER_DESCRIPTORS: usize = 64;

/// Descriptors that one conversation may need: its own, and one to a directory; more with a
/// [`crate::porter`].
const FOR_ONE: usize = 4;

/// How long a caller that has just connected is taken to be about to speak: programs do at once.
const ABOUT_TO_SPEAK: Duration = Duration::from_secs(1);

/// Pause between two lines in the log that tell of conversations that were ended.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Somebody else needed the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evicted;

/// The conversations under way.
pub struct Places {
    table: Mutex<Table>,
    most: Most,
    containers: SubordinateUids,
}

/// How many of each kind there may be.
#[derive(Clone, Copy, Debug)]
struct Most {
    root: usize,
    people: usize,
    service: usize,
}

#[derive(Default)]
struct Table {
    next: u64,
    held: BTreeMap<u64, Held>,
    ended: u64,
    told: Option<Instant>,
}

struct Held {
    kind: Kind,
    holder: Holder,
    doing: Doing,
    since: Instant,
    /// Moves on with `since`, also where the clock does not.
    order: u64,
    evicted: Arc<Notify>,
}

/// The kind of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Root,
    Service(u32),
    People,
}

/// What a conversation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// Nothing was said yet, or nothing after a reply.
    Silent,
    /// The engine works.
    Computing,
    /// Somebody thinks, types, or does not read.
    Waiting,
}

impl Places {
    /// As many as there are descriptors for, which are `descriptors` altogether.
    #[must_use]
    pub fn new(descriptors: usize) -> Self {
        let all = descriptors.saturating_sub(OTHER_DESCRIPTORS) / FOR_ONE;
        let part = |most: usize, of: usize| most.min(all / of).max(1);
        let most = Most {
            root: part(MAX_OF_ROOT, 2),
            people: part(MAX_OF_PEOPLE, 4),
            service: part(MAX_OF_SERVICE, 16),
        };
        Self { table: Mutex::default(), most, containers: SubordinateUids::default() }
    }

    /// A place for a caller that has just connected, if there is one.
    pub fn take(places: &Arc<Self>, uid: u32) -> Option<Place> {
        let kind = match uid {
            0 => Kind::Root,
            FIRST_PERSON.. => Kind::People,
            service => Kind::Service(service),
        };
        let holder = match kind {
            Kind::Root => Holder::Unknown,
            Kind::Service(_) => Holder::Program,
            Kind::People => places.containers.holder(uid),
        };
        let mut table = places.table();
        if kind == Kind::People && table.count(kind, &holder) >= MAX_OF_PERSON {
            table.evict(kind, Some(&holder))?;
        }
        let most = match kind {
            Kind::Root => places.most.root,
            Kind::People => places.most.people,
            Kind::Service(_) => places.most.service,
        };
        if table.held.values().filter(|held| held.kind == kind).count() >= most {
            table.evict(kind, None)?;
        }
        let evicted = Arc::new(Notify::new());
        let number = table.next();
        let held = Held {
            kind,
            holder,
            doing: Doing::Silent,
            since: Instant::now(),
            order: number,
            evicted: Arc::clone(&evicted),
        };
        table.held.insert(number, held);
        Some(Place { places: Arc::clone(places), number, kind, evicted })
    }

    /// Ends an idle conversation of whichever kind, because the kernel has no more descriptors.
    pub fn make_room(&self) {
        let mut table = self.table();
        let kinds = table.held.values().map(|held| held.kind);
        let Some(kind) = most_frequent(kinds) else { return };
        table.evict(kind, None);
    }

    /// Waits until nobody is left, but not longer than `limit`.
    pub async fn empty(&self, limit: Duration) {
        let deadline = tokio::time::Instant::now() + limit;
        while tokio::time::Instant::now() < deadline {
            if self.table().held.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one that occurs most often.
fn most_frequent<T: PartialEq + Copy>(all: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    for one in all {
        match counts.iter_mut().find(|(other, _)| *other == one) {
            Some((_, count)) => *count += 1,
            None => counts.push((one, 1)),
        }
    }
    counts.into_iter().max_by_key(|&(_, count)| count).map(|(one, _)| one)
}

impl Table {
    fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn count(&self, kind: Kind, holder: &Holder) -> usize {
        self.held.values().filter(|held| held.kind == kind && held.holder == *holder).count()
    }

    fn waiting(&self, kind: Kind, holder: &Holder) -> usize {
        let waits = |held: &&Held| held.doing == Doing::Waiting;
        let of = |held: &&Held| held.kind == kind && held.holder == *holder;
        self.held.values().filter(waits).filter(of).count()
    }

    /// Ends the oldest idle conversation of `holder`, or else of the one who has the most of them.
    /// None where all are being worked on.
    fn evict(&mut self, kind: Kind, holder: Option<&Holder>) -> Option<()> {
        let number = match holder {
            // Whoever connects in a loop is turned away, which costs less than to make room each time.
            Some(holder) => self.oldest(kind, holder, |held| held.is_idle() && !held.is_new()),
            // Programs that have just connected come late, and root's own with nobody behind them
            // last: only where there is nobody else.
            None => self
                .oldest_of_most(kind, |held| held.is_idle() && !held.is_new() && !held.is_program())
                .or_else(|| self.oldest_of_most(kind, |held| held.is_idle() && held.is_new()))
                .or_else(|| self.oldest_of_most(kind, Held::is_idle)),
        }?;
        self.end(number);
        Some(())
    }

    fn end(&mut self, number: u64) {
        if let Some(held) = self.held.remove(&number) {
            held.evicted.notify_one();
            self.tell(&held);
        }
    }

    fn oldest_of_most(&self, kind: Kind, may: impl Fn(&Held) -> bool + Copy) -> Option<u64> {
        let mut counts: BTreeMap<&Holder, usize> = BTreeMap::new();
        for held in self.held.values().filter(|held| held.kind == kind && may(held)) {
            *counts.entry(&held.holder).or_default() += 1;
        }
        let most = counts.values().max()?;
        // Of several who have as many, the one who has held one for longest.
        let held = self.held.iter().filter(|(_, held)| held.kind == kind && may(held));
        let held = held.filter(|(_, held)| counts.get(&held.holder) == Some(most));
        held.min_by_key(|(_, held)| held.order).map(|(&number, _)| number)
    }

    fn oldest(&self, kind: Kind, holder: &Holder, may: impl Fn(&Held) -> bool) -> Option<u64> {
        let held = self.held.iter().filter(|(_, held)| held.kind == kind && held.holder == *holder);
        let held = held.filter(|(_, held)| may(held));
        held.min_by_key(|(_, held)| held.order).map(|(&number, _)| number)
    }

    /// Writes into the log that conversations were ended; not more often than anybody reads it.
    fn tell(&mut self, last: &Held) {
        self.ended += 1;
        if self.told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return;
        }
        self.told = Some(Instant::now());
        audit::warn(&format!(
            "{} idle conversations ended to make room, the last one held by {}",
            std::mem::take(&mut self.ended),
            last.holder
        ));
    }
}

impl Held {
    fn is_idle(&self) -> bool {
        self.doing != Doing::Computing
    }

    fn is_new(&self) -> bool {
        self.doing == Doing::Silent && self.since.elapsed() < ABOUT_TO_SPEAK
    }

    fn is_program(&self) -> bool {
        self.holder == Holder::Program && self.doing == Doing::Waiting
    }
}

/// The place of one conversation, until it is dropped.
pub struct Place {
    places: Arc<Places>,
    number: u64,
    kind: Kind,
    evicted: Arc<Notify>,
}

impl Place {
    /// A request has come, for `person` on this host or somebody at `address`. What programs that are
    /// not root's say of a person is not believed.
    ///
    /// # Errors
    /// [`Evicted`] where that one has too many conversations that are being worked on, or where this
    /// one was ended.
    pub fn serves(&self, person: Option<u32>, address: Option<&str>) -> Result<(), Evicted> {
        let holder = match (self.kind, person, address) {
            (Kind::People, _, _) => None,
            (Kind::Root, Some(person), _) if person >= FIRST_PERSON => {
                Some(self.places.containers.holder(person))
            }
            (Kind::Root, Some(person), _) if person > 0 => Some(Holder::Person(person)),
            (_, _, Some(address)) => Some(Holder::at(address)),
            _ => Some(Holder::Program),
        };
        let mut table = self.places.table();
        if let Some(holder) = holder {
            if holder.is_person() && table.count(self.kind, &holder) >= MAX_OF_PERSON {
                table.evict(self.kind, Some(&holder)).ok_or(Evicted)?;
            }
            // However many they are, half of the places are left to those who serve others.
            let persons = table.held.values().filter(|held| held.holder.is_person());
            if self.kind == Kind::Root
                && holder.is_person()
                && persons.filter(|held| held.kind == Kind::Root).count()
                    >= self.places.most.root / 2
            {
                let idle = |held: &Held| held.is_idle() && held.holder.is_person();
                let number = table.oldest_of_most(Kind::Root, idle).ok_or(Evicted)?;
                table.end(number);
            }
            table.held.get_mut(&self.number).ok_or(Evicted)?.holder = holder;
        }
        self.becomes(&mut table, Doing::Computing)
    }

    /// The engine works on it again.
    ///
    /// # Errors
    /// [`Evicted`] where it was ended.
    pub fn computes(&self) -> Result<(), Evicted> {
        self.becomes(&mut self.places.table(), Doing::Computing)
    }

    /// Somebody is waited for from now on. Whoever has too many that wait ends his oldest one.
    ///
    /// # Errors
    /// [`Evicted`] where it was ended.
    pub fn waits(&self) -> Result<(), Evicted> {
        let mut table = self.places.table();
        self.becomes(&mut table, Doing::Waiting)?;
        let holder = table.held.get(&self.number).ok_or(Evicted)?.holder.clone();
        let most = match holder {
            Holder::Person(_) | Holder::Containers(_) => MAX_WAITING_OF_PERSON,
            Holder::Network(_) | Holder::Host(_) => MAX_WAITING_OF_NETWORK,
            Holder::Unknown | Holder::Program => return Ok(()),
        };
        if table.waiting(self.kind, &holder) > most {
            let waits = |held: &Held| held.doing == Doing::Waiting;
            if let Some(oldest) = table.oldest(self.kind, &holder, waits) {
                table.end(oldest);
            }
        }
        Ok(())
    }

    /// Nothing is being done for the caller: it has its answer, or does not take it.
    ///
    /// # Errors
    /// [`Evicted`] where it was ended.
    pub fn idles(&self) -> Result<(), Evicted> {
        self.becomes(&mut self.places.table(), Doing::Silent)
    }

    /// Returns when the place is needed by somebody else.
    pub async fn evicted(&self) {
        self.evicted.notified().await;
    }

    fn becomes(&self, table: &mut Table, doing: Doing) -> Result<(), Evicted> {
        let order = table.next();
        let held = table.held.get_mut(&self.number).ok_or(Evicted)?;
        (held.doing, held.since, held.order) = (doing, Instant::now(), order);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.table().held.remove(&self.number);
    }
}

#[cfg(test)]
#[path = "places_tests.rs"]
mod tests;
