//! Users and groups for hosts (RFC 2307, RFC 2307bis, Active Directory).
//!
//! | file | what it does |
//! |---|---|
//! | `numbers` | uids and gids: from attributes, or from SIDs |
//! | `spelling` | names, exactly as the directory has them |
//! | `users`, `groups` | what an entry says of a user, of a group |
//! | `whole` | searches whose answer is whole, however long it is |
//! | `members` | the login names of a group's members |
//! | `memberships` | the groups of a user |
//! | `lists` | all users, all groups |
//!
//! Users are people whom logins find, and who have a uid. All of it is asked on connections of its own, so that
//! programs which look up many names never take one from a login.

mod groups;
mod lists;
mod members;
mod memberships;
mod numbers;
mod spelling;
mod users;
mod whole;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use self::groups::{Groups, Head};
use self::lists::{GroupList, UserList};
use self::numbers::Numbers;
use self::users::Users;
use super::Ldap;
use super::connection::Query;
use super::entry::Entry;
use super::group_settings::NestedGroups;
use super::servers::Servers;
use super::settings::LdapSettings;
use crate::deadline::Deadline;
use crate::directory::Pages;
use crate::directory::names::{Key, Names, PosixGroup, PosixUser};
use crate::outage::Outage;

/// Most searches at the same time that take connections beside those of the pool, to read their answer in pages.
const IN_PAGES: usize = 2;

/// What makes entries users and groups of hosts, and who is asked for them.
pub(super) struct Posix {
    servers: Servers,
    in_pages: Semaphore,
    numbers: Numbers,
    users: Users,
    groups: Groups,
    /// The attribute with the DNs of a user's groups.
    member_of: String,
    nested: Option<NestedGroups>,
    /// The attribute with the keys of users, where there is one.
    pub ssh_keys: Option<String>,
}

impl Posix {
    /// Takes the settings.
    ///
    /// # Errors
    /// [`Outage::Setup`] when they cannot work.
    pub fn of(settings: &LdapSettings, servers: Servers) -> Result<Self, Outage> {
        let numbers = Numbers::of(&settings.names)?;
        Ok(Self {
            servers,
            in_pages: Semaphore::new(IN_PAGES),
            users: Users::of(settings, &numbers),
            groups: Groups::of(settings, &numbers)?,
            numbers,
            member_of: settings.member_of_attribute.clone(),
            nested: settings.nested_groups,
            ssh_keys: settings.names.ssh_key_attribute.clone().filter(|name| !name.is_empty()),
        })
    }

    /// The attributes with the uid and the gid of users, where ids are attributes.
    pub(super) fn number_attributes(&self) -> Vec<&str> {
        match &self.numbers {
            Numbers::Attributes { uid, gid } => vec![uid, gid],
            Numbers::Sids { .. } => Vec::new(),
        }
    }
}

impl Ldap {
    /// The entries of users that fit a filter, which comes first: servers end with it where it fits nothing.
    fn users_that(&self, filter: &str) -> String {
        format!("(&{filter}{})", self.filters.of_everybody())
    }

    /// The user of an entry.
    fn posix_user(&self, entry: &Entry, asked: Option<&str>) -> Result<Option<PosixUser>, Outage> {
        let Posix { users, numbers, .. } = &self.posix;
        users.read(entry, numbers, asked, |entry| self.attributes.id(entry))
    }

    /// What a search for groups asks for. Active Directory shows a part of the members only.
    async fn of_a_group(&self, deadline: Deadline) -> Result<&[String], Outage> {
        let groups = &self.posix.groups;
        let without = self.is_active_directory(deadline).await?;
        Ok(if without { &groups.attributes } else { &groups.with_members })
    }

    /// The group that is meant, of those that claim the name or number.
    async fn head(&self, key: Key<'_>, deadline: Deadline) -> Result<Option<Head>, Outage> {
        let Posix { groups, numbers, .. } = &self.posix;
        let (filter, asked) = match key {
            Key::Name(name) if spelling::is_name(name) => (groups.named(name), Some(name)),
            Key::Name(_) => return Ok(None),
            Key::Number(gid) => match numbers.with_gid(gid) {
                Some(filter) => (filter, None),
                None => return Ok(None),
            },
        };
        let filter = format!("(&{filter}{})", numbers.of_groups());
        let query = Query {
            base: &groups.base,
            scope: ldap3::Scope::Subtree,
            filter: &filter,
            attributes: self.of_a_group(deadline).await?,
            limit: whole::CLAIMANTS,
        };
        let entries = self.posix.claimants(query, deadline).await?;
        let mut found = Vec::new();
        for entry in &entries {
            found.extend(groups.read(entry, numbers, asked)?);
        }
        let is_meant = |head: &Head| matches!(key, Key::Name(_)) || key == Key::Number(head.gid);
        found.retain(is_meant);
        Ok(found.into_iter().min_by(|one, other| {
            (&one.name, one.gid, &one.dn).cmp(&(&other.name, other.gid, &other.dn))
        }))
    }
}

#[async_trait]
impl Names for Ldap {
    async fn user(&self, key: Key<'_>, deadline: Deadline) -> Result<Option<PosixUser>, Outage> {
        let Posix { users, numbers, .. } = &self.posix;
        let (filter, asked) = match key {
            Key::Name(name) if spelling::is_name(name) => (users.named(name), Some(name)),
            Key::Name(_) => return Ok(None),
            Key::Number(uid) => match numbers.with_uid(uid) {
                Some(filter) => (filter, None),
                None => return Ok(None),
            },
        };
        let filter = self.users_that(&filter);
        let query = self.people(&filter, &users.attributes, whole::CLAIMANTS);
        let entries = self.posix.claimants(query, deadline).await?;
        let mut found = Vec::new();
        for entry in &entries {
            found.extend(self.posix_user(entry, asked)?);
        }
        let is_meant =
            |user: &PosixUser| matches!(key, Key::Name(_)) || key == Key::Number(user.uid);
        found.retain(is_meant);
        Ok(found.into_iter().min_by(|one, other| {
            (&one.name, one.uid, &one.locator).cmp(&(&other.name, other.uid, &other.locator))
        }))
    }

    async fn group(&self, key: Key<'_>, deadline: Deadline) -> Result<Option<PosixGroup>, Outage> {
        match self.head(key, deadline).await? {
            Some(head) => self.with_members(head, deadline).await.map(Some),
            None => Ok(None),
        }
    }

    async fn groups_of(&self, user: &PosixUser, deadline: Deadline) -> Result<Vec<u32>, Outage> {
        self.memberships(user, deadline).await
    }

    fn all_users(&self) -> Box<dyn Pages<PosixUser> + '_> {
        Box::new(UserList::of(self))
    }

    fn all_groups(&self) -> Box<dyn Pages<PosixGroup> + '_> {
        Box::new(GroupList::of(self))
    }
}
