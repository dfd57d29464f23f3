//! How the command ends: the one table of exit codes.

/// How the command ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It is done.
    #[default]
    Done = 0,
    /// `check` says that the login would fail, `report --would-break` or `report --policy` has found somebody whom the
    /// policy would refuse, or `doctor` has found an error.
    Refused = 1,
    /// The command line makes no sense, or a question could not be asked.
    Usage = 2,
    /// The caller may not do this.
    NotPermitted = 3,
    /// No such user, credential or service.
    NotFound = 4,
    /// It is there already.
    Exists = 5,
    /// The code is not right.
    WrongCode = 6,
    /// The engine, or something that it needs, does not answer.
    Unavailable = 7,
    /// A value makes no sense to the engine.
    Invalid = 8,
    /// A question was answered with no.
    Cancelled = 9,
    /// Done, but the result could not be written out.
    Unwritten = 10,
    /// `doctor` has found nothing worse than a warning.
    Warned = 11,
}

impl Exit {
    /// Every way to end, in the order of the codes.
    pub const ALL: [Self; 12] = [
        Self::Done,
        Self::Refused,
        Self::Usage,
        Self::NotPermitted,
        Self::NotFound,
        Self::Exists,
        Self::WrongCode,
        Self::Unavailable,
        Self::Invalid,
        Self::Cancelled,
        Self::Unwritten,
        Self::Warned,
    ];

    /// The exit code of the process.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The word for programs: `error.kind` of the JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Usage => "usage",
            Self::NotPermitted => "not-permitted",
            Self::NotFound => "not-found",
            Self::Exists => "exists",
            Self::WrongCode => "wrong-code",
            Self::Unavailable => "unavailable",
            Self::Invalid => "invalid",
            Self::Cancelled => "cancelled",
            Self::Unwritten => "unwritten",
            Self::Warned => "warned",
        }
    }

    /// The words for people, as the manual page lists them.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "check, report, doctor: not in order",
            Self::Usage => "usage",
            Self::NotPermitted => "not permitted",
            Self::NotFound => "not found",
            Self::Exists => "exists",
            Self::WrongCode => "wrong code",
            Self::Unavailable => "engine or directory unavailable",
            Self::Invalid => "invalid",
            Self::Cancelled => "cancelled",
            Self::Unwritten => "output lost",
            Self::Warned => "doctor: warnings",
        }
    }

    /// All codes in one paragraph of two lines, for `--help`.
    #[must_use]
    pub fn paragraph() -> String {
        let codes: Vec<_> =
            Self::ALL.iter().map(|exit| format!("{} {}", exit.code(), exit.word())).collect();
        format!("Exit codes: {}.", codes.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_and_in_order() {
        for (code, exit) in Exit::ALL.iter().enumerate() {
            assert_eq!(usize::from(exit.code()), code);
        }
        assert!(Exit::paragraph().contains("6 wrong-code, 7 unavailable"));
    }
}
