//! A login without PAM, which says why it would fail.

use monk_core::closed::{Way, why_closed};
use monk_core::credential::CredentialSet;
use monk_core::emailed;
use monk_core::policy::{
    Demand, Mfa, PasswordCheck, Policy, PortalApproval, PortalTicket, Prompt, RememberHosts,
    Separator, Standing,
};
use monk_terms::verdict::Refusal;
use monk_wire::manage::{
    CodeForm, CredentialState, Fact, Failure, LoginEnd, Outcome, Report, WayIn,
};
use monk_wire::{Login, Secret};

use super::{Task, clock_hint, status};
use crate::audit::Ending;
use crate::caller::Caller;
use crate::clock;
use crate::engine::Found;
use crate::login::{self, Ask, HungUp, Mode};
use crate::recent_grants;

/// A rehearsal asks nobody.
pub(super) struct Nobody;

impl Ask for Nobody {
    async fn ask(&mut self, _: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        Ok(None)
    }

    fn has_left(&mut self) -> bool {
        false
    }
}

impl Task<'_> {
    /// Looks at everything that decides a login, and carries it out without spending anything.
    pub(super) async fn check(
        &self,
        service: String,
        address: Option<String>,
        typed: Option<Secret>,
    ) -> Result<Outcome, Failure> {
        let policy = self.engine.settings.policy_for(&service).at(address.as_deref());
        let mut facts = policy_facts(&policy);
        let (account, set) = match self.engine.find(&self.user, self.deadline).await? {
            Found::One(account, set) => (account, set),
            Found::None => return Ok(refused(Refusal::UnknownUser, facts)),
            Found::Local => return Ok(refused(Refusal::LocalAccount, facts)),
            Found::Several => return Ok(refused(Refusal::AmbiguousUser, facts)),
        };
        let (name, locator) = (account.name.clone(), account.locator.to_string());
        facts.push(Fact::User { name, locator });
        facts.push(Fact::Account(account.state));
        facts.extend(self.factor_facts(&account.id, &set));
        let to = self.engine.mail.of(&service);
        let to = to.and_then(|mailer| mailer.address_of(&account, &set));
        facts.push(Fact::CodesByMail(to.as_ref().map(ToString::to_string)));
        let standing = Standing {
            set: &set,
            is_proof: false,
            can_be_sent: to.is_some(),
            created: account.created,
            may_confirm: policy.asks_password(false),
        };
        let demand = policy.demand(standing, clock::now());
        let is_in = match policy.groups.as_slice() {
            [] => true,
            groups => self.engine.directory.is_in_group(&account, groups, self.deadline).await?,
        };
        let closed = why_closed(account.state, way(&policy), &policy.app_passwords_despite);
        let end = match (&typed, demand) {
            (Some(typed), _) => {
                let (end, new_password) = self.rehearse(service, address, typed.clone()).await;
                if new_password {
                    facts.push(Fact::NewPasswordNeeded);
                }
                let hint = match end {
                    LoginEnd::Refused(Refusal::WrongCode) => {
                        self.clock_hint(typed, &account.id, &set)
                    }
                    _ => None,
                };
                hint.unwrap_or(end)
            }
            _ if closed.is_some() => LoginEnd::Refused(closed.unwrap_or(Refusal::Disabled)),
            _ if !is_in => LoginEnd::Refused(Refusal::NotInGroup),
            (None, Demand::Refuse(refusal)) => LoginEnd::Refused(refusal),
            (None, demand) => LoginEnd::NothingTyped(way_in(&policy, &demand, &set, to.is_some())),
        };
        Ok(Outcome::Report(Report { end, facts }))
    }

    /// How the login would end, and whether the account rule would ask for a new password then.
    async fn rehearse(
        &self,
        service: String,
        address: Option<String>,
        typed: Secret,
    ) -> (LoginEnd, bool) {
        let budget = u32::try_from(self.deadline.remaining().as_millis()).unwrap_or(u32::MAX);
        let login = Login {
            user: self.user.clone(),
            service,
            address,
            terminal: None,
            person: None,
            typed: Some(typed),
            can_ask: false,
            publickey: false,
            forward: false,
            budget_ms: budget,
        };
        let root = Caller { uid: 0 };
        let verdict = login::run(self.engine, root, &login, Mode::Rehearsal, &mut Nobody).await;
        let new_password = verdict.standing() == recent_grants::Standing::NewPassword;
        let end = match verdict.ending {
            Ending::Granted(grant) => LoginEnd::Granted(grant),
            Ending::Refused(refusal) => LoginEnd::Refused(refusal),
            Ending::Unavailable(outage) => LoginEnd::Unavailable(outage.told()),
            // A rehearsal asks nobody, and is no command.
            Ending::Abandoned
            | Ending::Evicted
            | Ending::Done
            | Ending::NotDone(_)
            | Ending::Unanswered(_) => LoginEnd::Abandoned,
        };
        (end, new_password)
    }

    /// What to say where the code turns out to be wrong, though it is right at another time. Only root
    /// tries strings.
    fn clock_hint(&self, typed: &Secret, user: &str, set: &CredentialSet) -> Option<LoginEnd> {
        let typed = typed.expose_str()?;
        let (device, clock) = clock_hint::find(typed, user, set, &self.engine.keys, clock::now())?;
        Some(LoginEnd::WrongClock { device, clock })
    }

    fn factor_facts(&self, user: &str, set: &CredentialSet) -> Vec<Fact> {
        let mut facts: Vec<_> = set
            .credentials
            .iter()
            .filter(|stored| !emailed::is_placeholder(&stored.value))
            .map(|stored| {
                let credential = status::describe(&stored.value, user, set, &self.engine.keys);
                let state = match (credential.usable, credential.pending) {
                    (false, _) => CredentialState::Unusable,
                    (true, true) => CredentialState::Pending,
                    (true, false) => CredentialState::Usable,
                };
                Fact::Credential { kind: credential.kind, label: credential.label, state }
            })
            .collect();
        let unreadable = set.unreadable_credentials + set.unreadable_uses;
        if unreadable > 0 {
            facts.push(Fact::Unreadable(unreadable));
        }
        facts
    }
}

/// The way in that a service asks for first.
fn way(policy: &Policy) -> Way {
    match policy.password {
        PasswordCheck::AppPasswordsOnly => Way::AppPassword,
        PasswordCheck::Elsewhere => Way::SecondFactorAlone,
        PasswordCheck::Required | PasswordCheck::SkipAfterPublickey => Way::Password,
    }
}

fn refused(refusal: Refusal, facts: Vec<Fact>) -> Outcome {
    Outcome::Report(Report { end: LoginEnd::Refused(refusal), facts })
}

fn policy_facts(policy: &Policy) -> Vec<Fact> {
    let mfa = match policy.mfa {
        Mfa::Required => "required",
        Mfa::WhenEnrolled => "when-enrolled",
        Mfa::Off => "off",
    };
    let password = match policy.password {
        PasswordCheck::Required => "required",
        PasswordCheck::AppPasswordsOnly => "app-passwords-only",
        PasswordCheck::SkipAfterPublickey => "skip-after-publickey",
        PasswordCheck::Elsewhere => "elsewhere",
    };
    let prompt = match policy.prompt {
        Prompt::Auto => "auto",
        Prompt::Never => "never",
    };
    let separator = match policy.separator {
        Separator::Required => "required",
        Separator::Optional => "optional",
    };
    let settings =
        [("mfa", mfa), ("password", password), ("prompt", prompt), ("separator", separator)];
    let mut facts: Vec<Fact> = settings
        .map(|(setting, value)| Fact::Policy { setting: setting.into(), value: value.into() })
        .into();
    if !policy.groups.is_empty() {
        facts.push(Fact::Groups(policy.groups.clone()));
    }
    if !policy.app_passwords_despite.is_empty() {
        let words: Vec<_> = policy.app_passwords_despite.iter().map(|one| one.as_str()).collect();
        let (setting, value) = ("app_passwords_despite".into(), words.join(", "));
        facts.push(Fact::Policy { setting, value });
    }
    if policy.change_expired_password {
        let (setting, value) = ("change_expired_password".into(), "true".into());
        facts.push(Fact::Policy { setting, value });
    }
    if policy.portal_approval == PortalApproval::Allowed {
        let (setting, value) = ("portal_approval".into(), "allowed".into());
        facts.push(Fact::Policy { setting, value });
    }
    if policy.portal_ticket == PortalTicket::Allowed {
        let (setting, value) = ("portal_ticket".into(), "allowed".into());
        facts.push(Fact::Policy { setting, value });
    }
    if policy.remember > 0 {
        facts.push(Fact::Remember(policy.remember / 60));
    }
    if policy.remember_hosts == RememberHosts::All {
        let (setting, value) = ("remember_hosts".into(), "all".into());
        facts.push(Fact::Policy { setting, value });
    }
    if let Some(group) = &policy.remember_group {
        let (setting, value) = ("remember_group".into(), group.clone());
        facts.push(Fact::Policy { setting, value });
    }
    facts
}

/// What the user would type on one line.
fn way_in(policy: &Policy, demand: &Demand, set: &CredentialSet, can_be_sent: bool) -> WayIn {
    if policy.password == PasswordCheck::AppPasswordsOnly {
        return WayIn::AppPassword;
    }
    match demand {
        Demand::Nothing => return WayIn::Password,
        Demand::NothingUntil(_) => return WayIn::PasswordForNow,
        Demand::Code | Demand::Refuse(_) => {}
    }
    let shapes = set.shapes();
    let forms = [
        (shapes.six_digits, CodeForm::SixDigits),
        (shapes.eight_digits, CodeForm::EightDigits),
        (shapes.scratch, CodeForm::Scratch),
        (shapes.backup, CodeForm::Backup),
        (can_be_sent, CodeForm::Emailed),
    ];
    let forms = forms.into_iter().filter(|(fits, _)| *fits).map(|(_, form)| form);
    WayIn::PasswordAndCode(forms.collect())
}
