//! Everybody's records: can this host check them, and who has none?

use std::collections::{BTreeMap, BTreeSet};

use monk_core::credential::Credential;
use monk_core::factors::Defect;
use monk_core::keys::KeyId;
use monk_core::policy::{Mfa, PasswordCheck, Policy};
use monk_wire::manage::doctor::{Evidence, Kind, Remedy};

use crate::clock;
use crate::deadline::Deadline;
use crate::directory::{Account, Enrolled, Listed};
use crate::engine::Engine;
use crate::observations::Observations;

/// Most users whose records are looked at: some 20 MiB at three credentials each.
const MAX_PEOPLE: usize = 5_000;

/// Most names in one finding.
const MAX_NAMES: usize = 5;

/// Most keys that are told of: a fleet has one or two.
const MAX_KEYS: usize = 20;

/// Looks at all records, and for those who have none.
pub async fn examine(engine: &Engine, deadline: Deadline) -> Observations {
    let mut findings = Observations::default();
    let mut needed = BTreeMap::new();
    look(engine, deadline, &mut needed, &mut findings).await;
    super::keys::examine(engine, &needed, &mut findings);
    findings
}

/// Looks at all records, and notes how many users have some of each key.
async fn look(
    engine: &Engine,
    deadline: Deadline,
    needed: &mut BTreeMap<KeyId, usize>,
    findings: &mut Observations,
) {
    let enrolled = match engine.store.enrolled(MAX_PEOPLE, deadline).await {
        Ok(enrolled) => enrolled,
        Err(outage) => {
            findings.report(Kind::UserListCut, "everybody", &outage, Remedy::AsKnown);
            return;
        }
    };
    let mut census = Census::default();
    for person in &enrolled.items {
        census.take(person, engine);
    }
    needed.extend(census.keys.iter().map(|(key, names)| (key.clone(), names.len())));
    census.tell(engine, &enrolled, findings);
    without_factor(engine, &enrolled, deadline, findings).await;
}

/// Who has what: lists of names.
#[derive(Default)]
struct Census {
    keys: BTreeMap<KeyId, BTreeSet<String>>,
    lists: BTreeMap<Fault, BTreeSet<String>>,
}

/// What can be wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Altered,
    Unreadable,
    Hidden,
    UseMissing,
    Weak,
    Short,
    Expired,
}

impl Fault {
    const ALL: [Self; 7] = [
        Self::Altered,
        Self::Unreadable,
        Self::Hidden,
        Self::UseMissing,
        Self::Weak,
        Self::Short,
        Self::Expired,
    ];

    fn of(defect: Defect) -> Self {
        match defect {
            Defect::Unreadable => Self::Unreadable,
            Defect::Altered => Self::Altered,
            Defect::UseMissing => Self::UseMissing,
            Defect::Expired => Self::Expired,
            Defect::ShortSeed => Self::Short,
            Defect::WeakSeed => Self::Weak,
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Altered => Kind::UserRecordAltered,
            Self::Unreadable => Kind::UserRecordUnreadable,
            Self::Hidden => Kind::UserRecordsHidden,
            Self::UseMissing => Kind::UserUseMissing,
            Self::Weak => Kind::UserSecretWeak,
            Self::Short => Kind::UserSecretShort,
            Self::Expired => Kind::UserAppPasswordExpired,
        }
    }
}

impl Census {
    fn take(&mut self, person: &Enrolled, engine: &Engine) {
        let set = &person.set;
        for key in set.keys() {
            self.key(key, &person.name);
        }
        if person.hidden {
            self.note(Fault::Hidden, &person.name);
        } else if set.damaged > 0 {
            self.note(Fault::Unreadable, &person.name);
        } else if set.altered > 0 {
            self.note(Fault::Altered, &person.name);
        }
        for stored in &set.credentials {
            self.take_credential(person, &stored.value, engine);
        }
    }

    fn take_credential(&mut self, person: &Enrolled, credential: &Credential, engine: &Engine) {
        if let Some(key) = credential.factor.key() {
            self.key(key.id().clone(), &person.name);
        }
        let case = credential.case(&person.id, &engine.keys, clock::now());
        for defect in person.set.defects(credential, case) {
            self.note(Fault::of(defect), &person.name);
        }
    }

    fn note(&mut self, fault: Fault, name: &str) {
        self.lists.entry(fault).or_default().insert(name.to_owned());
    }

    fn key(&mut self, key: KeyId, name: &str) {
        self.keys.entry(key).or_default().insert(name.to_owned());
    }

    fn tell(&self, engine: &Engine, enrolled: &Listed<Enrolled>, findings: &mut Observations) {
        let count = enrolled.items.len();
        for fault in Fault::ALL {
            match self.lists.get(&fault) {
                Some(names) => {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    findings.report(
                        fault.kind(),
                        people(&names),
                        Evidence::AsKnown,
                        Remedy::AsKnown,
                    );
                }
                None => {
                    let subject = format!("{} with records", users(count));
                    findings.ok(fault.kind(), subject, Evidence::AsKnown);
                }
            }
        }
        if !enrolled.complete {
            findings.report(
                Kind::UserListCut,
                "everybody",
                Evidence::FirstUsersOnly(count),
                Remedy::RaiseSizeLimit { users: MAX_PEOPLE },
            );
        }
        self.tell_of_keys(engine, enrolled.complete, findings);
    }

    fn tell_of_keys(&self, engine: &Engine, complete: bool, findings: &mut Observations) {
        let folder = engine.settings.keys.folder.display();
        for (key, names) in self.keys.iter().take(MAX_KEYS) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if engine.keys.get(key).is_some() {
                let held = Evidence::KeyHeld { users: names.len() };
                findings.ok(Kind::KeyMissing, format!("key {key}"), held);
            } else {
                findings.report(
                    Kind::KeyMissing,
                    format!("key {key}"),
                    Evidence::KeyMissing { users: people(&names), folder: folder.to_string() },
                    Remedy::CopyKey { file: format!("{folder}/{key}.key") },
                );
            }
        }
        let primary = engine.keys.primary().id();
        let unused = engine.keys.ids().filter(|id| *id != primary && !self.keys.contains_key(id));
        for key in unused.filter(|_| complete) {
            findings.report(
                Kind::KeyUnused,
                format!("key {key}"),
                Evidence::KeyUnused { folder: folder.to_string() },
                Remedy::RetireKey { key: key.to_string() },
            );
        }
    }
}

/// `1 user`, `3 users`.
fn users(count: usize) -> String {
    if count == 1 { "1 user".to_owned() } else { format!("{count} users") }
}

/// `3 users (alice, bob, carol)`.
fn people(names: &[&str]) -> String {
    let shown = names[..names.len().min(MAX_NAMES)].join(", ");
    match names.len() {
        1 => shown,
        count if count > MAX_NAMES => format!("{count} users ({shown}, …)"),
        count => format!("{count} users ({shown})"),
    }
}

/// Those who are refused wherever the policy always asks for a second factor.
async fn without_factor(
    engine: &Engine,
    enrolled: &Listed<Enrolled>,
    deadline: Deadline,
    findings: &mut Observations,
) {
    let required = where_required(engine);
    if required.is_empty() {
        return;
    }
    let everybody = match engine.directory.everybody(MAX_PEOPLE, deadline).await {
        Ok(everybody) => everybody,
        Err(outage) => {
            findings.report(Kind::UserListCut, "everybody", &outage, Remedy::AsKnown);
            return;
        }
    };
    if !everybody.complete || !enrolled.complete {
        findings.report(
            Kind::UserListCut,
            "everybody",
            Evidence::UsersNotCounted,
            Remedy::RaiseSizeLimit { users: MAX_PEOPLE },
        );
        return;
    }
    let has_factor = |person: &&Enrolled| person.set.has_second_factor();
    let with: BTreeSet<&str> =
        enrolled.items.iter().filter(has_factor).map(|person| person.id.as_str()).collect();
    // A code can be sent to the address of the directory, with nothing enrolled.
    let sends = |service: &&str| {
        engine.mail.of(service).is_some_and(|mailer| mailer.settings.directory_address)
    };
    let by_mail = required.iter().all(sends);
    let lacks = |account: &&Account| {
        let has_address = by_mail && account.mail.is_some();
        !account.state.closes_everything() && !has_address && !with.contains(account.id.as_str())
    };
    let mut names: Vec<&str> =
        everybody.items.iter().filter(lacks).map(|account| account.name.as_str()).collect();
    names.sort_unstable();
    let all = everybody.items.len();
    match names.is_empty() {
        true => findings.ok(Kind::UserWithoutFactor, users(all), Evidence::AsKnown),
        false => findings.report(
            Kind::UserWithoutFactor,
            people(&names),
            Evidence::WithoutFactor {
                of: all,
                services: required.into_iter().map(str::to_owned).collect(),
            },
            Remedy::AsKnown,
        ),
    }
}

/// The services that always ask for a second factor; an empty name stands for all without a section.
fn where_required(engine: &Engine) -> Vec<&str> {
    let asks = |policy: Policy| {
        policy.mfa == Mfa::Required && policy.password != PasswordCheck::AppPasswordsOnly
    };
    let settings = &engine.settings;
    let default = asks(settings.default_policy()).then_some("");
    let services = settings.service.keys().map(String::as_str);
    default.into_iter().chain(services.filter(|name| asks(settings.policy_for(name)))).collect()
}
