//! `doctor`.

use clap::{Args, ValueEnum};
use monk_wire::manage::doctor::{Kind, Role};

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Show what is in order, too
    #[arg(long)]
    pub all: bool,
    /// Ignore findings with these ids: repeat it, or separate ids with commas
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = crate::doctor::kind)]
    pub ignore: Vec<Kind>,
    /// What this host is for: check logins only, or enrol as well
    #[arg(long, value_enum, value_name = "ROLE")]
    pub role: Option<RoleName>,
    /// Try what this LDAP user may read and write; asks for the password
    #[arg(long = "as", value_name = "USER")]
    pub as_user: Option<String>,
    /// Read that password from standard input
    #[arg(long, requires = "as_user")]
    pub password_stdin: bool,
}

/// What a host is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// It checks logins.
    #[value(help = None)]
    Check,
    /// People enrol here.
    #[value(help = None)]
    Enrol,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Check => Self::Check,
            RoleName::Enrol => Self::Enrol,
        }
    }
}
