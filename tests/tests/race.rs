//! One code, many who type it at the same moment, at two hosts with one directory: one gets in.

use std::slice;
use std::time::Duration;

use monk_one_shot::Endpoint;
use monk_tests::clients::{WireAnswer, WireLogin, at_once};
use monk_tests::site::{Backend, CODE_ALONE, Device, Running, Site};
use monk_tests::{figures, in_every_store, until};

in_every_store!(
    a_code_of_a_device_opens_once,
    a_backup_code_opens_once,
    codes_of_one_set_do_not_undo_each_other,
);

/// Clients that race where the engines are resident.
const MANY: usize = 64;

/// Clients that race where each of them starts an engine.
const SOME: usize = 12;

/// Clients that race with all codes of a set. Whoever is overtaken hashes once more, and all of
/// that has to fit into the ten seconds of a login.
const FEWER: usize = 24;

/// Two hosts of a fleet, and the races that were run there.
struct Fleet {
    backend: Backend,
    site: Site,
    hosts: [Endpoint; 2],
    rounds: usize,
    unavailable: usize,
}

impl Fleet {
    #[track_caller]
    fn new(backend: Backend) -> Self {
        let site = Site::with_settings(backend, Running::OneShot, CODE_ALONE);
        let hosts = [site.endpoint(), site.another_host("two")];
        Self { backend, site, hosts, rounds: 0, unavailable: 0 }
    }

    /// Runs `work` while both hosts have a resident engine.
    fn while_resident(&mut self, work: impl FnOnce(&mut Self)) {
        self.site.start_engine();
        let engine = self.site.start_engine_of(&self.hosts[1]);
        work(self);
        drop(engine);
        self.site.kill_engine();
    }

    /// Lets `clients` log in at the same moment, every other one at the other host, with the
    /// strings of `typed` in turn. Each string opens at most once; returns how many did.
    #[track_caller]
    fn race(&mut self, clients: usize, service: &str, user: &str, typed: &[String]) -> usize {
        let before = self.site.logins().len();
        let login =
            |number: usize| WireLogin { service, user, typed: &typed[number % typed.len()] };
        // The host changes with every client, the string after both hosts have had it.
        let logins: Vec<_> =
            (0..clients).map(|number| (login(number / 2), &self.hosts[number % 2])).collect();
        let answers = self.site.world.inside(|| at_once(&logins));
        self.rounds += 1;

        let mut winners = vec![0; typed.len()];
        for ((login, _), answer) in logins.iter().zip(&answers) {
            let string = typed.iter().position(|typed| typed == login.typed).expect("one of them");
            match answer {
                WireAnswer::Granted => winners[string] += 1,
                WireAnswer::Denied => {}
                WireAnswer::Unavailable => self.unavailable += 1,
                WireAnswer::Broken => panic!("an engine broke off in round {}", self.rounds),
            }
        }
        assert!(winners.iter().all(|&count| count <= 1), "round {}: {winners:?}", self.rounds);
        self.audit_agrees(before, &answers);
        winners.iter().sum()
    }

    /// Who was refused was refused because the code had been used.
    #[track_caller]
    fn audit_agrees(&self, before: usize, answers: &[WireAnswer]) {
        let lines = until(Duration::from_secs(10), || {
            let lines = self.site.logins().split_off(before);
            (lines.len() >= answers.len()).then_some(lines)
        });
        let lines = lines.expect("each login leaves a line");
        let count = |verdict: &str, reasons: &[&str]| {
            let of = |reason: &str| reasons.is_empty() || reasons.contains(&reason);
            lines.iter().filter(|line| line.verdict == verdict && of(&line.reason)).count()
        };
        let said = |wanted| answers.iter().filter(|&&answer| answer == wanted).count();
        let opened = count("granted", &["totp", "backup-code"]);
        assert_eq!(opened, said(WireAnswer::Granted), "{lines:#?}");
        assert_eq!(count("refused", &["replayed-code"]), said(WireAnswer::Denied), "{lines:#?}");
        assert_eq!(count("unavailable", &[]), said(WireAnswer::Unavailable), "{lines:#?}");
    }

    /// Writes down how it went. That no code has opened twice was claimed in each round.
    fn report(&self, what: &str, winners: usize) {
        let place = match self.backend {
            Backend::Embedded => "the embedded store",
            Backend::LdapStore => "an LDAP store of its own",
            Backend::Ldap | Backend::ReadOnlyLdap => "LDAP",
        };
        let did = format!("codes raced by the engines of two hosts, {place}: {what}");
        let (rounds, unavailable) = (self.rounds, self.unavailable);
        let seen =
            format!("{rounds} rounds, {winners} logins, 0 codes twice, {unavailable} unavailable");
        figures::row("hostile", &[&did, &seen, "each code opens at most once"]);
    }
}

/// The codes that are fresh at this moment, of devices of several users.
fn fresh_codes(people: &[(String, Vec<Device>)]) -> impl Iterator<Item = (&str, String)> {
    let devices = people.iter().flat_map(|(user, devices)| devices.iter().map(move |d| (user, d)));
    devices.flat_map(|(user, device)| [(); 2].map(|()| (user.as_str(), device.code())))
}

/// Adds people with devices.
#[track_caller]
fn enrol(site: &Site, people: usize, devices: usize) -> Vec<(String, Vec<Device>)> {
    let person = |number| {
        let user = format!("user{number}");
        site.add_user(&user, "secret");
        let devices = (0..devices).map(|n| site.device(&user, &format!("Phone {n}"))).collect();
        (user, devices)
    };
    (0..people).map(person).collect()
}

/// A code of a device, raced by resident engines and then by engines started for each login.
#[track_caller]
fn a_code_of_a_device_opens_once(backend: Backend) {
    let mut fleet = Fleet::new(backend);
    let people = enrol(&fleet.site, 4, 5);
    let mut codes = fresh_codes(&people);

    let mut winners = 0;
    fleet.while_resident(|fleet| {
        for (number, (user, code)) in codes.by_ref().take(32).enumerate() {
            winners += match number % 8 {
                0 => fleet.race(MANY, "imap", user, &[format!("secret;{code}")]),
                _ => fleet.race(MANY, "code", user, slice::from_ref(&code)),
            };
            assert_eq!(winners, fleet.rounds, "in each round somebody gets in");
        }
    });
    fleet.report("a code of a device, resident", winners);
    for (number, (user, code)) in codes.enumerate() {
        // In the second half, one of the hosts has a resident engine again.
        if number == 4 {
            fleet.site.start_engine();
        }
        winners += fleet.race(SOME, "imap", user, &[format!("secret;{code}")]);
        assert_eq!(winners, fleet.rounds, "in each round somebody gets in");
    }
    fleet.report("a code of a device, resident and one-shot", winners);
}

/// A backup code, raced by resident engines and then by engines started for each login.
#[track_caller]
fn a_backup_code_opens_once(backend: Backend) {
    let mut fleet = Fleet::new(backend);
    for user in ["alice", "bob"] {
        fleet.site.add_user(user, "secret");
    }
    let mut winners = 0;
    fleet.while_resident(|fleet| {
        for code in fleet.site.backup_codes("alice").into_iter().take(4) {
            winners += fleet.race(MANY, "code", "alice", &[code]);
            assert_eq!(winners, fleet.rounds, "in each round somebody gets in");
        }
    });
    fleet.report("a backup code, resident", winners);
    for code in fleet.site.backup_codes("bob").iter().take(3) {
        winners += fleet.race(SOME, "imap", "bob", &[format!("secret;{code}")]);
        assert_eq!(winners, fleet.rounds, "in each round somebody gets in");
    }
    fleet.report("a backup code, resident and one-shot", winners);
}

/// All six codes of a set at the same moment change one and the same record.
#[track_caller]
fn codes_of_one_set_do_not_undo_each_other(backend: Backend) {
    let mut fleet = Fleet::new(backend);
    fleet.site.add_user("alice", "secret");
    fleet.while_resident(|fleet| {
        for _ in 0..2 {
            let codes = fleet.site.backup_codes("alice");
            let winners = fleet.race(FEWER, "code", "alice", &codes);
            fleet.report("six backup codes at once", winners);
            assert!(winners >= 1, "somebody gets in");
            // Those that were spent stay spent; one that nobody got in with is still good.
            let again: usize = codes
                .iter()
                .map(|code| fleet.race(2, "code", "alice", slice::from_ref(code)))
                .sum();
            assert_eq!(winners + again, codes.len());
        }
    });
}
