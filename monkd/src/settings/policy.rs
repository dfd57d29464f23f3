//! The section `[policy]` of the settings, and the same keys in `[service.NAME]`.

use ipnet::IpNet;
use monk_core::closed::Forgivable;
use monk_core::policy::{
    Grace, Mfa, PasswordCheck, Policy, PortalApproval, PortalTicket, Prompt, RememberHosts,
    Separator,
};
use monk_core::remember::MAX_REMEMBER;
use serde::{Deserialize, Serialize};
use time::Month;
use toml::value::Datetime;

use super::mail::MailLayer;
use crate::directory::section::DirectorySection;

/// What stands for every group.
const ANY_GROUP: &str = "*";

/// Most groups of one service: all of them are in one filter of LDAP.
const MAX_GROUPS: usize = 50;

/// Longest grace of new users, in days. Who wants nobody to be asked has another key for it.
const MAX_GRACE_DAYS: u32 = 365;

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

/// Whether what a section says is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enforce {
    /// Now.
    #[default]
    Always,
    /// From a day on. Until then, the audit says what it would have refused.
    Report,
}

/// What a section says; what it leaves out comes from the section below it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyLayer {
    /// See [`Policy::mfa`].
    pub mfa: Option<Mfa>,
    /// See [`Policy::password`].
    pub password: Option<PasswordCheck>,
    /// See [`Policy::prompt`].
    pub prompt: Option<Prompt>,
    /// See [`Policy::separator`].
    pub separator: Option<Separator>,
    /// See [`Policy::groups`]; `*` for everybody.
    pub groups: Option<Vec<String>>,
    /// See [`Policy::trusted_networks`].
    pub trusted_networks: Option<Vec<IpNet>>,
    /// The last day of the grace for everybody, in UTC.
    pub grace_until: Option<Datetime>,
    /// See [`Grace::days`].
    pub grace_days: Option<u32>,
    /// See [`Policy::remember`], in minutes.
    pub remember_minutes: Option<u64>,
    /// See [`Policy::remember_hosts`].
    pub remember_hosts: Option<RememberHosts>,
    /// See [`Policy::remember_group`]; of single services only.
    pub remember_group: Option<String>,
    /// See [`Policy::web_mail_addresses`]; of single services only.
    pub web_mail_addresses: Option<Vec<IpNet>>,
    /// See [`Policy::app_passwords_despite`].
    pub app_passwords_despite: Option<Vec<Forgivable>>,
    /// See [`Policy::change_expired_password`]; of single services only.
    pub change_expired_password: Option<bool>,
    /// See [`Policy::portal_approval`].
    pub portal_approval: Option<PortalApproval>,
    /// See [`Policy::portal_ticket`]; of single services only.
    pub portal_ticket: Option<PortalTicket>,
    /// See [`Policy::password_warning`], in days.
    pub password_warning_days: Option<u32>,
    /// How codes are sent, in `[service.NAME.mail]`; all services share `[mail]` instead.
    pub mail: Option<MailLayer>,
    /// Whether the section is enforced, or only reported for now.
    pub enforce: Option<Enforce>,
    /// The day from whose beginning, in UTC, a section that only reports is enforced.
    pub enforce_from: Option<Datetime>,
    /// What differs until then.
    pub today: Option<Box<PolicyLayer>>,
}

impl PolicyLayer {
    /// This layer over `below`. The settings have been checked, so everything in it makes sense.
    #[must_use]
    pub fn over(&self, below: Policy) -> Policy {
        let named = |groups: &Vec<String>| match groups.iter().any(|group| group == ANY_GROUP) {
            true => Vec::new(),
            false => groups.clone(),
        };
        let until = self.grace_until.as_ref().and_then(end_of);
        Policy {
            mfa: self.mfa.unwrap_or(below.mfa),
            password: self.password.unwrap_or(below.password),
            prompt: self.prompt.unwrap_or(below.prompt),
            separator: self.separator.unwrap_or(below.separator),
            groups: self.groups.as_ref().map_or(below.groups, named),
            trusted_networks: self.trusted_networks.clone().unwrap_or(below.trusted_networks),
            grace: Grace {
                until: until.or(below.grace.until),
                days: self.grace_days.unwrap_or(below.grace.days),
            },
            remember: self.remember_minutes.map_or(below.remember, |minutes| minutes * MINUTE),
            remember_hosts: self.remember_hosts.unwrap_or(below.remember_hosts),
            remember_group: self.remember_group.clone().or(below.remember_group),
            web_mail_addresses: (self.web_mail_addresses.clone())
                .unwrap_or(below.web_mail_addresses),
            app_passwords_despite: (self.app_passwords_despite.clone())
                .unwrap_or(below.app_passwords_despite),
            change_expired_password: (self.change_expired_password)
                .unwrap_or(below.change_expired_password),
            portal_approval: self.portal_approval.unwrap_or(below.portal_approval),
            portal_ticket: self.portal_ticket.unwrap_or(below.portal_ticket),
            password_warning: (self.password_warning_days)
                .map_or(below.password_warning, |days| u64::from(days) * DAY),
        }
    }

    /// What is wrong with it, where users are in `directory`.
    pub(super) fn problem(&self, directory: &dyn DirectorySection) -> Option<String> {
        if let Some(groups) = &self.groups {
            if groups.is_empty() || groups.iter().any(|group| group.trim().is_empty()) {
                return Some("groups would let nobody in: name groups, or [\"*\"]".to_owned());
            }
            if groups.len() > MAX_GROUPS {
                return Some(format!("groups names more than {MAX_GROUPS}: make a group of them"));
            }
            let mut named = groups.iter().filter(|group| *group != ANY_GROUP);
            if let Some(why) = named.find_map(|group| directory.why_unfindable(group)) {
                return Some(why.to_owned());
            }
        }
        if self.grace_until.as_ref().is_some_and(|day| end_of(day).is_none()) {
            return Some("grace_until is a day, without quotes: 2026-12-31".to_owned());
        }
        if self.grace_days.is_some_and(|days| days > MAX_GRACE_DAYS) {
            return Some(format!("grace_days is at most {MAX_GRACE_DAYS}"));
        }
        let most = MAX_REMEMBER / MINUTE;
        if self.remember_minutes.is_some_and(|minutes| minutes > most) {
            return Some(format!(
                "remember_minutes is at most {most}, a week: app passwords are for longer"
            ));
        }
        None
    }
}

/// The end of a day in UTC, in seconds since 1970; `None` for what is no day alone.
fn end_of(day: &Datetime) -> Option<u64> {
    start_of(day).map(|start| start + DAY)
}

/// The beginning of a day in UTC, in seconds since 1970; `None` for what is no day alone.
pub(super) fn start_of(day: &Datetime) -> Option<u64> {
    let Datetime { date: Some(date), time: None, offset: None } = day else { return None };
    let month = Month::try_from(date.month).ok()?;
    let day = time::Date::from_calendar_date(date.year.into(), month, date.day).ok()?;
    u64::try_from(day.midnight().assume_utc().unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn settings(text: &str) -> Settings {
        Settings::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn error(text: &str) -> String {
        Settings::parse(text).expect_err("refused").to_string()
    }

    #[test]
    fn services_override_what_they_name_whatever_their_case_and_inherit_the_rest() {
        let settings = settings(
            "[policy]\nmfa = \"when-enrolled\"\ngroups = [\"staff\"]\nremember_minutes = 5\n\
             [service.sshd]\npassword = \"skip-after-publickey\"\nremember_minutes = 0\n\
             [service.imap]\ngroups = [\"*\"]\n",
        );
        let sshd = settings.policy_for("SSHD");
        assert_eq!(sshd.password, PasswordCheck::SkipAfterPublickey);
        assert_eq!(sshd.mfa, Mfa::WhenEnrolled);
        assert_eq!((sshd.groups, sshd.remember), (vec!["staff".to_owned()], 0));
        let imap = settings.policy_for("imap");
        assert_eq!((imap.password, imap.remember), (PasswordCheck::Required, 300));
        assert!(imap.groups.is_empty(), "everybody");
    }

    #[test]
    fn a_day_ends_at_midnight_in_utc() {
        let settings = settings("[policy]\ngrace_until = 2026-11-21\ngrace_days = 14\n");
        let grace = settings.policy_for("imap").grace;
        assert_eq!(grace, Grace { until: Some(1_795_305_600), days: 14 });
        for wrong in ["2026-11-21T12:00:00Z", "2026-11-21T12:00:00", "12:00:00"] {
            let message = error(&format!("[policy]\ngrace_until = {wrong}\n"));
            assert!(message.contains("grace_until is a day"), "{message}");
        }
    }

    #[test]
    fn a_policy_that_means_nothing_or_everything_is_refused() {
        for (lines, words) in [
            ("groups = []", "nobody"),
            ("groups = [\" \"]", "nobody"),
            ("grace_days = 366", "at most 365"),
            ("remember_minutes = 10081", "at most 10080"),
            ("mfa = \"off\"\npassword = \"elsewhere\"", "checks nothing"),
            ("portal_ticket = \"allowed\"\npassword = \"elsewhere\"", "no password"),
            ("trusted_networks = [\"10.0.0.0/8\"]\npassword = \"elsewhere\"", "checks nothing"),
        ] {
            let message = error(&format!("[service.su]\n{lines}\n"));
            assert!(message.contains(words) && message.contains("[service.su]"), "{message}");
        }
        let tickets = "portal_ticket = \"allowed\"\n";
        for section in ["policy", "service.monk-web", "service.monk-enroll"] {
            let message = error(&format!("[{section}]\n{tickets}"));
            assert!(message.contains("portal_ticket"), "{message}");
        }
        let web = settings(&format!("[service.web]\n{tickets}"));
        assert_eq!(web.policy_for("WEB").portal_ticket, PortalTicket::Allowed);
        assert_eq!(web.policy_for("imap").portal_ticket, PortalTicket::Never);
        let message = error("[policy]\nchange_expired_password = true\n");
        assert!(message.contains("in [service.NAME]"), "{message}");
        assert!(
            settings("[service.su]\nchange_expired_password = true\n")
                .policy_for("su")
                .change_expired_password
        );
        let ldap = "directory = \"ldap\"\n[ldap]\nuris = []\nbase = \"dc=x\"\n";
        let by_name = format!("{ldap}[policy]\ngroups = [\"staff\"]\n");
        assert!(error(&by_name).contains("group_base"));
        settings(&format!("{ldap}[policy]\ngroups = [\"cn=staff,dc=x\"]\n"));
        settings(&format!("{ldap}group_base = \"dc=x\"\n[policy]\ngroups = [\"staff\"]\n"));
    }
}
