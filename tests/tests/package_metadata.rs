//! What the Debian package says, before anything is built: how its service is confined, whether its
//! AppArmor profile is one, what it puts into PAM stacks, and its scripts.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use monk_tests::packages;

/// What the exposure of the service may be at most, in tenths (systemd-analyze(1)).
const MOST_EXPOSED: &str = "12";

/// What the programs below come from.
const NEEDED: [&str; 2] = ["systemd", "apparmor"];

fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/debian")).join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(file(name)).expect("the package has this file")
}

/// The arguments of a program, the last of which is a file.
fn said(program: &str, arguments: &[&str], file: &PathBuf) -> Output {
    packages::ensure(&NEEDED).expect("packages can be installed");
    let mut command = Command::new(program);
    command.args(arguments).arg(file).env("LC_ALL", "C.UTF-8");
    command.output().unwrap_or_else(|error| panic!("{program}: {error}"))
}

fn exposure(unit: &PathBuf) -> Output {
    let threshold = format!("--threshold={MOST_EXPOSED}");
    said("systemd-analyze", &["security", "--offline=true", "--no-pager", &threshold], unit)
}

/// The value of a key that stands in a unit once.
fn value<'a>(unit: &'a str, key: &str) -> Option<&'a str> {
    let mut values = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let value = values.next();
    assert!(values.next().is_none(), "{key} stands there twice");
    value
}

#[test]
fn the_service_may_do_next_to_nothing_besides_its_work() {
    let output = exposure(&file("monk.service"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_units_of_the_metrics_are_well_formed_and_may_do_less() {
    let output = exposure(&file("monk-metrics.service"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let unit = text("monk-metrics.service");
    assert_eq!(
        (value(&unit, "PrivateNetwork"), value(&unit, "StandardInput")),
        (Some("yes"), Some("socket"))
    );
    assert_eq!(value(&text("monk-metrics.socket"), "ListenStream"), Some("127.0.0.1:9914"));
}

#[test]
fn a_service_that_may_do_more_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("monk.service");
    fs::write(&unit, text("monk.service").replace("ProtectSystem=strict", "")).unwrap();
    assert!(!exposure(&unit).status.success(), "the threshold leaves no room");
}

#[test]
fn the_service_is_there_before_logins_are_and_knows_its_callers() {
    let unit = text("monk.service");
    // It would see every caller as "nobody".
    assert_eq!(value(&unit, "PrivateUsers"), None);
    assert_eq!(value(&unit, "User"), Some("monk"));
    assert_eq!(value(&unit, "Type"), Some("notify"));
    assert_eq!(value(&unit, "StartLimitIntervalSec"), Some("0"), "it never stays down");
    assert!(value(&unit, "WatchdogSec").is_some());
    let before = value(&unit, "Before").unwrap();
    assert!(before.contains("systemd-user-sessions.service"));
    assert!(before.contains("ssh.service") && before.contains("dovecot.service"));
    // A machine without its network still lets root in.
    assert!(!unit.lines().any(|line| !line.starts_with('#') && line.contains("online")));
}

#[test]
fn the_apparmor_profile_is_one() {
    let parse =
        |path: &PathBuf| said("apparmor_parser", &["--skip-kernel-load", "--skip-cache"], path);
    let profile = file("apparmor/usr.sbin.monkd");
    let output = parse(&profile);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged");
    fs::write(&damaged, text("apparmor/usr.sbin.monkd").replace(" rwk,", " surely,")).unwrap();
    assert!(!parse(&damaged).status.success());
}

#[test]
fn every_profile_that_allows_lookups_lets_the_program_ask_monk() {
    let folder = tempfile::tempdir().unwrap();
    let additions = folder.path().join("abstractions/nameservice.d");
    fs::create_dir_all(&additions).unwrap();
    fs::copy(file("apparmor/nameservice.d/monk"), additions.join("monk")).unwrap();
    let profile = folder.path().join("profile");
    let rules = "abi <abi/3.0>,\ninclude <tunables/global>\n\
                 profile daemon /usr/sbin/daemon {\n  include <abstractions/nameservice>\n}\n";
    fs::write(&profile, rules).unwrap();
    let include = format!("--Include={}", folder.path().display());
    let with = |what| said("apparmor_parser", &[what, "--skip-cache", &include], &profile);
    let output = with("--skip-kernel-load");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let whole = String::from_utf8(with("--preprocess").stdout).unwrap();
    for rule in
        ["@{run}/monk/names.map r,", "@{run}/monk/names.map.sock rw,", "@{run}/monk/names.sock rw,"]
    {
        assert!(whole.lines().any(|line| line.trim() == rule), "{whole}");
    }
}

#[test]
fn the_pam_profile_refuses_whatever_goes_wrong_and_is_off_until_it_is_wanted() {
    let profile = text("pam-configs/monk");
    assert!(profile.lines().any(|line| line == "Default: no"));
    let priority = profile.lines().find_map(|line| line.strip_prefix("Priority: ")).unwrap();
    assert!(priority.parse::<u32>().unwrap() > 256, "before pam_unix");
    let lines: Vec<&str> = profile.lines().filter(|line| line.contains("pam_monk.so")).collect();
    assert_eq!(lines.len(), 5);
    let passwords = profile.split("Password-Type: Primary\n").nth(1).expect("before pam_unix");
    for line in lines {
        let (control, arguments) = line.trim().split_once(']').unwrap();
        let mut outcomes: Vec<&str> = control.trim_start_matches('[').split(' ').collect();
        outcomes.retain(|outcome| !outcome.starts_with("success="));
        // An account rule may also ask for a new password (pam_acct_mgmt(3)).
        let is_account = outcomes.contains(&"new_authtok_reqd=ok");
        outcomes.retain(|outcome| *outcome != "new_authtok_reqd=ok");
        assert_eq!(outcomes, ["ignore=ignore", "user_unknown=ignore", "default=die"]);
        assert!(arguments.contains(" minimum_uid=1000"), "root is left to pam_unix");
        // On account lines there is no password, and on password lines an item of its own for the new one.
        let is_auth = !is_account && !passwords.contains(line);
        assert_eq!(arguments.contains(" forward_pass"), is_auth, "modules behind get the password");
        assert_eq!(arguments.contains(" local_users=ignore"), !is_auth, "others decide");
    }
}

#[test]
fn the_scripts_are_for_every_shell_ask_nothing_and_force_nothing() {
    let of_names = ["libnss-monk.postinst", "libnss-monk.prerm"];
    for name in ["monk.postinst", "monk.prerm", "monk.postrm"].into_iter().chain(of_names) {
        let output = said("sh", &["-n"], &file(name));
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let script = text(name);
        assert!(script.starts_with("#!/bin/sh\n") && script.contains("\nset -e\n"), "{name}");
        assert!(!script.contains("--force") && !script.contains("db_input"), "{name}");
    }
    // What cannot be made again is never deleted.
    let script = text("monk.postrm");
    let mut deletes = script.lines().filter(|line| line.trim_start().starts_with("rm "));
    assert!(deletes.all(|line| line.contains(" /etc/apparmor.d/") || line.ends_with(" /run/monk")));
}
