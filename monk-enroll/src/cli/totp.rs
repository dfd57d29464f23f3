//! `totp`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use monk_wire::manage::Algorithm;

use super::common::{UserArgs, one_of};

/// The HMACs by their names.
const HMACS: [(&str, Algorithm); 3] =
    [("sha1", Algorithm::Sha1), ("sha256", Algorithm::Sha256), ("sha512", Algorithm::Sha512)];

/// `totp`.
#[derive(Debug, Subcommand)]
pub enum TotpCommand {
    /// Add a device: shows a QR code, then asks for a code
    Add(TotpAddArgs),
    /// Confirm a device with a code that it shows
    Confirm(TotpConfirmArgs),
    /// Show the QR code of a device that is not confirmed yet
    ShowQr(TotpShowArgs),
    /// List devices
    List(UserArgs),
    /// Give a device another name
    Rename(TotpRenameArgs),
    /// Remove a device
    Remove(TotpRemoveArgs),
}

/// `totp add`.
#[derive(Debug, Args)]
pub struct TotpAddArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Name of the device
    #[arg(long, default_value = "Phone")]
    pub name: String,
    /// HMAC; many apps know sha1 only
    #[arg(long, value_parser = one_of(HMACS), default_value = "sha1", value_name = "HMAC")]
    pub algorithm: Algorithm,
    /// Digits of a code: 6 or 8
    #[arg(long, default_value = "6", value_parser = ["6", "8"], hide_possible_values = true)]
    pub digits: String,
    /// Seconds that a code is shown
    #[arg(long, default_value = "30", value_name = "SECONDS")]
    #[arg(value_parser = clap::value_parser!(u32).range(15..=300))]
    pub period: u32,
    /// Write the QR code there too, readable by you alone
    #[arg(long, value_name = "FILE")]
    pub png: Option<PathBuf>,
}

/// `totp confirm`.
#[derive(Debug, Args)]
pub struct TotpConfirmArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Name or id of the device; not needed while only one waits
    #[arg(long = "name", value_name = "NAME|ID")]
    pub device: Option<String>,
    /// Read the code from standard input
    #[arg(long)]
    pub code_stdin: bool,
}

/// `totp show-qr`.
#[derive(Debug, Args)]
pub struct TotpShowArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Name or id of the device; not needed while only one waits
    #[arg(long = "name", value_name = "NAME|ID")]
    pub device: Option<String>,
    /// Write the QR code there too, readable by you alone
    #[arg(long, value_name = "FILE")]
    pub png: Option<PathBuf>,
}

/// `totp rename`.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub struct TotpRenameArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Name or id of the device
    #[arg(value_name = "NAME|ID")]
    pub device: String,
    /// The new name
    #[arg(long, value_name = "NAME")]
    pub to: String,
}

/// `totp remove`.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub struct TotpRemoveArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
    /// Name or id of the device
    #[arg(value_name = "NAME|ID")]
    pub device: String,
}
