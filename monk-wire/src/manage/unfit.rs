//! What is wrong with a value that was given, as data.

use monk_terms::label::Fault;
use monk_terms::verdict::BadInput;
use serde::{Deserialize, Serialize};

/// What is wrong with a value that was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unfit {
    /// This cannot be the name of a credential. The name itself is not repeated: it may be a secret.
    Label(Fault),
    /// A code has 6 or 8 digits, and a time that is too long or too short.
    TotpParameters,
    /// An app password has to open some service.
    NoServices,
    /// This is no name of a PAM service.
    Service {
        /// What was given.
        service: String,
    },
    /// This is no network.
    Network {
        /// What was given.
        network: String,
    },
    /// What is made would have ended already.
    EndInPast,
    /// An enrolment code may not live so long, or for no time at all.
    Lifetime {
        /// The longest, in seconds.
        most: u64,
    },
    /// The directory has no mail address of this user.
    NoDirectoryAddress {
        /// The user.
        user: String,
    },
    /// This is no mail address that codes can be sent to.
    Address,
    /// This cannot be the mail address of a user.
    Mail,
    /// This password could never open anything.
    Password(PasswordFault),
    /// This is no Argon2id hash, or one that is too costly.
    PasswordHash,
    /// A password was to be a hash by now.
    PasswordNotHashed,
    /// This cannot be the name of a group.
    Group {
        /// Most characters.
        longest: usize,
    },
    /// The settings do not say where a group of this name is.
    GroupUnfindable {
        /// What was given.
        group: String,
    },
    /// One part of an import has too many devices.
    TooManyDevices {
        /// How many it may have.
        limit: usize,
    },
    /// The seed of a device has a length that nobody takes.
    SeedLength {
        /// How many bytes it has.
        bytes: usize,
        /// How many it must have.
        least: usize,
        /// How many it may have.
        most: usize,
    },
    /// Scratch codes have 8 digits, and are not as many.
    ScratchCodes {
        /// How many there may be.
        limit: usize,
    },
    /// A device with this seed comes twice in an import for one user.
    SameSeedTwice,
    /// Two devices in an import have the same name for one user.
    SameLabelTwice {
        /// The name.
        label: String,
    },
    /// A host could not use such a name of a user or group.
    HostName,
    /// This number is the system's own, or none.
    Id {
        /// The number.
        id: u32,
        /// The least that can be given.
        least: u32,
    },
    /// This can be no home folder or shell.
    Path,
    /// This can be no full name.
    FullName,
    /// This is no line of `authorized_keys`.
    SshKey {
        /// Which one of the lines that were given, from 1 on.
        number: usize,
    },
    /// The user has as many ssh keys as one may have.
    TooManySshKeys {
        /// How many that is.
        limit: usize,
    },
}

/// Why a new password would open nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PasswordFault {
    /// Nobody could type it.
    Input(BadInput),
    /// It has the shape of an app password, and would be read as one.
    LikeAppPassword,
}
