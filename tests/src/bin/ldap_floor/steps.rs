//! What a login consists of, without anybody who decides about it.

use std::ffi::{CStr, CString};
use std::io;
use std::time::SystemTime;

use crate::libldap::{Connection, Library};

/// An attribute that everybody may have, and that no login reads.
const NOTE: &CStr = c"description";

/// What monk reads of a user.
const ENROLLED: [&CStr; 2] = [c"monkCredential", c"monkUse"];

/// How long a note is: like monk's record of a use.
const NOTE_LENGTH: usize = 90;

/// Which steps a login has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// A search for the user by the service account.
    Search,
    /// The same, and with it what the user has enrolled.
    SearchEnrolled,
    /// A search for the user, and a bind as the user, on another connection.
    SearchAndBind,
    /// And a change of one value of the user's, by the service account.
    SearchBindAndModify,
    /// A connection, a bind as the service account, a search, a bind as the user, and the end.
    FreshConnection,
}

impl Steps {
    /// Those of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "search" => Some(Self::Search),
            "enrolled" => Some(Self::SearchEnrolled),
            "bind" => Some(Self::SearchAndBind),
            "modify" => Some(Self::SearchBindAndModify),
            "fresh" => Some(Self::FreshConnection),
            _ => None,
        }
    }
}

/// The directory, and as whom users are looked for in it.
pub struct Directory {
    /// Its address.
    pub uri: CString,
    /// The name below which all users are.
    pub base: CString,
    /// The service account.
    pub account: CString,
    /// Its password.
    pub password: String,
}

/// The two connections that stay open.
pub struct Connections<'a> {
    as_service: Connection<'a>,
    as_user: Connection<'a>,
}

impl<'a> Connections<'a> {
    /// Opens both.
    ///
    /// # Errors
    /// When the directory does not answer, or does not know the service account.
    pub fn open(library: &'a Library, directory: &Directory) -> io::Result<Self> {
        let as_service = library.connect(&directory.uri)?;
        become_service(&as_service, directory)?;
        let as_user = library.connect(&directory.uri)?;
        become_service(&as_user, directory)?;
        Ok(Self { as_service, as_user })
    }

    /// One login. Whether the user is known by this password.
    ///
    /// # Errors
    /// When the directory does not answer.
    pub fn log_in(
        &self,
        steps: Steps,
        directory: &Directory,
        user: &str,
        password: &str,
    ) -> io::Result<bool> {
        let filter = CString::new(format!("(uid={user})"))?;
        let attributes = if steps == Steps::SearchEnrolled { &ENROLLED[..] } else { &[NOTE] };
        let Some(found) = self.as_service.search(&directory.base, &filter, attributes)? else {
            return Ok(false);
        };
        match steps {
            Steps::Search => return Ok(true),
            // Who has nothing enrolled, or cannot be read, was not what was to be measured.
            Steps::SearchEnrolled => return Ok(found.value.is_some()),
            _ => {}
        }
        if !self.as_user.bind(&found.dn, password.as_bytes())? {
            return Ok(false);
        }
        if steps == Steps::SearchBindAndModify {
            let note = note();
            self.as_service.exchange(&found.dn, NOTE, found.value.as_deref(), note.as_bytes())?;
        }
        Ok(true)
    }
}

/// One login on a connection of its own.
///
/// # Errors
/// When the directory does not answer, or does not know the service account.
pub fn log_in_afresh(
    library: &Library,
    directory: &Directory,
    user: &str,
    password: &str,
) -> io::Result<bool> {
    let connection = library.connect(&directory.uri)?;
    become_service(&connection, directory)?;
    let filter = CString::new(format!("(uid={user})"))?;
    match connection.search(&directory.base, &filter, &[NOTE])? {
        Some(found) => connection.bind(&found.dn, password.as_bytes()),
        None => Ok(false),
    }
}

/// A value that was never there before.
fn note() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{:0NOTE_LENGTH$}", now.as_nanos())
}

fn become_service(connection: &Connection<'_>, directory: &Directory) -> io::Result<()> {
    if connection.bind(&directory.account, directory.password.as_bytes())? {
        return Ok(());
    }
    let account = directory.account.to_string_lossy();
    Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{account} may not bind")))
}
