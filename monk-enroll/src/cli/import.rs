//! `import` and `user import`.

use std::path::PathBuf;

use clap::Args;

use monk_import::{Format, Leniency};

use super::common::one_of;

/// `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Files, or "-"; USER=FILE where the file does not say whose
    #[arg(value_name = "[USER=]FILE", required = true)]
    pub files: Vec<String>,
    /// google-authenticator, pam-oath, otpauth, pskc or ldif
    #[arg(long, value_parser = one_of(Format::ALL.map(|one| (one.name(), one))), value_name = "NAME", hide_possible_values = true)]
    pub format: Option<Format>,
    /// Login name, whatever the files say
    #[arg(long)]
    pub user: Option<String>,
    /// With --user: take all devices of a file for this user
    #[arg(long)]
    pub all_tokens: bool,
    /// Who gets the token with this serial number
    #[arg(long, value_name = "SERIAL=USER")]
    pub owner: Vec<String>,
    /// The same as a list, SERIAL,USER a line: a file or "-"
    #[arg(long, value_name = "FILE")]
    pub owners: Option<PathBuf>,
    /// Take an account such as alice@host for the user alice
    #[arg(long)]
    pub strip_host: bool,
    /// Name of the devices, whatever the files say
    #[arg(long)]
    pub name: Option<String>,
    /// PSKC's pre-shared key in hex: from this file or "-"
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Leave out devices that count (HOTP)
    #[arg(long)]
    pub skip_hotp: bool,
    /// Leave out devices of Steam
    #[arg(long)]
    pub skip_steam: bool,
    /// Leave out PSKC tokens whose policy has ended
    #[arg(long)]
    pub skip_expired: bool,
    /// Leave out tokens that --owner and --owners do not name
    #[arg(long)]
    pub skip_unassigned: bool,
    /// Forget PINs of pam_oath and PSKC
    #[arg(long)]
    pub ignore_pins: bool,
    /// Forget the day on which a token's policy is going to end
    #[arg(long)]
    pub ignore_expiry: bool,
    /// Show what would happen, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl ImportArgs {
    /// What may be passed over.
    #[must_use]
    pub fn leniency(&self) -> Leniency {
        Leniency {
            skip_hotp: self.skip_hotp,
            skip_steam: self.skip_steam,
            skip_expired: self.skip_expired,
            ignore_pins: self.ignore_pins,
            ignore_expiry: self.ignore_expiry,
        }
    }
}

/// `user import`.
#[derive(Debug, Args)]
pub struct UserImportArgs {
    /// CSV with a header: name,mail,password,password_hash,disabled,expires,
    /// uid,gid,group,home,shell,full_name; or "-"
    pub file: String,
    /// The file is like /etc/passwd; the system's own accounts are left out
    #[arg(long)]
    pub passwd: bool,
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
