//! `cargo xtask audit`: what monk depends on, and the oldest Rust that it builds with.
//!
//! A check that this machine cannot carry out is neither passed over in silence nor called passed: it
//! has a line that says NOT CHECKED and why. The lines are the standard output; all else is shown on standard
//! error.

use std::process::{Command, Stdio};

use clap::Args;

use crate::cargo::{target, workspace};
use crate::failure::{Failure, Outcome};
use crate::prepare::heading;
use crate::tools::DENY;

/// What is always checked, with nothing but the sources of crates.
const OFFLINE: [&str; 3] = ["licenses", "bans", "sources"];

/// Where known weaknesses are published.
const ADVISORIES: &str = "https://github.com/RustSec/advisory-db";

/// The oldest Rust that the workspace promises to build with.
const MINIMUM_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Check licences, bans, sources and advisories of dependencies, and the minimum Rust version
///
/// Installs cargo-deny, and the oldest Rust that is promised, where they are missing. The last lines say
/// what was checked; where the advisories cannot be fetched, they say so.
#[derive(Args)]
pub struct AuditOptions {
    /// Another place of the advisories: a clone of github.com/RustSec/advisory-db, as a folder or an address
    #[arg(long, value_name = "CLONE")]
    advisories: Option<String>,
}

/// What came of one check.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// In which words.
    Passed(String),
    Failed,
    /// Why.
    NotChecked(String),
}

/// Checks everything. True where nothing was found.
///
/// # Errors
/// When cargo-deny cannot be installed or started.
pub fn run(options: &AuditOptions) -> Outcome {
    heading("Licences, bans and sources");
    let offline = deny(&["--offline", "check"], &OFFLINE, None)?;
    heading("Advisories");
    let source = options.advisories.as_deref();
    let advisories = match fetch(source)? {
        Some(why) => Verdict::NotChecked(why),
        None => deny(&["--offline", "check"], &["advisories"], source)?,
    };
    heading(&format!("Rust {MINIMUM_RUST}"));
    let checks = [
        ("licences, bans, sources", offline),
        ("advisories", advisories),
        ("minimum Rust version", minimum_rust()?),
    ];
    for (name, verdict) in &checks {
        println!("{}", line(name, verdict));
    }
    Ok(checks.iter().all(|(_, verdict)| *verdict != Verdict::Failed))
}

fn line(name: &str, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passed(words) => format!("{name}: {words}"),
        Verdict::Failed => format!("{name}: FAILED, see above"),
        Verdict::NotChecked(why) => format!("{name}: NOT CHECKED ({why})"),
    }
}

/// Has cargo-deny carry out some of its checks.
fn deny(command: &[&str], checks: &[&str], source: Option<&str>) -> Result<Verdict, Failure> {
    let mut deny = from(source, DENY.command()?);
    // What it finds is no verdict for the reader of the last lines.
    deny.args(command).args(checks).stdout(Stdio::from(std::io::stderr()));
    let status = deny.status().map_err(|error| Failure::new("cannot run cargo-deny", error))?;
    Ok(if status.success() { Verdict::Passed("passed".to_owned()) } else { Verdict::Failed })
}

/// Fetches the advisories; why that was not possible, otherwise.
fn fetch(source: Option<&str>) -> Result<Option<String>, Failure> {
    let output = from(source, DENY.command()?).args(["fetch", "db"]).output();
    let output = output.map_err(|error| Failure::new("cannot run cargo-deny", error))?;
    if output.status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    eprint!("{said}");
    Ok(Some(reason(&said)))
}

/// The last line of what a program said when it failed.
fn reason(said: &str) -> String {
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    last.unwrap_or("no reason given").trim_start_matches("fatal: ").to_owned()
}

/// Has git take the advisories from another place, which cargo-deny's settings cannot name.
fn from(source: Option<&str>, mut command: Command) -> Command {
    command.current_dir(workspace());
    if let Some(source) = source {
        command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_VALUE_0", ADVISORIES);
        command.env("GIT_CONFIG_KEY_0", format!("url.{source}.insteadOf"));
    }
    command
}

/// Checks the workspace with the oldest Rust that is promised, where rustup has it or can fetch it.
fn minimum_rust() -> Result<Verdict, Failure> {
    let mut install = Command::new("rustup");
    install.args(["toolchain", "install", MINIMUM_RUST, "--profile", "minimal"]);
    let why = match install.arg("--no-self-update").stdout(Stdio::null()).output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(reason(&String::from_utf8_lossy(&output.stderr))),
        Err(error) => Some(format!("rustup: {error}")),
    };
    if let Some(why) = why {
        let missing = format!("toolchain {MINIMUM_RUST} is not installed: {why}");
        return Ok(Verdict::Passed(format!("checked by lint only ({missing})")));
    }
    let mut check = Command::new("rustup");
    check.args(["run", MINIMUM_RUST, "cargo", "check", "--workspace", "--locked", "--quiet"]);
    // Cargo says to what it starts which compiler to take; this one is to take its own.
    for name in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC"] {
        check.env_remove(name);
    }
    check.arg("--target-dir").arg(target()?.join(format!("rust-{MINIMUM_RUST}")));
    let status = check.current_dir(workspace()).status();
    let status = status.map_err(|error| Failure::new("cannot run rustup", error))?;
    let built = format!("{MINIMUM_RUST} builds it");
    Ok(if status.success() { Verdict::Passed(built) } else { Verdict::Failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_checked_is_not_called_passed() {
        let said = "Cloning into 'x'...\nfatal: unable to access 'https://x/': no such host\n\n";
        for (verdict, words) in [
            (Verdict::Passed("passed".into()), "advisories: passed"),
            (Verdict::Failed, "advisories: FAILED, see above"),
            (
                Verdict::NotChecked(reason(said)),
                "advisories: NOT CHECKED (unable to access 'https://x/': no such host)",
            ),
            (Verdict::NotChecked(reason("")), "advisories: NOT CHECKED (no reason given)"),
        ] {
            assert_eq!(line("advisories", &verdict), words);
        }
    }

    #[test]
    fn licences_bans_and_sources_are_restricted() {
        let text = std::fs::read_to_string(workspace().join("deny.toml")).unwrap();
        let settings: toml::Table = text.parse().unwrap();
        assert!(
            settings["licenses"]["allow"].as_array().is_some_and(|allowed| !allowed.is_empty())
        );
        assert_eq!(settings["bans"]["wildcards"].as_str(), Some("deny"));
        for source in ["unknown-registry", "unknown-git"] {
            assert_eq!(settings["sources"][source].as_str(), Some("deny"), "{source}");
        }
    }
}
