//! `app-password`.

use clap::{Args, Subcommand};

use super::common::UserArgs;
use crate::when::Span;

/// `app-password`.
#[derive(Debug, Subcommand)]
pub enum AppPasswordCommand {
    /// Make an app password; it is shown once
    Create(AppPasswordCreateArgs),
    /// List app passwords: created, last used, from where, by which service
    List(UserArgs),
    /// Give an app password another name
    Rename(AppPasswordRenameArgs),
    /// Revoke an app password; it opens nothing from then on
    Revoke(AppPasswordRevokeArgs),
}

/// `app-password create`.
#[derive(Debug, Args)]
pub struct AppPasswordCreateArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Its name, such as "iPhone Mail"
    #[arg(long)]
    pub name: String,
    /// PAM services that it opens: imap,smtp or '*' [default: the settings']
    #[arg(long = "scope", value_name = "SERVICES", value_delimiter = ',')]
    pub services: Vec<String>,
    /// Network that it opens them from; may be repeated [default: all]
    #[arg(long = "network", value_name = "CIDR", value_delimiter = ',')]
    pub networks: Vec<String>,
    /// When it ends: 90d, 2w, 12h [default: never]
    #[arg(long, value_name = "AFTER")]
    pub expires: Option<Span>,
}

/// `app-password rename`.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub struct AppPasswordRenameArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Name or id of the app password
    #[arg(value_name = "NAME|ID")]
    pub app_password: String,
    /// The new name
    #[arg(long, value_name = "NAME")]
    pub to: String,
}

/// `app-password revoke`.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub struct AppPasswordRevokeArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Name or id of the app password
    #[arg(value_name = "NAME|ID")]
    pub app_password: String,
}
