//! A throw-away user enrols and logs in, in a store of its own with a key of its own: the real
//! code, from the first byte of the store to the last decision.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use monk_core::credential::Change;
use monk_core::enrol::{self, NewDevice};
use monk_core::factors::totp::{Parameters, Seed};
use monk_core::keys::{HostKey, Keyring};
use monk_core::mac::Author;
use monk_core::random::Random;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::manage::doctor::{Evidence, Kind, Remedy};
use monk_wire::manage::{Command, NewUser};
use monk_wire::{Login, Secret};

use crate::audit::Ending;
use crate::caller::Caller;
use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::engine::{Engine, Found};
use crate::login::{self, Ask, HungUp, Mode};
use crate::manage;
use crate::observations::Observations;
use crate::outage::Outage;
use crate::settings::Settings;
use crate::throttle::Register;

const USER: &str = "doctor";
const PASSWORD: &str = "throw-away;password";

/// How often it is tried: a code may run out between two of the steps.
const ROUNDS: usize = 2;

/// Makes the user, enrols, and logs in: rightly, wrongly, and twice.
pub async fn examine(deadline: Deadline) -> Observations {
    let mut findings = Observations::default();
    let mut last = Evidence::AsKnown;
    for _ in 0..ROUNDS {
        match whole_life(deadline).await {
            Ok(()) => {
                findings.ok(Kind::SelfTestFailed, "monkd", Evidence::AsKnown);
                return findings;
            }
            Err(why) => last = why,
        }
    }
    findings.report(Kind::SelfTestFailed, "monkd", last, Remedy::AsKnown);
    findings
}

async fn whole_life(deadline: Deadline) -> Result<(), Evidence> {
    let folder = Folder::make()?;
    let engine = engine(&folder).map_err(|outage| Evidence::from(&outage))?;
    let add = Command::UserAdd(Box::new(NewUser::with(Secret::new(PASSWORD.as_bytes()))));
    command(&engine, add, deadline).await?;
    let (seed, id) = enrol(&engine, deadline).await?;
    // The code of this moment confirms, which spends it, and the next one logs in: both are right also
    // where a step ends in between.
    let (parameters, now) = (Parameters::default(), clock::now());
    let confirmation = Secret::new(seed.code_at(parameters, now).as_bytes());
    command(&engine, Command::TotpConfirm { credential: id, code: confirmation }, deadline).await?;

    let code = seed.code_at(parameters, now + parameters.period);
    let right = format!("{PASSWORD};{code}");
    for (typed, wanted) in [
        (format!("wrong;{code}"), Err(Refusal::WrongPassword)),
        (PASSWORD.to_owned(), Err(Refusal::CodeMissing)),
        (format!("{PASSWORD};{}", other(&code)), Err(Refusal::WrongCode)),
        (right.clone(), Ok(Grant::Totp)),
        (right, Err(Refusal::ReplayedCode)),
    ] {
        let ending = log_in(&engine, &typed, deadline).await;
        let wanted = match wanted {
            Ok(grant) => Ending::Granted(grant),
            Err(refusal) => Ending::Refused(refusal),
        };
        if ending != wanted {
            let (wanted, seen) = (in_words(&wanted), in_words(&ending));
            return Err(format!("a login that had to be {wanted} was {seen}").into());
        }
    }
    Ok(())
}

/// How a login ended, as the audit says it: `refused (wrong-code)`.
fn in_words(ending: &Ending) -> String {
    let (verdict, reason) = ending.words();
    format!("{verdict} ({reason})")
}

/// A code that is certainly not the one.
fn other(code: &str) -> String {
    code.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect()
}

fn engine(folder: &Folder) -> Result<Engine, Outage> {
    let mut settings = Settings::default();
    settings.embedded.path = folder.0.join("monk.db");
    for section in settings.chosen().sections() {
        section.create()?;
    }
    let keys = Keyring::new(HostKey::generate(&mut SystemRandom), Vec::new());
    Engine::with_keys(settings, keys, Register::File)
}

async fn command(engine: &Engine, command: Command, deadline: Deadline) -> Result<(), Evidence> {
    let done =
        manage::carry_out(engine, Caller { uid: 0 }, USER.to_owned(), command, deadline).await;
    done.map(drop).map_err(Evidence::Command)
}

/// Writes a device that waits to be confirmed; its seed and id.
async fn enrol(engine: &Engine, deadline: Deadline) -> Result<(Seed, String), Evidence> {
    let found = engine.find(USER, deadline).await.map_err(|outage| Evidence::from(&outage))?;
    let Found::One(account, set) = found else {
        return Err("the user who was just added is not there".into());
    };
    let parameters = Parameters::default();
    let new = NewDevice { user: &account.id, label: "Phone", parameters, now: clock::now() };
    let (credential, seed) = enrol::device(&new, &engine.keys, &mut SystemRandom);
    let author = Author { user: &account.id, keys: &engine.keys };
    let change =
        Change { add_credentials: vec![credential.to_record(author)], ..Change::default() };
    let change = set.planned(change, clock::now(), author, &mut SystemRandom);
    let change = change.map_err(|_| "the user who was just added has records".to_owned())?;
    let changed = engine.store.change(&account, &change, deadline).await;
    changed.map_err(|outage| Evidence::from(&outage))?;
    Ok((seed, credential.id.as_str().to_owned()))
}

async fn log_in(engine: &Engine, typed: &str, deadline: Deadline) -> Ending {
    let budget = u32::try_from(deadline.remaining().as_millis()).unwrap_or(u32::MAX);
    let login = Login {
        user: USER.to_owned(),
        service: "self-test".to_owned(),
        address: None,
        terminal: None,
        person: None,
        typed: Some(Secret::new(typed.as_bytes())),
        can_ask: false,
        publickey: false,
        forward: false,
        budget_ms: budget,
    };
    let root = Caller { uid: 0 };
    login::run(engine, root, &login, Mode::SelfTest, &mut Nobody).await.ending
}

/// Nobody is there to be asked.
struct Nobody;

impl Ask for Nobody {
    async fn ask(&mut self, _: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        Ok(None)
    }

    fn has_left(&mut self) -> bool {
        false
    }
}

/// A folder that nobody else can look into, and that goes with this value.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, String> {
        let name = format!("monk-doctor-{}", HEXLOWER.encode(&SystemRandom.bytes::<16>()));
        let path = std::env::temp_dir().join(name);
        // Not recursive: something that is there already is not taken over.
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The temporary folder is cleared by the system if this fails.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
