//! `key` and `config`: what concerns this host.

use clap::{Args, Subcommand};

/// `key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make one more key; copy it to all hosts, then rotate
    Create,
    /// List the keys, and how much is made with each
    List,
    /// Make new values with a key, and re-seal the seeds of devices with it
    Rotate(KeyArgs),
    /// Put away a key that nothing needs any more
    Retire(KeyArgs),
}

/// `key rotate` and `key retire`.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// Id of the key
    pub id: String,
}

/// `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show the settings in force, defaults included
    Show,
    /// Read the settings file and say whether it is in order
    Check,
}
