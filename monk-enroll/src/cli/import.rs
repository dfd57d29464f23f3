//! `import` and `user import`.

use std::path::PathBuf;

use clap::Args;

use crate::import::{Format, Leniency};

/// `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Files, or "-"; USER=FILE where the file does not say whose
    #[arg(value_name = "[USER=]FILE", required = true)]
    pub files: Vec<String>,
    /// google-authenticator, pam-oath, otpauth or pskc
    #[arg(long, value_enum, value_name = "NAME", hide_possible_values = true)]
    pub format: Option<Format>,
    /// Login name, whatever the files say
    #[arg(long)]
    pub user: Option<String>,
    /// Name of the devices, whatever the files say
    #[arg(long)]
    pub name: Option<String>,
    /// PSKC's pre-shared key in hex: from this file or "-"
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Leave out devices that count (HOTP)
    #[arg(long)]
    pub skip_hotp: bool,
    /// Forget PINs of pam_oath and PSKC
    #[arg(long)]
    pub ignore_pins: bool,
    /// Show what would happen, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl ImportArgs {
    /// What may be passed over.
    #[must_use]
    pub fn leniency(&self) -> Leniency {
        Leniency { skip_hotp: self.skip_hotp, ignore_pins: self.ignore_pins }
    }
}

/// `user import`.
#[derive(Debug, Args)]
pub struct UserImportArgs {
    /// CSV with a header: name,mail,password,password_hash,disabled; or "-"
    pub file: String,
    /// Leave out users who are there already
    #[arg(long)]
    pub skip_existing: bool,
    /// Take passwords of fewer than 5 characters, too
    #[arg(long)]
    pub force: bool,
    /// Show what would happen, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
