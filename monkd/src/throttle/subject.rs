//! Who is counted.

use monk_terms::proof::Proof;

/// Who tries to log in, and where from.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The user's stable id; for names that are nobody's, the name.
    pub user: String,
    /// The name as it is shown in lists.
    pub name: String,
    /// As [`monk_core::origin::Origin::network`] gives it.
    pub network: String,
    /// What the attempt may turn out to prove.
    pub claims: &'static [Proof],
    /// Whether the directory does not know the name.
    pub is_stranger: bool,
    /// Whether the attempt may send a password of the user's to a directory that counts them.
    pub asks_directory: bool,
}

impl Subject {
    /// How a user whom the directory knows is named in counters.
    #[must_use]
    pub fn user_of_id(id: &str) -> String {
        format!("id:{id}")
    }
}
