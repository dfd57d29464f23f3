//! `AuthorizedKeysCommand` of sshd: prints the keys that a user of the directory logs in with.
//!
//! It asks the resident engine one question, and opens nothing else. sshd runs it as a user without rights
//! of any kind, before anybody has proved anything, so it does as little as it can: it starts no engine, reads
//! no settings and keeps nothing.

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use monk_client::{Conversation, WireError};
use monk_wire::ssh_keys::{KeyLines, KeyQuery};
use monk_wire::{DEFAULT_SOCKET, Reply, Request};

/// How long the engine may take. sshd itself waits for as long as `LoginGraceTime`.
const PATIENCE: Duration = Duration::from_secs(5);

/// Print the ssh keys of a user, for sshd
///
/// Prints a line of authorized_keys for each key that the user has in the directory. It prints nothing for
/// users who do not exist there, whose account is closed, or who are in none of the groups that the policy
/// of the service lets in.
#[derive(Debug, Parser)]
#[command(name = "monk-ssh-keys", version)]
pub struct Options {
    /// The user: %u in sshd_config
    pub user: String,

    /// The PAM service of sshd (PAMServiceName), whose policy applies
    #[arg(long, default_value = "sshd")]
    pub service: String,

    /// Where the engine listens
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,
}

/// The exit codes, with what they mean.
pub const EXIT_CODES: [(u8, &str); 3] = [
    (0, "The keys are printed, of which there may be none"),
    (1, "There is no answer, or the caller may not ask about this user; nothing is printed"),
    (2, "The command line makes no sense"),
];

/// Exit code where there is no answer.
const NO_ANSWER: u8 = EXIT_CODES[1].0;

/// Why there is no answer.
#[derive(Debug)]
enum Failure {
    /// No engine, or none that can be understood.
    Engine(WireError),
    /// The engine refuses to tell this caller.
    NotPermitted,
    /// Something that the engine needs does not answer.
    Unavailable,
    /// A reply that does not fit the question.
    Unexpected,
    /// The lines cannot be written.
    Unwritten(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(WireError::NoEngine(error)) => {
                write!(f, "no engine listens, and only root can start one: {error}")
            }
            Self::Engine(error) => error.fmt(f),
            Self::NotPermitted => f.write_str(
                "not permitted: run this as root or as the user that [ssh_keys] in monk.toml names, or ask about \
                 yourself",
            ),
            Self::Unavailable => {
                f.write_str("something that the engine needs does not answer: journalctl -t monkd")
            }
            Self::Unexpected => f.write_str(
                "unexpected reply from the engine: monkd and monk-ssh-keys must be of the same version",
            ),
            Self::Unwritten(error) => write!(f, "cannot write the keys: {error}"),
        }
    }
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(misread) => {
            // A reader that has had enough of the help is no error.
            let _ = misread.print();
            let code = if misread.use_stderr() { EXIT_CODES[2] } else { EXIT_CODES[0] };
            return ExitCode::from(code.0);
        }
    };
    let ask = |request: &Request| Conversation::open(&options.socket, PATIENCE)?.call(request);
    match run(&options, ask, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // sshd puts it into its log. That it cannot be written changes nothing.
            let _ = writeln!(io::stderr(), "monk-ssh-keys: {failure}");
            ExitCode::from(NO_ANSWER)
        }
    }
}

/// Asks for the keys and prints them: all of them, or nothing.
fn run(
    options: &Options,
    ask: impl FnOnce(&Request) -> Result<Reply, WireError>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let query = KeyQuery {
        user: options.user.clone(),
        service: options.service.clone(),
        budget_ms: u32::try_from(PATIENCE.as_millis()).unwrap_or(u32::MAX),
    };
    match ask(&Request::SshKeys(query)).map_err(Failure::Engine)? {
        Reply::Keys(lines) => print(&lines, out).map_err(Failure::Unwritten),
        Reply::Denied(_) => Err(Failure::NotPermitted),
        Reply::Unavailable => Err(Failure::Unavailable),
        _ => Err(Failure::Unexpected),
    }
}

fn print(lines: &KeyLines, out: &mut impl Write) -> io::Result<()> {
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use monk_wire::Denial;
    use monk_wire::frame::FrameError;

    use super::*;

    fn options(arguments: &[&str]) -> Options {
        Options::try_parse_from([&["monk-ssh-keys"], arguments].concat()).unwrap()
    }

    fn told(reply: Result<Reply, WireError>) -> (Result<(), String>, String) {
        let mut out = Vec::new();
        let result = run(&options(&["alice"]), |_| reply, &mut out);
        (result.map_err(|failure| failure.to_string()), String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_engine_is_asked_about_the_user_and_the_service_that_the_command_line_names() {
        for (arguments, user, service) in [
            (&["alice"][..], "alice", "sshd"),
            (&["--service", "sshd-ops", "bob"], "bob", "sshd-ops"),
            (&["--", "-x"], "-x", "sshd"),
        ] {
            let asked = |request: &Request| {
                let Request::SshKeys(query) = request else { panic!("{request:?}") };
                assert_eq!((query.user.as_str(), query.service.as_str()), (user, service));
                assert_eq!(query.budget_ms, 5000);
                Ok(Reply::Keys(KeyLines::default()))
            };
            run(&options(arguments), asked, &mut Vec::new()).unwrap();
        }
    }

    #[test]
    fn each_key_is_a_line_as_it_is_in_the_directory() {
        let keys = ["from=\"192.0.2.7\" ssh-ed25519 AAAA a", "cert-authority ssh-rsa BBBB"];
        let (lines, _) = KeyLines::of(keys.map(str::to_owned).to_vec());
        let text = keys.join("\n") + "\n";
        assert_eq!(told(Ok(Reply::Keys(lines))), (Ok(()), text));
        assert_eq!(told(Ok(Reply::Keys(KeyLines::default()))), (Ok(()), String::new()));
    }

    #[test]
    fn whatever_else_comes_is_a_message_and_no_line_for_sshd() {
        let granted = Reply::Granted { forward: None, notice: None, new_password: false };
        for (reply, words) in [
            (Ok(Reply::Denied(Denial::Refused)), "not permitted"),
            (Ok(Reply::Unavailable), "does not answer"),
            (Ok(granted), "unexpected reply"),
            (Err(WireError::NoEngine(io::ErrorKind::NotFound.into())), "only root can start one"),
            (Err(WireError::Timeout), "did not answer in time"),
            (Err(WireError::Frame(FrameError::Malformed)), "does not speak our language"),
        ] {
            let (result, printed) = told(reply);
            let message = result.unwrap_err();
            assert!(message.contains(words), "{message}");
            assert_eq!(printed, "");
        }
    }
}
