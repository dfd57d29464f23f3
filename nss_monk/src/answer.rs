//! Laying an answer into the memory of the caller.
//!
//! The body of an answer stands at the beginning of the room, as it came. Its texts already end with a NUL and
//! stay where they are; the password follows them, and then the list of a group's members.

use monk_wire::names::{Answer, Entry, Group, USER_TEXTS, User, decode, texts};

use crate::engine::Reply;
use crate::failure::Failure;
use crate::look_up::Take;
use crate::name::possible_id;
use crate::room::Room;

/// What stands for the password: no hash is equal to it.
const PASSWORD: &[u8] = b"*\0";

/// Which entry was asked for. An answer with another one is none.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// That of this name.
    Name(&'a str),
    /// That of this uid or gid.
    Id(u32),
    /// Any.
    Any,
}

impl Wanted<'_> {
    fn is(self, name: &[u8], id: u32) -> bool {
        match self {
            Self::Name(wanted) => name == wanted.as_bytes(),
            Self::Id(wanted) => id == wanted,
            Self::Any => true,
        }
    }
}

/// A user in the room. Texts are offsets in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaidUser {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Login name, full name, home folder and shell.
    pub(crate) texts: [usize; USER_TEXTS],
    pub(crate) password: usize,
}

/// A group in the room. Texts are offsets in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaidGroup {
    pub(crate) gid: u32,
    pub(crate) name: usize,
    pub(crate) password: usize,
    /// The list of pointers to the members, which ends with a null pointer.
    pub(crate) members: usize,
}

/// Takes an answer into a room and lays it out there with `lay`, which is told how long the answer is.
pub(crate) struct IntoRoom<'a, 'b, F> {
    pub(crate) room: &'a mut Room<'b>,
    pub(crate) lay: F,
}

impl<T, F: Fn(&mut Room<'_>, usize) -> Result<T, Failure>> Take for IntoRoom<'_, '_, F> {
    type Taken = T;

    fn of_map(&mut self, answer: &[u8]) -> Result<T, Failure> {
        if answer.len() <= WITHOUT_ENTRY {
            return Err(no_entry(answer));
        }
        self.room.first(answer.len())?.copy_from_slice(answer);
        (self.lay)(self.room, answer.len())
    }

    fn of_engine(&mut self, mut reply: Reply) -> Result<T, Failure> {
        let length = reply.length();
        if length <= WITHOUT_ENTRY {
            let mut short = [0; WITHOUT_ENTRY];
            let short = &mut short[..length];
            reply.read(short)?;
            return Err(no_entry(short));
        }
        reply.read(self.room.first(length)?)?;
        (self.lay)(self.room, length)
    }
}

/// Bytes of an answer without an entry, for which no caller needs room.
const WITHOUT_ENTRY: usize = 1;

/// What an answer without the right entry says.
pub(crate) fn no_entry(body: &[u8]) -> Failure {
    match decode(body) {
        Ok(Answer::NotFound) => Failure::NotFound,
        Ok(Answer::Unavailable) => Failure::Unsure,
        _ => Failure::CannotTell,
    }
}

/// Lays out a user whose answer has so many bytes.
///
/// # Errors
/// [`Failure::CannotTell`] for other answers than the user that was asked for.
pub(crate) fn user(
    room: &mut Room<'_>,
    body: usize,
    wanted: Wanted<'_>,
) -> Result<LaidUser, Failure> {
    let bytes = room.first(body)?;
    let Ok(Answer::User(user)) = decode(bytes) else { return Err(no_entry(bytes)) };
    let laid = laid_user(&user, body, wanted)?;
    put_password(room, body)?;
    Ok(laid)
}

/// Lays out a group whose answer has so many bytes.
///
/// # Errors
/// [`Failure::CannotTell`] for other answers than the group that was asked for.
pub(crate) fn group(
    room: &mut Room<'_>,
    body: usize,
    wanted: Wanted<'_>,
) -> Result<LaidGroup, Failure> {
    let bytes = room.first(body)?;
    let Ok(Answer::Group(group)) = decode(bytes) else { return Err(no_entry(bytes)) };
    let (gid, start, members) = checked_group(&group, body, wanted)?;
    lay_group(room, body, gid, start, members)
}

/// Lays out a user of a list, and says where the next one is.
///
/// # Errors
/// [`Failure::CannotTell`] for other answers, and for a list that does not get on.
pub(crate) fn listed_user(
    room: &mut Room<'_>,
    body: usize,
    place: u64,
) -> Result<(u64, LaidUser), Failure> {
    let bytes = room.first(body)?;
    let Ok(Answer::Listed { next, entry: Entry::User(user) }) = decode(bytes) else {
        return Err(no_entry(bytes));
    };
    let laid = laid_user(&user, body, Wanted::Any)?;
    put_password(room, body)?;
    if next > place { Ok((next, laid)) } else { Err(Failure::CannotTell) }
}

/// Lays out a group of a list, and says where the next one is.
///
/// # Errors
/// As [`listed_user`].
pub(crate) fn listed_group(
    room: &mut Room<'_>,
    body: usize,
    place: u64,
) -> Result<(u64, LaidGroup), Failure> {
    let bytes = room.first(body)?;
    let Ok(Answer::Listed { next, entry: Entry::Group(group) }) = decode(bytes) else {
        return Err(no_entry(bytes));
    };
    let (gid, start, members) = checked_group(&group, body, Wanted::Any)?;
    let laid = lay_group(room, body, gid, start, members)?;
    if next > place { Ok((next, laid)) } else { Err(Failure::CannotTell) }
}

/// The texts of an entry: UTF-8, as all that the engine reads, and without what would break a line of passwd(5)
/// or group(5) apart.
fn checked(bytes: &[u8]) -> Result<impl Iterator<Item = &[u8]>, Failure> {
    let is_line = |text: &str| !text.contains([':', '\n']);
    if !std::str::from_utf8(bytes).is_ok_and(is_line) {
        return Err(Failure::CannotTell);
    }
    texts(bytes).ok_or(Failure::CannotTell)
}

/// Texts are the end of an answer.
fn laid_user(user: &User<'_>, body: usize, wanted: Wanted<'_>) -> Result<LaidUser, Failure> {
    let mut all = checked(user.texts)?;
    let mut place = body - user.texts.len();
    let mut places = [0; USER_TEXTS];
    let mut name: &[u8] = b"";
    for (number, text_place) in places.iter_mut().enumerate() {
        let text = all.next().ok_or(Failure::CannotTell)?;
        if number == 0 {
            name = text;
        }
        *text_place = place;
        place += text.len() + 1;
    }
    let is_possible = all.next().is_none()
        && !name.is_empty()
        && possible_id(user.uid).is_ok()
        && user.gid != u32::MAX
        && wanted.is(name, user.uid);
    let laid = LaidUser { uid: user.uid, gid: user.gid, texts: places, password: body };
    if is_possible { Ok(laid) } else { Err(Failure::CannotTell) }
}

/// The gid, where the texts begin, and how many members there are.
fn checked_group(
    group: &Group<'_>,
    body: usize,
    wanted: Wanted<'_>,
) -> Result<(u32, usize, usize), Failure> {
    let mut all = checked(group.texts)?;
    let name = all.next().unwrap_or_default();
    let mut members = 0;
    for member in all {
        if member.is_empty() {
            return Err(Failure::CannotTell);
        }
        members += 1;
    }
    let is_possible =
        !name.is_empty() && possible_id(group.gid).is_ok() && wanted.is(name, group.gid);
    let found = (group.gid, body - group.texts.len(), members);
    if is_possible { Ok(found) } else { Err(Failure::CannotTell) }
}

fn put_password(room: &mut Room<'_>, body: usize) -> Result<(), Failure> {
    room.first(body + PASSWORD.len())?[body..].copy_from_slice(PASSWORD);
    Ok(())
}

fn lay_group(
    room: &mut Room<'_>,
    body: usize,
    gid: u32,
    start: usize,
    members: usize,
) -> Result<LaidGroup, Failure> {
    const POINTER: usize = size_of::<usize>();
    put_password(room, body)?;
    let address = room.pointer(0).addr();
    let list = (address + body + PASSWORD.len()).next_multiple_of(POINTER) - address;
    let whole = room.first(list + (members + 1) * POINTER)?;
    let (texts, list_bytes) = whole.split_at_mut(list);
    // Each member begins behind the NUL of the text before it, the first one behind that of the name.
    let ends = texts[start..body].iter().enumerate().filter(|(_, byte)| **byte == 0);
    for (slot, (end, _)) in list_bytes.chunks_exact_mut(POINTER).take(members).zip(ends) {
        slot.copy_from_slice(&(address + start + end + 1).to_ne_bytes());
    }
    list_bytes[members * POINTER..].fill(0);
    Ok(LaidGroup { gid, name: start, password: body, members: list })
}
