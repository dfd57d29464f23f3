//! A program that logs people in through PAM from several processes at once, and measures it.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::programs;
use crate::World;
use crate::process::Process;
use crate::transcript::Transcript;

/// Where the program is installed in a world.
const PROGRAM: &str = "/usr/local/libexec/pam_load";

/// How long one run may take.
pub(super) const LIMIT: Duration = Duration::from_secs(900);

/// How logins are carried out.
#[derive(Clone, Debug)]
pub struct PamLoad {
    /// The PAM service, whose rules are in the world already.
    pub service: String,
    /// The remote address that the program states (`PAM_RHOST`).
    pub address: Option<String>,
    /// Whether account management follows each login.
    pub account: bool,
    /// How many processes log in at the same time.
    pub callers: usize,
    /// Logins of each caller that are not measured, before all begin together.
    pub warm_up: usize,
    /// A new process for each login, which is part of its time.
    pub fresh: bool,
    /// Whether logins of one user go to several callers.
    pub spread: bool,
    /// The system user who runs it, if not root.
    pub user: Option<String>,
}

impl PamLoad {
    /// One caller in a loop, as root.
    #[must_use]
    pub fn of(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            address: None,
            account: false,
            callers: 1,
            warm_up: 0,
            fresh: false,
            spread: false,
            user: None,
        }
    }
}

/// How long its output may take to arrive after its end.
const OUTPUT_LIMIT: Duration = Duration::from_secs(5);

/// One login to be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PamLogin {
    /// The user.
    pub user: String,
    /// What is answered to the prompts; the last answer is given to all further ones.
    pub answers: Vec<String>,
}

impl PamLogin {
    /// A login with one answer.
    #[must_use]
    pub fn new(user: impl Into<String>, answer: impl Into<String>) -> Self {
        Self { user: user.into(), answers: vec![answer.into()] }
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct PamLoadOutcome {
    /// From the common beginning to the end of the last caller.
    pub seconds: f64,
    /// Logins a second that succeeded while all callers were at it: until the first was done.
    pub rate: f64,
    /// What each measured login took, in nanoseconds.
    pub nanos: Vec<u64>,
    /// How many logins ended with anything but `PAM_SUCCESS`, by the name of the end: those of
    /// the warm-up, too.
    pub refusals: BTreeMap<String, u64>,
    /// The libraries and modules that a caller had mapped before `pam_end`; none in fresh
    /// processes.
    pub mapped: Vec<String>,
}

impl PamLoadOutcome {
    /// How many logins were refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refusals.values().sum()
    }
}

impl PamLoad {
    /// Carries out logins. Those of one user go to one caller, in their order, unless they are
    /// `spread`.
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
        let mut command = world.command(PROGRAM).args(["--service", &self.service]);
        command = command.args(["--callers", &self.callers.to_string()]);
        command = command.args(["--warm-up", &self.warm_up.to_string()]);
        if let Some(address) = &self.address {
            command = command.args(["--rhost", address]);
        }
        let flags =
            [(self.account, "--account"), (self.fresh, "--fresh"), (self.spread, "--spread")];
        for (wanted, option) in flags {
            if wanted {
                command = command.arg(option);
            }
        }
        if let Some(user) = &self.user {
            command = command.as_user(user);
        }
        let (mut process, mut input, output) = command.spawn_dialogue();
        for PamLogin { user, answers } in logins {
            if writeln!(input, "{}", json!({ "user": user, "answers": answers })).is_err() {
                process.fail("does not take all logins");
            }
        }
        PamLoadRunning { process, output: Transcript::of(output) }
    }
}

/// The program, while it carries out logins. It ends when this is dropped.
pub struct PamLoadRunning {
    process: Process,
    output: Transcript,
}

impl PamLoadRunning {
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
        outcome(&self.output.text()).expect("pam_load writes one object")
    }
}

pub(super) fn outcome(text: &str) -> Option<PamLoadOutcome> {
    let said: Value = serde_json::from_str(text).ok()?;
    let ends = said["ends"].as_object()?.iter();
    let refusals = ends.filter(|(name, _)| *name != "PAM_SUCCESS");
    let nanos = said["nanos"].as_array()?.iter();
    let mapped = said["mapped"].as_array()?.iter();
    Some(PamLoadOutcome {
        seconds: said["seconds"].as_f64()?,
        rate: said["rate"].as_f64()?,
        nanos: nanos.map(Value::as_u64).collect::<Option<_>>()?,
        refusals: refusals
            .map(|(name, count)| Some((name.clone(), count.as_u64()?)))
            .collect::<Option<_>>()?,
        mapped: mapped.filter_map(|file| Some(file.as_str()?.to_owned())).collect(),
    })
}
