//! The order of a login, with a directory and a store that keep count.

mod app_passwords;
mod approval;
mod codes;
mod email;
mod expired;
mod forecast;
mod guessing;
mod input;
mod local;
mod lockout;
mod new_password;
mod policy;
mod records;
mod remembering;
mod screens;
mod semicolons;
mod states;
mod tickets;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use monk_core::credential::{Change, Credential, CredentialSet, Use, UseSwap};
use monk_core::enrol::{self, NewAppPassword, NewDevice};
use monk_core::factors::app_password::{AppPassword, Scope};
use monk_core::factors::totp::{Parameters, Seed, Step, TotpRecord};
use monk_core::keys::{HostKey, Keyring};
use monk_core::mac::Author;
use monk_core::typed::Password;
use monk_terms::account_state::AccountState;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::{Login, Reply, Secret};

use super::*;
use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::directory::change::{Changed, Changer};
use crate::directory::names::Names;
use crate::directory::{
    Account, Advice, Answer, CredentialStore, Directory, Enrolled, Lookup, Pages, PasswordEnd,
    Replacement, Swapped,
};
use crate::outage::Outage;
use crate::settings::Settings;
use crate::throttle::Slowed;

const ROOT: Caller = Caller { uid: 0 };

/// One user, alice, whose password is "secret", and everything that happened to her.
#[derive(Default)]
struct Alice {
    keys: OnceLock<Arc<Keyring>>,
    credentials: Mutex<Vec<String>>,
    uses: Mutex<Vec<String>>,
    password_checks: AtomicUsize,
    spendings: AtomicUsize,
    /// What the next writes bring, before the store works as usual.
    troubles: Mutex<VecDeque<Result<Swapped, Outage>>>,
    directory_is_away: bool,
    /// How long the directory thinks about a wrong password.
    slow_wrong: Duration,
    created: Option<u64>,
    password_end: Option<PasswordEnd>,
    /// Another password than "secret".
    password: Option<&'static str>,
    group: Option<&'static str>,
    /// What the directory says of the account.
    state: Mutex<AccountState>,
    /// What it answers to the right password, if that is no plain yes.
    answer: Option<Answer>,
    /// Whether it proves such a password in the change of it.
    changes_expired_passwords: bool,
    /// What the next changes of the password bring, before the directory takes them.
    changes: Mutex<VecDeque<Result<Changed, Outage>>>,
    /// The password that it was changed to, and whether an administrator did.
    changed: Mutex<Option<(String, bool)>>,
    /// How often it was asked about the password of somebody, and not of nobody.
    asked_about_alice: AtomicUsize,
}

impl Alice {
    fn password(&self) -> &'static str {
        self.password.unwrap_or("secret")
    }
}

struct World(Arc<Alice>);

#[async_trait]
impl Directory for World {
    async fn find(&self, name: &str, _: Deadline) -> Result<Lookup, Outage> {
        if self.0.directory_is_away {
            return Err(Outage::Timeout("a test"));
        }
        if name != "alice" {
            return Ok(Lookup::None);
        }
        Ok(Lookup::One(Box::new(Account {
            id: "u1".into(),
            name: name.into(),
            mail: None,
            state: *self.0.state.lock().unwrap(),
            created: self.0.created,
            password_end: self.0.password_end,
            locator: "u1".into(),
            credentials: Some(self.0.set()),
        })))
    }

    async fn check_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        deadline: Deadline,
    ) -> Result<Answer, Outage> {
        self.0.password_checks.fetch_add(1, Ordering::Relaxed);
        if account.is_some() {
            self.0.asked_about_alice.fetch_add(1, Ordering::Relaxed);
        }
        let changed = self.0.changed.lock().unwrap().clone().map(|(password, _)| password);
        let is_password = password.expose() == changed.as_deref().unwrap_or(self.0.password());
        let right = account.is_some() && is_password;
        if !right {
            let thinks = async {
                tokio::time::sleep(self.0.slow_wrong).await;
                Ok(())
            };
            deadline.bound("a test", thinks).await?;
        }
        Ok(match self.0.answer {
            _ if !right => Answer::Wrong,
            Some(answer) => answer,
            None => Answer::Right(Advice::Nothing),
        })
    }

    async fn shows_group(&self, _: &str, _: Deadline) -> Result<bool, Outage> {
        panic!("no group is looked at")
    }

    async fn is_in_group(&self, _: &Account, all: &[String], _: Deadline) -> Result<bool, Outage> {
        Ok(self.0.group.is_some_and(|group| all.iter().any(|one| one == group)))
    }

    fn everybody(&self) -> Box<dyn Pages<Account> + '_> {
        panic!("a login looks at one user")
    }

    async fn name_of(&self, _: &str, _: Deadline) -> Result<Option<String>, Outage> {
        panic!("nobody has a passkey here")
    }

    async fn has(&self, _: &str, _: Deadline) -> Result<bool, Outage> {
        panic!("a login looks for names")
    }

    async fn change_password(
        &self,
        _: &Account,
        changer: Changer<'_>,
        new: &Password,
        _: Deadline,
    ) -> Result<Changed, Outage> {
        if let Some(answer) = self.0.changes.lock().unwrap().pop_front() {
            return answer;
        }
        if matches!(changer, Changer::User { old } if old.expose() != self.0.password()) {
            return Ok(Changed::WrongOld);
        }
        let by_administrator = matches!(changer, Changer::Administrator { .. });
        *self.0.changed.lock().unwrap() = Some((new.expose().to_owned(), by_administrator));
        Ok(Changed::Done)
    }

    fn changes_expired_passwords(&self) -> bool {
        self.0.changes_expired_passwords
    }

    async fn ssh_keys(&self, _: &Account, _: Deadline) -> Result<Vec<String>, Outage> {
        panic!("a login asks for no keys")
    }

    fn names(&self) -> &dyn Names {
        panic!("a login asks for no names")
    }
}

#[async_trait]
impl CredentialStore for World {
    async fn load(&self, _: &Account, _: Deadline) -> Result<CredentialSet, Outage> {
        Ok(self.0.set())
    }

    async fn spend(&self, _: &Account, swap: &UseSwap, _: Deadline) -> Result<Swapped, Outage> {
        self.0.spendings.fetch_add(1, Ordering::Relaxed);
        if let Some(trouble) = self.0.troubles.lock().unwrap().pop_front() {
            return trouble;
        }
        let mut uses = self.0.uses.lock().unwrap();
        if !swap.remove.iter().all(|raw| uses.contains(raw)) {
            return Ok(Swapped::Conflict);
        }
        uses.retain(|raw| !swap.remove.contains(raw));
        uses.push(swap.add.clone());
        Ok(Swapped::Done)
    }

    async fn change(&self, _: &Account, _: &Change, _: Deadline) -> Result<Swapped, Outage> {
        panic!("a login enrols nothing")
    }

    async fn replace(&self, _: &Account, _: &Replacement, _: Deadline) -> Result<Swapped, Outage> {
        panic!("a login resets nobody")
    }

    fn enrolled(&self) -> Box<dyn Pages<Enrolled> + '_> {
        panic!("a login looks at one user")
    }

    async fn forget(&self, _: &Enrolled, _: Deadline) -> Result<Swapped, Outage> {
        panic!("a login sweeps nothing")
    }
}

/// A person, or a program that answers as Dovecot does.
#[derive(Default)]
struct Answers {
    answers: VecDeque<&'static str>,
    prompts: Vec<String>,
    has_left: bool,
}

impl Ask for Answers {
    async fn ask(&mut self, text: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        self.prompts.push(text.to_owned());
        Ok(self.answers.pop_front().map(|answer| Secret::new(answer.as_bytes())))
    }

    fn has_left(&mut self) -> bool {
        self.has_left
    }
}

struct Bench {
    alice: Arc<Alice>,
    engine: Engine,
    seed: Seed,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new(settings: &str) -> Self {
        Self::with(settings, Alice::default())
    }

    /// Alice with a confirmed device.
    fn with(settings: &str, alice: Alice) -> Self {
        let keys = Keyring::new(HostKey::generate(&mut SystemRandom), Vec::new());
        let device = NewDevice {
            user: "u1",
            label: "Phone",
            parameters: Parameters::default(),
            now: clock::now(),
        };
        let (credential, seed) = enrol::device(&device, &keys, &mut SystemRandom);
        let record: &TotpRecord = credential.factor.get().expect("a device");
        let record = TotpRecord { pending: false, ..record.clone() };
        let credential = credential.with_factor(record);
        let used = Use::new(credential.id.clone(), 0, Step::at(0));
        let keys = Arc::new(keys);
        let author = Author { user: "u1", keys: &keys };
        alice.credentials.lock().unwrap().push(credential.to_record(author));
        alice.uses.lock().unwrap().push(used.to_record(author));
        assert!(alice.keys.set(Arc::clone(&keys)).is_ok(), "alice has no keys yet");
        let alice = Arc::new(alice);
        let settings = format!("[engine]\nrefusal_ms = 0\n{settings}");
        let parsed = Settings::parse(&settings).expect("valid settings");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let directory: Arc<dyn Directory> = Arc::new(World(Arc::clone(&alice)));
        let engine = Engine {
            names: crate::engine::names_of(&directory, &parsed),
            portal: Arc::default(),
            notices: Arc::default(),
            started: 0,
            settings: parsed.clone(),
            keys,
            directory,
            store: Arc::new(World(Arc::clone(&alice))),
            throttle: crate::throttle::Throttle::open(
                &folder.path().join("throttle.db"),
                parsed.throttle_limits(),
                crate::throttle::Register::in_memory(),
            )
            .expect("a folder of our own")
            .below(parsed.lockout()),
            compared: crate::compared_app_passwords::ComparedAppPasswords::default(),
            remembered: crate::remembered::RememberedLogins::open(
                &folder.path().join("remembered.db"),
                parsed.remembers(),
            )
            .expect("a folder of our own"),
            mail: crate::mail::Mailers::new(&parsed).expect("no files are named"),
            local_accounts: crate::local_accounts::LocalAccounts::new(
                parsed.accounts.passwd_is_local,
            ),
            reload: tokio::sync::Notify::new(),
        };
        Self { alice, engine, seed, _folder: folder }
    }

    fn code(&self) -> String {
        self.seed.code_at(Parameters::default(), clock::now())
    }

    async fn login(&self, user: &str, typed: &str) -> Ending {
        self.login_as(ROOT, &login(user, Some(typed)), &[]).await.0
    }

    async fn login_as(
        &self,
        caller: Caller,
        login: &Login,
        answers: &[&'static str],
    ) -> (Ending, Vec<String>, Option<Secret>) {
        let answers = answers.iter().copied().collect();
        let mut ask = Answers { answers, ..Answers::default() };
        let verdict = run(&self.engine, caller, login, Mode::Real, &mut ask).await;
        let ending = verdict.ending.clone();
        let forward = match verdict.reply().0 {
            Reply::Granted { forward, .. } => forward,
            _ => None,
        };
        (ending, ask.prompts, forward)
    }

    /// The same for alice and a program of root's: the ending, the screens, and what is forwarded.
    async fn screens(
        &self,
        typed: Option<&str>,
        answers: &[&'static str],
    ) -> (Ending, Vec<String>, Option<Secret>) {
        self.login_as(ROOT, &login("alice", typed), answers).await
    }

    /// A new app password of alice, not stored yet.
    fn new_app_password(
        &self,
        services: &[&str],
        expires: Option<u64>,
    ) -> (Credential, AppPassword) {
        let services = services.iter().map(|&service| service.to_owned()).collect();
        let scope = Scope { services, networks: Vec::new() };
        let new = NewAppPassword { user: "u1", label: "Mail", scope, expires, now: clock::now() };
        enrol::app_password(new, &self.alice.set(), &self.engine.keys, &mut SystemRandom)
    }

    async fn slowed(&self) -> Vec<Slowed> {
        self.engine.throttle.list(soon()).await.unwrap()
    }

    fn counts(&self) -> (usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        (count(&self.alice.password_checks), count(&self.alice.spendings))
    }
}

fn login(user: &str, typed: Option<&str>) -> Login {
    Login {
        user: user.into(),
        service: "imap".into(),
        address: Some("192.0.2.7".into()),
        terminal: None,
        person: None,
        typed: typed.map(|text| Secret::new(text.as_bytes())),
        can_ask: true,
        publickey: false,
        forward: true,
        budget_ms: 10_000,
    }
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(5))
}

fn refused(refusal: Refusal) -> Ending {
    Ending::Refused(refusal)
}
