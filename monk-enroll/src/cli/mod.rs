//! The command line. Help texts, man pages and completions all come from these definitions, so
//! the words here are the reference; each command's help fits a screen of 80 by 24.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use monk_wire::manage::Algorithm;
use monk_wire::{DEFAULT_ENGINE, DEFAULT_SOCKET, Endpoint};

use crate::exit::Exit;
use crate::when::Span;

/// The first page lists the commands alone, so that it stays one page when they become more.
const FIRST_PAGE: &str = "\
{about-with-newline}
{usage-heading} {usage}

Commands:
{subcommands}

Options: each command lists its own and the global ones with --help.{after-help}
";

/// Second factors for logins through PAM
#[derive(Debug, Parser)]
#[command(name = "monk-enroll", version, max_term_width = 80, disable_help_subcommand = true)]
#[command(help_template = FIRST_PAGE, after_help = Exit::paragraph())]
pub struct Cli {
    /// What is to be done.
    #[command(subcommand)]
    pub group: Group,
    /// Options that every command has.
    #[command(flatten)]
    pub options: Options,
}

/// Options that every command has.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Options {
    /// Print JSON, errors included
    #[arg(long, global = true)]
    pub json: bool,
    /// Agree to every question
    #[arg(long, global = true)]
    pub yes: bool,
    /// No colours (as with NO_COLOR)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Start an engine with these settings; ask no other
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the engine listens
    #[arg(long, global = true, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// The engine to start where none listens
    #[arg(long, global = true, value_name = "PATH")]
    pub engine: Option<PathBuf>,
}

impl Options {
    /// Where to find an engine.
    ///
    /// Who names settings means those, not the ones of the service that happens to run: with
    /// `--config` and no `--socket`, the socket is an empty path, on which nobody listens.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        let socket = match (&self.socket, &self.config) {
            (Some(socket), _) => socket.clone(),
            (None, Some(_)) => PathBuf::new(),
            (None, None) => DEFAULT_SOCKET.into(),
        };
        let engine = self.engine.clone().unwrap_or_else(|| DEFAULT_ENGINE.into());
        Endpoint { socket, engine, config: self.config.clone() }
    }
}

/// The groups of commands.
#[derive(Debug, Subcommand)]
pub enum Group {
    /// Users of the embedded directory
    #[command(subcommand)]
    User(UserCommand),
    /// Devices that show codes (authenticator apps)
    #[command(subcommand)]
    Totp(TotpCommand),
    /// Generated passwords, one for each program
    #[command(subcommand)]
    AppPassword(AppPasswordCommand),
    /// Codes on paper, each good for one login
    #[command(subcommand)]
    BackupCodes(BackupCodesCommand),
    /// Show what a user has enrolled
    Status(StatusArgs),
    /// Try a login without PAM and say why it would fail
    Check(CheckArgs),
}

/// `user`.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user; asks for the password twice
    Add(UserAddArgs),
}

/// `user add`.
#[derive(Debug, Args)]
pub struct UserAddArgs {
    /// Login name
    pub name: String,
    /// Mail address
    #[arg(long, value_name = "ADDR")]
    pub mail: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
}

/// `totp`.
#[derive(Debug, Subcommand)]
pub enum TotpCommand {
    /// Add a device: shows a QR code, then asks for a code
    Add(TotpAddArgs),
    /// Confirm a device with a code that it shows
    Confirm(TotpConfirmArgs),
}

/// `totp add`.
#[derive(Debug, Args)]
pub struct TotpAddArgs {
    /// Login name
    pub user: String,
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
    /// Login name
    pub user: String,
    /// Name or id of the device; not needed while only one waits
    #[arg(value_name = "NAME|ID")]
    pub device: Option<String>,
    /// Read the code from standard input
    #[arg(long)]
    pub code_stdin: bool,
}

/// `app-password`.
#[derive(Debug, Subcommand)]
pub enum AppPasswordCommand {
    /// Make an app password; it is shown once
    Create(AppPasswordCreateArgs),
    /// List the app passwords of a user
    List(AppPasswordListArgs),
    /// Revoke an app password; it opens nothing from then on
    Revoke(AppPasswordRevokeArgs),
}

/// `app-password create`.
#[derive(Debug, Args)]
pub struct AppPasswordCreateArgs {
    /// Login name
    pub user: String,
    /// Its name, such as "iPhone Mail"
    #[arg(long)]
    pub name: String,
    /// PAM services that it opens: imap,smtp or '*' [default: the settings']
    #[arg(long = "service", value_name = "NAMES", value_delimiter = ',')]
    pub services: Vec<String>,
    /// Network that it opens them from; may be repeated [default: all]
    #[arg(long = "network", value_name = "CIDR", value_delimiter = ',')]
    pub networks: Vec<String>,
    /// When it ends: 90d, 2w, 12h [default: never]
    #[arg(long, value_name = "AFTER")]
    pub expires: Option<Span>,
}

/// `app-password list`.
#[derive(Debug, Args)]
pub struct AppPasswordListArgs {
    /// Login name
    pub user: String,
}

/// `app-password revoke`.
#[derive(Debug, Args)]
pub struct AppPasswordRevokeArgs {
    /// Login name
    pub user: String,
    /// Name or id of the app password
    #[arg(value_name = "NAME|ID")]
    pub app_password: String,
}

/// `backup-codes`.
#[derive(Debug, Subcommand)]
pub enum BackupCodesCommand {
    /// Make a set of codes, shown once; an old set is dead from then on
    Generate(BackupCodesGenerateArgs),
}

/// `backup-codes generate`.
#[derive(Debug, Args)]
pub struct BackupCodesGenerateArgs {
    /// Login name
    pub user: String,
}

/// `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Login name
    pub user: String,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Login name
    pub user: String,
    /// PAM service whose policy applies
    #[arg(long, value_name = "NAME")]
    pub service: String,
    /// Address that the login would come from
    #[arg(long, value_name = "IP")]
    pub address: Option<IpAddr>,
    /// Read from standard input what would be typed
    #[arg(long)]
    pub password_stdin: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Each command with the words that lead to it.
    fn every_command<'a>(
        command: &'a clap::Command,
        words: &[&'a str],
        each: &mut dyn FnMut(&clap::Command, &[&str]),
    ) {
        let words = [words, &[command.get_name()]].concat();
        each(command, &words);
        command.get_subcommands().for_each(|inner| every_command(inner, &words, each));
    }

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_help_fits_a_screen() {
        every_command(&Cli::command(), &[], &mut |_, words| {
            let words = [words, &["--help"]].concat();
            let help = Cli::command().term_width(80).try_get_matches_from(words).unwrap_err();
            let help = help.to_string();
            let lines = help.trim_end().lines().count();
            assert!(lines <= 24, "{lines} lines\n{help}");
            assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        });
    }

    #[test]
    fn nothing_secret_can_be_an_argument() {
        every_command(&Cli::command(), &[], &mut |command, _| {
            for argument in command.get_arguments().filter(|one| one.get_action().takes_values()) {
                let id = argument.get_id().as_str();
                let secret = ["password", "code", "secret"].iter().any(|word| id.contains(word));
                // That is the name of one.
                assert!(!secret || id == "app_password", "{id}");
            }
        });
    }

    #[test]
    fn settings_that_are_named_are_not_those_of_the_resident_engine() {
        let config = Some(PathBuf::from("/tmp/monk.toml"));
        let options = Options { config: config.clone(), ..Options::default() };
        assert_eq!(options.endpoint().socket, PathBuf::new());
        assert_eq!(options.endpoint().config, config);
        let options = Options { socket: Some("/s".into()), ..options };
        assert_eq!(options.endpoint().socket, PathBuf::from("/s"));
        assert_eq!(Options::default().endpoint(), Endpoint::default());
    }
}
