//! A program that logs many people in through PAM, one after the other in one process.

use std::io::{BufRead, BufReader, Write};
use std::process::ChildStdin;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Site, programs};
use crate::World;
use crate::process::Process;

/// Where the program is installed in a world.
const PROGRAM: &str = "/usr/local/libexec/pam_host";

/// How long one answer may take. No login that monk decides takes longer than 10 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// How the program is started.
#[derive(Clone, Debug, Default)]
pub struct PamHostOptions {
    /// The PAM service, whose rules are in the world already.
    pub service: String,
    /// The remote address that the program states (`PAM_RHOST`).
    pub address: Option<String>,
    /// Whether account management follows each login that has succeeded.
    pub account: bool,
    /// The system user who runs it, if not root.
    pub user: Option<String>,
    /// What is strange about the program, by its name in `pam_host/manner.rs`.
    pub manner: Option<String>,
    /// The program that runs it, with its arguments, if any: see [`Watch`](crate::Watch).
    pub under: Vec<String>,
}

/// What libpam answered to one login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PamOutcome {
    /// The code.
    pub code: i64,
    /// Its name, such as `PAM_SUCCESS`.
    pub name: String,
    /// How long the program took from `pam_start` to `pam_end`, in microseconds.
    pub micros: u64,
    /// The prompts that were shown.
    pub prompts: Vec<String>,
}

impl PamOutcome {
    /// Whether the user is in.
    pub fn is_success(&self) -> bool {
        self.code == 0
    }

    /// How long the program took from `pam_start` to `pam_end`.
    pub fn took(&self) -> Duration {
        Duration::from_micros(self.micros)
    }
}

/// What all logins together did to the program. "Before" is before the first login, or, when there
/// were more than 200, after the first 100.
#[derive(Clone, Debug)]
pub struct Summary {
    /// How many logins.
    pub logins: u64,
    /// Open descriptors before and after.
    pub descriptors: (u64, u64),
    /// Threads before and after.
    pub threads: (u64, u64),
    /// Memory in RAM before and after, in KiB.
    pub rss_kib: (u64, u64),
    /// Children at the end, those included that nobody has waited for.
    pub children_after: u64,
    /// The libraries and modules that are mapped at the end.
    pub mapped_libraries: Vec<String>,
    /// Signals, umask, folder, environment and standard descriptors, before and after.
    pub habits: (String, String),
    /// Children that the program's own handler of SIGCHLD has found.
    pub reaped: u64,
}

/// The program, running. It ends when this is dropped.
pub struct PamHost {
    process: Process,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl PamHost {
    /// Installs and starts the program.
    #[track_caller]
    pub fn start(world: &World, options: &PamHostOptions) -> Self {
        if !world.exists(PROGRAM) {
            world.install(programs::built("pam_host"), PROGRAM, 0o755);
        }
        let mut command = match options.under.split_first() {
            Some((watcher, arguments)) => world.command(watcher).args(arguments).arg(PROGRAM),
            None => world.command(PROGRAM),
        };
        command = command.args(["--service", &options.service]);
        if let Some(address) = &options.address {
            command = command.args(["--rhost", address]);
        }
        if options.account {
            command = command.arg("--account");
        }
        if let Some(manner) = &options.manner {
            command = command.args(["--manner", manner]);
        }
        if let Some(user) = &options.user {
            command = command.as_user(user);
        }
        let (process, input, output) = command.spawn_dialogue();
        let (send, lines) = channel();
        thread::spawn(move || {
            let mut read = BufReader::new(output).lines();
            while let Some(Ok(line)) = read.next() {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { process, input: Some(input), lines }
    }

    /// Carries out one login. The last answer is given again to prompts beyond the others.
    ///
    /// # Panics
    /// When there is no answer within 30 s.
    #[track_caller]
    pub fn login(&mut self, user: &str, answers: &[&str]) -> PamOutcome {
        self.begin(user, answers);
        self.outcome()
    }

    /// Begins a login, whose [`outcome`](Self::outcome) is asked for later. Several may wait in
    /// line.
    #[track_caller]
    pub fn begin(&mut self, user: &str, answers: &[&str]) {
        let login = json!({ "user": user, "answers": answers });
        let input = self.input.as_mut().expect("the input is open until the end");
        if writeln!(input, "{login}").is_err() {
            self.process.fail("takes no login");
        }
    }

    /// The outcome of the oldest login that was begun.
    #[track_caller]
    pub fn outcome(&mut self) -> PamOutcome {
        let said = self.line();
        let number = |name: &str| said[name].as_u64().expect("a number");
        let prompts = said["prompts"].as_array().expect("a list of prompts");
        PamOutcome {
            code: said["code"].as_i64().expect("a code"),
            name: said["name"].as_str().expect("a name").to_owned(),
            micros: number("micros"),
            prompts: prompts.iter().filter_map(|p| Some(p.as_str()?.to_owned())).collect(),
        }
    }

    /// Lets the program end, with the one that it runs under, which may have to write down what it
    /// has seen. The outcome of every login must have been asked for.
    #[track_caller]
    pub fn finish(mut self) -> Summary {
        drop(self.input.take());
        let said = self.line();
        if self.process.wait(ANSWER_LIMIT).is_none() {
            self.process.fail("does not end");
        }
        let summary = &said["summary"];
        let number = |name: &str| summary[name].as_u64().expect("a number");
        let both =
            |name: &str| (number(&format!("{name}_before")), number(&format!("{name}_after")));
        let text = |name: &str| summary[name].as_str().expect("a text").to_owned();
        let libraries = summary["mapped_libraries"].as_array().expect("a list of libraries");
        Summary {
            logins: number("logins"),
            descriptors: both("descriptors"),
            threads: both("threads"),
            rss_kib: both("rss_kib"),
            children_after: number("children_after"),
            mapped_libraries: libraries
                .iter()
                .filter_map(|l| Some(l.as_str()?.to_owned()))
                .collect(),
            habits: (text("habits_before"), text("habits_after")),
            reaped: number("reaped"),
        }
    }

    /// The process id, as this machine counts.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    #[track_caller]
    fn line(&mut self) -> Value {
        let Ok(line) = self.lines.recv_timeout(ANSWER_LIMIT) else {
            self.process.fail("does not answer");
        };
        serde_json::from_str(&line).expect("pam_host answers in JSON")
    }
}

impl Site {
    /// Starts a program whose PAM service is `service`, with nothing but monk in its rules.
    #[track_caller]
    pub fn pam_host(&self, service: &str) -> PamHost {
        self.pam_service(service, "");
        let options = PamHostOptions { service: service.to_owned(), ..PamHostOptions::default() };
        PamHost::start(&self.world, &options)
    }
}
