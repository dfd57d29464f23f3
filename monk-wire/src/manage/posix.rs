//! What users and groups of the embedded directory are for a host: numbers, home folder, shell.

use serde::{Deserialize, Serialize};

use super::failure_kind::FailureKind;

/// A user as passwd(5) has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posix {
    /// The uid.
    pub uid: u32,
    /// The primary group.
    pub gid: u32,
    /// The full name; empty where none is known.
    pub full_name: String,
    /// The home folder; `None` for the default of each host.
    pub home: Option<String>,
    /// The shell; `None` for the default of each host.
    pub shell: Option<String>,
}

/// What is wanted of a user. `None` leaves it as it is or, for a new user, to the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosixWish {
    /// The uid.
    pub uid: Option<u32>,
    /// The primary group. By default, new users have a private one: of their own name and number.
    pub group: Option<PrimaryGroup>,
    /// The full name; empty for none.
    pub full_name: Option<String>,
    /// The home folder; empty for the default of each host.
    pub home: Option<String>,
    /// The shell; empty for the default of each host.
    pub shell: Option<String>,
}

/// Which primary group a user is to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrimaryGroup {
    /// The group of this name. The user's own name is the private group, which is made where it is not there.
    Named(String),
    /// This number, whether or not a group of the directory has it: it may be one of `/etc/group`.
    Numbered(u32),
}

/// Why a user or group cannot have a name or a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Clash {
    /// Another user has the name or the mail address.
    User,
    /// The user was removed meanwhile.
    Gone,
    /// Another user has the uid.
    Uid {
        /// The number.
        uid: u32,
        /// Who has it.
        user: String,
    },
    /// A group has the gid.
    Gid {
        /// The number.
        gid: u32,
        /// Which group has it.
        group: String,
    },
    /// A group has the name that the private group of a user would have.
    GroupOfThatName {
        /// The name.
        group: String,
    },
    /// The group is there already, with another number.
    GroupExists {
        /// Its name.
        group: String,
        /// Its number.
        gid: u32,
    },
    /// It is the number of another user's primary group.
    PrimaryGid {
        /// The number.
        gid: u32,
        /// That user.
        user: String,
    },
    /// The group is the private one of the user of the same name.
    Private {
        /// Its name.
        group: String,
    },
    /// There is no such group.
    NoSuchGroup {
        /// The name.
        group: String,
    },
    /// It is the primary group of this user.
    Primary {
        /// The group.
        group: String,
        /// The user.
        user: String,
    },
    /// All numbers of the range that the settings give were given.
    NoneLeft {
        /// The first one.
        first: u32,
        /// The last one.
        last: u32,
    },
    /// An account of `/etc/passwd` has the uid.
    LocalUid {
        /// The number.
        uid: u32,
        /// Which account has it.
        account: String,
    },
    /// A group of `/etc/group` has the gid.
    LocalGid {
        /// The number.
        gid: u32,
        /// Which group has it.
        group: String,
    },
}

impl Clash {
    /// The kind of failure that it is.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::User
            | Self::Uid { .. }
            | Self::Gid { .. }
            | Self::GroupOfThatName { .. }
            | Self::GroupExists { .. }
            | Self::LocalUid { .. }
            | Self::LocalGid { .. } => FailureKind::Exists,
            Self::Gone | Self::NoSuchGroup { .. } => FailureKind::NotFound,
            Self::Private { .. }
            | Self::Primary { .. }
            | Self::PrimaryGid { .. }
            | Self::NoneLeft { .. } => FailureKind::Invalid,
        }
    }
}
