//! Which packages the demo needs, and that it says so before it installs them.

use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::Duration;

use monk_tests::installation::Installation;
use monk_tests::packages;

use crate::failure::Failure;
use crate::prepare::heading;

/// The servers and clients of every demo. All else that it runs is on every Debian.
const ALWAYS: [&str; 4] = ["dovecot-imapd", "openssh-server", "openssh-client", "curl"];

/// Those of `--ldap`.
const WITH_LDAP: [&str; 2] = ["slapd", "ldap-utils"];

/// How long the reader has to stop it, in seconds: time to read a list of thirty packages.
const PAUSE: u32 = 10;

/// Installs what is missing, after it has said what that is. Somebody at a terminal has a moment to stop it.
pub fn make_ready(has_ldap: bool, is_agreed: bool) -> Result<(), Failure> {
    let failed = |error| Failure::new("the servers cannot be installed", error);
    let needed = needed(has_ldap);
    let missing = packages::missing(&needed).map_err(failed)?;
    if missing.is_empty() {
        return Ok(());
    }
    let installation = Installation::of(&missing).or_else(|_| {
        heading("Reading Debian's lists of packages (apt-get update)");
        packages::update().and_then(|()| Installation::of(&missing))
    });
    let installation = installation.map_err(failed)?;
    heading(&format!("The demo needs packages that this machine lacks: {}", missing.join(", ")));
    eprintln!("{}", words(&installation, &missing)?);
    pause(is_agreed);
    heading("Installing (apt-get, about a minute)");
    packages::ensure(&needed).map_err(failed)
}

/// The packages, without those that they need themselves.
pub fn needed(has_ldap: bool) -> Vec<&'static str> {
    let more: &[&str] = if has_ldap { &WITH_LDAP } else { &[] };
    ALWAYS.iter().chain(more).copied().collect()
}

/// What will happen, and how it is undone.
fn words(installation: &Installation, missing: &[String]) -> Result<String, Failure> {
    let Installation { new, upgraded, removed } = installation;
    if !removed.is_empty() {
        let removed = removed.join(", ");
        return Err(Failure(format!(
            "Debian's packages {} do not go together with {removed}, which would be removed: nothing is installed",
            missing.join(", ")
        )));
    }
    let mut words = format!("It installs {} packages:\n{}", new.len(), list(new));
    if !upgraded.is_empty() {
        words += &format!("It upgrades {}, which they need:\n{}", upgraded.len(), list(upgraded));
    }
    words += "Their services do not start now; Debian starts them at the next boot. Nothing else on this machine\n\
              changes. To take them away again:\n";
    words += &list(&[format!("apt-get autoremove --purge {}", missing.join(" "))]);
    Ok(words)
}

/// Names, indented, in lines that fit a screen.
fn list(names: &[String]) -> String {
    /// Most characters in a line.
    const WIDTH: usize = 76;
    let mut lines = vec![String::new()];
    for name in names {
        let is_full = |line: &&mut String| !line.is_empty() && line.len() + name.len() > WIDTH;
        if lines.last_mut().as_ref().is_some_and(is_full) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            *line += if line.is_empty() { "    " } else { " " };
            *line += name;
        }
    }
    lines.join("\n") + "\n"
}

/// Somebody at a terminal has a moment to stop it, unless it is agreed to.
pub fn pause(is_agreed: bool) {
    if is_agreed || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return;
    }
    for left in (1..=PAUSE).rev() {
        eprint!("\rIt begins in {left:2} s. Ctrl-C stops it, --yes leaves this pause out. ");
        // Nobody reads it then.
        let _ = io::stderr().flush();
        thread::sleep(Duration::from_secs(1));
    }
    eprintln!();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// Everything that the acts and the stage of the demo start.
    #[test]
    fn only_servers_that_are_shown_are_needed() {
        assert_eq!(needed(false).join(" "), "dovecot-imapd openssh-server openssh-client curl");
        assert_eq!(needed(true)[4..].join(" "), "slapd ldap-utils");
        let all: Vec<&str> = packages::ALL.to_vec();
        assert!(needed(true).iter().all(|name| all.contains(name)), "the tests run them, too");
    }

    #[test]
    fn every_package_that_comes_or_is_upgraded_is_named_and_none_goes() {
        let many: Vec<String> = (1..=40).map(|number| format!("package-{number}")).collect();
        let mut plan = Installation { new: many.clone(), ..Installation::default() };
        plan.upgraded = names("libssl3");
        let said = words(&plan, &names("curl")).unwrap();
        assert!(
            many.iter().chain(&plan.upgraded).all(|name| said.contains(name.as_str())),
            "{said}"
        );
        assert!(said.contains("autoremove --purge curl"), "{said}");
        assert!(said.lines().all(|line| line.chars().count() <= 110), "{said}");
        plan.removed = names("exim4");
        assert!(words(&plan, &names("curl")).unwrap_err().0.contains("exim4"));
    }
}
