//! Which groups a user is in: asked of the server, which alone compares names of entries rightly.
//!
//! | membership | where it is seen |
//! |---|---|
//! | a group that is named by its DN | the user's entry, which names it (`memberOf`) |
//! | a group that is named by its name | the group's entry below `group_base`, which names the user |
//! | the primary group | the user's `primaryGroupID` (Active Directory) or `gidNumber`, and the number of the group |
//! | a group in a group | `nested_groups`: by the server's rule, or by going up from group to group |

use std::collections::HashSet;
use std::sync::OnceLock;

use super::entry::Entry;
use super::filter::{DN, Filter, compared};
use super::group_search::{Asker, MAX_GROUPS, any_of};
use super::group_settings::{NestedGroups, Rule};
use super::presets::Preset;
use super::servers::Servers;
use super::settings::LdapSettings;
use super::{chosen, ids};
use crate::deadline::Deadline;
use crate::directory::{Account, is_dn};
use crate::outage::Outage;

/// Most levels of groups in groups. Each is one search, and people nest two or three deep.
pub(super) const MAX_LEVELS: u8 = 8;

/// The matching rule of Active Directory that follows a chain of links (MS-ADTS §3.1.1.3.4.4.3,
/// `LDAP_MATCHING_RULE_TRANSITIVE_EVAL`).
pub(super) const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// The capability by which Active Directory makes itself known (MS-ADTS §3.1.1.3.4.3.1).
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";

/// The number of the primary group within the domain (MS-ADA3 §2.120).
const PRIMARY_GROUP_ID: &str = "primaryGroupID";

/// The security identifier of an entry of Active Directory (MS-ADA3 §2.44).
const OBJECT_SID: &str = "objectSid";

/// The number of the primary group of a Unix user, and of a group (RFC 2307 §2.2).
const GID_NUMBER: &str = "gidNumber";

/// Groups that can be somebody's primary group. People have a `gidNumber`, too.
const PRIMARY_GROUPS: &str = "(|(objectClass=posixGroup)(objectClass=group))";

/// Where groups are.
pub(super) struct Groups {
    base: Option<String>,
    filter: Filter,
    name: String,
    member_of: String,
    /// The attributes of groups that hold the DNs of members.
    members: Vec<String>,
    nested: Option<NestedGroups>,
    /// Whether the server is Active Directory, once that is known.
    is_active_directory: OnceLock<bool>,
}

/// Groups of a policy, apart by how they are named.
struct Wanted<'a> {
    by_dn: Vec<&'a str>,
    /// The filter for entries that have one of the other names.
    named: Option<String>,
}

impl Groups {
    /// Takes the settings.
    ///
    /// # Errors
    /// [`Outage::Setup`] when they cannot work.
    pub fn of(settings: &LdapSettings) -> Result<Self, Outage> {
        match settings.nested_groups {
            Some(NestedGroups::Levels(levels)) if levels > MAX_LEVELS => {
                return Err(chosen::setup(&format!(
                    "nested_groups = {levels}: monk goes up {MAX_LEVELS} levels at most"
                )));
            }
            Some(NestedGroups::Levels(1..)) if settings.group_base.is_none() => {
                return Err(chosen::setup(
                    "nested_groups needs group_base: that is where groups are",
                ));
            }
            _ => {}
        }
        Ok(Self {
            base: settings.group_base.clone(),
            filter: Filter::of_groups(&settings.group_filter)?,
            name: settings.group_name_attribute.clone(),
            member_of: settings.member_of_attribute.clone(),
            members: compared(&settings.group_filter, DN),
            nested: settings.nested_groups,
            is_active_directory: match settings.preset {
                Some(Preset::ActiveDirectory) => OnceLock::from(true),
                _ => OnceLock::new(),
            },
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

    /// The filter for groups that can have members whose entries do not name them.
    pub fn of_unnamed_members(&self) -> &'static str {
        match self.nested {
            None | Some(NestedGroups::Levels(0)) => PRIMARY_GROUPS,
            Some(_) => "(objectClass=*)",
        }
    }

    /// Where groups are that are named without their DN.
    fn base(&self) -> Result<&str, Outage> {
        let why = "group_base is needed for groups without a DN";
        self.base.as_deref().ok_or_else(|| chosen::setup(why))
    }

    /// Whether `account` is in one of `groups`. For members at most two searches; for others, one more for
    /// the primary group and one or two for each group and level.
    pub async fn contain(
        &self,
        servers: &Servers,
        account: &Account,
        groups: &[String],
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        let asker = Asker { servers, deadline };
        let (by_dn, by_name): (Vec<&str>, Vec<&str>) =
            groups.iter().map(String::as_str).partition(|group| is_dn(group));
        let named = (!by_name.is_empty()).then(|| any_of([self.name.as_str()], &by_name));
        let wanted = Wanted { by_dn, named };

        if self.has_member(asker, &wanted, account).await? {
            return Ok(true);
        }
        let primary = self.primary_group(asker, account).await?;
        if let Some(primary) = &primary
            && self.any_fits(asker, &wanted, primary).await?
        {
            return Ok(true);
        }
        match self.nested {
            None | Some(NestedGroups::Levels(0)) => Ok(false),
            Some(nested) => {
                let starts = self.starts(asker, account, primary.as_deref()).await?;
                let targets = self.targets(asker, &wanted).await?;
                if targets.is_empty() {
                    return Ok(false);
                }
                match nested {
                    NestedGroups::By(Rule::Server) => {
                        self.server_says(asker, &starts, &targets).await
                    }
                    NestedGroups::Levels(levels) => {
                        self.climb(asker, account, starts, &targets, levels).await
                    }
                }
            }
        }
    }

    /// Whether the user's entry names one of the groups, or one of them the user.
    async fn has_member(
        &self,
        asker: Asker<'_>,
        wanted: &Wanted<'_>,
        account: &Account,
    ) -> Result<bool, Outage> {
        if !wanted.by_dn.is_empty() {
            let filter = any_of([self.member_of.as_str()], &wanted.by_dn);
            if asker.fits(&account.locator, &filter).await? {
                return Ok(true);
            }
        }
        let Some(named) = &wanted.named else { return Ok(false) };
        let theirs = self.filter.of_member(&account.locator, &account.name);
        asker.any_below(self.base()?, &format!("(&{named}{theirs})")).await
    }

    /// Whether the entry of one of the groups fits a filter.
    async fn any_fits(
        &self,
        asker: Asker<'_>,
        wanted: &Wanted<'_>,
        filter: &str,
    ) -> Result<bool, Outage> {
        for dn in &wanted.by_dn {
            if asker.fits(dn, filter).await? {
                return Ok(true);
            }
        }
        let Some(named) = &wanted.named else { return Ok(false) };
        asker.any_below(self.base()?, &format!("(&{named}{filter})")).await
    }

    /// The filter that finds the primary group of a user, where the entry tells its number. Members of their
    /// primary group are named nowhere else.
    async fn primary_group(
        &self,
        asker: Asker<'_>,
        account: &Account,
    ) -> Result<Option<String>, Outage> {
        let attributes = [PRIMARY_GROUP_ID, OBJECT_SID, GID_NUMBER].map(str::to_owned);
        let entry = asker.entry(&account.locator, &attributes).await?;
        Ok(entry.as_ref().and_then(primary_group))
    }

    /// Where chains of groups begin: the user, and the primary group.
    async fn starts(
        &self,
        asker: Asker<'_>,
        account: &Account,
        primary: Option<&str>,
    ) -> Result<Vec<String>, Outage> {
        let mut starts = vec![account.locator.clone()];
        if let (Some(primary), Some(base)) = (primary, &self.base) {
            starts.extend(asker.names_below(base, primary).await?);
        }
        Ok(starts)
    }

    /// The names of the groups, as the server writes them. Those that are not there are left out.
    async fn targets(&self, asker: Asker<'_>, wanted: &Wanted<'_>) -> Result<Vec<String>, Outage> {
        let mut targets = Vec::new();
        for dn in &wanted.by_dn {
            let entry = asker.entry(dn, std::slice::from_ref(&self.name)).await?;
            targets.extend(entry.map(|entry| entry.dn));
        }
        if let Some(named) = &wanted.named {
            targets.extend(asker.names_below(self.base()?, named).await?);
        }
        Ok(targets)
    }

    /// Whether the server says of one of `starts` that it is in one of the groups, or in a group of it.
    async fn server_says(
        &self,
        asker: Asker<'_>,
        starts: &[String],
        targets: &[String],
    ) -> Result<bool, Outage> {
        // A rule in the settings is the administrator's.
        let has_rule = self.member_of.contains(':');
        let member_of = if !has_rule && self.is_active_directory(asker).await? {
            format!("{}:{IN_CHAIN}:", self.member_of)
        } else {
            self.member_of.clone()
        };
        let filter = any_of([member_of.as_str()], targets);
        for start in starts {
            if asker.fits(start, &filter).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the server is Active Directory, from its root DSE.
    pub async fn is_active_directory(&self, asker: Asker<'_>) -> Result<bool, Outage> {
        if let Some(known) = self.is_active_directory.get() {
            return Ok(*known);
        }
        let attributes = ["supportedCapabilities".to_owned()];
        let Some(root) = asker.entry("", &attributes).await? else { return Ok(false) };
        let is = root.texts(&attributes[0]).contains(&ACTIVE_DIRECTORY);
        Ok(*self.is_active_directory.get_or_init(|| is))
    }

    /// Goes up from group to group. Each group is looked at once, so circles end.
    async fn climb(
        &self,
        asker: Asker<'_>,
        account: &Account,
        starts: Vec<String>,
        targets: &[String],
        levels: u8,
    ) -> Result<bool, Outage> {
        let base = self.base()?;
        let members = || self.members.iter().map(String::as_str);
        // Both are as the server writes them: the same entry has the same name, whatever the schema says.
        let is_target = |dn: &String| targets.contains(dn);
        let mut seen: HashSet<String> = starts.iter().cloned().collect();
        // A user may also be named by the login name; groups are not.
        let theirs = self.filter.of_member(&account.locator, &account.name);
        let mut filter = format!("(|{theirs}{})", any_of(members(), &starts));
        if starts.iter().skip(1).any(is_target) {
            return Ok(true);
        }
        for _ in 0..=levels {
            let mut groups = asker.names_below(base, &filter).await?;
            if groups.iter().any(is_target) {
                return Ok(true);
            }
            groups.retain(|dn| seen.insert(dn.clone()));
            if groups.is_empty() || self.members.is_empty() {
                break;
            }
            if seen.len() > MAX_GROUPS {
                return Err(Outage::Unclear(format!(
                    "{:?} is in more than {MAX_GROUPS} groups: lower nested_groups",
                    account.locator
                )));
            }
            filter = any_of(members(), &groups);
        }
        Ok(false)
    }
}

/// The filter that finds the primary group of an entry.
fn primary_group(user: &Entry) -> Option<String> {
    let number = |attribute| user.only_text(attribute)?.parse::<u32>().ok();
    let sid = match user.values(OBJECT_SID)[..] {
        [sid] => number(PRIMARY_GROUP_ID).and_then(|number| ids::sibling_sid(sid, number)),
        _ => None,
    };
    let by_sid = sid.map(|sid| format!("({OBJECT_SID}={})", ids::escaped(&sid)));
    let by_number =
        number(GID_NUMBER).map(|number| format!("(&{PRIMARY_GROUPS}({GID_NUMBER}={number}))"));
    match (by_sid, by_number) {
        (None, None) => None,
        (by_sid, by_number) => {
            Some(format!("(|{}{})", by_sid.unwrap_or_default(), by_number.unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primary_group_is_found_by_its_number() {
        let sid = b"\x01\x02\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x50\x04\x00\x00";
        let user = || Entry::empty("uid=a,dc=x");
        let by_sid = r"(|(objectSid=\01\02\00\00\00\00\00\05\15\00\00\00\01\02\00\00))";
        let by_number =
            "(|(&(|(objectClass=posixGroup)(objectClass=group))(gidNumber=100)))".to_owned();
        for (user, filter) in [
            (user(), None),
            (user().with("primaryGroupID", &[b"513"]), None),
            (user().with("objectSid", &[sid]), None),
            (
                user().with("objectSid", &[sid]).with("primaryGroupID", &[b"513"]),
                Some(by_sid.to_owned()),
            ),
            (user().with("gidNumber", &[b"100"]), Some(by_number)),
            (user().with("gidNumber", &[b"100", b"101"]), None),
            (user().with("gidNumber", &[b"*"]), None),
        ] {
            let found = primary_group(&user);
            assert_eq!(found, filter);
            assert!(found.is_none_or(|filter| ldap3::parse_filter(&filter).is_ok()));
        }
    }

    #[test]
    fn settings_of_nested_groups_that_cannot_work_are_refused() {
        let of = |more: &str| {
            let settings = toml::from_str(&format!("uris = []\nbase = \"dc=x\"\n{more}"));
            Groups::of(&settings.expect("settings")).map(drop)
        };
        let base = "group_base = \"ou=groups,dc=x\"\n";
        assert_eq!(of("nested_groups = \"server\""), Ok(()));
        assert_eq!(of(&format!("{base}nested_groups = 8")), Ok(()));
        assert_eq!(of("nested_groups = 0"), Ok(()));
        assert!(of("nested_groups = 1").is_err(), "no group_base");
        assert!(of(&format!("{base}nested_groups = 9")).is_err());
        let unknown: Result<LdapSettings, _> =
            toml::from_str("uris = []\nbase = \"dc=x\"\nnested_groups = \"all\"");
        let message = unknown.expect_err("no such rule").to_string();
        assert!(message.contains("\"server\", or a number of levels"), "{message}");
    }
}
