//! `doctor`.

use clap::Args;
use monk_wire::manage::doctor::{Kind, Role};

use super::common::one_of;

/// What a host can be for.
const ROLES: [(&str, Role); 2] = [("check", Role::Check), ("enrol", Role::Enrol)];

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Show what is in order, too
    #[arg(long)]
    pub all: bool,
    /// Ignore findings with these ids: repeat it, or separate ids with commas
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = monk_doctor::kind)]
    pub ignore: Vec<Kind>,
    /// What this host is for: check logins only, or enrol as well
    #[arg(long, value_parser = one_of(ROLES), value_name = "ROLE")]
    pub role: Option<Role>,
    /// Try what this LDAP user may read and write; asks for the password
    #[arg(long = "as", value_name = "USER")]
    pub as_user: Option<String>,
    /// Read that password from standard input
    #[arg(long, requires = "as_user")]
    pub password_stdin: bool,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Group};

    fn ignored(words: &[&str]) -> Result<Vec<Kind>, String> {
        let cli = Cli::try_parse_from([&["monk-enroll", "doctor"], words].concat());
        let cli = cli.map_err(|error| error.to_string())?;
        let Group::Doctor(args) = cli.group else { panic!("another command") };
        Ok(args.ignore)
    }

    #[test]
    fn ids_are_taken_one_by_one_and_in_lists() {
        let words = ["--ignore", "key-unused,pam-not-asked", "--all", "--ignore", "sshd-tries"];
        let kinds = vec![Kind::KeyUnused, Kind::PamNotAsked, Kind::SshdTries];
        assert_eq!(ignored(&words), Ok(kinds));
    }

    #[test]
    fn an_unknown_id_is_refused_with_those_that_are_near() {
        let error = ignored(&["--ignore", "key-alone"]).unwrap_err();
        assert!(error.contains("near ones: ") && error.contains("sshd-key-alone"), "{error}");
        assert!(ignored(&["--ignore", "key-unused,"]).is_err(), "an empty one is none");
    }
}
