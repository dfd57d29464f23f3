//! What an entry says of a user, and what is enrolled there.

use std::sync::Arc;

use monk_core::credential::CredentialSet;
use monk_core::keys::Keyring;
use monk_core::mac::Author;
use monk_terms::account_state::AccountState;

use super::entry::Entry;
use super::settings::LdapSettings;
use crate::clock;
use crate::directory::Account;
use crate::outage::Outage;

/// The attribute that says what kind an entry is. Every entry has it (RFC 4512 §2.4).
pub(super) const OBJECT_CLASS: &str = "objectClass";

/// When an entry was made (RFC 4512 §3.4.2). A directory that does not say so has no new users.
const CREATED: &str = "createTimestamp";

/// What the attributes are called that monk reads.
pub(super) struct Attributes {
    /// What the records are checked with.
    keys: Arc<Keyring>,
    /// Login names.
    name: String,
    /// The stable id.
    id: String,
    /// Mail addresses.
    pub mail: String,
    /// What is enrolled.
    pub credential: String,
    /// What has been used of it.
    pub usage: String,
    /// The auxiliary class of entries in which something is enrolled.
    pub class: String,
}

impl Attributes {
    /// Takes the names from the settings.
    pub fn of(settings: &LdapSettings, keys: Arc<Keyring>) -> Self {
        Self {
            keys,
            name: settings.name_attribute.clone(),
            id: settings.id_attribute.clone(),
            mail: settings.mail_attribute.clone(),
            credential: settings.credential_attribute.clone(),
            usage: settings.use_attribute.clone(),
            class: settings.object_class.clone(),
        }
    }

    /// What a search for a user asks for.
    pub fn of_a_user(&self, with_credentials: bool) -> Vec<String> {
        let mut names = vec![self.name.clone(), self.mail.clone(), CREATED.to_owned()];
        if with_credentials {
            names.extend(self.of_credentials());
        } else {
            names.push(self.id.clone());
        }
        names
    }

    /// What reading the credentials of a known user asks for.
    pub fn of_credentials(&self) -> Vec<String> {
        let names = [OBJECT_CLASS, &self.id, &self.credential, &self.usage];
        names.map(str::to_owned).to_vec()
    }

    /// The user of an entry, found by `typed`.
    pub fn account(&self, entry: &Entry, typed: &str) -> Result<Account, Outage> {
        // An entry without a name could only be bound as anonymously.
        if entry.dn.is_empty() {
            return Err(Outage::Unclear("the search found an entry without a name".to_owned()));
        }
        let names = entry.texts(&self.name);
        // Of several names it is the one that was typed, else always the same one.
        let name = names
            .iter()
            .find(|name| name.to_lowercase() == typed.to_lowercase())
            .or_else(|| names.iter().min())
            .ok_or_else(|| missing(entry, &self.name, "name_attribute"))?;
        Ok(Account {
            id: self.id(entry)?.to_owned(),
            name: (*name).to_owned(),
            mail: entry.texts(&self.mail).first().map(|mail| (*mail).to_owned()),
            state: AccountState::Enabled,
            created: entry.only_text(CREATED).and_then(clock::of_directory),
            locator: entry.dn.clone(),
            credentials: None,
        })
    }

    /// The name by which the user of an entry could log in.
    pub fn login_name<'a>(&self, entry: &'a Entry) -> Option<&'a str> {
        entry.texts(&self.name).first().copied()
    }

    /// The stable id of an entry.
    pub fn id<'a>(&self, entry: &'a Entry) -> Result<&'a str, Outage> {
        entry.only_text(&self.id).ok_or_else(|| missing(entry, &self.id, "id_attribute"))
    }

    /// The filter that finds the entry of an id (RFC 4515 §3), or `None` when no value has this text.
    pub fn id_filter(&self, id: &str) -> Option<String> {
        (!id.is_empty()).then(|| format!("({}={})", self.id, ldap3::ldap_escape(id)))
    }

    /// What is enrolled in an entry.
    ///
    /// Access rules that hide the credentials from monk must not make a user look as if nothing
    /// were enrolled: a password alone would then do. An entry carries the auxiliary class exactly
    /// as long as it has credentials, so one that has the class and shows none counts as having
    /// one that cannot be read. An entry that does not even show its classes says nothing.
    pub fn credentials(&self, entry: &Entry) -> Result<CredentialSet, Outage> {
        let is_marked = self.is_marked(entry)?;
        let author = Author { user: self.id(entry)?, keys: &self.keys };
        let (credentials, uses) = (entry.values(&self.credential), entry.values(&self.usage));
        let mut set = CredentialSet::parse(author, credentials, uses);
        if is_marked && set.credentials.is_empty() && set.unreadable_credentials == 0 {
            set.unreadable_credentials = 1;
        }
        Ok(set)
    }

    /// Whether an entry carries the auxiliary class.
    pub fn is_marked(&self, entry: &Entry) -> Result<bool, Outage> {
        let classes = entry.texts(OBJECT_CLASS);
        if classes.is_empty() {
            return Err(missing(entry, OBJECT_CLASS, "the access rules"));
        }
        Ok(classes.iter().any(|class| class.eq_ignore_ascii_case(&self.class)))
    }
}

/// Why an attribute cannot be used, and which setting names it.
fn missing(entry: &Entry, attribute: &str, setting: &str) -> Outage {
    let dn = &entry.dn;
    Outage::Refused(match entry.values(attribute).as_slice() {
        [] => format!(
            "{dn:?} shows no {attribute}: check {setting}, and whether monk's account may read it"
        ),
        [one] if std::str::from_utf8(one).is_err() => format!(
            "the {attribute} of {dn:?} is binary, and monk reads text only: name another attribute in {setting}"
        ),
        [_] => format!("the {attribute} of {dn:?} is empty: name another attribute in {setting}"),
        several => format!(
            "{dn:?} shows {} values of {attribute}, and monk needs one that is text: name another attribute \
             in {setting}",
            several.len()
        ),
    })
}

#[cfg(test)]
mod tests {
    use monk_core::credential::{Change, Credential, CredentialId};
    use monk_core::factors::unknown::Unknown;
    use monk_core::keys::HostKey;

    use super::*;
    use crate::clock::SystemRandom;

    fn keys() -> Arc<Keyring> {
        Arc::new(Keyring::new(HostKey::generate(&mut SystemRandom), Vec::new()))
    }

    fn attributes() -> Attributes {
        with_keys(keys())
    }

    fn with_keys(keys: Arc<Keyring>) -> Attributes {
        let settings = toml::from_str("uris = []\nbase = \"dc=x\"").expect("valid settings");
        Attributes::of(&settings, keys)
    }

    /// A credential of the user `id-1`, and the register that names it.
    fn records(keys: &Keyring) -> (String, String) {
        let author = Author { user: "id-1", keys };
        let id = CredentialId::generate(&mut SystemRandom);
        let credential = Credential::new(id, "x", 5, Unknown).to_record(author);
        let change = Change { add_credentials: vec![credential.clone()], ..Change::default() };
        let planned = CredentialSet::default().planned(change, 9, author, &mut SystemRandom);
        let register = planned.expect("nothing is there").add_uses.remove(0);
        (credential, register)
    }

    fn alice() -> Entry {
        Entry::empty("uid=alice,dc=x")
            .with("uid", &[b"alias", b"Alice"])
            .with("entryUUID", &[b"id-1"])
            .with("mail", &[b"alice@example.org", b"a@example.org"])
            .with("objectClass", &[b"person"])
    }

    #[test]
    fn an_account_has_the_directorys_own_spelling_and_the_stable_id() {
        let account = attributes().account(&alice(), "ALICE").expect("an account");
        assert_eq!((account.name.as_str(), account.id.as_str()), ("Alice", "id-1"));
        assert_eq!(account.mail.as_deref(), Some("alice@example.org"));
        let by_mail = attributes().account(&alice(), "a@example.org").expect("an account");
        assert_eq!(by_mail.name, "Alice", "always the same one");
    }

    #[test]
    fn an_entry_without_exactly_one_id_cannot_be_used() {
        let nobody = Entry::empty("uid=alice,dc=x").with("uid", &[b"alice"]);
        assert!(matches!(attributes().account(&nobody, "alice"), Err(Outage::Refused(_))));
        for ids in [&[&b"a"[..], b"b"][..], &[b""], &[b"\xff"]] {
            let entry =
                Entry::empty("uid=alice,dc=x").with("uid", &[b"alice"]).with("entryUUID", ids);
            assert!(matches!(attributes().account(&entry, "alice"), Err(Outage::Refused(_))));
        }
        let nameless = Entry::empty("").with("uid", &[b"alice"]).with("entryUUID", &[b"a"]);
        assert!(attributes().account(&nameless, "alice").is_err());
    }

    #[test]
    fn hidden_credentials_count_as_unreadable_ones() {
        let has_factor = |entry: &Entry| {
            attributes().credentials(entry).map(|credentials| credentials.has_second_factor())
        };
        assert_eq!(has_factor(&alice()), Ok(false));
        assert_eq!(has_factor(&alice().with("objectclass", &[b"MONKUSER"])), Ok(true));
        let uses_alone = alice().with("objectClass", &[b"monkUser"]).with("monkUse", &[b"{}"]);
        assert_eq!(has_factor(&uses_alone), Ok(true));
        let keys = keys();
        let (credential, register) = records(&keys);
        let enrolled = alice()
            .with("objectClass", &[b"monkUser"])
            .with("monkCredential", &[credential.as_bytes()])
            .with("monkUse", &[register.as_bytes()]);
        let set = with_keys(keys).credentials(&enrolled).expect("credentials");
        assert_eq!((set.credentials.len(), set.unreadable_credentials), (1, 0));
        // With other keys, or as another user's, it is there and unusable.
        let set = attributes().credentials(&enrolled).expect("credentials");
        assert_eq!((set.credentials.len(), set.unreadable_credentials), (0, 1));
        assert!(has_factor(&Entry::empty("uid=alice,dc=x")).is_err(), "no class at all is shown");
    }
}
