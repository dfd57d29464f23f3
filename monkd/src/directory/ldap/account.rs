//! What an entry says of a user, and what is enrolled there.

use std::collections::HashSet;
use std::sync::Arc;

use monk_core::credential::CredentialSet;
use monk_core::keys::Keyring;
use monk_core::mac::Author;
use monk_terms::account_state::AccountState;

use super::entry::Entry;
use super::filter::{USER, compared, compares_whole_values};
use super::ids;
use super::settings::LdapSettings;
use crate::clock;
use crate::directory::Account;
use crate::outage::Outage;

/// The attribute that says what kind an entry is. Every entry has it (RFC 4512 §2.4).
pub(super) const OBJECT_CLASS: &str = "objectClass";

/// The class of entries that are names of other entries (RFC 4512 §2.6). Nobody logs in as one.
const ALIAS: &str = "alias";

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
    /// The attributes that the filters compare with the login name.
    compared: Vec<String>,
    /// Whether they compare nothing but whole values with it.
    compares_whole_values: bool,
}

impl Attributes {
    /// Takes the names from the settings.
    pub fn of(settings: &LdapSettings, keys: Arc<Keyring>) -> Self {
        let (plain, mail) = settings.filters();
        let mut attributes = compared(plain, USER);
        attributes.extend(compared(mail, USER));
        Self {
            keys,
            compared: attributes,
            compares_whole_values: [plain, mail]
                .into_iter()
                .all(|filter| compares_whole_values(filter, USER)),
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
        names.extend([OBJECT_CLASS.to_owned(), self.id.clone()]);
        if with_credentials {
            names.extend(self.of_credentials());
        }
        names.extend(self.compared.iter().cloned());
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(name.to_ascii_lowercase()));
        names
    }

    /// What reading the credentials of a known user asks for.
    pub fn of_credentials(&self) -> Vec<String> {
        let names = [OBJECT_CLASS, &self.id, &self.credential, &self.usage];
        names.map(str::to_owned).to_vec()
    }

    /// Whether an entry that the server found by `typed` can be the user of that name.
    ///
    /// A server's filter matches values with options, too: a search for a mail address also finds who had it
    /// once, where that is kept as `mail;x-old`. Such a user must have the name without options as well.
    pub fn may_be(&self, entry: &Entry, typed: &str) -> bool {
        let typed = typed.trim().to_lowercase();
        let is_typed = |value: &&str| {
            let value = value.trim().to_lowercase();
            // A filter may compare with more than the name alone: {user}@example.org.
            value == typed || (!self.compares_whole_values && value.contains(&typed))
        };
        let plainly = |name: &String| entry.texts(name).iter().any(is_typed);
        let has_options = |name: &String| entry.with_options(name).next().is_some();
        !is_alias(entry)
            && (!self.compared.iter().any(has_options) || self.compared.iter().any(plainly))
    }

    /// The user of an entry, found by `typed`, whose account is in that state.
    pub fn account(
        &self,
        entry: &Entry,
        typed: &str,
        state: AccountState,
    ) -> Result<Account, Outage> {
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
            id: self.id(entry)?,
            name: (*name).to_owned(),
            mail: entry.texts(&self.mail).first().map(|mail| (*mail).to_owned()),
            state,
            created: entry.only_text(CREATED).and_then(clock::of_directory),
            password_end: None,
            locator: entry.dn.clone(),
            credentials: None,
        })
    }

    /// The name by which the user of an entry could log in.
    pub fn login_name<'a>(&self, entry: &'a Entry) -> Option<&'a str> {
        entry.texts(&self.name).first().copied()
    }

    /// The attribute with the stable id.
    pub fn id_attribute(&self) -> &str {
        &self.id
    }

    /// The stable id of an entry, as the text that records are bound to.
    ///
    /// # Errors
    /// [`Outage::Refused`] where the entry does not show exactly one value that can be an id.
    pub fn id(&self, entry: &Entry) -> Result<String, Outage> {
        let id = match entry.values(&self.id)[..] {
            [value] => ids::to_text(&self.id, value),
            _ => None,
        };
        id.ok_or_else(|| missing(entry, &self.id, "id_attribute"))
    }

    /// The filter that finds the entry of a stable id, or `None` when no entry can have it.
    pub fn id_filter(&self, id: &str) -> Option<String> {
        ids::to_filter(&self.id, id)
    }

    /// What is enrolled in an entry.
    ///
    /// Access rules that hide the credentials from monk must not make a user look as if nothing
    /// were enrolled: a password alone would then do. An entry carries the auxiliary class exactly
    /// as long as it has credentials, so one that has the class and shows none counts as having
    /// one that cannot be read. An entry that does not even show its classes says nothing. Values under the
    /// attribute's name with an option are none of monk's, and count as unreadable too.
    pub fn credentials(&self, entry: &Entry) -> Result<CredentialSet, Outage> {
        self.credentials_of(entry, &self.id(entry)?)
    }

    /// What is enrolled in an entry whose owner is known.
    pub fn credentials_of(&self, entry: &Entry, id: &str) -> Result<CredentialSet, Outage> {
        let is_marked = self.is_marked(entry)?;
        let author = Author { user: id, keys: &self.keys };
        let (credentials, uses) = (entry.values(&self.credential), entry.values(&self.usage));
        let mut set = CredentialSet::parse(author, credentials, uses);
        let odd = |name| entry.with_options(name).map(|(_, values)| values.len()).sum::<usize>();
        set.unreadable_credentials += odd(&self.credential);
        set.unreadable_uses += odd(&self.usage);
        if is_marked && set.credentials.is_empty() && set.unreadable_credentials == 0 {
            set.unreadable_credentials = 1;
        }
        Ok(set)
    }

    /// Whether an entry shows a credential, whatever it is.
    pub fn shows_credentials(&self, entry: &Entry) -> bool {
        !entry.values(&self.credential).is_empty()
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

/// Whether an entry only names another one.
pub(super) fn is_alias(entry: &Entry) -> bool {
    entry.texts(OBJECT_CLASS).iter().any(|class| class.eq_ignore_ascii_case(ALIAS))
}

/// Why an attribute cannot be used, and which setting names it.
fn missing(entry: &Entry, attribute: &str, setting: &str) -> Outage {
    let dn = &entry.dn;
    let with_options = entry.with_options(attribute).next();
    Outage::Refused(match (entry.values(attribute).as_slice(), with_options) {
        ([], Some((description, _))) => format!(
            "{dn:?} shows {description} and no {attribute}: an attribute with options is another one; check \
             {setting}"
        ),
        ([], None) => format!(
            "{dn:?} shows no {attribute}: check {setting}, and whether monk's account may read it"
        ),
        ([b""], _) => {
            format!("the {attribute} of {dn:?} is empty: name another attribute in {setting}")
        }
        ([_], _) => format!(
            "monk cannot use the {attribute} of {dn:?}, which is too long or no text: name another attribute in \
             {setting}"
        ),
        (several, _) => format!(
            "{dn:?} shows {} values of {attribute}, and monk needs one: name another attribute in {setting}",
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
        let account =
            attributes().account(&alice(), "ALICE", AccountState::Enabled).expect("an account");
        assert_eq!((account.name.as_str(), account.id.as_str()), ("Alice", "id-1"));
        assert_eq!(account.mail.as_deref(), Some("alice@example.org"));
        let by_mail = attributes()
            .account(&alice(), "a@example.org", AccountState::Enabled)
            .expect("an account");
        assert_eq!(by_mail.name, "Alice", "always the same one");
    }

    #[test]
    fn an_entry_without_exactly_one_id_cannot_be_used() {
        let nobody = Entry::empty("uid=alice,dc=x").with("uid", &[b"alice"]);
        assert!(matches!(
            attributes().account(&nobody, "alice", AccountState::Enabled),
            Err(Outage::Refused(_))
        ));
        let long = [b'a'; 257];
        for ids in [&[&b"a"[..], b"b"][..], &[b""], &[&long]] {
            let entry =
                Entry::empty("uid=alice,dc=x").with("uid", &[b"alice"]).with("entryUUID", ids);
            assert!(matches!(
                attributes().account(&entry, "alice", AccountState::Enabled),
                Err(Outage::Refused(_))
            ));
        }
        let option = nobody.with("entryUUID;binary", &[b"a"]);
        let message = attributes()
            .account(&option, "alice", AccountState::Enabled)
            .expect_err("an option")
            .to_string();
        assert!(message.contains("shows entryUUID;binary and no entryUUID"), "{message}");
        let nameless = Entry::empty("").with("uid", &[b"alice"]).with("entryUUID", &[b"a"]);
        assert!(attributes().account(&nameless, "alice", AccountState::Enabled).is_err());
    }

    #[test]
    fn a_binary_id_is_text_and_finds_its_entry_again() {
        let settings = "uris = []\nbase = \"dc=x\"\nid_attribute = \"objectGUID\"";
        let attributes = Attributes::of(&toml::from_str(settings).expect("settings"), keys());
        let guid = &[0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15][..];
        let account = attributes.account(
            &alice().with("objectGUID", &[guid]),
            "alice",
            AccountState::Enabled,
        );
        let id = account.expect("an account").id;
        assert_eq!(id, "030201ff-0504-0706-0809-0a0b0c0d0e0f");
        let filter = attributes.id_filter(&id).expect("a filter");
        assert!(filter.starts_with(r"(objectGUID=\ff\01\02"), "{filter}");
    }

    #[test]
    fn who_has_the_name_only_with_an_option_or_is_an_alias_is_not_meant() {
        let old = || alice().with("mail;x-old", &[b"boss@example.org"]);
        for (entry, typed, is_meant) in [
            (alice(), "alice", true),
            (alice(), "anything that the server says is the same", true),
            (old(), "A@example.org", true),
            (old(), "ALICE", true),
            (old(), "boss@example.org", false),
            (old(), "a@example.or", false),
            (alice().with("objectClass", &[b"Alias"]), "alice", false),
        ] {
            assert_eq!(attributes().may_be(&entry, typed), is_meant, "{typed} {entry:?}");
        }
    }

    #[test]
    fn credentials_with_options_count_as_unreadable_ones() {
        let entry =
            alice().with("monkCredential;x-odd", &[b"{}"]).with("monkUse;lang-de", &[b"{}", b"{}"]);
        let set = attributes().credentials(&entry).expect("credentials");
        assert_eq!((set.unreadable_credentials, set.unreadable_uses), (1, 2));
        assert!(set.has_second_factor());
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
