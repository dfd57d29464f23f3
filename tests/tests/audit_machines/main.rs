//! The log for programs: JSON, ids that join lines, the table of reasons, fail2ban and rsyslog.

mod fail2ban;
mod json;
mod reasons;
mod rsyslog;

use monk_tests::site::{Backend, Running, Site};

/// Refusals come at once, and lines as the format says.
fn settings(format: &str) -> String {
    format!("[engine]\nrefusal_ms = 0\n[audit]\nformat = \"{format}\"\n")
}

/// A site whose engine writes its lines so.
fn site(format: &str) -> Site {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, &settings(format));
    site.pam_service("imap", "");
    site
}

/// The engine's lines so far.
fn lines(site: &Site) -> Vec<String> {
    let log = site.world.log();
    log.into_iter().filter(|line| line.tag == "monkd").map(|line| line.text).collect()
}

/// Waits for a line that has all of these words.
#[track_caller]
fn line_with(site: &Site, words: &[&str]) -> String {
    let has = |line: &String| words.iter().all(|word| line.contains(word));
    let found =
        monk_tests::until(std::time::Duration::from_secs(20), || lines(site).into_iter().find(has));
    found.unwrap_or_else(|| panic!("{words:?}: {:#?}", lines(site)))
}
