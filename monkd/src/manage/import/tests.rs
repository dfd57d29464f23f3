//! Imports into a real embedded store.

use std::os::unix::fs::PermissionsExt;

use monk_core::credential::CredentialSet;
use monk_core::factors::totp::{Step, TotpRecord};
use monk_core::import::MAX_SCRATCH_CODES;
use monk_terms::label::Fault;
use monk_terms::verdict::Refusal;
use monk_wire::manage::{
    Algorithm, Command, DeviceItem, DeviceResult, DeviceVerdict, FailureKind, Manage, PosixWish,
    RowFault, RowPassword, RowVerdict, ScratchCodes, TotpParameters, UserEntry,
};
use monk_wire::{Reply, Secret};

use super::super::check::Nobody;
use super::*;
use crate::caller::Caller;
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::embedded::Embedded;
use crate::engine::{Engine, Found};
use crate::keys;
use crate::settings::Settings;
use crate::throttle::Register;

const ROOT: Caller = Caller { uid: 0 };
const TOKEN: [u8; 16] = [3; 16];
const PARAMETERS: TotpParameters =
    TotpParameters { algorithm: Algorithm::Sha1, digits: 6, period: 30 };
const USERS: [&str; 3] = ["alice", "bob", "carol"];

struct Office {
    engine: Engine,
    _folder: tempfile::TempDir,
}

impl Office {
    /// With all of [`USERS`].
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder.path(), private).unwrap();
        let path = folder.path().display();
        let text = format!("[embedded]\npath = \"{path}/monk.db\"\n[keys]\nfolder = \"{path}\"\n");
        let settings = Settings::parse(&text).unwrap();
        keys::create_first(folder.path()).unwrap();
        Embedded::create(&settings.embedded).unwrap();
        let office = Self {
            engine: Engine::start(settings, Register::in_memory()).unwrap(),
            _folder: folder,
        };
        let rows = USERS.map(|name| row(name, RowPassword::None)).to_vec();
        let committed = office.users(UserStep::Commit, rows).await;
        assert_eq!(committed, Ok(Imported::Committed));
        office
    }

    async fn does(&self, caller: Caller, import: Import) -> Result<Imported, Failure> {
        let manage = Manage { user: String::new(), command: Command::Import(import) };
        match crate::administration::run(&self.engine, caller, manage, &mut Nobody).await {
            Reply::Done(Outcome::Imported(imported)) => Ok(imported),
            Reply::Failed(failure) => Err(failure),
            other => panic!("{other:?}"),
        }
    }

    async fn users(&self, step: UserStep, rows: Vec<UserEntry>) -> Result<Imported, Failure> {
        self.does(ROOT, Import::Users { step, rows }).await
    }

    async fn devices(&self, step: DeviceStep, items: &[DeviceItem]) -> Vec<DeviceResult> {
        let import = Import::Devices { step, token: TOKEN, items: items.to_vec() };
        match self.does(ROOT, import).await {
            Ok(Imported::Devices(results)) => results,
            other => panic!("{other:?}"),
        }
    }

    async fn set(&self, user: &str) -> CredentialSet {
        let deadline = Deadline::after(std::time::Duration::from_secs(20));
        match self.engine.find(user, deadline).await.unwrap() {
            Found::One(_, set) => set,
            _ => panic!("{user} is there"),
        }
    }

    /// How many credentials each of [`USERS`] has.
    async fn counts(&self) -> Vec<usize> {
        let mut counts = Vec::new();
        for user in USERS {
            counts.push(self.set(user).await.credentials.len());
        }
        counts
    }
}

fn row(name: &str, password: RowPassword) -> UserEntry {
    UserEntry {
        name: name.into(),
        mail: None,
        password,
        disabled: false,
        expires: None,
        posix: PosixWish::default(),
    }
}

fn item(user: &str, seed: &[u8]) -> DeviceItem {
    let (label, seed) = ("Phone".into(), Secret::new(seed));
    let scratch_codes = Vec::new();
    DeviceItem { user: user.into(), label, seed, parameters: PARAMETERS, scratch_codes }
}

fn verdicts(results: &[DeviceResult]) -> Vec<&DeviceVerdict> {
    results.iter().map(|result| &result.verdict).collect()
}

const SEEDS: [&[u8]; 3] = [b"1234567890", b"abcdefghij", b"ABCDEFGHIJ"];

#[tokio::test]
async fn nobody_but_root_imports() {
    let office = Office::new().await;
    let imports = [
        Import::Devices { step: DeviceStep::Check, token: TOKEN, items: vec![] },
        Import::Users { step: UserStep::Check, rows: vec![] },
        Import::Users { step: UserStep::Hash, rows: vec![] },
    ];
    for import in imports {
        let failure = office.does(Caller { uid: 1000 }, import).await.unwrap_err();
        assert_eq!(failure, Failure::OnlyRoot { uid: 1000 });
    }
}

#[tokio::test]
async fn a_check_writes_nothing_and_an_enrolment_does_what_it_said() {
    let office = Office::new().await;
    let mut items = vec![item("ALICE", SEEDS[0]), item("bob", SEEDS[1])];
    items[0].scratch_codes = vec![Secret::new(b"26216815"), Secret::new(b"07170214")];
    let checked = office.devices(DeviceStep::Check, &items).await;
    assert_eq!(office.counts().await, [0, 0, 0]);
    let now = clock::now();
    let enrolled = office.devices(DeviceStep::Enrol, &items).await;
    assert_eq!(checked, enrolled);
    assert_eq!(enrolled[0].user, "alice", "as the directory spells it");
    assert_eq!(enrolled[0].scratch_codes, ScratchCodes::Enrolled);
    assert_eq!(office.counts().await, [2, 1, 0]);
    let set = office.set("bob").await;
    let device: Option<&TotpRecord> = set.credentials[0].value.factor.get();
    assert!(device.is_some_and(|device| !device.pending));
    let Step { step, .. } = *<&Step>::try_from(&set.uses[0].value.spent).expect("a step");
    assert!((now / 30..=now / 30 + 1).contains(&step), "the codes up to now are spent");
    let again = office.devices(DeviceStep::Enrol, &items).await;
    assert_eq!(verdicts(&again), [&DeviceVerdict::AlreadyThere; 2]);
    assert_eq!(office.counts().await, [2, 1, 0]);
}

#[tokio::test]
async fn a_part_in_which_one_is_refused_writes_nothing() {
    let office = Office::new().await;
    let good = item("alice", SEEDS[0]);
    let bob = || item("bob", SEEDS[1]);
    let labelled = |label: &str| DeviceItem { label: label.into(), ..bob() };
    let seven = TotpParameters { digits: 7, ..PARAMETERS };
    for (bad, why) in [
        (item("a\nb", SEEDS[1]), Failure::Refused(Refusal::BadName)),
        (item("bob", b"123456789"), Unfit::SeedLength { bytes: 9, least: 10, most: 128 }.into()),
        (labelled(""), Unfit::Label(Fault::Length).into()),
        (labelled("JBSWY3DPEHPK3PXP"), Unfit::Label(Fault::Secret).into()),
        (item("Alice", SEEDS[0]), Unfit::SameSeedTwice.into()),
        (item("Alice", SEEDS[1]), Unfit::SameLabelTwice { label: "Phone".into() }.into()),
        (DeviceItem { parameters: seven, ..bob() }, Unfit::TotpParameters.into()),
        (
            DeviceItem { scratch_codes: vec![Secret::new(b"123")], ..bob() },
            Unfit::ScratchCodes { limit: MAX_SCRATCH_CODES }.into(),
        ),
    ] {
        let results = office.devices(DeviceStep::Enrol, &[good.clone(), bad]).await;
        let expected = [&DeviceVerdict::Enrolled, &DeviceVerdict::Refused(why)];
        assert_eq!(verdicts(&results), expected);
        assert_eq!(office.counts().await, [0, 0, 0], "{results:?}");
    }
    let results = office.devices(DeviceStep::Enrol, &[good, item("nobody", SEEDS[1])]).await;
    assert_eq!(verdicts(&results), [&DeviceVerdict::Enrolled, &DeviceVerdict::UnknownUser]);
    assert_eq!(office.counts().await, [0, 0, 0]);
}

#[tokio::test]
async fn a_user_who_is_not_there_and_a_part_that_is_too_long_are_told_as_that() {
    let office = Office::new().await;
    let results = office.devices(DeviceStep::Check, &[item("nobody", SEEDS[1])]).await;
    assert_eq!(verdicts(&results), [&DeviceVerdict::UnknownUser]);
    let items = vec![item("alice", SEEDS[0]); MOST_ITEMS + 1];
    let import = Import::Devices { step: DeviceStep::Check, token: TOKEN, items };
    let failure = office.does(ROOT, import).await.unwrap_err();
    assert_eq!(failure, Unfit::TooManyDevices { limit: MOST_ITEMS }.into());
}

#[tokio::test]
async fn what_an_import_has_enrolled_is_taken_back_and_nothing_else() {
    let office = Office::new().await;
    office.devices(DeviceStep::Enrol, &[item("alice", SEEDS[0])]).await;
    let others = Import::Devices {
        step: DeviceStep::Enrol,
        token: [4; 16],
        items: vec![DeviceItem { label: "Tablet".into(), ..item("alice", SEEDS[1]) }],
    };
    office.does(ROOT, others).await.unwrap();
    assert_eq!(office.counts().await, [2, 0, 0]);
    // Some of these were never enrolled, and one user is not there.
    let all = ["alice", "bob", "nobody"].map(|user| item(user, SEEDS[0]));
    for _ in 0..2 {
        let results = office.devices(DeviceStep::Withdraw, &all).await;
        assert_eq!(verdicts(&results), [&DeviceVerdict::Withdrawn; 3]);
        let set = office.set("alice").await;
        assert_eq!((set.credentials.len(), set.uses.len()), (1, 1));
        assert_eq!(set.credentials[0].value.label, "Tablet");
    }
}

#[tokio::test]
async fn backup_codes_that_are_there_stay() {
    let office = Office::new().await;
    let alice = |command| Manage { user: "alice".into(), command };
    crate::administration::run(
        &office.engine,
        ROOT,
        alice(Command::BackupCodesGenerate),
        &mut Nobody,
    )
    .await;
    let mut with_codes = item("alice", SEEDS[0]);
    with_codes.scratch_codes = vec![Secret::new(b"26216815")];
    let results = office.devices(DeviceStep::Enrol, &[with_codes]).await;
    assert_eq!(results[0].scratch_codes, ScratchCodes::LeftOut);
    assert_eq!(office.counts().await, [2, 0, 0]);
}

#[tokio::test]
async fn users_come_all_or_none() {
    let office = Office::new().await;
    let dave = row("dave", RowPassword::Plain(Secret::new(b"secret")));
    let rows = vec![dave.clone(), row("BOB", RowPassword::None)];
    let checked = office.users(UserStep::Check, rows.clone()).await;
    assert_eq!(checked, Ok(Imported::Checked(vec![RowVerdict::New, RowVerdict::Exists])));
    let Ok(Imported::Hashed(hashes)) = office.users(UserStep::Hash, rows).await else {
        panic!("hashes")
    };
    let [Some(hash), None] = &hashes[..] else { panic!("{hashes:?}") };
    assert!(hash.expose_str().unwrap().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    let dave = row("dave", RowPassword::Hash(hash.clone()));
    let with_bob = vec![dave.clone(), row("BOB", RowPassword::None)];
    let taken = office.users(UserStep::Commit, with_bob).await.unwrap_err();
    assert_eq!(taken, Failure::InImport { user: "BOB".into(), why: RowFault::Taken });
    let checked = office.users(UserStep::Check, vec![dave.clone()]).await;
    assert_eq!(checked, Ok(Imported::Checked(vec![RowVerdict::New])), "dave was not added");
    assert_eq!(office.users(UserStep::Commit, vec![dave]).await, Ok(Imported::Committed));
}

#[tokio::test]
async fn rows_that_make_no_sense_are_refused_one_by_one() {
    let office = Office::new().await;
    let hash = |text: &str| RowPassword::Hash(Secret::new(text.as_bytes()));
    let rows = vec![
        row("a\tb", RowPassword::None),
        UserEntry { mail: Some(String::new()), ..row("x1", RowPassword::None) },
        row("x2", RowPassword::Plain(Secret::new(b""))),
        row("x3", RowPassword::Plain(Secret::new(b"a\0b"))),
        row("x4", hash("{SSHA}AAAA")),
        row("x5", hash("$argon2id$v=19$m=4000000,t=9,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA")),
    ];
    let Ok(Imported::Checked(verdicts)) = office.users(UserStep::Check, rows.clone()).await else {
        panic!("verdicts")
    };
    assert!(verdicts.iter().all(|one| matches!(one, RowVerdict::Refused(_))), "{verdicts:?}");
    for row in rows {
        let failure = office.users(UserStep::Commit, vec![row]).await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::Invalid);
    }
}
