//! What a login costs the program that carries it out, beyond libpam's own: in figures that do not
//! depend on how fast the machine is. `cargo xtask bench module` has those of the release build.

use std::collections::BTreeMap;

use monk_tests::host_cost::{self, instructions, system_calls};
use monk_tests::site::{Backend, PamHost, Running, Site};

/// The system calls of one login, with a prompt and its answer, that asks a resident engine.
const SYSTEM_CALLS: [(&str, i64); 8] = [
    // Who has started the program.
    ("getuid", 1),
    // The socket, its folder and the two folders above: whose they are.
    ("statx", 4),
    ("socket", 1),
    // One time limit for sending, one for reading.
    ("setsockopt", 2),
    ("connect", 1),
    // Who is at the other end.
    ("getsockopt", 1),
    // The login and what was typed; the prompt and the answer.
    ("sendto", 2),
    ("recvfrom", 2),
];

/// How often a login is looked at. One that is held up on a busy machine sets the time limits of its
/// socket again.
const ATTEMPTS: usize = 5;

/// What else is seen: the loader's work, which is not the same in each process, closing the socket, and
/// that a development build makes sure before that it is open.
const OF_OTHERS: [&str; 9] =
    ["fcntl", "close", "openat", "newfstatat", "read", "readlink", "mmap", "mprotect", "munmap"];

/// More instructions than a login may take in a development build, which is many times slower than
/// the release build. It was 77 600 when this was written.
const MOST_INSTRUCTIONS: i64 = 90_000;

struct Given {
    site: Site,
    app_password: String,
}

/// A site with the services `imap`, with monk in it, and `permit`, with libpam's own work alone.
fn given_alice() -> Given {
    let site = Site::new(Backend::Embedded, Running::Resident);
    site.add_user("alice", "secret");
    let app_password = site.app_password("alice", "Mail", &[]);
    for (service, module) in [("imap", "pam_monk.so"), ("permit", "pam_permit.so")] {
        site.world.write(format!("/etc/pam.d/{service}"), host_cost::rules(module), 0o644);
    }
    Given { site, app_password }
}

impl Given {
    fn log_in(&self, host: &mut PamHost) {
        let outcome = host.login("alice", &[&self.app_password]);
        assert!(outcome.is_success(), "{outcome:?}");
    }
}

#[test]
fn a_login_costs_the_program_fourteen_system_calls_and_a_close() {
    let given = given_alice();
    let calls =
        |service: &str| system_calls(&given.site.world, service, &mut |host| given.log_in(host));
    let expected = BTreeMap::from(SYSTEM_CALLS.map(|(name, count)| (name.to_owned(), count)));
    let permit = calls("permit");
    let beyond = || {
        let mut monk = calls("imap");
        for (name, count) in &permit {
            *monk.entry(name.clone()).or_default() -= count;
        }
        monk.retain(|name, count| *count != 0 && !OF_OTHERS.contains(&name.as_str()));
        monk
    };
    let mut seen = Vec::new();
    while seen.last() != Some(&expected) {
        assert!(seen.len() < ATTEMPTS, "{seen:?}");
        seen.push(beyond());
    }
}

#[test]
fn a_login_costs_the_program_few_instructions() {
    let given = given_alice();
    let count = |service: &str| {
        instructions(&given.site.world, service, &mut |host| given.log_in(host)).further
    };
    let (monk, permit) = (count("imap"), count("permit"));
    let more = monk - permit;
    assert!(more < MOST_INSTRUCTIONS, "{more}: {monk} with monk, {permit} with pam_permit");
}
