//! `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

/// `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// A new folder, for root alone; it will hold the host keys
    pub folder: PathBuf,
}

/// `restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The folder that backup has made
    pub folder: PathBuf,
}
