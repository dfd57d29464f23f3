//! The machine of somebody who works on monk and uses it, too: tests have to pass there as well.

use std::env;
use std::time::Duration;

use super::{Backend, Running, Site, programs};

/// How long the tests may take together.
const LIMIT: Duration = Duration::from_secs(200);

/// A machine that asks monk for logins: installed by the package's script, switched on for all services,
/// with the shipped rules for those that have rules of their own, and with people who are enrolled.
#[track_caller]
fn machine() -> Site {
    let site = Site::packaged(Backend::Embedded, Running::Resident);
    let _phone = site.user_with_device("alice", "of this machine");
    site.switch_on_profile();
    for service in ["imap", "smtp", "sshd", "sudo", "su"] {
        site.install_recipe(service);
    }
    site
}

/// Runs tests of the program that calls this once more, on a machine where monk is installed, by their
/// whole names.
///
/// Worlds in a world are layers upon two layers, which is as many as Linux allows: the files of this
/// machine must not be layers themselves, as those of a container often are.
///
/// # Panics
/// When not all of them are there and pass; the message shows what they said.
#[track_caller]
pub fn pass_where_monk_is_installed(tests: &[&str]) {
    let site = machine();
    let this = env::current_exe().expect("this program has a path");
    let beside = this.ancestors().nth(2).expect("cargo puts tests into a folder of the programs");
    for folder in [programs::workspace(), beside] {
        // Homes are left out of a world, and often have these in them.
        if !site.world.exists(folder) {
            site.world.lend(folder, folder.to_str().expect("the path is UTF-8"));
        }
    }
    let command = site.world.command(&this).args(["--exact", "--test-threads=2"]).args(tests);
    let said = command.timeout(LIMIT).run();
    let all = format!("test result: ok. {} passed; 0 failed", tests.len());
    assert!(said.stdout.contains(&all), "{all:?} is missing:\n{said}");
    // What they did has not reached that machine either.
    let alice = site.enroll(&["status", "alice"]);
    assert_eq!(alice["credentials"].as_array().map(Vec::len), Some(1), "{alice:#}");
}
