//! Uids and gids: from attributes (RFC 2307 §2.2), or from SIDs of one domain.
//!
//! A number that is no id (RFC 2307 has integers of any size) makes an entry nobody's, never somebody else's:
//! 4294967295 is what programs say for "none", and what is greater would be cut off.

use crate::directory::ldap::account::OBJECT_CLASS;
use crate::directory::ldap::chosen::setup;
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::ids;
use crate::directory::ldap::posix_settings::{Ids, PosixSettings};
use crate::outage::Outage;

/// The security identifier of an entry of Active Directory (MS-ADA3 §2.44).
const OBJECT_SID: &str = "objectSid";

/// The number of the primary group within the domain (MS-ADA3 §2.120).
const PRIMARY_GROUP_ID: &str = "primaryGroupID";

/// Least id that may be given: below are the system's own (Debian policy, 9.2.2).
const LEAST: u32 = 1000;

/// Greatest id: the one above it stands for "no id" (chown(2), setreuid(2)).
const GREATEST: u32 = u32::MAX - 1;

/// The length of what comes before the sub-authorities of a SID (MS-DTYP §2.4.2), and of one of them.
const SID_HEAD: usize = 8;
const SID_PART: usize = 4;

/// Groups of Active Directory that are for access, and not for mail (`GROUP_TYPE_SECURITY_ENABLED`, MS-ADTS §2.2.12),
/// by the rule that compares bits (§3.1.1.3.4.4.1).
const SECURITY_GROUPS: &str = "(objectClass=group)(groupType:1.2.840.113556.1.4.803:=2147483648)";

/// Where uids and gids come from.
#[derive(Debug)]
pub(super) enum Numbers {
    /// The attributes with the uid and the gid.
    Attributes { uid: String, gid: String },
    /// The last number of SIDs that begin with that of the domain.
    Sids { domain: Vec<u8>, first: u32, size: u32 },
}

impl Numbers {
    /// Takes the settings.
    ///
    /// # Errors
    /// [`Outage::Setup`] when they cannot work.
    pub fn of(settings: &PosixSettings) -> Result<Self, Outage> {
        match (settings.ids, &settings.domain_sid, settings.sid_range) {
            (Ids::Attributes, None, None) => Ok(Self::Attributes {
                uid: settings.uid_number_attribute.clone(),
                gid: settings.gid_number_attribute.clone(),
            }),
            (Ids::Attributes, ..) => {
                Err(setup("names.domain_sid and names.sid_range are for names.ids = \"sid\""))
            }
            (Ids::Sid, Some(domain), Some(range)) => {
                let last = range.size.checked_sub(1).and_then(|most| range.first.checked_add(most));
                if range.first < LEAST || last.is_none_or(|last| last > GREATEST) {
                    return Err(setup(&format!(
                        "names.sid_range must have ids from {LEAST} to {GREATEST}: size is how many"
                    )));
                }
                let value = ids::to_value(OBJECT_SID, domain).filter(|sid| is_domain(sid));
                let domain = value.ok_or_else(|| {
                    setup(
                        "names.domain_sid must be the SID of a domain, S-1-5-21-… with three numbers after 21",
                    )
                })?;
                Ok(Self::Sids { domain, first: range.first, size: range.size })
            }
            (Ids::Sid, ..) => Err(setup(
                "names.ids = \"sid\" needs names.domain_sid, the SID of the domain, and names.sid_range, such as \
                 { first = 200000, size = 200000 }: the same on all hosts",
            )),
        }
    }

    /// The attributes that are read.
    pub fn attributes(&self) -> Vec<&str> {
        match self {
            Self::Attributes { uid, gid } => vec![uid, gid],
            Self::Sids { .. } => vec![OBJECT_SID, PRIMARY_GROUP_ID],
        }
    }

    /// The uid of a user.
    pub fn uid(&self, entry: &Entry) -> Option<u32> {
        match self {
            Self::Attributes { uid, .. } => number(entry, uid),
            Self::Sids { .. } => self.of_sid(entry),
        }
    }

    /// The gid of a user's primary group.
    pub fn gid_of_user(&self, entry: &Entry) -> Option<u32> {
        match self {
            Self::Attributes { gid, .. } => number(entry, gid),
            Self::Sids { first, size, .. } => {
                let relative = number(entry, PRIMARY_GROUP_ID).filter(|id| id < size)?;
                first.checked_add(relative)
            }
        }
    }

    /// The gid of a group.
    pub fn gid(&self, entry: &Entry) -> Option<u32> {
        match self {
            // People have one, too.
            Self::Attributes { uid, .. } if !entry.values(uid).is_empty() => None,
            Self::Attributes { gid, .. } => number(entry, gid),
            Self::Sids { .. } => {
                let classes = entry.texts(OBJECT_CLASS);
                classes.iter().any(|class| class.eq_ignore_ascii_case("group")).then_some(())?;
                self.of_sid(entry)
            }
        }
    }

    /// The filter that finds the user of a uid, or `None` where nobody can have it.
    pub fn with_uid(&self, number: u32) -> Option<String> {
        match self {
            Self::Attributes { uid, .. } => Some(format!("({uid}={number})")),
            Self::Sids { .. } => self.with_sid(number),
        }
    }

    /// The same for groups.
    pub fn with_gid(&self, number: u32) -> Option<String> {
        match self {
            Self::Attributes { gid, .. } => Some(format!("({gid}={number})")),
            Self::Sids { .. } => self.with_sid(number),
        }
    }

    /// Filters that hold for every user with a uid; among people, that is.
    pub fn of_users(&self) -> String {
        match self {
            Self::Attributes { uid, .. } => format!("({uid}=*)"),
            Self::Sids { .. } => String::new(),
        }
    }

    /// Filters that hold for every group with a gid, and for no user with one.
    pub fn of_groups(&self) -> String {
        match self {
            Self::Attributes { uid, gid } => {
                format!("({gid}=*)(!({uid}=*))(!(objectClass=person))")
            }
            Self::Sids { .. } => SECURITY_GROUPS.to_owned(),
        }
    }

    fn of_sid(&self, entry: &Entry) -> Option<u32> {
        let (Self::Sids { domain, first, size }, [sid]) = (self, &entry.values(OBJECT_SID)[..])
        else {
            return None;
        };
        let (theirs, relative) = sid.split_last_chunk::<SID_PART>()?;
        // As long as the domain's, with one sub-authority more, and otherwise the same.
        let is_of_domain = theirs.len() == domain.len()
            && theirs[0] == domain[0]
            && theirs[1] == domain[1] + 1
            && theirs[2..] == domain[2..];
        let relative = u32::from_le_bytes(*relative);
        (is_of_domain && relative < *size).then(|| first.checked_add(relative)).flatten()
    }

    fn with_sid(&self, number: u32) -> Option<String> {
        let Self::Sids { domain, first, size } = self else { return None };
        let relative = number.checked_sub(*first).filter(|relative| relative < size)?;
        let mut sid = domain.clone();
        sid[1] += 1;
        sid.extend(relative.to_le_bytes());
        Some(format!("({OBJECT_SID}={})", ids::escaped(&sid)))
    }
}

/// The one value of an attribute, where that is an id.
fn number(entry: &Entry, attribute: &str) -> Option<u32> {
    let text = entry.only_text(attribute)?;
    let is_plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|number| is_plain && *number <= GREATEST)
}

/// Whether a SID is that of a domain: `S-1-5-21` and three numbers (MS-DTYP §2.4.2.4).
fn is_domain(sid: &[u8]) -> bool {
    const BEGINNING: &[u8] = &[1, 4, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0];
    sid.starts_with(BEGINNING) && sid.len() == SID_HEAD + 4 * SID_PART
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(lines: &str) -> Result<Numbers, Outage> {
        let text = format!("uris = []\nbase = \"dc=x\"\n[names]\n{lines}");
        let settings: crate::directory::ldap::settings::LdapSettings =
            toml::from_str(&text).expect("settings");
        Numbers::of(&settings.names)
    }

    fn by_sid() -> Numbers {
        let lines = "ids = \"sid\"\ndomain_sid = \"S-1-5-21-1-2-3\"\nsid_range = { first = 200000, size = 2000 }";
        numbers(lines).expect("settings")
    }

    /// The SID of `relative` in the domain that ends with `last`.
    fn sid(last: u8, relative: u32) -> Vec<u8> {
        let head = [1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, last, 0, 0, 0];
        [&head[..], &relative.to_le_bytes()].concat()
    }

    #[test]
    fn a_number_is_an_id_or_the_entry_is_nobodys() {
        let numbers = numbers("").expect("settings");
        for (text, id) in [
            ("0", Some(0)),
            ("1000", Some(1000)),
            ("2147483648", Some(2_147_483_648)),
            ("4294967294", Some(4_294_967_294)),
            ("4294967295", None),
            ("4294967296", None),
            ("18446744073709551617", None),
            ("-1", None),
            ("+5", None),
            ("05", None),
            (" 5", None),
            ("5x", None),
            ("", None),
        ] {
            let user = Entry::empty("uid=a,dc=x").with("UIDNUMBER", &[text.as_bytes()]);
            assert_eq!(numbers.uid(&user), id, "{text}");
            let group = Entry::empty("cn=a,dc=x").with("gidNumber", &[text.as_bytes()]);
            assert_eq!((numbers.gid(&group), numbers.gid_of_user(&group)), (id, id), "{text}");
        }
        let two = Entry::empty("uid=a,dc=x").with("uidNumber", &[b"1000", b"1001"]);
        assert_eq!(numbers.uid(&two), None);
        let option = Entry::empty("uid=a,dc=x").with("uidNumber;x-old", &[b"1000"]);
        assert_eq!(numbers.uid(&option), None);
        let user = Entry::empty("uid=a,dc=x").with("uidNumber", &[b"x"]).with("gidNumber", &[b"5"]);
        assert_eq!(numbers.gid(&user), None, "a user is no group");
        assert_eq!(numbers.with_uid(7).as_deref(), Some("(uidNumber=7)"));
    }

    #[test]
    fn only_sids_of_the_domain_and_the_range_have_ids() {
        let numbers = by_sid();
        let alias = b"\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00".to_vec();
        for (sid, id) in [
            (sid(3, 500), Some(200_500)),
            (sid(3, 1999), Some(201_999)),
            (sid(3, 2000), None),
            (sid(3, u32::MAX), None),
            (sid(4, 500), None),
            (alias, None),
            (sid(3, 500)[..24].to_vec(), None),
            (Vec::new(), None),
        ] {
            let user = Entry::empty("cn=a,dc=x").with("objectSid", &[&sid]);
            assert_eq!(numbers.uid(&user), id, "{sid:?}");
            assert_eq!(numbers.gid(&user), None, "no group");
            let group = user.with("objectClass", &[b"top", b"group"]);
            assert_eq!(numbers.gid(&group), id);
            // What is found by its number has it.
            let filter = id.and_then(|id| numbers.with_uid(id));
            let wanted = id.map(|_| format!("(objectSid={})", ids::escaped(&sid)));
            assert_eq!(filter, wanted);
        }
        for number in [0, 199_999, 202_000, u32::MAX] {
            assert_eq!(numbers.with_gid(number), None, "{number}");
        }
        for (primary, gid) in [("513", Some(200_513)), ("2000", None), ("x", None)] {
            let user = Entry::empty("cn=a,dc=x").with("primaryGroupID", &[primary.as_bytes()]);
            assert_eq!(numbers.gid_of_user(&user), gid);
        }
    }

    #[test]
    fn settings_of_ids_that_cannot_work_are_refused() {
        let domain = "domain_sid = \"S-1-5-21-1-2-3\"";
        for (lines, is_right) in [
            ("".to_owned(), true),
            ("ids = \"attributes\"".to_owned(), true),
            (domain.to_owned(), false),
            ("sid_range = { first = 200000, size = 5 }".to_owned(), false),
            ("ids = \"sid\"".to_owned(), false),
            (format!("ids = \"sid\"\n{domain}"), false),
            (format!("ids = \"sid\"\n{domain}\nsid_range = {{ first = 1000, size = 1 }}"), true),
            (format!("ids = \"sid\"\n{domain}\nsid_range = {{ first = 999, size = 1 }}"), false),
            (format!("ids = \"sid\"\n{domain}\nsid_range = {{ first = 1000, size = 0 }}"), false),
            (
                format!("ids = \"sid\"\n{domain}\nsid_range = {{ first = 4294967294, size = 1 }}"),
                true,
            ),
            (
                format!("ids = \"sid\"\n{domain}\nsid_range = {{ first = 4294967294, size = 2 }}"),
                false,
            ),
            (
                "ids = \"sid\"\ndomain_sid = \"S-1-5-32-544\"\nsid_range = { first = 1000, size = 1 }"
                    .to_owned(),
                false,
            ),
            (
                "ids = \"sid\"\ndomain_sid = \"S-1-5-21-1-2-3-500\"\nsid_range = { first = 1000, size = 1 }"
                    .to_owned(),
                false,
            ),
        ] {
            assert_eq!(numbers(&lines).is_ok(), is_right, "{lines}");
        }
    }
}
