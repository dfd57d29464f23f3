//! The messages of the administration.
//!
//! Reasons and secrets are shown here on purpose: the engine has made sure before that the caller
//! may see them (root, by the uid of the socket's peer).

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A command about one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manage {
    /// Login name of the user.
    pub user: String,
    /// What is to be done.
    pub command: Command,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Adds the user to the embedded directory.
    UserAdd {
        /// Mail address.
        mail: Option<String>,
        /// The password.
        password: Secret,
    },
    /// Makes a new device, good for nothing until it is confirmed.
    TotpAdd {
        /// The name of the device.
        label: String,
        /// How it makes codes.
        parameters: TotpParameters,
    },
    /// Confirms a device with a code it shows.
    TotpConfirm {
        /// Its id, or its name where that is unique.
        credential: String,
        /// The code.
        code: Secret,
    },
    /// Makes an app password.
    AppPasswordCreate {
        /// Its name.
        label: String,
        /// The services it opens; `None` for the default of the settings.
        services: Option<Vec<String>>,
        /// The networks it opens them from; empty for all.
        networks: Vec<String>,
        /// When it ends, in seconds since 1970.
        expires: Option<u64>,
    },
    /// Removes an app password. It opens nothing from then on.
    AppPasswordRevoke {
        /// Its id, or its name where that is unique.
        credential: String,
    },
    /// Makes a new set of backup codes; an old set is dead from then on.
    BackupCodesGenerate,
    /// Tells what the user has.
    Status,
    /// Tries a login without PAM and says why it would fail. Spends nothing.
    Check {
        /// The PAM service whose policy applies.
        service: String,
        /// The remote address.
        address: Option<String>,
        /// What would be typed; `None` to look at everything else.
        typed: Option<Secret>,
    },
}

/// How a device makes its codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotpParameters {
    /// The HMAC.
    pub algorithm: Algorithm,
    /// Digits of a code: 6 or 8.
    pub digits: u8,
    /// Seconds that a code is shown.
    pub period: u32,
}

/// The HMAC behind the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// HMAC-SHA-1.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

/// What a command has brought about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Done, and there is nothing to tell.
    Done,
    /// A device waits to be confirmed.
    TotpPending {
        /// Its id.
        credential: String,
        /// The seed in base 32.
        secret: Secret,
        /// The `otpauth://` address for the QR code.
        uri: Secret,
    },
    /// An app password, shown this once.
    AppPassword {
        /// Its id.
        credential: String,
        /// In groups of four.
        password: Secret,
        /// The services it opens.
        services: Vec<String>,
    },
    /// Backup codes, shown this once.
    BackupCodes {
        /// In groups of four.
        codes: Vec<Secret>,
        /// Whether an old set is dead now.
        replaced: bool,
    },
    /// What the user has.
    Status(Status),
    /// How a login would end.
    Report(Report),
}

/// What one user has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The login name as the directory spells it.
    pub user: String,
    /// Mail address, if the directory has one.
    pub mail: Option<String>,
    /// Whether the account is switched off.
    pub disabled: bool,
    /// Everything enrolled.
    pub credentials: Vec<CredentialStatus>,
    /// Records that this host cannot read.
    pub unreadable: u32,
}

/// One credential in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialStatus {
    /// Its id.
    pub id: String,
    /// `totp`, `app-password`, `backup-code` or `unknown`.
    pub kind: String,
    /// The name that the user gave it.
    pub label: String,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When it was last used, in seconds since 1970.
    pub last_used: Option<u64>,
    /// Where from, for app passwords.
    pub last_address: Option<String>,
    /// By which service, for app passwords.
    pub last_service: Option<String>,
    /// A device that is not confirmed yet.
    pub pending: bool,
    /// Whether this host can check it: key held, value neither moved nor altered.
    pub usable: bool,
    /// Services that an app password opens.
    pub services: Vec<String>,
    /// Networks that an app password opens them from.
    pub networks: Vec<String>,
    /// When an app password ends, in seconds since 1970.
    pub expires: Option<u64>,
    /// Backup codes left of the set, and how many there were.
    pub codes_left: Option<(u32, u32)>,
}

/// How a login would end, for the administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The verdict, or `None` where nothing was typed and so none was reached.
    pub granted: Option<bool>,
    /// The word that would stand in the audit.
    pub reason: String,
    /// A sentence with what to do.
    pub explanation: String,
    /// What was looked at: a name and what was found.
    pub facts: Vec<(String, String)>,
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// For programs.
    pub kind: FailureKind,
    /// For people: what is wrong and what to do.
    pub message: String,
}

/// The kinds of failures; each has its exit code in `monk-enroll`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// The caller may not do this.
    NotPermitted,
    /// No such user, credential or service.
    NotFound,
    /// It is there already.
    Exists,
    /// The code is not right.
    WrongCode,
    /// What was asked makes no sense.
    Invalid,
    /// Something that the engine needs does not answer.
    Unavailable,
}
