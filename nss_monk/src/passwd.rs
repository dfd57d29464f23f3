//! Users: passwd(5).

use libc::{c_char, c_int, passwd, size_t, uid_t};
use monk_wire::names::Query;

use crate::answer::{self, IntoRoom, LaidUser, Wanted};
use crate::boundary::{guarded, name_at};
use crate::failure::{Failure, Status};
use crate::list::Cursor;
use crate::look_up::look_up;
use crate::name::possible_id;
use crate::places::{self, Places};
use crate::room::Room;

/// The user who comes next in this process.
static NEXT: Cursor = Cursor::new();

/// Finds a user by login name.
///
/// # Errors
/// [`Failure`].
pub(crate) fn by_name(
    places: &Places<'_>,
    name: &str,
    room: &mut Room<'_>,
) -> Result<LaidUser, Failure> {
    let lay = |room: &mut Room<'_>, body| answer::user(room, body, Wanted::Name(name));
    look_up(places, Query::UserByName(name), &mut IntoRoom { room, lay })
}

/// Finds a user by uid.
///
/// # Errors
/// [`Failure`].
pub(crate) fn by_uid(
    places: &Places<'_>,
    uid: u32,
    room: &mut Room<'_>,
) -> Result<LaidUser, Failure> {
    let uid = possible_id(uid)?;
    let lay = |room: &mut Room<'_>, body| answer::user(room, body, Wanted::Id(uid));
    look_up(places, Query::UserByUid(uid), &mut IntoRoom { room, lay })
}

/// The next user of a list.
///
/// # Errors
/// [`Failure`].
pub(crate) fn next(
    places: &Places<'_>,
    cursor: &Cursor,
    room: &mut Room<'_>,
) -> Result<LaidUser, Failure> {
    cursor.next(places, room, Query::Users, answer::listed_user)
}

/// The user as C wants it.
pub(crate) fn for_c(user: &LaidUser, room: &Room<'_>) -> passwd {
    let [name, gecos, home, shell] = user.texts.map(|text| room.pointer(text));
    passwd {
        pw_name: name,
        pw_passwd: room.pointer(user.password),
        pw_uid: user.uid,
        pw_gid: user.gid,
        pw_gecos: gecos,
        pw_dir: home,
        pw_shell: shell,
    }
}

/// Lays a user into the caller's memory.
///
/// # Safety
/// `result` and `length` bytes at `buffer` can be written, and `errnop`.
unsafe fn answer(
    result: *mut passwd,
    buffer: *mut c_char,
    length: size_t,
    errnop: *mut c_int,
    find: impl FnOnce(&mut Room<'_>) -> Result<LaidUser, Failure>,
) -> Status {
    let work = || {
        // SAFETY: the caller says so.
        let mut room = unsafe { Room::new(buffer, length) };
        let user = for_c(&find(&mut room)?, &room);
        // SAFETY: the caller says so.
        unsafe { result.write(user) };
        Ok(())
    };
    // SAFETY: the caller says so.
    unsafe { guarded(errnop, work) }
}

/// A user by login name.
///
/// # Safety
/// As getpwnam_r(3) wants it: `name` is a text, and the other pointers can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_monk_getpwnam_r(
    name: *const c_char,
    result: *mut passwd,
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

/// A user by uid.
///
/// # Safety
/// As getpwuid_r(3) wants it: the pointers can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_monk_getpwuid_r(
    uid: uid_t,
    result: *mut passwd,
    buffer: *mut c_char,
    length: size_t,
    errnop: *mut c_int,
) -> Status {
    let find = |room: &mut Room<'_>| by_uid(&places::HOST, uid, room);
    // SAFETY: the C library hands over memory to write to.
    unsafe { answer(result, buffer, length, errnop, find) }
}

/// The next user of the list.
///
/// # Safety
/// As getpwent_r(3) wants it: the pointers can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_monk_getpwent_r(
    result: *mut passwd,
    buffer: *mut c_char,
    length: size_t,
    errnop: *mut c_int,
) -> Status {
    let find = |room: &mut Room<'_>| next(&places::HOST, &NEXT, room);
    // SAFETY: the C library hands over memory to write to.
    unsafe { answer(result, buffer, length, errnop, find) }
}

/// Begins the list of users.
#[unsafe(no_mangle)]
pub extern "C" fn _nss_monk_setpwent(_stay_open: c_int) -> Status {
    NEXT.rewind();
    Status::Success
}

/// Ends the list of users.
#[unsafe(no_mangle)]
pub extern "C" fn _nss_monk_endpwent() -> Status {
    NEXT.rewind();
    Status::Success
}
