//! The login as an attempt that may be somebody's guess.
//!
//! What may be a guess is noted *before* it is checked, and struck out when it was right: whatever ends
//! the login in between (a deadline, a directory that does not answer, a caller that hangs up), it
//! counts. While a person thinks, the attempt is not under way, and what it has missed so far is on
//! record.

use monk_core::factors::app_password::AppPassword;
use monk_core::fingerprint::Fingerprint;
use monk_core::origin::Origin;
use monk_core::policy::Separator;
use monk_core::throttle::Guess;
use monk_core::typed::{Password, Typed};
use monk_terms::proof::Proof;
use monk_terms::verdict::Refusal;

use super::session::Session;
use super::{Ask, Caller, Granted, Mode, Stop};
use crate::audit;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::outage::Outage;
use crate::throttle::{Attempt, Outcome, Print, Subject, Wrong};

/// Longest time to write down what an attempt was, after everything else.
const NOTE_TIME: std::time::Duration = std::time::Duration::from_secs(2);

/// A login as an attempt: what the throttle has to hear of it.
#[derive(Default)]
pub(super) struct Trial {
    /// Who tries, since the attempt was admitted.
    subject: Option<Subject>,
    /// The attempt, while it is under way.
    attempt: Option<Attempt>,
    /// What was checked and not found right, and is not on record yet.
    wrong: Wrong,
    /// Whether monk has checked a password, and it was right.
    has_right_password: bool,
}

/// What a string may turn out to prove.
pub(super) fn claims(typed: &Typed, separator: Separator) -> &'static [Proof] {
    match (AppPassword::from_typed(typed.as_str()).is_some(), separator) {
        (true, Separator::Required) => &[Proof::AppPassword],
        // `PASSWORDCODE` may have the same shape.
        (true, Separator::Optional) => &Proof::ALL,
        (false, _) => &[Proof::Password, Proof::Code],
    }
}

/// Who tries to log in, and where from. `name` is what lists may show of the name that was typed.
pub fn subject(
    caller: Caller,
    name: String,
    account: Option<&Account>,
    origin: Origin<'_>,
    claims: &'static [Proof],
) -> Subject {
    let network = origin.network();
    Subject {
        user: match account {
            // Whatever of several names was typed.
            Some(account) => Subject::user_of_id(&account.id),
            None => format!("name:{name}"),
        },
        name: account.map_or(name, |account| account.name.clone()),
        // What a program that is not root's says of addresses is believed of its own only.
        network: match caller.is_root() {
            true => network,
            false => format!("{network} by uid {}", caller.uid),
        },
        claims,
        is_stranger: account.is_none(),
    }
}

impl<A: Ask> Session<'_, A> {
    /// Whether this attempt is looked at; it is under way then.
    pub(super) async fn is_admitted(
        &mut self,
        caller: Caller,
        account: Option<&Account>,
        claims: &'static [Proof],
    ) -> Result<bool, Outage> {
        if !self.is_counted() {
            return Ok(true);
        }
        let (login, caller_says) = (self.login, caller.is_root());
        let origin = Origin {
            address: login.address.as_deref(),
            person: login.person.filter(|_| caller_says),
            service: &login.service,
        };
        let typed = login.user.to_lowercase();
        let name = self.engine.shown(&typed, account.is_some()).into_owned();
        let subject = subject(caller, name, account, origin, claims);
        self.trial.attempt = self.engine.throttle.begin(&subject, self.deadline).await?;
        let is_admitted = self.trial.attempt.is_some();
        self.trial.subject = is_admitted.then_some(subject);
        Ok(is_admitted)
    }

    /// Whether failures count: of those who want in, and of those who prove who they are.
    fn is_counted(&self) -> bool {
        matches!(self.mode, Mode::Real | Mode::Proof)
    }

    /// Notes that something is about to be checked, which is a guess unless it is right.
    pub(super) fn guesses(&mut self, at: Proof, fingerprint: Print) {
        self.trial.wrong.guesses.push(Guess { at, fingerprint, is_final: at != Proof::Code });
    }

    /// The same for a code, together with all that was typed before it.
    pub(super) fn guesses_code(&mut self) {
        self.guesses(Proof::Code, self.typed.clone().finish());
    }

    /// Strikes out what turned out to be no guess.
    pub(super) fn guesses_not(&mut self, at: Proof) {
        self.trial.wrong.guesses.retain(|guess| guess.at != at);
    }

    /// Notes that the password is right.
    pub(super) fn has_right_password(&mut self) {
        self.guesses_not(Proof::Password);
        self.trial.has_right_password = true;
    }

    /// Notes that a code was right once. It counts, but only once.
    pub(super) fn was_replay(&mut self) {
        let guesses = self.trial.wrong.guesses.iter_mut();
        guesses.filter(|guess| guess.at == Proof::Code).for_each(|guess| guess.is_final = true);
    }

    /// Notes that the directory has refused a password.
    pub(super) fn was_refused(&mut self, print: Print) {
        self.trial.wrong.refused = Some(print);
    }

    /// Whether the directory has refused the password a moment ago, so that it is not asked again.
    pub(super) fn is_refused_again(&self, print: Print) -> Result<bool, Outage> {
        match &self.trial.subject {
            Some(subject) if !subject.is_stranger => {
                self.engine.throttle.was_refused(&subject.user, print)
            }
            _ => Ok(false),
        }
    }

    /// A password, in a form that can be compared.
    pub(super) fn print_of(&self, password: &Password) -> Print {
        let mut print = Fingerprint::new(self.engine.keys.primary());
        print.add(b"password");
        print.add(password.expose().as_bytes());
        print.finish()
    }

    /// Lets others go on while a person thinks. What was missed so far is on record from now on.
    pub(super) async fn pause(&mut self) {
        let Some(attempt) = self.trial.attempt.take() else { return };
        let wrong = std::mem::take(&mut self.trial.wrong);
        let outcome = match wrong == Wrong::default() {
            true => Outcome::Neither,
            false => Outcome::Wrong(wrong),
        };
        self.note(attempt, outcome).await;
    }

    /// Goes on after a pause: the attempt has to be admitted again.
    pub(super) async fn resume(&mut self) -> Result<(), Stop> {
        let Some(subject) = &self.trial.subject else { return Ok(()) };
        self.trial.attempt = self.engine.throttle.begin(subject, self.deadline).await?;
        match self.trial.attempt {
            Some(_) => Ok(()),
            None => Err(Refusal::Throttled.into()),
        }
    }

    /// Says what the attempt was.
    pub(super) async fn end_attempt(&mut self, result: &Result<Granted, Stop>) {
        let has_right_password = self.trial.has_right_password;
        match (self.trial.attempt.take(), result) {
            (Some(attempt), Ok(granted)) => {
                let proofs = granted.grant.proves(has_right_password);
                self.note(attempt, Outcome::Right(proofs)).await;
            }
            (attempt, Err(_)) => {
                self.trial.attempt = attempt;
                self.pause().await;
            }
            (None, Ok(_)) => {}
        }
    }

    async fn note(&self, attempt: Attempt, outcome: Outcome) {
        let deadline = Deadline::after(NOTE_TIME);
        if let Err(outage) = self.engine.throttle.end(attempt, outcome, deadline).await {
            audit::warn(&format!("a failure was not counted: {outage}"));
        }
    }
}
