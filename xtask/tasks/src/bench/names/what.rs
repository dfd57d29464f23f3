//! What is looked up.

/// What is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    User,
    Uid,
    Miss,
    FirstMiss,
    FewGroups,
    ManyGroups,
}

impl What {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 6] =
        [Self::User, Self::Uid, Self::Miss, Self::FirstMiss, Self::FewGroups, Self::ManyGroups];

    /// The words of its first cell.
    pub fn words(self) -> &'static str {
        match self {
            Self::User => "getpwnam, hit",
            Self::Uid => "getpwuid, hit",
            Self::Miss => "getpwnam, miss",
            Self::FirstMiss => "getpwnam, first miss",
            Self::FewGroups => "getgrouplist, 10 groups",
            Self::ManyGroups => "getgrouplist, 100 groups",
        }
    }

    /// Whether there is somebody to be found.
    pub fn is_found(self) -> bool {
        !matches!(self, Self::Miss | Self::FirstMiss)
    }
}
