//! The searches that say who is in a group.

use ldap3::{Scope, ldap_escape};

use super::codes;
use super::connection::{Found, Query};
use super::entry::Entry;
use super::search::{Count, ENOUGH, Search, count, entry_itself};
use super::servers::Servers;
use crate::deadline::Deadline;
use crate::outage::Outage;

/// What is asked for of an entry that only has to be there (RFC 4511 §4.5.1.8).
const NO_ATTRIBUTES: &str = "1.1";

/// Most groups that one search may bring: each goes into the filter of the next one. Somebody who is in more
/// is an accident of the filter, or needs a server that knows nested groups itself.
pub(super) const MAX_GROUPS: usize = 1000;

/// Somebody who asks about groups, until a deadline.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    /// The servers.
    pub servers: &'a Servers,
    /// When it has to be known.
    pub deadline: Deadline,
}

impl Asker<'_> {
    /// Whether an entry is there and fits a filter. An entry that is not there does not fit.
    pub async fn fits(self, dn: &str, filter: &str) -> Result<bool, Outage> {
        self.finds(Query { base: dn, scope: Scope::Base, ..nameless(filter) }).await
    }

    /// Whether anything below `base` fits a filter.
    pub async fn any_below(self, base: &str, filter: &str) -> Result<bool, Outage> {
        self.finds(Query { base, ..nameless(filter) }).await
    }

    async fn finds(self, query: Query<'_>) -> Result<bool, Outage> {
        let attributes = [NO_ATTRIBUTES.to_owned()];
        let base = query.base;
        let query = Query { attributes: &attributes, ..query };
        let found = self.servers.run(&Search(query), self.deadline).await?;
        if is_nowhere(&found) {
            return Ok(false);
        }
        Ok(match count(found, base)? {
            Count::Zero => false,
            Count::One(_) | Count::Several => true,
        })
    }

    /// One entry, with these attributes.
    pub async fn entry(self, dn: &str, attributes: &[String]) -> Result<Option<Entry>, Outage> {
        let query = entry_itself(dn, attributes);
        let found = self.servers.run(&Search(query), self.deadline).await?;
        if is_nowhere(&found) {
            return Ok(None);
        }
        match count(found, dn)? {
            Count::One(entry) => Ok(Some(entry)),
            Count::Zero | Count::Several => Ok(None),
        }
    }

    /// The names of the entries below `base` that fit a filter, as the server writes them.
    ///
    /// # Errors
    /// [`Outage`] when that may not be all of them, or when there are more than [`MAX_GROUPS`].
    pub async fn names_below(self, base: &str, filter: &str) -> Result<Vec<String>, Outage> {
        let attributes = [NO_ATTRIBUTES.to_owned()];
        let query = Query { base, attributes: &attributes, limit: MAX_GROUPS, ..nameless(filter) };
        let found = self.servers.run(&Search(query), self.deadline).await?;
        if is_nowhere(&found) {
            return Ok(Vec::new());
        }
        if found.result.rc == codes::SIZE_LIMIT_EXCEEDED {
            return Err(Outage::Unclear(format!(
                "more groups below {base:?} have to be looked at than monk or the server allows ({})",
                found.entries.len()
            )));
        }
        let names = found.entries.iter().map(|entry| entry.dn.clone()).collect();
        // Nothing and a reference is not nothing.
        count(found, base)?;
        Ok(names)
    }
}

/// A query below a base that is still to be named.
fn nameless(filter: &str) -> Query<'_> {
    Query { base: "", scope: Scope::Subtree, filter, attributes: &[], limit: ENOUGH }
}

/// Whether the base of a search is not there: then nobody is in it. A DN that is none is not there either.
fn is_nowhere(found: &Found) -> bool {
    matches!(found.result.rc, codes::NO_SUCH_OBJECT | codes::INVALID_DN_SYNTAX)
}

/// The filter for entries where one of these attributes has one of these values.
pub(super) fn any_of<'a>(
    attributes: impl IntoIterator<Item = &'a str>,
    values: &[impl AsRef<str>],
) -> String {
    let mut filter = "(|".to_owned();
    for attribute in attributes {
        for value in values {
            filter.push_str(&format!("({attribute}={})", ldap_escape(value.as_ref())));
        }
    }
    filter + ")"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_groups_never_become_a_part_of_the_filter() {
        let filter = any_of(["cn"], &["staff", "a)(uid=*"]);
        assert_eq!(filter, r"(|(cn=staff)(cn=a\29\28uid=\2a))");
        assert!(ldap3::parse_filter(&filter).is_ok());
    }
}
