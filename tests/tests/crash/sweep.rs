//! The moments are swept over the whole login, and the store is read behind the engine's back after
//! each: in the embedded store nobody can look between two steps.

use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use monk_tests::clients::{WireAnswer, WireLogin};
use monk_tests::site::{Backend, CODE_ALONE, Device, Running, Site};
use monk_tests::{Signal, Slapd, figures};
use rusqlite::{Connection, OpenFlags};

/// How a login is made, each with its share of the time that a login takes at which to kill.
const WAYS: [(&str, &str); 2] = [("code", ""), ("imap", "secret;")];

/// One in so many logins has a password, whose hash takes most of the time.
const WITH_PASSWORD: usize = 5;

/// Devices of each of two users. Each has two codes at once, and another one every 30 s.
const DEVICES: usize = 20;

/// Logins after which it is given up to hit the moment after the record: one in fifty does.
const ENOUGH: usize = 1000;

/// How far the guess at the moment at which a code is spent moves after each login.
const STEP: f64 = 0.05;

#[test]
fn a_killed_resident_engine_makes_no_code_good_again() {
    let bench = Bench::set_up(Backend::Embedded);
    let tally = bench.kill(figures::times(60, 1000), 1, Bench::kill_resident);
    tally.note("embedded store, resident");
    assert!(tally.broken_after > 0, "the moments are swept: {tally:?}");
}

#[test]
fn a_killed_one_shot_engine_makes_no_code_good_again() {
    let bench = Bench::set_up(Backend::Embedded);
    let tally = bench.kill(figures::times(40, 500), 0, Bench::kill_one_shots);
    tally.note("embedded store, one-shot");
}

#[test]
fn a_killed_engine_makes_no_code_in_ldap_good_again() {
    let bench = Bench::set_up(Backend::Ldap);
    let tally = bench.kill(figures::times(40, 1000), 1, Bench::kill_resident);
    tally.note("LDAP, resident");
    assert!(tally.broken_after > 0, "the moments are swept: {tally:?}");
}

#[test]
fn a_killed_engine_makes_no_code_in_an_ldap_store_of_its_own_good_again() {
    let bench = Bench::set_up(Backend::LdapStore);
    let tally = bench.kill(figures::times(40, 1000), 1, Bench::kill_resident);
    tally.note("LDAP store of its own, resident");
    assert!(tally.broken_after > 0, "the moments are swept: {tally:?}");
}

/// What all the killing came to.
#[derive(Debug, Default)]
struct Tally {
    /// Logins, and in how many of them an engine was killed.
    logins: usize,
    kills: usize,
    codes: usize,
    granted: usize,
    replayed: usize,
    /// Broken off before the code was on record, and after.
    broken_before: usize,
    broken_after: usize,
}

impl Tally {
    /// Writes it down. Every claim about it has been checked on the way.
    fn note(&self, what: &str) {
        println!("{what}: {self:?}");
        // About a third of them, but they fall as they may.
        assert!(self.broken_before > self.kills / 20, "the moments are swept: {self:?}");
        let did = format!("kill -9 while a code is consumed, {what}: {} kills", self.kills);
        let seen = format!(
            "{} codes, {} granted, 0 twice; {} broken off after the record; store intact",
            self.codes, self.granted, self.broken_after
        );
        figures::row("hostile", &[&did, &seen, "0 codes accepted twice"]);
    }
}

/// One code, and what became of it in one login after another.
struct Fate {
    user: String,
    code: String,
    successes: usize,
    /// The store says so.
    spent: bool,
    /// An engine was killed over it: what it had sent to a server may still arrive.
    broken: bool,
}

impl Fate {
    /// Enters the answer to one login, in which the store has or has not recorded a use.
    #[track_caller]
    fn enter(&mut self, answer: WireAnswer, recorded: bool, tally: &mut Tally) {
        let code = &self.code;
        assert!(!(self.spent && recorded), "{code}: recorded twice");
        match answer {
            WireAnswer::Granted => {
                assert!(recorded, "{code}: opens, and the store does not know");
                self.successes += 1;
                tally.granted += 1;
            }
            WireAnswer::Denied => {
                let arrived_late = recorded && self.broken;
                assert!(self.spent || arrived_late, "{code}: is refused, and was not used");
                tally.replayed += 1;
            }
            WireAnswer::Broken | WireAnswer::Unavailable if recorded => tally.broken_after += 1,
            WireAnswer::Broken | WireAnswer::Unavailable => tally.broken_before += 1,
        }
        self.spent |= recorded;
        self.broken |= matches!(answer, WireAnswer::Broken | WireAnswer::Unavailable);
        assert!(self.successes <= 1, "{code}: has opened {} times", self.successes);
    }
}

/// A site with people whose codes are tried.
struct Bench {
    site: Site,
    devices: Vec<(String, Device)>,
}

impl Bench {
    #[track_caller]
    fn set_up(backend: Backend) -> Self {
        let site = Site::with_settings(backend, Running::OneShot, CODE_ALONE);
        let mut devices = Vec::new();
        for number in 0..2 {
            let user = format!("user{number}");
            site.add_user(&user, "secret");
            for device in 0..DEVICES {
                devices.push((user.clone(), site.device(&user, &format!("Phone {device}"))));
            }
        }
        Self { site, devices }
    }

    /// Logs in until engines were killed `kills` times, `after` of them after the code was on
    /// record. `kill` is told how long to wait from now on, and returns whether it has killed an
    /// engine.
    #[track_caller]
    fn kill(&self, kills: usize, after: usize, kill: impl Fn(&Self, Duration) -> bool) -> Tally {
        let mut codes = self.devices.iter().flat_map(|owned| [owned, owned]).cycle();
        let mut next = || {
            let (user, device) = codes.next().expect("enough codes");
            Fate {
                user: user.clone(),
                code: device.code(),
                successes: 0,
                spent: false,
                broken: false,
            }
        };
        let mut tally = Tally::default();
        let mut spent_at = WAYS.map(|way| {
            // The first login of an engine, as all of them will be.
            kill(self, Duration::ZERO);
            self.log_in(&next(), way, |_| ()).1
        });

        let mut fate = next();
        let mut seen = self.uses();
        tally.codes += 1;
        while tally.kills < kills || tally.broken_after < after {
            assert!(tally.logins < ENOUGH + 4 * kills, "engines are hardly ever hit: {tally:?}");
            let way = usize::from(tally.logins.is_multiple_of(WITH_PASSWORD));
            // Every other kill goes over the whole login, in steps that do not fall together with
            // those of the ways; the others aim at the moment at which the code is spent.
            let share = match tally.logins % 2 {
                0 => (tally.logins * 7 % 97) as f64 / 97.0 * 1.3,
                _ => 1.0,
            };
            let moment = spent_at[way].mul_f64(share);
            let before = self.uses();
            if before != seen {
                // What the dead engine had sent has arrived after all.
                fate.spent = true;
                tally.broken_after += 1;
                tally.broken_before -= 1;
            }
            let (answer, _) = self.log_in(&fate, WAYS[way], |began| {
                tally.kills += usize::from(kill(self, moment.saturating_sub(began.elapsed())));
            });
            tally.logins += 1;
            seen = self.uses();
            let recorded = seen != before;
            let too_early = !recorded && answer != WireAnswer::Denied;
            spent_at[way] = spent_at[way].mul_f64(if too_early { 1.0 + STEP } else { 1.0 - STEP });
            fate.enter(answer, recorded, &mut tally);
            if answer == WireAnswer::Denied {
                fate = next();
                tally.codes += 1;
            }
        }
        self.is_sound();
        tally
    }

    /// Logs in on a thread of its own; `meanwhile` is told when that has begun. How long the answer
    /// took is returned with it.
    #[track_caller]
    fn log_in(
        &self,
        fate: &Fate,
        (service, password): (&str, &str),
        meanwhile: impl FnOnce(Instant),
    ) -> (WireAnswer, Duration) {
        let typed = format!("{password}{}", fate.code);
        let login = WireLogin { service, user: &fate.user, typed: &typed };
        let (world, endpoint) = (&self.site.world, self.site.endpoint());
        let (begin, begun) = channel();
        thread::scope(|scope| {
            let client = scope.spawn(|| {
                world.inside(|| {
                    let began = Instant::now();
                    begin.send(began).expect("somebody waits");
                    (login.run(&endpoint), began.elapsed())
                })
            });
            meanwhile(begun.recv().expect("the client begins"));
            client.join().expect("a client does not panic")
        })
    }

    /// Kills the resident engine and starts another one.
    fn kill_resident(&self, delay: Duration) -> bool {
        pause(delay);
        self.site.kill_engine();
        self.site.start_engine();
        true
    }

    /// Kills engines that were started for one login.
    fn kill_one_shots(&self, delay: Duration) -> bool {
        pause(delay);
        self.site.signal_one_shots(Signal::SIGKILL) > 0
    }

    /// What the store has on record as used.
    #[track_caller]
    fn uses(&self) -> Vec<String> {
        if self.site.is_in_ldap() {
            return self.values("monkUse");
        }
        self.in_store(|store| {
            let mut query = store.prepare("SELECT value FROM uses ORDER BY value")?;
            query.query_map([], |row| row.get(0))?.collect()
        })
    }

    /// After all that, the store is whole, and everything that was enrolled is there.
    #[track_caller]
    fn is_sound(&self) {
        if self.site.is_in_ldap() {
            assert_eq!(self.values("monkCredential").len(), self.devices.len());
            return;
        }
        let enrolled: i64 = self.in_store(|store| {
            store.query_row("SELECT count(*) FROM credentials", [], |row| row.get(0))
        });
        assert_eq!(usize::try_from(enrolled), Ok(self.devices.len()));
        let check: String =
            self.in_store(|store| store.query_row("PRAGMA integrity_check", [], |row| row.get(0)));
        assert_eq!(check, "ok");
    }

    /// What stands in everybody's entries, in order.
    #[track_caller]
    fn values(&self, attribute: &str) -> Vec<String> {
        let filter = "(&(objectClass=monkUser)(!(cn=sentinel)))";
        let found = self.site.slapd().search(Slapd::SUFFIX, filter, &[attribute]);
        let mut values: Vec<_> = found.iter().flat_map(|entry| entry.values(attribute)).collect();
        values.sort();
        values
    }

    /// Looks into the embedded store past the engine.
    #[track_caller]
    fn in_store<T: Send>(&self, look: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send) -> T {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let found = self.site.world.inside(|| {
            let store = Connection::open_with_flags("/var/lib/monk/monk.db", flags)?;
            store.busy_timeout(Duration::from_secs(5))?;
            look(&store)
        });
        found.unwrap_or_else(|error| panic!("cannot look into the store: {error}"))
    }
}

/// Waits to the microsecond, which `sleep` alone does not.
fn pause(delay: Duration) {
    let end = Instant::now() + delay;
    thread::sleep(delay.saturating_sub(Duration::from_millis(1)));
    while Instant::now() < end {
        std::hint::spin_loop();
    }
}
