//! Which groups a user is in: asked of the server, which alone compares names of entries rightly.
//!
//! A group that is named by its DN is looked for among those that the user's own entry names
//! (`memberOf`); one that is named by its name, among the entries below `group_base`.

use ldap3::ldap_escape;

use super::connection::Query;
use super::filter::Filter;
use super::search::{Count, ENOUGH, Search, count};
use super::servers::Servers;
use super::settings::LdapSettings;
use crate::deadline::Deadline;
use crate::directory::{Account, is_dn};
use crate::outage::Outage;

/// What is asked for of an entry that only has to be there (RFC 4511 §4.5.1.8).
const NO_ATTRIBUTES: &str = "1.1";

/// Where groups are.
pub(super) struct Groups {
    base: Option<String>,
    filter: Filter,
    name: String,
    member_of: String,
}

impl Groups {
    /// Takes the settings.
    ///
    /// # Errors
    /// [`Outage::Setup`] when the filter cannot work.
    pub fn of(settings: &LdapSettings) -> Result<Self, Outage> {
        Ok(Self {
            base: settings.group_base.clone(),
            filter: Filter::of_groups(&settings.group_filter)?,
            name: settings.group_name_attribute.clone(),
            member_of: settings.member_of_attribute.clone(),
        })
    }

    /// Where a group is seen, and by which attribute: its entry, or its members among `people`.
    pub fn place_of<'a>(
        &'a self,
        group: &str,
        people: &'a str,
    ) -> Result<(&'a str, &'a str), Outage> {
        if is_dn(group) {
            return Ok((people, &self.member_of));
        }
        Ok((self.base()?, &self.name))
    }

    /// Where groups are that are named without their DN.
    fn base(&self) -> Result<&str, Outage> {
        let why = "[ldap] group_base is needed for groups without a DN";
        self.base.as_deref().ok_or_else(|| Outage::Setup(why.to_owned()))
    }

    /// Whether `account` is in one of `groups`. At most two searches.
    pub async fn contain(
        &self,
        servers: &Servers,
        account: &Account,
        groups: &[String],
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        let (by_dn, by_name): (Vec<&String>, Vec<&String>) =
            groups.iter().partition(|group| is_dn(group));
        let attributes = [NO_ATTRIBUTES.to_owned()];
        if !by_dn.is_empty() {
            let query = Query {
                base: &account.locator,
                scope: ldap3::Scope::Base,
                filter: &any_of(&self.member_of, &by_dn),
                attributes: &attributes,
                limit: ENOUGH,
            };
            if finds(servers, query, deadline).await? {
                return Ok(true);
            }
        }
        if by_name.is_empty() {
            return Ok(false);
        }
        let named = any_of(&self.name, &by_name);
        let theirs = self.filter.of_member(&account.locator, &account.name);
        let query = Query {
            base: self.base()?,
            scope: ldap3::Scope::Subtree,
            filter: &format!("(&{named}{theirs})"),
            attributes: &attributes,
            limit: ENOUGH,
        };
        finds(servers, query, deadline).await
    }
}

async fn finds(servers: &Servers, query: Query<'_>, deadline: Deadline) -> Result<bool, Outage> {
    let base = query.base;
    let found = servers.run(&Search(query), deadline).await?;
    Ok(match count(found, base)? {
        Count::Zero => false,
        Count::One(_) | Count::Several => true,
    })
}

/// The filter for entries where an attribute has one of these values.
fn any_of(attribute: &str, values: &[&String]) -> String {
    let each = values.iter().map(|value| format!("({attribute}={})", ldap_escape(value.as_str())));
    format!("(|{})", each.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_groups_never_become_a_part_of_the_filter() {
        let (staff, odd) = ("staff".to_owned(), "a)(uid=*".to_owned());
        let filter = any_of("cn", &[&staff, &odd]);
        assert_eq!(filter, r"(|(cn=staff)(cn=a\29\28uid=\2a))");
        assert!(ldap3::parse_filter(&filter).is_ok());
    }
}
