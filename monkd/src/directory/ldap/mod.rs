//! Users in an LDAP directory (RFC 4511), and what they have enrolled in their own entries.
//!
//! | step of a login | operation | connection |
//! |---|---|---|
//! | who is it, and what is enrolled | one Search (`search`, `account`) | service |
//! | is the password right | one Bind as the user (`bind`) | users |
//! | spend the code | one Modify (`store`) | service |
//!
//! A new password takes a bind and one operation more (`change`; `change_answers` says what servers answer).
//!
//! `chosen` reads from the settings which servers there are, `servers` asks one of them, `pool`
//! keeps its connections, `connect` opens them as `uri` and `tls` demand, `connection` is one of them, and
//! `service_account` is who monk is there. `ids` makes text of stable ids; `groups` says who is in which
//! group, by the searches of `group_search`. `names` and `posix_settings` are the users and groups of hosts. `separate` is a credential store on another server, and `detect`
//! asks one that is to be used. `settings` and `section` are what the engine sees before a server is asked, and
//! `doctor` is
//! what an examination finds.
//!
//! What always holds: an answer is a clear yes, a clear no or an [`Outage`], within the deadline;
//! a part of an answer is an outage; nothing that may have been done is done again; and no
//! password goes to anybody who has not shown the right certificate.

mod account;
mod bind;
mod change;
mod change_answers;
pub mod change_settings;
mod chosen;
mod codes;
mod connect;
mod connection;
pub(super) mod detect;
mod diagnostics;
mod dn;
mod doctor;
mod entry;
mod entry_pages;
mod everybody;
mod filter;
mod group_search;
pub mod group_settings;
mod groups;
mod ids;
mod names;
mod password_policy;
mod pool;
pub mod posix_settings;
pub mod presets;
mod search;
mod section;
pub mod separate;
mod servers;
mod service_account;
pub mod settings;
mod ssh_keys;
mod state;
pub mod state_settings;
mod store;
mod stray;
mod tls;
mod uri;

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use monk_core::credential::{Change, CredentialSet, UseSwap};
use monk_core::keys::Keyring;
use monk_core::typed::Password;
use zeroize::Zeroizing;

use self::account::Attributes;
use self::bind::Bind;
use self::change_settings::PasswordChange;
use self::chosen::setup;
use self::connection::Query;
use self::entry::Entry;
use self::filter::Filters;
use self::groups::Groups;
use self::names::Posix;
use self::search::{Count, Search, count, entry_itself};
use self::servers::Servers;
use self::settings::{LdapSettings, Scope};
use self::state::States;
use self::store::{Modify, is_overtaken};
use super::change::{Changed, Changer};
use super::names::Names;
use super::{
    Account, Answer, CredentialStore, Directory, Enrolled, Lookup, Pages, Replacement, Swapped,
};
use crate::deadline::Deadline;
use crate::outage::Outage;

/// An LDAP directory and the connections to it.
///
/// Connections are opened when they are needed, in the runtime of the caller, and kept.
pub struct Ldap {
    /// The servers for searches and binds.
    readers: Servers,
    /// The server that decides what has been used; among the readers as a rule, to share the
    /// connections.
    writers: Servers,
    base: String,
    scope: ldap3::Scope,
    filters: Filters,
    groups: Groups,
    attributes: Attributes,
    states: States,
    /// Users and groups of hosts.
    posix: Posix,
    of_a_user: Vec<String>,
    of_credentials: Vec<String>,
    /// Where the passwords for unknown users are checked.
    decoy: String,
    /// Whether the settings name an entry for that.
    has_decoy: bool,
    with_credentials: bool,
    password_change: PasswordChange,
}

impl Ldap {
    /// Takes the settings, the password of `bind_dn` if there is one, and the keys without which
    /// records are unusable. Nothing is connected yet.
    ///
    /// # Errors
    /// [`Outage::Setup`] says which setting cannot work.
    pub fn new(
        settings: &LdapSettings,
        bind_password: Option<Zeroizing<String>>,
        keys: Arc<Keyring>,
    ) -> Result<Self, Outage> {
        if settings.base.is_empty() {
            return Err(setup("base is empty"));
        }
        if settings.attributes().any(|name| name.contains(';')) {
            return Err(setup(
                "an attribute is named with an option: write it without ; and what follows",
            ));
        }
        let servers = chosen::servers(settings, bind_password)?;
        let posix = Posix::of(settings, servers.names)?;
        let attributes = Attributes::of(settings, keys);
        let states = States::of(&settings.state, settings.preset.is_some())?;
        Ok(Self {
            readers: servers.readers,
            writers: servers.writers,
            posix,
            base: settings.base.clone(),
            scope: match settings.scope {
                Scope::Subtree => ldap3::Scope::Subtree,
                Scope::One => ldap3::Scope::OneLevel,
            },
            filters: Filters::parse(settings.filters())?.with_domain(settings.domain.as_deref())?,
            groups: Groups::of(settings)?,
            of_a_user: with_state(attributes.of_a_user(true), &states),
            of_credentials: attributes.of_credentials(),
            attributes,
            states,
            decoy: match &settings.decoy_dn {
                Some(dn) if dn.is_empty() => return Err(setup("decoy_dn is empty")),
                Some(dn) => dn.clone(),
                None => nobody_below(&settings.base)?,
            },
            has_decoy: settings.decoy_dn.is_some(),
            with_credentials: true,
            password_change: settings.password_change(),
        })
    }

    /// The same directory, used to find users and check passwords only: what is enrolled is kept
    /// elsewhere, so searches neither ask for it nor bring it along.
    #[must_use]
    pub fn without_credentials(mut self) -> Self {
        self.with_credentials = false;
        self.of_a_user = with_state(self.attributes.of_a_user(false), &self.states);
        self
    }

    /// The user of an entry, found by `typed`, with the state of the account.
    async fn account_of(
        &self,
        entry: &Entry,
        typed: &str,
        deadline: Deadline,
    ) -> Result<Account, Outage> {
        let state = self.states.of_entry(entry, &self.readers, deadline).await?;
        self.attributes.account(entry, typed, state)
    }

    /// The query for users.
    fn people<'a>(&'a self, filter: &'a str, attributes: &'a [String], limit: usize) -> Query<'a> {
        Query { base: &self.base, scope: self.scope, filter, attributes, limit }
    }

    /// Changes the entry of a user, at the server that decides.
    async fn modify(
        &self,
        account: &Account,
        modifications: Vec<ldap3::Mod<Vec<u8>>>,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        let modify = Modify { dn: &account.locator, modifications };
        let result = self.writers.run(&modify, deadline).await?;
        // 389 Directory Server says so, too, to one in thousands who was overtaken in the middle of it. Who
        // takes that for a missing right would call a login unavailable whose code has been used.
        if result.rc == codes::INSUFFICIENT_ACCESS_RIGHTS {
            let entry = self.read(account, deadline).await?;
            if is_overtaken(&entry, &modify.modifications) {
                return Ok(Swapped::Conflict);
            }
        }
        self.attributes.swapped(&account.locator, &result)
    }

    /// Reads the entry of a user, from the server that decides: it must still be the user's.
    async fn read(&self, account: &Account, deadline: Deadline) -> Result<Entry, Outage> {
        let query = entry_itself(&account.locator, &self.of_credentials);
        let found = self.writers.run(&Search(query), deadline).await?;
        match count(found, &account.locator)? {
            Count::One(entry) if self.attributes.id(&entry)? == account.id => Ok(entry),
            Count::One(entry) => {
                Err(Outage::Unclear(format!("{:?} has become another user's entry", entry.dn)))
            }
            Count::Zero | Count::Several => {
                Err(Outage::Unclear(format!("{:?} cannot be read again", account.locator)))
            }
        }
    }
}

#[async_trait]
impl Directory for Ldap {
    async fn find(&self, name: &str, deadline: Deadline) -> Result<Lookup, Outage> {
        let name = self.filters.without_domain(name);
        let filter = self.filters.of(name);
        let query = self.people(&filter, &self.of_a_user, search::ENOUGH);
        let mut found = self.readers.run(&Search(query), deadline).await?;
        found.entries.retain(|entry| self.attributes.may_be(entry, name));
        match count(found, &self.base)? {
            Count::Zero => Ok(Lookup::None),
            Count::Several => Ok(Lookup::Several),
            Count::One(entry) => {
                let mut account = self.account_of(&entry, name, deadline).await?;
                account.password_end =
                    self.states.password_end(&entry, &self.readers, deadline).await;
                if self.with_credentials {
                    account.credentials = Some(self.attributes.credentials(&entry)?);
                }
                Ok(Lookup::One(Box::new(account)))
            }
        }
    }

    async fn check_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        deadline: Deadline,
    ) -> Result<Answer, Outage> {
        let dn = account.map_or(self.decoy.as_str(), |account| &account.locator);
        let result = self.readers.run(&Bind { dn, password }, deadline).await?;
        let answer = bind::answer(&result)?;
        // Even who knows the decoy's password is nobody.
        Ok(if account.is_some() { answer } else { Answer::Wrong })
    }

    async fn is_in_group(
        &self,
        account: &Account,
        groups: &[String],
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        self.groups.contain(&self.readers, account, groups, deadline).await
    }

    async fn shows_group(&self, group: &str, deadline: Deadline) -> Result<bool, Outage> {
        self.sees_group(group, deadline).await
    }

    async fn change_password(
        &self,
        account: &Account,
        changer: Changer<'_>,
        new: &Password,
        deadline: Deadline,
    ) -> Result<Changed, Outage> {
        self.change_password_of(account, changer, new, deadline).await
    }

    fn changes_passwords(&self) -> bool {
        self.password_change != PasswordChange::None
    }

    fn changes_expired_passwords(&self) -> bool {
        self.password_change == PasswordChange::UnicodePwd
    }

    async fn ssh_keys(&self, account: &Account, deadline: Deadline) -> Result<Vec<String>, Outage> {
        self.keys_of(account, deadline).await
    }

    fn names(&self) -> &dyn Names {
        self
    }

    fn everybody(&self) -> Box<dyn Pages<Account> + '_> {
        Box::new(self.people_in_pages())
    }

    async fn has(&self, id: &str, deadline: Deadline) -> Result<bool, Outage> {
        self.has_id(id, deadline).await
    }

    async fn name_of(&self, id: &str, deadline: Deadline) -> Result<Option<String>, Outage> {
        self.name_of_id(id, deadline).await
    }
}

#[async_trait]
impl CredentialStore for Ldap {
    async fn load(&self, account: &Account, deadline: Deadline) -> Result<CredentialSet, Outage> {
        let entry = self.read(account, deadline).await?;
        self.attributes.credentials(&entry)
    }

    async fn spend(
        &self,
        account: &Account,
        swap: &UseSwap,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        if swap.depends_on_nothing() {
            return Ok(Swapped::Conflict);
        }
        self.modify(account, self.attributes.spend(swap), deadline).await
    }

    async fn change(
        &self,
        account: &Account,
        change: &Change,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        if *change == Change::default() {
            return Ok(Swapped::Done);
        }
        let entry = self.read(account, deadline).await?;
        let Some(modifications) = self.attributes.change(&entry, change)? else {
            return Ok(Swapped::Conflict);
        };
        self.modify(account, modifications, deadline).await
    }

    async fn replace(
        &self,
        account: &Account,
        with: &Replacement,
        deadline: Deadline,
    ) -> Result<Swapped, Outage> {
        let entry = self.read(account, deadline).await?;
        match self.attributes.replace(&entry, with)? {
            Some(modifications) => self.modify(account, modifications, deadline).await,
            None => Ok(Swapped::Conflict),
        }
    }

    fn enrolled(&self) -> Box<dyn Pages<Enrolled> + '_> {
        Box::new(self.owners_in_pages())
    }

    fn is_in_entries(&self) -> bool {
        true
    }

    async fn forget(&self, _: &Enrolled, _: Deadline) -> Result<Swapped, Outage> {
        Err(Outage::Setup("records in the users' entries go with the entries".to_owned()))
    }
}

/// What a search for a user asks for, with what says the state of the account; each name once.
fn with_state(mut names: Vec<String>, states: &States) -> Vec<String> {
    for name in states.attributes() {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            names.push(name);
        }
    }
    names
}

/// A name that nobody has, nor can guess: 128 random bits.
fn nobody_below(base: &str) -> Result<String, Outage> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Outage::Setup(format!("no randomness: {error}")))?;
    Ok(format!("cn={},{base}", HEXLOWER.encode(&bytes)))
}
