//! Public keys that users log in with.

use super::Ldap;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::outage::Outage;

impl Ldap {
    /// The keys of a user: see [`Directory::ssh_keys`](crate::directory::Directory::ssh_keys).
    pub(super) async fn keys_of(
        &self,
        _account: &Account,
        _deadline: Deadline,
    ) -> Result<Vec<String>, Outage> {
        Err(Outage::Setup("to be written".into()))
    }
}
