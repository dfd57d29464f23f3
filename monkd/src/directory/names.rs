//! Users and groups as a host knows them: passwd(5), group(5), shadow(5).

use async_trait::async_trait;
pub use monk_wire::names::Ageing;

use super::Pages;
use crate::deadline::Deadline;
use crate::outage::Outage;

/// A user of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PosixUser {
    /// The stable id, as in [`super::Account::id`].
    pub id: String,
    /// The login name in the directory's own spelling.
    pub name: String,
    /// The uid.
    pub uid: u32,
    /// The primary group. Whether a group has that number does not matter.
    pub gid: u32,
    /// The full name, and what else passwd(5) keeps there; empty where there is none.
    pub gecos: String,
    /// The home folder, where the directory says one.
    pub home: Option<String>,
    /// The shell, where the directory says one.
    pub shell: Option<String>,
    /// The ageing of the password.
    pub ageing: Ageing,
    /// Where the directory finds the user again, as in [`super::Account::locator`].
    pub locator: String,
}

/// A group of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PosixGroup {
    /// Its name in the directory's own spelling.
    pub name: String,
    /// The gid.
    pub gid: u32,
    /// The login names of its members in the directory's own spelling, each once. Those whose primary group it
    /// is need not be among them.
    pub members: Vec<String>,
}

/// How a user or a group is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// By the name. Only what is spelled the same is meant: a second spelling is no second user.
    Name(&'a str),
    /// By uid or gid.
    Number(u32),
}

/// The users and groups that a directory has for a host.
///
/// Entries without a number are none. What more than one entry claims (a name, or a number) belongs to the
/// one that [`Names::user`] and [`Names::group`] always choose: that with the least name.
#[async_trait]
pub trait Names: Send + Sync {
    /// Finds a user, whatever state the account is in: who owns files has a name although nobody may log in
    /// with it.
    ///
    /// # Errors
    /// [`Outage`] when there is no clear answer by the deadline: `None` is a clear no.
    async fn user(&self, key: Key<'_>, deadline: Deadline) -> Result<Option<PosixUser>, Outage>;

    /// Finds a group with all its members.
    ///
    /// # Errors
    /// As [`Names::user`]; also where not all members can be told.
    async fn group(&self, key: Key<'_>, deadline: Deadline) -> Result<Option<PosixGroup>, Outage>;

    /// The gids of the groups that a user is in, in ascending order, each once. The primary one may be among
    /// them.
    ///
    /// # Errors
    /// As [`Names::user`]: a part of the groups is none.
    async fn groups_of(&self, user: &PosixUser, deadline: Deadline) -> Result<Vec<u32>, Outage>;

    /// A number that is another one after each change of users and groups, where the directory is our own and
    /// can say that at once; 0 where it cannot.
    ///
    /// # Errors
    /// As [`Names::user`].
    async fn version(&self, _deadline: Deadline) -> Result<u64, Outage> {
        Ok(0)
    }

    /// Everybody who has a uid.
    fn all_users(&self) -> Box<dyn Pages<PosixUser> + '_>;

    /// Every group that has a gid.
    fn all_groups(&self) -> Box<dyn Pages<PosixGroup> + '_>;
}
