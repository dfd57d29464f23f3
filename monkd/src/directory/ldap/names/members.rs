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

/// Entries by their names, in the form that can be compared.
type Entries = HashMap<String, Wanted>;

/// An entry that is looked for.
struct Wanted {
    /// Its name, as it is spelled where it is named.
    dn: String,
    /// The first part of that.
    first: Part,
}

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
            for mut dn in dns.drain(..) {
                if dn::normal(&dn).is_none() {
                    // The server may know what we cannot take apart, and says how it spells that itself.
                    match self.spelled(&dn, deadline).await? {
                        Some(spelled) => dn = spelled,
                        None => continue,
                    }
                }
                if let (Some(normal), Some(first)) = (dn::normal(&dn), dn::first(&dn))
                    && seen.insert(normal.clone())
                {
                    entries.insert(normal, Wanted { dn, first });
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
        let mut others = Vec::new();
        for filter in filters(entries) {
            for entry in self.people_that(self.users_that(&filter), deadline).await? {
                match dn::normal(&entry.dn).and_then(|dn| entries.remove(&dn)) {
                    Some(_) => names.extend(self.member(&entry)),
                    None => others.push(entry),
                }
            }
        }
        self.take_spelled_otherwise(entries, &others, names, deadline).await
    }

    /// Takes out those entries that are one of `others`, and only spelled in another way where they are named: with
    /// another name of an attribute, with its parts in another order, with other blanks. Which two spellings are the
    /// same, the server alone knows. It is asked where the first part fits somebody.
    async fn take_spelled_otherwise(
        &self,
        entries: &mut Entries,
        others: &[Entry],
        names: &mut BTreeSet<String>,
        deadline: Deadline,
    ) -> Result<(), Outage> {
        let others: HashMap<String, &Entry> =
            others.iter().filter_map(|one| Some((dn::normal(&one.dn)?, one))).collect();
        if others.is_empty() {
            return Ok(());
        }
        let may_be = |wanted: &Wanted| {
            let value = without_blanks(&wanted.first.value);
            others.keys().any(|other| without_blanks(other).contains(&value))
        };
        let suspects = entries.iter().filter(|(_, wanted)| may_be(wanted));
        let suspects: Vec<_> =
            suspects.map(|(normal, wanted)| (normal.clone(), wanted.dn.clone())).collect();
        for (normal, dn) in suspects {
            let spelled = self.spelled(&dn, deadline).await?;
            let spelled = spelled.and_then(|spelled| dn::normal(&spelled));
            if let Some(entry) = spelled.and_then(|spelled| others.get(&spelled)) {
                entries.remove(&normal);
                names.extend(self.member(entry));
            }
        }
        Ok(())
    }

    /// How the server itself spells the name of an entry, if there is one.
    async fn spelled(&self, dn: &str, deadline: Deadline) -> Result<Option<String>, Outage> {
        let nothing = ["1.1".to_owned()];
        Ok(self.asker(deadline).entry(dn, &nothing).await?.map(|entry| entry.dn))
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
    let parts: Vec<&Part> = entries.values().map(|wanted| &wanted.first).collect();
    let filter = |some: &[&Part]| {
        let one =
            |part: &&Part| format!("({}={})", part.attribute, ldap_escape(part.value.as_str()));
        format!("(|{})", some.iter().map(one).collect::<String>())
    };
    parts.chunks(IN_ONE_FILTER).map(filter).collect()
}

/// A value in which two spellings are compared roughly: without case, blanks and escapes.
fn without_blanks(text: &str) -> String {
    let is_kept = |one: &char| !one.is_whitespace() && *one != '\\';
    text.chars().filter(is_kept).flat_map(char::to_lowercase).collect()
}
