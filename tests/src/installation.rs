//! What apt-get would do to this machine, before it does it.

use std::process::{Command, Stdio};

use crate::packages::PackageError;

/// What becomes of this machine's packages when others are installed: those that were asked for, and what they need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installation {
    /// Packages that come.
    pub new: Vec<String>,
    /// Packages of which a newer version comes.
    pub upgraded: Vec<String>,
    /// Packages that would go. [`packages::ensure`](crate::packages::ensure) refuses to let any go.
    pub removed: Vec<String>,
}

impl Installation {
    /// Asks apt-get, which changes nothing. Nobody has to be root for it.
    ///
    /// # Errors
    /// When apt-get does not know a package, or cannot be run.
    pub fn of(packages: &[String]) -> Result<Self, PackageError> {
        let mut command = Command::new("apt-get");
        command.args(["--simulate", "--yes", "--no-install-recommends", "install"]).args(packages);
        command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        let output = command
            .output()
            .map_err(|error| PackageError::Io("cannot run apt-get".to_owned(), error))?;
        if !output.status.success() {
            return Err(PackageError::Apt(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        Ok(Self::read(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Reads `Inst NAME (VERSION …)`, `Inst NAME [OLD] (VERSION …)` and `Remv NAME [OLD]`.
    fn read(said: &str) -> Self {
        let mut installation = Self::default();
        for line in said.lines() {
            let mut words = line.split_whitespace();
            let (Some(verb), Some(name)) = (words.next(), words.next()) else { continue };
            let has_version = words.next().is_some_and(|word| word.starts_with('['));
            let list = match verb {
                "Inst" if has_version => &mut installation.upgraded,
                "Inst" => &mut installation.new,
                "Remv" => &mut installation.removed,
                _ => continue,
            };
            list.push(name.to_owned());
        }
        installation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_what_is_upgraded_and_what_goes_are_told_apart() {
        let said = "\
Reading package lists...
The following NEW packages will be installed:
  dovecot-imapd
Remv exim4 [4.96-15+deb12u6]
Inst libpam0g [1.5.2-6+deb12u1] (1.5.2-6+deb12u2 Debian:12.15/oldstable [amd64])
Inst dovecot-core (1:2.3.19.1+dfsg1-2.1+deb12u5 Debian:12.15/oldstable [amd64]) []
Inst dovecot-imapd (1:2.3.19.1+dfsg1-2.1+deb12u5 Debian:12.15/oldstable [amd64])
Conf dovecot-core (1:2.3.19.1+dfsg1-2.1+deb12u5 Debian:12.15/oldstable [amd64])
";
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let wanted = Installation {
            new: list(&["dovecot-core", "dovecot-imapd"]),
            upgraded: list(&["libpam0g"]),
            removed: list(&["exim4"]),
        };
        assert_eq!(Installation::read(said), wanted);
    }

    #[test]
    fn apt_get_is_asked_and_nothing_is_installed() {
        let of = |name: &str| Installation::of(&[name.to_owned()]);
        assert_eq!(of("base-files").unwrap().new, Vec::<String>::new(), "it is there");
        assert!(of("no-such-package-of-debian").is_err());
    }
}
