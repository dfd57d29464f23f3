//! `group`.

use clap::{Args, Subcommand};

/// `group`.
#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// List the groups with their members
    List,
    /// Put users into a group; the first one makes it
    Add(GroupArgs),
    /// Take users out of a group
    Remove(GroupArgs),
}

/// `group add` and `remove`.
#[derive(Debug, Args)]
pub struct GroupArgs {
    /// Name of the group, as the settings name it
    pub group: String,
    /// Login names
    #[arg(required = true, value_name = "USER")]
    pub users: Vec<String>,
}
