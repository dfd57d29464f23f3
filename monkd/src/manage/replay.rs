//! Logins of the past, decided once more under other settings: by the steps of a login, with what users have now.
//!
//! Each user is looked up once, and one after the other: logins of now find all other places free. Nothing is spent,
//! counted or written down, no password goes to the directory, and no hash is computed.

use std::time::Duration;

use monk_core::closed::Forgivable;
use monk_core::policy::Policy;
use monk_terms::forecast::Forecast;
use monk_wire::manage::{Failure, Outcome, PastEvent, PastLogin, Prospect, Replay, Replayed};

use super::Task;
use super::parts::Progress;
use crate::account_answer;
use crate::clock;
use crate::deadline::Deadline;
use crate::engine::Found;
use crate::login::check_name;
use crate::login::replay::{self, Known, Rules};
use crate::outage::Outage;
use crate::settings::Settings;

/// Longest look at one user, and at the groups of one login. A slower directory is none to log in with: the command
/// fails.
const LOOK_TIME: Duration = Duration::from_secs(5);

/// The sections that count.
const POLICIES: [&str; 2] = ["policy", "service"];

/// A user whose logins are decided.
struct Subject {
    found: Found,
    known: Known,
    /// Answers about the account, by all that they depend on.
    accounts: Vec<(Conditions, Forecast)>,
}

/// What an answer about an account depends on: the groups of a policy, and the states that it forgives.
type Conditions = (Vec<String>, Vec<Forgivable>);

impl Task<'_> {
    /// Decides each login under the settings in force and under other ones.
    pub(super) async fn replay(&self, asked: &Replay) -> Result<Outcome, Failure> {
        let settings = Settings::parse(&asked.settings)
            .map_err(|why| Failure::SettingsWrong { why: why.to_string() })?;
        let left_out = left_out(&self.engine.settings, &settings)?;
        let mut progress = Progress::new(self.parts);
        let mut prospects = Vec::with_capacity(asked.logins.len());
        for logins in asked.logins.chunk_by(|one, other| one.user == other.user) {
            let mut subject = self.subject(&logins[0].user).await?;
            for login in logins {
                prospects.push(self.prospect(&settings, login, &mut subject).await?);
                // Others wait for this thread, too.
                tokio::task::yield_now().await;
            }
            progress.step().await;
        }
        Ok(Outcome::Replayed(Replayed { prospects, left_out }))
    }

    async fn subject(&self, user: &str) -> Result<Subject, Outage> {
        let found = match check_name(user) {
            Ok(()) => self.engine.find(user, Deadline::after(LOOK_TIME)).await?,
            Err(_) => Found::None,
        };
        Ok(Subject { found, known: Known::default(), accounts: Vec::new() })
    }

    async fn prospect(
        &self,
        settings: &Settings,
        login: &PastLogin,
        subject: &mut Subject,
    ) -> Result<Prospect, Outage> {
        let present = self.engine.settings.policy_for(&login.service);
        let policies = settings.policies_for(&login.service, clock::now());
        // A section that only reports for now is what is asked about.
        let other = policies.coming.map_or(policies.today, |coming| coming.policy);
        let now = Rules { policy: &present, present: &present };
        let then = Rules { policy: &other, ..now };
        Ok(Prospect {
            now: self.decided(now, login, subject).await?,
            then: self.decided(then, login, subject).await?,
        })
    }

    async fn decided(
        &self,
        rules: Rules<'_>,
        login: &PastLogin,
        subject: &mut Subject,
    ) -> Result<Forecast, Outage> {
        let deadline = Deadline::after(LOOK_TIME);
        let Subject { found, known, accounts } = subject;
        match login.event {
            PastEvent::Login => replay::of(self.engine, rules, login, found, known, deadline).await,
            PastEvent::Account => {
                let key = depends_on(rules.policy);
                if let Some((_, told)) = accounts.iter().find(|(of, _)| *of == key) {
                    return Ok(*told);
                }
                let told =
                    account_answer::replayed(self.engine, rules.policy, found, deadline).await?;
                accounts.push((key, told));
                Ok(told)
            }
        }
    }
}

/// What of a policy an answer about an account depends on.
fn depends_on(policy: &Policy) -> (Vec<String>, Vec<Forgivable>) {
    (policy.groups.clone(), policy.app_passwords_despite.clone())
}

/// The sections in which two settings differ, but for those of policies.
fn left_out(one: &Settings, other: &Settings) -> Result<Vec<String>, Failure> {
    let table = |settings| toml::Table::try_from(settings).map_err(|_| Failure::SettingsUnwritable);
    let (one, other) = (table(one)?, table(other)?);
    let all = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    let all = all.filter(|name| !POLICIES.contains(&name.as_str()));
    Ok(all.filter(|name| one.get(*name) != other.get(*name)).cloned().collect())
}
