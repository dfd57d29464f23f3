//! How groups in groups count: `nested_groups` in `[ldap]`.

use serde::{Deserialize, Serialize};

/// How groups in groups count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "\"server\", or a number of levels")]
pub enum NestedGroups {
    /// As many levels up as that, one search for each.
    Levels(u8),
    /// By somebody's rule.
    By(Rule),
}

/// Whose rule says who is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// The server's: the matching rule in-chain of Active Directory, and what other servers write into
    /// `memberOf`.
    Server,
}
