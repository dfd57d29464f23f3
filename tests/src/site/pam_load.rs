//! A program that logs people in through PAM from several processes at once, and measures it.

use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::programs;
use crate::World;
use crate::command::Command;
use crate::load::{PamLoadOutcome, PamLogin};
use crate::process::Process;
use crate::transcript::Transcript;

/// Where the program is installed in a world.
const PROGRAM: &str = "/usr/local/libexec/pam_load";

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(900);

/// How logins are carried out.
#[derive(Clone, Debug)]
pub struct PamLoad {
    /// The PAM service, whose rules are in the world already.
    pub service: String,
    /// How many processes log in at the same time.
    pub callers: usize,
}

impl PamLoad {
    /// One caller in a loop, as root.
    #[must_use]
    pub fn of(service: &str) -> Self {
        Self { service: service.to_owned(), callers: 1 }
    }
}

/// How long its output may take to arrive after its end.
const OUTPUT_LIMIT: Duration = Duration::from_secs(5);

impl PamLoad {
    /// Carries out logins. Those of one user go to one caller, in their order.
    ///
    /// # Panics
    /// When the program fails; logins that are refused are part of the outcome.
    #[track_caller]
    pub fn run(&self, world: &World, logins: &[PamLogin]) -> PamLoadOutcome {
        self.begin(world, logins).outcome()
    }

    /// Begins to carry out logins.
    ///
    /// # Panics
    /// When the program does not start.
    #[track_caller]
    pub fn begin(&self, world: &World, logins: &[PamLogin]) -> PamLoadRunning {
        if !world.exists(PROGRAM) {
            world.install(programs::built("pam_load"), PROGRAM, 0o755);
        }
        let command = world.command(PROGRAM).args(["--service", &self.service]);
        let command = command.args(["--callers", &self.callers.to_string()]);
        let login = |PamLogin { user, answers }: &PamLogin| {
            json!({ "user": user, "answers": answers }).to_string()
        };
        PamLoadRunning::start(command, logins.iter().map(login))
    }
}

/// The program, while it carries out logins. It ends when this is dropped.
pub struct PamLoadRunning {
    process: Process,
    output: Transcript,
}

impl PamLoadRunning {
    /// Starts a program that reads logins, one a line, and writes what `pam_load` writes.
    ///
    /// # Panics
    /// When the program does not start.
    #[track_caller]
    pub fn start(command: Command, logins: impl Iterator<Item = String>) -> Self {
        let (mut process, mut input, output) = command.spawn_dialogue();
        for login in logins {
            if writeln!(input, "{login}").is_err() {
                process.fail("does not take all logins");
            }
        }
        Self { process, output: Transcript::of(output) }
    }

    /// Whether there are logins left.
    pub fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    /// Waits for the last login.
    ///
    /// # Panics
    /// When the program fails.
    #[track_caller]
    pub fn outcome(mut self) -> PamLoadOutcome {
        match self.process.wait(LIMIT) {
            Some(status) if status.success() => {}
            _ => self.process.fail("does not carry out all logins"),
        }
        self.output.wait_for_end(OUTPUT_LIMIT);
        outcome(&self.output.text()).expect("the program writes one object")
    }
}

fn outcome(text: &str) -> Option<PamLoadOutcome> {
    let said: Value = serde_json::from_str(text).ok()?;
    let ends = said["ends"].as_object()?.iter();
    let refusals = ends.filter(|(name, count)| *name != "PAM_SUCCESS" && **count != 0);
    let nanos = said["nanos"].as_array()?.iter();
    Some(PamLoadOutcome {
        seconds: said["seconds"].as_f64()?,
        rate: said["rate"].as_f64()?,
        nanos: nanos.map(Value::as_u64).collect::<Option<_>>()?,
        refusals: refusals
            .map(|(name, count)| Some((name.clone(), count.as_u64()?)))
            .collect::<Option<_>>()?,
    })
}
