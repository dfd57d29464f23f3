//! `user-guide`.

use std::path::PathBuf;

use clap::Args;

/// `user-guide`.
#[derive(Debug, Args)]
pub struct UserGuideArgs {
    /// The folder to write guide.en.html and guide.de.html into
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// What the organisation is called [default: as mails and phones show it]
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<String>,
}
