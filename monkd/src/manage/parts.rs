//! Answers in parts: what a command that takes long says before it is done.

use std::time::{Duration, Instant};

use monk_wire::manage::Part;
use tokio::sync::mpsc;

use crate::login::HungUp;

/// Longest time that one page of a list may take. A list has any number of pages.
pub(crate) const PAGE_TIME: Duration = Duration::from_secs(10);

/// How often somebody who waits hears that it goes on. Clients wait 12 s for a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// Where the parts of an answer go.
pub(crate) struct Parts(Option<mpsc::Sender<Part>>);

impl Parts {
    /// To nobody.
    pub const NOBODY: Self = Self(None);

    /// To who holds the other end. One part is made while another one is under way.
    pub fn new() -> (Self, mpsc::Receiver<Part>) {
        let (sender, receiver) = mpsc::channel(1);
        (Self(Some(sender)), receiver)
    }

    /// Says a part, and waits until it can be said.
    ///
    /// # Errors
    /// [`HungUp`] where nobody listens any more.
    pub async fn say(&self, part: Part) -> Result<(), HungUp> {
        match &self.0 {
            Some(sender) => sender.send(part).await.map_err(|_| HungUp),
            None => Ok(()),
        }
    }
}

/// How far a command has come that looks at everybody.
pub(crate) struct Progress<'a> {
    parts: &'a Parts,
    looked: u64,
    said: Instant,
}

impl<'a> Progress<'a> {
    /// At the beginning.
    pub fn new(parts: &'a Parts) -> Self {
        Self { parts, looked: 0, said: Instant::now() }
    }

    /// One more user was looked at. That is said now and then; who does not listen does not stop the command.
    pub async fn step(&mut self) {
        self.looked += 1;
        self.tick().await;
    }

    /// Says how far it is, if that is due.
    pub async fn tick(&mut self) {
        if self.said.elapsed() >= SIGN_OF_LIFE {
            let _ = self.parts.say(Part::Looked(self.looked)).await;
            self.said = Instant::now();
        }
    }

    /// How many were looked at.
    pub fn looked(&self) -> u64 {
        self.looked
    }
}
