//! The words for the end of a login: what stands in the audit, never what a stranger is told.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why an input is refused before it is sent anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BadInput {
    /// Nothing was typed. An LDAP bind with an empty password would succeed (RFC 4513 §5.1.2).
    Empty,
    /// Longer than 512 bytes.
    TooLong,
    /// Contains a NUL byte, which C programs would cut the string at.
    Nul,
    /// Not UTF-8, which LDAP passwords must be (RFC 4513 §5.1.3).
    NotUtf8,
    /// The host program has refused this user itself and only wants the time to pass.
    HostRefused,
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::TooLong => "longer than 512 bytes",
            Self::Nul => "contains a NUL byte",
            Self::NotUtf8 => "not UTF-8",
            Self::HostRefused => "the program has refused this user itself",
        })
    }
}

/// What opened the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Grant {
    /// The password, where the policy asks for nothing more.
    Password,
    /// An app password.
    AppPassword,
    /// A code of a device.
    Totp,
    /// A backup code.
    BackupCode,
    /// The code that stands for a second factor after a reset.
    EnrolmentCode,
    /// A code that was sent by mail.
    EmailedCode,
    /// A passkey, at the portal.
    Passkey,
    /// A one-time code of the portal.
    PortalCode,
    /// A ticket of the portal, in place of password and code.
    PortalTicket,
    /// Nothing that monk checks: a key or another module has, and the policy asks for no more.
    CheckedElsewhere,
    /// The password, of a user who still has time to enrol a second factor.
    Grace,
    /// The password, and a code that opened the same login before and is remembered.
    Remembered,
    /// The user has approved the login on the portal's page, signed in with a passkey.
    Approval,
}

impl Grant {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Password,
        Self::AppPassword,
        Self::Totp,
        Self::BackupCode,
        Self::EnrolmentCode,
        Self::EmailedCode,
        Self::Passkey,
        Self::PortalCode,
        Self::PortalTicket,
        Self::CheckedElsewhere,
        Self::Grace,
        Self::Remembered,
        Self::Approval,
    ];

    /// What a word of the audit means, if this release knows it.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == word)
    }

    /// The word in the audit.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::AppPassword => "app-password",
            Self::Totp => "totp",
            Self::BackupCode => "backup-code",
            Self::EnrolmentCode => "enrolment-code",
            Self::EmailedCode => "emailed-code",
            Self::Passkey => "passkey",
            Self::PortalCode => "portal-code",
            Self::PortalTicket => "portal-ticket",
            Self::CheckedElsewhere => "checked-elsewhere",
            Self::Grace => "grace",
            Self::Remembered => "remembered",
            Self::Approval => "approval",
        }
    }

    /// Whether a code of a second factor was used up in this very login, or a passkey has signed it.
    #[must_use]
    pub fn is_fresh_code(self) -> bool {
        matches!(
            self,
            Self::Totp
                | Self::BackupCode
                | Self::EnrolmentCode
                | Self::EmailedCode
                | Self::Passkey
                | Self::PortalCode
                | Self::Approval
        )
    }
}

/// Why a login is refused: the directory has answered, and the answer is no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Refusal {
    /// Refused before anything was looked at.
    BadInput(BadInput),
    /// The user's name is empty or too long, or has control characters in it or blanks around it.
    BadName,
    /// The directory has no such user.
    UnknownUser,
    /// This machine has an account of this name, and the settings say that it is not the directory's.
    LocalAccount,
    /// The directory has several such users, so the name says nobody.
    AmbiguousUser,
    /// The account is disabled.
    Disabled,
    /// The account's time is over, or has not begun.
    Expired,
    /// The account is locked for a time, mostly after wrong passwords.
    Locked,
    /// The password has expired, and the directory takes it no more.
    PasswordExpired,
    /// The user has to change the password first.
    MustChange,
    /// The directory lets the user in at other hours only, or from other machines only.
    OutsideHours,
    /// The password is not the user's.
    WrongPassword,
    /// The same password was refused by the directory a moment ago, and was not sent there again.
    WrongPasswordAgain,
    /// The string is not the password, and ends in what looks like a code of a kind that the user has
    /// no active second factor for.
    UnexpectedCode,
    /// The string has the shape of an app password, and is none of the user's.
    WrongAppPassword,
    /// The code is none of the user's.
    WrongCode,
    /// What a passkey has signed is wrong, or the passkey does not belong to the user.
    WrongPasskey,
    /// The counter of a passkey went back: there is a copy of it.
    CopiedPasskey,
    /// The code was right, and has been used.
    ReplayedCode,
    /// The code was right, and one of a time that is still to come has been used: the clock of a
    /// host was ahead then, or this one's is behind now.
    UsedAhead,
    /// The code was right, and has ended.
    ExpiredCode,
    /// The second factor cannot be checked on this host (key missing, value altered or moved).
    UnusableFactor,
    /// The policy asks for a code and none was given.
    CodeMissing,
    /// The policy asks for a second factor and the user has none.
    NotEnrolled,
    /// The user is in none of the groups that this service is open to.
    NotInGroup,
    /// Only app passwords open this service.
    AppPasswordNeeded,
    /// The app password does not open this service, or not from there.
    AppPasswordScope,
    /// The app password has ended.
    AppPasswordExpired,
    /// A code is on its way to the user, who has asked for one.
    CodeSent,
    /// There is no address that a code could be sent to.
    NoAddress,
    /// The user was sent as many codes in this hour as the settings allow.
    TooManySends,
    /// An emailed code that too many wrong ones came before.
    TooManyTries,
    /// Too many failures before: this attempt is not looked at.
    Throttled,
    /// A program that is not root's says that somebody else has checked key or password.
    NotTrusted,
    /// The code is right, of a first device that opens nothing until its delay is over.
    NotYetUsable,
    /// Nobody has approved the login on the portal's page.
    NotApproved,
    /// The user has said on the portal's page that it is somebody else who logs in.
    ApprovalDenied,
    /// A number was chosen on the portal's page that the terminal does not show.
    WrongNumber,
    /// A request was answered on the portal's page that has ended or was answered before.
    ApprovalOver,
    /// Another login of the user waits for an approval.
    ApprovalWaits,
    /// No approval can be asked of the user for a while: too many were not given, or one was refused.
    ApprovalsClosed,
    /// The user has no passkey to approve a login with.
    NoPasskey,
    /// The ticket is for another service.
    TicketScope,
    /// The service takes no tickets, or not in this login.
    TicketNotAllowed,
    /// The passkey that the ticket was taken with is gone.
    TicketRevoked,
}

impl Refusal {
    /// All of them, with one that stands for everything else that is no input.
    pub const ALL: [Self; 46] = [
        Self::BadInput(BadInput::HostRefused),
        Self::BadInput(BadInput::Empty),
        Self::BadName,
        Self::UnknownUser,
        Self::LocalAccount,
        Self::AmbiguousUser,
        Self::Disabled,
        Self::Expired,
        Self::Locked,
        Self::PasswordExpired,
        Self::MustChange,
        Self::OutsideHours,
        Self::WrongPassword,
        Self::WrongPasswordAgain,
        Self::UnexpectedCode,
        Self::WrongAppPassword,
        Self::WrongCode,
        Self::WrongPasskey,
        Self::CopiedPasskey,
        Self::ReplayedCode,
        Self::UsedAhead,
        Self::ExpiredCode,
        Self::UnusableFactor,
        Self::CodeMissing,
        Self::NotEnrolled,
        Self::NotInGroup,
        Self::AppPasswordNeeded,
        Self::AppPasswordScope,
        Self::AppPasswordExpired,
        Self::CodeSent,
        Self::NoAddress,
        Self::TooManySends,
        Self::TooManyTries,
        Self::Throttled,
        Self::NotTrusted,
        Self::NotYetUsable,
        Self::NotApproved,
        Self::ApprovalDenied,
        Self::WrongNumber,
        Self::ApprovalOver,
        Self::ApprovalWaits,
        Self::ApprovalsClosed,
        Self::NoPasskey,
        Self::TicketScope,
        Self::TicketNotAllowed,
        Self::TicketRevoked,
    ];

    /// What a word of the audit means, if this release knows it.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.as_str() == word)
    }

    /// The word in the audit.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadInput(BadInput::HostRefused) => "refused-by-host",
            Self::BadInput(_) => "bad-input",
            Self::BadName => "bad-name",
            Self::UnknownUser => "unknown-user",
            Self::LocalAccount => "local-account",
            Self::AmbiguousUser => "ambiguous-user",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Locked => "locked",
            Self::PasswordExpired => "password-expired",
            Self::MustChange => "must-change",
            Self::OutsideHours => "outside-hours",
            Self::WrongPassword => "wrong-password",
            Self::WrongPasswordAgain => "wrong-password-again",
            Self::UnexpectedCode => "unexpected-code",
            Self::WrongAppPassword => "wrong-app-password",
            Self::WrongCode => "wrong-code",
            Self::WrongPasskey => "wrong-passkey",
            Self::CopiedPasskey => "copied-passkey",
            Self::ReplayedCode => "replayed-code",
            Self::UsedAhead => "used-ahead",
            Self::ExpiredCode => "expired-code",
            Self::UnusableFactor => "unusable-factor",
            Self::CodeMissing => "code-missing",
            Self::NotEnrolled => "not-enrolled",
            Self::NotInGroup => "not-in-group",
            Self::AppPasswordNeeded => "app-password-needed",
            Self::AppPasswordScope => "app-password-scope",
            Self::AppPasswordExpired => "app-password-expired",
            Self::CodeSent => "code-sent",
            Self::NoAddress => "no-address",
            Self::TooManySends => "too-many-sends",
            Self::TooManyTries => "too-many-tries",
            Self::Throttled => "throttled",
            Self::NotTrusted => "not-trusted",
            Self::NotYetUsable => "not-yet-usable",
            Self::NotApproved => "not-approved",
            Self::ApprovalDenied => "approval-denied",
            Self::WrongNumber => "wrong-number",
            Self::ApprovalOver => "approval-over",
            Self::ApprovalWaits => "approval-waits",
            Self::ApprovalsClosed => "approvals-closed",
            Self::NoPasskey => "no-passkey",
            Self::TicketScope => "ticket-scope",
            Self::TicketNotAllowed => "ticket-not-allowed",
            Self::TicketRevoked => "ticket-revoked",
        }
    }

    /// Whether monk knows nobody of this name, so that other modules may.
    #[must_use]
    pub fn leaves_to_others(self) -> bool {
        matches!(self, Self::UnknownUser | Self::LocalAccount)
    }

    /// Whether the same login might be let in under another policy. What is wrong with what was typed stays wrong, and a
    /// policy opens a closed account to app passwords alone: `with_credential` says that it was one.
    #[must_use]
    pub fn depends_on_policy(self, with_credential: bool) -> bool {
        match self {
            Self::NotEnrolled | Self::NotInGroup | Self::CodeMissing | Self::AppPasswordNeeded => {
                true
            }
            Self::Locked | Self::PasswordExpired | Self::MustChange => with_credential,
            _ => false,
        }
    }

    /// Whether the code was right once, and not for a second time.
    #[must_use]
    pub fn is_replay(self) -> bool {
        matches!(self, Self::ReplayedCode | Self::UsedAhead)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
