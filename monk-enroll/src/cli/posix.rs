//! What users of the embedded directory are for hosts, and their ssh keys.

use clap::{Args, Subcommand};
use monk_wire::manage::{PosixWish, PrimaryGroup};

/// Numbers, home folder and shell.
#[derive(Debug, Default, Args)]
pub struct PosixArgs {
    /// Uid [default: the next one]
    #[arg(long, value_name = "N")]
    pub uid: Option<u32>,
    /// Primary group by name; the login name is the private group
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,
    /// Primary group by number
    #[arg(long, value_name = "N", conflicts_with = "group")]
    pub gid: Option<u32>,
    /// Home folder; "" for the default of each host
    #[arg(long, value_name = "PATH")]
    pub home: Option<String>,
    /// Shell; "" for the default of each host
    #[arg(long, value_name = "PATH")]
    pub shell: Option<String>,
    /// Full name
    #[arg(long, value_name = "TEXT")]
    pub full_name: Option<String>,
}

impl PosixArgs {
    /// The same for the engine.
    #[must_use]
    pub fn wish(&self) -> PosixWish {
        let Self { uid, group, gid, home, shell, full_name } = self;
        PosixWish {
            uid: *uid,
            group: match (group, gid) {
                (Some(name), _) => Some(PrimaryGroup::Named(name.clone())),
                (None, gid) => gid.map(PrimaryGroup::Numbered),
            },
            home: home.clone(),
            shell: shell.clone(),
            full_name: full_name.clone(),
        }
    }
}

/// `user set`.
#[derive(Debug, Args)]
pub struct UserSetArgs {
    /// Login name
    pub name: String,
    /// What is to be another.
    #[command(flatten)]
    pub posix: PosixArgs,
    /// Take a number of /etc/passwd or /etc/group all the same
    #[arg(long)]
    pub force: bool,
}

/// `user ssh-key`.
#[derive(Debug, Subcommand)]
pub enum SshKeyCommand {
    /// Add public keys
    Add(SshKeyAddArgs),
    /// List the keys of a user
    List(SshKeyUserArgs),
    /// Remove a key
    Remove(SshKeyRemoveArgs),
}

/// `user ssh-key add`.
#[derive(Debug, Args)]
pub struct SshKeyAddArgs {
    /// Login name
    pub name: String,
    /// A line of authorized_keys, in quotes; "-" to read lines from standard input
    #[arg(default_value = "-", allow_hyphen_values = true)]
    pub key: String,
}

/// `user ssh-key list`.
#[derive(Debug, Args)]
pub struct SshKeyUserArgs {
    /// Login name
    pub name: String,
}

/// `user ssh-key remove`.
#[derive(Debug, Args)]
pub struct SshKeyRemoveArgs {
    /// Login name
    pub name: String,
    /// Its fingerprint, its comment or the whole line
    pub key: String,
}
