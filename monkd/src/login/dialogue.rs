//! The conversation with the person: its screens, its time, and the moment of every refusal.

use std::time::{Duration, Instant};

use monk_core::factors::shapes::{Code, Shapes};
use monk_core::fingerprint::Fingerprint;
use monk_core::policy::PasswordCheck;
use monk_core::reading::{self, Input};
use monk_core::typed::Typed;
use monk_terms::how::{First, How, Second};
use monk_terms::verdict::Refusal;
use monk_wire::Secret;
use monk_wire::manage::Part;
use tokio::task::JoinHandle;

use super::case::Case;
use super::ending::Stop;
use super::facts::{Shown, unknown};
use super::input::{Apart, FirstPart, FirstString, SecondPart};
use super::prompts;
use super::trial::Trial;
use crate::audit::Ending;
use crate::deadline::Deadline;
use crate::outage::Outage;
use crate::throttle::Print;

/// The other end hung up, or took too long to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HungUp;

/// Asks the user, through the program that is at the other end.
pub trait Ask {
    /// Shows `text`; the answer, or `None` when the program cannot ask.
    fn ask(
        &mut self,
        text: &str,
        echo: bool,
    ) -> impl Future<Output = Result<Option<Secret>, HungUp>> + Send;

    /// Says a part of a long answer, and waits until it was heard.
    fn tell(&mut self, _part: Part) -> impl Future<Output = Result<(), HungUp>> + Send {
        std::future::ready(Ok(()))
    }

    /// Whether nobody waits for the answer any more.
    fn has_left(&mut self) -> bool;

    /// Whether the conversation was ended because its place was needed.
    fn was_evicted(&self) -> bool {
        false
    }
}

/// The conversation with the person who logs in.
pub(super) struct Dialogue<'a, A> {
    case: &'a Case<'a>,
    ask: &'a mut A,
    /// For the whole login; people's typing does not count.
    deadline: Deadline,
    last_input: Instant,
    waited: Duration,
    /// All that was typed so far.
    input: Fingerprint,
    has_shown_code_screen: bool,
    /// In which form the login came, as far as it has gone.
    how: How,
    /// Whether the first string says more than its form can tell.
    is_ambiguous: bool,
    /// A code that is being sent while the user looks at the screen.
    pub(super) sending: Option<JoinHandle<()>>,
}

impl<'a, A: Ask> Dialogue<'a, A> {
    pub(super) fn new(case: &'a Case<'a>, ask: &'a mut A) -> Self {
        Self::until(case, ask, Deadline::after(case.budget()))
    }

    /// One that has to be decided by then.
    pub(super) fn until(case: &'a Case<'a>, ask: &'a mut A, deadline: Deadline) -> Self {
        Self {
            case,
            ask,
            deadline,
            last_input: Instant::now(),
            waited: Duration::ZERO,
            input: Fingerprint::new(case.engine.keys.primary()),
            has_shown_code_screen: false,
            how: How::default(),
            is_ambiguous: false,
            sending: None,
        }
    }

    /// When the login has to be decided.
    pub(super) fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// How long people took to type, and how long they were made to wait.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    /// All that was typed so far, in a form that can be compared.
    pub(super) fn print(&self) -> Print {
        self.input.clone().finish()
    }

    /// The moment at which every answer is given that is not to tell anything.
    pub(super) fn moment_of_refusal(&self) -> Instant {
        self.last_input + self.case.refusal_delay()
    }

    /// The ending where somebody has hung up.
    pub(super) fn hung_up(&self) -> Ending {
        if self.ask.was_evicted() { Ending::Evicted } else { Ending::Abandoned }
    }

    pub(super) fn has_shown_code_screen(&self) -> bool {
        self.has_shown_code_screen
    }

    /// The string that was typed, or that is asked for now.
    pub(super) async fn first_string(&mut self) -> Result<FirstString, Stop> {
        if self.case.asks_password() {
            return Ok(FirstString::ToCheck(Input::new(self.typed_or_asked().await?)));
        }
        let login = self.case.login;
        // Where the module that follows wants the password, it is asked for here.
        let is_wanted = login.forward && self.case.policy.password == PasswordCheck::Elsewhere;
        Ok(FirstString::SecondFactorAlone(match is_wanted || login.typed.is_some() {
            true => Some(self.typed_or_asked().await?),
            false => None,
        }))
    }

    async fn typed_or_asked(&mut self) -> Result<Typed, Stop> {
        let asked;
        let bytes = match &self.case.login.typed {
            Some(typed) => {
                self.how.first = First::String;
                self.input.add(typed.expose());
                typed.expose()
            }
            None => {
                asked = self.asked().await?.ok_or(Refusal::CodeMissing)?;
                self.how.first = First::Asked;
                asked.expose()
            }
        };
        Typed::new(bytes).map_err(|why| Refusal::BadInput(why).into())
    }

    /// In which form the login came, where that is certain.
    pub(super) fn how(&self) -> Option<How> {
        let Case { caller, login, .. } = self.case;
        let is_unchecked = !self.case.asks_password() && self.how.first != First::None;
        let (with_key, has_one_box) = (login.publickey, !login.can_ask);
        let how =
            How { with_key, is_unchecked, has_one_box, is_users: !caller.is_root(), ..self.how };
        (!self.is_ambiguous).then_some(how)
    }

    /// Notes where the code in the first string stands.
    ///
    /// A password that ends like a code, or is one, may come apart in another way under another policy. The log says
    /// nothing of its form then.
    pub(super) fn note_code(&mut self, first: &FirstString, apart: &Apart) {
        let Some(text) = first.text() else { return };
        let is_shaped_like_a_code = reading::seems_to_have_a_code(text)
            || Code::of_shape(text.as_str(), Shapes::ALL).is_some();
        match (&apart.second, &apart.first) {
            (SecondPart::Code(_), FirstPart::Elsewhere(None)) => self.how.second = Second::Alone,
            (SecondPart::Code(_), _) if reading::seems_to_have_a_code(text) => {
                self.how.second = Second::Behind;
            }
            (SecondPart::Code(_), _) => {
                self.how.second = Second::Joined;
                self.is_ambiguous = is_shaped_like_a_code;
            }
            (SecondPart::EmailRequest, _) => self.is_ambiguous = true,
            (SecondPart::Nothing, _) => self.is_ambiguous = is_shaped_like_a_code,
        }
    }

    /// Notes how the screen for a code was answered.
    pub(super) fn note_screen(&mut self, second: Second) {
        self.how.second = second;
    }

    /// What is typed on the screen for a password. A forecast shows none.
    async fn asked(&mut self) -> Result<Option<Secret>, Stop> {
        let case = self.case;
        if let Some(known) = case.known() {
            let first = known.first.clone().ok_or_else(unknown)?;
            self.input.add(first.expose());
            return Ok(Some(first));
        }
        let answer = self.show(prompts::first(case.mode)).await?;
        if let Some(mut notes) = case.notes() {
            notes.first.clone_from(&answer);
        }
        Ok(answer)
    }

    /// Shows the screen for a code.
    pub(super) async fn ask_code(&mut self, trial: &mut Trial<'_>) -> Result<Option<Secret>, Stop> {
        self.has_shown_code_screen = true;
        let approves = self.case.approvals().is_some();
        let prompt =
            prompts::code(self.case.mailer().is_some(), self.case.offers_grace(), approves);
        let answer = self.ask(&prompt, trial).await?;
        if let Some(mut notes) = self.case.notes() {
            notes.shown.push(Shown::Answered(answer.clone()));
        }
        Ok(answer)
    }

    /// Asks the person. The attempt is not under way meanwhile.
    pub(super) async fn ask(
        &mut self,
        text: &str,
        trial: &mut Trial<'_>,
    ) -> Result<Option<Secret>, Stop> {
        trial.pause().await;
        let answer = self.show(text).await?;
        trial.resume(self.deadline).await?;
        Ok(answer)
    }

    async fn show(&mut self, text: &str) -> Result<Option<Secret>, Stop> {
        let (left, asked) = (self.deadline.remaining(), Instant::now());
        // Not shown while it is typed: see-through prompts are answered with the user's name by
        // programs that only know a password.
        let answer = self.ask.ask(text, false).await.map_err(|_| Stop::HungUp)?;
        self.waited += asked.elapsed();
        self.last_input = Instant::now();
        self.deadline = Deadline::after(left);
        if let Some(answer) = &answer {
            self.input.add(answer.expose());
        }
        Ok(answer)
    }

    /// When something was typed last.
    pub(super) fn last_input(&self) -> Instant {
        self.last_input
    }

    /// Waits until a moment, from which the moment of refusal is counted then.
    pub(super) async fn goes_on_at(&mut self, moment: Instant) {
        let begun = Instant::now();
        tokio::time::sleep_until(moment.into()).await;
        self.waited += begun.elapsed();
        self.last_input = moment;
    }

    /// Waits until the moment of refusal: what is shown then tells nothing.
    pub(super) async fn same_moment(&mut self) {
        if self.case.mode.is_in_earnest() {
            let begun = Instant::now();
            tokio::time::sleep_until(self.moment_of_refusal().into()).await;
            self.waited += begun.elapsed();
        }
    }

    /// Ends a login whose answer would reach nobody: it must not use up a code.
    pub(super) fn still_wanted(&mut self) -> Result<(), Stop> {
        if self.ask.has_left() {
            return Err(Stop::HungUp);
        }
        if self.deadline.remaining().is_zero() {
            return Err(Outage::Timeout("the login as a whole").into());
        }
        Ok(())
    }
}
