//! The command line. Help texts, man pages and completions all come from these definitions, so
//! the words here are the reference; each command's help fits a screen of 80 by 24.

mod app_password;
mod backup;
mod common;
mod credentials;
mod directory;
pub mod doctor;
mod email;
mod group;
mod host;
mod import;
mod invite;
mod letters;
mod passkey;
mod posix;
mod report;
mod throttle;
mod totp;
mod user;
mod user_guide;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use monk_one_shot::Endpoint;
use monk_wire::{DEFAULT_ENGINE, DEFAULT_SOCKET};

pub use app_password::*;
pub use backup::*;
pub use common::UserArgs;
pub use credentials::*;
pub use directory::*;
pub use email::*;
pub use group::*;
pub use host::*;
pub use import::{ImportArgs, UserImportArgs};
pub use invite::*;
pub use letters::*;
pub use passkey::*;
pub use posix::*;
pub use report::ReportArgs;
pub use throttle::*;
pub use totp::*;
pub use user::*;
pub use user_guide::*;

use crate::exit::Exit;

/// The first page lists the commands alone, so that it stays one page when they become more.
const FIRST_PAGE: &str = "\
{about}
{usage-heading} {usage}
Commands, each of which lists its options with --help:
{subcommands}{after-help}
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
    /// Devices that show codes (authenticator apps)
    #[command(subcommand)]
    Totp(TotpCommand),
    /// Generated passwords, one for each program
    #[command(subcommand)]
    AppPassword(AppPasswordCommand),
    /// Codes on paper, each good for one login
    #[command(subcommand)]
    BackupCodes(BackupCodesCommand),
    /// Passkeys, which sign in to the portal
    #[command(subcommand)]
    Passkey(PasskeyCommand),
    /// The address that codes are sent to
    #[command(subcommand)]
    Email(EmailCommand),
    /// Show what a user has enrolled, or count all users
    Status(StatusArgs),
    /// For root: who has which factors, and who logs in how
    Report(ReportArgs),
    /// Try a login without PAM and say why it would fail
    Check(CheckArgs),
    /// Remove all factors of a user, and make an enrolment code
    Reset(ResetArgs),
    /// Make enrolment codes for users without a second factor
    Invite(InviteArgs),
    /// Who was invited, and has not enrolled
    #[command(subcommand)]
    Invitations(InvitationsCommand),
    /// Write letters with enrolment codes, one page for each user
    Letters(LettersArgs),
    /// Users: list all, or manage those of the embedded directory
    #[command(subcommand)]
    User(UserCommand),
    /// Groups of the embedded directory, for policies
    #[command(subcommand)]
    Group(GroupCommand),
    /// Take over devices of google-authenticator, pam_oath and others
    Import(ImportArgs),
    /// Guessers who are slowed down
    #[command(subcommand)]
    Throttle(ThrottleCommand),
    /// The credential store: move it, remove records of gone users
    #[command(subcommand)]
    Credentials(CredentialsCommand),
    /// Keys of this host, which seal what is enrolled
    #[command(subcommand)]
    Key(KeyCommand),
    /// Write settings, keys and the embedded store into a folder
    Backup(BackupArgs),
    /// Put a backup back; no code used since is good again
    Restore(RestoreArgs),
    /// Find the settings for an LDAP server
    #[command(subcommand)]
    Directory(DirectoryCommand),
    /// The settings of the engine
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write pages for users, with your names and servers in them
    UserGuide(UserGuideArgs),
    /// Look for what is wrong with this setup, and say what to do
    Doctor(doctor::DoctorArgs),
}

/// `backup-codes`.
#[derive(Debug, Subcommand)]
pub enum BackupCodesCommand {
    /// Make a set of codes, shown once; an old set is dead from then on
    Generate(UserArgs),
    /// Tell how many codes are left
    Status(UserArgs),
    /// Remove the set
    Remove(UserArgs),
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
        every_command(&Cli::command(), &[], &mut |command, words| {
            let words = [words, &["--help"]].concat();
            let help = Cli::command().term_width(80).try_get_matches_from(words).unwrap_err();
            let help = help.to_string();
            let lines = help.trim_end().lines().count();
            // Files of other systems differ in many ways, and each has its option.
            // So does what users are for hosts.
            let has_uid = command.get_arguments().any(|one| one.get_id() == "uid");
            let most = match command.get_name() {
                "import" => 40,
                // All commands, one line each.
                "monk-enroll" => 30,
                // Whom, how many and how: each has its option.
                "invite" | "letters" => 36,
                "user" => 26,
                _ if has_uid => 30,
                _ => 24,
            };
            assert!(lines <= most, "{lines} lines\n{help}");
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
