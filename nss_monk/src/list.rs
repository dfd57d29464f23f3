//! The next entry of a list.
//!
//! A place in a list is one atomic number. The C library lets no two threads of a process list at the same
//! time (getpwent_r(3)), and a fork in the middle leaves no lock behind: there is none.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use monk_wire::names::Query;

use crate::answer::IntoRoom;
use crate::engine::Wait;
use crate::failure::Failure;
use crate::look_up::ask_only;
use crate::places::Places;
use crate::room::Room;

/// How an entry is laid into a room: told how long its answer is and the place of the entry before, it says
/// where the next one is.
pub(crate) type Lay<T> = fn(&mut Room<'_>, usize, u64) -> Result<(u64, T), Failure>;

/// A place in a list.
pub(crate) struct Cursor(AtomicU64);

impl Cursor {
    /// The beginning.
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Goes back to the beginning.
    pub(crate) fn rewind(&self) {
        self.0.store(0, Relaxed);
    }

    /// Lays the next entry into the room. Where this fails, the entry is still the next one: a caller with too
    /// small a room comes again.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::NotFound`] at the end of the list, and [`Failure::BrokenOff`] where a list that has
    /// begun cannot go on.
    pub(crate) fn next<T>(
        &self,
        places: &Places<'_>,
        room: &mut Room<'_>,
        query: fn(u64) -> Query<'static>,
        lay: Lay<T>,
    ) -> Result<T, Failure> {
        let (next, laid) = self.look(places, room, query, lay)?;
        self.go_on(next);
        Ok(laid)
    }

    /// The same, and it is still the next one afterwards: says to which place to [`Cursor::go_on`].
    ///
    /// # Errors
    /// As [`Cursor::next`].
    pub(crate) fn look<T>(
        &self,
        places: &Places<'_>,
        room: &mut Room<'_>,
        query: fn(u64) -> Query<'static>,
        lay: Lay<T>,
    ) -> Result<(u64, T), Failure> {
        let place = self.0.load(Relaxed);
        let lay = |room: &mut Room<'_>, body: usize| lay(room, body, place);
        ask_only(places, query(place), Wait::List, &mut IntoRoom { room, lay })
            .map_err(|failure| self.within(failure))
    }

    /// Goes to a place.
    pub(crate) fn go_on(&self, next: u64) {
        self.0.store(next, Relaxed);
    }

    /// What a failure is to a list: once it has begun, "not available" would be taken for its end.
    pub(crate) fn within(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Absent | Failure::Silent | Failure::Unsure | Failure::CannotTell
                if self.0.load(Relaxed) != 0 =>
            {
                Failure::BrokenOff
            }
            failure => failure,
        }
    }
}
