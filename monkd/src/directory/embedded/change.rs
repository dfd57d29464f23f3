//! A change of a user's password.

use monk_core::typed::Password;

use super::Embedded;
use crate::deadline::Deadline;
use crate::directory::change::{Changed, Changer};
use crate::directory::{Account, Answer, Directory, Users};
use crate::outage::Outage;

impl Embedded {
    /// Changes the password: see [`Directory::change_password`](crate::directory::Directory::change_password).
    pub(super) async fn change_password_of(
        &self,
        account: &Account,
        changer: Changer<'_>,
        new: &Password,
        deadline: Deadline,
    ) -> Result<Changed, Outage> {
        let must_change = match changer {
            Changer::User { old } => {
                if self.check_password(Some(account), old, deadline).await? == Answer::Wrong {
                    return Ok(Changed::WrongOld);
                }
                false
            }
            Changer::Administrator { must_change } => must_change,
        };
        self.set_password(&account.id, new, must_change, deadline).await?;
        Ok(Changed::Done)
    }
}
