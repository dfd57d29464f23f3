//! Who a user is, whether a password is right, and what is enrolled: behind two traits.
//!
//! [`Directory`] and [`CredentialStore`] are separate, because a read-only LDAP directory with
//! the credentials in the embedded store is a normal setup.
//!
//! A new kind of directory is one folder here, which implements these traits and, for its section of the
//! settings, those of [`section`]; and a variant and an arm in [`kinds`].

pub mod change;
pub mod embedded;
pub mod kinds;
pub mod ldap;
pub mod measured;
pub mod names;
pub mod pages;
pub mod section;
pub mod seen;
pub mod users;
pub mod watched;

use async_trait::async_trait;
pub use monk_core::credential::Replacement;
use monk_core::credential::{Change, CredentialSet, UseSwap};
use monk_core::typed::Password;
use monk_terms::account_state::AccountState;
pub use monk_terms::account_state::Advice;
use monk_terms::verdict::Refusal;

use self::change::{Changed, Changer};
use self::names::Names;
pub use self::pages::{PAGE, Page, Pages, Rest};
use self::seen::Seen;
pub use self::users::{HashedUser, NewUser, Users};
use crate::deadline::Deadline;
use crate::outage::Outage;

/// A user as the directory knows it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Stable for ever: survives renaming, never given to another user.
    pub id: String,
    /// The login name in the directory's own spelling.
    pub name: String,
    /// Mail address, if the directory has one.
    pub mail: Option<String>,
    /// What the directory says of it.
    pub state: AccountState,
    /// When the user was added, in seconds since 1970, where the directory says so.
    pub created: Option<u64>,
    /// When the password ends, where the directory says so.
    pub password_end: Option<PasswordEnd>,
    /// Where the directory finds the user again: the DN, or the id.
    pub locator: String,
    /// What is enrolled, where the search for the user has brought it along.
    pub credentials: Option<CredentialSet>,
}

/// When a password ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordEnd {
    /// The moment, in seconds since 1970.
    pub at: u64,
    /// How long before it the user is told so, in seconds, where the directory says that too.
    pub warning: Option<u64>,
}

impl PasswordEnd {
    /// How many seconds are left, if the user is to be told. `usual` is how long before the end that is, where the
    /// directory does not say it; 0 is never.
    #[must_use]
    pub fn to_be_told(self, now: u64, usual: u64) -> Option<u32> {
        let left = self.at.checked_sub(now).filter(|left| *left > 0)?;
        let is_near = usual > 0 && left <= self.warning.unwrap_or(usual);
        u32::try_from(left).ok().filter(|_| is_near)
    }
}

/// What a search for a name found.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// Exactly one user.
    One(Box<Account>),
    /// The directory says that there is none.
    None,
    /// More than one: the name says nobody.
    Several,
}

/// What the directory says of a password. Everything else is an [`Outage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A clear yes.
    Right(Advice),
    /// A clear no.
    Wrong,
    /// The directory refuses the account, and says why. It may or may not have looked at the password, so
    /// this counts as a guess.
    Closed(Refusal),
}

/// Whether a compare-and-swap took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swapped {
    /// All of it is written, and survives a crash.
    Done,
    /// What should have been removed was not there any more: somebody was faster. Nothing is
    /// written.
    Conflict,
}

/// Somebody who has something enrolled, found by looking at everybody.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// The stable id, as in [`Account::id`].
    pub id: String,
    /// The login name; the id where the store keeps credentials of another directory's users.
    pub name: String,
    /// Where the store finds the records again, as in [`Account::locator`].
    pub locator: String,
    /// What is enrolled and used.
    pub set: CredentialSet,
    /// The entry is marked as one with credentials, and shows none: access rules hide them, or
    /// somebody has removed them by hand. `set` counts that as one that cannot be read.
    pub hidden: bool,
}

impl Enrolled {
    /// The user, as far as the store knows.
    #[must_use]
    pub fn account(&self) -> Account {
        Account {
            id: self.id.clone(),
            name: self.name.clone(),
            mail: None,
            state: AccountState::Enabled,
            created: None,
            password_end: None,
            locator: self.locator.clone(),
            credentials: None,
        }
    }
}

/// Whether a group is named by its distinguished name (RFC 4514), which has a `=` in it.
#[must_use]
pub fn is_dn(group: &str) -> bool {
    group.contains('=')
}

/// Who users are.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Finds the user of that login name (already checked for length and control characters).
    ///
    /// # Errors
    /// [`Outage`] when there is no clear answer by the deadline: never a yes, never a no.
    async fn find(&self, name: &str, deadline: Deadline) -> Result<Lookup, Outage>;

    /// Whether `password` is the one of `account`. For `None` it does the same work and says
    /// [`Answer::Wrong`], so that time does not tell who exists.
    ///
    /// # Errors
    /// As [`Directory::find`]. After [`Outage::Timeout`] a server may have counted a wrong password.
    async fn check_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        deadline: Deadline,
    ) -> Result<Answer, Outage>;

    /// Whether `account` is in one of these groups.
    ///
    /// # Errors
    /// As [`Directory::find`]; also where the settings do not say where a group is.
    async fn is_in_group(
        &self,
        account: &Account,
        groups: &[String],
        deadline: Deadline,
    ) -> Result<bool, Outage>;

    /// Whether there is a group of this name, with somebody in it as far as that can be seen without asking for
    /// each user.
    ///
    /// # Errors
    /// As [`Directory::is_in_group`].
    async fn shows_group(&self, group: &str, deadline: Deadline) -> Result<bool, Outage>;

    /// Everybody who can be meant by a login name, with what is enrolled where that is beside the users.
    fn everybody(&self) -> Box<dyn Pages<Account> + '_>;

    /// Whether somebody has this stable id, whatever the name is, and whether or not logins find the user.
    ///
    /// # Errors
    /// As [`Directory::find`]: `false` is a clear no.
    async fn has(&self, id: &str, deadline: Deadline) -> Result<bool, Outage>;

    /// The login name of the user with this stable id. Who that is, and whether logins find the user, is asked by
    /// the name.
    ///
    /// # Errors
    /// As [`Directory::find`].
    async fn name_of(&self, id: &str, deadline: Deadline) -> Result<Option<String>, Outage>;

    /// Changes the password of `account`, all or nothing.
    ///
    /// # Errors
    /// As [`Directory::find`]. After [`Outage::Timeout`] it may have been changed.
    async fn change_password(
        &self,
        account: &Account,
        changer: Changer<'_>,
        new: &Password,
        deadline: Deadline,
    ) -> Result<Changed, Outage>;

    /// Whether users can change their passwords by way of monk at all.
    fn changes_passwords(&self) -> bool {
        true
    }

    /// Whether a change proves the old password also of users whom [`Directory::check_password`] calls closed
    /// because that password has to be changed.
    fn changes_expired_passwords(&self) -> bool {
        false
    }

    /// The public keys that `account` logs in to this host with, as lines of `authorized_keys` (sshd(8)).
    ///
    /// # Errors
    /// As [`Directory::find`].
    async fn ssh_keys(&self, account: &Account, deadline: Deadline) -> Result<Vec<String>, Outage>;

    /// The users and groups for hosts.
    fn names(&self) -> &dyn Names;

    /// The administration of users, where the directory is our own.
    fn users(&self) -> Option<&dyn Users> {
        None
    }
}

/// What users have enrolled and used.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// Reads what `account` has from any server that answers, which may be behind the one that decides.
    /// `None` where there is no such server, or it shows nothing: [`CredentialStore::load`] says what is so.
    ///
    /// # Errors
    /// As [`CredentialStore::load`].
    async fn look(
        &self,
        _account: &Account,
        _deadline: Deadline,
    ) -> Result<Option<CredentialSet>, Outage> {
        Ok(None)
    }

    /// Reads what `account` has, afresh.
    ///
    /// # Errors
    /// [`Outage`] when the records cannot be read for certain, or are no longer this user's.
    async fn load(&self, account: &Account, deadline: Deadline) -> Result<CredentialSet, Outage>;

    /// Spends a code: the compare-and-swap that every login with a code ends with. What depends on
    /// nothing is never carried out.
    ///
    /// # Errors
    /// [`Outage`] when it is not certain that it was written. After [`Outage::Timeout`] it may have been.
    async fn spend(
        &self,
        account: &Account,
        swap: &UseSwap,
        deadline: Deadline,
    ) -> Result<Swapped, Outage>;

    /// Enrols or removes: all of the change or nothing. A change that takes the place of nothing is made
    /// only where nothing is there.
    ///
    /// # Errors
    /// As [`CredentialStore::spend`].
    async fn change(
        &self,
        account: &Account,
        change: &Change,
        deadline: Deadline,
    ) -> Result<Swapped, Outage>;

    /// Everybody who has records, with the records.
    fn enrolled(&self) -> Box<dyn Pages<Enrolled> + '_>;

    /// Reads what those of `accounts` have of whom it is not known yet, for lists.
    ///
    /// # Errors
    /// As [`CredentialStore::load`].
    async fn load_all(&self, accounts: &mut [Account], deadline: Deadline) -> Result<(), Outage> {
        for account in accounts.iter_mut().filter(|account| account.credentials.is_none()) {
            account.credentials = Some(self.load(account, deadline).await?);
        }
        Ok(())
    }

    /// Whether records are in the users' own entries, and go with them.
    fn is_in_entries(&self) -> bool {
        false
    }

    /// Removes all records of somebody who is gone, unless they have changed since they were read.
    ///
    /// # Errors
    /// As [`CredentialStore::spend`]; also where records go with their users.
    async fn forget(&self, gone: &Enrolled, deadline: Deadline) -> Result<Swapped, Outage>;

    /// Puts one credential in the place of everything that `account` has, whatever it is: also
    /// what this host cannot read.
    ///
    /// # Errors
    /// As [`CredentialStore::spend`].
    async fn replace(
        &self,
        account: &Account,
        with: &Replacement,
        deadline: Deadline,
    ) -> Result<Swapped, Outage>;

    /// What was seen of everybody's records, where that is kept.
    fn seen(&self) -> Option<&Seen> {
        None
    }
}
