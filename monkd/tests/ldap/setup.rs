//! A slapd with people, and hosts that use it.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use monk_core::credential::{Change, Credential, CredentialId, CredentialSet, Use, UseSwap};
use monk_core::factors::totp::Step;
use monk_core::factors::unknown::Unknown;
use monk_core::keys::{HostKey, Keyring};
use monk_core::mac::Author;
use monk_core::typed::Password;
use monk_tests::{Slapd, SlapdOptions, World, packages, until};
use monkd::clock::SystemRandom;
use monkd::deadline::Deadline;
use monkd::directory::ldap::Ldap;
use monkd::directory::ldap::settings::LdapSettings;
use monkd::directory::{
    Account, Answer, CredentialStore, Directory, Enrolled, Lookup, Pages, Replacement, Rest,
    Swapped,
};
use monkd::outage::Outage;
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

/// The schema as it is shipped.
pub const SCHEMA: &str = include_str!("../../../config/ldap/monk.ldif");

/// How long a login may take, as in the spec.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// How long an answer may come after the deadline on a busy machine.
const SLACK: Duration = Duration::from_secs(1);

pub const ALICE: &str = "uid=alice,ou=people,dc=example,dc=org";
pub const BOB: &str = "uid=bob,ou=people,dc=example,dc=org";
pub const CHECK: &str = "cn=monk-check,ou=services,dc=example,dc=org";
pub const ENROL: &str = "cn=monk-enrol,ou=services,dc=example,dc=org";

/// The id of the credential that most tests are about.
pub const PHONE: &str = "00000000000000ff";

/// The key that all hosts have.
pub fn keys() -> Arc<Keyring> {
    static KEYS: LazyLock<Arc<Keyring>> =
        LazyLock::new(|| Arc::new(Keyring::new(HostKey::new(Zeroizing::new([7; 32])), Vec::new())));
    Arc::clone(&KEYS)
}

/// A credential of alice's.
pub fn credential() -> String {
    credential_of("alice", PHONE)
}

/// A credential of that user.
pub fn credential_of(user: &str, id: &str) -> String {
    let id = CredentialId::from_text(id).expect("an id");
    let keys = keys();
    Credential::new(id, "Phone", 5, Unknown).to_record(Author { user, keys: &keys })
}

/// The use of alice's with a step.
pub fn used(step: u64) -> String {
    used_of("alice", PHONE, step)
}

/// The use of such a credential of that user.
pub fn used_of(user: &str, id: &str, step: u64) -> String {
    let id = CredentialId::from_text(id).expect("an id");
    let keys = keys();
    Use::new(id, 7, Step::at(step)).to_record(Author { user, keys: &keys })
}

/// The change as it is planned by somebody who has read `set`.
pub fn planned(user: &str, set: &CredentialSet, change: Change) -> Change {
    let keys = keys();
    set.planned(change, 9, Author { user, keys: &keys }, &mut SystemRandom).expect("a register")
}

/// The register of alice's entry.
#[track_caller]
pub fn register(slapd: &Slapd) -> String {
    let uses = slapd.search(ALICE, "(objectClass=*)", &["monkUse"])[0].values("monkUse");
    uses.into_iter().find(|value| is_register(value)).expect("a register")
}

/// Whether a use is the register.
pub fn is_register(value: &str) -> bool {
    value.contains("\"spent\":{\"register\":")
}

/// The uses of alice's entry, without the register.
#[track_caller]
pub fn uses(slapd: &Slapd) -> Vec<String> {
    let mut uses = slapd.search(ALICE, "(objectClass=*)", &["monkUse"])[0].values("monkUse");
    uses.retain(|value| !is_register(value));
    uses
}

const PEOPLE: &str = "\
dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit

dn: ou=services,dc=example,dc=org
objectClass: organizationalUnit

dn: cn=monk-check,ou=services,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
userPassword: check-secret

dn: cn=monk-enrol,ou=services,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
userPassword: enrol-secret

dn: uid=alice,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
cn: Alice
sn: Example
employeeNumber: alice
mail: alice.example@example.org
userPassword: alice-secret

dn: uid=bob,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
cn: Bob
sn: Example
employeeNumber: bob
mail: bob@example.org
userPassword: bob-secret
";

/// A world with slapd's programs.
pub fn world() -> World {
    packages::ensure(&["slapd", "ldap-utils"]).unwrap_or_else(|error| panic!("{error}"));
    World::new()
}

/// A slapd with monk's schema and people, in which monk's two accounts may do what they like.
#[track_caller]
pub fn slapd(world: &World, options: SlapdOptions) -> Slapd {
    let options = SlapdOptions {
        schemas: vec![SCHEMA.to_owned()],
        access: vec![
            "to attrs=userPassword by anonymous auth by * none".to_owned(),
            format!("to * by dn.exact=\"{ENROL}\" write by dn.exact=\"{CHECK}\" write by * read"),
        ],
        ..options
    };
    let slapd = Slapd::start(world, options);
    slapd.add(PEOPLE);
    slapd
}

/// A slapd, and a host that checks logins there.
#[track_caller]
pub fn scene() -> (World, Slapd, Host) {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let host = Host::new(&world, &slapd);
    (world, slapd, host)
}

/// The same where alice has enrolled.
#[track_caller]
pub fn enrolled(step: u64) -> (World, Slapd, Host) {
    let scene = scene();
    enrol_alice(&scene.1, step);
    scene
}

/// A second slapd of the same world.
#[track_caller]
pub fn second_slapd(world: &World) -> Slapd {
    let name = "second".to_owned();
    slapd(world, SlapdOptions { name, ldap_port: 1389, ldaps_port: 1636, ..Default::default() })
}

/// The log of a server, with everything that it has done so far.
#[track_caller]
pub fn log(slapd: &Slapd) -> String {
    static MARKS: AtomicU32 = AtomicU32::new(0);
    // The log is written by another process: what comes before a mark is complete with it.
    let mark = format!("(description=mark-{})", MARKS.fetch_add(1, Ordering::Relaxed));
    slapd.search(Slapd::SUFFIX, &mark, &["dn"]);
    until(DEADLINE, || Some(slapd.log()).filter(|log| log.contains(&mark))).expect("a mark")
}

/// Enrols alice by hand.
#[track_caller]
pub fn enrol_alice(slapd: &Slapd, step: u64) {
    let change = Change {
        add_credentials: vec![credential()],
        add_uses: vec![used(step)],
        ..Change::default()
    };
    let change = planned("alice", &CredentialSet::default(), change);
    slapd.modify(&format!(
        "dn: {ALICE}\nchangetype: modify\n\
         add: objectClass\nobjectClass: monkUser\n-\n\
         add: monkCredential\nmonkCredential: {}\n-\n\
         add: monkUse\n{}",
        credential(),
        change.add_uses.iter().map(|value| format!("monkUse: {value}\n")).collect::<String>(),
    ));
}

/// A host that runs monk: its settings, its connections, its threads.
pub struct Host {
    runtime: Runtime,
    ldap: Arc<Ldap>,
}

impl Host {
    /// A host that checks logins at a server, over TLS.
    #[track_caller]
    pub fn new(world: &World, slapd: &Slapd) -> Self {
        Self::with(world, &[&slapd.ldaps_uri()], "")
    }

    /// A host with a list of servers and more settings, which logs in as the checking account.
    #[track_caller]
    pub fn with(world: &World, uris: &[&str], more: &str) -> Self {
        let authority = world.certificates().authority.display().to_string();
        let ca_file = format!("ca_file = {authority:?}\n");
        let ca_file = if more.contains("ca_file") { "" } else { &ca_file };
        let account = format!("bind_dn = {CHECK:?}\npassword_file = \"/unused\"\n{ca_file}{more}");
        Self::as_account(world, uris, &account, Some("check-secret"))
            .unwrap_or_else(|outage| panic!("{outage}"))
    }

    /// A host with any account.
    pub fn as_account(
        world: &World,
        uris: &[&str],
        more: &str,
        password: Option<&str>,
    ) -> Result<Self, Outage> {
        let has_base = more.lines().any(|line| line.starts_with("base ="));
        let base = if has_base { "" } else { "base = \"dc=example,dc=org\"\n" };
        // One that the tests choose, since every record is bound to it.
        let id = "id_attribute = \"employeeNumber\"\n";
        let id = if more.contains("id_attribute") { "" } else { id };
        let settings: LdapSettings =
            toml::from_str(&format!("uris = {uris:?}\n{base}{id}{more}")).expect("valid settings");
        let password = password.map(|password| Zeroizing::new(password.to_owned()));
        // The threads of the runtime are started inside, and see the network of the world.
        world.inside(|| {
            let ldap = Arc::new(Ldap::new(&settings, password, keys())?);
            let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
            Ok(Self { runtime: runtime.expect("a runtime"), ldap })
        })
    }

    /// The same host, keeping what is enrolled elsewhere.
    pub fn without_credentials(self) -> Self {
        let ldap = Arc::into_inner(self.ldap).expect("nothing is under way");
        Self { ldap: Arc::new(ldap.without_credentials()), ..self }
    }

    #[track_caller]
    pub fn find(&self, name: &str) -> Result<Lookup, Outage> {
        let name = name.to_owned();
        self.run(async move |ldap, deadline| ldap.find(&name, deadline).await)
    }

    #[track_caller]
    pub fn account(&self, name: &str) -> Account {
        match self.find(name) {
            Ok(Lookup::One(account)) => *account,
            other => panic!("{name:?} is not found: {other:?}"),
        }
    }

    #[track_caller]
    pub fn check(&self, account: Option<&Account>, password: &str) -> Result<Answer, Outage> {
        let account = account.cloned();
        let password = Password::new(password).expect("not empty");
        self.run(async move |ldap, deadline| {
            ldap.check_password(account.as_ref(), &password, deadline).await
        })
    }

    #[track_caller]
    pub fn load(&self, account: &Account) -> Result<CredentialSet, Outage> {
        let account = account.clone();
        self.run(async move |ldap, deadline| ldap.load(&account, deadline).await)
    }

    #[track_caller]
    pub fn spend(&self, account: &Account, swap: UseSwap) -> Result<Swapped, Outage> {
        let account = account.clone();
        self.run(async move |ldap, deadline| ldap.spend(&account, &swap, deadline).await)
    }

    #[track_caller]
    pub fn change(&self, account: &Account, change: Change) -> Result<Swapped, Outage> {
        let account = account.clone();
        self.run(async move |ldap, deadline| ldap.change(&account, &change, deadline).await)
    }

    /// Makes a change as it is planned after reading what is there.
    #[track_caller]
    pub fn plan_and_change(&self, account: &Account, change: Change) -> Result<Swapped, Outage> {
        let set = self.load(account)?;
        self.change(account, planned(&account.id, &set, change))
    }

    #[track_caller]
    pub fn replace(&self, account: &Account, with: Replacement) -> Result<Swapped, Outage> {
        let account = account.clone();
        self.run(async move |ldap, deadline| ldap.replace(&account, &with, deadline).await)
    }

    #[track_caller]
    pub fn everybody(&self) -> Result<Listed<Account>, Outage> {
        self.run(async move |ldap, deadline| all(ldap.everybody(), deadline).await)
    }

    #[track_caller]
    pub fn enrolled(&self) -> Result<Listed<Enrolled>, Outage> {
        self.run(async move |ldap, deadline| all(ldap.enrolled(), deadline).await)
    }

    #[track_caller]
    pub fn has(&self, id: &str) -> Result<bool, Outage> {
        let id = id.to_owned();
        self.run(async move |ldap, deadline| ldap.has(&id, deadline).await)
    }

    /// Starts something on the host.
    pub fn start<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        work: impl FnOnce(Arc<Ldap>) -> F,
    ) -> tokio::task::JoinHandle<T> {
        self.runtime.spawn(work(Arc::clone(&self.ldap)))
    }

    /// Waits for what was started.
    #[track_caller]
    pub fn wait<T>(&self, task: tokio::task::JoinHandle<T>) -> T {
        self.runtime.block_on(task).expect("the task ends")
    }

    /// Does something by the deadline of a login, or it is no answer at all.
    #[track_caller]
    fn run<T: Send + 'static, F: Future<Output = Result<T, Outage>> + Send + 'static>(
        &self,
        work: impl FnOnce(Arc<Ldap>, Deadline) -> F,
    ) -> Result<T, Outage> {
        let start = Instant::now();
        let task = self.start(|ldap| work(ldap, Deadline::after(DEADLINE)));
        let result = self.wait(task);
        assert!(start.elapsed() < DEADLINE + SLACK, "took {:?}", start.elapsed());
        result
    }
}

/// The swap from one step to a greater one.
pub fn swap(from: u64, to: u64) -> UseSwap {
    UseSwap { held: Vec::new(), remove: vec![used(from)], add: used(to) }
}

/// A list.
#[derive(Debug)]
pub struct Listed<T> {
    /// What it names.
    pub items: Vec<T>,
    /// Whether it is whole.
    pub complete: bool,
}

/// All pages of a list.
pub async fn all<T>(
    mut pages: Box<dyn Pages<T> + '_>,
    deadline: Deadline,
) -> Result<Listed<T>, Outage> {
    let mut items = Vec::new();
    loop {
        let page = pages.next(deadline).await?;
        items.extend(page.items);
        match page.rest {
            Rest::More => {}
            rest => return Ok(Listed { items, complete: rest == Rest::Nothing }),
        }
    }
}
