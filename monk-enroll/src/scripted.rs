//! A scripted engine and a scripted person, for tests: what is not in the script is an error,
//! and so is what is left of it.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use clap::Parser;
use monk_client::{Conversation, WireError};
use monk_wire::manage::{Command, Failure, Manage, Outcome, Part};
use monk_wire::{Reply, Request, Secret, VERSION, frame};

use crate::cli::Cli;
use crate::commands;
use crate::exit::Exit;
use crate::output::{Output, Screen};
use crate::session::Session;
use crate::terminal::Terminal;

/// What the engine does with the next request.
#[derive(Clone)]
pub enum Step {
    /// It answers.
    Say(Reply),
    /// It ends without an answer; the next request comes in a new conversation.
    HangUp,
}

/// The engine answers with this.
pub fn done(outcome: Outcome) -> Step {
    Step::Say(Reply::Done(outcome))
}

/// The engine says this, and goes on.
pub fn part(part: Part) -> Step {
    Step::Say(Reply::Part(part))
}

/// The engine fails like this.
pub fn failed(failure: impl Into<Failure>) -> Step {
    Step::Say(Reply::Failed(failure.into()))
}

/// One run of the command, prepared.
pub struct Scene {
    script: Vec<Step>,
    person: Person,
    screen: Screen,
    root: bool,
}

/// What was seen of it.
pub struct Seen {
    pub exit: Exit,
    pub out: String,
    pub errors: String,
    pub questions: Vec<String>,
    pub requests: Vec<Request>,
}

impl Scene {
    /// With nobody at the terminal and nothing on standard input.
    pub fn new(script: impl IntoIterator<Item = Step>) -> Self {
        let person = Person { answers: None, piped: None, questions: Arc::default() };
        Self { script: script.into_iter().collect(), person, screen: Screen::NONE, root: true }
    }

    /// With somebody at the terminal who answers so, one after the other.
    pub fn answers<const N: usize>(mut self, answers: [&str; N]) -> Self {
        self.person.answers = Some(answers.iter().rev().map(ToString::to_string).collect());
        self
    }

    /// With this on standard input.
    pub fn piped(mut self, piped: &str) -> Self {
        self.person.piped = Some(piped.into());
        self
    }

    /// With a screen behind standard output.
    pub fn screen(mut self, screen: Screen) -> Self {
        self.screen = screen;
        self
    }

    /// Run by somebody who is not root.
    pub fn without_root(mut self) -> Self {
        self.root = false;
        self
    }

    /// Runs the command; `line` is split at blanks.
    pub fn run(self, line: &str) -> Seen {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs the command.
    pub fn run_words(self, words: &[&str]) -> Seen {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let engine = listen(&socket, self.script);

        let mut cli = Cli::try_parse_from([&["monk-enroll"], words].concat()).unwrap();
        cli.options.socket = Some(socket.clone());
        // Root would start one where the script hangs up.
        cli.options.engine.get_or_insert_with(|| "/nonexistent/monkd".into());
        let (out, errors) = (Captured::default(), Captured::default());
        let questions = Arc::clone(&self.person.questions);
        let output = Output::new(Box::new(out.clone()), self.screen);
        let person = Box::new(self.person);
        let mut session = Session::new(&cli.options, person, output, Box::new(errors.clone()));
        // Where everybody has temporary files, no socket would be trusted.
        session.engine.open_with(Box::new(move |_, budget| {
            let stream = UnixStream::connect(&socket).map_err(WireError::NoEngine)?;
            Ok(Conversation::over(stream, budget))
        }));
        session.root = self.root;
        let exit = commands::run(&mut session, &cli);
        // The script goes on until nobody is there any more.
        drop(session);
        let requests = engine.finish();
        let questions = questions.lock().unwrap().clone();
        Seen { exit, out: out.text(), errors: errors.text(), questions, requests }
    }
}

impl Seen {
    /// The commands that reached the engine.
    pub fn commands(&self) -> Vec<Command> {
        let command = |request: &Request| match request {
            Request::Manage(Manage { command, .. }) => command.clone(),
            other => panic!("{other:?}"),
        };
        self.requests.iter().map(command).collect()
    }

    /// Asserts that standard output holds the document of that heading in `JSON.md`, member by member.
    #[track_caller]
    pub fn assert_documented(&self, heading: &str) {
        let page = include_str!("../JSON.md");
        let section = page.split("\n## ").find(|section| {
            let headings = section.lines().next().unwrap_or_default();
            headings.split(", ").any(|one| one.trim_matches('`') == heading)
        });
        let section = section.unwrap_or_else(|| panic!("JSON.md has no {heading}"));
        let example = section.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
        assert_eq!(squeezed(&self.out), squeezed(example), "JSON.md, {heading}: {}", self.out);
    }
}

/// A JSON document without the blanks between its words.
fn squeezed(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let counts = |c: &char| {
        quoted ^= *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        quoted || !c.is_whitespace()
    };
    json.chars().filter(counts).collect()
}

struct ScriptedEngine {
    thread: thread::JoinHandle<Vec<Request>>,
    socket: PathBuf,
    stop: Arc<AtomicBool>,
}

impl ScriptedEngine {
    fn finish(self) -> Vec<Request> {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes it from its wait for the next conversation; it may have panicked before.
        let _ = UnixStream::connect(&self.socket);
        self.thread.join().expect("the script was followed to its end")
    }
}

fn listen(socket: &Path, script: Vec<Step>) -> ScriptedEngine {
    let listener = UnixListener::bind(socket).unwrap();
    let stop: Arc<AtomicBool> = Arc::default();
    let stopped = Arc::clone(&stop);
    let thread = thread::spawn(move || {
        let mut script = script.into_iter();
        let mut requests = Vec::new();
        for client in listener.incoming() {
            if stopped.load(Ordering::SeqCst) {
                break;
            }
            let mut client = client.unwrap();
            while let Some(request) = receive(&mut client) {
                // Parts of an answer are no requests of their own.
                if request != Request::Next {
                    requests.push(request);
                }
                match script.next().expect("a request that is not in the script") {
                    Step::Say(reply) => {
                        let frame = frame::encode(&reply, VERSION, frame::MAX_REPLY).unwrap();
                        client.write_all(&frame).unwrap();
                    }
                    Step::HangUp => break,
                }
            }
        }
        assert_eq!(script.count(), 0, "steps that nobody asked for");
        requests
    });
    ScriptedEngine { thread, socket: socket.to_owned(), stop }
}

fn receive(client: &mut UnixStream) -> Option<Request> {
    let mut head = [0; frame::HEADER];
    client.read_exact(&mut head).ok()?;
    let header = frame::header(head, frame::MAX_ROOT_REQUEST).unwrap();
    let mut body = vec![0; header.length];
    client.read_exact(&mut body).unwrap();
    Some(frame::decode(&body).unwrap())
}

struct Person {
    /// Last one first; `None` for nobody there.
    answers: Option<Vec<String>>,
    piped: Option<String>,
    questions: Arc<Mutex<Vec<String>>>,
}

impl Terminal for Person {
    fn present(&self) -> bool {
        self.answers.is_some()
    }

    fn ask(&mut self, prompt: &str, _echo: bool) -> io::Result<Secret> {
        self.questions.lock().unwrap().push(prompt.to_owned());
        let answer = self.answers.as_mut().expect("somebody to ask").pop();
        Ok(Secret::new(
            answer.unwrap_or_else(|| panic!("unexpected question {prompt:?}")).as_bytes(),
        ))
    }

    fn piped(&mut self) -> io::Result<Secret> {
        Ok(Secret::new(self.piped.take().expect("nothing is piped").as_bytes()))
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        let left = self.answers.as_ref().map_or(0, Vec::len);
        if !thread::panicking() {
            assert_eq!(left, 0, "answers to questions that were not asked");
        }
    }
}

/// Bytes that were written.
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// As text.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
