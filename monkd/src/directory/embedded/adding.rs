//! A new user's row, and what a user is for hosts.

use data_encoding::HEXLOWER;
use monk_core::random::Random;
use monk_wire::manage::{Clash, Posix, PosixWish, PrimaryGroup};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::groups;
use super::numbers::{self, Numbers};
use super::users::{matching, seconds};
use crate::clock::{self, SystemRandom};
use crate::directory::HashedUser;

type Result<T> = std::result::Result<T, rusqlite::Error>;
type Clashing<T> = Result<std::result::Result<T, Clash>>;

/// Adds a user. After a clash, something may be written: the transaction has to be rolled back.
pub(super) fn insert(
    transaction: &Connection,
    user: &HashedUser,
    numbers: &Numbers,
) -> Clashing<Posix> {
    let HashedUser { name, mail, password, disabled, expires, must_change, posix } = user;
    // A name may not be another's mail address either: it would match both.
    let taken = matching(transaction, name)?.len()
        + match mail {
            Some(mail) => matching(transaction, mail)?.len(),
            None => 0,
        };
    if taken > 0 {
        return Ok(Err(Clash::User));
    }
    let uid = match posix.uid {
        Some(uid) => match numbers::user_of(transaction, uid)? {
            Some(user) => return Ok(Err(Clash::Uid { uid, user })),
            None => uid,
        },
        None => match numbers.next(transaction)? {
            Ok(uid) => uid,
            Err(clash) => return Ok(Err(clash)),
        },
    };
    numbers::note(transaction, uid, false)?;
    let id = HEXLOWER.encode(&SystemRandom.bytes::<16>());
    let owner = Owner { id: &id, name, uid };
    let gid = match &posix.group {
        Some(group) => primary_group(transaction, &owner, group)?,
        // A group of that name is not joined unasked.
        None => make_private(transaction, &owner)?,
    };
    let gid = match gid {
        Ok(gid) => gid,
        Err(clash) => return Ok(Err(clash)),
    };
    let text = |wish: &Option<String>| wish.clone().filter(|text| !text.is_empty());
    let (home, shell) = (text(&posix.home), text(&posix.shell));
    let full_name = posix.full_name.clone().unwrap_or_default();
    let (now, expires) = (seconds(clock::now()), expires.map(seconds));
    transaction
        .prepare_cached(
            "INSERT INTO users (id, name, mail, password, disabled, must_change, expires, created,
                                uid, gid, full_name, home, shell)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            id,
            name,
            mail,
            password,
            disabled,
            must_change,
            expires,
            now,
            uid,
            gid,
            full_name,
            home,
            shell
        ])?;
    Ok(Ok(Posix { uid, gid, full_name, home, shell }))
}

/// Sets what a user is for hosts. After a clash, as [`insert`].
pub(super) fn set(transaction: &Connection, id: &str, wish: &PosixWish) -> Clashing<Posix> {
    let Some((name, mut posix)) = named(transaction, id)? else { return Ok(Err(Clash::Gone)) };
    if let Some(uid) = wish.uid.filter(|uid| *uid != posix.uid) {
        if let Some(user) = numbers::user_of(transaction, uid)? {
            return Ok(Err(Clash::Uid { uid, user }));
        }
        numbers::note(transaction, uid, false)?;
        posix.uid = uid;
    }
    if let Some(group) = &wish.group {
        let owner = Owner { id, name: &name, uid: posix.uid };
        posix.gid = match primary_group(transaction, &owner, group)? {
            Ok(gid) => gid,
            Err(clash) => return Ok(Err(clash)),
        };
    }
    let text = |wish: &Option<String>, was: Option<String>| match wish {
        Some(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        None => was,
    };
    posix.home = text(&wish.home, posix.home);
    posix.shell = text(&wish.shell, posix.shell);
    if let Some(full_name) = &wish.full_name {
        posix.full_name.clone_from(full_name);
    }
    let Posix { uid, gid, full_name, home, shell } = &posix;
    transaction.execute(
        "UPDATE users SET uid = ?2, gid = ?3, full_name = ?4, home = ?5, shell = ?6 WHERE id = ?1",
        params![id, uid, gid, full_name, home, shell],
    )?;
    Ok(Ok(posix))
}

/// Whose primary group is looked for.
struct Owner<'a> {
    id: &'a str,
    name: &'a str,
    uid: u32,
}

/// The number of a primary group. A private group is made, and goes where another one takes its place.
fn primary_group(
    transaction: &Connection,
    owner: &Owner<'_>,
    group: &PrimaryGroup,
) -> Clashing<u32> {
    let is_own = |group: &groups::Group| group.owner.as_deref() == Some(owner.id);
    let found = match group {
        PrimaryGroup::Named(name) => groups::named(transaction, name)?,
        PrimaryGroup::Numbered(gid) => groups::numbered(transaction, *gid)?,
    };
    let wants_private = match group {
        PrimaryGroup::Named(name) => name.eq_ignore_ascii_case(owner.name),
        PrimaryGroup::Numbered(gid) => *gid == owner.uid,
    };
    if let Some(group) = found {
        if is_own(&group) {
            return Ok(Ok(group.gid));
        }
        if group.owner.is_some() {
            return Ok(Err(Clash::Private { group: group.name }));
        }
        groups::drop_private(transaction, owner.id)?;
        return Ok(Ok(group.gid));
    }
    match group {
        PrimaryGroup::Named(name) if !wants_private => {
            Ok(Err(Clash::NoSuchGroup { group: name.clone() }))
        }
        PrimaryGroup::Numbered(gid) if !wants_private => {
            groups::drop_private(transaction, owner.id)?;
            // Nobody gets this number unasked from now on, and with it the files of this user's group.
            numbers::note(transaction, *gid, false)?;
            Ok(Ok(*gid))
        }
        _ => make_private(transaction, owner),
    }
}

/// Makes the private group of a user: of the same name and number.
fn make_private(transaction: &Connection, owner: &Owner<'_>) -> Clashing<u32> {
    groups::drop_private(transaction, owner.id)?;
    if let Some(group) = groups::numbered(transaction, owner.uid)? {
        return Ok(Err(Clash::Gid { gid: owner.uid, group: group.name }));
    }
    if let Some(user) = numbers::other_with_group(transaction, owner.uid, owner.id)? {
        return Ok(Err(Clash::PrimaryGid { gid: owner.uid, user }));
    }
    if let Some(group) = groups::named(transaction, owner.name)? {
        return Ok(Err(Clash::GroupOfThatName { group: group.name }));
    }
    groups::insert(transaction, owner.uid, owner.name, Some(owner.id))?;
    Ok(Ok(owner.uid))
}

/// What a user is for hosts, with the name.
fn named(connection: &Connection, id: &str) -> Result<Option<(String, Posix)>> {
    connection
        .prepare_cached("SELECT uid, gid, full_name, home, shell, name FROM users WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(5)?, posix(row)?)))
        .optional()
}

/// What a user is for hosts.
pub(super) fn of(connection: &Connection, id: &str) -> Result<Option<Posix>> {
    named(connection, id).map(|found| found.map(|(_, posix)| posix))
}

/// Reads the columns `uid`, `gid`, `full_name`, `home` and `shell`.
pub(super) fn posix(row: &Row<'_>) -> Result<Posix> {
    Ok(Posix {
        uid: row.get(0)?,
        gid: row.get(1)?,
        full_name: row.get(2)?,
        home: row.get(3)?,
        shell: row.get(4)?,
    })
}
