//! Everybody's records: can this host check them, and who has none?

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use monk_core::credential::Stored;
use monk_core::factors::Defect;
use monk_core::factors::passkey::PasskeyRecord;
use monk_core::keys::KeyId;
use monk_core::passkeys::RelyingParty;
use monk_core::policy::{Mfa, PasswordCheck, Policy};
use monk_wire::manage::doctor::{Evidence, Kind, Remedy};

use crate::clock;
use crate::deadline::Deadline;
use crate::directory::{Account, Enrolled, Rest};
use crate::engine::Engine;
use crate::manage::parts::{Parts, Progress};
use crate::observations::Observations;

/// Longest time that one page of users may take.
const PAGE_TIME: Duration = Duration::from_secs(10);

/// Most ids that the directory is asked for. monk-enroll credentials orphans asks for all.
const MAX_ASKED: usize = 100;

/// Most names in one finding.
const MAX_NAMES: usize = 5;

/// Most keys that are told of: a fleet has one or two.
const MAX_KEYS: usize = 20;

/// Looks at all records, and for those who have none.
pub(crate) async fn examine(engine: &Engine, parts: &Parts) -> Observations {
    let mut findings = Observations::default();
    let mut needed = BTreeMap::new();
    look(engine, &mut Progress::new(parts), &mut needed, &mut findings).await;
    super::keys::examine(engine, &needed, &mut findings);
    findings
}

/// Who has records, and whether there is a second factor among them, by id.
type Owners = HashMap<String, bool>;

/// Looks at all records, and notes how many users have some of each key.
async fn look(
    engine: &Engine,
    progress: &mut Progress<'_>,
    needed: &mut BTreeMap<KeyId, usize>,
    findings: &mut Observations,
) {
    let (mut census, mut owners) = (Census::default(), Owners::new());
    let mut pages = engine.store.enrolled();
    let is_whole = loop {
        let page = match pages.next(Deadline::after(PAGE_TIME)).await {
            Ok(page) => page,
            Err(outage) => {
                findings.report(Kind::UserListCut, "everybody", &outage, Remedy::AsKnown);
                return;
            }
        };
        for person in page.items {
            census.take(&person, engine);
            let has_factor = person.set.has_second_factor();
            owners.insert(person.id, has_factor);
            progress.step().await;
        }
        match page.rest {
            Rest::More => {}
            Rest::Nothing => break true,
            Rest::Withheld => break false,
        }
    };
    needed.extend(census.keys.iter().map(|(key, names)| (key.clone(), names.count)));
    census.tell(engine, owners.len(), is_whole, findings);
    everybody(engine, progress, owners, is_whole, findings).await;
}

/// How many there are, and the first few names.
#[derive(Clone, Debug, Default)]
struct Names {
    count: usize,
    first: BTreeSet<String>,
}

impl Names {
    fn add(&mut self, name: &str) {
        self.count += 1;
        self.first.insert(name.to_owned());
        if self.first.len() > MAX_NAMES {
            self.first.pop_last();
        }
    }

    /// `3 users (alice, bob, carol)`.
    fn shown(&self) -> String {
        let first: Vec<&str> = self.first.iter().map(String::as_str).collect();
        let first = first.join(", ");
        match self.count {
            1 => first,
            count if count > MAX_NAMES => format!("{count} users ({first}, …)"),
            count => format!("{count} users ({first})"),
        }
    }
}

/// Who has what: lists of names.
#[derive(Default)]
struct Census {
    keys: BTreeMap<KeyId, Names>,
    lists: BTreeMap<Fault, Names>,
    /// Whether records of somebody are on their way to another store, which may need any key.
    is_moving: bool,
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
    PasskeyLost,
}

impl Fault {
    const ALL: [Self; 8] = [
        Self::Altered,
        Self::Unreadable,
        Self::Hidden,
        Self::UseMissing,
        Self::Weak,
        Self::Short,
        Self::Expired,
        Self::PasskeyLost,
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
            Self::PasskeyLost => Kind::UserPasskeyLost,
        }
    }
}

impl Census {
    fn take(&mut self, person: &Enrolled, engine: &Engine) {
        let set = &person.set;
        let (mut keys, mut faults) = (BTreeSet::new(), BTreeSet::new());
        keys.extend(set.keys());
        self.is_moving |= set.transit.is_some();
        if person.hidden {
            faults.insert(Fault::Hidden);
        } else if set.damaged > 0 {
            faults.insert(Fault::Unreadable);
        } else if set.altered > 0 {
            faults.insert(Fault::Altered);
        }
        for Stored { value: credential, .. } in &set.credentials {
            keys.extend(credential.factor.key().map(|key| key.id().clone()));
            let case = credential.case(&person.id, &engine.keys, clock::now());
            faults.extend(set.defects(credential, case).into_iter().map(Fault::of));
        }
        // A passkey signs for the host that it was made for, and for no other.
        let origin = engine.settings.portal.origin.as_deref();
        let party = origin.and_then(|origin| RelyingParty::new(origin, "").ok());
        let is_lost =
            |record: &PasskeyRecord| party.as_ref().is_none_or(|one| one.id() != record.rp);
        if set.all_of::<PasskeyRecord>().any(|(_, record)| is_lost(record)) {
            faults.insert(Fault::PasskeyLost);
        }
        // Each user once, however many records there are.
        for key in keys {
            self.keys.entry(key).or_default().add(&person.name);
        }
        for fault in faults {
            self.lists.entry(fault).or_default().add(&person.name);
        }
    }

    fn tell(&self, engine: &Engine, count: usize, is_whole: bool, findings: &mut Observations) {
        for fault in Fault::ALL {
            match self.lists.get(&fault) {
                Some(names) => {
                    findings.report(
                        fault.kind(),
                        names.shown(),
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
        if !is_whole {
            findings.report(
                Kind::UserListCut,
                "everybody",
                Evidence::FirstUsersOnly(count),
                Remedy::RaiseSizeLimit,
            );
        }
        self.tell_of_keys(engine, is_whole, findings);
    }

    fn tell_of_keys(&self, engine: &Engine, complete: bool, findings: &mut Observations) {
        let folder = engine.settings.keys.folder.display();
        for (key, names) in self.keys.iter().take(MAX_KEYS) {
            if engine.keys.get(key).is_some() {
                let held = Evidence::KeyHeld { users: names.count };
                findings.ok(Kind::KeyMissing, format!("key {key}"), held);
            } else {
                findings.report(
                    Kind::KeyMissing,
                    format!("key {key}"),
                    Evidence::KeyMissing { users: names.shown(), folder: folder.to_string() },
                    Remedy::CopyKey { file: format!("{folder}/{key}.key") },
                );
            }
        }
        let primary = engine.keys.primary().id();
        let unused = engine.keys.ids().filter(|id| *id != primary && !self.keys.contains_key(id));
        for key in unused.filter(|_| complete && !self.is_moving) {
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

/// Looks at everybody in the directory: for those who are refused wherever the policy always asks for a
/// second factor, and for records of users who are not there.
async fn everybody(
    engine: &Engine,
    progress: &mut Progress<'_>,
    mut owners: Owners,
    is_whole: bool,
    findings: &mut Observations,
) {
    let required = where_required(engine);
    let keeps_apart = !engine.store.is_in_entries();
    if required.is_empty() && !keeps_apart {
        return;
    }
    // A code can be sent to the address of the directory, with nothing enrolled.
    let sends = |service: &&str| {
        engine.mail.of(service).is_some_and(|mailer| mailer.settings.directory_address)
    };
    let by_mail = required.iter().all(sends);
    let lacks = |account: &Account, has_factor: Option<bool>| {
        let has_address = by_mail && account.mail.is_some();
        !account.state.closes_everything() && !has_address && has_factor != Some(true)
    };
    let (mut all, mut without) = (0, Names::default());
    let mut pages = engine.directory.everybody();
    loop {
        let page = match pages.next(Deadline::after(PAGE_TIME)).await {
            Ok(page) => page,
            Err(outage) => {
                findings.report(Kind::UserListCut, "everybody", &outage, Remedy::AsKnown);
                return;
            }
        };
        for account in &page.items {
            all += 1;
            if lacks(account, owners.remove(&account.id)) {
                without.add(&account.name);
            }
            progress.step().await;
        }
        match page.rest {
            Rest::More => {}
            Rest::Nothing if is_whole => break,
            Rest::Nothing | Rest::Withheld => {
                let remedy = Remedy::RaiseSizeLimit;
                findings.report(Kind::UserListCut, "everybody", Evidence::UsersNotCounted, remedy);
                return;
            }
        }
    }
    match (required.is_empty(), without.count) {
        (true, _) => {}
        (false, 0) => findings.ok(Kind::UserWithoutFactor, users(all), Evidence::AsKnown),
        (false, _) => findings.report(
            Kind::UserWithoutFactor,
            without.shown(),
            Evidence::WithoutFactor {
                of: all,
                services: required.into_iter().map(str::to_owned).collect(),
            },
            Remedy::AsKnown,
        ),
    }
    if keeps_apart {
        orphans(engine, progress, owners, findings).await;
    }
}

/// Asks the directory for those who have records and are on no list.
async fn orphans(
    engine: &Engine,
    progress: &mut Progress<'_>,
    missing: Owners,
    findings: &mut Observations,
) {
    let (is_all, mut gone) = (missing.len() <= MAX_ASKED, 0);
    for id in missing.keys().take(MAX_ASKED) {
        // Without a clear answer nobody is gone.
        match engine.directory.has(id, Deadline::after(PAGE_TIME)).await {
            Ok(is_there) => gone += usize::from(!is_there),
            Err(_) => return,
        }
        progress.tick().await;
    }
    match (gone, is_all) {
        (0, true) => findings.ok(Kind::UserRecordsOrphaned, "the store", Evidence::AsKnown),
        (0, false) => {}
        _ => {
            let evidence = Evidence::Orphans { gone, is_all };
            findings.report(Kind::UserRecordsOrphaned, "the store", evidence, Remedy::AsKnown);
        }
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
