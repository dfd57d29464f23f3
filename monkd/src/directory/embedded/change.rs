//! A change of a user's password.

use monk_core::typed::Password;

use super::Embedded;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::directory::change::{Changed, Changer};
use crate::outage::Outage;

impl Embedded {
    /// Changes the password: see [`Directory::change_password`](crate::directory::Directory::change_password).
    pub(super) async fn change_password_of(
        &self,
        _account: &Account,
        _changer: Changer<'_>,
        _new: &Password,
        _deadline: Deadline,
    ) -> Result<Changed, Outage> {
        Err(Outage::Setup("to be written".into()))
    }
}
