//! The engine's half, on a real embedded store.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use monk_core::credential::{Change, Credential, CredentialId, DEPARTED, Use};
use monk_core::enrol::{self, NewDevice};
use monk_core::factors::Spent;
use monk_core::factors::totp::{Parameters, Seed, Step, TotpRecord};
use monk_core::factors::unknown::Unknown;
use monk_core::keys::{HostKey, Keyring};
use monk_core::mac::Author;
use monk_wire::Secret;
use monk_wire::manage::doctor::{Evidence, Observation, Remedy, Severity};
use monk_wire::manage::{Command, MailFailure, NewUser};

use super::*;
use crate::caller::Caller;
use crate::clock::{self, SystemRandom};
use crate::directory::embedded::Embedded;
use crate::directory::{Account, Swapped};
use crate::engine::Found;
use crate::manage::parts::Parts;
use crate::observations::Observations;
use crate::throttle::Register;
use crate::{keys, manage};

struct Office {
    engine: Engine,
    folder: tempfile::TempDir,
}

impl Office {
    async fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder.path(), private).unwrap();
        let path = folder.path().display();
        let text = format!(
            "{settings}\n[embedded]\npath = \"{path}/monk.db\"\n[keys]\nfolder = \"{path}\"\n"
        );
        let settings = Settings::parse(&text).unwrap();
        keys::create_first(folder.path()).unwrap();
        Embedded::create(&settings.embedded).unwrap();
        let office =
            Self { engine: Engine::start(settings, Register::in_memory()).unwrap(), folder };
        let add = Command::UserAdd(Box::new(NewUser::with(Secret::new(b"secret"))));
        let deadline = Deadline::after(BUDGET);
        manage::carry_out(&office.engine, Caller { uid: 0 }, "alice".to_owned(), add, deadline)
            .await
            .unwrap();
        office
    }

    async fn alice(&self) -> Account {
        match self.engine.find("alice", Deadline::after(BUDGET)).await.unwrap() {
            Found::One(account, _) => *account,
            other => panic!("{other:?}"),
        }
    }

    /// Gives alice an active device, made with these keys for this user id.
    async fn device(&self, keys: &Keyring, owner: Option<&str>, with_use: bool) {
        let alice = self.alice().await;
        let user = owner.unwrap_or(&alice.id);
        let parameters = Parameters::default();
        let new = NewDevice { user, label: "Phone", parameters, now: clock::now() };
        let (pending, _) = enrol::device(&new, keys, &mut SystemRandom);
        let record: &TotpRecord = pending.factor.get().expect("a device");
        let active = TotpRecord { pending: false, ..record.clone() };
        self.write(&pending.with_factor(active), with_use.then_some(Step::at(1).into())).await;
    }

    async fn write(&self, credential: &Credential, spent: Option<Spent>) {
        let alice = self.alice().await;
        let author = Author { user: &alice.id, keys: &self.engine.keys };
        let used = |spent| Use::new(credential.id.clone(), clock::now(), spent).to_record(author);
        let change = Change {
            add_credentials: vec![credential.to_record(author)],
            add_uses: spent.map(used).into_iter().collect(),
            ..Change::default()
        };
        let set = self.engine.store.load(&alice, Deadline::after(BUDGET)).await.unwrap();
        let change = set.planned(change, clock::now(), author, &mut SystemRandom).unwrap();
        let done = self.engine.store.change(&alice, &change, Deadline::after(BUDGET)).await;
        assert_eq!(done, Ok(Swapped::Done));
    }

    /// What is worth telling, without the clock, which is the machine's.
    async fn findings(&self) -> Vec<Observation> {
        let mut findings =
            run(&self.engine, Examination::default(), &Parts::NOBODY).await.observations;
        findings.retain(|one| one.severity > Severity::Ok && !one.id.starts_with("clock-"));
        findings
    }

    /// The first finding with this id.
    async fn find(&self, id: &str) -> Observation {
        let findings = self.findings().await;
        let found = findings.iter().find(|finding| finding.id == id);
        found.unwrap_or_else(|| panic!("{id}: {findings:#?}")).clone()
    }

    async fn ids(&self) -> Vec<String> {
        self.findings().await.into_iter().map(|finding| finding.id).collect()
    }
}

#[tokio::test]
async fn a_healthy_store_is_clean_and_stays_as_it_is() {
    let office = Office::new("").await;
    office.device(&office.engine.keys, None, true).await;
    let records = async || {
        let mut pages = office.engine.store.enrolled();
        pages.next(Deadline::after(BUDGET)).await.unwrap().items
    };
    let before = records().await;
    let files = || std::fs::read_dir(office.folder.path()).unwrap().count();
    let files_before = files();
    assert_eq!(office.findings().await, []);
    let after = records().await;
    let raw = |listed: &Vec<crate::directory::Enrolled>| format!("{listed:?}");
    assert_eq!(raw(&before), raw(&after));
    assert_eq!(files(), files_before, "no file is left");
}

#[tokio::test]
async fn the_self_test_passes_and_leaves_nothing() {
    let findings = self_test::examine(Deadline::after(BUDGET)).await;
    assert_eq!(findings.0[0].severity, Severity::Ok, "{findings:?}");
}

#[tokio::test]
async fn who_has_no_factor_is_found_where_one_is_always_asked() {
    let office = Office::new("").await;
    let findings = office.findings().await;
    assert_eq!(findings[0].id, "user-without-factor");
    assert_eq!(findings[0].subject, "alice");
    let office = Office::new("[policy]\nmfa = \"when-enrolled\"\n").await;
    assert_eq!(office.findings().await, []);
}

#[tokio::test]
async fn who_can_be_sent_a_code_needs_nothing_enrolled() {
    let office =
        Office::new("[mail]\nfrom = \"monk@example.org\"\ndirectory_address = true\n").await;
    let without = office.find("user-without-factor").await;
    assert_eq!(without.subject, "alice", "she has no address: {without:?}");
    let mail = Some("bob@example.org".into());
    let bob = NewUser { mail, ..NewUser::with(Secret::new(b"secret")) };
    let add = Command::UserAdd(Box::new(bob));
    let deadline = Deadline::after(BUDGET);
    manage::carry_out(&office.engine, Caller { uid: 0 }, "bob".to_owned(), add, deadline)
        .await
        .unwrap();
    assert_eq!(office.find("user-without-factor").await.subject, "alice");
}

#[tokio::test]
async fn a_mail_server_that_is_not_there_is_found_with_its_section() {
    let nowhere = "host = \"127.0.0.1\"\nport = 1\nfrom = \"monk@example.org\"\n";
    let office = Office::new(&format!("[service.sshd.mail]\n{nowhere}")).await;
    let found = office.find("mail-server").await;
    assert_eq!(found.subject, "[service.sshd.mail] 127.0.0.1:1");
    assert!(matches!(found.evidence, Evidence::Mail(MailFailure::Unreachable(_))), "{found:?}");
    assert_eq!(found.remedy, Remedy::CorrectMail { section: "[service.sshd.mail]".into() });
    let office = Office::new(&format!("[mail]\nenabled = false\n{nowhere}")).await;
    assert!(!office.ids().await.contains(&"mail-server".to_owned()), "it is switched off");
}

/// The folder of the keys is that of the store here.
#[tokio::test]
async fn a_key_that_is_gone_from_the_folder_is_found_before_the_restart() {
    let office = Office::new("").await;
    office.device(&office.engine.keys, None, true).await;
    let id = office.engine.keys.primary().id().to_string();
    let path = office.folder.path().join(format!("{id}.key"));
    let kept = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let found = office.find("key-gone").await;
    assert_eq!(
        (found.subject.as_str(), found.severity),
        (format!("key {id}").as_str(), Severity::Error)
    );
    let file = path.display().to_string();
    assert_eq!(found.evidence, Evidence::KeyGone { file, users: 1 });
    // Another one in its place, as a setup would make it, does not help.
    keys::create_first(office.folder.path()).unwrap();
    office.find("key-gone").await;
    let others = std::fs::read_dir(office.folder.path()).unwrap().flatten();
    let others = others.filter(|entry| entry.path().extension().is_some_and(|it| it == "key"));
    others.for_each(|entry| std::fs::remove_file(entry.path()).unwrap());
    std::fs::write(&path, kept).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(office.ids().await, Vec::<String>::new());
}

#[tokio::test]
async fn two_keys_of_which_none_is_chosen_are_found_and_the_one_that_records_need_is_named() {
    let office = Office::new("").await;
    // The host's own key came first; the records are of the key that was copied beside it.
    let other = Office::new("").await;
    let copied = other.engine.keys.primary().id().clone();
    let needed = BTreeMap::from([(copied.clone(), 1)]);
    let name = format!("{copied}.key");
    std::fs::copy(other.folder.path().join(&name), office.folder.path().join(&name)).unwrap();
    let found = || {
        let mut findings = Observations::default();
        super::keys::examine(&office.engine, &needed, &mut findings);
        findings.0.into_iter().map(|one| (one.id, one.remedy)).next().expect("a finding")
    };
    let folder = office.folder.path().display().to_string();
    let remedy = Remedy::ChoosePrimary { key: copied.to_string(), folder, in_settings: false };
    assert_eq!(found(), ("key-ambiguous".to_owned(), remedy));
    std::fs::write(office.folder.path().join("primary"), format!("{copied}\n")).unwrap();
    assert_eq!(found().0, "key-not-read", "until the engine reads it");
}

#[tokio::test]
async fn a_user_of_ldap_cannot_be_tried_where_there_is_none() {
    let office = Office::new("[policy]\nmfa = \"when-enrolled\"\n").await;
    let as_user = Some(("alice".to_owned(), Secret::new(b"secret")));
    let examination = Examination { as_user, ..Examination::default() };
    let found = run(&office.engine, examination, &Parts::NOBODY).await.observations;
    assert!(found.iter().any(|finding| finding.id == "ldap-user-not-tried"), "{found:?}");
}

#[tokio::test]
async fn factors_that_will_not_work_are_found() {
    let foreign = Keyring::new(HostKey::generate(&mut SystemRandom), Vec::new());
    let office = Office::new("").await;
    office.device(&foreign, None, true).await;
    let findings = office.findings().await;
    assert_eq!(findings[0].id, "key-missing");
    assert!(findings[0].subject.contains(foreign.primary().id().as_str()), "{findings:?}");

    let office = Office::new("").await;
    office.device(&office.engine.keys, Some("somebody-else"), true).await;
    assert_eq!(office.ids().await, ["user-record-altered"]);

    let office = Office::new("").await;
    office.device(&office.engine.keys, None, false).await;
    assert_eq!(office.ids().await, ["user-use-missing"]);

    let office = Office::new("").await;
    office.device(&office.engine.keys, None, true).await;
    let id = CredentialId::generate(&mut SystemRandom);
    office.write(&Credential::new(id, "?", 1, Unknown), None).await;
    assert_eq!(office.ids().await, ["user-record-unreadable"]);
}

#[tokio::test]
async fn a_secret_that_is_shorter_than_it_should_be_is_told() {
    let office = Office::new("").await;
    let alice = office.alice().await;
    let parameters = Parameters::default();
    let new = NewDevice { user: &alice.id, label: "Old", parameters, now: clock::now() };
    // As many systems make them: 16 letters of base 32.
    let seed = Seed::imported(&[7; 10]).unwrap();
    let id = CredentialId::generate(&mut SystemRandom);
    let (device, used) =
        enrol::imported_device(&new, id, &seed, &office.engine.keys, &mut SystemRandom);
    office.write(&device, Some(used.spent)).await;
    let findings = office.findings().await;
    assert_eq!((findings[0].id.as_str(), findings.len()), ("user-secret-short", 1));
    assert_eq!(findings[0].severity, Severity::Note);
}

#[tokio::test]
async fn a_key_that_nobody_needs_is_told() {
    let office = Office::new("").await;
    let foreign = Keyring::new(HostKey::generate(&mut SystemRandom), Vec::new());
    office.device(&foreign, None, true).await;
    let second = keys::create(office.folder.path()).unwrap();
    keys::create(office.folder.path()).unwrap();
    keys::set_primary(office.folder.path(), &second).unwrap();
    let keys = Arc::new(keys::load(&office.engine.settings.keys).unwrap());
    let office = Office { engine: Engine { keys, ..office.engine }, ..office };
    let ids = office.ids().await;
    assert_eq!(ids, ["key-missing", "key-unused"], "the first one has made the records");
}

#[tokio::test]
async fn no_key_is_called_unused_while_records_are_on_their_way_to_another_store() {
    let office = Office::new("").await;
    keys::create(office.folder.path()).unwrap();
    let keys = Arc::new(keys::load(&office.engine.settings.keys).unwrap());
    let office = Office { engine: Engine { keys, ..office.engine }, ..office };
    office.device(&office.engine.keys, None, true).await;
    assert_eq!(office.ids().await, ["key-unused"]);
    let (alice, deadline) = (office.alice().await, Deadline::after(BUDGET));
    let texts = office.engine.store.load(&alice, deadline).await.unwrap().texts().unwrap();
    let departure = Change {
        remove_credentials: texts.credentials,
        remove_uses: texts.uses,
        add_credentials: vec![DEPARTED.to_owned()],
        ..Change::default()
    };
    let store = &office.engine.store;
    assert_eq!(store.change(&alice, &departure, deadline).await, Ok(Swapped::Done));
    assert!(!office.ids().await.contains(&"key-unused".to_owned()));
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_found() {
    let office = Office::new("[policy]\nmfa = \"when-enrolled\"\n").await;
    let store = &office.engine.settings.embedded.path;
    std::fs::remove_file(store).unwrap();
    let findings = office.findings().await;
    let ids: Vec<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
    assert!(ids.contains(&"store-not-writable"), "{findings:?}");
}
