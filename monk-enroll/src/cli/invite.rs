//! `invite`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

/// `invite`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true).multiple(true))]
pub struct InviteArgs {
    /// Login names
    #[arg(value_name = "USER", group = "whom")]
    pub users: Vec<String>,
    /// Everybody in this group who has no second factor; repeatable
    #[arg(long, value_name = "GROUP", group = "whom")]
    pub group: Vec<String>,
    /// The users of a file, as for user import; - is stdin
    #[arg(long, value_name = "FILE", group = "whom")]
    pub csv: Option<PathBuf>,
    /// Days that the code is good
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..=30))]
    pub days: u8,
    /// Send it to the address that the directory has
    #[arg(long)]
    pub mail: bool,
    /// Also users with a second factor: they lose everything
    #[arg(long)]
    pub reset: bool,
}
