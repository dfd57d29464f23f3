//! Whose request is worked on next.
//!
//! The engine serves so many questions of the portal at once, and a sign-in that is refused takes it two seconds. So
//! requests take turns: so many altogether, so many of one network, and of these fewer that change something, so that
//! pages go on coming while somebody floods the sign-in. The next turn is that of the network with the fewest under
//! way, and of these the one that has had none for longest, or never. Who has hung up gives the turn back only when the engine has answered: what it still works on counts.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::address::Network;

/// Requests that are worked on at once. The engine keeps 128 places for a program that is not root's
/// (`MAX_OF_SERVICE`), and some are still busy with what nobody here waits for any more.
const AT_ONCE: usize = 96;

/// Of these, requests of one network.
const OF_NETWORK: usize = 24;

/// Requests that change something, or ask for a proof, at once. Passwords are hashed one by one on each core, also
/// those of other programs: a sign-in that comes next waits behind so many hashes, which is less than a second.
const CHANGES_AT_ONCE: usize = 32;

/// The same for a network with none under way: who comes first does not wait until somebody's guess is refused.
const FIRST_CHANGES_AT_ONCE: usize = 72;

/// Changes of one network at once. An office that signs in at nine waits for milliseconds: a sign-in that is right
/// takes no longer than its hash.
const CHANGES_OF_NETWORK: usize = 8;

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It looks.
    Page,
    /// It changes something, or signs in.
    Change,
}

/// Who has a turn, and who waits for one.
#[derive(Debug, Default)]
pub struct Turns {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    asked: BTreeMap<u64, Asked>,
    /// When a network that asks had its last turn, by the number of that.
    served: HashMap<Network, u64>,
}

#[derive(Debug)]
struct Asked {
    network: Network,
    kind: Kind,
    /// Calls one that waits; nothing where it has its turn.
    call: Option<oneshot::Sender<()>>,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    turns: Arc<Turns>,
    number: u64,
}

/// Requests under way, of one network or of all.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: usize,
    changes: usize,
}

impl Turns {
    /// Waits for a turn.
    pub async fn take(self: &Arc<Self>, network: Network, kind: Kind) -> Turn {
        let (call, called) = oneshot::channel();
        let turn = {
            let mut table = self.table();
            table.next += 1;
            let number = table.next;
            table.asked.insert(number, Asked { network, kind, call: Some(call) });
            table.call();
            Turn { turns: Arc::clone(self), number }
        };
        // The sender is in the table for as long as the turn is not dropped.
        let _called = called.await;
        turn
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut table = self.turns.table();
        if let Some(gone) = table.asked.remove(&self.number)
            && table.asked.values().all(|asked| asked.network != gone.network)
        {
            table.served.remove(&gone.network);
        }
        table.call();
    }
}

impl Table {
    /// Calls those who may go on now.
    fn call(&mut self) {
        if self.asked.values().all(|asked| asked.call.is_none()) {
            return;
        }
        let (mut all, mut of_networks) = (Count::default(), HashMap::<Network, Count>::new());
        for asked in self.asked.values().filter(|asked| asked.call.is_none()) {
            all.add(asked.kind);
            of_networks.entry(asked.network).or_default().add(asked.kind);
        }
        loop {
            let count = |network: Network| of_networks.get(&network).copied().unwrap_or_default();
            let may_go_on = |asked: &Asked| {
                let most = match count(asked.network).changes {
                    0 => FIRST_CHANGES_AT_ONCE,
                    _ => CHANGES_AT_ONCE,
                };
                asked.call.is_some()
                    && all.is_below(AT_ONCE, most, asked.kind)
                    && match asked.network {
                        Network::At(_) => count(asked.network).is_below(
                            OF_NETWORK,
                            CHANGES_OF_NETWORK,
                            asked.kind,
                        ),
                        // They may be everybody.
                        Network::Nowhere => true,
                    }
            };
            let next = self.asked.iter_mut().filter(|(_, asked)| may_go_on(asked));
            let last = |network| self.served.get(&network).copied();
            let next = next.min_by_key(|(number, asked)| {
                (count(asked.network).all, last(asked.network), **number)
            });
            let Some((_, asked)) = next else { return };
            self.next += 1;
            self.served.insert(asked.network, self.next);
            if let Some(call) = asked.call.take() {
                // One that has gone meanwhile is about to give its turn back.
                let _gone = call.send(());
            }
            all.add(asked.kind);
            of_networks.entry(asked.network).or_default().add(asked.kind);
        }
    }
}

impl Count {
    fn add(&mut self, kind: Kind) {
        self.all += 1;
        self.changes += usize::from(kind == Kind::Change);
    }

    fn is_below(self, most: usize, most_changes: usize, kind: Kind) -> bool {
        self.all < most && (kind == Kind::Page || self.changes < most_changes)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    type Waiting = Pin<Box<dyn Future<Output = Turn>>>;

    fn network(number: u8) -> Network {
        Network::At([192, 0, 2, number].into())
    }

    /// Somebody who asks for a turn with the first look at whether it has come.
    fn asks(turns: &Arc<Turns>, number: u8, kind: Kind) -> Waiting {
        let turns = Arc::clone(turns);
        Box::pin(async move { turns.take(network(number), kind).await })
    }

    fn turn(waiting: &mut Waiting) -> Option<Turn> {
        match waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => Some(turn),
            Poll::Pending => None,
        }
    }

    /// As many turns as there are at once.
    fn all_of(turns: &Arc<Turns>, number: u8, kind: Kind) -> (Vec<Turn>, Waiting) {
        let mut held = Vec::new();
        loop {
            let mut waiting = asks(turns, number, kind);
            match turn(&mut waiting) {
                Some(turn) => held.push(turn),
                None => return (held, waiting),
            }
        }
    }

    #[test]
    fn a_network_that_floods_the_sign_in_has_pages_left_and_others_wait_for_nothing() {
        let turns = Arc::new(Turns::default());
        let (mut changes, mut next) = all_of(&turns, 1, Kind::Change);
        assert_eq!(changes.len(), CHANGES_OF_NETWORK);
        let (pages, _waits) = all_of(&turns, 1, Kind::Page);
        assert_eq!(pages.len(), OF_NETWORK - CHANGES_OF_NETWORK);
        let (others, _waits) = all_of(&turns, 2, Kind::Change);
        assert_eq!(others.len(), CHANGES_OF_NETWORK);
        changes.pop();
        assert!(turn(&mut next).is_some(), "it has the turn that was given back");
    }

    #[test]
    fn the_next_turn_is_that_of_the_network_with_the_fewest() {
        let turns = Arc::new(Turns::default());
        let mut held = Vec::new();
        let mut waiting = Vec::new();
        for number in 0..u8::try_from(CHANGES_AT_ONCE / CHANGES_OF_NETWORK).expect("few") {
            let (turns, waits) = all_of(&turns, number, Kind::Change);
            held.extend(turns);
            waiting.push(waits);
        }
        assert_eq!(held.len(), CHANGES_AT_ONCE, "and no network has more");
        let first = turn(&mut asks(&turns, 99, Kind::Change));
        assert!(first.is_some(), "it has none under way");
        let mut second = asks(&turns, 99, Kind::Change);
        assert!(turn(&mut second).is_none());
        let page = turn(&mut asks(&turns, 98, Kind::Page));
        assert!(page.is_some(), "pages go on");
        held.truncate(held.len() - 2);
        assert!(waiting.iter_mut().all(|one| turn(one).is_none()));
        assert!(turn(&mut second).is_some(), "it came last, and has the fewest under way");
    }

    #[test]
    fn of_networks_with_as_many_the_one_that_has_waited_for_its_last_turn_goes_first() {
        let turns = Arc::new(Turns::default());
        let mut held = Vec::new();
        let mut waiting = Vec::new();
        let many = u8::try_from(FIRST_CHANGES_AT_ONCE).expect("few");
        for number in 0..many {
            held.push(turn(&mut asks(&turns, number, Kind::Change)).expect("there are enough"));
            waiting.push(asks(&turns, number, Kind::Change));
        }
        assert!(waiting.iter_mut().all(|one| turn(one).is_none()));
        let mut late = asks(&turns, many, Kind::Change);
        assert!(turn(&mut late).is_none());
        held.remove(0);
        assert!(turn(&mut waiting[0]).is_none() && turn(&mut late).is_some(), "it never had one");
    }

    #[test]
    fn one_who_hangs_up_while_waiting_takes_no_turn() {
        let turns = Arc::new(Turns::default());
        let (held, waits) = all_of(&turns, 1, Kind::Change);
        let mut gone = asks(&turns, 1, Kind::Change);
        assert!(turn(&mut gone).is_none());
        drop((waits, gone));
        drop(held);
        assert!(turns.table().asked.is_empty() && turns.table().served.is_empty());
        assert_eq!(all_of(&turns, 1, Kind::Change).0.len(), CHANGES_OF_NETWORK);
    }
}
