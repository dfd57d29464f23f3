//! The groups of a user: `initgroups_dyn`. Without it, the C library would list all groups.

use libc::{c_char, c_int, c_long, gid_t};
use monk_wire::names::{Answer, GROUPS_HEAD, Query, decode, groups_head};

use crate::answer::no_entry;
use crate::boundary::{guarded, name_at};
use crate::engine::Reply;
use crate::failure::{Failure, Status};
use crate::host_groups::{HostGroups, Pointers};
use crate::look_up::{Take, look_up};
use crate::name::possible_id;
use crate::places::{self, Places};

/// Bytes of an answer that are read at once: the stack of a host may be small.
const PIECE: usize = 1024;

/// Takes an answer into the host's list.
struct IntoGroups<'a, 'b>(&'a mut HostGroups<'b>);

impl IntoGroups<'_, '_> {
    /// Adds the whole gids of some bytes. Those of the system are the host's own affair.
    fn add(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let (gids, _) = bytes.as_chunks();
        let gids = gids.iter().map(|gid| u32::from_le_bytes(*gid));
        gids.filter(|gid| possible_id(*gid).is_ok()).try_for_each(|gid| self.0.add(gid))
    }

    fn read(&mut self, mut reply: Reply) -> Result<(), Failure> {
        let mut piece = [0; PIECE];
        let head = reply.length().min(GROUPS_HEAD);
        reply.read(&mut piece[..head])?;
        let Some((start, bytes)) = groups_head(&piece[..head]) else {
            let whole = &piece[..head];
            return Err(if reply.length() == 0 { no_entry(whole) } else { Failure::CannotTell });
        };
        if head - start + reply.length() != bytes {
            return Err(Failure::CannotTell);
        }
        piece.copy_within(start..head, 0);
        let mut ready = head - start;
        loop {
            self.add(&piece[..ready])?;
            // A gid that has not come wholly.
            let rest = ready % size_of::<u32>();
            piece.copy_within(ready - rest..ready, 0);
            if reply.length() == 0 {
                return Ok(());
            }
            ready = rest + reply.length().min(PIECE - rest);
            reply.read(&mut piece[rest..ready])?;
        }
    }
}

impl Take for IntoGroups<'_, '_> {
    type Taken = ();

    fn of_map(&mut self, answer: &[u8]) -> Result<(), Failure> {
        match decode(answer) {
            Ok(Answer::GroupsOf(gids)) if gids.len() % size_of::<u32>() == 0 => self.add(gids),
            _ => Err(no_entry(answer)),
        }
    }

    fn of_engine(&mut self, reply: Reply) -> Result<(), Failure> {
        let done = self.read(reply);
        if done.is_err() {
            self.0.take_back();
        }
        done
    }
}

/// Adds the groups of a user to the host's list: all of them, or none.
///
/// # Errors
/// [`Failure`].
pub(crate) fn groups_of(
    places: &Places<'_>,
    user: &str,
    groups: &mut HostGroups<'_>,
) -> Result<(), Failure> {
    let done = look_up(places, Query::GroupsOf(user), &mut IntoGroups(groups));
    if done.is_err() {
        groups.take_back();
    }
    done
}

/// The groups of a user, beside the primary one.
///
/// # Safety
/// As nss(5) wants it: `user` is a text, and the other pointers are those of the C library's list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_monk_initgroups_dyn(
    user: *const c_char,
    primary: gid_t,
    count: *mut c_long,
    size: *mut c_long,
    gids: *mut *mut gid_t,
    limit: c_long,
    errnop: *mut c_int,
) -> Status {
    let work = || {
        // SAFETY: the C library hands over a text.
        let user = unsafe { name_at(user) }?;
        let pointers = Pointers { primary, count, size, gids, limit };
        // SAFETY: the C library hands over a list of its own.
        let mut groups = unsafe { HostGroups::new(pointers) };
        groups_of(&places::HOST, user, &mut groups)
    };
    // SAFETY: the C library's `errno`.
    unsafe { guarded(errnop, work) }
}
