//! `passkey`.

use clap::{Args, Subcommand};

use super::common::UserArgs;

/// `passkey`.
#[derive(Debug, Subcommand)]
pub enum PasskeyCommand {
    /// List passkeys: created, last used, from where
    List(UserArgs),
    /// Give a passkey another name
    Rename(PasskeyRenameArgs),
    /// Remove a passkey; it signs in no longer
    Remove(PasskeyRemoveArgs),
    /// Withdraw what the portal gave for one login: tickets and one-time codes
    Withdraw(UserArgs),
}

/// `passkey rename`.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub struct PasskeyRenameArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Name or id of the passkey
    #[arg(value_name = "NAME|ID")]
    pub passkey: String,
    /// The new name
    #[arg(long, value_name = "NAME")]
    pub to: String,
}

/// `passkey remove`.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub struct PasskeyRemoveArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Name or id of the passkey
    #[arg(value_name = "NAME|ID")]
    pub passkey: String,
}
