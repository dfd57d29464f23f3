//! A change of a user's password.

use monk_core::new_password;
use monk_core::typed::{Password, Typed};
use monk_terms::not_taken::{NotTaken, SHORTEST};
use rusqlite::params;

use super::Embedded;
use super::users::{hashed, is_right, stored_password};
use crate::deadline::Deadline;
use crate::directory::change::{Changed, Changer};
use crate::directory::{Account, Users};
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
        if let Some(refused) = unusable(new) {
            return Ok(refused);
        }
        match changer {
            Changer::User { old } => self.change_own(account, old, new, deadline).await,
            Changer::Administrator { must_change } => {
                match self.set_password(&account.id, new, must_change, deadline).await? {
                    true => Ok(Changed::Done),
                    false => Ok(not_taken(NotTaken::NotAllowed, "the user was removed")),
                }
            }
        }
    }

    async fn change_own(
        &self,
        account: &Account,
        old: &Password,
        new: &Password,
        deadline: Deadline,
    ) -> Result<Changed, Outage> {
        let id = account.id.clone();
        let stored = self.run(deadline, move |connection| stored_password(connection, &id)).await?;
        // First, so that who does not know the old one learns nothing about the new one.
        if !is_right(old, stored.clone(), deadline).await? {
            return Ok(Changed::WrongOld);
        }
        if new.expose() == old.expose() {
            return Ok(not_taken(NotTaken::InHistory, "it is the same as before"));
        }
        if new.expose().chars().count() < SHORTEST {
            let said = format!("it has fewer than {SHORTEST} characters");
            return Ok(not_taken(NotTaken::TooShort, &said));
        }
        let (id, hash) = (account.id.clone(), hashed(new, deadline).await?);
        let changed = self
            .write(deadline, move |transaction| {
                // Only while it is still the password that was proved.
                let swap = "UPDATE users SET password = ?3, must_change = 0 WHERE id = ?1 AND password = ?2";
                transaction.execute(swap, params![id, stored, hash])
            })
            .await?;
        Ok(if changed == 1 { Changed::Done } else { Changed::WrongOld })
    }
}

/// Why monk would never accept this password, whoever sets it.
fn unusable(new: &Password) -> Option<Changed> {
    match Typed::new(new.expose().as_bytes()) {
        Err(why) => Some(not_taken(NotTaken::Other, &format!("it is {why}"))),
        Ok(typed) if new_password::reads_as_app_password(&typed) => {
            Some(not_taken(NotTaken::Other, "it has the shape of an app password"))
        }
        Ok(_) => None,
    }
}

fn not_taken(why: NotTaken, said: &str) -> Changed {
    Changed::NotTaken { why, said: said.to_owned() }
}
