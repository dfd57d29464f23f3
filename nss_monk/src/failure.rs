//! Why there is no entry, and what the C library is told then.

use libc::c_int;

/// Why there is no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The engine said that there is none, or monk never has one of this name or number.
    NotFound,
    /// No engine runs here.
    Absent,
    /// An engine runs here, and did not answer in time.
    Silent,
    /// The engine runs, and said that it cannot tell. It knows more than what it once wrote down.
    Unsure,
    /// The engine said what makes no sense, or cannot be reached.
    CannotTell,
    /// The caller's memory is too small: it comes back with more.
    TooSmall,
    /// A list has begun, and cannot go on now.
    BrokenOff,
    /// The caller is not root.
    Denied,
    /// The host has no memory left for its own list.
    NoMemory,
}

/// What the C library is told (`enum nss_status` in nss.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// The caller shall come again: with more memory, or later for the rest of a list.
    TryAgain = -2,
    /// It is not known whether there is one.
    Unavailable = -1,
    /// There is none.
    NotFound = 0,
    /// Here it is.
    Success = 1,
}

impl Failure {
    /// The status.
    pub(crate) fn status(self) -> Status {
        match self {
            Self::NotFound => Status::NotFound,
            // The C library tells a caller that "unavailable" is the end of a list (getpwent_r(3): `ENOENT`).
            Self::TooSmall | Self::BrokenOff => Status::TryAgain,
            Self::Absent
            | Self::Silent
            | Self::Unsure
            | Self::CannotTell
            | Self::Denied
            | Self::NoMemory => Status::Unavailable,
        }
    }

    /// The `errno` that goes with it; `None` leaves the host's own.
    ///
    /// Programs tell two kinds of "unavailable" apart: to systemd-sysusers(8), `ENOENT` means that the way is
    /// free for a user of this name, as it has to be where no engine runs; to a mail server, `EAGAIN` means
    /// that the recipient may exist, and that the mail waits.
    pub(crate) fn errno(self) -> Option<c_int> {
        match self {
            Self::NotFound => None,
            Self::Absent => Some(libc::ENOENT),
            Self::Silent | Self::Unsure | Self::CannotTell | Self::BrokenOff => Some(libc::EAGAIN),
            Self::TooSmall => Some(libc::ERANGE),
            Self::Denied => Some(libc::EACCES),
            Self::NoMemory => Some(libc::ENOMEM),
        }
    }
}
