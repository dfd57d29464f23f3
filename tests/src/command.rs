//! Running programs in a world.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Child, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::World;
use crate::namespace::Errand;
use crate::process::Process;
use crate::system_calls;
use crate::transcript::Transcript;
use crate::users;
use crate::wait;

/// How long a command may run when nothing else is said.
const USUAL_LIMIT: Duration = Duration::from_secs(30);

/// How long to wait for output after the program has ended, if a grandchild keeps its pipes open.
const OUTPUT_LIMIT: Duration = Duration::from_millis(500);

/// How long to wait until nobody has a new program open for writing any more.
const WRITTEN_LIMIT: Duration = Duration::from_secs(5);

/// Where programs are looked for.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program to run in a world, as root, in `/`, without a terminal, and with an environment of
/// `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL`, `LANG` and `TERM` only.
#[must_use = "a command does nothing until it is run or spawned"]
pub struct Command {
    world: World,
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    input: Option<Vec<u8>>,
    limit: Duration,
    user: Option<String>,
}

impl Command {
    pub(crate) fn new(world: World, program: &OsStr) -> Self {
        Self {
            world,
            program: program.to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            input: None,
            limit: USUAL_LIMIT,
            user: None,
        }
    }

    /// Adds one argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds several arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// What the program reads from its standard input, which is empty otherwise.
    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// How long [`run`](Self::run) lets the program run before it kills it: 30 s unless set.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs the program as a system user of the world, with the user's groups and home, instead of as
    /// root.
    ///
    /// No PAM stack is involved.
    pub fn as_user(mut self, name: &str) -> Self {
        self.user = Some(name.to_owned());
        self
    }

    /// Runs the program to its end, or kills it and its process group when its time is over.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[track_caller]
    pub fn run(mut self) -> Output {
        let input = self.input.take();
        let limit = self.limit;
        let begin = Instant::now();
        let mut command = self.prepare();
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.start(command);
        if let Some((mut pipe, input)) = child.stdin.take().zip(input) {
            // A program that ends without reading everything has its reasons.
            thread::spawn(move || pipe.write_all(&input));
        }
        let stdout = Transcript::of(child.stdout.take().expect("the standard output is piped"));
        let stderr = Transcript::of(child.stderr.take().expect("the standard error is piped"));

        let mut process = Process::new(self.name(), child, Transcript::of(io::empty()));
        let end = process.wait(limit);
        process.destroy();
        let elapsed = begin.elapsed();
        stdout.wait_for_end(OUTPUT_LIMIT);
        stderr.wait_for_end(OUTPUT_LIMIT);
        let status = end.map_or(Status::TimedOut, Status::from);
        Output {
            program: self.name(),
            status,
            stdout: stdout.text(),
            stderr: stderr.text(),
            elapsed,
        }
    }

    /// Starts the program and leaves it running. Its standard output and error together are its
    /// log.
    ///
    /// # Panics
    /// When the program cannot be started, or has been given an input.
    #[track_caller]
    pub fn spawn(self) -> Process {
        assert!(self.input.is_none(), "{} is spawned, and cannot be given an input", self.name());
        let mut command = self.prepare();
        let (output, input) = io::pipe().expect("a pipe can be made");
        let second = input.try_clone().expect("a pipe can be shared");
        command.stdin(Stdio::null()).stdout(input).stderr(second);
        let child = self.start(command);
        Process::new(self.name(), child, Transcript::of(output)).of(&self.world)
    }

    /// Starts the program and leaves it running, for a dialogue with its standard input and output.
    /// Its standard error is its log.
    ///
    /// # Panics
    /// When the program cannot be started, or has been given an input.
    #[track_caller]
    pub(crate) fn spawn_dialogue(self) -> (Process, ChildStdin, ChildStdout) {
        assert!(self.input.is_none(), "{} is spawned, and cannot be given an input", self.name());
        let mut command = self.prepare();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.start(command);
        let input = child.stdin.take().expect("the standard input is piped");
        let output = child.stdout.take().expect("the standard output is piped");
        let log = Transcript::of(child.stderr.take().expect("the standard error is piped"));
        (Process::new(self.name(), child, log).of(&self.world), input, output)
    }

    #[track_caller]
    fn prepare(&self) -> process::Command {
        let user = self.user.as_deref().unwrap_or("root");
        let account = users::account(&self.world, user);
        let mut command = process::Command::new(&self.program);
        if self.user.is_some() {
            command = process::Command::new("setpriv");
            command.args(["--reuid", &account.uid, "--regid", &account.gid, "--init-groups", "--"]);
            command.arg(&self.program);
        }
        command.args(&self.arguments).env_clear();
        command.envs([("PATH", PATH), ("HOME", &account.home), ("USER", user), ("LOGNAME", user)]);
        command.envs([("SHELL", "/bin/sh"), ("LANG", "C.UTF-8"), ("TERM", "dumb")]);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        system_calls::detach(&mut command);
        command
    }

    /// Starts `command` among the processes of the world. Its own copies of the pipes' ends are
    /// gone afterwards.
    #[track_caller]
    fn start(&self, mut command: process::Command) -> Child {
        let child =
            self.world.namespaces().run(Errand::Program, move || spawn_when_written(&mut command));
        child
            .and_then(|started| started)
            .unwrap_or_else(|error| panic!("cannot start {} in the world: {error}", self.name()))
    }

    fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }
}

/// Starts a program that may have been installed a moment ago.
///
/// Its file was open for writing then, and a process that another thread forked at that moment has
/// inherited this until it executes its own program; so long the kernel says `ETXTBSY`.
fn spawn_when_written(command: &mut process::Command) -> io::Result<Child> {
    let child = wait::until(WRITTEN_LIMIT, || match command.spawn() {
        Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => None,
        done => Some(done),
    });
    child.unwrap_or_else(|| Err(io::ErrorKind::ExecutableFileBusy.into()))
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It exited with this code.
    Code(i32),
    /// A signal of this number ended it.
    Signal(i32),
    /// It did not end in the time it had, and was killed.
    TimedOut,
}

impl From<ExitStatus> for Status {
    fn from(status: ExitStatus) -> Self {
        match status.code() {
            Some(code) => Self::Code(code),
            None => Self::Signal(status.signal().unwrap_or_default()),
        }
    }
}

/// What came of a command.
#[derive(Clone, Debug)]
pub struct Output {
    /// The program, as it was named.
    pub program: String,
    /// How it ended.
    pub status: Status,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// How long it took, from before its start.
    pub elapsed: Duration,
}

impl Output {
    /// Whether it exited with 0.
    pub fn success(&self) -> bool {
        self.status == Status::Code(0)
    }

    /// Hands itself back, or panics with all it has if the program did not exit with 0.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert!(self.success(), "{self}");
        self
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ended with {:?} after {:?}", self.program, self.status, self.elapsed)?;
        writeln!(f, "standard output:\n{}", self.stdout)?;
        write!(f, "standard error:\n{}", self.stderr)
    }
}
