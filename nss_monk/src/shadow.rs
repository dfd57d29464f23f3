//! The ageing of passwords: shadow(5), for programs of root. There is no hash.

use libc::{c_char, c_int, c_long, c_ulong, size_t, spwd};
use monk_wire::names::{Ageing, Answer, MAX_NAME, Query, decode};

use crate::answer::{listed_user, no_entry};
use crate::boundary::{guarded, name_at};
use crate::engine::{Reply, Wait};
use crate::failure::{Failure, Status};
use crate::list::Cursor;
use crate::look_up::{Take, ask_only};
use crate::places::{self, Places};
use crate::room::Room;
use crate::socket::is_root;

/// The user whose ageing comes next in this process.
static NEXT: Cursor = Cursor::new();

/// Longest answer: six optional numbers of up to ten bytes, and what kind of answer it is.
const MAX_AGEING: usize = 80;

/// What stands for a hash, and its NUL.
const PASSWORD: &[u8] = b"*\0";

/// What stands for a number that is not set, as in the C library's own module.
const NOT_SET: c_long = -1;

/// Ageing in the room, where texts are offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaidAgeing {
    name: usize,
    password: usize,
    ageing: Ageing,
}

/// Takes an answer that needs no room.
struct IntoAgeing;

impl Take for IntoAgeing {
    type Taken = Ageing;

    /// The map is for everybody, so this is not in it.
    fn of_map(&mut self, _: &[u8]) -> Result<Ageing, Failure> {
        Err(Failure::CannotTell)
    }

    fn of_engine(&mut self, mut reply: Reply) -> Result<Ageing, Failure> {
        let mut room = [0; MAX_AGEING];
        let body = room.get_mut(..reply.length()).ok_or(Failure::CannotTell)?;
        reply.read(body)?;
        match decode(body) {
            Ok(Answer::Ageing(ageing)) => Ok(ageing),
            _ => Err(no_entry(body)),
        }
    }
}

/// Finds the ageing of a user's password.
///
/// # Errors
/// [`Failure`].
pub(crate) fn by_name(
    places: &Places<'_>,
    name: &str,
    room: &mut Room<'_>,
) -> Result<LaidAgeing, Failure> {
    let password = name.len() + 1;
    let texts = room.first(password + PASSWORD.len())?;
    texts[..name.len()].copy_from_slice(name.as_bytes());
    texts[name.len()] = 0;
    texts[password..].copy_from_slice(PASSWORD);
    let ageing = ask_only(places, Query::Ageing(name), Wait::LookUp, &mut IntoAgeing)?;
    Ok(LaidAgeing { name: 0, password, ageing })
}

/// The ageing of the next user of the list who has one. Users are passed over only where the engine said that they have
/// none: after a failure, the same user is the next one.
///
/// # Errors
/// [`Failure`].
pub(crate) fn next(
    places: &Places<'_>,
    cursor: &Cursor,
    room: &mut Room<'_>,
) -> Result<LaidAgeing, Failure> {
    loop {
        let (next, user) = cursor.look(places, room, Query::Users, listed_user)?;
        let [name, gecos, ..] = user.texts;
        // Its NUL is in front of the next text.
        let length = gecos - 1 - name;
        let mut copy = [0; MAX_NAME];
        let copy = copy.get_mut(..length).ok_or(Failure::CannotTell)?;
        copy.copy_from_slice(&room.first(gecos)?[name..gecos - 1]);
        let name_text = std::str::from_utf8(copy).map_err(|_| Failure::CannotTell)?;
        match ask_only(places, Query::Ageing(name_text), Wait::List, &mut IntoAgeing) {
            Err(Failure::NotFound) => cursor.go_on(next),
            found => {
                let ageing = found.map_err(|failure| cursor.within(failure))?;
                cursor.go_on(next);
                return Ok(LaidAgeing { name, password: user.password, ageing });
            }
        }
    }
}

/// The ageing as C wants it.
pub(crate) fn for_c(found: &LaidAgeing, room: &Room<'_>) -> spwd {
    let days =
        |days: Option<i64>| days.and_then(|days| c_long::try_from(days).ok()).unwrap_or(NOT_SET);
    spwd {
        sp_namp: room.pointer(found.name),
        sp_pwdp: room.pointer(found.password),
        sp_lstchg: days(found.ageing.last_change),
        sp_min: days(found.ageing.minimum),
        sp_max: days(found.ageing.maximum),
        sp_warn: days(found.ageing.warning),
        sp_inact: days(found.ageing.inactive),
        sp_expire: days(found.ageing.expires),
        sp_flag: c_ulong::MAX,
    }
}

/// Lays ageing into the caller's memory.
///
/// # Safety
/// `result` and `length` bytes at `buffer` can be written, and `errnop`.
unsafe fn answer(
    result: *mut spwd,
    buffer: *mut c_char,
    length: size_t,
    errnop: *mut c_int,
    find: impl FnOnce(&mut Room<'_>) -> Result<LaidAgeing, Failure>,
) -> Status {
    let work = || {
        if !is_root() {
            return Err(Failure::Denied);
        }
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

/// The ageing of a user's password.
///
/// # Safety
/// As getspnam_r(3) wants it: `name` is a text, and the other pointers can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_monk_getspnam_r(
    name: *const c_char,
    result: *mut spwd,
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

/// The ageing of the next user of the list.
///
/// # Safety
/// As getspent_r(3) wants it: the pointers can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_monk_getspent_r(
    result: *mut spwd,
    buffer: *mut c_char,
    length: size_t,
    errnop: *mut c_int,
) -> Status {
    let find = |room: &mut Room<'_>| next(&places::HOST, &NEXT, room);
    // SAFETY: the C library hands over memory to write to.
    unsafe { answer(result, buffer, length, errnop, find) }
}

/// Begins the list of ageing.
#[unsafe(no_mangle)]
pub extern "C" fn _nss_monk_setspent(_stay_open: c_int) -> Status {
    NEXT.rewind();
    Status::Success
}

/// Ends the list of ageing.
#[unsafe(no_mangle)]
pub extern "C" fn _nss_monk_endspent() -> Status {
    NEXT.rewind();
    Status::Success
}
