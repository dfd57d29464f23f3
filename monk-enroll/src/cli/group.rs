//! `group`.

use clap::{Args, Subcommand};

/// `group`.
#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// List the groups with their members
    List,
    /// Make a group, and put users into it
    Add(GroupAddArgs),
    /// Take users out of a group
    Remove(GroupArgs),
    /// Delete a group
    Delete(GroupNameArgs),
}

/// `group add`.
#[derive(Debug, Args)]
pub struct GroupAddArgs {
    /// Name of the group, as the settings name it
    pub group: String,
    /// Login names
    #[arg(value_name = "USER")]
    pub users: Vec<String>,
    /// Gid of a new group [default: the next one]
    #[arg(long, value_name = "N")]
    pub gid: Option<u32>,
}

/// `group delete`.
#[derive(Debug, Args)]
pub struct GroupNameArgs {
    /// Name of the group
    pub group: String,
}

/// `group remove`.
#[derive(Debug, Args)]
pub struct GroupArgs {
    /// Name of the group, as the settings name it
    pub group: String,
    /// Login names
    #[arg(required = true, value_name = "USER")]
    pub users: Vec<String>,
}
