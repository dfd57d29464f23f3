//! Every file of the machine before the packages and after them, as piuparts compares them.

use std::collections::BTreeSet;

use monk_tests::World;
use monk_tests::fresh::{Debian, Machine, names_package, package};

use crate::guarded::{apt_get, install};

monk_tests::on_each_debian!(
    the_module_of_names_comes_and_goes_and_every_other_file_stays_as_it_was,
    after_a_purge_and_the_documented_wipe_every_file_is_as_it_was,
);

/// Where programs other than monk write down what happened: dpkg, apt, systemd, the journal.
const ELSEWHERE: [&str; 6] =
    ["/var/lib/dpkg", "/var/lib/apt", "/var/lib/systemd", "/var/cache", "/var/log", "/var/lib/pam"];

/// Every file and folder of the disk with its kind, owner, mode and target, and the content of each file.
#[track_caller]
fn files(world: &World) -> BTreeSet<String> {
    let elsewhere = ELSEWHERE.map(|place| format!("-path {place}")).join(" -o ");
    // What is in memory has file systems of its own. Names with a - at the end are shadow's backups.
    let all = format!("find / -xdev \\( {elsewhere} \\) -prune -o ! -name '*-'");
    let script = format!(
        "{all} -printf '%y %U:%G %m %p %l\\n'; {all} -type f -print0 | xargs --null sha256sum"
    );
    let said = world.command("sh").args(["-ec", &script]).run().expect_success().stdout;
    said.lines().map(str::to_owned).collect()
}

/// Says which files came, went or changed.
#[track_caller]
fn assert_same(before: &BTreeSet<String>, after: &BTreeSet<String>, when: &str) {
    let gone: Vec<_> = before.difference(after).collect();
    let new: Vec<_> = after.difference(before).collect();
    assert!(gone.is_empty() && new.is_empty(), "{when}: before {gone:#?}, now {new:#?}");
}

/// A machine on which both packages lie, and none is installed.
#[track_caller]
fn machine(debian: Debian) -> Machine {
    let (monk, names) = (package().current, names_package().current);
    let machine = Machine::new(debian);
    machine.install(&monk, "/root/monk.deb", 0o644);
    machine.install(&names, "/root/libnss-monk.deb", 0o644);
    machine
}

fn the_module_of_names_comes_and_goes_and_every_other_file_stays_as_it_was(debian: Debian) {
    let machine = machine(debian);
    install(&machine, &package().current);
    let before = files(&machine);
    for ending in ["remove", "purge"] {
        apt_get(&machine, &["install", "/root/libnss-monk.deb"]);
        let installed = files(&machine);
        assert!(installed.iter().any(|file| file.contains("/libnss_monk.so.2 ")), "{ending}");
        apt_get(&machine, &[ending, "libnss-monk"]);
        assert_same(&before, &files(&machine), ending);
    }
    // Removed first and purged afterwards, in two steps.
    apt_get(&machine, &["install", "/root/libnss-monk.deb"]);
    apt_get(&machine, &["remove", "libnss-monk"]);
    apt_get(&machine, &["purge", "libnss-monk"]);
    assert_same(&before, &files(&machine), "in two steps");
    let state = ["--show", "--showformat=${db:Status-Status}", "libnss-monk"];
    let known = machine.command("dpkg-query").args(state).run();
    assert!(!known.success() || known.stdout == "not-installed", "dpkg knows it still: {known}");
}

fn after_a_purge_and_the_documented_wipe_every_file_is_as_it_was(debian: Debian) {
    let machine = machine(debian);
    let before = files(&machine);
    apt_get(&machine, &["install", "/root/monk.deb", "/root/libnss-monk.deb"]);
    machine.command("pam-auth-update").args(["--enable", "monk"]).run().expect_success();
    assert_ne!(files(&machine), before);
    let said = apt_get(&machine, &["purge", "libnss-monk", "monk"]).stdout;
    let how = said.lines().find_map(|line| line.split_once("for ever: ")).map(|it| it.1.trim());
    let how = how.unwrap_or_else(|| panic!("it does not say how: {said}"));
    machine.command("sh").args(["-e", "-c", how]).run().expect_success();
    assert_same(&before, &files(&machine), "wiped");
}
