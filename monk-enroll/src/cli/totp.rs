//! `totp`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use monk_wire::manage::Algorithm;

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
    List(TotpListArgs),
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
    #[arg(long, value_enum, default_value = "sha1", value_name = "HMAC")]
    pub algorithm: AlgorithmName,
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

/// The HMACs by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AlgorithmName {
    /// HMAC-SHA-1.
    #[value(help = None)]
    Sha1,
    /// HMAC-SHA-256.
    #[value(help = None)]
    Sha256,
    /// HMAC-SHA-512.
    #[value(help = None)]
    Sha512,
}

impl From<AlgorithmName> for Algorithm {
    fn from(name: AlgorithmName) -> Self {
        match name {
            AlgorithmName::Sha1 => Self::Sha1,
            AlgorithmName::Sha256 => Self::Sha256,
            AlgorithmName::Sha512 => Self::Sha512,
        }
    }
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

/// `totp list`.
#[derive(Debug, Args)]
pub struct TotpListArgs {
    /// Login name [default: your own]
    pub user: Option<String>,
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
