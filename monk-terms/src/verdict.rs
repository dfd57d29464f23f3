//! The words for the end of a login: what stands in the audit, never what a stranger is told.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why an input is refused before it is sent anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Nothing that monk checks: a key or another module has, and the policy asks for no more.
    CheckedElsewhere,
    /// The password, of a user who still has time to enrol a second factor.
    Grace,
    /// The password, and a code that opened the same login before and is remembered.
    Remembered,
}

impl Grant {
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
            Self::CheckedElsewhere => "checked-elsewhere",
            Self::Grace => "grace",
            Self::Remembered => "remembered",
        }
    }
}

/// Why a login is refused: the directory has answered, and the answer is no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Refused before anything was looked at.
    BadInput(BadInput),
    /// The user's name is empty or too long, or has control characters in it or blanks around it.
    BadName,
    /// The directory has no such user.
    UnknownUser,
    /// The directory has several such users, so the name says nobody.
    AmbiguousUser,
    /// The account is disabled.
    Disabled,
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
}

impl Refusal {
    /// The word in the audit.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadInput(BadInput::HostRefused) => "refused-by-host",
            Self::BadInput(_) => "bad-input",
            Self::BadName => "bad-name",
            Self::UnknownUser => "unknown-user",
            Self::AmbiguousUser => "ambiguous-user",
            Self::Disabled => "disabled",
            Self::WrongPassword => "wrong-password",
            Self::WrongPasswordAgain => "wrong-password-again",
            Self::UnexpectedCode => "unexpected-code",
            Self::WrongAppPassword => "wrong-app-password",
            Self::WrongCode => "wrong-code",
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
        }
    }

    /// Whether the code was right once, and not for a second time.
    #[must_use]
    pub fn is_replay(self) -> bool {
        matches!(self, Self::ReplayedCode | Self::UsedAhead)
    }

    /// A sentence for the administrator, with what to do.
    #[must_use]
    pub fn explanation(self) -> &'static str {
        match self {
            Self::BadInput(BadInput::HostRefused) => {
                "the host program had refused this user before asking monk"
            }
            Self::BadInput(_) => "what was typed is empty, too long, or not text",
            Self::BadName => {
                "the user name is empty or too long, or has control characters in it or blanks around it"
            }
            Self::UnknownUser => "the directory has no such user",
            Self::AmbiguousUser => {
                "more than one entry of the directory has this name: make the filter or the entries unique"
            }
            Self::Disabled => "the account is disabled",
            Self::WrongPassword => "the password is wrong",
            Self::WrongPasswordAgain => {
                "the directory refused the same password less than 15 minutes ago, so monk did not ask again (a program with an old password would lock the account there). If this is the new password, run monk-enroll throttle clear"
            }
            Self::UnexpectedCode => {
                "the string is not the password. It ends in what looks like a code, and the user has no active second factor with such codes: was the device confirmed, or was the user reset since?"
            }
            Self::WrongAppPassword => {
                "the string has the shape of an app password, and the user has no such app password: it may have been revoked"
            }
            Self::WrongCode => {
                "the code is wrong: check the clocks of the device and of this host. Where a password alone gets further, monk has checked the whole string as the password, so the password in front of the code may be wrong as well"
            }
            Self::ReplayedCode => "the code has been used already: wait for the next one",
            Self::UsedAhead => {
                "a code of a later time has been used: this host's clock is behind, or a host's was ahead then. Set the clocks right; the device is good again when that time has come, or enrolled anew (monk-enroll totp remove, then add)"
            }
            Self::ExpiredCode => {
                "the code has ended: have a new one made, after a reset with monk-enroll reset"
            }
            Self::UnusableFactor => {
                "the user's second factor cannot be checked on this host: is its key in the key folder, was the record copied from elsewhere?"
            }
            Self::CodeMissing => {
                "the service asks for a second factor, and only a password was typed"
            }
            Self::NotEnrolled => {
                "the service asks for a second factor, and the user has none: enrol one with monk-enroll totp add"
            }
            Self::NotInGroup => {
                "the service is open to some groups only, and the user is in none of them"
            }
            Self::AppPasswordNeeded => {
                "only app passwords open this service: make one with monk-enroll app-password create"
            }
            Self::AppPasswordScope => {
                "the app password's scope does not cover this service or address"
            }
            Self::AppPasswordExpired => "the app password has expired",
            Self::CodeSent => "a code is being sent: the next login is PASSWORD;CODE",
            Self::NoAddress => {
                "no address is known that a code could be sent to: set one with monk-enroll email set"
            }
            Self::TooManySends => {
                "the user was sent as many codes in this hour as mail.sends_per_hour allows"
            }
            Self::TooManyTries => {
                "there were too many wrong tries before this emailed code: ask for a new one"
            }
            Self::Throttled => {
                "too many failures before: see monk-enroll throttle list, and clear with monk-enroll throttle clear"
            }
            Self::NotTrusted => {
                "a program that is not root's asked for a login in which monk checks no password"
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
