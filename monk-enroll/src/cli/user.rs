//! `user`, and what concerns one user as a whole.

use std::net::IpAddr;

use clap::{Args, Subcommand};

use super::import::UserImportArgs;
use super::posix::{PosixArgs, SshKeyCommand, UserSetArgs};
use crate::when::{LastDay, Span};

/// `user`.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user; asks for the password twice
    Add(UserAddArgs),
    /// List the users of any directory and what they have
    List(UserListArgs),
    /// Set uid, group, home folder, shell or full name
    Set(UserSetArgs),
    /// Change your password, or set a user's; asks for it twice
    Passwd(UserPasswdArgs),
    /// Refuse every login of a user
    Disable(UserNameArgs),
    /// Let a user log in again
    Enable(UserNameArgs),
    /// Set the last day of an account, or end a password
    Expire(UserExpireArgs),
    /// Remove a user with everything enrolled
    Remove(UserNameArgs),
    /// Public keys for ssh; users manage their own
    #[command(subcommand)]
    SshKey(SshKeyCommand),
    /// Add the users of a CSV or passwd file, all of them or nobody
    Import(UserImportArgs),
}

/// `user list`.
#[derive(Debug, Args)]
pub struct UserListArgs {
    /// Only users who have no second factor
    #[arg(long)]
    pub without_second_factor: bool,
    /// Only members of this group, by name or DN; can be repeated
    #[arg(long, value_name = "NAME")]
    pub group: Vec<String>,
}

/// `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Count all users by state, factor and group
    #[arg(long, conflicts_with = "user")]
    pub all: bool,
    /// Count the members of this group separately; can be repeated
    #[arg(long, value_name = "NAME", requires = "all")]
    pub group: Vec<String>,
}

/// `user add`.
#[derive(Debug, Args)]
pub struct UserAddArgs {
    /// Login name
    pub name: String,
    /// Mail address
    #[arg(long, value_name = "ADDR")]
    pub mail: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Take a short password, or a number of /etc/passwd or /etc/group, all the same
    #[arg(long)]
    pub force: bool,
    /// Have the user choose a new password first
    #[arg(long)]
    pub must_change: bool,
    /// What the user is for hosts.
    #[command(flatten)]
    pub posix: PosixArgs,
}

/// `user passwd`.
#[derive(Debug, Args)]
pub struct UserPasswdArgs {
    /// Login name [default: your own]
    pub name: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Set a password of fewer than 5 characters all the same
    #[arg(long)]
    pub force: bool,
    /// Have the user choose a new one first (root only)
    #[arg(long)]
    pub must_change: bool,
}

/// `user expire`.
#[derive(Debug, Args)]
pub struct UserExpireArgs {
    /// Login name
    pub name: String,
    /// The last day of the account, as 2026-12-31 (UTC), or never
    #[arg(long, value_name = "DAY", required_unless_present = "password")]
    pub at: Option<LastDay>,
    /// Have the user choose a new password first; with --at never, undo that
    #[arg(long)]
    pub password: bool,
}

/// `user disable`, `enable` and `remove`.
#[derive(Debug, Args)]
pub struct UserNameArgs {
    /// Login name
    pub name: String,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// PAM service whose policy applies
    #[arg(long, value_name = "NAME")]
    pub service: String,
    /// Address that the login would come from
    #[arg(long, value_name = "IP")]
    pub address: Option<IpAddr>,
    /// Read from standard input what would be typed
    #[arg(long)]
    pub password_stdin: bool,
}

/// `reset`.
#[derive(Debug, Args)]
pub struct ResetArgs {
    /// Login name
    pub user: String,
    /// How long the enrolment code is good: 24h, 3d, at most 30d
    #[arg(long, value_name = "SPAN", default_value = "24h")]
    pub valid: Span,
}
