//! Some users and groups as they are, for `doctor` to try what a login does with them.

use crate::deadline::Deadline;
use crate::directory::is_dn;
use crate::directory::ldap::Ldap;
use crate::directory::ldap::connection::{Found, Query};
use crate::directory::ldap::group_search::Asker;
use crate::directory::ldap::search::{Search, part_of};
use crate::outage::Outage;

/// Attributes that name a user for ever, on the servers that have them.
pub const STABLE_IDS: [&str; 3] = ["entryUUID", "nsUniqueId", "ipaUniqueID"];

/// A user's entry, whether or not a login could use it.
#[derive(Debug)]
pub struct Somebody {
    /// Its name.
    pub dn: String,
    /// The login name, if it shows one.
    pub name: Option<String>,
    /// Whether it shows the id that the settings name.
    pub has_id: bool,
    /// Which of [`STABLE_IDS`] it has as an id would have to be.
    pub other_ids: Vec<&'static str>,
}

impl Ldap {
    /// Some of the users that the filter finds, and where the server refers to for others.
    ///
    /// # Errors
    /// [`Outage`] when they cannot be searched for.
    pub async fn somebody(
        &self,
        limit: usize,
        deadline: Deadline,
    ) -> Result<(Vec<Somebody>, Vec<String>), Outage> {
        let mut attributes = self.attributes.of_a_user(false);
        attributes.extend(STABLE_IDS.map(str::to_owned));
        let filter = self.filters.of_everybody();
        let query = self.people(&filter, &attributes, limit);
        let Found { entries, references, result } =
            self.readers.run(&Search(query), deadline).await?;
        part_of(&result, &self.base)?;
        let somebody = entries.iter().map(|entry| Somebody {
            dn: entry.dn.clone(),
            name: self.attributes.login_name(entry).map(str::to_owned),
            has_id: self.attributes.id(entry).is_ok(),
            other_ids: STABLE_IDS.into_iter().filter(|id| entry.only_text(id).is_some()).collect(),
        });
        Ok((somebody.collect(), references))
    }

    /// Whether monk's account sees a group that a policy names: its entry, or a member of it where it is named
    /// by its DN, since monk looks for those in the users' entries. Where members may be in it by another group
    /// or as their primary group, the entry is enough for a DN, too.
    ///
    /// # Errors
    /// [`Outage`] when that cannot be searched for.
    pub async fn sees_group(&self, group: &str, deadline: Deadline) -> Result<bool, Outage> {
        let (base, attribute) = self.groups.place_of(group, &self.base)?;
        let filter = format!("({attribute}={})", ldap3::ldap_escape(group));
        let nothing = ["1.1".to_owned()];
        let query = Query {
            base,
            scope: ldap3::Scope::Subtree,
            filter: &filter,
            attributes: &nothing,
            limit: 1,
        };
        let found = self.readers.run(&Search(query), deadline).await?;
        part_of(&found.result, base)?;
        if !found.entries.is_empty() || !is_dn(group) {
            return Ok(!found.entries.is_empty());
        }
        let asker = Asker { servers: &self.readers, deadline };
        asker.fits(group, self.groups.of_unnamed_members()).await
    }
}
