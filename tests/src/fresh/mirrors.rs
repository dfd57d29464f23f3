//! The mirrors of Debian that this machine uses, for a release that may be another one.

use std::fs;
use std::process::{Command, Stdio};

use super::Debian;

/// The parts of a release: the release itself, its corrections, and those of its security team.
const PARTS: [&str; 3] = ["", "-updates", "-security"];

/// The component that is free software, with all that the tests use.
const COMPONENT: &str = "main";

/// What apt is to say of each source: where it is, the name of what it publishes, and of the part.
const FORMAT: &str = "$(REPO_URI) $(CODENAME) $(COMPONENT)";

/// Lines for apt's list of sources, made from this machine's own. Where apt knows none of Debian, they
/// are empty, and mmdebstrap takes Debian's usual mirrors.
pub(super) fn of(debian: Debian) -> String {
    let mut apt = Command::new("apt-get");
    apt.args(["indextargets", "--format", FORMAT, "Created-By: Packages"]).stdin(Stdio::null());
    let known = apt.output().map(|output| output.stdout).unwrap_or_default();
    let own = codename(&fs::read_to_string("/etc/os-release").unwrap_or_default());
    lines(&String::from_utf8_lossy(&known), &own, debian)
}

/// The name of this machine's release, in `/etc/os-release`.
fn codename(text: &str) -> String {
    let name = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    name.unwrap_or_default().trim_matches('"').to_owned()
}

/// Leaves out what is not Debian's own, by the names of what is published and of its parts.
fn lines(known: &str, own: &str, debian: Debian) -> String {
    let line = |source: &str| {
        let mut words = source.split(' ');
        let (uri, name) = (words.next()?, words.next()?);
        let part = name.strip_prefix(own).filter(|part| !own.is_empty() && PARTS.contains(part))?;
        let is_free = words.next() == Some(COMPONENT);
        is_free.then(|| format!("deb {uri} {}{part} {COMPONENT}\n", debian.suite()))
    };
    known.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_this_machines_release_lead_to_those_of_another() {
        let known = "http://mirror/debian/ bookworm main\n\
                     http://mirror/debian/ bookworm-updates main\n\
                     http://security/ bookworm-security main\n";
        let expected = "deb http://mirror/debian/ trixie main\n\
                        deb http://mirror/debian/ trixie-updates main\n\
                        deb http://security/ trixie-security main\n";
        assert_eq!(lines(known, "bookworm", Debian::Trixie), expected);
    }

    #[test]
    fn what_others_publish_for_debian_is_left_out() {
        let known = "https://other/apt/ bookworm-pgdg main\n\
                     https://other/linux/ bookworm stable\n\
                     https://other/node/ nodistro main\n\n";
        assert_eq!(lines(known, "bookworm", Debian::Bookworm), "");
        assert_eq!(lines("http://mirror/debian/ bookworm main\n", "", Debian::Bookworm), "");
    }
}
