//! The command line of `monkd`. The manual page comes from these definitions, too.

use std::path::PathBuf;

use clap::Parser;

/// The engine of monk: checks passwords, codes and app passwords against a directory.
///
/// Without an option it stays, and listens on its socket. SIGHUP reads the settings again.
#[derive(Parser)]
#[command(name = "monkd", version)]
pub struct Options {
    /// The settings
    #[arg(long, value_name = "FILE", default_value = monk_wire::DEFAULT_CONFIG)]
    pub config: PathBuf,

    /// What to do in place of serving.
    #[command(flatten)]
    pub task: Task,
}

/// What to do in place of serving: one of these, or none.
#[derive(clap::Args)]
#[group(multiple = false)]
pub struct Task {
    /// Serve the one conversation on standard input and end (for programs)
    #[arg(long)]
    pub one_shot: bool,

    /// Make the first key and the embedded store, where they are missing, and end
    #[arg(long)]
    pub setup: bool,

    /// Write settings, keys and the embedded store into a new folder, and end (monk-enroll backup)
    #[arg(long, value_name = "FOLDER")]
    pub backup: Option<PathBuf>,

    /// Put back what is in such a folder, spend all codes that can have been used since, and end
    /// (monk-enroll restore)
    #[arg(long, value_name = "FOLDER")]
    pub restore: Option<PathBuf>,

    /// Say whether the engine could start with the settings, keys, passwords and stores that there are, as
    /// its own user, and end
    #[arg(long)]
    pub check: bool,
}
