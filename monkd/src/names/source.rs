//! One directory, as it is served on this host.

use std::sync::Arc;

use async_trait::async_trait;
use monk_wire::names::Query;

use super::local::LocalFiles;
use super::rules::{Rules, Served};
use super::said::{self, Body};
use crate::deadline::Deadline;
use crate::directory::names::{Key, Names, PosixGroup, PosixUser};
use crate::directory::{Directory, Pages};
use crate::outage::Outage;
use crate::settings::names::NameSettings;

/// Where users and groups come from, and what of them is served.
pub struct Source {
    /// The directory.
    pub names: Arc<dyn Names>,
    /// The section `[names]`.
    pub settings: NameSettings,
    /// What is this machine's own.
    pub files: LocalFiles,
}

impl Source {
    /// The rules at this moment.
    ///
    /// # Errors
    /// [`Outage::Setup`] where nobody knows what is this machine's own.
    pub fn rules(&self) -> Result<Rules<'_>, Outage> {
        let own = self.files.read().map_err(|error| Outage::Setup(error.to_string()))?;
        Ok(Rules { settings: &self.settings, own })
    }

    /// Asks the directory; `None` is a clear no.
    ///
    /// # Errors
    /// [`Outage`] when there is no clear answer by the deadline.
    pub async fn look(
        &self,
        query: &Query<'_>,
        deadline: Deadline,
    ) -> Result<Option<Body>, Outage> {
        let by_name = Key::Name;
        match *query {
            Query::UserByName(name) => self.passwd(by_name(name), deadline).await,
            Query::UserByUid(uid) => self.passwd(Key::Number(uid), deadline).await,
            Query::GroupByName(name) => self.group(by_name(name), deadline).await,
            Query::GroupByGid(gid) => self.group(Key::Number(gid), deadline).await,
            Query::Ageing(name) => {
                Ok(self.user(by_name(name), deadline).await?.map(|(_, served)| served.ageing()))
            }
            Query::GroupsOf(name) => {
                let Some((found, _)) = self.user(by_name(name), deadline).await? else {
                    return Ok(None);
                };
                let gids = self.names.groups_of(&found, deadline).await?;
                Ok(Some(said::groups_of(&self.rules()?.groups_of(gids))))
            }
            // Lists are no searches.
            Query::Users(_) | Query::Groups(_) => Ok(None),
        }
    }

    /// A user as the directory has it, and as it is served.
    ///
    /// # Errors
    /// As [`Source::look`].
    pub async fn user(
        &self,
        key: Key<'_>,
        deadline: Deadline,
    ) -> Result<Option<(PosixUser, Served)>, Outage> {
        let Some(found) = self.names.user(key, deadline).await? else { return Ok(None) };
        let served = self.rules()?.user(found.clone(), key);
        Ok(served.map(|served| (found, served)))
    }

    async fn passwd(&self, key: Key<'_>, deadline: Deadline) -> Result<Option<Body>, Outage> {
        Ok(self.user(key, deadline).await?.map(|(_, served)| served.body()))
    }

    async fn group(&self, key: Key<'_>, deadline: Deadline) -> Result<Option<Body>, Outage> {
        let Some(found) = self.names.group(key, deadline).await? else { return Ok(None) };
        let served = self.rules()?.group(found, key);
        Ok(served.map(|group| said::group(group.gid, &group.name, &group.members)))
    }
}

/// The users and groups of a directory that others use as well.
pub struct OfDirectory(pub Arc<dyn Directory>);

#[async_trait]
impl Names for OfDirectory {
    async fn user(&self, key: Key<'_>, deadline: Deadline) -> Result<Option<PosixUser>, Outage> {
        self.0.names().user(key, deadline).await
    }

    async fn group(&self, key: Key<'_>, deadline: Deadline) -> Result<Option<PosixGroup>, Outage> {
        self.0.names().group(key, deadline).await
    }

    async fn groups_of(&self, user: &PosixUser, deadline: Deadline) -> Result<Vec<u32>, Outage> {
        self.0.names().groups_of(user, deadline).await
    }

    async fn version(&self, deadline: Deadline) -> Result<u64, Outage> {
        self.0.names().version(deadline).await
    }

    fn all_users(&self) -> Box<dyn Pages<PosixUser> + '_> {
        self.0.names().all_users()
    }

    fn all_groups(&self) -> Box<dyn Pages<PosixGroup> + '_> {
        self.0.names().all_groups()
    }
}
