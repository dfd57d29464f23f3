//! `monk-enroll doctor`: what is broken in a real setup is found, and a healthy one comes out clean.

mod accounts;
mod common_files;
mod directory;
mod dovecot;
mod examples;
mod files;
mod handing_on;
mod healthy;
mod hosts;
mod keys;
mod ldap;
mod lines;
mod portal;
mod programs;
mod sshd;
mod stacks;
mod store;

use monk_tests::Status;
use monk_tests::site::{Backend, Running, Site};
use serde_json::Value;

/// What one run of doctor has said.
struct Visit {
    findings: Vec<Value>,
    exit: Status,
    checks: u64,
}

impl Visit {
    #[track_caller]
    fn to(site: &Site, arguments: &[&str]) -> Self {
        let (document, output) = site.try_enroll(&[&["doctor"], arguments].concat());
        let findings = document["findings"].as_array().unwrap_or_else(|| panic!("{output}"));
        let checks = document["checks"].as_u64().expect("a number");
        Self { findings: findings.clone(), exit: output.status, checks }
    }

    fn of(&self, id: &str) -> Option<&Value> {
        self.findings.iter().find(|finding| finding["id"] == id)
    }

    /// Everything worth telling, one line each.
    fn shown(&self) -> String {
        let told = self.findings.iter().filter(|finding| finding["severity"] != "ok");
        told.map(|finding| format!("{finding}\n")).collect()
    }

    /// The ids of warnings and errors.
    fn worse(&self) -> Vec<&str> {
        let bad = |finding: &&Value| ["error", "warning"].contains(&text(finding, "severity"));
        self.findings.iter().filter(bad).map(|finding| text(finding, "id")).collect()
    }

    /// Asserts that nothing worse than a note was found.
    #[track_caller]
    fn is_clean(&self) {
        assert_eq!(self.worse(), Vec::<&str>::new(), "{}", self.shown());
        assert_eq!(self.exit, Status::Code(0));
        assert!(self.checks > 5, "only {} checks", self.checks);
    }

    /// Asserts that this, and nothing else worse than a note, was found, as bad as that.
    #[track_caller]
    fn finds(&self, id: &str, severity: &str) -> &Value {
        let found = self.of(id).unwrap_or_else(|| panic!("{id}: {}", self.shown()));
        assert_eq!(text(found, "severity"), severity, "{found:#}");
        for part in ["subject", "evidence", "remedy"] {
            assert!(!text(found, part).is_empty(), "{part} of {found:#}");
        }
        let expected = match severity {
            "note" => vec![],
            _ => vec![id],
        };
        let mut worse = self.worse();
        worse.dedup();
        assert_eq!(worse, expected, "{}", self.shown());
        let exit = match severity {
            "error" => 1,
            "warning" => 11,
            _ => 0,
        };
        assert_eq!(self.exit, Status::Code(exit), "{found:#}");
        found
    }
}

fn text<'a>(finding: &'a Value, member: &str) -> &'a str {
    finding[member].as_str().unwrap_or_default()
}

/// A site with a user who has a device, and a service that asks monk.
#[track_caller]
fn site(backend: Backend, running: Running, settings: &str) -> Site {
    let site = Site::with_settings(backend, running, settings);
    let _phone = site.user_with_device("alice", "alice;password");
    // Not a name that Dovecot would ask for: it is installed, with Debian's settings.
    site.pam_service("webmail", "");
    site
}

#[track_caller]
fn embedded() -> Site {
    site(Backend::Embedded, Running::Resident, "")
}

#[test]
fn on_a_machine_with_monk_itself() {
    monk_tests::site::pass_where_monk_is_installed(&[
        "healthy::in_every_way_to_set_it_up",
        "common_files::the_profile_is_clean_and_says_once_who_is_left_out",
        "lines::a_service_without_a_file_that_a_program_asks_is_found_where_it_opens",
        "files::files_that_the_engine_cannot_use_are_named_and_the_remedy_has_it_start_again",
    ]);
}
