//! The directory that the peers ask.

use monk_tests::{Slapd, World};

/// Where a peer finds the users, and as whom it looks for them.
#[derive(Clone, Debug)]
pub struct Directory {
    /// `ldap://…` or `ldaps://…`.
    pub uri: String,
    /// The account that may read everybody.
    pub account: String,
    /// Its password.
    pub password: String,
    /// The authority that has signed the server's certificate.
    pub authority: String,
}

impl Directory {
    /// The name below which all users are.
    pub const BASE: &str = Slapd::SUFFIX;

    /// That of the world's authority.
    #[track_caller]
    pub fn new(world: &World, uri: String, account: &str, password: &str) -> Self {
        Self {
            uri,
            account: account.to_owned(),
            password: password.to_owned(),
            authority: world.certificates().authority.display().to_string(),
        }
    }
}
