//! `throttle`.

use clap::{Args, Subcommand};

/// `throttle`.
#[derive(Debug, Subcommand)]
pub enum ThrottleCommand {
    /// List who has failed to log in, and how long they wait
    List,
    /// Forget failures: attempts are looked at again at once
    Clear(ThrottleClearArgs),
}

/// `throttle clear`.
#[derive(Debug, Args)]
pub struct ThrottleClearArgs {
    /// Login name or network [default: all]
    #[arg(value_name = "USER|NETWORK")]
    pub whose: Option<String>,
}
