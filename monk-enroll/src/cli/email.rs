//! `email`: the address that codes are sent to.

use clap::{Args, Subcommand};

use super::common::UserArgs;

/// `email`.
#[derive(Debug, Subcommand)]
pub enum EmailCommand {
    /// Set the address that codes go to; a code sent there confirms it
    Set(EmailSetArgs),
    /// Confirm the address with the code that was sent there
    Confirm(EmailConfirmArgs),
    /// Send a test mail and tell what the mail server says
    Test(EmailTestArgs),
    /// Remove the address; codes for it open nothing from then on
    Remove(UserArgs),
}

/// `email set`.
#[derive(Debug, Args)]
pub struct EmailSetArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// The address [default: the directory's]
    #[arg(long, value_name = "ADDR")]
    pub address: Option<String>,
}

/// `email confirm`.
#[derive(Debug, Args)]
pub struct EmailConfirmArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Read the code from standard input
    #[arg(long)]
    pub code_stdin: bool,
}

/// `email test`.
#[derive(Debug, Args)]
pub struct EmailTestArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// PAM service whose mail settings apply [default: the usual ones]
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
}
