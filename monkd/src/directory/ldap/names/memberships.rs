//! The groups of a user: those whose entries name the user or the user's entry, the primary one, and those that these
//! are in, as `nested_groups` says.
//!
//! Each level is one search, whatever the number of groups; Active Directory follows the whole chain in one.

use std::collections::{BTreeSet, HashSet};

use super::Posix;
use super::whole::IN_ONE_FILTER;
use crate::deadline::Deadline;
use crate::directory::ldap::Ldap;
use crate::directory::ldap::group_search::any_of;
use crate::directory::ldap::group_settings::{NestedGroups, Rule};
use crate::directory::ldap::groups::{IN_CHAIN, MAX_LEVELS};
use crate::directory::names::PosixUser;
use crate::outage::Outage;

impl Posix {
    /// How many levels of groups in groups are looked at. Servers that know the answer by themselves have it in
    /// their own rule, or in attributes that may be there or not: following the groups finds the same.
    pub(super) fn levels(&self) -> u8 {
        match self.nested {
            None => 0,
            Some(NestedGroups::Levels(levels)) => levels,
            Some(NestedGroups::By(Rule::Server)) => MAX_LEVELS,
        }
    }

    /// Whether Active Directory follows chains of groups.
    fn is_by_chain(&self) -> bool {
        self.nested == Some(NestedGroups::By(Rule::Server))
    }

    /// What to compare with a group in Active Directory to find its members, and how many levels of groups are
    /// still to be gone through after that.
    pub(super) fn member_of_by_chain(&self) -> (String, u8) {
        // A rule in the settings is the administrator's.
        if self.is_by_chain() && !self.member_of.contains(':') {
            return (format!("{}:{IN_CHAIN}:", self.member_of), 0);
        }
        let levels = if self.is_by_chain() { 0 } else { self.levels() };
        (self.member_of.clone(), levels)
    }
}

impl Ldap {
    /// The gids of the groups of a user.
    pub(super) async fn memberships(
        &self,
        user: &PosixUser,
        deadline: Deadline,
    ) -> Result<Vec<u32>, Outage> {
        let Posix { groups, numbers, .. } = &self.posix;
        let by_chain = self.posix.is_by_chain() && self.is_active_directory(deadline).await?;
        let chain = if by_chain { format!(":{IN_CHAIN}:") } else { String::new() };
        let members: Vec<String> =
            groups.member_dns.iter().map(|name| format!("{name}{chain}")).collect();
        let that_have = |dns: &[String]| any_of(members.iter().map(String::as_str), dns);

        let direct = if by_chain {
            that_have(std::slice::from_ref(&user.locator))
        } else {
            groups.of_member.of_member(&user.locator, &user.name)
        };
        let primary = numbers.with_gid(user.gid);
        let primary = primary.map(|filter| format!("(&{filter}{})", numbers.of_groups()));
        let mut filters = vec![format!("(|{direct}{})", primary.unwrap_or_default())];
        // A chain that begins with the user does not go through the primary group.
        let levels = if by_chain { 1 } else { self.posix.levels() };

        let (mut gids, mut seen) = (BTreeSet::new(), HashSet::new());
        for level in 0..=levels {
            let mut next = Vec::new();
            for filter in filters {
                let found = self.posix.groups_that(filter, &groups.attributes, deadline).await?;
                for entry in found {
                    let gid = groups.gid(&entry, numbers);
                    gids.extend(gid);
                    if seen.insert(entry.dn.clone()) && (!by_chain || gid == Some(user.gid)) {
                        next.push(entry.dn);
                    }
                }
            }
            if level == levels || next.is_empty() || members.is_empty() {
                break;
            }
            filters = next.chunks(IN_ONE_FILTER).map(that_have).collect();
        }
        Ok(gids.into_iter().collect())
    }
}
