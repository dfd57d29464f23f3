//! `credentials`: the credential store as a whole.

use clap::{Args, Subcommand, ValueEnum};
use monk_wire::manage::StoreName;

use crate::when::Span;

/// `credentials`.
#[derive(Debug, Subcommand)]
pub enum CredentialsCommand {
    /// List records of users who are gone from the directory
    Orphans,
    /// Remove the records of users who have been gone for some time
    Sweep(SweepArgs),
    /// Move all records to another store; run it again if it breaks off
    Move(MoveArgs),
    /// After a backup of LDAP was put back: spend all codes used since
    Restored,
}

/// `credentials sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// How long ago a user must have been found to be gone
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    pub after: Span,
    /// Sweep even if more users are gone than are there
    #[arg(long)]
    pub force: bool,
}

/// `credentials move`.
#[derive(Debug, Args)]
pub struct MoveArgs {
    /// The store that is to have the records: directory, embedded or ldap
    #[arg(long, value_name = "STORE", hide_possible_values = true)]
    pub to: Store,
    /// The store that has them, if it is not the one in the settings
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
    /// Another LDAP server, that of `[credential_store]`
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
