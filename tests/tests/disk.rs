//! The disk is full, or fails at any single write of a login: nobody gets in by it, no code opens
//! twice, and afterwards the files are whole and everything works.

use monk_tests::figures;
use monk_tests::site::{Backend, Device, PamHost, Running, Site};
use rusqlite::{Connection, OpenFlags};

/// Nothing but the login itself takes time.
const SETTINGS: &str = "\
[engine]
refusal_ms = 0
";

/// Where the engine is, and where it is put so that strace can start it.
const ENGINE: &str = "/usr/sbin/monkd";
const REAL_ENGINE: &str = "/usr/sbin/monkd.real";

/// What strace is to do, as arguments in a file; without it nothing is injected.
const INJECTION: &str = "/run/injection";

/// What strace has seen.
const TRACE: &str = "/run/trace";

/// Everything by which SQLite changes a file.
const WRITES: &str = "write,pwrite64,pwritev,fsync,fdatasync,ftruncate,fallocate,unlink";

/// More writes than a login has.
const MANY_WRITES: usize = 120;

/// The files of the engine.
const FOLDER: &str = "/var/lib/monk";
const STORE: &str = "monk.db";
const COUNTERS: &str = "throttle.db";

#[test]
fn a_write_to_the_store_that_fails_opens_nothing_twice() {
    every_write_fails(STORE);
}

#[test]
fn a_write_to_the_counters_that_fails_opens_nothing_twice() {
    every_write_fails(COUNTERS);
}

/// Lets the first write of a login fail, then the second, and so on until there are no more.
#[track_caller]
fn every_write_fails(file: &str) {
    let mut bench = Bench::set_up();
    bench.put_strace_before_the_engine();
    for error in ["EIO", "ENOSPC"] {
        let mut tally = Tally::default();
        let mut failures = 0;
        for number in 1..=MANY_WRITES {
            let code = bench.code();
            bench.inject(file, error, number);
            let answer = bench.log_in(&code);
            let injected = bench.site.world.read(TRACE).contains("(INJECTED)");
            bench.site.world.remove(INJECTION);
            tally.enter(answer, &bench.afterwards(&code));
            if !injected {
                break;
            }
            failures += 1;
        }
        assert!((3..MANY_WRITES).contains(&failures), "a login has some writes: {failures}");
        let did = format!("{error} at each of the {failures} writes of a login to {file}");
        tally.note(&did);
        assert!(tally.unavailable > 0, "{tally:?}");
    }
}

/// A file system with so many pages left, from none to more than a login needs.
#[test]
fn a_disk_that_fills_up_at_any_moment_of_a_login_opens_nothing_twice() {
    let mut bench = Bench::set_up();
    let mut tally = Tally::default();
    let world = bench.site.world.clone();
    let shell = |script: &str| world.command("sh").args(["-c", script]).run();
    for pages in (0..32).step_by(figures::times(2, 1)) {
        let code = bench.code();
        // Filled to the brim, and then a little taken away.
        let fill =
            format!("cd {FOLDER}; cat /dev/zero >filler; truncate -s -{} filler", 4096 * pages);
        shell(&format!("mount -o remount,size=2m {FOLDER}")).expect_success();
        shell(&fill);
        let answer = bench.log_in(&code);
        shell(&format!("rm {FOLDER}/filler; mount -o remount,size=100m {FOLDER}")).expect_success();
        tally.enter(answer, &bench.afterwards(&code));
    }
    tally.note("disk full, with 0 to 31 pages left");
    assert!(tally.unavailable > 0 && tally.granted > 0, "{tally:?}");
}

/// What all the failures came to.
#[derive(Debug, Default)]
struct Tally {
    logins: usize,
    granted: usize,
    unavailable: usize,
    /// Refused as unavailable, and the code was still good.
    still_good: usize,
}

impl Tally {
    /// Enters the answer to a login with a failing disk, and the answers to the same code
    /// afterwards.
    #[track_caller]
    fn enter(&mut self, answer: Answer, afterwards: &[Answer]) {
        self.logins += 1;
        match answer {
            Answer::Granted => self.granted += 1,
            Answer::Unavailable => self.unavailable += 1,
            Answer::Denied => panic!("a right code is refused: {self:?}"),
        }
        let again = afterwards.iter().filter(|&&answer| answer == Answer::Granted).count();
        self.still_good += again;
        let times = again + usize::from(answer == Answer::Granted);
        assert!(times <= 1, "one code has opened {times} times: {answer:?}, then {afterwards:?}");
    }

    fn note(&self, did: &str) {
        let seen = format!(
            "{} unavailable ({} codes still good), {} granted, 0 twice; files intact",
            self.unavailable, self.still_good, self.granted
        );
        figures::row("hostile", &[did, &seen, "0 codes accepted twice"]);
    }
}

/// A site with somebody who has devices, and somebody who has an app password.
struct Bench {
    site: Site,
    phones: Vec<Device>,
    app_password: String,
    program: PamHost,
}

/// What a program was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Granted,
    Denied,
    Unavailable,
}

impl Bench {
    #[track_caller]
    fn set_up() -> Self {
        let site = Site::with_settings(Backend::Embedded, Running::OneShot, SETTINGS);
        for user in ["alice", "bob"] {
            site.add_user(user, "secret");
        }
        let app_password = site.app_password("bob", "Mail", &[]);
        // In the world's own processes, so that strace finds its engines.
        let program = site.pam_host("imap");
        Self { site, phones: Vec::new(), app_password, program }
    }

    /// A code of alice's that was never used.
    #[track_caller]
    fn code(&mut self) -> String {
        let code = self.site.fresh_code("alice", &mut self.phones);
        format!("secret;{code}")
    }

    #[track_caller]
    fn log_in(&mut self, typed: &str) -> Answer {
        self.log_in_as("alice", typed)
    }

    #[track_caller]
    fn log_in_as(&mut self, user: &str, typed: &str) -> Answer {
        let outcome = self.program.login(user, &[typed]);
        match outcome.name.as_str() {
            "PAM_SUCCESS" => Answer::Granted,
            "PAM_AUTH_ERR" => Answer::Denied,
            "PAM_AUTHINFO_UNAVAIL" => Answer::Unavailable,
            _ => panic!("{outcome:?}"),
        }
    }

    /// The disk works again: what the same code is told now, twice. Bob gets in, and both files are
    /// whole.
    #[track_caller]
    fn afterwards(&mut self, code: &str) -> [Answer; 2] {
        for file in [STORE, COUNTERS] {
            self.is_whole(file);
        }
        let app_password = self.app_password.clone();
        assert_eq!(self.log_in_as("bob", &app_password), Answer::Granted);
        let answers = [(); 2].map(|()| self.log_in(code));
        assert!(answers[1] == Answer::Denied, "{answers:?}");
        answers
    }

    #[track_caller]
    fn is_whole(&self, file: &str) {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let said = self.site.world.inside(|| {
            let store = Connection::open_with_flags(format!("{FOLDER}/{file}"), flags)?;
            store.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))
        });
        assert_eq!(said.as_deref(), Ok("ok"), "{file}");
    }

    /// Engines are started through strace from now on, where [`INJECTION`] says so.
    #[track_caller]
    fn put_strace_before_the_engine(&self) {
        let world = &self.site.world;
        world.command("mv").args([ENGINE, REAL_ENGINE]).run().expect_success();
        let script = format!(
            "#!/bin/sh\n\
             [ -f {INJECTION} ] || exec {REAL_ENGINE} \"$@\"\n\
             exec strace -f -o {TRACE} $(cat {INJECTION}) {REAL_ENGINE} \"$@\"\n"
        );
        world.write(ENGINE, script, 0o755);
    }

    /// Lets one write fail: the one with this number, of each thread.
    #[track_caller]
    fn inject(&self, file: &str, error: &str, number: usize) {
        let mut arguments =
            format!("-e trace={WRITES} -e inject={WRITES}:error={error}:when={number}");
        for suffix in ["", "-wal", "-shm", "-journal"] {
            arguments.push_str(&format!(" -P {FOLDER}/{file}{suffix}"));
        }
        self.site.world.write(INJECTION, arguments, 0o644);
        self.site.world.write(TRACE, "", 0o666);
    }
}
