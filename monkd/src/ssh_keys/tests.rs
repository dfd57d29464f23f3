//! Who is told which keys, with a directory that has alice.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use async_trait::async_trait;
use monk_core::typed::Password;
use monk_terms::account_state::AccountState;

use super::*;
use crate::directory::change::{Changed, Changer};
use crate::directory::embedded::Embedded;
use crate::directory::names::Names;
use crate::directory::{Answer, Directory, Pages};
use crate::settings::Settings;
use crate::throttle::Register;

const ROOT: Caller = Caller { uid: 0 };

/// An account of every machine that is neither root nor a person, and its uid.
const DAEMON: (&str, u32) = ("daemon", 1);

const KEY: &str = "from=\"192.0.2.*\" ssh-ed25519 AAAAC3Nz alice@laptop";

/// What does not answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Away {
    Nothing,
    Users,
    Groups,
    Keys,
}

/// One user, who is in the group staff. The directory takes her name in any case, and `twins` are two.
struct Alice {
    name: &'static str,
    state: AccountState,
    keys: Vec<String>,
    away: Away,
}

impl Default for Alice {
    fn default() -> Self {
        Self {
            name: "alice",
            state: AccountState::Enabled,
            keys: vec![KEY.to_owned()],
            away: Away::Nothing,
        }
    }
}

impl Alice {
    fn answers(&self, what: Away) -> Result<(), Outage> {
        if self.away == what { Err(Outage::Timeout("a test")) } else { Ok(()) }
    }
}

#[async_trait]
impl Directory for Alice {
    async fn find(&self, name: &str, _: Deadline) -> Result<Lookup, Outage> {
        self.answers(Away::Users)?;
        if name == "twins" {
            return Ok(Lookup::Several);
        }
        if !name.eq_ignore_ascii_case(self.name) {
            return Ok(Lookup::None);
        }
        Ok(Lookup::One(Box::new(Account {
            id: "u1".into(),
            name: self.name.into(),
            mail: None,
            state: self.state,
            created: None,
            password_end: None,
            locator: "u1".into(),
            credentials: None,
        })))
    }

    async fn check_password(
        &self,
        _: Option<&Account>,
        _: &Password,
        _: Deadline,
    ) -> Result<Answer, Outage> {
        panic!("no password is checked")
    }

    async fn shows_group(&self, _: &str, _: Deadline) -> Result<bool, Outage> {
        panic!("no group is looked at")
    }

    async fn is_in_group(&self, _: &Account, all: &[String], _: Deadline) -> Result<bool, Outage> {
        self.answers(Away::Groups)?;
        Ok(all.iter().any(|group| group == "staff"))
    }

    fn everybody(&self) -> Box<dyn Pages<Account> + '_> {
        panic!("one user is asked about")
    }

    async fn name_of(&self, _: &str, _: Deadline) -> Result<Option<String>, Outage> {
        panic!("nobody has a passkey here")
    }

    async fn has(&self, _: &str, _: Deadline) -> Result<bool, Outage> {
        panic!("users are looked for by name")
    }

    async fn change_password(
        &self,
        _: &Account,
        _: Changer<'_>,
        _: &Password,
        _: Deadline,
    ) -> Result<Changed, Outage> {
        panic!("no password is changed")
    }

    async fn ssh_keys(&self, account: &Account, _: Deadline) -> Result<Vec<String>, Outage> {
        self.answers(Away::Keys)?;
        assert_eq!(account.name, self.name);
        Ok(self.keys.clone())
    }

    fn names(&self) -> &dyn Names {
        panic!("no names are asked for")
    }
}

struct Host {
    engine: Engine,
    _folder: tempfile::TempDir,
}

impl Host {
    fn new(settings: &str, alice: Alice) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
        let path = folder.path().display();
        let text = format!(
            "[embedded]\npath = \"{path}/monk.db\"\n[keys]\nfolder = \"{path}\"\n[engine]\nrefusal_ms = 0\n\
             {settings}"
        );
        let settings = Settings::parse(&text).unwrap();
        crate::keys::create_first(folder.path()).unwrap();
        Embedded::create(&settings.embedded).unwrap();
        let mut engine = Engine::start(settings, Register::in_memory()).unwrap();
        engine.directory = Arc::new(alice);
        Self { engine, _folder: folder }
    }

    async fn ask(&self, caller: Caller, user: &str, service: &str) -> Reply {
        let (user, service) = (user.to_owned(), service.to_owned());
        run(&self.engine, caller, &KeyQuery { user, service, budget_ms: 5000 }).await
    }

    /// What root is told.
    async fn told(&self, user: &str, service: &str) -> Vec<String> {
        match self.ask(ROOT, user, service).await {
            Reply::Keys(lines) => lines.iter().map(str::to_owned).collect(),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_keys_of_open_accounts_are_told_and_a_password_that_is_to_be_changed_closes_none() {
    use AccountState::{Disabled, Enabled, Expired, Locked, MustChange, PasswordExpired};
    for (state, is_told) in [
        (Enabled, true),
        (PasswordExpired, true),
        (MustChange, true),
        (Locked, false),
        (Expired, false),
        (Disabled, false),
    ] {
        let host = Host::new("", Alice { state, ..Alice::default() });
        let expected = if is_told { vec![KEY] } else { vec![] };
        assert_eq!(host.told("alice", "sshd").await, expected, "{state}");
    }
}

#[tokio::test]
async fn only_users_in_the_groups_of_the_service_have_keys() {
    let settings = "[service.sshd]\ngroups = [\"staff\"]\n[service.sshd-ops]\ngroups = [\"ops\"]\n";
    let host = Host::new(settings, Alice::default());
    for (service, expected) in [("sshd", vec![KEY]), ("sshd-ops", vec![]), ("SSHD-OPS", vec![])] {
        assert_eq!(host.told("alice", service).await, expected, "{service}");
    }
}

#[tokio::test]
async fn only_the_spelling_of_the_directory_is_the_user() {
    let host = Host::new("", Alice::default());
    for name in ["Alice", "alice ", "bob", "twins", "", "a\nb"] {
        assert_eq!(host.told(name, "sshd").await, Vec::<String>::new(), "{name:?}");
    }
    let local = Host::new(
        "[accounts]\npasswd_is_local = true\n",
        Alice { name: "daemon", ..Alice::default() },
    );
    assert_eq!(local.told("daemon", "sshd").await, Vec::<String>::new());
}

#[tokio::test]
async fn no_key_brings_a_second_line_along() {
    let keys = ["ssh-rsa AAAA\nssh-rsa BBBB", KEY, ""].map(str::to_owned).to_vec();
    let host = Host::new("", Alice { keys, ..Alice::default() });
    assert_eq!(host.told("alice", "sshd").await, [KEY]);
}

#[tokio::test]
async fn what_does_not_answer_is_never_taken_for_no_keys() {
    let settings = "[service.sshd]\ngroups = [\"staff\"]\n";
    for away in [Away::Users, Away::Groups, Away::Keys] {
        let host = Host::new(settings, Alice { away, ..Alice::default() });
        assert_eq!(host.ask(ROOT, "alice", "sshd").await, Reply::Unavailable);
    }
}

#[tokio::test]
async fn root_and_the_user_of_the_settings_ask_about_anybody_and_others_about_themselves() {
    let (name, uid) = DAEMON;
    let refused = Reply::Denied(Denial::Refused);
    let daemon = Caller { uid };
    let host = Host::new("", Alice::default());
    assert_eq!(host.ask(daemon, "alice", "sshd").await, refused);
    assert_eq!(host.ask(Caller { uid: 3_999_999_999 }, "alice", "sshd").await, refused);
    let own = Host::new("", Alice { name, ..Alice::default() });
    assert!(matches!(own.ask(daemon, name, "sshd").await, Reply::Keys(_)));
    let asker = Host::new(&format!("[ssh_keys]\nuser = \"{name}\"\n"), Alice::default());
    assert!(matches!(asker.ask(daemon, "alice", "sshd").await, Reply::Keys(_)));
    assert_eq!(asker.ask(Caller { uid: uid + 1 }, "alice", "sshd").await, refused);
}
