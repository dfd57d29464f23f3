//! Why a command was not carried out, as data: each client writes its own sentences about it.

use monk_terms::account_state::AccountState;
use monk_terms::kind::Kind;
use monk_terms::not_taken::NotTaken;
use monk_terms::verdict::Refusal;
use serde::{Deserialize, Serialize};

use super::failure_kind::FailureKind;
use super::faults::{ClockOffset, EmailedCodeFault, KeyUse, SecretFault};
use super::moving::{MoveFault, StoreName};
use super::outage::{MailFailure, Outage};
use super::posix::Clash;
use super::row_fault::RowFault;
use super::unfit::Unfit;

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    // The first six have no data: where an engine from before an upgrade sends a number below six and a
    // sentence, the sentence is left over, and the reply is no failure of another kind.
    /// The password or the code was wrong, or too many were before. Which one stands in the log.
    NotProved,
    /// The users are in LDAP, and monk keeps none.
    UsersInLdap,
    /// Somebody has removed the user since the command began.
    UserGone,
    /// A user has this name or mail address.
    UserExists,
    /// Records of the user were altered or removed, so that nothing tells which of them count.
    RecordsAltered,
    /// The last second factor stays, because a service requires one.
    LastFactor,
    /// The first factor needs an enrolment code beside the password, and none was proven.
    InvitationNeeded,

    /// The caller's own account is in a state in which nothing may be changed.
    AccountClosed {
        /// The state.
        state: AccountState,
    },
    /// Only root may give this command.
    OnlyRoot {
        /// The caller's uid.
        uid: u32,
    },
    /// Only root may name somebody else.
    NotYou {
        /// The caller's login name.
        name: String,
    },
    /// The host's user database has no name for the caller.
    NobodyHere {
        /// The caller's uid.
        uid: u32,
    },

    /// The directory has no such user.
    NoSuchUser {
        /// The name.
        user: String,
        /// Whether it is the caller's own.
        is_caller: bool,
    },
    /// The user has no such credential.
    NoSuchCredential {
        /// What it would be.
        kind: Kind,
        /// The id or name that was given; `None` where the only one was meant.
        wanted: Option<String>,
    },
    /// The user has no such device or address that waits to be confirmed.
    NonePending {
        /// What it would be.
        kind: Kind,
        /// The id or name that was given; `None` where the only one was meant.
        wanted: Option<String>,
    },
    /// The host does not hold this key.
    NoSuchKey {
        /// Its id.
        key: String,
    },
    /// The user or network has no failures.
    NobodySlowed {
        /// The name or address that was given.
        whose: String,
    },

    /// Another credential of the user has this name.
    LabelTaken {
        /// What it is.
        kind: Kind,
        /// The name.
        label: String,
    },
    /// Somebody else has changed the user's credentials since they were checked.
    ChangedMeanwhile {
        /// The user.
        user: String,
    },

    /// The code is not the one that the device shows now.
    WrongCode {
        /// By how much the device's clock is off, if that is why.
        clock: Option<ClockOffset>,
    },
    /// This is no code that was sent by mail, or not the right one.
    WrongEmailedCode(EmailedCodeFault),
    /// A login would be refused for this, and so is the command.
    Refused(Refusal),

    /// Several credentials fit.
    Ambiguous {
        /// What they are.
        kind: Kind,
        /// The name that was given; `None` where the only one was meant.
        wanted: Option<String>,
    },
    /// Several devices wait to be confirmed, and none of them was named.
    SeveralPending,
    /// The user has as many credentials as one may have.
    TooManyCredentials {
        /// How many that is.
        limit: usize,
    },
    /// The user's records are made with a key that this host does not hold.
    KeyNotHeld {
        /// Its id.
        key: String,
    },
    /// The device's secret does not open on this host.
    SecretUnreadable(SecretFault),
    /// A value that was given makes no sense.
    Unfit(Unfit),
    /// The settings have no mail server.
    NoMailServer,
    /// The settings name the primary key.
    PrimaryInSettings {
        /// Its id.
        primary: String,
    },
    /// New records are made with this key.
    KeyIsPrimary,
    /// Something needs this key.
    KeyInUse(Box<KeyUse>),
    /// A user of an import cannot be added, so nobody was.
    InImport {
        /// The user.
        user: String,
        /// Why.
        why: RowFault,
    },

    /// Something that the engine needs does not answer, or not clearly.
    Outage(Outage),
    /// The mail was not sent.
    Mail(MailFailure),
    /// The engine could not find out whether the caller proved to be who they are.
    ProofUnanswered,
    /// The host's user database does not answer.
    UserDatabaseSilent,
    /// The directory does not list everybody.
    ListIncomplete,
    /// More users would be gone than are there, so a mistake in the settings or the access rules is likelier.
    TooManyGone {
        /// How many have records and are gone.
        gone: u64,
        /// How many have records.
        owners: u64,
    },
    /// The settings cannot be written as TOML.
    SettingsUnwritable,
    /// The records of a user cannot be moved to another store.
    CannotMove {
        /// The user's login name, or the id where none is known.
        user: String,
        /// Why.
        why: MoveFault,
    },
    /// Records are to be moved to where they are.
    MoveNowhere(StoreName),
    /// Keys cannot be changed while records are on their way from one store to another.
    RecordsMoving {
        /// The login name of one of their users, or the id where none is known.
        user: String,
    },
    /// The users are in the embedded directory, and their credentials in the same file.
    UsersEmbedded,
    /// The directory does not take the new password. The old one stays.
    PasswordNotTaken {
        /// Why.
        why: NotTaken,
        /// What the directory said, printable and short; empty where it said nothing.
        said: String,
    },
    /// A user or group cannot have a name or a number.
    Clash(Clash),
    /// The user has no such ssh key.
    NoSuchSshKey,
    /// Several ssh keys of the user fit.
    SeveralSshKeys,
    /// The directory did not answer a change of the password in time: it may be the old or the new one.
    PasswordUnknown,
    /// With the password alone, the first factor is a device that counts only after a delay.
    FirstDeviceNeeded {
        /// How long the delay is, in hours.
        hours: u32,
    },
    /// An invitation is for users without a second factor.
    HasSecondFactor {
        /// The user.
        user: String,
    },
    /// The user's mailbox asks for the second factor that the mail is to help with.
    MailboxNeedsCode {
        /// The PAM service of the mailbox.
        service: String,
    },
    /// Settings that were given cannot be read.
    SettingsWrong {
        /// Why, with the line.
        why: String,
    },
}

impl Failure {
    /// The kind, which the exit code and the audit tell.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::OnlyRoot { .. }
            | Self::NotYou { .. }
            | Self::NobodyHere { .. }
            | Self::NotProved
            | Self::InvitationNeeded
            | Self::FirstDeviceNeeded { .. }
            | Self::AccountClosed { .. }
            | Self::PasswordNotTaken { why: NotTaken::NotAllowed, .. } => FailureKind::NotPermitted,
            Self::NoSuchUser { .. }
            | Self::UserGone
            | Self::NoSuchCredential { .. }
            | Self::NonePending { .. }
            | Self::NoSuchKey { .. }
            | Self::NoSuchSshKey
            | Self::NobodySlowed { .. } => FailureKind::NotFound,
            Self::UserExists
            | Self::HasSecondFactor { .. }
            | Self::LabelTaken { .. }
            | Self::ChangedMeanwhile { .. }
            | Self::InImport { why: RowFault::Taken, .. } => FailureKind::Exists,
            Self::Refused(refusal) => kind_of(*refusal),
            Self::Clash(clash) => clash.kind(),
            Self::Outage(_)
            | Self::Mail(_)
            | Self::ProofUnanswered
            | Self::UserDatabaseSilent
            | Self::ListIncomplete
            | Self::PasswordUnknown
            | Self::SettingsUnwritable => FailureKind::Unavailable,
            Self::WrongCode { .. } | Self::WrongEmailedCode(_) => FailureKind::WrongCode,
            Self::Ambiguous { .. }
            | Self::SeveralPending
            | Self::TooManyCredentials { .. }
            | Self::KeyNotHeld { .. }
            | Self::RecordsAltered
            | Self::SecretUnreadable(_)
            | Self::Unfit(_)
            | Self::LastFactor
            | Self::NoMailServer
            | Self::MailboxNeedsCode { .. }
            | Self::UsersInLdap
            | Self::PrimaryInSettings { .. }
            | Self::KeyIsPrimary
            | Self::KeyInUse(_)
            | Self::CannotMove { .. }
            | Self::MoveNowhere(_)
            | Self::RecordsMoving { .. }
            | Self::UsersEmbedded
            | Self::PasswordNotTaken { .. }
            | Self::TooManyGone { .. }
            | Self::SeveralSshKeys
            | Self::SettingsWrong { .. }
            | Self::InImport {
                why: RowFault::Name | RowFault::Unfit(_) | RowFault::Clash(_),
                ..
            } => FailureKind::Invalid,
        }
    }
}

/// The kind of a command's failure that a login would be refused for.
fn kind_of(refusal: Refusal) -> FailureKind {
    match refusal {
        Refusal::NoAddress | Refusal::LocalAccount => FailureKind::NotFound,
        Refusal::BadName | Refusal::AmbiguousUser | Refusal::TooManySends => FailureKind::Invalid,
        Refusal::ReplayedCode | Refusal::ExpiredCode | Refusal::TooManyTries => {
            FailureKind::WrongCode
        }
        Refusal::UnusableFactor => FailureKind::Unavailable,
        // Of logins alone.
        Refusal::BadInput(_)
        | Refusal::UnknownUser
        | Refusal::Disabled
        | Refusal::Expired
        | Refusal::Locked
        | Refusal::PasswordExpired
        | Refusal::MustChange
        | Refusal::OutsideHours
        | Refusal::WrongPassword
        | Refusal::WrongPasswordAgain
        | Refusal::UnexpectedCode
        | Refusal::WrongAppPassword
        | Refusal::WrongCode
        | Refusal::WrongPasskey
        | Refusal::CopiedPasskey
        | Refusal::UsedAhead
        | Refusal::CodeMissing
        | Refusal::NotEnrolled
        | Refusal::NotInGroup
        | Refusal::AppPasswordNeeded
        | Refusal::AppPasswordScope
        | Refusal::AppPasswordExpired
        | Refusal::CodeSent
        | Refusal::Throttled
        | Refusal::NotTrusted
        | Refusal::NotYetUsable
        | Refusal::NotApproved
        | Refusal::ApprovalDenied
        | Refusal::WrongNumber
        | Refusal::ApprovalOver
        | Refusal::ApprovalWaits
        | Refusal::ApprovalsClosed
        | Refusal::NoPasskey
        | Refusal::TicketScope
        | Refusal::TicketNotAllowed
        | Refusal::TicketRevoked => FailureKind::NotPermitted,
    }
}

impl From<RowFault> for Failure {
    fn from(fault: RowFault) -> Self {
        match fault {
            RowFault::Name => Self::Refused(Refusal::BadName),
            RowFault::Taken => Self::UserExists,
            RowFault::Unfit(unfit) => unfit.into(),
            RowFault::Clash(clash) => clash.into(),
        }
    }
}

impl From<Clash> for Failure {
    fn from(clash: Clash) -> Self {
        match clash {
            Clash::User => Self::UserExists,
            Clash::Gone => Self::UserGone,
            clash => Self::Clash(clash),
        }
    }
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_a_command_has_its_kind_and_no_other_passes_for_a_wrong_code() {
        for (refusal, kind) in [
            (Refusal::NoAddress, FailureKind::NotFound),
            (Refusal::BadName, FailureKind::Invalid),
            (Refusal::AmbiguousUser, FailureKind::Invalid),
            (Refusal::TooManySends, FailureKind::Invalid),
            (Refusal::ReplayedCode, FailureKind::WrongCode),
            (Refusal::ExpiredCode, FailureKind::WrongCode),
            (Refusal::TooManyTries, FailureKind::WrongCode),
            (Refusal::UnusableFactor, FailureKind::Unavailable),
            (Refusal::Disabled, FailureKind::NotPermitted),
            (Refusal::Throttled, FailureKind::NotPermitted),
        ] {
            assert_eq!(Failure::Refused(refusal).kind(), kind, "{refusal}");
        }
    }
}
