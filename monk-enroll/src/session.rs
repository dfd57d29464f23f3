//! One run of the command: everything it talks to, and how it reports its end.

use std::io::Write;

use monk_wire::Secret;
use monk_wire::manage::{Command, Outcome, Part};
use nix::unistd::{Uid, User};

use crate::cli::Options;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::{Output, Plain};
use crate::progress::Waiting;
use crate::talk::Engine;
use crate::terminal::{Question, Terminal, agree};
use crate::words::failures;

/// Everything that a command talks to.
pub struct Session {
    /// The engine.
    pub engine: Engine,
    /// The person at the terminal.
    pub terminal: Box<dyn Terminal>,
    /// Standard output.
    pub out: Output,
    /// Standard error.
    pub errors: Box<dyn Write>,
    /// Whether results are JSON.
    pub json: bool,
    /// Whether every question has been agreed to beforehand.
    pub yes: bool,
    /// Whether the caller is root, who may name anybody and has to.
    pub root: bool,
}

impl Session {
    /// A session with the engine that the options name.
    #[must_use]
    pub fn new(
        options: &Options,
        terminal: Box<dyn Terminal>,
        out: Output,
        errors: Box<dyn Write>,
    ) -> Self {
        let engine = Engine::new(options.endpoint());
        let root = Uid::effective().is_root();
        Self { engine, terminal, out, errors, json: options.json, yes: options.yes, root }
    }

    /// Has the engine carry out a command.
    ///
    /// # Errors
    /// Whatever came in between.
    pub fn manage(&mut self, user: &str, command: Command) -> Result<Outcome, Error> {
        self.manage_in_parts(user, command, |_| {})
    }

    /// Has the engine carry out a command that may take long, and hears the parts of its answer. How far it
    /// has come is shown meanwhile, where standard error is a terminal.
    ///
    /// # Errors
    /// Whatever came in between.
    pub fn manage_in_parts(
        &mut self,
        user: &str,
        command: Command,
        mut hear: impl FnMut(Part),
    ) -> Result<Outcome, Error> {
        let mut waiting = Waiting::default();
        let errors = &mut self.errors;
        let outcome =
            self.engine.manage(&mut *self.terminal, user, command, &mut |part| match part {
                Part::Looked(users) => waiting.show(errors, users),
                Part::NotTaken(fault) => {
                    let why = failures::not_taken_yet(&fault);
                    // There is nobody left to tell if this fails.
                    let _ = writeln!(errors, "monk-enroll: {}", Plain(&why));
                    let _ = writeln!(
                        errors,
                        "Choose another password, or press Enter to keep the old one."
                    );
                }
                part => hear(part),
            });
        waiting.clear(errors);
        outcome
    }

    /// Whom a command concerns: the user that was named, or the caller.
    ///
    /// # Errors
    /// When root names nobody, or the caller has no name on this host.
    pub fn user(&self, named: Option<&String>) -> Result<String, Error> {
        if let Some(named) = named {
            return Ok(named.clone());
        }
        if self.root {
            return Err(Error::new(Exit::Usage, "say whose: root has nothing enrolled")
                .remedy("Name the user first, before everything else the command takes."));
        }
        match User::from_uid(Uid::effective()) {
            Ok(Some(user)) => Ok(user.name),
            _ => Err(Error::new(
                Exit::NotFound,
                format!("uid {} has no name on this host", Uid::effective()),
            )),
        }
    }

    /// Asks for something.
    ///
    /// # Errors
    /// When nobody is there to ask.
    pub fn ask(&mut self, question: Question<'_>) -> Result<Secret, Error> {
        self.before_a_question()?;
        question.ask(&mut *self.terminal)
    }

    /// Makes sure that what cannot be undone is wanted.
    ///
    /// # Errors
    /// When it is not, or nobody is there to ask.
    pub fn agree(&mut self, question: &str) -> Result<(), Error> {
        if self.yes {
            return Ok(());
        }
        self.before_a_question()?;
        agree(&mut *self.terminal, question)
    }

    /// Whether [`Self::agree`] would ask somebody.
    #[must_use]
    pub fn will_ask(&self) -> bool {
        !self.yes && self.terminal.present()
    }

    fn before_a_question(&mut self) -> Result<(), Error> {
        self.engine.hang_up();
        Ok(self.out.flush()?)
    }

    /// Tells of an error: on standard error in words, or on standard output as JSON, so that
    /// programs find one document there however the command ends.
    pub fn report(&mut self, error: &Error) -> Exit {
        // There is nobody left to tell if these fail.
        if self.json && error.exit != Exit::Unwritten {
            let Error { exit, message, remedy } = error;
            let error = document! { kind: exit.word(), exit: exit.code(), message, remedy };
            let _ = self.out.json(&document! { error });
            let _ = self.out.flush();
        } else {
            let _ = writeln!(self.errors, "monk-enroll: {}", Plain(&error.message));
            if let Some(remedy) = &error.remedy {
                let _ = writeln!(self.errors, "{}", Plain(remedy));
            }
        }
        error.exit
    }
}
