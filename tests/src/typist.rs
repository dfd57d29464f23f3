//! Somebody at a terminal, who runs a program and answers what it asks.

use std::io::Write;
use std::process::ChildStdin;
use std::thread;
use std::time::{Duration, Instant};

use crate::World;
use crate::command::Status;
use crate::process::Process;
use crate::transcript::Transcript;

/// How long one program may take, with all answers.
const USUAL_LIMIT: Duration = Duration::from_secs(60);

/// How long to wait for the rest of the screen of a program that has ended.
const REST_LIMIT: Duration = Duration::from_millis(500);

/// How often the screen is looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// The answer to a question, made from what stands on the screen at that moment.
type Answer<'a> = Box<dyn FnOnce(&str) -> String + 'a>;

/// One command on a terminal of its own, as a person runs it.
///
/// What the program writes is kept as the person sees it, in order with what was typed: for
/// programs whose questions and pictures matter. Clients that only log in are in
/// [`clients`](crate::clients).
#[must_use = "nothing is typed before `run`"]
pub struct Typist<'a> {
    world: World,
    command: String,
    environment: Vec<(String, String)>,
    answers: Vec<(String, Answer<'a>)>,
    limit: Duration,
}

/// A piece of what the person sees or does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The program wrote this. Line ends are `\n`.
    Shown(String),
    /// The person typed this, and Return. It is not repeated in what follows, whether or not the
    /// terminal showed it.
    Typed(String),
}

/// What came of a command on a terminal.
#[derive(Clone, Debug)]
pub struct Screen {
    /// How it ended.
    pub status: Status,
    /// What was seen and typed, in order.
    pub parts: Vec<Part>,
    /// Questions that never came.
    pub unasked: Vec<String>,
}

impl Screen {
    /// Everything that the program wrote.
    pub fn text(&self) -> String {
        let shown = |part: &Part| match part {
            Part::Shown(text) => Some(text.clone()),
            Part::Typed(_) => None,
        };
        self.parts.iter().filter_map(shown).collect()
    }
}

impl<'a> Typist<'a> {
    /// Runs `command`, a line of the shell, as root in `/root`, on a terminal of 78 by 50.
    pub fn new(world: &World, command: &str) -> Self {
        Self {
            world: world.clone(),
            command: command.to_owned(),
            environment: vec![("TERM".to_owned(), "xterm-256color".to_owned())],
            answers: Vec::new(),
            limit: USUAL_LIMIT,
        }
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Answers the next question that contains `question`, on the line where the cursor stands. Questions come in the order in which
    /// they are named here.
    pub fn answer(self, question: &str, answer: &str) -> Self {
        let answer = answer.to_owned();
        self.answer_with(question, move |_| answer)
    }

    /// Answers the next question that contains `question` with what `answer` makes of the screen
    /// so far.
    pub fn answer_with(mut self, question: &str, answer: impl FnOnce(&str) -> String + 'a) -> Self {
        self.answers.push((question.to_owned(), Box::new(answer)));
        self
    }

    /// Runs the command to its end. After a minute it is killed.
    #[track_caller]
    pub fn run(self) -> Screen {
        let end = Instant::now() + self.limit;
        let (mut process, mut keyboard, mut seen) = self.start();
        let mut parts = Vec::new();
        let mut unasked = Vec::new();
        for (question, answer) in self.answers {
            if unasked.is_empty() && seen.wait_for(&question, &mut process, end) {
                parts.push(Part::Shown(seen.take()));
                let typed = answer(&seen.text);
                // A program that has just ended shows that at the next question.
                let _ = keyboard.write_all(format!("{typed}\n").as_bytes());
                seen.expect_echo(&typed);
                parts.push(Part::Typed(typed));
            } else {
                unasked.push(question);
            }
        }
        let status = process.wait(end.saturating_duration_since(Instant::now()));
        process.destroy();
        seen.screen.wait_for_end(REST_LIMIT);
        parts.push(Part::Shown(seen.take()));
        Screen { status: status.map_or(Status::TimedOut, Status::from), parts, unasked }
    }

    #[track_caller]
    fn start(&self) -> (Process, ChildStdin, Seen) {
        let line = format!("cd /root && stty cols 78 rows 50 && {}", self.command);
        let mut command = self.world.command("script");
        command = command.args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"]);
        for (name, value) in &self.environment {
            command = command.env(name, value);
        }
        let (process, keyboard, screen) = command.spawn_dialogue();
        let screen = Transcript::of(screen);
        (process, keyboard, Seen { screen, text: String::new(), length: 0, echo: String::new() })
    }
}

/// Whether the screen ends in a line with the question. Words further up are no question: what is typed before a
/// program reads may be thrown away by it.
fn is_asking(screen: &str, question: &str) -> bool {
    screen.rsplit('\n').next().is_some_and(|line| line.contains(question))
}

/// How much of the screen has been read.
struct Seen {
    /// The screen.
    screen: Transcript,
    /// All of it that was taken, as it was.
    text: String,
    /// How much of the log that was, in bytes.
    length: usize,
    /// What the terminal may repeat.
    echo: String,
}

impl Seen {
    fn wait_for(&self, question: &str, process: &mut Process, end: Instant) -> bool {
        loop {
            let is_running = process.is_running();
            if is_asking(&self.new_text(), question) {
                return true;
            }
            if !is_running || Instant::now() > end {
                return false;
            }
            thread::sleep(PAUSE);
        }
    }

    fn expect_echo(&mut self, typed: &str) {
        typed.clone_into(&mut self.echo);
    }

    /// What came since the last call.
    fn take(&mut self) -> String {
        let new = self.new_text();
        self.length += new.len();
        self.text.push_str(&new);
        let new = new.replace("\r\n", "\n");
        let shown = new.strip_prefix(self.echo.as_str()).filter(|_| !self.echo.is_empty());
        // Return moves on to the next line, whoever did that.
        let shown = shown.unwrap_or(&new);
        let shown = if self.echo.is_empty() { shown } else { shown.trim_start_matches('\n') };
        shown.to_owned()
    }

    fn new_text(&self) -> String {
        self.screen.text().get(self.length..).unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_of_the_cursor_is_a_question() {
        assert!(is_asking("Welcome\r\nPassword: ", "Password:"));
        assert!(!is_asking("Choose a password\r\n\r\n", "password"));
        assert!(!is_asking("Choose a password\r\n\r\nNew", "Choose"));
    }
}
