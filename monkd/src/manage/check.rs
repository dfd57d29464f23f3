//! A login without PAM, which says why it would fail.

use monk_core::credential::CredentialSet;
use monk_core::emailed;
use monk_core::policy::{Demand, Mfa, PasswordCheck, Policy, Prompt, Separator, Standing};
use monk_terms::verdict::Refusal;
use monk_wire::manage::{Failure, Outcome, Report};
use monk_wire::{Login, Secret};

use super::{Task, clock_hint, status};
use crate::audit::Ending;
use crate::caller::Caller;
use crate::clock;
use crate::engine::Found;
use crate::login::{self, Ask, HungUp, Mode};

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
        let (granted, reason, explanation) =
            match self.engine.find(&self.user, self.deadline).await? {
                Found::None => refused(Refusal::UnknownUser),
                Found::Several => refused(Refusal::AmbiguousUser),
                Found::One(account, set) => {
                    facts.push(fact("user", &format!("{} ({})", account.name, account.locator)));
                    facts.extend(self.factor_facts(&account.id, &set));
                    let to = self.engine.mail.of(&service);
                    let to = to.and_then(|mailer| mailer.address_of(&account, &set));
                    facts.push(fact(
                        "codes by mail",
                        &to.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string),
                    ));
                    let can_be_sent = to.is_some();
                    let standing = Standing { set: &set, can_be_sent, created: account.created };
                    let demand = policy.demand(standing, clock::now());
                    let is_in = match policy.groups.as_slice() {
                        [] => true,
                        groups => {
                            let directory = &self.engine.directory;
                            directory.is_in_group(&account, groups, self.deadline).await?
                        }
                    };
                    match (&typed, demand) {
                        _ if account.disabled => refused(Refusal::Disabled),
                        (Some(typed), _) => {
                            let mut end = self.rehearse(service, address, typed.clone()).await;
                            if end.1 == Refusal::WrongCode.as_str() {
                                let hint = self.clock_hint(typed, &account.id, &set);
                                end.2 = hint.unwrap_or(end.2);
                            }
                            end
                        }
                        _ if !is_in => refused(Refusal::NotInGroup),
                        (None, Demand::Refuse(refusal)) => refused(refusal),
                        (None, demand) => (
                            None,
                            "nothing-typed".to_owned(),
                            format!(
                                "the user can log in with {}",
                                what_to_type(&policy, &demand, &set, can_be_sent)
                            ),
                        ),
                    }
                }
            };
        Ok(Outcome::Report(Report { granted, reason, explanation, facts }))
    }

    async fn rehearse(
        &self,
        service: String,
        address: Option<String>,
        typed: Secret,
    ) -> (Option<bool>, String, String) {
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
        match verdict.ending {
            Ending::Granted(grant) => {
                let spent = "nothing was spent by this check";
                (Some(true), grant.as_str().to_owned(), format!("the login would succeed; {spent}"))
            }
            Ending::Refused(Refusal::CodeSent) => (
                Some(false),
                Refusal::CodeSent.as_str().to_owned(),
                "a code would be sent, and open the next login; this check sends none".to_owned(),
            ),
            Ending::Refused(refusal) => refused(refusal),
            Ending::Unavailable(outage) => {
                (Some(false), "unavailable".to_owned(), outage.to_string())
            }
            // A rehearsal asks nobody, and is no command.
            Ending::Abandoned
            | Ending::Evicted
            | Ending::Done
            | Ending::NotDone(_)
            | Ending::Unanswered(_) => (Some(false), "abandoned".to_owned(), String::new()),
        }
    }

    /// What to say where the code turns out to be wrong, though it is right at another time. Only root
    /// tries strings.
    fn clock_hint(&self, typed: &Secret, user: &str, set: &CredentialSet) -> Option<String> {
        let typed = typed.expose_str()?;
        let (device, off) = clock_hint::find(typed, user, set, &self.engine.keys, clock::now())?;
        Some(format!(
            "the code is one that the device {device:?} shows at another time: its clock is {} this \
             host's. Set the device to network time and try its next code; if several users see this, \
             look at this host's clock",
            off.words_before()
        ))
    }

    fn factor_facts(&self, user: &str, set: &CredentialSet) -> Vec<(String, String)> {
        let mut facts: Vec<_> = set
            .credentials
            .iter()
            .filter(|stored| !emailed::is_placeholder(&stored.value))
            .map(|stored| {
                let credential = status::describe(&stored.value, user, set, &self.engine.keys);
                let state = match (credential.usable, credential.pending) {
                    (false, _) => "cannot be checked on this host",
                    (true, true) => "waits to be confirmed",
                    (true, false) => "usable",
                };
                fact(&credential.kind, &format!("{}: {state}", credential.label))
            })
            .collect();
        let unreadable = set.unreadable_credentials + set.unreadable_uses;
        if unreadable > 0 {
            facts.push(fact("unreadable", &format!("{unreadable} records")));
        }
        facts
    }
}

fn refused(refusal: Refusal) -> (Option<bool>, String, String) {
    (Some(false), refusal.as_str().to_owned(), refusal.explanation().to_owned())
}

fn fact(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn policy_facts(policy: &Policy) -> Vec<(String, String)> {
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
    let mut facts = vec![
        ("mfa", mfa.to_owned()),
        ("password", password.to_owned()),
        ("prompt", prompt.to_owned()),
        ("separator", separator.to_owned()),
    ];
    if !policy.groups.is_empty() {
        facts.push(("groups", policy.groups.join(", ")));
    }
    if policy.remember > 0 {
        facts.push(("remember", format!("{} minutes", policy.remember / 60)));
    }
    facts.into_iter().map(|(name, value)| fact(&format!("policy {name}"), &value)).collect()
}

/// What the user would type on one line.
fn what_to_type(
    policy: &Policy,
    demand: &Demand,
    set: &CredentialSet,
    can_be_sent: bool,
) -> String {
    if policy.password == PasswordCheck::AppPasswordsOnly {
        return "an app password".to_owned();
    }
    match demand {
        Demand::Nothing => return "the password alone".to_owned(),
        Demand::NothingUntil(_) => {
            return "the password alone, as long as there is time to enrol".to_owned();
        }
        Demand::Code | Demand::Refuse(_) => {}
    }
    let shapes = set.shapes();
    let mut codes = Vec::new();
    if shapes.six_digits {
        codes.push("a code of 6 digits");
    }
    if shapes.eight_digits {
        codes.push("a code of 8 digits");
    }
    if shapes.scratch {
        codes.push("an imported scratch code");
    }
    if shapes.backup {
        codes.push("a backup code");
    }
    if can_be_sent {
        codes.push("a code that PASSWORD;email brings");
    }
    match codes.as_slice() {
        [] => "nothing: none of the second factors can be checked on this host".to_owned(),
        codes => format!("PASSWORD;CODE, where CODE is {}", codes.join(" or ")),
    }
}
