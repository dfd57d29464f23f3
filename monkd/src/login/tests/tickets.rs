//! Tickets of the portal: what they open, and what keeps them from opening anything.

use monk_core::credential::CredentialId;
use monk_core::enrol::NewTicket;
use monk_core::factors::passkey::{PasskeyRecord, PasskeyUse};
use monk_core::factors::ticket::TicketUse;

use super::*;

const ALLOWED: &str = "[service.imap]\nportal_ticket = \"allowed\"\n";

/// Alice with a passkey and a ticket for `imap`.
struct Scene {
    bench: Bench,
    passkey: Credential,
    typed: String,
}

impl Scene {
    fn new(settings: &str) -> Self {
        Self::with(settings, Alice::default())
    }

    fn with(settings: &str, alice: Alice) -> Self {
        let bench = Bench::with(settings, alice);
        let record =
            PasskeyRecord { rp: "login.example.org".into(), credential: serde_json::json!({}) };
        let id = CredentialId::generate(&mut SystemRandom);
        let passkey = Credential::new(id, "Laptop", clock::now(), record);
        let never = PasskeyUse { counter: 0, backed_up: false, signed_in: None };
        bench.enrol(&passkey);
        bench.used(&Use::new(passkey.id.clone(), 0, never));
        let new = NewTicket {
            user: "u1",
            label: "Ticket",
            service: "imap",
            passkey: &passkey.id,
            now: clock::now(),
        };
        let keys = &bench.engine.keys;
        let (ticket, typed) = enrol::ticket(&new, &bench.alice.set(), keys, &mut SystemRandom);
        bench.enrol(&ticket);
        bench.used(&Use::new(ticket.id, 0, TicketUse::default()));
        let typed = typed.shown().to_string();
        Self { bench, passkey, typed }
    }

    async fn login(&self) -> Ending {
        self.bench.login("alice", &self.typed).await
    }

    async fn login_as(&self, change: impl Fn(Login) -> Login) -> (Ending, Option<Secret>) {
        let login = change(login("alice", Some(&self.typed)));
        let (ending, _, forward) = self.bench.login_as(ROOT, &login, &[]).await;
        (ending, forward)
    }

    async fn in_mode(&self, mode: Mode) -> Ending {
        let login = login("alice", Some(&self.typed));
        run(&self.bench.engine, ROOT, &login, mode, &mut Answers::default()).await.ending
    }
}

impl Bench {
    fn used(&self, used: &Use) {
        self.alice.uses.lock().unwrap().push(used.to_record(self.author()));
    }
}

fn granted() -> Ending {
    Ending::Granted(Grant::PortalTicket)
}

#[tokio::test]
async fn a_ticket_opens_one_login_and_asks_neither_directory_nor_code() {
    let scene = Scene::new(ALLOWED);
    let (ending, forward) = scene.login_as(|login| login).await;
    assert_eq!((ending, forward.is_none()), (granted(), true), "there is nothing to hand on");
    assert_eq!(scene.bench.counts(), (0, 1));
    for _ in 0..2 {
        assert_eq!(scene.login().await, refused(Refusal::ReplayedCode));
    }
    assert_eq!(scene.bench.counts(), (0, 1));
}

#[tokio::test]
async fn it_stands_for_the_whole_login_whatever_the_service_asks_for() {
    for policy in [
        "mfa = \"required\"",
        "mfa = \"when-enrolled\"",
        "mfa = \"off\"",
        "prompt = \"never\"",
        "separator = \"optional\"",
        "password = \"app-passwords-only\"",
        "password = \"skip-after-publickey\"",
        "remember_minutes = 60",
        "trusted_networks = [\"192.0.2.0/24\"]",
    ] {
        let scene = Scene::new(&format!("{ALLOWED}{policy}\n"));
        assert_eq!(scene.login().await, granted(), "{policy}");
        assert_eq!(scene.login().await, refused(Refusal::ReplayedCode), "{policy}");
    }
}

#[tokio::test]
async fn the_policy_decides_at_the_login_and_the_ticket_for_which_service() {
    let none = refused(Refusal::TicketNotAllowed);
    assert_eq!(Scene::new("").login().await, none, "the settings are others by now");
    let never = "[service.imap]\nportal_ticket = \"never\"\n";
    assert_eq!(Scene::new(never).login().await, none);
    let scene = Scene::new(&format!("{ALLOWED}[service.sshd]\nportal_ticket = \"allowed\"\n"));
    let at = async |service: &str| {
        scene.login_as(|login| Login { service: service.into(), ..login }).await.0
    };
    assert_eq!(at("sshd").await, refused(Refusal::TicketScope));
    assert_eq!(at("sudo").await, none);
    assert_eq!(scene.bench.counts(), (0, 0), "it is still good");
    assert_eq!(scene.login().await, granted());
}

/// The module behind would take it for a password.
#[tokio::test]
async fn where_another_module_checks_the_password_a_ticket_opens_nothing_and_is_not_handed_on() {
    let skip = format!("{ALLOWED}password = \"skip-after-publickey\"\n");
    let elsewhere =
        "[service.imap]\npassword = \"elsewhere\"\nmfa = \"when-enrolled\"\n".to_owned();
    for (settings, publickey) in [(skip, true), (elsewhere, false)] {
        let scene = Scene::new(&settings);
        let (ending, forward) = scene.login_as(|login| Login { publickey, ..login }).await;
        assert_eq!(ending, refused(Refusal::TicketNotAllowed), "{settings}");
        assert!(forward.is_none());
        assert_eq!(scene.bench.counts(), (0, 0));
    }
}

#[tokio::test]
async fn a_closed_account_closes_it_and_no_setting_forgives_that() {
    let despite = "app_passwords_despite = [\"locked\", \"password-expired\"]\n";
    for state in AccountState::ALL {
        let scene = Scene::new(&format!("{ALLOWED}{despite}"));
        *scene.bench.alice.state.lock().unwrap() = state;
        let ends = state.refusal().map_or_else(granted, refused);
        assert_eq!(scene.login().await, ends, "{state}");
        assert_eq!(scene.bench.counts().1, usize::from(state == AccountState::Enabled));
    }
}

#[tokio::test]
async fn it_proves_nothing_to_the_portal_or_to_monk_enroll_and_a_rehearsal_spends_nothing() {
    let scene = Scene::new(ALLOWED);
    let change = Proving { rehearses: false, has_second_factor: false, right_password: None };
    for mode in [
        Mode::Proof,
        Mode::NewPassword(change),
        Mode::NewPassword(Proving { rehearses: true, ..change }),
        Mode::NewPassword(Proving { has_second_factor: true, ..change }),
    ] {
        assert_eq!(scene.in_mode(mode).await, refused(Refusal::TicketNotAllowed), "{mode:?}");
    }
    assert_eq!(scene.in_mode(Mode::Rehearsal).await, granted());
    assert_eq!(scene.bench.counts(), (0, 0));
    assert_eq!(scene.login().await, granted());
    assert!(!Grant::PortalTicket.is_fresh_code(), "not for a change of the password either");
}

#[tokio::test]
async fn what_cannot_be_recorded_opens_nothing() {
    let scene = Scene::new(ALLOWED);
    let troubles = || scene.bench.alice.troubles.lock().unwrap();
    troubles().push_back(Err(Outage::Timeout("a test")));
    assert!(matches!(scene.login().await, Ending::Unavailable(_)));
    for _ in 0..8 {
        troubles().push_back(Ok(Swapped::Conflict));
    }
    assert!(matches!(scene.login().await, Ending::Unavailable(Outage::Contention)));
    troubles().push_back(Ok(Swapped::Conflict));
    assert_eq!(scene.login().await, granted(), "somebody else has written something else");
}

#[tokio::test]
async fn a_program_that_has_left_spends_none() {
    let scene = Scene::new(ALLOWED);
    let mut gone = Answers { has_left: true, ..Answers::default() };
    let login = login("alice", Some(&scene.typed));
    let ending = run(&scene.bench.engine, ROOT, &login, Mode::Real, &mut gone).await.ending;
    assert_eq!(ending, Ending::Abandoned);
    assert_eq!(scene.login().await, granted());
}

#[tokio::test]
async fn it_needs_the_group_and_the_passkey_behind_it() {
    let settings = format!("{ALLOWED}groups = [\"staff\"]\n");
    assert_eq!(Scene::new(&settings).login().await, refused(Refusal::NotInGroup));
    let staff = Alice { group: Some("staff"), ..Alice::default() };
    let scene = Scene::with(&settings, staff);
    let passkey = scene.passkey.to_record(scene.bench.author());
    scene.bench.alice.credentials.lock().unwrap().retain(|record| *record != passkey);
    assert_eq!(scene.login().await, refused(Refusal::TicketRevoked));
    assert_eq!(scene.bench.counts(), (0, 0));
}

#[tokio::test]
async fn a_wrong_one_is_a_guess_that_no_directory_sees_and_a_right_one_takes_none_back() {
    let scene = Scene::new(ALLOWED);
    let wrong = format!("{}-zzzz-zzzz-zzzz-zzzz", &scene.typed[..4]);
    let ending = scene.bench.login("alice", &wrong).await;
    assert_eq!(ending, refused(Refusal::WrongAppPassword));
    assert_eq!(scene.bench.counts(), (0, 0));
    let failures = async || scene.bench.slowed().await.iter().map(|one| one.failures).max();
    let before = failures().await;
    assert_eq!(before, Some(1));
    assert_eq!(scene.login().await, granted());
    assert_eq!(scene.login().await, refused(Refusal::ReplayedCode));
    assert_eq!(failures().await, before, "nor is one that was used a guess");
}

/// Somebody who adds a code out of habit sends it to no directory.
#[tokio::test]
async fn with_a_code_behind_it_a_ticket_is_nobody_s_password() {
    let scene = Scene::new(&format!("{ALLOWED}separator = \"optional\"\n"));
    for between in [";", " ;", ""] {
        for code in [scene.bench.code().as_str(), "000000", "00000000"] {
            let typed = format!("{}{between}{code}", scene.typed);
            let ending = scene.bench.login("alice", &typed).await;
            assert_eq!(ending, refused(Refusal::TicketNotAllowed), "{between}{code}");
        }
    }
    assert_eq!(scene.bench.counts(), (0, 0));
    assert_eq!(scene.login().await, granted());
}
