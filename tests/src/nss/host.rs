//! A program that looks names up.

use std::time::Duration;

use serde_json::Value;

use crate::World;
use crate::command::Command;
use crate::site::built;

/// Where the program is installed in a world.
const PROGRAM: &str = "/usr/local/libexec/nss_host";

/// How long all look-ups of one run may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A program that looks names up, and its manner: see `nss_host/main.rs`.
pub struct NssHost {
    command: Command,
}

/// What the C library said to a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An entry, as its file would have it.
    Entry(String),
    /// There is none.
    Nothing,
    /// This `errno`.
    Error(i32),
}

/// All that a run has shown.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What was found, in the order of the questions.
    pub found: Vec<Found>,
    /// How long each look-up took.
    pub took: Vec<Duration>,
    /// What the program was like before the first look-up, and after the last.
    pub footprints: (String, String),
    /// How many times memory of the engine's is mapped in the end.
    pub lent: u64,
}

impl NssHost {
    /// The program as root.
    #[track_caller]
    pub fn new(world: &World) -> Self {
        Self::with_mode(world, 0o755)
    }

    /// The program with a mode such as `0o4755`.
    #[track_caller]
    pub fn with_mode(world: &World, mode: u32) -> Self {
        world.install(built("nss_host"), PROGRAM, mode);
        Self { command: world.command(PROGRAM).timeout(LIMIT) }
    }

    /// The program as root, with so many bytes of address space.
    #[track_caller]
    pub fn with_space(world: &World, bytes: u64) -> Self {
        world.install(built("nss_host"), PROGRAM, 0o755);
        let command = world.command("prlimit").arg(format!("--as={bytes}")).arg(PROGRAM);
        Self { command: command.timeout(LIMIT) }
    }

    /// As a user of the world.
    #[must_use]
    pub fn as_user(mut self, name: &str) -> Self {
        self.command = self.command.as_user(name);
        self
    }

    /// With an argument.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.command = self.command.arg(argument);
        self
    }

    /// Asks for users (`user:alice`, `uid:5001`), groups (`group:staff`, `gid:7000`), the groups of a user
    /// (`groups:alice`) and ageing (`ageing:alice`).
    #[track_caller]
    pub fn ask(self, questions: &[&str]) -> Seen {
        let output = self.command.args(questions).run().expect_success();
        let lines = output.stdout.lines().map(serde_json::from_str::<Value>);
        let lines: Vec<_> = lines.map(|line| line.expect("each line is JSON")).collect();
        let (summary, answers) = lines.split_last().expect("the last line is a summary");
        let found =
            answers.iter().map(|answer| match (&answer["entry"], answer["errno"].as_i64()) {
                (Value::String(entry), Some(0)) => Found::Entry(entry.clone()),
                (Value::Null, Some(0)) => Found::Nothing,
                (Value::Null, Some(errno)) => Found::Error(i32::try_from(errno).expect("an errno")),
                _ => panic!("{answer}"),
            });
        let micros = |answer: &Value| answer["micros"].as_u64().expect("a time");
        let took = answers.iter().map(|answer| Duration::from_micros(micros(answer)));
        Seen {
            found: found.collect(),
            took: took.collect(),
            lent: summary["lent"].as_u64().expect("a number"),
            footprints: (summary["before"].to_string(), summary["after"].to_string()),
        }
    }
}
