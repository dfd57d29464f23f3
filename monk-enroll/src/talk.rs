//! The conversation with the engine, and words for every way it can end.
//!
//! The engine decides everything. Who we are it takes from the socket; where it wants proof
//! before a change, it asks, and the person at the terminal answers.

use std::io;
use std::path::Path;
use std::time::Duration;

use monk_client::{Conversation, WireError};
use monk_one_shot::Endpoint;
use monk_wire::manage::{Command, Manage, Outcome, Part};
use monk_wire::{DEFAULT_CONFIG, Reply, Request};

use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::{Terminal, unreadable};

/// Time for one command: a slow directory twice, and hashing on a busy host.
const BUDGET: Duration = Duration::from_secs(30);

/// How a conversation with the engine begins.
pub type Opening = Box<dyn Fn(&Endpoint, Duration) -> Result<Conversation, WireError>>;

/// The engine, as a command sees it.
pub struct Engine {
    endpoint: Endpoint,
    opening: Opening,
    conversation: Option<Conversation>,
    budget: Duration,
    has_lost_answer: bool,
}

impl Engine {
    /// The engine at `endpoint`; nothing is opened yet.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            opening: Box::new(monk_one_shot::open),
            conversation: None,
            budget: BUDGET,
            has_lost_answer: false,
        }
    }

    /// Begins conversations in another way: tests have engines where no engine is trusted.
    #[cfg(test)]
    pub fn open_with(&mut self, opening: Opening) {
        self.opening = opening;
    }

    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Waits no longer than this for each answer, instead of the usual time.
    pub fn hurry(&mut self, budget: Duration) {
        self.budget = budget;
    }

    /// Whether the last command may have been carried out, although nobody has heard how it ended.
    #[must_use]
    pub fn has_lost_answer(&self) -> bool {
        self.has_lost_answer
    }

    /// Has a command carried out.
    ///
    /// # Errors
    /// Whatever came in between, in words for people.
    pub fn manage(
        &mut self,
        terminal: &mut dyn Terminal,
        user: &str,
        command: Command,
        hear: &mut dyn FnMut(Part),
    ) -> Result<Outcome, Error> {
        let request = Request::Manage(Manage { user: user.to_owned(), command });
        self.has_lost_answer = false;
        let mut conversation = match self.conversation.take() {
            Some(conversation) => conversation,
            None => self.open()?,
        };
        conversation.renew(self.budget);
        let reply = conversation.call(&request);
        let reply = self.go_on(&mut conversation, terminal, reply, hear)?.map_err(|error| {
            self.has_lost_answer = true;
            self.silence(error)
        })?;
        self.conversation = Some(conversation);
        outcome(reply)
    }

    /// Ends the conversation; the next command begins another. To be called before a person is
    /// asked anything: the engine waits some seconds for us, and a person takes minutes to find
    /// the phone.
    pub fn hang_up(&mut self) {
        self.conversation = None;
    }

    fn open(&self) -> Result<Conversation, Error> {
        (self.opening)(&self.endpoint, self.budget).map_err(|error| self.silence(error))
    }

    /// Answers what the engine asks and hears what it says, until it is done.
    fn go_on(
        &self,
        conversation: &mut Conversation,
        terminal: &mut dyn Terminal,
        mut reply: Result<Reply, WireError>,
        hear: &mut dyn FnMut(Part),
    ) -> Result<Result<Reply, WireError>, Error> {
        loop {
            let next = match reply {
                Ok(Reply::Ask { text, echo }) => {
                    if !terminal.present() {
                        let message =
                            "the engine asks who you are, and there is no terminal to answer on";
                        return Err(Error::new(Exit::Usage, message)
                            .remedy("Run this on a terminal, or as root, who is not asked."));
                    }
                    let answer = terminal.ask(&text, echo);
                    Request::Answer(Some(answer.map_err(|error| unreadable("an answer", &error))?))
                }
                Ok(Reply::Part(part)) => {
                    hear(part);
                    Request::Next
                }
                other => return Ok(other),
            };
            conversation.renew(self.budget);
            reply = conversation.call(&next);
        }
    }

    /// Why there is no answer, and what to do.
    fn silence(&self, error: WireError) -> Error {
        let Endpoint { socket, engine, .. } = &self.endpoint;
        let unavailable = |message: String| Error::new(Exit::Unavailable, message);
        match error {
            WireError::NoEngine(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let message = format!("{} cannot be trusted, or not be opened", socket.display());
                unavailable(message).remedy(
                    "It must be a socket of root or monk, in a folder that only they can write.",
                )
            }
            WireError::NoEngine(_) => {
                let message = match socket.as_os_str().is_empty() {
                    true => "only root may start an engine with settings of its own".to_owned(),
                    false => format!("no engine listens on {}", socket.display()),
                };
                unavailable(message).remedy("Run this as root, or have the service monk started.")
            }
            WireError::Broken(_) if !engine.exists() && !socket.exists() => {
                unavailable(format!("no engine listens, and there is none at {}", engine.display()))
                    .remedy("Install monkd there, or say with --engine where it is.")
            }
            WireError::Broken(_) => {
                unavailable("the engine ended without an answer".into()).remedy(self.see_log())
            }
            WireError::Timeout => {
                let seconds = self.budget.as_secs();
                unavailable(format!("the engine gave no answer in {seconds} seconds"))
                    .remedy(self.see_log())
            }
            WireError::Frame(error) => {
                unavailable(format!("the engine's reply cannot be read: {error}"))
                    .remedy("monkd and monk-enroll must be of the same version; restart monkd.")
            }
        }
    }

    fn see_log(&self) -> String {
        let Endpoint { engine, config, .. } = &self.endpoint;
        let config = config.as_deref().unwrap_or(Path::new(DEFAULT_CONFIG)).display();
        format!("See journalctl -t monkd, and {} --check --config {config}", engine.display())
    }
}

fn outcome(reply: Reply) -> Result<Outcome, Error> {
    match reply {
        Reply::Done(outcome) => Ok(outcome),
        Reply::Failed(failure) => Err(failure.into()),
        Reply::Denied(_) => Err(Error::new(Exit::NotPermitted, "the engine refused")
            .remedy("Only root may do this for other users.")),
        Reply::Unavailable => {
            Err(Error::new(Exit::Unavailable, "something that the engine needs does not answer")
                .remedy("Its log says what: journalctl -t monkd"))
        }
        Reply::Granted { .. }
        | Reply::Ask { .. }
        | Reply::Part(_)
        | Reply::Keys(_)
        | Reply::NotChanged(_)
        | Reply::Portal(_)
        | Reply::Metrics(_) => Err(unexpected()),
    }
}

/// A reply that does not fit the request.
#[must_use]
pub fn unexpected() -> Error {
    Error::new(Exit::Unavailable, "unexpected reply from the engine")
        .remedy("monkd and monk-enroll must be of the same version; restart monkd.")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use monk_wire::Denial;

    use super::*;
    use crate::scripted::{Scene, Step};

    #[test]
    fn other_replies_are_no_success() {
        for (reply, exit) in [
            (Reply::Denied(Denial::Refused), Exit::NotPermitted),
            (Reply::Unavailable, Exit::Unavailable),
            (
                Reply::Granted { forward: None, notice: None, new_password: false },
                Exit::Unavailable,
            ),
            (Reply::Done(Outcome::Done), Exit::Unavailable),
        ] {
            let seen = Scene::new([Step::Say(reply)]).run("status alice");
            assert_eq!((seen.exit, seen.out.as_str()), (exit, ""));
            assert_eq!(seen.errors.lines().count(), 2, "{}", seen.errors);
        }
    }

    #[test]
    fn an_engine_that_goes_away_is_unavailable() {
        let seen = Scene::new([Step::HangUp]).run("status alice");
        assert_eq!(seen.exit, Exit::Unavailable);
        assert!(seen.errors.contains("ended without an answer\nSee journalctl"));
    }

    #[test]
    fn what_the_engine_asks_is_asked_at_the_terminal() {
        let script = [
            Step::Say(Reply::Ask { text: "Password: ".into(), echo: false }),
            Step::Say(Reply::Done(Outcome::Done)),
        ];
        let line = "app-password rename a x --to y";
        let seen = Scene::new(script.clone()).answers(["secret"]).run(line);
        assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
        assert_eq!(seen.questions, ["Password: "]);
        assert_eq!(seen.requests[1], Request::Answer(Some(monk_wire::Secret::new(b"secret"))));
        let [question, _] = script;
        let seen = Scene::new([question]).run(line);
        assert_eq!(seen.exit, Exit::Usage, "and nobody is no answer");
        assert!(seen.errors.contains("Run this on a terminal"), "{}", seen.errors);
    }

    #[test]
    fn only_root_starts_an_engine_and_others_are_told() {
        let engine = Engine::new(Endpoint { socket: "/s".into(), ..Endpoint::default() });
        let error = engine.silence(WireError::NoEngine(io::ErrorKind::NotFound.into()));
        assert_eq!(error.message, "no engine listens on /s");
        assert!(error.remedy.unwrap().contains("root"));
        let engine = Engine::new(Endpoint { socket: PathBuf::new(), ..Endpoint::default() });
        let error = engine.silence(WireError::NoEngine(io::ErrorKind::NotFound.into()));
        assert!(error.message.contains("only root"), "{}", error.message);
    }
}
