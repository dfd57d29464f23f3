//! The administration of users and groups in a directory of our own.

use async_trait::async_trait;
use monk_core::typed::Password;
use monk_wire::manage::{Clash, Posix, PosixWish};

use crate::deadline::Deadline;
use crate::outage::Outage;

/// What came of something that names and numbers of others may stand in the way of: then nothing is written.
pub type Clashing<T> = Result<Result<T, Clash>, Outage>;

/// A new user of the embedded directory.
#[derive(Default)]
pub struct NewUser<'a> {
    /// Login name.
    pub name: &'a str,
    /// Mail address.
    pub mail: Option<&'a str>,
    /// The password, if the user has one already.
    pub password: Option<&'a Password>,
    /// Whether the user has to change it before anything else.
    pub must_change: bool,
    /// What the user is for hosts.
    pub posix: PosixWish,
}

/// A user of a list that is imported.
#[derive(Default)]
pub struct HashedUser {
    /// Login name.
    pub name: String,
    /// Mail address.
    pub mail: Option<String>,
    /// The hash of the password as a PHC string, if the user has one already.
    pub password: Option<String>,
    /// Whether the account is switched off.
    pub disabled: bool,
    /// When the account ends, in seconds since 1970; `None` for never.
    pub expires: Option<u64>,
    /// Whether the user has to change the password before anything else.
    pub must_change: bool,
    /// What the user is for hosts.
    pub posix: PosixWish,
}

/// A user in a group, or a group without members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The group.
    pub group: String,
    /// Its number.
    pub gid: u32,
    /// The user's login name; `None` for a group without members.
    pub user: Option<String>,
}

/// What has become of keys that were to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysAdded {
    /// All are there now. For each, whether it is new.
    Done(Vec<bool>),
    /// They would be too many: none is added.
    TooMany,
}

/// The administration of users in a directory of our own.
#[async_trait]
pub trait Users: Send + Sync {
    /// Adds a user.
    ///
    /// # Errors
    /// [`Outage`] when it is not certain that it was written. After [`Outage::Timeout`] it may have been.
    async fn add(&self, user: NewUser<'_>, deadline: Deadline) -> Clashing<Posix>;

    /// Adds all of the users or, when one of them cannot be added, nobody: then it says who.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn add_all(
        &self,
        users: Vec<HashedUser>,
        deadline: Deadline,
    ) -> Result<Result<(), (String, Clash)>, Outage>;

    /// What would come of [`Users::add_all`]: for each user why not, beside the ones before that can be added.
    /// Writes nothing.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn try_all(
        &self,
        users: Vec<HashedUser>,
        deadline: Deadline,
    ) -> Result<Vec<Result<(), Clash>>, Outage>;

    /// Sets what a user is for hosts.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn set_posix(&self, id: &str, wish: &PosixWish, deadline: Deadline) -> Clashing<Posix>;

    /// What these users are for hosts; `None` for those who are gone.
    ///
    /// # Errors
    /// [`Outage`] when the users cannot be read.
    async fn posix(
        &self,
        ids: Vec<String>,
        deadline: Deadline,
    ) -> Result<Vec<Option<Posix>>, Outage>;

    /// Sets another password, and whether the user has to change it; `false` when the user is gone.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn set_password(
        &self,
        id: &str,
        password: &Password,
        must_change: bool,
        deadline: Deadline,
    ) -> Result<bool, Outage>;

    /// Has the user change the password before anything else, or ends that; `false` when the user is gone.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn set_must_change(
        &self,
        id: &str,
        must: bool,
        deadline: Deadline,
    ) -> Result<bool, Outage>;

    /// Sets when the account ends, in seconds since 1970; `false` when the user is gone.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn set_expiry(
        &self,
        id: &str,
        at: Option<u64>,
        deadline: Deadline,
    ) -> Result<bool, Outage>;

    /// Refuses every login of the user, or ends that; `false` when the user is gone.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn set_disabled(
        &self,
        id: &str,
        disabled: bool,
        deadline: Deadline,
    ) -> Result<bool, Outage>;

    /// Removes the user with everything enrolled; `false` when the user is gone.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn remove(&self, id: &str, deadline: Deadline) -> Result<bool, Outage>;

    /// Makes a group, unless it is there: whether it is new.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn make_group(&self, name: &str, gid: Option<u32>, deadline: Deadline) -> Clashing<bool>;

    /// Deletes a group that is nobody's primary one.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn delete_group(&self, name: &str, deadline: Deadline) -> Clashing<()>;

    /// Puts a user into a group, which is made where it is not there, or takes the user out; `false` when it
    /// was so before.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn set_member(
        &self,
        id: &str,
        group: &str,
        member: bool,
        deadline: Deadline,
    ) -> Clashing<bool>;

    /// Groups and their members, by name: the first `limit` rows that come after those of group and user.
    ///
    /// # Errors
    /// [`Outage`] when the users cannot be read.
    async fn members(
        &self,
        after: (String, String),
        limit: usize,
        deadline: Deadline,
    ) -> Result<Vec<Member>, Outage>;

    /// Adds lines of `authorized_keys` to the keys of a user, unless they would be more than `most` then.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn add_ssh_keys(
        &self,
        id: &str,
        lines: Vec<String>,
        most: usize,
        deadline: Deadline,
    ) -> Clashing<KeysAdded>;

    /// Removes a line from the keys of a user; `false` when it is gone.
    ///
    /// # Errors
    /// As [`Users::add`].
    async fn remove_ssh_key(
        &self,
        id: &str,
        line: &str,
        deadline: Deadline,
    ) -> Result<bool, Outage>;
}
