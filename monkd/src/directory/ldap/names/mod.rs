//! Users and groups for hosts.

use async_trait::async_trait;

use super::Ldap;
use crate::deadline::Deadline;
use crate::directory::Pages;
use crate::directory::names::{Key, Names, PosixGroup, PosixUser};
use crate::outage::Outage;

#[async_trait]
impl Names for Ldap {
    async fn user(&self, _: Key<'_>, _: Deadline) -> Result<Option<PosixUser>, Outage> {
        Err(Outage::Setup("to be written".into()))
    }

    async fn group(&self, _: Key<'_>, _: Deadline) -> Result<Option<PosixGroup>, Outage> {
        Err(Outage::Setup("to be written".into()))
    }

    async fn groups_of(&self, _: &PosixUser, _: Deadline) -> Result<Vec<u32>, Outage> {
        Err(Outage::Setup("to be written".into()))
    }

    fn all_users(&self) -> Box<dyn Pages<PosixUser> + '_> {
        panic!("to be written")
    }

    fn all_groups(&self) -> Box<dyn Pages<PosixGroup> + '_> {
        panic!("to be written")
    }
}
