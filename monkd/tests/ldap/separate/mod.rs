//! The credential store on another LDAP server: the same promises, on entries of its own.

mod hidden;
mod rights;
mod servers;
mod storing;

use std::future::Future;
use std::sync::Arc;

use monk_core::credential::{Change, CredentialSet, UseSwap};
use monk_core::mac::Author;
use monk_terms::account_state::AccountState;
use monk_tests::{Slapd, SlapdOptions, World};
use monkd::deadline::Deadline;
use monkd::directory::ldap::separate::SeparateStore;
use monkd::directory::ldap::separate::settings::CredentialStoreSettings;
use monkd::directory::{Account, CredentialStore, Enrolled, Replacement, Swapped};
use monkd::outage::Outage;
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

use crate::setup::{
    CHECK, DEADLINE, ENROL, Listed, all, credential, credential_of, keys, planned, slapd, used,
    used_of, world,
};

/// The place of the store and the access rules, as they are shipped.
const PLACE: &str = include_str!("../../../../config/ldap/store.ldif");
const ACCESS: &str = include_str!("../../../../config/ldap/store-access.ldif");

const BASE: &str = "ou=monk,dc=example,dc=org";
const SENTINEL: &str = "cn=sentinel,ou=monk,dc=example,dc=org";

/// A server with the shipped place and rules.
#[track_caller]
fn store_server(world: &World, options: SlapdOptions) -> Slapd {
    let slapd = slapd(world, options);
    slapd.add(PLACE);
    // Behind the rule for the local root, with whose eyes the tests look.
    slapd.modify(&ACCESS.replace("{1}to", "{2}to").replace("{0}to", "{1}to"));
    slapd
}

/// A server, and a host where people enrol.
#[track_caller]
fn scene() -> (World, Slapd, Host) {
    let world = world();
    let slapd = store_server(&world, SlapdOptions::default());
    let host = Host::enrolling(&world, &[&slapd.ldaps_uri()], "");
    (world, slapd, host)
}

/// The same, where alice has enrolled and used a step.
#[track_caller]
fn enrolled(step: u64) -> (World, Slapd, Host) {
    let (world, slapd, host) = scene();
    assert_eq!(host.plan_and_change(&alice(), enrolment(step)), Ok(Swapped::Done));
    (world, slapd, host)
}

/// Her phone, and its use.
fn enrolment(step: u64) -> Change {
    Change { add_credentials: vec![credential()], add_uses: vec![used(step)], ..Change::default() }
}

/// The user of an id, as a directory of any kind would find them.
fn user(id: &str, name: &str) -> Account {
    Account {
        id: id.to_owned(),
        name: name.to_owned(),
        mail: None,
        state: AccountState::Enabled,
        created: None,
        password_end: None,
        locator: "uid=whatever,dc=elsewhere".to_owned(),
        credentials: None,
    }
}

fn alice() -> Account {
    user("alice", "alice")
}

/// What stands in the entry of a user: whether it is marked, credentials, and uses without the register.
/// `None` without an entry.
#[track_caller]
fn stored(slapd: &Slapd, id: &str) -> Option<(bool, Vec<String>, Vec<String>)> {
    let found = slapd.search(BASE, &format!("(monkOwner={id})"), &[]);
    assert!(found.len() <= 1, "{id} has one entry at most");
    let entry = found.first()?;
    let is_marked = entry.values("objectClass").contains(&"monkUser".to_owned());
    let mut credentials = entry.values("monkCredential");
    credentials.sort();
    let mut uses = entry.values("monkUse");
    uses.retain(|value| !crate::setup::is_register(value));
    Some((is_marked, credentials, uses))
}

/// A host that keeps credentials in the store.
struct Host {
    runtime: Runtime,
    store: Arc<SeparateStore>,
}

impl Host {
    /// A host where people enrol.
    #[track_caller]
    fn enrolling(world: &World, uris: &[&str], more: &str) -> Self {
        Self::new(world, uris, ENROL, more)
    }

    /// A host that checks logins.
    #[track_caller]
    fn checking(world: &World, uris: &[&str], more: &str) -> Self {
        Self::new(world, uris, CHECK, more)
    }

    #[track_caller]
    fn new(world: &World, uris: &[&str], account: &str, more: &str) -> Self {
        let authority = world.certificates().authority.display().to_string();
        let label =
            if more.contains("directory_label") { "" } else { "directory_label = \"main\"\n" };
        let settings: CredentialStoreSettings = toml::from_str(&format!(
            "{label}uris = {uris:?}\nbase = {BASE:?}\nca_file = {authority:?}\nbind_dn = {account:?}\n\
             password_file = \"/unused\"\n{more}"
        ))
        .expect("valid settings");
        let password = if account == ENROL { "enrol-secret" } else { "check-secret" };
        let password = Some(Zeroizing::new(password.to_owned()));
        // The threads of the runtime are started inside, and see the network of the world.
        world.inside(|| {
            let store = SeparateStore::new(&settings, password, keys());
            let store = Arc::new(store.unwrap_or_else(|outage| panic!("{outage}")));
            let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
            Self { runtime: runtime.expect("a runtime"), store }
        })
    }

    fn run<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        work: impl FnOnce(Arc<SeparateStore>, Deadline) -> F,
    ) -> T {
        let task = self.runtime.spawn(work(Arc::clone(&self.store), Deadline::after(DEADLINE)));
        self.runtime.block_on(task).expect("the task ends")
    }

    fn look(&self, account: &Account) -> Result<Option<CredentialSet>, Outage> {
        let account = account.clone();
        self.run(async move |store, deadline| store.look(&account, deadline).await)
    }

    fn load(&self, account: &Account) -> Result<CredentialSet, Outage> {
        let account = account.clone();
        self.run(async move |store, deadline| store.load(&account, deadline).await)
    }

    fn spend(&self, account: &Account, swap: UseSwap) -> Result<Swapped, Outage> {
        let account = account.clone();
        self.run(async move |store, deadline| store.spend(&account, &swap, deadline).await)
    }

    fn change(&self, account: &Account, change: Change) -> Result<Swapped, Outage> {
        let account = account.clone();
        self.run(async move |store, deadline| store.change(&account, &change, deadline).await)
    }

    /// Makes a change as it is planned after reading what is there.
    fn plan_and_change(&self, account: &Account, change: Change) -> Result<Swapped, Outage> {
        let set = self.load(account)?;
        self.change(account, planned(&account.id, &set, change))
    }

    fn replace(&self, account: &Account, with: Replacement) -> Result<Swapped, Outage> {
        let account = account.clone();
        self.run(async move |store, deadline| store.replace(&account, &with, deadline).await)
    }

    fn enrolled(&self) -> Result<Listed<Enrolled>, Outage> {
        self.run(async move |store, deadline| all(store.enrolled(), deadline).await)
    }

    fn forget(&self, gone: &Enrolled) -> Result<Swapped, Outage> {
        let gone = gone.clone();
        self.run(async move |store, deadline| store.forget(&gone, deadline).await)
    }
}

/// What a reset of the user leaves.
fn reset_of(id: &str) -> Replacement {
    let keys = keys();
    let author = Author { user: id, keys: &keys };
    let code = credential_of(id, "00000000000000cc");
    let used = used_of(id, "00000000000000cc", 0);
    CredentialSet::default().replaced_by(code, used, 9, author, &mut monkd::clock::SystemRandom)
}
