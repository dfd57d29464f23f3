//! What an entry says of a user (RFC 2307 §2.2 `posixAccount`, `shadowAccount`).
//!
//! Whoever has a uid is a user, whatever the entry's classes are.

use monk_terms::printable::is_harmful;

use super::numbers::Numbers;
use super::spelling;
use crate::directory::ldap::account::{OBJECT_CLASS, is_alias};
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::settings::LdapSettings;
use crate::directory::ldap::state_settings::Means;
use crate::directory::names::{Ageing, PosixUser};
use crate::outage::Outage;

/// The days of shadow(5), in the order of [`Ageing`].
const SHADOW: [&str; 6] = [
    "shadowLastChange",
    "shadowMin",
    "shadowMax",
    "shadowWarning",
    "shadowInactive",
    "shadowExpire",
];

/// Longest path that the kernel takes, in bytes (`PATH_MAX` without its NUL).
const LONGEST_PATH: usize = 4095;

/// Longest gecos field, in bytes. Nothing but eyes reads it.
const LONGEST_GECOS: usize = 255;

/// Which attributes say what.
pub(super) struct Users {
    name: String,
    home: String,
    shell: String,
    gecos: String,
    full_name: String,
    /// Whether the account rule counts the ageing of shadow(5), too. Otherwise it is not served: pam_unix would judge
    /// by it, and keep out whom monk lets in.
    has_ageing: bool,
    /// What a search for users asks for.
    pub attributes: Vec<String>,
    /// What a search for their names asks for.
    pub of_names: Vec<String>,
}

impl Users {
    /// Takes the names from the settings.
    pub fn of(settings: &LdapSettings, numbers: &Numbers) -> Self {
        let names = &settings.names;
        let mut of_names = vec![settings.name_attribute.clone(), OBJECT_CLASS.to_owned()];
        of_names.extend(numbers.attributes().into_iter().map(str::to_owned));
        let mut attributes = of_names.clone();
        let more =
            [&names.home_attribute, &names.shell_attribute, &names.gecos_attribute].into_iter();
        attributes
            .extend(more.chain([&names.full_name_attribute, &settings.id_attribute]).cloned());
        let means = settings.state.means.as_ref();
        let has_ageing = means.is_none_or(|means| means.contains(&Means::Shadow));
        if has_ageing {
            attributes.extend(SHADOW.map(str::to_owned));
        }
        Self {
            name: settings.name_attribute.clone(),
            home: names.home_attribute.clone(),
            shell: names.shell_attribute.clone(),
            gecos: names.gecos_attribute.clone(),
            full_name: names.full_name_attribute.clone(),
            has_ageing,
            attributes,
            of_names,
        }
    }

    /// The filter for the entry of a login name.
    pub fn named(&self, name: &str) -> String {
        format!("({}={})", self.name, ldap3::ldap_escape(name))
    }

    /// The login name of an entry that has a uid: the one that is asked for, else the least.
    pub fn name<'a>(
        &self,
        entry: &'a Entry,
        numbers: &Numbers,
        asked: Option<&str>,
    ) -> Option<&'a str> {
        // An alias only names somebody.
        (!is_alias(entry)).then(|| numbers.uid(entry)).flatten()?;
        spelling::chosen(entry.texts(&self.name), asked)
    }

    /// The user of an entry, with a stable id. `None` where it is none of that name, or is malformed: a home
    /// folder or a shell that could not stand in passwd(5) is not replaced with another one.
    ///
    /// # Errors
    /// As `id` says, which is asked for users only.
    pub fn read(
        &self,
        entry: &Entry,
        numbers: &Numbers,
        asked: Option<&str>,
        id: impl FnOnce(&Entry) -> Result<String, Outage>,
    ) -> Result<Option<PosixUser>, Outage> {
        let read = || {
            Some(PosixUser {
                id: String::new(),
                name: self.name(entry, numbers, asked)?.to_owned(),
                uid: numbers.uid(entry)?,
                gid: numbers.gid_of_user(entry)?,
                gecos: self.gecos(entry),
                home: path(entry, &self.home)?,
                shell: path(entry, &self.shell)?,
                ageing: if self.has_ageing { ageing(entry) } else { Ageing::default() },
                locator: entry.dn.clone(),
            })
        };
        let Some(user) = read() else { return Ok(None) };
        Ok(Some(PosixUser { id: id(entry)?, ..user }))
    }

    /// One line without colons.
    fn gecos(&self, entry: &Entry) -> String {
        let least = |attribute| entry.texts(attribute).into_iter().min();
        let text = least(&self.gecos).or_else(|| least(&self.full_name)).unwrap_or_default();
        let plain = |character| match character {
            ':' => ' ',
            harmful if is_harmful(harmful) => ' ',
            other => other,
        };
        let mut text: String = text.chars().map(plain).collect();
        while text.len() > LONGEST_GECOS {
            text.pop();
        }
        text
    }
}

/// A path where the entry has one: `None` is a malformed entry.
fn path(entry: &Entry, attribute: &str) -> Option<Option<String>> {
    let values = entry.values(attribute);
    if values.iter().all(|value| value.is_empty()) {
        return Some(None);
    }
    // Of several shells none is the user's.
    let path = entry.only_text(attribute)?;
    let is_path = path.starts_with('/')
        && path.len() <= LONGEST_PATH
        && !path.contains(|character: char| character == ':' || character.is_control());
    is_path.then(|| Some(path.to_owned()))
}

fn ageing(entry: &Entry) -> Ageing {
    // Less than nothing is nothing: -1 is how tools write "not set".
    let days = |attribute| entry.only_text(attribute)?.parse().ok().filter(|days| *days >= 0);
    let [last_change, minimum, maximum, warning, inactive, expires] = SHADOW.map(days);
    Ageing { last_change, minimum, maximum, warning, inactive, expires }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> (Users, Numbers) {
        let settings: LdapSettings =
            toml::from_str("uris = []\nbase = \"dc=x\"").expect("settings");
        let numbers = Numbers::of(&settings.names).expect("settings");
        (Users::of(&settings, &numbers), numbers)
    }

    fn alice() -> Entry {
        Entry::empty("uid=Alice,dc=x")
            .with("uid", &[b"al", b"Alice"])
            .with("uidNumber", &[b"3000000000"])
            .with("gidNumber", &[b"5000"])
    }

    fn read(entry: &Entry, asked: Option<&str>) -> Option<PosixUser> {
        let (users, numbers) = users();
        users.read(entry, &numbers, asked, |_| Ok("id".to_owned())).expect("an answer")
    }

    #[test]
    fn an_entry_with_a_uid_is_a_user_and_what_is_missing_is_left_to_the_host() {
        let user = read(&alice(), None).expect("a user");
        assert_eq!((user.name.as_str(), user.uid, user.gid), ("Alice", 3_000_000_000, 5000));
        assert_eq!((user.home, user.shell, user.gecos.as_str()), (None, None, ""));
        assert_eq!((user.id.as_str(), user.locator.as_str()), ("id", "uid=Alice,dc=x"));
        assert_eq!(user.ageing, Ageing::default());
        let whole = alice()
            .with("cn", &[b"B", b"A"])
            .with("gecos", &["A:b\u{202e}\n".as_bytes()])
            .with("homeDirectory", &[b"/home/alice"])
            .with("loginShell", &[b"/bin/zsh"])
            .with("shadowLastChange", &[b"19000"])
            .with("shadowMax", &[b"-1"])
            .with("shadowExpire", &[b"x"]);
        let user = read(&whole, None).expect("a user");
        assert_eq!(user.gecos, "A b  ");
        assert_eq!(user.home.as_deref(), Some("/home/alice"));
        assert_eq!(user.shell.as_deref(), Some("/bin/zsh"));
        assert_eq!(user.ageing, Ageing { last_change: Some(19000), ..Ageing::default() });
        let named = read(&alice().with("cn", &[b"B", b"A"]), None).expect("a user");
        assert_eq!(named.gecos, "A");
        let long = "ë".repeat(200);
        let named = read(&alice().with("cn", &[long.as_bytes()]), None).expect("a user");
        assert_eq!(named.gecos.len(), 254);
    }

    /// With `preset = "active-directory"`, for example.
    #[test]
    fn ageing_that_the_account_rule_does_not_count_is_not_served() {
        let settings = "uris = []\nbase = \"dc=x\"\nstate = { means = [\"active-directory\"] }";
        let settings: LdapSettings = toml::from_str(settings).expect("settings");
        let numbers = Numbers::of(&settings.names).expect("settings");
        let users = Users::of(&settings, &numbers);
        assert!(!users.attributes.iter().any(|name| name.starts_with("shadow")));
        let entry = alice().with("shadowLastChange", &[b"0"]).with("shadowExpire", &[b"1"]);
        let user = users.read(&entry, &numbers, None, |_| Ok("id".to_owned())).expect("an answer");
        assert_eq!(user.expect("a user").ageing, Ageing::default());
    }

    #[test]
    fn a_second_spelling_is_no_second_user() {
        for (asked, found) in [
            (Some("Alice"), Some("Alice")),
            (Some("al"), Some("al")),
            (Some("alice"), None),
            (Some("AL"), None),
            (Some("bob"), None),
            (None, Some("Alice")),
        ] {
            assert_eq!(read(&alice(), asked).map(|user| user.name).as_deref(), found, "{asked:?}");
        }
    }

    #[test]
    fn a_malformed_entry_is_nobody() {
        let without_gid =
            Entry::empty("uid=a,dc=x").with("uid", &[b"a"]).with("uidNumber", &[b"5000"]);
        for entry in [
            alice().with("loginShell", &[b"bin/sh"]),
            alice().with("loginShell", &[b"/bin/sh:x"]),
            alice().with("loginShell", &[b"/bin/sh", b"/bin/bash"]),
            alice().with("homeDirectory", &[b"/home/a\nb"]),
            alice().with("homeDirectory", &[b"\xff"]),
            alice().with("objectClass", &[b"alias"]),
            without_gid,
        ] {
            assert_eq!(read(&entry, None), None, "{entry:?}");
        }
        assert!(
            read(&alice().with("loginShell", &[b""]), None).is_some(),
            "as if it were not there"
        );
    }

    #[test]
    fn a_user_without_a_stable_id_is_an_outage_and_an_entry_without_a_uid_is_not() {
        let (users, numbers) = users();
        let refused = |_: &Entry| Err(Outage::Refused("no id".to_owned()));
        assert!(users.read(&alice(), &numbers, None, refused).is_err());
        let nobody = Entry::empty("uid=b,dc=x").with("uid", &[b"b"]);
        assert_eq!(users.read(&nobody, &numbers, None, refused), Ok(None));
    }
}
