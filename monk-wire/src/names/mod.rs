//! What `libnss_monk.so.2` asks, and what it reads without asking.
//!
//! Names have a socket of their own, so that programs which look up thousands of them never take a place from
//! a login. One connection is one [`Query`] and one [`Answer`], in the frames of [`crate::frame`].
//!
//! What was answered a moment ago stands in a file that everybody may read ([`map`]), so that most questions
//! need no engine. Nothing secret is in it: what a host's `/etc/passwd` and `/etc/group` would say.
//!
//! Neither reading needs memory beyond the bytes that were read. A module in somebody else's process can
//! hand them on as they are: texts end with a NUL, as C wants them.

pub mod map;
pub mod memory;

use serde::{Deserialize, Serialize};

/// Where the engine answers questions about names.
pub const SOCKET: &str = "/run/monk/names.sock";

/// The file of what was answered a moment ago.
pub const MAP: &str = "/run/monk/names.map";

/// Where the engine lends the map as memory: see [`memory`].
pub const MEMORY_SOCKET: &str = "/run/monk/names.map.sock";

/// Longest name of a user or group, in bytes. Longer ones are nobody's.
pub const MAX_NAME: usize = 255;

/// The least uid and gid that are served. Those below are the host's own (Debian policy, 9.2.2): the module
/// neither asks for them nor hands them on.
pub const LEAST_ID: u32 = 1000;

/// Longest body of a query.
pub const MAX_QUERY: usize = MAX_NAME + 16;

/// Longest body of an answer: a group with some 200,000 members. The caller's own memory takes it, and only
/// as much as it has offered.
pub const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Query<'a> {
    /// passwd(5), by login name.
    UserByName(&'a str),
    /// passwd(5), by uid.
    UserByUid(u32),
    /// group(5), by name.
    GroupByName(&'a str),
    /// group(5), by gid.
    GroupByGid(u32),
    /// The gids of the groups that a user of this name is in, beside the primary one.
    GroupsOf(&'a str),
    /// shadow(5) by login name: for root's programs only.
    Ageing(&'a str),
    /// Some of all users, where the engine lists them: those after a place in the list; 0 is the beginning.
    Users(u64),
    /// Some of all groups, in the same way.
    Groups(u64),
}

impl<'a> Query<'a> {
    /// The name that is asked for, where it is one.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        match *self {
            Self::UserByName(name)
            | Self::GroupByName(name)
            | Self::GroupsOf(name)
            | Self::Ageing(name) => Some(name),
            Self::UserByUid(_) | Self::GroupByGid(_) | Self::Users(_) | Self::Groups(_) => None,
        }
    }
}

/// What the engine says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer<'a> {
    /// The directory says that there is none.
    NotFound,
    /// The engine cannot tell.
    Unavailable,
    /// A user.
    #[serde(borrow)]
    User(User<'a>),
    /// A group.
    #[serde(borrow)]
    Group(Group<'a>),
    /// Groups of a user: gids in ascending order, each of four bytes, the lowest byte first.
    #[serde(borrow)]
    GroupsOf(&'a [u8]),
    /// The ageing of a password.
    Ageing(Ageing),
    /// One entry of a list. The list is over with [`Answer::NotFound`].
    Listed {
        /// Where the next one is: always behind the place that was asked for, so that every list ends.
        next: u64,
        /// The user or group.
        #[serde(borrow)]
        entry: Entry<'a>,
    },
}

/// An entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry<'a> {
    /// A user.
    #[serde(borrow)]
    User(User<'a>),
    /// A group.
    #[serde(borrow)]
    Group(Group<'a>),
}

/// A user: passwd(5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User<'a> {
    /// The uid.
    pub uid: u32,
    /// The primary group.
    pub gid: u32,
    /// Login name, full name (gecos), home folder and shell, each followed by a NUL: see [`texts`].
    pub texts: &'a [u8],
}

/// A group: group(5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group<'a> {
    /// The gid.
    pub gid: u32,
    /// The name of the group and those of its members, each followed by a NUL: see [`texts`].
    pub texts: &'a [u8],
}

/// Texts of a [`User`], each followed by a NUL.
pub const USER_TEXTS: usize = 4;

/// The ageing of a password: shadow(5). Days, and days since 1970; `None` where nothing is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ageing {
    /// The day of the last change; 0 asks for a change now.
    pub last_change: Option<i64>,
    /// Days in which it may not be changed again.
    pub minimum: Option<i64>,
    /// Days after which it has to be changed.
    pub maximum: Option<i64>,
    /// Days before that in which the user is warned.
    pub warning: Option<i64>,
    /// Days after that in which it is still accepted.
    pub inactive: Option<i64>,
    /// The day on which the account ends.
    pub expires: Option<i64>,
}

/// Where the gids of an [`Answer::GroupsOf`] begin in its body, and how many bytes they have, by the first
/// bytes of the body: [`GROUPS_HEAD`] are enough. So a list can be read in pieces. `None` for other answers.
#[must_use]
pub fn groups_head(body: &[u8]) -> Option<(usize, usize)> {
    /// Its place among the answers.
    const GROUPS_OF: u32 = 4;
    let ((variant, length), rest) = postcard::take_from_bytes::<(u32, usize)>(body).ok()?;
    (variant == GROUPS_OF && length % size_of::<u32>() == 0)
        .then_some((body.len() - rest.len(), length))
}

/// Bytes that [`groups_head`] needs at most: a variant, and a length of 64 bits.
pub const GROUPS_HEAD: usize = 11;

/// The texts of an answer, without their NULs; `None` where the bytes are not whole texts.
pub fn texts(bytes: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let [whole @ .., 0] = bytes else { return None };
    Some(whole.split(|&byte| byte == 0))
}

/// The same texts as bytes; `None` where one has a NUL in it.
#[must_use]
pub fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for text in texts {
        if text.contains('\0') {
            return None;
        }
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    }
    Some(bytes)
}

/// Reads one query or answer of a body.
///
/// # Errors
/// Where the bytes are none, or some are left over.
pub fn decode<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, crate::frame::FrameError> {
    match postcard::take_from_bytes(body) {
        Ok((message, [])) => Ok(message),
        _ => Err(crate::frame::FrameError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_whole_or_none() {
        let bytes = of_texts(["alice", "", "/home/alice", "/bin/sh"]).unwrap();
        let read: Vec<_> = texts(&bytes).unwrap().collect();
        assert_eq!(read, [&b"alice"[..], b"", b"/home/alice", b"/bin/sh"]);
        assert!(texts(b"").is_none() && texts(b"alice").is_none());
        assert_eq!(of_texts(["al\0ice"]), None);
    }

    #[test]
    fn the_head_of_a_list_of_groups_says_where_the_gids_are() {
        for groups in [0, 1, 31, 32, 100_000] {
            let gids = vec![7; groups * 4];
            let body = postcard::to_stdvec(&Answer::GroupsOf(&gids)).unwrap();
            let (start, length) = groups_head(&body[..body.len().min(GROUPS_HEAD)]).unwrap();
            assert_eq!(body[start..], gids);
            assert_eq!(length, gids.len());
        }
        for other in [Answer::NotFound, Answer::Unavailable, Answer::GroupsOf(b"abc")] {
            assert_eq!(groups_head(&postcard::to_stdvec(&other).unwrap()), None, "{other:?}");
        }
    }

    #[test]
    fn an_answer_is_read_where_it_lies() {
        let texts = of_texts(["staff", "alice", "bob"]).unwrap();
        let said = Answer::Group(Group { gid: 4_000_000_000, texts: &texts });
        let mut room = [0; 128];
        let body = postcard::to_slice(&said, &mut room).unwrap();
        let read: Answer<'_> = decode(body).unwrap();
        assert_eq!(read, said);
        let Answer::Group(group) = read else { panic!() };
        assert!(body.as_ptr_range().contains(&group.texts.as_ptr()));
        let longer = [&*body, &[0][..]].concat();
        assert!(decode::<Answer<'_>>(&longer).is_err());
    }
}
