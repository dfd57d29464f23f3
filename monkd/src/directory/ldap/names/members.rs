//! The login names of a group's members.
//!
//! | the group | its members |
//! |---|---|
//! | names them (`memberUid`) | those names |
//! | names their entries (`member`) | the names in these entries, which are read many at a time |
//! | is of Active Directory | the people whose `memberOf` leads to it: `member` shows 1,500 of them |
//!
//! Groups in it count as `nested_groups` says. Entries that are no users of hosts have no name here.

use std::collections::{BTreeSet, HashMap, HashSet};

use ldap3::ldap_escape;

use super::groups::{Head, Named};
use super::whole::IN_ONE_FILTER;
use crate::deadline::Deadline;
use crate::directory::ldap::Ldap;
use crate::directory::ldap::dn::{self, Part};
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::group_search::{Asker, any_of};
use crate::directory::names::PosixGroup;
use crate::outage::Outage;

/// Entries by their names, in the form that can be compared, with the first part of each.
type Entries = HashMap<String, Part>;

impl Ldap {
    /// The group with the names of all its members.
    pub(super) async fn with_members(
        &self,
        head: Head,
        deadline: Deadline,
    ) -> Result<PosixGroup, Outage> {
        let Head { name, gid, dn, named } = head;
        let members = if self.is_active_directory(deadline).await? {
            self.members_by_member_of(dn, deadline).await?
        } else {
            self.members_by_name(named, deadline).await?
        };
        Ok(PosixGroup { name, gid, members: members.into_iter().collect() })
    }

    /// Whether the server is Active Directory.
    pub(super) async fn is_active_directory(&self, deadline: Deadline) -> Result<bool, Outage> {
        self.groups.is_active_directory(self.asker(deadline)).await
    }

    fn asker(&self, deadline: Deadline) -> Asker<'_> {
        Asker { servers: &self.posix.servers, deadline }
    }

    /// The users whose entries lead to a group.
    async fn members_by_member_of(
        &self,
        group: String,
        deadline: Deadline,
    ) -> Result<BTreeSet<String>, Outage> {
        let posix = &self.posix;
        let (member_of, levels) = posix.member_of_by_chain();
        let mut names = BTreeSet::new();
        let mut seen = HashSet::from([group.clone()]);
        let mut groups = vec![group];
        for level in 0..=levels {
            let mut next = Vec::new();
            for some in groups.chunks(IN_ONE_FILTER) {
                let theirs = any_of([member_of.as_str()], some);
                let users = self.users_that(&format!("{theirs}{}", posix.numbers.of_users()));
                for entry in self.people_that(users, deadline).await? {
                    names.extend(self.member(&entry));
                }
                if level < levels {
                    let filter = format!("(&{theirs}(objectClass=group))");
                    let found = posix.groups_that(filter, &posix.groups.attributes, deadline);
                    next.extend(found.await?.into_iter().map(|entry| entry.dn));
                }
            }
            next.retain(|dn| seen.insert(dn.clone()));
            groups = next;
        }
        Ok(names)
    }

    /// The users whom a group names, and whom the groups in it name.
    async fn members_by_name(
        &self,
        named: Named,
        deadline: Deadline,
    ) -> Result<BTreeSet<String>, Outage> {
        let mut names: BTreeSet<String> = named.names.into_iter().collect();
        let mut dns = named.dns;
        let mut seen = HashSet::new();
        let levels = self.posix.levels();
        for level in 0..=levels {
            let mut entries = Entries::new();
            for dn in dns.drain(..) {
                match (dn::normal(&dn), dn::first(&dn)) {
                    (Some(normal), Some(first)) if seen.insert(normal.clone()) => {
                        entries.insert(normal, first);
                    }
                    (Some(_), _) => {}
                    // The server may know what we cannot take apart.
                    (None, _) => {
                        let attributes = &self.posix.users.of_names;
                        let entry = self.asker(deadline).entry(&dn, attributes).await?;
                        names.extend(entry.and_then(|entry| self.member(&entry)));
                    }
                }
            }
            self.take_users(&mut entries, &mut names, deadline).await?;
            if level == levels || entries.is_empty() {
                break;
            }
            for group in self.groups_among(&entries, deadline).await? {
                names.extend(group.names);
                dns.extend(group.dns);
            }
        }
        Ok(names)
    }

    /// Takes out those entries that are users, and adds their names.
    async fn take_users(
        &self,
        entries: &mut Entries,
        names: &mut BTreeSet<String>,
        deadline: Deadline,
    ) -> Result<(), Outage> {
        for filter in filters(entries) {
            for entry in self.people_that(self.users_that(&filter), deadline).await? {
                let is_member =
                    dn::normal(&entry.dn).is_some_and(|dn| entries.remove(&dn).is_some());
                names.extend(is_member.then(|| self.member(&entry)).flatten());
            }
        }
        Ok(())
    }

    /// Whom those entries name that are below the place of groups.
    async fn groups_among(
        &self,
        entries: &Entries,
        deadline: Deadline,
    ) -> Result<Vec<Named>, Outage> {
        let groups = &self.posix.groups;
        let mut named = Vec::new();
        for filter in filters(entries) {
            let found = self.posix.groups_that(filter, &groups.with_members, deadline).await?;
            for entry in found {
                if dn::normal(&entry.dn).is_some_and(|dn| entries.contains_key(&dn)) {
                    named.push(groups.members(&entry)?);
                }
            }
        }
        Ok(named)
    }

    async fn people_that(&self, filter: String, deadline: Deadline) -> Result<Vec<Entry>, Outage> {
        let attributes = &self.posix.users.of_names;
        self.posix.all(&self.base, self.scope, filter, attributes, deadline).await
    }

    /// The name of a member.
    fn member(&self, entry: &Entry) -> Option<String> {
        self.posix.users.name(entry, &self.posix.numbers, None).map(str::to_owned)
    }
}

/// Filters that find all of these entries, and perhaps others, by the first parts of their names.
fn filters(entries: &Entries) -> Vec<String> {
    let parts: Vec<&Part> = entries.values().collect();
    let filter = |some: &[&Part]| {
        let one =
            |part: &&Part| format!("({}={})", part.attribute, ldap_escape(part.value.as_str()));
        format!("(|{})", some.iter().map(one).collect::<String>())
    };
    parts.chunks(IN_ONE_FILTER).map(filter).collect()
}
