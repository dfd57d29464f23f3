//! Groups: group(5).

use libc::{c_char, c_int, gid_t, group, size_t};
use monk_wire::names::Query;

use crate::answer::{self, IntoRoom, LaidGroup, Wanted};
use crate::boundary::{guarded, name_at};
use crate::failure::{Failure, Status};
use crate::list::Cursor;
use crate::look_up::look_up;
use crate::name::possible_id;
use crate::places::{self, Places};
use crate::room::Room;

/// The group that comes next in this process.
static NEXT: Cursor = Cursor::new();

/// Finds a group by name.
///
/// # Errors
/// [`Failure`].
pub(crate) fn by_name(
    places: &Places<'_>,
    name: &str,
    room: &mut Room<'_>,
) -> Result<LaidGroup, Failure> {
    let lay = |room: &mut Room<'_>, body| answer::group(room, body, Wanted::Name(name));
    look_up(places, Query::GroupByName(name), &mut IntoRoom { room, lay })
}

/// Finds a group by gid.
///
/// # Errors
/// [`Failure`].
pub(crate) fn by_gid(
    places: &Places<'_>,
    gid: u32,
    room: &mut Room<'_>,
) -> Result<LaidGroup, Failure> {
    let gid = possible_id(gid)?;
    let lay = |room: &mut Room<'_>, body| answer::group(room, body, Wanted::Id(gid));
    look_up(places, Query::GroupByGid(gid), &mut IntoRoom { room, lay })
}

/// The next group of a list.
///
/// # Errors
/// [`Failure`].
pub(crate) fn next(
    places: &Places<'_>,
    cursor: &Cursor,
    room: &mut Room<'_>,
) -> Result<LaidGroup, Failure> {
    cursor.next(places, room, Query::Groups, answer::listed_group)
}

/// The group as C wants it.
pub(crate) fn for_c(found: &LaidGroup, room: &Room<'_>) -> group {
    group {
        gr_name: room.pointer(found.name),
        gr_passwd: room.pointer(found.password),
        gr_gid: found.gid,
        gr_mem: room.pointer(found.members).cast(),
    }
}

/// Lays a group into the caller's memory.
///
/// # Safety
/// `result` and `length` bytes at `buffer` can be written, and `errnop`.
unsafe fn answer(
    result: *mut group,
    buffer: *mut c_char,
    length: size_t,
    errnop: *mut c_int,
    find: impl FnOnce(&mut Room<'_>) -> Result<LaidGroup, Failure>,
) -> Status {
    let work = || {
        // SAFETY: the caller says so.
        let mut room = unsafe { Room::new(buffer, length) };
        let found = for_c(&find(&mut room)?, &room);
        // SAFETY: the caller says so.
        unsafe { result.write(found) };
        Ok(())
    };
    // SAFETY: the caller says so.
    unsafe { guarded(errnop, work) }
}

/// A group by name.
///
/// # Safety
/// As getgrnam_r(3) wants it: `name` is a text, and the other pointers can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_monk_getgrnam_r(
    name: *const c_char,
    result: *mut group,
    buffer: *mut c_char,
    length: size_t,
    errnop: *mut c_int,
) -> Status {
    let find = |room: &mut Room<'_>| {
        // SAFETY: the C library hands over a text.
        by_name(&places::HOST, unsafe { name_at(name) }?, room)
    };
    // SAFETY: the C library hands over memory to write to.
    unsafe { answer(result, buffer, length, errnop, find) }
}

/// A group by gid.
///
/// # Safety
/// As getgrgid_r(3) wants it: the pointers can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_monk_getgrgid_r(
    gid: gid_t,
    result: *mut group,
    buffer: *mut c_char,
    length: size_t,
    errnop: *mut c_int,
) -> Status {
    let find = |room: &mut Room<'_>| by_gid(&places::HOST, gid, room);
    // SAFETY: the C library hands over memory to write to.
    unsafe { answer(result, buffer, length, errnop, find) }
}

/// The next group of the list.
///
/// # Safety
/// As getgrent_r(3) wants it: the pointers can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_monk_getgrent_r(
    result: *mut group,
    buffer: *mut c_char,
    length: size_t,
    errnop: *mut c_int,
) -> Status {
    let find = |room: &mut Room<'_>| next(&places::HOST, &NEXT, room);
    // SAFETY: the C library hands over memory to write to.
    unsafe { answer(result, buffer, length, errnop, find) }
}

/// Begins the list of groups.
#[unsafe(no_mangle)]
pub extern "C" fn _nss_monk_setgrent(_stay_open: c_int) -> Status {
    NEXT.rewind();
    Status::Success
}

/// Ends the list of groups.
#[unsafe(no_mangle)]
pub extern "C" fn _nss_monk_endgrent() -> Status {
    NEXT.rewind();
    Status::Success
}
