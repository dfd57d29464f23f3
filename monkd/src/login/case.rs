//! One login as it was asked for: what stays the same from its first step to its last.

use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use monk_core::factors::Door;
use monk_core::policy::{Mfa, PasswordCheck, Policy, PortalApproval, Prompt};
use monk_core::typed::Password;
use monk_terms::verdict::Refusal;
use monk_wire::{Login, Secret};

use super::ending::Stop;
use super::facts::{self, Facts, Noted, Past, unknown};
use crate::caller::Caller;
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::engine::{Engine, Found};
use crate::mail::Mailer;
use crate::outage::Outage;
use crate::programs::WITHOUT_SCREENS;
use crate::throttle::Print;

/// Longest time that one login may take the engine, whatever the caller would wait.
const MAX_BUDGET: Duration = Duration::from_secs(10);

/// What is left of the budget for the answer's way back, and for the caller.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// Longest user name in bytes: mail addresses have at most 254 (RFC 5321 §4.5.3.1).
const MAX_NAME: usize = 256;

/// What a login is carried out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Somebody wants in.
    Real,
    /// An administrator wants to know how it would end: nothing is spent.
    Rehearsal,
    /// Users prove who they are before they change their credentials: with the password and, where
    /// there is one, a second factor. App passwords, which open programs, prove nothing.
    Proof,
    /// Users prove who they are before they change their password, as for [`Mode::Proof`]; the password may
    /// be one that has to be changed.
    NewPassword(Proving),
    /// The engine tries itself out, in a store of its own: everything happens as in a real login,
    /// but it is no line in the audit, and no refusal waits.
    SelfTest,
    /// A login is over, and the engine wants to know how it would have ended under the policy that is to come.
    Forecast,
}

/// How users prove who they are before they change their password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proving {
    /// Whether nothing is spent: failures count as ever, a success takes none of them back.
    pub rehearses: bool,
    /// Whether the same program has seen a second factor in the login that asks for the change.
    pub has_second_factor: bool,
    /// A password that the directory has called right in the same program, and that is not sent to it again before
    /// the change.
    pub right_password: Option<Print>,
}

impl Mode {
    /// Whether a right code is used up.
    pub(super) fn spends(self) -> bool {
        !matches!(self, Self::Rehearsal | Self::Forecast) && !self.is_rehearsed_change()
    }

    /// Whether a change of a password is rehearsed.
    pub(super) fn is_rehearsed_change(self) -> bool {
        matches!(self, Self::NewPassword(Proving { rehearses: true, .. }))
    }

    /// Whether users prove who they are: app passwords, which open programs, prove nothing.
    pub(super) fn is_proof(self) -> bool {
        matches!(self, Self::Proof | Self::NewPassword(_))
    }

    /// Whether somebody other than the engine and its administrator is behind it: it is a line in the
    /// audit, its failures count, and its refusals wait.
    pub(super) fn is_in_earnest(self) -> bool {
        matches!(self, Self::Real) || self.is_proof()
    }

    /// What a code is to open.
    pub(super) fn door(self) -> Door {
        match self {
            Self::Real | Self::Rehearsal | Self::SelfTest | Self::Forecast => Door::Login,
            Self::Proof => Door::Enrolment,
            Self::NewPassword(_) => Door::NewPassword,
        }
    }

    /// The word in the audit.
    pub(super) fn event(self) -> &'static str {
        match self {
            Self::Real | Self::Rehearsal | Self::SelfTest | Self::Forecast => "login",
            Self::Proof | Self::NewPassword(_) => "proof",
        }
    }
}

/// One login as it was asked for.
pub(super) struct Case<'a> {
    pub(super) engine: &'a Engine,
    pub(super) caller: Caller,
    pub(super) login: &'a Login,
    pub(super) mode: Mode,
    /// What the service asks for at the address that the login comes from.
    pub(super) policy: Policy,
    /// What it will ask for there, where a section of the settings only reports for now.
    pub(super) coming: Option<Policy>,
    /// What was found out, for the forecast.
    pub(super) facts: Arc<Facts>,
}

impl<'a> Case<'a> {
    pub(super) fn new(engine: &'a Engine, caller: Caller, login: &'a Login, mode: Mode) -> Self {
        let mut coming = None;
        let policy = match mode {
            Mode::Real => {
                let policies = engine.settings.policies_for(&login.service, clock::now());
                coming = policies.coming.map(|coming| coming.policy);
                policies.today
            }
            Mode::Rehearsal | Mode::SelfTest | Mode::Forecast => {
                engine.settings.policy_for(&login.service)
            }
            // Not to be set: the first device of a user could not be enrolled where one is required.
            Mode::NewPassword(Proving { has_second_factor: true, .. }) => {
                Policy { mfa: Mfa::Off, ..Policy::default() }
            }
            Mode::Proof | Mode::NewPassword(_) => {
                Policy { mfa: Mfa::WhenEnrolled, ..Policy::default() }
            }
        };
        let (policy, coming) =
            (at(policy, caller, login), coming.map(|coming| at(coming, caller, login)));
        Self { engine, caller, login, mode, policy, coming, facts: Arc::default() }
    }

    /// A login of the past under a policy, about which nothing is known yet.
    pub(super) fn under(
        policy: Policy,
        engine: &'a Engine,
        caller: Caller,
        login: &'a Login,
    ) -> Self {
        let policy = at(policy, caller, login);
        let (mode, coming, facts) = (Mode::Forecast, None, Arc::default());
        Self { engine, caller, login, mode, policy, coming, facts }
    }

    /// What the log says of it, if it is a login of the past.
    pub(super) fn past(&self) -> Option<Past> {
        self.known()?.past.clone()
    }

    /// The same case once more, with the same facts.
    pub(super) fn copy(&self) -> Self {
        let Self { engine, caller, login, mode, .. } = *self;
        let (policy, coming) = (self.policy.clone(), self.coming.clone());
        Self { engine, caller, login, mode, policy, coming, facts: Arc::clone(&self.facts) }
    }

    /// Where to note what is found out, if somebody will ask.
    pub(super) fn notes(&self) -> Option<MutexGuard<'_, Noted>> {
        self.coming.is_some().then(|| self.facts.noted())
    }

    /// What was found out, for a forecast.
    pub(super) fn known(&self) -> Option<MutexGuard<'_, Noted>> {
        (self.mode == Mode::Forecast).then(|| self.facts.noted())
    }

    /// The user that the login is about. A forecast looks for nobody.
    pub(super) async fn find(&self, deadline: Deadline) -> Result<Found, Stop> {
        if let Some(known) = self.known() {
            return known.found.clone().ok_or_else(unknown);
        }
        let found = self.engine.find(&self.login.user, deadline).await?;
        if let Some(mut notes) = self.notes() {
            notes.found = Some(found.clone());
        }
        Ok(found)
    }

    /// Whether the user is in one of the groups that the policy names. A forecast asks only for other ones.
    pub(super) async fn is_in_group(
        &self,
        account: &Account,
        deadline: Deadline,
    ) -> Result<bool, Outage> {
        let groups = &self.policy.groups;
        let is_known = self.known().and_then(|known| facts::last(&known.groups, |of| of == groups));
        if let Some(is_in) = is_known {
            return Ok(is_in);
        }
        let asked = self.engine.directory.is_in_group(account, groups, deadline);
        let is_in = deadline.bound("the groups", asked).await?;
        if let Some(mut notes) = self.notes().or_else(|| self.known()) {
            notes.groups.push((groups.clone(), is_in));
        }
        Ok(is_in)
    }

    /// Whether a screen that was not shown would have been answered with a code, as far as anybody can tell: many
    /// programs answer every prompt with the password.
    pub(super) fn is_believed_to_show_screens(&self) -> bool {
        let service = self.login.service.to_ascii_lowercase();
        !WITHOUT_SCREENS.contains(&&*service)
    }

    /// Refuses what is not looked at: bad names, and programs that want to be believed too much.
    pub(super) fn check_limits(&self) -> Result<(), Refusal> {
        check_name(&self.login.user)?;
        // That somebody else has checked a key or a password can only be believed of root's
        // programs. Anybody's could guess codes otherwise, and use them up.
        if self.asks_password() || self.caller.is_root() {
            Ok(())
        } else {
            Err(Refusal::NotTrusted)
        }
    }

    /// How long the engine may take for it altogether. People's typing does not count.
    pub(super) fn budget(&self) -> Duration {
        // Anybody's program may state any budget: a short one would end logins before their answers.
        let stated = match self.caller.is_root() {
            true => Duration::from_millis(self.login.budget_ms.into()),
            false => MAX_BUDGET,
        };
        stated.min(MAX_BUDGET).saturating_sub(ANSWER_MARGIN)
    }

    /// How long after the last thing that was typed every refusal is answered.
    pub(super) fn refusal_delay(&self) -> Duration {
        Duration::from_millis(self.engine.settings.engine.refusal_ms)
    }

    /// Whether monk checks a password in this login, and not the second factor alone.
    pub(super) fn asks_password(&self) -> bool {
        self.policy.asks_password(self.login.publickey)
    }

    /// Whether a code of this login may confirm a device that was handed out: where monk checks the password itself, and
    /// the user logs in, or proves who it is.
    pub(super) fn may_confirm(&self) -> bool {
        self.asks_password() && matches!(self.mode.door(), Door::Login | Door::Enrolment)
    }

    /// Whether a password may be sent to the directory in this login.
    pub(super) fn asks_directory(&self) -> bool {
        self.asks_password() && self.policy.password != PasswordCheck::AppPasswordsOnly
    }

    /// Whether a screen for a code can follow the first string.
    pub(super) fn can_show_code_screen(&self) -> bool {
        self.login.can_ask && self.policy.prompt == Prompt::Auto
    }

    /// Whether there may be users who are not asked for a code yet.
    pub(super) fn offers_grace(&self) -> bool {
        self.policy.mfa == Mfa::Required && self.policy.grace.is_offered(clock::now())
    }

    /// What sends codes for this service, if anything does.
    pub(super) fn mailer(&self) -> Option<&'a Arc<Mailer>> {
        self.engine.mail.of(&self.login.service)
    }

    /// The portal's origin, where a login of this service may be approved there. Only programs of root's are believed
    /// which service they are, and where the login comes from: the page shows it.
    pub(super) fn approvals(&self) -> Option<&'a str> {
        let is_allowed = self.policy.portal_approval == PortalApproval::Allowed
            && self.policy.mfa != Mfa::Off
            && matches!(self.mode, Mode::Real | Mode::Forecast)
            && self.caller.is_root()
            && self.can_show_code_screen();
        self.engine.settings.portal.origin.as_deref().filter(|_| is_allowed)
    }

    /// The bare password, for the modules that follow.
    pub(super) fn forwarded(&self, password: &Password) -> Option<Secret> {
        self.login.forward.then(|| Secret::new(password.expose().as_bytes()))
    }
}

/// The policy at the address of a login. Anybody's program may state any address: only root's are believed that it is a
/// good one.
fn at(policy: Policy, caller: Caller, login: &Login) -> Policy {
    match caller.is_root() {
        true => policy.at(login.address.as_deref()),
        false => policy,
    }
}

/// Refuses names that no directory should be asked for: empty, endless, with control characters,
/// or with blanks around them, which LDAP would ignore (RFC 4518 §2.6.1) and a mail server not.
///
/// # Errors
/// [`Refusal::BadName`].
pub fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = (1..=MAX_NAME).contains(&name.len());
    if fits && name.trim() == name && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Refusal::BadName)
    }
}
