//! The engine's socket, which everybody on the machine may talk to: whatever comes in, the answer
//! is a refusal or none, the engine stays small, and the logins of others go on.

mod asking;
mod claims;
mod crowd;
mod descriptors;
mod frames;
mod held_open;
mod impostor;

use std::cell::RefCell;
use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use monk_tests::site::{Backend, PamHost, Running, Site, monk_socket};
use monk_tests::{Footprint, Sample, figures};

/// Logins of a program of root's, by which the others are measured.
const LOGINS: usize = 200;

/// Refusals that come at once.
const QUICK: &str = "[engine]\nrefusal_ms = 0\n";

/// Uids of people who have nothing to do with monk.
const BOB: u32 = 5001;
const CAROL: u32 = 5002;

/// What the engine's memory may grow by under any attack, in KiB. A connection is a task of less
/// than 2 KiB, and a hash takes 19 MiB while it is computed, on each core.
const MAX_GROWTH: u64 = 96 * 1024;

/// A resident engine with alice, and root's program through which she logs in.
struct Attacked {
    site: Site,
    program: RefCell<PamHost>,
    typed: String,
    calm: Footprint,
}

impl Attacked {
    #[track_caller]
    fn new() -> Self {
        let site = Site::with_settings(Backend::Embedded, Running::Resident, QUICK);
        site.add_user("alice", "secret");
        let typed = site.app_password("alice", "Mail", &[]);
        let program = RefCell::new(site.pam_host("imap"));
        let calm = Footprint::of(site.engine_pid());
        let mut attacked = Self { site, program, typed, calm };
        // The engine has all its threads and its usual memory then.
        attacked.logins();
        attacked.calm = Footprint::of(attacked.site.engine_pid());
        attacked
    }

    /// Alice logs in again and again, which must succeed every time.
    #[track_caller]
    fn logins(&self) -> Sample {
        let mut program = self.program.borrow_mut();
        let logins = (0..LOGINS).map(|number| {
            let outcome = program.login("alice", &[&self.typed]);
            assert!(outcome.is_success(), "login {number}: {outcome:?}");
            outcome.took()
        });
        logins.collect()
    }

    /// The engine has not grown.
    #[track_caller]
    fn is_still_small(&self) -> Footprint {
        let now = Footprint::of(self.site.engine_pid());
        assert!(now.peak_kib <= self.calm.peak_kib + MAX_GROWTH, "{:?} {now:?}", self.calm);
        now
    }

    /// Writes the figures of one attack down.
    fn tell(&self, attack: &str, seen: &str, meanwhile: &Sample) {
        let now = Footprint::of(self.site.engine_pid());
        let seen = format!(
            "{seen}; peak {} MiB (calm: {}), {} fds; logins p50 {:.0}, p99 {:.0} ms",
            now.peak_kib / 1024,
            self.calm.peak_kib / 1024,
            now.descriptors,
            meanwhile.percentile(50),
            meanwhile.percentile(99),
        );
        figures::row("hostile", &[attack, &seen, "others' logins go on, memory bounded"]);
    }
}

/// Opens connections as `uid`.
#[track_caller]
fn connections(site: &Site, uid: u32, count: usize) -> Vec<UnixStream> {
    let open = |_| UnixStream::connect(monk_socket()).expect("the engine listens to everybody");
    site.world.inside_as(uid, || (0..count).map(open).collect())
}

/// Whether the engine has not hung up.
fn is_open(connection: &UnixStream) -> bool {
    connection.set_nonblocking(true).expect("a socket of ours");
    let heard = (&mut &*connection).read(&mut [0; 64]);
    let waits = matches!(&heard, Err(error) if error.kind() == ErrorKind::WouldBlock);
    connection.set_nonblocking(false).expect("a socket of ours");
    waits
}

/// Everything that the engine says until it hangs up or is silent for `limit`.
fn heard(connection: &mut UnixStream, limit: Duration) -> Vec<u8> {
    connection.set_read_timeout(Some(limit)).expect("a socket of ours");
    let mut said = Vec::new();
    // An end in the middle is one, too.
    let _ = connection.read_to_end(&mut said);
    said
}
