//! Answers as bytes: what goes over the socket, into the map, and is kept.

use std::sync::Arc;

use monk_wire::VERSION;
use monk_wire::frame::{self, HEADER};
use monk_wire::names::{Answer, Group, MAX_ANSWER, MAX_QUERY, Query, User, of_texts};
use serde::Serialize;

use crate::directory::names::Ageing;

/// The body of an answer. Many callers may be sent the same one.
pub type Body = Arc<[u8]>;

/// A query as it is encoded: one way to write each.
#[must_use]
pub fn query(query: &Query<'_>) -> Option<Vec<u8>> {
    encoded(query, MAX_QUERY)
}

/// An answer; [`Answer::Unavailable`] where it is longer than any may be.
#[must_use]
pub fn body(answer: &Answer<'_>) -> Body {
    let unavailable = || encoded(&Answer::Unavailable, MAX_ANSWER);
    encoded(answer, MAX_ANSWER).or_else(unavailable).unwrap_or_default().into()
}

/// There is none.
#[must_use]
pub fn not_found() -> Body {
    body(&Answer::NotFound)
}

/// Nobody can tell.
#[must_use]
pub fn unavailable() -> Body {
    body(&Answer::Unavailable)
}

/// A user, with name, full name, home folder and shell.
#[must_use]
pub fn user(uid: u32, gid: u32, texts: [&str; 4]) -> Body {
    match of_texts(texts) {
        Some(texts) => body(&Answer::User(User { uid, gid, texts: &texts })),
        None => not_found(),
    }
}

/// A group, with its name and members.
#[must_use]
pub fn group(gid: u32, name: &str, members: &[String]) -> Body {
    let all = std::iter::once(name).chain(members.iter().map(String::as_str));
    match of_texts(all) {
        Some(texts) => body(&Answer::Group(Group { gid, texts: &texts })),
        None => not_found(),
    }
}

/// The groups of a user.
#[must_use]
pub fn groups_of(gids: &[u32]) -> Body {
    let bytes: Vec<u8> = gids.iter().flat_map(|gid| gid.to_le_bytes()).collect();
    body(&Answer::GroupsOf(&bytes))
}

/// The ageing of a password.
#[must_use]
pub fn ageing(ageing: Ageing) -> Body {
    body(&Answer::Ageing(ageing))
}

fn encoded(message: &impl Serialize, most: usize) -> Option<Vec<u8>> {
    let frame = frame::encode(message, VERSION, most).ok()?;
    Some(frame[HEADER..].to_vec())
}
