//! A policy that is only reported until a day: `enforce`, `enforce_from` and `today` in `[policy]` and `[service.NAME]`.
//!
//! A section says what is to come. Until its day, `[policy.today]` or `[service.NAME.today]` lies over it, and without
//! one `mfa = "when-enrolled"` does. A service inherits, key by key, what is in force at the moment in `[policy]`; one
//! with `enforce = "always"` inherits what is to come there, and so is enforced as a whole.

use monk_core::policy::{Mfa, Policy};

use super::Settings;
use super::policy::{Enforce, PolicyLayer, start_of};
use crate::clock;

/// What a service asks for now, and what it will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// What is in force.
    pub today: Policy,
    /// What is to come, if that is something else.
    pub coming: Option<Coming>,
}

/// A policy that is only reported for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coming {
    /// What it asks for.
    pub policy: Policy,
    /// When all of it is in force, in seconds since 1970.
    pub from: u64,
}

/// A section that only reports.
pub struct Reporting {
    /// Its header.
    pub section: String,
    /// When it is enforced, in seconds since 1970.
    pub from: u64,
}

impl PolicyLayer {
    /// When the section is enforced, if it begins with a report.
    fn reports_until(&self) -> Option<u64> {
        let day = self.enforce_from.as_ref().filter(|_| self.enforce == Some(Enforce::Report))?;
        start_of(day)
    }

    /// Whether what it says is not enforced at a moment.
    fn reports_at(&self, now: u64) -> bool {
        self.reports_until().is_some_and(|from| now < from)
    }

    /// The policy of this section over `below`, as it is in force at a moment.
    fn over_at(&self, below: Policy, now: u64) -> Policy {
        let coming = self.over(below);
        match &self.today {
            _ if !self.reports_at(now) => coming,
            Some(today) => today.over(coming),
            None => Policy { mfa: Mfa::WhenEnrolled, ..coming },
        }
    }

    /// What is wrong with what it says of its enforcement.
    fn enforcement_problem(&self) -> Option<&'static str> {
        let reports = self.enforce == Some(Enforce::Report);
        match (&self.enforce_from, &self.today) {
            (Some(day), _) if start_of(day).is_none() => {
                Some("enforce_from is a day, without quotes: 2027-01-15")
            }
            (None, _) if reports => Some(
                "enforce = \"report\" needs a day from which it is enforced: enforce_from = 2027-01-15",
            ),
            (Some(_), _) if !reports => Some(
                "enforce_from is for a section that only reports until then: write enforce = \"report\"",
            ),
            (_, Some(_)) if !reports => Some(
                "a section today is for one that only reports: write enforce = \"report\" and enforce_from",
            ),
            (_, Some(today)) => today.todays_problem(),
            _ => None,
        }
    }

    /// What does not belong into a section `today`.
    fn todays_problem(&self) -> Option<&'static str> {
        if self.enforce.is_some() || self.enforce_from.is_some() || self.today.is_some() {
            return Some(
                "enforce, enforce_from and today belong into the section itself, not into today",
            );
        }
        if self.mail.is_some() {
            return Some("how codes are sent does not change on that day: move mail out of today");
        }
        if self.remember_group.is_some() || self.web_mail_addresses.is_some() {
            return Some(
                "remember_group and web_mail_addresses do not change on that day: move them out of today",
            );
        }
        None
    }
}

impl Settings {
    /// What a service asks for at a moment, and what it will. PAM service names know no case: libpam lowers them.
    #[must_use]
    pub fn policies_for(&self, service: &str, now: u64) -> Policies {
        self.with_coming(now, |moment| self.policy_at(Some(service), moment))
    }

    /// The same for services without a section of their own.
    #[must_use]
    pub fn default_policies(&self, now: u64) -> Policies {
        self.with_coming(now, |moment| self.policy_at(None, moment))
    }

    /// What services ask for now that have no section of their own.
    #[must_use]
    pub fn default_policy(&self) -> Policy {
        self.policy_at(None, clock::now())
    }

    /// What a service asks for now.
    #[must_use]
    pub fn policy_for(&self, service: &str) -> Policy {
        self.policy_at(Some(service), clock::now())
    }

    /// What a service asks for at a moment.
    pub(super) fn policy_at(&self, service: Option<&str>, now: u64) -> Policy {
        let base = Self::base_policy();
        let section = service.and_then(|name| self.service.get(&name.to_ascii_lowercase()));
        match section {
            Some(section) if section.enforce == Some(Enforce::Always) => {
                section.over(self.policy.over(base))
            }
            Some(section) => section.over_at(self.policy.over_at(base, now), now),
            None => self.policy.over_at(base, now),
        }
    }

    fn with_coming(&self, now: u64, at: impl Fn(u64) -> Policy) -> Policies {
        let (today, policy) = (at(now), at(u64::MAX));
        let from = self.days().into_iter().find(|day| now < *day && at(*day) == policy);
        let coming = from.filter(|_| today != policy).map(|from| Coming { policy, from });
        Policies { today, coming }
    }

    /// The days from which sections are enforced, in their order.
    fn days(&self) -> Vec<u64> {
        let layers = std::iter::once(&self.policy).chain(self.service.values());
        let mut days: Vec<u64> = layers.filter_map(PolicyLayer::reports_until).collect();
        days.sort_unstable();
        days
    }

    /// A moment of each time between two changes of a policy.
    pub(super) fn moments(&self) -> impl Iterator<Item = u64> {
        std::iter::once(0).chain(self.days())
    }

    /// The sections that report, or did until their day.
    pub fn reporting(&self) -> impl Iterator<Item = Reporting> {
        self.sections_of_policy().filter_map(|(section, layer)| {
            layer.reports_until().map(|from| Reporting { section, from })
        })
    }

    fn sections_of_policy(&self) -> impl Iterator<Item = (String, &PolicyLayer)> {
        let services =
            self.service.iter().map(|(name, layer)| (format!("[service.{name}]"), layer));
        std::iter::once(("[policy]".to_owned(), &self.policy)).chain(services)
    }

    /// What is wrong with the enforcement of a section, or with its policy at any time: with the section.
    pub(super) fn policy_problem(&self) -> Option<String> {
        let directory = self.chosen().directory;
        for (section, layer) in self.sections_of_policy() {
            if let Some(why) = layer.enforcement_problem() {
                return Some(format!("{section}: {why}"));
            }
            // It would ask for less than [policy] does today, and nobody has said so.
            let is_service = !std::ptr::eq(layer, &self.policy);
            if is_service
                && layer.reports_until().is_some()
                && layer.today.is_none()
                && layer.mfa.is_none()
            {
                return Some(format!(
                    "{section}: what differs until enforce_from? Write mfa here, or what is in force today into {}",
                    of_today(&section)
                ));
            }
            if let Some(why) = layer.problem(directory) {
                return Some(format!("{section}: {why}"));
            }
            let today = layer.today.as_ref();
            if let Some(why) = today.and_then(|today| today.problem(directory)) {
                return Some(format!("{}: {why}", of_today(&section)));
            }
        }
        for moment in self.moments() {
            let services = self.service.iter().map(|(name, layer)| (Some(name), layer));
            for (service, layer) in std::iter::once((None, &self.policy)).chain(services) {
                let policy = self.policy_at(service.map(String::as_str), moment);
                if let Some(why) = policy.contradiction() {
                    let section =
                        service.map_or("[policy]".to_owned(), |name| format!("[service.{name}]"));
                    let is_todays = layer.today.is_some() && layer.reports_at(moment);
                    let section = if is_todays { of_today(&section) } else { section };
                    return Some(format!("{section}: {why}"));
                }
            }
        }
        None
    }
}

/// The header of the section that is in force until the day of another one.
fn of_today(section: &str) -> String {
    format!("{}.today]", section.trim_end_matches(']'))
}

#[cfg(test)]
#[path = "enforcement_tests.rs"]
mod tests;
