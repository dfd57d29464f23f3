//! The messages of the administration.
//!
//! Reasons and secrets are shown here on purpose: the engine has made sure before that the caller
//! may see them. Root may name any user. Everybody else may name only themselves, by the uid of the
//! socket's peer, and proves their identity before a change: the engine asks.
//!
//! The engine says what happened as data: kinds, ids, limits, times. Each client turns that into its own
//! sentences: the terminal names commands, a page has links.

mod directory;
mod email;
mod failure;
mod failure_kind;
mod faults;
mod groups;
mod import;
mod invitation;
mod keys;
mod letter;
mod moving;
mod outage;
mod parts;
mod posix;
mod replay;
mod report;
mod restored;
mod row_fault;
mod ssh_keys;
mod status;
mod throttle;
mod unfit;
mod users;

pub mod doctor;

use monk_terms::kind::Kind;
use serde::{Deserialize, Serialize};

use crate::bounded;
use crate::secret::Secret;

pub use directory::{
    Detected, Detection, DirectoryCommand, DirectoryOutcome, FoundUser, OnHosts, Product, Tried,
};
pub use email::{EmailCommand, EmailOutcome};
pub use failure::Failure;
pub use failure_kind::FailureKind;
pub use faults::{ClockOffset, EmailedCodeFault, KeyUse, SecretFault};
pub use groups::{GroupCommand, GroupOutcome, Membership};
pub use import::{
    DeviceItem, DeviceResult, DeviceStep, DeviceVerdict, Import, Imported, RowPassword, RowVerdict,
    ScratchCodes, UserEntry, UserStep,
};
pub use invitation::{
    Invitation, InvitationMail, InvitationMailed, InvitationState, Invited, Repeat,
};
pub use keys::{KeyCommand, KeyRotation, KeyStatus};
pub use letter::{DeviceLetter, LetterDevice};
pub use moving::{CredentialMove, MoveFault, MoveStep, Moved, StoreName};
pub use outage::{MailFailure, Outage, OutageKind};
pub use parts::{Listing, NewPasswordFault, Orphan, OrphanCommand, OrphanOutcome, Part};
pub use posix::{Clash, Posix, PosixWish, PrimaryGroup};
pub use replay::{
    MOST_PAST_LOGINS, MOST_SETTINGS, PastEnd, PastEvent, PastLogin, Prospect, Replay, Replayed,
};
pub use report::{CodeForm, CredentialState, Fact, LoginEnd, Report, WayIn};
pub use restored::Restored;
pub use row_fault::RowFault;
pub use ssh_keys::{SshKey, SshKeyCommand, SshKeyOutcome};
pub use status::{CredentialStatus, Status};
pub use throttle::{SlowedRow, ThrottleCommand, ThrottleOutcome};
pub use unfit::{PasswordFault, Unfit};
pub use users::{NewUser, UserCommand, UserRow};

/// A command about one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manage {
    /// Login name of the user; empty for commands that concern nobody in particular.
    pub user: String,
    /// What is to be done.
    pub command: Command,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Adds the user to the embedded directory.
    UserAdd(Box<NewUser>),
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
        #[serde(deserialize_with = "bounded::optional_list::<{ bounded::MOST_NAMES }, _, _>")]
        services: Option<Vec<String>>,
        /// The networks it opens them from; empty for all.
        #[serde(deserialize_with = "bounded::list::<{ bounded::MOST_NAMES }, _, _>")]
        networks: Vec<String>,
        /// When it ends, in seconds since 1970.
        expires: Option<u64>,
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
    /// Shows a device again that is not confirmed yet.
    TotpShow {
        /// Its id, or its name where that is unique; `None` for the only one.
        credential: Option<String>,
    },
    /// Gives a credential another name.
    Rename {
        /// What it is.
        kind: Kind,
        /// Its id, or its name where that is unique.
        credential: String,
        /// The new name.
        label: String,
    },
    /// Removes a credential. It opens nothing from then on.
    Remove {
        /// What it is.
        kind: Kind,
        /// Its id, or its name where that is unique; `None` for the only one.
        credential: Option<String>,
    },
    /// Removes everything that the user has enrolled, and makes an enrolment code.
    Reset {
        /// Seconds that the code is good for.
        seconds: u64,
    },
    /// The users of the embedded directory.
    User(UserCommand),
    /// The host keys.
    Key(KeyCommand),
    /// Tells the settings that are in force.
    Settings,
    /// The address that codes are sent to.
    Email(EmailCommand),
    /// Takes over devices or users from another system.
    Import(Import),
    /// Looks for what is wrong with the whole setup. The user of the command does not matter.
    Doctor(doctor::Examination),
    /// Who is slowed down.
    Throttle(ThrottleCommand),
    /// The groups of the embedded directory.
    Group(GroupCommand),
    /// Moves what everybody has enrolled to another store.
    Move(CredentialMove),
    /// A directory that is to be used.
    Directory(DirectoryCommand),
    /// Lists users, in parts.
    List(Listing),
    /// Records of users who are gone.
    Orphans(OrphanCommand),
    /// The keys that a user logs in to ssh with.
    SshKey(SshKeyCommand),
    /// Makes an enrolment code for a user without a second factor.
    Invite(Invitation),
    /// Makes a one-time code for another program. The engine alone gives this command.
    PortalCodeMake,
    /// Makes a ticket for one login. The engine alone gives this command.
    PortalTicketMake {
        /// The PAM service that it is for.
        service: String,
        /// The id of the passkey that the session was opened with.
        passkey: String,
    },
    /// Keeps a passkey that was made in the portal. The engine alone gives this command.
    PasskeyAdd {
        /// The name that the user gives it.
        label: String,
        /// The record and its first use, as the engine writes them.
        made: String,
    },
    /// Spends all codes that can have been used, after a backup of the directory was restored.
    Restored,
    /// Notes that the mail with the user's invitation came back.
    InvitationBounced {
        /// The address that takes no mail. Nothing is noted if the directory has another one.
        address: String,
    },
    /// Makes a device for a user without a second factor, to be handed out on paper.
    TotpLetter(DeviceLetter),
    /// Decides logins of the past under other settings.
    Replay(Box<Replay>),
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
        /// Its name.
        label: String,
        /// How it makes codes.
        parameters: TotpParameters,
    },
    /// An app password, shown this once.
    AppPassword {
        /// Its id.
        credential: String,
        /// In groups of four.
        password: Secret,
        /// The services it opens.
        services: Vec<String>,
        /// What to type into a mail program, where the settings say so.
        mail: Option<MailProgram>,
    },
    /// Backup codes, shown this once.
    BackupCodes {
        /// In groups of four.
        codes: Vec<Secret>,
        /// Whether an old set is dead now.
        replaced: bool,
    },
    /// A one-time code, shown this once.
    PortalCode {
        /// In groups of four.
        code: Secret,
        /// When it ends, in seconds since 1970.
        expires: u64,
    },
    /// A ticket for one login, shown this once.
    PortalTicket {
        /// In groups of four.
        ticket: Secret,
        /// When it ends, in seconds since 1970.
        expires: u64,
    },
    /// What the user has.
    Status(Status),
    /// How a login would end.
    Report(Report),
    /// A credential is gone.
    Removed {
        /// Its id.
        credential: String,
        /// Its name.
        label: String,
        /// Whether the user has no second factor any more.
        last: bool,
    },
    /// Everything is gone, and this stands for a second factor until there is another.
    Reset {
        /// The enrolment code, in groups of four, shown this once.
        code: Secret,
        /// When it ends, in seconds since 1970.
        expires: u64,
        /// How many credentials there were.
        removed: u32,
    },
    /// The user who was looked for; nobody where there is none.
    Users(Vec<UserRow>),
    /// The list is whole. Its rows came in parts.
    Listed {
        /// How many rows it has.
        rows: u64,
        /// How many users were looked at for it.
        users: u64,
    },
    /// The host keys.
    Keys(Vec<KeyStatus>),
    /// What a change of the primary key has brought about.
    Rotated(KeyRotation),
    /// The settings in force, as TOML.
    Settings(String),
    /// What came of a command about mail.
    Email(EmailOutcome),
    /// What has become of an import.
    Imported(Imported),
    /// What `doctor` has found.
    Doctor(Box<doctor::Checkup>),
    /// What came of a command about the counters of failures.
    Throttle(ThrottleOutcome),
    /// What came of a command about groups.
    Groups(GroupOutcome),
    /// What came of a command about a directory that is to be used.
    Directory(DirectoryOutcome),
    /// What came of a command about records of users who are gone.
    Orphans(OrphanOutcome),
    /// The password is set, and ends like one with a code behind it: where both are typed on one line,
    /// the code still has to stand behind all of it.
    PasswordLikeCode,
    /// What a part of a move has come to.
    Moved(Moved),
    /// The user is added.
    UserAdded {
        /// What the user is for hosts.
        posix: Posix,
        /// Whether the password ends like one with a code behind it.
        like_code: bool,
        /// Whether an account of `/etc/passwd` has the same name: the host has its uid, groups and home folder from there.
        is_local: bool,
    },
    /// What the user is for hosts from now on.
    Posix(Posix),
    /// What came of a command about ssh keys.
    SshKeys(SshKeyOutcome),
    /// The user is invited.
    Invited(Invited),
    /// A device for a letter is made.
    LetterDevice(LetterDevice),
    /// The device is confirmed, and opens nothing before this time, in seconds since 1970.
    UsableFrom(u64),
    /// What has become of everybody's codes after a restore.
    Restored(Restored),
    /// No invitation was due. The one that the user has, if any, stays as it is.
    InvitationKept(Option<InvitationState>),
    /// What would become of logins of the past.
    Replayed(Replayed),
}

/// What a user types into a mail program beside the app password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailProgram {
    /// The user name.
    pub user: String,
    /// The servers: a protocol such as `IMAP`, and `imap.example.org, port 993, SSL/TLS`.
    pub servers: Vec<MailServer>,
}

/// One server in a mail program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailServer {
    /// `IMAP`, `POP3` or `SMTP`.
    pub protocol: String,
    /// The host's name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// `SSL/TLS` or `STARTTLS`, by the port.
    pub security: String,
}
