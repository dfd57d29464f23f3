//! The kinds of failures, of which there are few.

/// The kinds of failures; each has its exit code in `monk-enroll`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl FailureKind {
    /// The word in the audit and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotPermitted => "not-permitted",
            Self::NotFound => "not-found",
            Self::Exists => "exists",
            Self::WrongCode => "wrong-code",
            Self::Invalid => "invalid",
            Self::Unavailable => "unavailable",
        }
    }
}
