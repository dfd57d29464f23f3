//! A conversation whose first question has an answer already.

use monk_wire::Secret;
use monk_wire::manage::Part;

use crate::login::{Ask, HungUp};

/// What is said before a code is asked for in place of one that was right when it was typed.
const ANOTHER_CODE: &str = "The code is no longer valid. ";

/// Gives what was typed before, and asks the person for anything else.
pub struct KeptAnswer<'a, A> {
    live: &'a mut A,
    kept: Option<Secret>,
    /// What stands before the next question.
    before: &'static str,
    has_asked: bool,
}

impl<'a, A: Ask> KeptAnswer<'a, A> {
    /// With an answer to the first question, if there is one.
    pub fn new(live: &'a mut A, kept: Option<Secret>) -> Self {
        Self { live, kept, before: "", has_asked: false }
    }

    /// Without one, because it is worth nothing by now.
    pub fn after_an_old_code(live: &'a mut A) -> Self {
        Self { before: ANOTHER_CODE, ..Self::new(live, None) }
    }

    /// Whether the person was asked.
    pub fn has_asked(&self) -> bool {
        self.has_asked
    }
}

impl<A: Ask + Send> Ask for KeptAnswer<'_, A> {
    async fn ask(&mut self, text: &str, echo: bool) -> Result<Option<Secret>, HungUp> {
        if let Some(kept) = self.kept.take() {
            return Ok(Some(kept));
        }
        self.has_asked = true;
        let before = std::mem::take(&mut self.before);
        self.live.ask(&format!("{before}{text}"), echo).await
    }

    async fn tell(&mut self, part: Part) -> Result<(), HungUp> {
        self.live.tell(part).await
    }

    fn has_left(&mut self) -> bool {
        self.live.has_left()
    }

    fn was_evicted(&self) -> bool {
        self.live.was_evicted()
    }
}
