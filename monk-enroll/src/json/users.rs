//! Documents of `user` and `reset`.

use monk_wire::manage::UserRow;
use serde::Serialize;

use crate::when::Moment;

/// `user add`.
#[derive(Debug, Serialize)]
pub struct UserAdded<'a> {
    /// Login name.
    pub user: &'a str,
    /// Mail address.
    pub mail: Option<&'a str>,
    /// What should be known of the password.
    pub note: Option<&'a str>,
}

/// `user passwd`, `disable`, `enable` and `remove`.
#[derive(Debug, Serialize)]
pub struct UserChanged<'a> {
    /// Login name.
    pub user: &'a str,
    /// `password-set`, `disabled`, `enabled` or `removed`.
    pub state: &'a str,
    /// What should be known of a new password.
    pub note: Option<&'a str>,
}

/// `user list`.
#[derive(Debug, Serialize)]
pub struct UserList<'a> {
    /// By name.
    pub users: Vec<UserDocument<'a>>,
}

/// One user of `user list`.
#[derive(Debug, Serialize)]
pub struct UserDocument<'a> {
    user: &'a str,
    mail: Option<&'a str>,
    disabled: bool,
    created: Moment,
    devices: u32,
    app_passwords: u32,
    second_factor: bool,
}

impl<'a> UserDocument<'a> {
    pub(crate) fn of(row: &'a UserRow) -> Self {
        Self {
            user: &row.name,
            mail: row.mail.as_deref(),
            disabled: row.disabled,
            created: Moment(row.created),
            devices: row.devices,
            app_passwords: row.app_passwords,
            second_factor: row.second_factor,
        }
    }
}

/// `reset`.
#[derive(Debug, Serialize)]
pub struct ResetDone<'a> {
    /// Login name.
    pub user: &'a str,
    /// The enrolment code, in groups of four.
    pub code: &'a str,
    /// When it ends.
    pub expires: Moment,
    /// How many credentials are gone.
    pub removed: u32,
}
