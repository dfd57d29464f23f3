//! One login under way: its time, and its screens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use monk_core::code::Accepted;
use monk_core::credential::CredentialSet;
use monk_core::factors::shapes::Code;
use monk_core::fingerprint::Fingerprint;
use monk_core::policy::{Demand, Mfa, Policy, Prompt, Standing};
use monk_core::reading;
use monk_core::typed::Typed;
use monk_terms::verdict::Refusal;
use monk_wire::{Login, Secret};
use tokio::task::JoinHandle;

use super::attempt::Trial;
use super::{Ask, Mode, Stop};
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::engine::Engine;
use crate::mail::Mailer;
use crate::outage::Outage;

/// The first screen where a password is asked.
const PASSWORD_PROMPT: &str = "Password: ";
/// The screen for a code. Everything is in the prompt: sshd shows other messages late or never.
const CODE_PROMPT: &str = "Code from your device, or a backup code: ";
/// The same where codes can be sent.
const CODE_OR_EMAIL_PROMPT: &str =
    "Code from your device, a backup code, or the word email to be sent one: ";
/// What the screen says to everybody while there may be users who are not asked for a code yet.
const NONE_YET: &str = "(Enter if you have none yet) ";

/// One login under way.
pub(super) struct Session<'a, A> {
    pub(super) engine: &'a Engine,
    pub(super) login: &'a Login,
    pub(super) policy: Policy,
    pub(super) mode: Mode,
    /// For everything together; people's typing does not count.
    pub(super) deadline: Deadline,
    ask: &'a mut A,
    last_input: Instant,
    waited: Duration,
    /// What was typed so far, all of it.
    pub(super) typed: Fingerprint,
    /// Whether the directory has found the user.
    pub(super) known: bool,
    /// The login as an attempt.
    pub(super) trial: Trial,
    /// A code that was verified beforehand, and is right.
    pub(super) verified: Option<Accepted>,
    /// Whether the screen for a code was shown.
    has_seen_code_screen: bool,
    /// A code that is being sent while the user looks at the screen.
    pub(super) underway: Option<JoinHandle<()>>,
}

/// The user in question.
pub(super) struct Target {
    /// Nobody, where the name is unknown or ambiguous.
    pub(super) account: Option<Box<Account>>,
    /// What is enrolled; empty for nobody.
    pub(super) set: Arc<CredentialSet>,
    /// Why nobody by this name gets in, whatever is typed.
    pub(super) refusal: Option<Refusal>,
}

impl Target {
    /// The stable id that seals and hashes are bound to.
    pub(super) fn id(&self) -> &str {
        self.account.as_ref().map_or("", |account| &account.id)
    }
}

impl Target {
    /// Why nothing that is typed under this name is compared with anything.
    pub(super) fn stranger(&self) -> Option<Refusal> {
        self.refusal.filter(|_| self.account.is_none())
    }
}

/// What was typed as a code.
pub(super) enum Typing {
    Nothing,
    /// Something that has the shape of none of the user's codes.
    Malformed,
    Code(Arc<Code>),
}

impl Typing {
    /// What was typed on a screen for a code.
    pub(super) fn of_screen(code: Option<Code>) -> Self {
        code.map_or(Self::Malformed, |code| Self::Code(Arc::new(code)))
    }
}

impl<'a, A: Ask> Session<'a, A> {
    pub(super) fn new(
        engine: &'a Engine,
        login: &'a Login,
        policy: Policy,
        mode: Mode,
        budget: Duration,
        ask: &'a mut A,
    ) -> Self {
        Self {
            engine,
            login,
            policy,
            mode,
            deadline: Deadline::after(budget),
            ask,
            last_input: Instant::now(),
            waited: Duration::ZERO,
            typed: Fingerprint::new(engine.keys.primary()),
            known: false,
            trial: Trial::default(),
            verified: None,
            underway: None,
            has_seen_code_screen: false,
        }
    }

    /// What sends codes for this service, if anything does.
    pub(super) fn mailer(&self) -> Option<&'a Arc<Mailer>> {
        self.engine.mail.of(&self.login.service)
    }

    /// How long people took to type, and how long they were made to wait.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    /// Whether the conversation was ended because its place was needed.
    pub(super) fn was_evicted(&self) -> bool {
        self.ask.was_evicted()
    }

    /// When the last thing was typed.
    pub(super) fn last_input(&self) -> Instant {
        self.last_input
    }

    /// The string that was typed, or that is asked for now.
    pub(super) async fn first_string(&mut self) -> Result<Typed, Stop> {
        let asked;
        let bytes = match &self.login.typed {
            Some(typed) => typed.expose(),
            None => {
                asked = self.show(PASSWORD_PROMPT).await?.ok_or(Refusal::CodeMissing)?;
                asked.expose()
            }
        };
        if self.login.typed.is_some() {
            self.typed.add(bytes);
        }
        Typed::new(bytes).map_err(|why| Refusal::BadInput(why).into())
    }

    /// What the policy asks of the user now.
    pub(super) fn demand(&self, target: &Target) -> Demand {
        let standing = Standing {
            set: &target.set,
            can_be_sent: self.address_of(target).is_some(),
            created: target.account.as_ref().and_then(|account| account.created),
        };
        self.policy.demand(standing, clock::now())
    }

    /// Shows the screen for a code, where one is wanted and can be shown.
    ///
    /// Where the service always asks for a code, it is asked of everybody, whether or not the
    /// user exists and the password is right: the screen tells nothing. Where it asks only those
    /// who have enrolled, it is asked after a right password.
    pub(super) async fn second_screen(
        &mut self,
        typed: Option<&Typed>,
        failed: bool,
        target: &mut Target,
    ) -> Result<Typing, Stop> {
        // Where nothing has been typed yet, this is the first screen, which is always possible.
        let possible = typed.is_none() || self.can_show_code_screen();
        let wanted = match self.policy.mfa {
            Mfa::Off => false,
            Mfa::Required => true,
            Mfa::WhenEnrolled => !failed && self.demand(target) == Demand::Code,
        };
        if !possible || !wanted {
            return Ok(Typing::Nothing);
        }
        let grace = self.grace_is_offered();
        if typed.is_some() && self.policy.mfa == Mfa::Required {
            self.same_moment().await;
        }
        let Some(answer) = self.show_code_screen().await? else { return Ok(Typing::Nothing) };
        if grace && answer.expose().is_empty() {
            return Ok(Typing::Nothing);
        }
        // Programs that cannot show a screen answer every prompt with the password again.
        if typed.is_some_and(|typed| typed.as_str().as_bytes() == answer.expose()) {
            return Ok(Typing::Nothing);
        }
        let shapes = self.shapes(&target.set);
        let text = Typed::new(answer.expose()).ok();
        if text.as_ref().is_some_and(|text| reading::asks_for_email(text.as_str(), shapes)) {
            return self.emailed_screen(target, failed).await;
        }
        Ok(Typing::of_screen(text.and_then(|text| Code::of_shape(text.as_str(), shapes))))
    }

    /// Shows the screen for a code to somebody who is refused already and has not seen it, where
    /// everybody else does: strangers, whose strings hold no code that could be recognised, must not
    /// be the only ones. (sshd puts other text in the place of what a stranger has typed.)
    pub(super) async fn empty_screen(&mut self) -> Result<(), Stop> {
        let is_asked = self.policy.mfa == Mfa::Required && self.can_show_code_screen();
        // A module that may not ask says that nothing was typed.
        let may_ask = self.login.typed.as_ref().is_none_or(|typed| !typed.expose().is_empty());
        if self.mode == Mode::Real && is_asked && may_ask && !self.has_seen_code_screen {
            self.same_moment().await;
            self.show_code_screen().await?;
        }
        Ok(())
    }

    /// Whether a login goes on after a password alone: it is enough, or a screen for the code follows.
    pub(super) fn goes_on_without_code(&self, target: &Target) -> bool {
        match self.demand(target) {
            Demand::Nothing | Demand::NothingUntil(_) => true,
            Demand::Code => self.can_show_code_screen(),
            Demand::Refuse(_) => false,
        }
    }

    fn can_show_code_screen(&self) -> bool {
        self.login.can_ask && self.policy.prompt == Prompt::Auto
    }

    fn grace_is_offered(&self) -> bool {
        self.policy.mfa == Mfa::Required && self.policy.grace.is_offered(clock::now())
    }

    async fn show_code_screen(&mut self) -> Result<Option<Secret>, Stop> {
        self.has_seen_code_screen = true;
        let prompt = if self.mailer().is_some() { CODE_OR_EMAIL_PROMPT } else { CODE_PROMPT };
        let more = if self.grace_is_offered() { NONE_YET } else { "" };
        self.show(&format!("{prompt}{more}")).await
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

    /// Waits until the moment at which every answer is given that is not to tell anything.
    pub(super) async fn same_moment(&mut self) {
        if !matches!(self.mode, Mode::Real | Mode::Proof) {
            return;
        }
        let floor = Duration::from_millis(self.engine.settings.engine.refusal_ms);
        let begun = Instant::now();
        tokio::time::sleep_until((self.last_input + floor).into()).await;
        self.waited += begun.elapsed();
    }

    /// Asks the person. Nothing is under way meanwhile.
    pub(super) async fn show(&mut self, text: &str) -> Result<Option<Secret>, Stop> {
        self.pause().await;
        let (left, asked) = (self.deadline.remaining(), Instant::now());
        // Not shown while it is typed: see-through prompts are answered with the user's name by
        // programs that only know a password.
        let answer = self.ask.ask(text, false).await.map_err(|_| Stop::HungUp)?;
        self.waited += asked.elapsed();
        self.last_input = Instant::now();
        self.deadline = Deadline::after(left);
        if let Some(answer) = &answer {
            self.typed.add(answer.expose());
        }
        self.resume().await?;
        Ok(answer)
    }
}
