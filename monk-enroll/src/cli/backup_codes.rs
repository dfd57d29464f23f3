//! `backup-codes`.

use clap::{Args, Subcommand};

/// `backup-codes`.
#[derive(Debug, Subcommand)]
pub enum BackupCodesCommand {
    /// Make a set of codes, shown once; an old set is dead from then on
    Generate(BackupCodesArgs),
    /// Tell how many codes are left
    Status(BackupCodesArgs),
    /// Remove the set
    Remove(BackupCodesArgs),
}

/// `backup-codes generate`, `status` and `remove`.
#[derive(Debug, Args)]
pub struct BackupCodesArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
}
