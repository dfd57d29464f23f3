//! The messages of imports: devices of other systems, and users of the embedded directory.
//!
//! A file may hold thousands of entries, and one command has seconds, so the client sends them in
//! parts: all parts are checked before anything is written.
//!
//! ```text
//! devices   Check, Check, …   then   Enrol, Enrol, …   and, if one fails,   Withdraw, Withdraw, …
//! users     Check, Check, …   then   Try (all)   then   Hash, Hash, …   then   Commit (all)
//! ```
//!
//! A part of devices is all or nothing only as long as the directory answers. What was written of
//! the parts before is taken back by sending them again with [`DeviceStep::Withdraw`]: the import's
//! token tells the engine which credentials are meant, so that works after a crash of the engine,
//! too. Users are one transaction.

use serde::{Deserialize, Serialize};

use super::{Failure, PosixWish, RowFault, TotpParameters};
use crate::bounded;
use crate::secret::Secret;

/// An import, or a part of one. Root only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Import {
    /// Devices of users that are in the directory.
    Devices {
        /// What is to be done with them.
        step: DeviceStep,
        /// Random bytes that tell this import from every other.
        token: [u8; 16],
        /// The devices.
        #[serde(deserialize_with = "bounded::list::<{ bounded::MOST_DEVICES }, _, _>")]
        items: Vec<DeviceItem>,
    },
    /// Users of the embedded directory.
    Users {
        /// What is to be done with them.
        step: UserStep,
        /// The users.
        #[serde(deserialize_with = "bounded::list::<{ bounded::MOST_USERS }, _, _>")]
        rows: Vec<UserEntry>,
    },
}

/// What is to be done with a part of the devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceStep {
    /// Say what would come of it. Writes nothing.
    Check,
    /// Enrol them.
    Enrol,
    /// Take back what this import has enrolled of them.
    Withdraw,
}

/// One device of another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceItem {
    /// Login name of its user.
    pub user: String,
    /// The name of the device.
    pub label: String,
    /// The seed's bytes.
    pub seed: Secret,
    /// How it makes codes.
    pub parameters: TotpParameters,
    /// Scratch codes of 8 digits that came with it.
    #[serde(deserialize_with = "bounded::list::<{ bounded::MOST_CODES }, _, _>")]
    pub scratch_codes: Vec<Secret>,
}

/// What is to be done with a part of the users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserStep {
    /// Say what would come of it. Writes nothing.
    Check,
    /// Hash the passwords, and say the hashes. Writes nothing.
    Hash,
    /// Add them all, or nobody. Every password is a hash by now.
    Commit,
    /// Say which of them all could not be added together, without looking at passwords. Writes nothing.
    Try,
}

/// One user to be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserEntry {
    /// Login name.
    pub name: String,
    /// Mail address.
    pub mail: Option<String>,
    /// The password.
    pub password: RowPassword,
    /// Whether the account is switched off.
    pub disabled: bool,
    /// When the account ends, in seconds since 1970; `None` for never.
    pub expires: Option<u64>,
    /// What the user is for hosts.
    pub posix: PosixWish,
}

/// The password of a user to be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowPassword {
    /// None yet: nobody logs in with it.
    None,
    /// As it is typed.
    Plain(Secret),
    /// Its Argon2id hash as a PHC string.
    Hash(Secret),
}

/// What has become of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Imported {
    /// One for each device, in their order. A part in which one is refused has written nothing.
    Devices(Vec<DeviceResult>),
    /// One for each user, in their order.
    Checked(Vec<RowVerdict>),
    /// One hash for each user, in their order; `None` for users without a password.
    Hashed(Vec<Option<Secret>>),
    /// All of them are in the directory.
    Committed,
    /// The places of those that could not be added, from 0 on, and why not.
    Tried(Vec<(u32, RowFault)>),
}

/// What becomes, or has become, of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceResult {
    /// The user as the directory spells the name; as it was given where there is none.
    pub user: String,
    /// What becomes of the device.
    pub verdict: DeviceVerdict,
    /// What becomes of its scratch codes.
    pub scratch_codes: ScratchCodes,
}

/// What becomes of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceVerdict {
    /// It is enrolled; with [`DeviceStep::Check`]: it would be.
    Enrolled,
    /// The user has it already: nothing is done.
    AlreadyThere,
    /// It cannot be enrolled, for this reason.
    Refused(Failure),
    /// Nothing of it is left.
    Withdrawn,
    /// It cannot be enrolled: the directory says that it has no such user. Clients know where the name
    /// came from, and what helps.
    UnknownUser,
}

/// What becomes of scratch codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScratchCodes {
    /// There are none, or nothing is done with them.
    None,
    /// They are the user's backup codes.
    Enrolled,
    /// The user has a set of backup codes already: that one stays, these are left out.
    LeftOut,
}

/// What becomes of a user to be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowVerdict {
    /// It can be added.
    New,
    /// A user has this name or mail address already.
    Exists,
    /// It cannot be added, for this reason.
    Refused(RowFault),
}
