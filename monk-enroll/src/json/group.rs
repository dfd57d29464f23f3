//! Documents of `group`.

use serde::Serialize;

/// `group list`.
#[derive(Debug, Serialize)]
pub struct GroupList<'a> {
    /// By name.
    pub groups: Vec<GroupDocument<'a>>,
}

/// One group of `group list`.
#[derive(Debug, Serialize)]
pub struct GroupDocument<'a> {
    /// Its name.
    pub name: &'a str,
    /// Login names.
    pub members: Vec<&'a str>,
}

/// `group add` and `group remove`.
#[derive(Debug, Serialize)]
pub struct GroupChanged<'a> {
    /// Its name.
    pub group: &'a str,
    /// Who was put in, or taken out.
    pub changed: Vec<&'a str>,
    /// Who was in, or out, before.
    pub unchanged: Vec<&'a str>,
}
