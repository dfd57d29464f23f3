//! `invite` and `invitations`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

/// `invite`.
#[derive(Debug, Args)]
#[command(override_usage = "monk-enroll invite [OPTIONS] [USER]...")]
#[command(group = ArgGroup::new("whom").required(true).multiple(true))]
pub struct InviteArgs {
    /// Login names
    #[arg(value_name = "USER", group = "whom")]
    pub users: Vec<String>,
    /// Members of this group without a second factor; can be repeated
    #[arg(long, value_name = "GROUP", group = "whom")]
    pub group: Vec<String>,
    /// The users in a file, as for user import; - is stdin
    #[arg(long, value_name = "FILE", group = "whom")]
    pub csv: Option<PathBuf>,
    /// All users without a second factor
    #[arg(long, group = "whom")]
    pub without_second_factor: bool,
    /// Remind users who were invited and have not enrolled
    #[arg(long, group = "whom", conflicts_with_all = ["reset", "again"])]
    pub remind: bool,
    /// Remind only users last mailed at least N days ago
    #[arg(long, value_name = "N", requires = "remind", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=365))]
    pub older_than_days: u16,
    /// Stop after N users; run again for the next N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub wave: Option<u32>,
    /// How many days the code is valid
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..=30))]
    pub days: u8,
    /// Mail it to the address in the directory
    #[arg(long)]
    pub mail: bool,
    /// Also users with a valid invitation: replace it
    #[arg(long, conflicts_with = "wave")]
    pub again: bool,
    /// Also users with a second factor: remove all they enrolled
    #[arg(long)]
    pub reset: bool,
    /// Mail it even if the mailbox asks for a second factor
    #[arg(long, requires = "mail")]
    pub force: bool,
}

/// `invitations`.
#[derive(Debug, Subcommand)]
pub enum InvitationsCommand {
    /// List users who were invited and have not enrolled
    List(InvitationListArgs),
    /// Note mails that came back, from the mail server's reports
    Bounced(BouncedArgs),
}

/// `invitations list`.
#[derive(Debug, Args)]
pub struct InvitationListArgs {
    /// Only members of this group, by name or DN; can be repeated
    #[arg(long, value_name = "NAME")]
    pub group: Vec<String>,
}

/// `invitations bounced`.
#[derive(Debug, Args)]
pub struct BouncedArgs {
    /// A report, or an mbox file with several; - is stdin
    pub file: PathBuf,
}
