//! `import` and `user import`.

use serde::Serialize;

/// One device.
#[derive(Debug, Serialize)]
pub struct DeviceLine<'a> {
    /// The file, as it was given.
    pub file: &'a str,
    /// The line, counted from 1.
    pub line: usize,
    /// Login name.
    pub user: Option<&'a str>,
    /// Name of the device.
    pub name: Option<&'a str>,
    /// What has become of it.
    pub result: Result,
    /// Why it is wrong or left out.
    pub message: Option<&'a str>,
    /// Scratch codes that are the user's backup codes now.
    pub scratch_codes: usize,
    /// What should be known about it.
    pub warnings: Vec<&'a str>,
}

/// One user.
#[derive(Debug, Serialize)]
pub struct UserLine<'a> {
    /// The line, counted from 1.
    pub line: usize,
    /// Login name.
    pub user: Option<&'a str>,
    /// Mail address.
    pub mail: Option<&'a str>,
    /// What has become of the user.
    pub result: Result,
    /// Why the line is wrong.
    pub message: Option<&'a str>,
}

/// What has become of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Result {
    /// It is there now.
    Added,
    /// It would be, without `--dry-run`.
    WouldAdd,
    /// It was there before, and stays as it was.
    AlreadyThere,
    /// It was left out, as the options say.
    LeftOut,
    /// It is wrong; nothing at all was changed.
    Error,
}
