//! `directory`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `directory`.
#[derive(Debug, Subcommand)]
pub enum DirectoryCommand {
    /// Ask a server what it is, try one user, and print settings that fit
    Detect(DetectArgs),
}

/// `directory detect`.
#[derive(Debug, Args)]
pub struct DetectArgs {
    /// The server: ldaps://ldap.example.org
    pub uri: String,
    /// Upgrade ldap:// to TLS (StartTLS)
    #[arg(long)]
    pub starttls: bool,
    /// Trust only the authorities in this PEM file
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Where people are [default: the server's own suffix]
    #[arg(long, value_name = "DN")]
    pub base: Option<String>,
    /// Log in as this account; its password is asked for
    #[arg(long, value_name = "DN")]
    pub bind_dn: Option<String>,
    /// Read that password from the first line of standard input
    #[arg(long, requires = "bind_dn")]
    pub password_stdin: bool,
    /// Try to find this user
    #[arg(long, value_name = "NAME", requires = "bind_dn")]
    pub user: Option<String>,
}
