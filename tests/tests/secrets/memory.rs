//! What the memory of a resident engine still holds of a login that has ended.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use monk_tests::figures;
use monk_tests::site::{Backend, Running, Setup};

use crate::canaries::Canaries;
use crate::life::add_alice;

/// Copies of a password in the buffers of open LDAP connections: in clear, and as encoded for TLS.
const OPEN_BUFFERS: usize = 3;

/// How long the engine may take to forget a login after its answer, on a busy machine.
const CLEANING_UP: Duration = Duration::from_secs(5);

/// Everything that a process can write to.
#[track_caller]
fn memory(process: u32) -> Vec<u8> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("a running process");
    let mut file = File::open(format!("/proc/{process}/mem")).expect("root may read it");
    let mut memory = Vec::new();
    for line in
        maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|m| m.starts_with("rw")))
    {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let bounds = range.map(|(from, to)| [from, to].map(|a| u64::from_str_radix(a, 16)));
        let Some([Ok(from), Ok(to)]) = bounds else { panic!("a line of maps: {line}") };
        let mut part = vec![0; usize::try_from(to - from).expect("64 bits")];
        // Some of it, such as guard pages, cannot be read.
        if file.seek(SeekFrom::Start(from)).is_ok() && file.read_exact(&mut part).is_ok() {
            memory.extend(part);
        }
    }
    memory
}

/// What is looked for, as it was typed.
fn canaries(secrets: &[(&'static str, &str)]) -> Canaries {
    let mut canaries = Canaries::default();
    for (name, secret) in secrets {
        canaries.add_bytes(name, secret.as_bytes());
    }
    canaries
}

/// What is left, where no more than `allowed` is left once the engine has done with the last login:
/// its answer is on the way while the engine still cleans up.
#[track_caller]
fn after_logins(backend: Backend, allowed: fn(&str) -> usize) -> Vec<(&'static str, usize)> {
    let setup = Setup { backend, running: Running::Resident };
    let site = setup.site_with("[engine]\nrefusal_ms = 0\n");
    add_alice(&site);
    site.pam_service("imap", "forward_pass");
    let token = site.device_with("alice", "Token", &["--digits", "8"]);
    let app_password = site.app_password("alice", "Mail", &["--scope", "*"]);
    let backup = site.backup_codes("alice");
    let code = token.code();
    let login = |typed: &str| site.pam("imap", "alice").types(typed);
    assert_eq!(site.denies(login("CanaryMistake")), "wrong-password");
    assert_eq!(site.grants(login(&format!("CanaryPassword;{code}"))), "totp");
    let again = site.denies(login(&format!("CanaryMistake;{}", backup[0])));
    assert_eq!(again, "wrong-password-again");
    assert_eq!(site.grants(login("CanaryPassword").types(&backup[1])), "backup-code");
    assert_eq!(site.grants(login(&app_password)), "app-password");
    let secrets = [
        ("password", "CanaryPassword"),
        ("mistyped password", "CanaryMistake"),
        ("code", &code),
        ("backup code", &backup[1]),
        ("app password", &app_password),
    ];
    let canaries = canaries(&secrets);
    let mut left = Vec::new();
    let cleaned_up = monk_tests::until(CLEANING_UP, || {
        let memory = memory(site.engine_pid());
        left = secrets.map(|(name, _)| (name, canaries.count(name, &memory))).to_vec();
        // It is the engine's memory, and whatever is in it is found.
        assert!(canaries_of_engine().count("settings", &memory) > 0);
        left.iter().all(|(name, count)| *count <= allowed(name)).then_some(())
    });
    assert!(cleaned_up.is_some(), "{left:?}");
    left
}

/// Something that the engine must have in its memory.
fn canaries_of_engine() -> Canaries {
    canaries(&[("settings", "/run/monk/monkd.sock")])
}

fn tell(backend: Backend, left: &[(&str, usize)]) {
    let counts: Vec<_> = left.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let what = format!("copies left in monkd's memory after logins ({backend:?})");
    figures::row(
        "hostile",
        &[&what, &counts.join(", "), "0, but for buffers of open LDAP connections"],
    );
}

#[test]
fn after_logins_with_the_embedded_directory_nothing_that_was_typed_is_left_in_memory() {
    let left = after_logins(Backend::Embedded, |_| 0);
    tell(Backend::Embedded, &left);
}

/// The password goes through buffers of the LDAP library. What is given back is wiped; those of a
/// connection that stays open are not.
#[test]
fn after_logins_with_ldap_no_code_or_app_password_is_left_in_memory_and_hardly_a_password() {
    let left = after_logins(Backend::Ldap, |name| match name {
        "password" | "mistyped password" => OPEN_BUFFERS,
        _ => 0,
    });
    tell(Backend::Ldap, &left);
}
