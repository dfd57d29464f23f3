//! A change of a user's password.
//!
//! | `password_change` | by the user | by the administrator |
//! |---|---|---|
//! | `rfc3062` | bind with the old password, then Password Modify, on a connection for users | Password Modify as monk's account, then `pwdReset` where the user must change it |
//! | `unicode-pwd` | one Modify that deletes the old password and adds the new one, as monk's account | one Modify that replaces it, with `pwdLastSet` where the user must change it |
//!
//! Active Directory lets nobody bind whose password has expired, and takes delete and add from everybody who knows
//! the old password (the right `User-Change-Password`, which all have by default): so monk's account does it.
//!
//! A change is sent once, to the server that takes changes, and never repeated.

use std::collections::HashSet;

use ldap3::{LdapResult, Mod};
use monk_core::typed::Password;
use monk_terms::account_state::AccountState;
use monk_terms::not_taken::NotTaken;
use zeroize::Zeroizing;

use super::bind::{self, Bind};
use super::change_answers as answers;
use super::change_settings::PasswordChange;
use super::connection::{Connection, Failure};
use super::search::{Count, Search, count, entry_itself};
use super::servers::{Operation, Purpose, Repeat};
use super::store::Modify;
use super::{Ldap, codes};
use crate::deadline::Deadline;
use crate::directory::change::{Changed, Changer};
use crate::directory::{Account, Answer};
use crate::outage::Outage;

/// What is waited for.
const NAME: &str = "LDAP password change";

/// The attribute of draft-behera-ldap-password-policy-10 (§5.3.7) that has a user choose another password.
const RESET: &str = "pwdReset";

impl Ldap {
    /// Changes the password: see [`Directory::change_password`](crate::directory::Directory::change_password).
    pub(super) async fn change_password_of(
        &self,
        account: &Account,
        changer: Changer<'_>,
        new: &Password,
        deadline: Deadline,
    ) -> Result<Changed, Outage> {
        let dn = account.locator.as_str();
        let outcome = match (self.password_change, changer) {
            (PasswordChange::None, _) => {
                Ok(Changed::NotTaken { why: NotTaken::NotAllowed, said: String::new() })
            }
            (PasswordChange::Rfc3062, Changer::User { old }) => {
                self.writers.run(&AsUser { dn, old, new }, deadline).await?
            }
            (PasswordChange::Rfc3062, Changer::Administrator { must_change }) => {
                let result = self.writers.run(&Reset { dn, new }, deadline).await?;
                let changed = answers::of_rfc3062(&result);
                if must_change && changed == Ok(Changed::Done) {
                    self.have_it_changed(account, deadline).await?;
                }
                changed
            }
            (PasswordChange::UnicodePwd, Changer::User { old }) => {
                let change = UnicodePwd { dn, how: How::Change { old }, new };
                answers::of_unicode_pwd(&self.writers.run(&change, deadline).await?)
            }
            (PasswordChange::UnicodePwd, Changer::Administrator { must_change }) => {
                let change = UnicodePwd { dn, how: How::Reset { must_change }, new };
                answers::of_unicode_pwd(&self.writers.run(&change, deadline).await?)
            }
        };
        let old = match changer {
            Changer::User { old } => Some(old),
            Changer::Administrator { .. } => None,
        };
        outcome.map(|changed| answers::without(changed, [old, Some(new)]))
    }

    /// Has the user choose another password, where the server does not see to that by itself.
    async fn have_it_changed(&self, account: &Account, deadline: Deadline) -> Result<(), Outage> {
        if self.is_to_change(account, deadline).await? {
            return Ok(());
        }
        let value = HashSet::from([b"TRUE".to_vec()]);
        let modifications = vec![Mod::Replace(RESET.into(), value)];
        let modify = Modify { dn: &account.locator, modifications };
        let result = self.writers.run(&modify, deadline).await?;
        if result.rc == codes::SUCCESS {
            return Ok(());
        }
        Err(Outage::Refused(format!(
            "the new password is set, but nothing asks the user to change it: setting {RESET} failed ({}). Let the \
             server's password policy ask for it, or let monk's account write {RESET}",
            codes::describe(&result)
        )))
    }

    async fn is_to_change(&self, account: &Account, deadline: Deadline) -> Result<bool, Outage> {
        let query = entry_itself(&account.locator, &self.of_a_user);
        let found = self.writers.run(&Search(query), deadline).await?;
        let Count::One(entry) = count(found, &account.locator)? else { return Ok(false) };
        let state = self.states.of_entry(&entry, &self.writers, deadline).await?;
        // FreeIPA calls a password that somebody else has set expired.
        Ok(matches!(state, AccountState::MustChange | AccountState::PasswordExpired))
    }
}

/// The user binds with the old password and changes it.
struct AsUser<'a> {
    dn: &'a str,
    old: &'a Password,
    new: &'a Password,
}

impl Operation for AsUser<'_> {
    type Answer = Result<Changed, Outage>;
    const NAME: &'static str = NAME;
    const PURPOSE: Purpose = Purpose::Users;
    const REPEAT: Repeat = Repeat::Never;

    async fn run(&self, connection: &mut Connection) -> Result<Self::Answer, Failure> {
        let bound = Bind { dn: self.dn, password: self.old }.run(connection).await;
        // Without a bind nothing is changed. The connection may have been dead: another one may do.
        let bound = bound.map_err(|failure| Failure::NotDone(failure.into_outage()))?;
        match bind::answer(&bound) {
            // Also where the password has to be changed first: then this is all that may be done.
            Ok(Answer::Right(_)) => {}
            Ok(Answer::Wrong) => return Ok(Ok(Changed::WrongOld)),
            Ok(Answer::Closed(_)) => {
                return Ok(Ok(answers::not_taken(NotTaken::NotAllowed, &bound.text)));
            }
            Err(outage) => return Ok(Err(outage)),
        }
        let (dn, old, new) = (self.dn, Some(self.old.expose()), self.new.expose());
        let result = connection.password_modify(dn, old, new).await.map_err(perhaps)?;
        Ok(answers::of_rfc3062(&result))
    }
}

/// Monk's account sets another password.
struct Reset<'a> {
    dn: &'a str,
    new: &'a Password,
}

impl Operation for Reset<'_> {
    type Answer = LdapResult;
    const NAME: &'static str = NAME;
    const PURPOSE: Purpose = Purpose::Service;
    const REPEAT: Repeat = Repeat::Never;

    async fn run(&self, connection: &mut Connection) -> Result<LdapResult, Failure> {
        connection.password_modify(self.dn, None, self.new.expose()).await.map_err(perhaps)
    }
}

/// A change of `unicodePwd`.
struct UnicodePwd<'a> {
    dn: &'a str,
    how: How<'a>,
    new: &'a Password,
}

enum How<'a> {
    /// The server checks the old password.
    Change { old: &'a Password },
    /// The server checks the rights of monk's account.
    Reset { must_change: bool },
}

impl UnicodePwd<'_> {
    fn modifications(&self) -> Vec<Mod<Vec<u8>>> {
        let value = |password| HashSet::from([quoted(password).to_vec()]);
        let name = || b"unicodePwd".to_vec();
        match self.how {
            How::Change { old } => {
                vec![Mod::Delete(name(), value(old)), Mod::Add(name(), value(self.new))]
            }
            How::Reset { must_change } => {
                let mut all = vec![Mod::Replace(name(), value(self.new))];
                if must_change {
                    let never = HashSet::from([b"0".to_vec()]);
                    all.push(Mod::Replace(b"pwdLastSet".to_vec(), never));
                }
                all
            }
        }
    }
}

impl Operation for UnicodePwd<'_> {
    type Answer = LdapResult;
    const NAME: &'static str = NAME;
    const PURPOSE: Purpose = Purpose::Service;
    const REPEAT: Repeat = Repeat::Never;

    async fn run(&self, connection: &mut Connection) -> Result<LdapResult, Failure> {
        connection.modify(self.dn, self.modifications()).await.map_err(perhaps)
    }
}

/// A change that was sent and whose answer is missing may have been made: callers know that of a timeout.
fn perhaps(failure: Failure) -> Failure {
    match failure {
        Failure::Unknown(_) => Failure::Unknown(Outage::Timeout(NAME)),
        not_done @ Failure::NotDone(_) => not_done,
    }
}

/// A password as `unicodePwd` takes it: in quotation marks, in UTF-16, the lower byte first.
fn quoted(password: &Password) -> Zeroizing<Vec<u8>> {
    let text = password.expose();
    // Its whole size at once: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * text.len() + 4));
    let units = "\"".encode_utf16().chain(text.encode_utf16()).chain("\"".encode_utf16());
    for unit in units {
        bytes.extend_from_slice(&unit.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_for_active_directory_is_quoted_utf_16() {
        let password = Password::new("aé\"😀").expect("a password");
        let wanted = [0x22, 0, 0x61, 0, 0xe9, 0, 0x22, 0, 0x3d, 0xd8, 0, 0xde, 0x22, 0];
        assert_eq!(quoted(&password).as_slice(), wanted);
    }

    #[test]
    fn an_answer_that_is_missing_is_a_timeout_and_one_that_was_given_is_not() {
        let broken = || Outage::Unreachable("the connection broke".to_owned());
        let timeout = Outage::Timeout(NAME);
        assert_eq!(perhaps(Failure::Unknown(broken())).into_outage(), timeout);
        assert_eq!(perhaps(Failure::NotDone(broken())).into_outage(), broken());
    }
}
