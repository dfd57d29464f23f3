//! What an entry says of a group (RFC 2307 §2.2 `posixGroup`, with members by name or, as in RFC 2307bis, by DN).
//!
//! Whatever has a gid is a group, unless it is a person. How a group names its members is what `group_filter` in
//! `[ldap]` compares with a user.

use super::numbers::Numbers;
use super::spelling;
use crate::directory::ldap::account::{OBJECT_CLASS, is_alias};
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::filter::{DN, Filter, USER, compared};
use crate::directory::ldap::settings::LdapSettings;
use crate::outage::Outage;

/// Whether a group of Active Directory is for access or for mail (MS-ADA1 §2.288).
const GROUP_TYPE: &str = "groupType";

/// Classes of entries that are people, whatever else they have.
const PEOPLE: [&str; 2] = ["person", "posixAccount"];

/// Which attributes say what.
pub(super) struct Groups {
    name: String,
    /// The entry below which groups are.
    pub base: String,
    /// The filter for groups that a user is in.
    pub of_member: Filter,
    /// The attributes with the DNs of members.
    pub member_dns: Vec<String>,
    /// The attributes with the login names of members.
    pub member_names: Vec<String>,
    /// What a search for groups asks for, without their members.
    pub attributes: Vec<String>,
    /// What a search for groups with their members asks for.
    pub with_members: Vec<String>,
}

/// A group without the names of members that it names by DN.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub name: String,
    pub gid: u32,
    pub dn: String,
    pub named: Named,
}

/// Whom an entry names as members.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// Login names.
    pub names: Vec<String>,
    /// Names of entries.
    pub dns: Vec<String>,
}

impl Groups {
    /// Takes the names from the settings.
    ///
    /// # Errors
    /// [`Outage::Setup`] when they cannot work.
    pub fn of(settings: &LdapSettings, numbers: &Numbers) -> Result<Self, Outage> {
        let name = settings.names.group_name_attribute.clone();
        let (member_dns, member_names) =
            (compared(&settings.group_filter, DN), compared(&settings.group_filter, USER));
        let mut attributes = vec![name.clone(), OBJECT_CLASS.to_owned(), GROUP_TYPE.to_owned()];
        attributes.extend(numbers.attributes().into_iter().map(str::to_owned));
        let members = member_dns.iter().chain(&member_names);
        let with_members = attributes.iter().chain(members).cloned().collect();
        Ok(Self {
            name,
            base: settings.group_base.as_ref().unwrap_or(&settings.base).clone(),
            of_member: Filter::of_groups(&settings.group_filter)?,
            member_dns,
            member_names,
            attributes,
            with_members,
        })
    }

    /// The filter for the entry of a name.
    pub fn named(&self, name: &str) -> String {
        format!("({}={})", self.name, ldap3::ldap_escape(name))
    }

    /// The gid of an entry that is a group.
    pub fn gid(&self, entry: &Entry, numbers: &Numbers) -> Option<u32> {
        let classes = entry.texts(OBJECT_CLASS);
        let is_of = |class: &str| classes.iter().any(|known| known.eq_ignore_ascii_case(class));
        let is_group = !is_alias(entry) && !PEOPLE.into_iter().any(is_of) && is_for_access(entry);
        is_group.then(|| numbers.gid(entry)).flatten()
    }

    /// The group of an entry, `None` where it is none of that name.
    ///
    /// # Errors
    /// [`Outage::Unclear`] where the entry shows a part of its members.
    pub fn read(
        &self,
        entry: &Entry,
        numbers: &Numbers,
        asked: Option<&str>,
    ) -> Result<Option<Head>, Outage> {
        let Some(gid) = self.gid(entry, numbers) else { return Ok(None) };
        let Some(name) = spelling::chosen(entry.texts(&self.name), asked) else { return Ok(None) };
        let named = self.members(entry)?;
        Ok(Some(Head { name: name.to_owned(), gid, dn: entry.dn.clone(), named }))
    }

    /// Whom an entry names as members. Names that no user could have are left out.
    ///
    /// # Errors
    /// As [`Groups::read`].
    pub fn members(&self, entry: &Entry) -> Result<Named, Outage> {
        let attributes = || self.member_dns.iter().chain(&self.member_names);
        // Active Directory sends 1,500 values and says where they end: `member;range=0-1499` (MS-ADTS §3.1.1.3.1.3.3).
        let is_range = |description: &str| {
            let mut options = description.split(';').skip(1);
            options.any(|option| option.to_ascii_lowercase().starts_with("range="))
        };
        let ranges = |name: &String| entry.with_options(name).any(|(name, _)| is_range(name));
        if attributes().any(ranges) {
            return Err(Outage::Unclear(format!(
                "{:?} shows a part of its members: write preset = \"active-directory\"",
                entry.dn
            )));
        }
        let texts = |attributes: &[String]| -> Vec<String> {
            let texts = attributes.iter().flat_map(|name| entry.texts(name));
            texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
        };
        let mut names = texts(&self.member_names);
        names.retain(|name| spelling::is_name(name));
        Ok(Named { names, dns: texts(&self.member_dns) })
    }
}

/// Whether a group is for access. Only Active Directory has others.
fn is_for_access(entry: &Entry) -> bool {
    match entry.values(GROUP_TYPE)[..] {
        [] => true,
        // The highest bit (`GROUP_TYPE_SECURITY_ENABLED`, MS-ADTS §2.2.12) is the sign.
        _ => {
            let bits = entry.only_text(GROUP_TYPE).and_then(|text| text.parse::<i32>().ok());
            bits.is_some_and(|bits| bits < 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entry: &Entry, asked: Option<&str>) -> Result<Option<Head>, Outage> {
        let settings: LdapSettings =
            toml::from_str("uris = []\nbase = \"dc=x\"").expect("settings");
        let numbers = Numbers::of(&settings.names).expect("settings");
        Groups::of(&settings, &numbers).expect("settings").read(entry, &numbers, asked)
    }

    fn staff() -> Entry {
        Entry::empty("cn=staff,dc=x").with("cn", &[b"Staff", b"Crew"]).with("gidNumber", &[b"6000"])
    }

    #[test]
    fn an_entry_with_a_gid_is_a_group_under_each_of_its_names() {
        let name = |asked| read(&staff(), asked).expect("an answer").map(|head| head.name);
        assert_eq!(name(None).as_deref(), Some("Crew"));
        assert_eq!(name(Some("Staff")).as_deref(), Some("Staff"));
        assert_eq!(name(Some("staff")), None);
        let members = staff()
            .with("memberUid", &[b"bob", b"a:b", b"\xff", b"Alice"])
            .with("uniqueMember", &[b"uid=eve,dc=x", b""]);
        let named = read(&members, None).expect("an answer").expect("a group").named;
        assert_eq!(named.names, ["bob", "Alice"]);
        assert_eq!(named.dns, ["uid=eve,dc=x"]);
    }

    #[test]
    fn people_and_lists_for_mail_are_no_groups() {
        for (entry, is_group) in [
            (staff().with("objectClass", &[b"top", b"posixGroup"]), true),
            (staff().with("groupType", &[b"-2147483646"]), true),
            (staff().with("groupType", &[b"2"]), false),
            (staff().with("groupType", &[b"x"]), false),
            (staff().with("objectClass", &[b"Person"]), false),
            (staff().with("objectClass", &[b"posixAccount"]), false),
            (staff().with("objectClass", &[b"alias"]), false),
            (staff().with("uidNumber", &[b"6000"]), false),
        ] {
            assert_eq!(read(&entry, None).expect("an answer").is_some(), is_group, "{entry:?}");
        }
    }

    #[test]
    fn a_part_of_the_members_is_an_outage() {
        let part = staff().with("member;range=0-1499", &[b"uid=alice,dc=x"]).with("member", &[]);
        assert!(matches!(read(&part, None), Err(Outage::Unclear(_))));
        let other = staff().with("member;x-old", &[b"uid=alice,dc=x"]);
        assert_eq!(
            read(&other, None).expect("an answer").expect("a group").named,
            Named::default()
        );
    }
}
