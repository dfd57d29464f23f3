//! `credentials`: the credential store as a whole.

use clap::{Args, Subcommand};

use crate::when::Span;

/// `credentials`.
#[derive(Debug, Subcommand)]
pub enum CredentialsCommand {
    /// List records of users who are gone from the directory
    Orphans,
    /// Remove the records of users who have been gone for a time
    Sweep(SweepArgs),
}

/// `credentials sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// How long ago it must have been noticed first that a user is gone
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    pub after: Span,
    /// Sweep also if more users are gone than are there
    #[arg(long)]
    pub force: bool,
}
