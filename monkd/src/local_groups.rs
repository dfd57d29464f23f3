//! Groups that this machine has in `/etc/group`.

use std::io;
use std::path::Path;

use crate::watched_file;

/// Where the groups of a machine are: group(5).
pub const GROUP: &str = "/etc/group";

/// A group of this machine.
pub struct LocalGroup {
    /// Its name.
    pub name: String,
    /// Its number.
    pub gid: u32,
}

/// The groups of `/etc/group`, in its order.
///
/// # Errors
/// Those of reading the file.
pub fn listed() -> io::Result<Vec<LocalGroup>> {
    watched_file::bytes(Path::new(GROUP)).map(|(_, bytes)| groups(&bytes).collect())
}

/// The groups in a file like group(5).
pub fn groups(bytes: &[u8]) -> impl Iterator<Item = LocalGroup> {
    bytes.split(|&byte| byte == b'\n').filter_map(group)
}

/// The group in a line of group(5).
fn group(line: &[u8]) -> Option<LocalGroup> {
    let mut fields = std::str::from_utf8(line).ok()?.split(':');
    let (name, gid) = (fields.next()?, fields.nth(1)?.parse().ok()?);
    // `+` and `-` stand for other sources (nss_compat).
    let is_group = !name.starts_with(['+', '-', '#']);
    is_group.then(|| LocalGroup { name: name.to_owned(), gid })
}
