//! OpenSSH's client, with somebody who answers its questions.

use std::io::Write;
use std::process::ChildStdin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::World;
use crate::command::{Command, Status};
use crate::process::Process;
use crate::sshd::{HOST_KEY, Sshd};
use crate::transcript::Transcript;
use crate::wait;

/// One of the keys that Debian makes when sshd is installed.
const DEBIANS_HOST_KEY: &str = "/etc/ssh/ssh_host_ed25519_key";

/// How long one login may take.
const USUAL_LIMIT: Duration = Duration::from_secs(30);

/// Tells the folders of two logins apart.
static LOGINS: AtomicU32 = AtomicU32::new(0);

/// One login with ssh.
#[must_use = "nobody logs in before `run`"]
pub struct Ssh {
    world: World,
    port: u16,
    host_key: &'static str,
    user: String,
    answers: Vec<(String, String)>,
    key: Option<String>,
    options: Vec<String>,
    attempts: u32,
    limit: Duration,
}

/// What came of a login with ssh.
#[derive(Clone, Debug)]
pub struct SshLogin {
    /// The questions that ssh asked, in their order, answered or not.
    pub prompts: Vec<String>,
    /// How ssh ended: with the exit status of the remote command, or with 255 if there was no
    /// login.
    pub status: Status,
    /// What the remote command wrote to its standard output.
    pub stdout: String,
    /// What ssh and the remote command wrote to their standard error, with the messages of the
    /// server.
    pub stderr: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl SshLogin {
    /// Whether the remote command ran, and exited with 0.
    pub fn logged_in(&self) -> bool {
        self.status == Status::Code(0)
    }
}

impl Ssh {
    /// Logs in at `sshd` as `user`.
    pub fn new(world: &World, sshd: &Sshd, user: &str) -> Self {
        Self::at(world, (sshd.port(), HOST_KEY), user)
    }

    /// Logs in at the sshd that Debian starts by itself.
    pub fn at_debians(world: &World, user: &str) -> Self {
        Self::at(world, (22, DEBIANS_HOST_KEY), user)
    }

    fn at(world: &World, (port, host_key): (u16, &'static str), user: &str) -> Self {
        Self {
            world: world.clone(),
            port,
            host_key,
            user: user.to_owned(),
            answers: Vec::new(),
            key: None,
            options: Vec::new(),
            attempts: 1,
            limit: USUAL_LIMIT,
        }
    }

    /// Answers a question that contains `question`. Each answer is given once; of several that fit,
    /// the first.
    ///
    /// A question without an answer ends the login.
    pub fn answer(mut self, question: &str, answer: &str) -> Self {
        self.answers.push((question.to_owned(), answer.to_owned()));
        self
    }

    /// Offers a private key, which is a file of the world, for root alone.
    pub fn key(mut self, file: &str) -> Self {
        self.key = Some(file.to_owned());
        self
    }

    /// Sets an option of the client, such as `PreferredAuthentications=password`.
    pub fn option(mut self, option: &str) -> Self {
        self.options.push(option.to_owned());
        self
    }

    /// How often ssh tries again after a refusal (`NumberOfPasswordPrompts`): once unless set.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Gives up after `limit`, instead of after 30 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Logs in and runs a command of the user's shell.
    #[track_caller]
    pub fn run(self, command: &str) -> SshLogin {
        self.log_in("ssh", &[command], "")
    }

    /// Logs in with sftp instead, and carries out its commands, one a line.
    #[track_caller]
    pub fn sftp(self, commands: &str) -> SshLogin {
        self.log_in("sftp", &[], commands)
    }

    #[track_caller]
    fn log_in(self, program: &str, last: &[&str], input: &str) -> SshLogin {
        let (client, folder) = self.client(program);
        let output = client.args(last).stdin(input).timeout(self.limit).run();
        let prompts = self.world.read(format!("{folder}/prompts"));
        SshLogin {
            prompts: prompts.split_terminator('\0').map(str::to_owned).collect(),
            status: output.status,
            stdout: output.stdout,
            stderr: output.stderr,
            elapsed: output.elapsed,
        }
    }

    /// Logs in, and stays.
    ///
    /// # Panics
    /// When there is no shell.
    #[track_caller]
    pub fn open(self) -> SshSession {
        let (client, _) = self.client("ssh");
        let (process, keyboard, screen) = client.arg("/bin/sh").spawn_dialogue();
        let mut session = SshSession { process, keyboard, screen: Transcript::of(screen) };
        assert!(session.answers(), "there is no shell: {}", session.process.log());
        session
    }

    /// The program, and the folder in which somebody answers its questions.
    #[track_caller]
    fn client(&self, program: &str) -> (Command, String) {
        let folder = format!("/run/ssh-logins/{}", LOGINS.fetch_add(1, Ordering::Relaxed));
        let helper = format!("{folder}/askpass");
        self.world.make_folder(&folder, 0o700);
        self.world.write(&helper, askpass(&folder, &self.answers), 0o700);
        self.world.write(format!("{folder}/prompts"), "", 0o600);
        let client = self.world.command(program).args(self.arguments(&folder));
        let client = client.env("SSH_ASKPASS", helper).env("SSH_ASKPASS_REQUIRE", "force");
        (client, folder)
    }

    /// The arguments that ssh and its siblings have in common, up to the server.
    #[track_caller]
    fn arguments(&self, folder: &str) -> Vec<String> {
        let known_hosts = format!("{folder}/known_hosts");
        let server = format!("[127.0.0.1]:{}", self.port);
        // ssh leaves the port out of the name when it is the usual one.
        let server = if self.port == 22 { "127.0.0.1" } else { &server };
        let known_host = format!("{server} {}", self.world.read(format!("{}.pub", self.host_key)));
        self.world.write(&known_hosts, known_host, 0o600);

        let own = [
            format!("Port={}", self.port),
            "RequestTTY=no".to_owned(),
            format!("UserKnownHostsFile={known_hosts}"),
            "StrictHostKeyChecking=yes".to_owned(),
            format!("NumberOfPasswordPrompts={}", self.attempts),
            "IdentitiesOnly=yes".to_owned(),
        ];
        let mut arguments = vec!["-F".to_owned(), "none".to_owned()];
        for option in self.options.iter().chain(&own) {
            arguments.extend(["-o".to_owned(), option.clone()]);
        }
        if let Some(key) = &self.key {
            arguments.extend(["-i".to_owned(), key.clone()]);
        }
        arguments.push(format!("{}@127.0.0.1", self.user));
        arguments
    }
}

/// A shell of another machine, as long as this is there.
pub struct SshSession {
    process: Process,
    keyboard: ChildStdin,
    screen: Transcript,
}

impl SshSession {
    /// Whether the shell does what it is told.
    pub fn answers(&mut self) -> bool {
        let before = self.screen.text().len();
        // The shell puts together what is looked for, so that it is not what was typed.
        let asked = self.keyboard.write_all(b"echo still-$((40 + 2))\n");
        let answer = || self.screen.text().get(before..)?.contains("still-42\n").then_some(());
        asked.is_ok() && wait::until(USUAL_LIMIT, answer).is_some() && self.process.is_running()
    }
}

/// The program that ssh runs for each question, with the question as its argument.
fn askpass(folder: &str, answers: &[(String, String)]) -> String {
    let mut script = format!("#!/bin/sh\nprintf '%s\\0' \"$1\" >>{folder}/prompts\n");
    for (number, (question, answer)) in answers.iter().enumerate() {
        let (question, answer) = (quote(question), quote(answer));
        let used = format!("{folder}/used-{number}");
        let rule = format!(
            "case \"$1\" in *{question}*)\n\
             [ -e {used} ] || {{ : >{used}; printf '%s\\n' {answer}; exit 0; }} ;;\n\
             esac\n"
        );
        script.push_str(&rule);
    }
    script.push_str("exit 1\n");
    script
}

/// A word of the shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
