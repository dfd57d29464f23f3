//! `key`, `config` and `credentials`: what concerns this host, and its stores.

use clap::{Args, Subcommand, ValueEnum};
use monk_wire::manage::StoreName;

/// `key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make one more key; copy it to all hosts, then rotate
    Create,
    /// List the keys, and how much is made with each
    List,
    /// Make new values with a key, and seal the devices anew with it
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

/// `credentials`.
#[derive(Debug, Subcommand)]
pub enum CredentialsCommand {
    /// Move all that users have enrolled to another store; again, if it broke off
    Move(MoveArgs),
}

/// `credentials move`.
#[derive(Debug, Args)]
pub struct MoveArgs {
    /// The store that is to have the records: directory, embedded or ldap
    #[arg(long, value_name = "STORE", hide_possible_values = true)]
    pub to: Store,
    /// The store that has them, where it is not the one in the settings
    #[arg(long, value_name = "STORE", hide_possible_values = true)]
    pub from: Option<Store>,
}

/// A credential store, as the settings call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Store {
    /// The entries of the users in the LDAP directory
    Directory,
    /// The file of this host
    Embedded,
    /// Another LDAP server: [credential_store]
    Ldap,
}

impl From<Store> for StoreName {
    fn from(store: Store) -> Self {
        match store {
            Store::Directory => Self::Directory,
            Store::Embedded => Self::Embedded,
            Store::Ldap => Self::Ldap,
        }
    }
}
