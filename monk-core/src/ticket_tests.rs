use super::*;
use crate::enrol::{self, NewTicket};
use crate::factors::Factor;
use crate::factors::passkey::PasskeyUse;
use crate::factors::ticket::GOOD_FOR;
use crate::fixtures::{alice, enrolled, ring};
use crate::keys::{Keyring, Owner};
use crate::random::Counter;

const NOW: u64 = 1_700_000_000;

/// Alice with a passkey, and a ticket for the service `web`.
struct Scene {
    keys: Keyring,
    passkey: Credential,
    ticket: Credential,
    typed: AppPassword,
    uses: Vec<Use>,
}

impl Scene {
    fn new() -> Self {
        let keys = ring();
        let passkey =
            PasskeyRecord { rp: "login.example.org".into(), credential: serde_json::json!({}) };
        let id = CredentialId::generate(&mut Counter(3));
        let passkey = Credential::new(id, "Laptop", NOW, passkey);
        let new = NewTicket {
            user: "u1",
            label: "Ticket",
            service: "web",
            passkey: &passkey.id,
            now: NOW,
        };
        let nothing = CredentialSet::default();
        let (ticket, typed) = enrol::ticket(&new, &nothing, &keys, &mut Counter(4));
        let never = PasskeyUse { counter: 0, backed_up: false, signed_in: None };
        let uses = vec![
            Use::new(passkey.id.clone(), NOW, never),
            Use::new(ticket.id.clone(), NOW, TicketUse::default()),
        ];
        Self { keys, passkey, ticket, typed, uses }
    }

    fn set_of(&self, credentials: &[&Credential]) -> CredentialSet {
        let author = alice(&self.keys);
        let records: Vec<_> = credentials.iter().map(|one| one.to_record(author)).collect();
        let uses: Vec<_> = self.uses.iter().map(|one| one.to_record(author)).collect();
        enrolled(author, &records, &uses)
    }

    fn set(&self) -> CredentialSet {
        self.set_of(&[&self.passkey, &self.ticket])
    }

    fn spend(&self, set: &CredentialSet, service: &str, now: u64) -> Result<UseSwap, Refusal> {
        let named = NamedTicket::of(&self.typed, set).expect("its first group names it");
        named.spent_for(service, set, alice(&self.keys), now)
    }
}

#[test]
fn it_opens_one_login_to_its_service_before_its_end() {
    let mut scene = Scene::new();
    let set = scene.set();
    assert_eq!(scene.spend(&set, "imap", NOW), Err(Refusal::TicketScope));
    assert_eq!(scene.spend(&set, "web", NOW + GOOD_FOR), Err(Refusal::ExpiredCode));
    assert_eq!(scene.spend(&set, "web", NOW - 301), Err(Refusal::ExpiredCode), "a clock was ahead");
    let swap = scene.spend(&set, "WEB", NOW + GOOD_FOR - 1).expect("it is good");
    assert!(!swap.depends_on_nothing(), "so that it is spent once");
    scene.uses[1] = Use::new(scene.ticket.id.clone(), NOW, TicketUse { used: true });
    assert_eq!(scene.spend(&scene.set(), "web", NOW), Err(Refusal::ReplayedCode));
    // After a merge of replicas there may be both.
    scene.uses.push(Use::new(scene.ticket.id.clone(), NOW, TicketUse::default()));
    assert_eq!(scene.spend(&scene.set(), "web", NOW), Err(Refusal::ReplayedCode));
    scene.uses.truncate(1);
    assert_eq!(scene.spend(&scene.set(), "web", NOW), Err(Refusal::UnusableFactor));
}

#[test]
fn it_ends_with_the_passkey_that_it_was_taken_with() {
    let scene = Scene::new();
    assert_eq!(taken_with(&scene.passkey.id, &scene.set()).count(), 1);
    assert_eq!(taken_with(&scene.ticket.id, &scene.set()).count(), 0);
    let set = scene.set_of(&[&scene.ticket]);
    assert_eq!(scene.spend(&set, "web", NOW), Err(Refusal::TicketRevoked));
    // Another one takes its place for nothing.
    let id = CredentialId::generate(&mut Counter(77));
    let other = Credential::new(id, "Other", NOW, scene.passkey.factor.clone());
    let set = scene.set_of(&[&other, &scene.ticket]);
    assert_eq!(scene.spend(&set, "web", NOW), Err(Refusal::TicketRevoked));
}

/// Somebody who can write entries cannot change what it opens, nor give it to another user.
#[test]
fn what_limits_it_stands_under_the_mac_of_its_user() {
    let scene = Scene::new();
    let record = scene.ticket.to_record(alice(&scene.keys));
    let set = scene.set();
    let (_, ticket) = set.all_of::<TicketRecord>().next().expect("a ticket");
    for (part, other) in [
        ("\"web\"".to_owned(), "\"sshd\"".to_owned()),
        (ticket.expires.to_string(), (ticket.expires + 1).to_string()),
        (ticket.passkey.as_str().to_owned(), scene.ticket.id.as_str().to_owned()),
        (ticket.public.clone(), "0000".to_owned()),
    ] {
        let changed = record.replace(&part, &other);
        assert_ne!(changed, record, "{part}");
        assert!(Credential::from_record(&changed, alice(&scene.keys)).is_err(), "{part}");
    }
    let bob = Author { user: "u2", keys: &scene.keys };
    assert!(Credential::from_record(&record, bob).is_err());
    let owner = |user| Owner { user, credential: scene.ticket.id.as_str() };
    let is_right = |user| ticket.verify(&scene.typed, owner(user), &scene.keys);
    assert_eq!((is_right("u1"), is_right("u2")), (Ok(true), Ok(false)));
    assert!(!record.contains(&scene.typed.expose()[4..]), "the secret stands nowhere");
}

#[test]
fn it_is_no_second_factor_and_no_code() {
    let scene = Scene::new();
    let set = scene.set_of(&[&scene.ticket]);
    assert!(!set.has_second_factor() && !set.has_second_factor_at(NOW));
    assert_eq!(set.shapes(), crate::factors::shapes::Shapes::default());
    let record: &TicketRecord = scene.ticket.factor.get().expect("a ticket");
    let odd = TicketRecord { service: "web\nlogin user=root".into(), ..record.clone() };
    assert!(!Factor::from(odd).may_be_shown("Ticket"));
}
