//! `report`.

use std::path::PathBuf;

use clap::Args;

/// The longest time that a report looks back, in days: ten years, longer than logs are kept.
const MOST_DAYS: i64 = 3653;

/// `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// How many days to look back
    #[arg(long, value_name = "N", default_value_t = 30)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=MOST_DAYS))]
    pub days: u32,
    /// Only members of this group, by name or DN; can be repeated
    #[arg(long, value_name = "NAME")]
    pub group: Vec<String>,
    /// Only logins to this PAM service; can be repeated
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,
    /// Read this log, not the journal; - for standard input; can be repeated
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// Print CSV: a row per user and way of logging in
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print full tables and add one of all users
    #[arg(long)]
    pub full: bool,
    /// List who would be refused under the coming policy
    #[arg(long)]
    pub would_break: bool,
    /// List who loses or gains a way in under these settings
    #[arg(long, value_name = "FILE", conflicts_with = "would_break")]
    pub policy: Option<PathBuf>,
}
