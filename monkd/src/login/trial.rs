//! The login as an attempt that may be somebody's guess: what the throttle has to hear of it.
//!
//! What may be a guess is noted *before* it is checked, and struck out when it was right: whatever ends
//! the login in between (a deadline, a directory that does not answer, a caller that hangs up), it
//! counts. While a person thinks, the attempt is not under way, and what it has missed so far is on
//! record.

use std::time::Duration;

use monk_core::fingerprint::Fingerprint;
use monk_core::origin::Origin;
use monk_core::throttle::{Counter, Guess};
use monk_core::typed::Password;
use monk_terms::proof::Proof;
use monk_wire::portal::RefusalDetail;

use super::case::{Case, Mode};
use super::ending::{Granted, Stop};
use crate::audit;
use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::engine::Engine;
use crate::outage::Outage;
use crate::throttle::{Attempt, Outcome, Print, Subject, Wrong};

/// Longest time to write down what an attempt was, after everything else.
const NOTE_TIME: Duration = Duration::from_secs(2);

/// A login as an attempt.
pub(super) struct Trial<'a> {
    case: &'a Case<'a>,
    /// Whether the directory knows the name.
    pub(super) is_known: bool,
    /// The stable id of the user.
    pub(super) user: Option<String>,
    /// Who tries, since the attempt was admitted.
    subject: Option<Subject>,
    /// What the directory had been sent of the user before.
    sent_before: Counter,
    /// The attempt, while it is under way.
    attempt: Option<Attempt>,
    /// What was checked and not found right, and is not on record yet.
    wrong: Wrong,
    /// Whether monk has checked a password, and it was right.
    has_right_password: bool,
    /// The password that was checked.
    checked: Option<Print>,
    /// Whether the login goes on with one that nobody has proved yet.
    has_unproved_password: bool,
    /// Whether the user has to wait since a screen was shown. The login is refused then, and the screens that follow
    /// come all the same: for a name that nobody has they do, and after a right password nothing more was counted.
    is_shut: bool,
    /// What the owner of the account may know of a refusal.
    pub(super) detail: Option<RefusalDetail>,
}

/// Who tries to log in with the name `user`, and where from.
pub fn subject(
    engine: &Engine,
    caller: Caller,
    user: &str,
    account: Option<&Account>,
    origin: Origin<'_>,
    claims: &'static [Proof],
) -> Subject {
    let lowercase = user.to_lowercase();
    // What lists may show of it.
    let name = engine.shown(&lowercase, account.is_some()).into_owned();
    let network = Origin { person: origin.person.filter(|_| caller.is_root()), ..origin }.network();
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
        asks_directory: false,
    }
}

/// A password in a form that can be compared.
pub(super) fn password_print(engine: &Engine, password: &Password) -> Print {
    let mut print = Fingerprint::new(engine.keys.primary());
    print.add(b"password");
    print.add(password.expose().as_bytes());
    print.finish()
}

impl<'a> Trial<'a> {
    pub(super) fn new(case: &'a Case<'a>) -> Self {
        Self {
            case,
            is_known: false,
            user: None,
            subject: None,
            sent_before: Counter::default(),
            attempt: None,
            wrong: Wrong::default(),
            has_right_password: false,
            checked: None,
            has_unproved_password: false,
            is_shut: false,
            detail: None,
        }
    }

    /// Whether the attempt is looked at; it is under way then.
    pub(super) async fn begin(
        &mut self,
        account: Option<&Account>,
        claims: &'static [Proof],
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        let Case { engine, caller, login, mode, .. } = self.case;
        self.is_known = account.is_some();
        self.user = account.map(|account| account.id.clone());
        if let Some(known) = self.case.known() {
            return Ok(known.is_admitted);
        }
        if !mode.is_in_earnest() {
            return Ok(true);
        }
        let origin = Origin {
            address: login.address.as_deref(),
            person: login.person,
            service: &login.service,
        };
        let mut subject = subject(engine, *caller, &login.user, account, origin, claims);
        // Where an account has a password, it is compared at once, before a person is asked again.
        // What has the shape of an app password hardly ever is: see `may_ask_directory`.
        subject.asks_directory = self.case.asks_directory()
            && account.is_some()
            && !claims.contains(&Proof::AppPassword);
        self.attempt = engine.throttle.begin(&subject, deadline).await?;
        self.sent_before = self.attempt.as_ref().map(Attempt::sent_before).unwrap_or_default();
        subject.asks_directory = false;
        self.subject = self.attempt.is_some().then_some(subject);
        if let Some(mut notes) = self.case.notes() {
            notes.is_admitted = self.attempt.is_some();
        }
        Ok(self.attempt.is_some())
    }

    /// Whether a password may be sent now: that in front of a code, where both together had the shape of an app
    /// password. An app password itself must not wait for what the directory was sent.
    pub(super) async fn may_ask_directory(&mut self, deadline: Deadline) -> Result<bool, Outage> {
        let is_left_out = |subject: &&Subject| {
            subject.claims.contains(&Proof::AppPassword) && !subject.is_stranger
        };
        let Some(subject) = self.subject.as_ref().filter(is_left_out).cloned() else {
            return Ok(true);
        };
        self.pause().await;
        let subject = Subject { asks_directory: self.case.asks_directory(), ..subject };
        self.attempt = self.case.engine.throttle.begin(&subject, deadline).await?;
        self.sent_before = self.attempt.as_ref().map(Attempt::sent_before).unwrap_or_default();
        Ok(self.attempt.is_some())
    }

    /// Notes that something is about to be checked, which is a guess unless it is right.
    pub(super) fn guesses(&mut self, at: Proof, fingerprint: Print) {
        self.wrong.guesses.push(Guess { at, fingerprint, is_final: at != Proof::Code });
    }

    /// The same for a password, which comes back in a form that can be compared.
    pub(super) fn guesses_password(&mut self, password: &Password) -> Print {
        let print = password_print(self.case.engine, password);
        self.guesses(Proof::Password, print);
        self.checked = Some(print);
        print
    }

    /// Notes that the password of a user is about to be sent to the directory.
    pub(super) fn sends_password(&mut self) {
        self.wrong.is_sent = true;
    }

    /// Strikes out what turned out to be no guess.
    pub(super) fn guesses_not(&mut self, at: Proof) {
        self.wrong.guesses.retain(|guess| guess.at != at);
    }

    /// Notes that the password is right.
    pub(super) fn password_is_right(&mut self) {
        self.guesses_not(Proof::Password);
        self.wrong.is_sent = false;
        self.has_right_password = true;
    }

    /// The password that monk has found right.
    pub(super) fn right_password(&self) -> Option<Print> {
        self.checked.filter(|_| self.has_right_password)
    }

    /// Notes that the login goes on with a password that stays a guess. The directory counts it as none.
    pub(super) fn password_is_not_proved(&mut self) {
        self.wrong.is_sent = false;
        self.has_unproved_password = true;
    }

    /// Notes that a code was right once. It counts, but only once.
    pub(super) fn was_replay(&mut self) {
        let guesses = self.wrong.guesses.iter_mut();
        guesses.filter(|guess| guess.at == Proof::Code).for_each(|guess| guess.is_final = true);
    }

    /// Notes that the directory has refused a password.
    pub(super) fn was_refused(&mut self, password: Print) {
        self.wrong.refused = Some(password);
    }

    /// Whether the directory has refused the password a moment ago, so that it is not asked again.
    pub(super) fn is_refused_again(&self, password: Print) -> Result<bool, Outage> {
        match &self.subject {
            Some(subject) if !subject.is_stranger => {
                self.case.engine.throttle.was_refused(&subject.user, password)
            }
            _ => Ok(false),
        }
    }

    /// Lets others go on while a person thinks. What was missed so far is on record from now on.
    pub(super) async fn pause(&mut self) {
        let Some(attempt) = self.attempt.take() else { return };
        let wrong = std::mem::take(&mut self.wrong);
        let outcome = match wrong == Wrong::default() {
            true => Outcome::Neither,
            false => Outcome::Wrong(wrong),
        };
        self.note(attempt, outcome).await;
    }

    /// Whether the user has to wait from now on: nothing of this login may be granted, looked up or sent any more.
    pub(super) fn is_shut(&self) -> bool {
        self.is_shut
    }

    /// Goes on after a pause: the attempt has to be admitted again. Where it is not, the login [is
    /// shut](Self::is_shut), and its screens go on.
    pub(super) async fn resume(&mut self, deadline: Deadline) -> Result<(), Stop> {
        let Some(subject) = &self.subject else { return Ok(()) };
        match self.case.engine.throttle.begin(subject, deadline).await? {
            Some(attempt) => {
                self.attempt = Some(attempt.of_a_login_after(self.sent_before));
                Ok(())
            }
            // As at the beginning: of a stranger nothing is found out, and another module may know the name.
            None if subject.is_stranger => Ok(()),
            None => {
                self.is_shut = true;
                Ok(())
            }
        }
    }

    /// Goes on after somebody has hung up, so that what was missed is counted. Where nothing is looked at now, enough
    /// was counted before.
    pub(super) async fn goes_on(&mut self, deadline: Deadline) {
        if self.attempt.is_none() {
            let _counted_before = self.resume(deadline).await;
        }
    }

    /// Says what the attempt was.
    pub(super) async fn end(&mut self, outcome: &Result<Granted, Stop>) {
        let Ok(granted) = outcome else { return self.pause().await };
        if self.takes_nothing_back() {
            return self.pause().await;
        }
        if let Some(attempt) = self.attempt.take() {
            let proofs = granted.grant.proves(self.has_right_password);
            self.note(attempt, Outcome::Right(proofs)).await;
        }
    }

    /// Whether a success takes no failures back: what spends nothing could be said as often as one likes, and
    /// an expired password may not have been looked at.
    fn takes_nothing_back(&self) -> bool {
        let mode = self.case.mode;
        mode.is_rehearsed_change()
            || self.has_unproved_password
            || matches!(mode, Mode::NewPassword(_)) && !self.has_right_password
    }

    async fn note(&self, attempt: Attempt, outcome: Outcome) {
        let deadline = Deadline::after(NOTE_TIME);
        if let Err(outage) = self.case.engine.throttle.end(attempt, outcome, deadline).await {
            audit::warn(&format!("a failure was not counted: {outage}"));
        }
    }
}
