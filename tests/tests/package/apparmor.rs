//! Programs that AppArmor confines, by the abstractions that the release itself brings.
//!
//! The machine of the tests has no AppArmor in its kernel: what a profile allows is read from what its own
//! parser makes of it.

use monk_tests::World;
use monk_tests::fresh::{Debian, Machine, package};

use crate::guarded::{apt_get, install};

monk_tests::on_each_debian!(
    profiles_that_allow_look_ups_let_programs_ask_monk_while_it_is_installed
);

/// A profile of somebody else, as Debian's own are.
const PROFILE: &str = "\
abi <abi/3.0>,
include <tunables/global>
profile daemon /usr/sbin/daemon {
  include <abstractions/nameservice>
}
";

/// Where it is.
const PLACE: &str = "/etc/apparmor.d/usr.sbin.daemon";

/// The rules that the module needs.
const RULES: [&str; 3] =
    ["@{run}/monk/names.map r,", "@{run}/monk/names.map.sock rw,", "@{run}/monk/names.sock rw,"];

/// A profile with all that it includes, after it was compiled.
#[track_caller]
fn whole(machine: &World, profile: &str) -> String {
    let parser = |what| machine.command("apparmor_parser").args([what, "--skip-cache", profile]);
    parser("--skip-kernel-load").run().expect_success();
    parser("--preprocess").run().expect_success().stdout
}

fn profiles_that_allow_look_ups_let_programs_ask_monk_while_it_is_installed(debian: Debian) {
    let machine = Machine::with(debian, &["apparmor"]);
    machine.write(PLACE, PROFILE, 0o644);
    let before = whole(&machine, PLACE);
    let has = |rules: &str, rule: &str| rules.lines().any(|line| line.trim() == rule);
    assert!(RULES.iter().all(|rule| !has(&before, rule)), "{before}");
    install(&machine, &package().current);
    let with_monk = whole(&machine, PLACE);
    for rule in RULES {
        assert!(has(&with_monk, rule), "{rule} is missing:\n{with_monk}");
    }
    // The engine's own profile is one for this release, too.
    whole(&machine, "/etc/apparmor.d/usr.sbin.monkd");
    apt_get(&machine, &["purge", "monk"]);
    assert_eq!(whole(&machine, PLACE), before);
}
