//! What a service asks for.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::closed::Forgivable;
use crate::credential::CredentialSet;
use monk_terms::verdict::Refusal;

/// Whether a second factor is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mfa {
    /// Always; users without one are refused.
    #[default]
    Required,
    /// From users who have one enrolled.
    WhenEnrolled,
    /// Never; if a code is typed anyway, it must be right.
    Off,
}

/// Whether, and by whom, the directory password is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordCheck {
    /// By monk, at every login.
    #[default]
    Required,
    /// Never: only app passwords open this service.
    AppPasswordsOnly,
    /// By monk, unless sshd has accepted a public key in this very login.
    SkipAfterPublickey,
    /// By another module of the PAM stack; monk checks the second factor alone.
    Elsewhere,
}

/// Whether a second screen may be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prompt {
    /// Where the program can show one.
    #[default]
    Auto,
    /// Never: everything has to come in one string.
    Never,
}

/// Whether the `;` between password and code may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Separator {
    /// `PASSWORD;CODE` only.
    #[default]
    Required,
    /// `PASSWORDCODE` too, where the last digits are the user's current code.
    Optional,
}

/// Whether users may approve a login on the portal's page, in place of typing a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortalApproval {
    /// Never.
    #[default]
    Never,
    /// With a passkey, where the program can show a third screen.
    Allowed,
}

/// Whether a ticket of the portal opens a login, in place of password and code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortalTicket {
    /// Never.
    #[default]
    Never,
    /// One that was taken for this service.
    Allowed,
}

/// At which hosts a remembered login goes on working.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RememberHosts {
    /// At the one where the code was typed.
    #[default]
    This,
    /// At all that share the records and the host key, and say so, too.
    All,
}

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

/// How long users who have not enrolled yet get in with the password alone.
///
/// It begins with nothing that has to be written down: neither an attacker nor a crash can begin
/// it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grace {
    /// For everybody until then, in seconds since 1970.
    pub until: Option<u64>,
    /// For new users, days since they were added to the directory.
    pub days: u32,
}

impl Grace {
    /// Whether there may be somebody who is in it.
    #[must_use]
    pub fn is_offered(self, now: u64) -> bool {
        self.days > 0 || self.until.is_some_and(|end| now < end)
    }

    /// When it ends for a user who is in it. A user whose beginning is unknown is no new user.
    #[must_use]
    pub fn end(self, created: Option<u64>, now: u64) -> Option<u64> {
        let personal = created.map(|created| created.saturating_add(u64::from(self.days) * DAY));
        self.until.max(personal).filter(|end| now < *end)
    }
}

/// The policy of one service. The default is the strictest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Is a second factor asked?
    pub mfa: Mfa,
    /// Is the password checked here?
    pub password: PasswordCheck,
    /// May there be a second screen?
    pub prompt: Prompt,
    /// May the `;` be missing?
    pub separator: Separator,
    /// The groups that are let in; where none is named, everybody.
    pub groups: Vec<String>,
    /// Networks from which no second factor is asked.
    pub trusted_networks: Vec<IpNet>,
    /// May users who have not enrolled yet in with the password alone, and how long?
    pub grace: Grace,
    /// Seconds that the same `PASSWORD;CODE` goes on working from the same address; 0 for never.
    pub remember: u64,
    /// Where it goes on working.
    pub remember_hosts: RememberHosts,
    /// The group of services with which it shares what is remembered.
    pub remember_group: Option<String>,
    /// Where web mail is that logs in to this service under its own address: there, a string goes on working that
    /// opened a service of the group from any address.
    pub web_mail_addresses: Vec<IpNet>,
    /// States of an account that leave app passwords open.
    pub app_passwords_despite: Vec<Forgivable>,
    /// Whether a user of a directory that takes no expired password gets as far as the account rule, which has it
    /// changed. Only for services whose account rule is monk's.
    pub change_expired_password: bool,
    /// May users approve the login on the portal's page?
    pub portal_approval: PortalApproval,
    /// Does a ticket of the portal open a login?
    pub portal_ticket: PortalTicket,
    /// Seconds before the end of a password in which users are told, where the directory does not say so; 0 is never.
    pub password_warning: u64,
}

/// What the policy asks of one user beyond the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Nothing more.
    Nothing,
    /// A code of one of the user's second factors.
    Code,
    /// Nothing yet: a code from then on, in seconds since 1970.
    NothingUntil(u64),
    /// What the user cannot give.
    Refuse(Refusal),
}

impl Policy {
    /// Why this policy would let people in unchecked, or could not do what it says, if that is so.
    #[must_use]
    pub fn contradiction(&self) -> Option<&'static str> {
        if self.password != PasswordCheck::Elsewhere {
            return None;
        }
        if self.portal_ticket == PortalTicket::Allowed {
            return Some(
                "portal_ticket = \"allowed\" with password = \"elsewhere\": a ticket is no password that another module could check",
            );
        }
        if self.mfa == Mfa::Off {
            return Some("password = \"elsewhere\" with mfa = \"off\" checks nothing at all");
        }
        (!self.trusted_networks.is_empty()).then_some(
            "password = \"elsewhere\" with trusted_networks checks nothing at all from there",
        )
    }

    /// The policy for a login from `address`. What is no address is in no network: neither a
    /// host's name nor nothing at all.
    #[must_use]
    pub fn at(mut self, address: Option<&str>) -> Self {
        if is_in(&self.trusted_networks, address) {
            self.mfa = Mfa::Off;
        }
        self
    }

    /// Whether a login from `address` is web mail's that cannot say whose address it is.
    #[must_use]
    pub fn is_web_mail(&self, address: Option<&str>) -> bool {
        is_in(&self.web_mail_addresses, address)
    }

    /// Whether monk checks a password in this login.
    ///
    /// `publickey_accepted`: sshd says that it has accepted a key in this login.
    #[must_use]
    pub fn asks_password(&self, publickey_accepted: bool) -> bool {
        match self.password {
            PasswordCheck::Required | PasswordCheck::AppPasswordsOnly => true,
            PasswordCheck::SkipAfterPublickey => !publickey_accepted,
            PasswordCheck::Elsewhere => false,
        }
    }

    /// What is asked beyond the password of such a user.
    ///
    /// Who can be sent a code can give one where nothing is enrolled, but is not asked where only
    /// the enrolled are.
    #[must_use]
    pub fn demand(&self, user: Standing<'_>, now: u64) -> Demand {
        let has_factor = user.set.has_second_factor_at(now);
        let confirms = user.may_confirm && user.set.awaits_first_login(now);
        let proves = user.is_proof && (user.set.is_invited(now) || confirms);
        match (self.mfa, has_factor || proves) {
            (Mfa::Off, _) | (Mfa::WhenEnrolled, false) => Demand::Nothing,
            (Mfa::Required | Mfa::WhenEnrolled, true) => Demand::Code,
            (Mfa::Required, false) => match self.grace.end(user.created, now) {
                Some(end) => Demand::NothingUntil(end),
                None if user.can_be_sent || confirms => Demand::Code,
                None => Demand::Refuse(Refusal::NotEnrolled),
            },
        }
    }
}

/// Whether an address is in one of the networks.
fn is_in(networks: &[IpNet], address: Option<&str>) -> bool {
    let address = address.and_then(|text| text.parse::<IpAddr>().ok());
    let address = address.map(|address| address.to_canonical());
    address.is_some_and(|address| networks.iter().any(|network| network.contains(&address)))
}

/// What the demand on a user depends on.
#[derive(Clone, Copy)]
pub struct Standing<'a> {
    /// The credentials.
    pub set: &'a CredentialSet,
    /// Whether users prove who they are before they enrol. The code of an invitation is asked for then.
    pub is_proof: bool,
    /// Whether a code can be sent.
    pub can_be_sent: bool,
    /// When the user was added to the directory, in seconds since 1970, where it says so.
    pub created: Option<u64>,
    /// Whether a right password goes with the code, so that it may confirm a device that was handed out.
    pub may_confirm: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn standing(set: &CredentialSet) -> Standing<'_> {
        Standing {
            set,
            is_proof: false,
            can_be_sent: false,
            created: Some(NOW - 10 * DAY),
            may_confirm: false,
        }
    }

    fn networks(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().expect("a network")).collect()
    }

    #[test]
    fn nothing_said_means_the_strictest() {
        let policy = Policy::default();
        assert_eq!((policy.mfa, policy.password), (Mfa::Required, PasswordCheck::Required));
        let nothing = CredentialSet::default();
        let refused = Demand::Refuse(Refusal::NotEnrolled);
        assert_eq!(policy.demand(standing(&nothing), NOW), refused);
        let reachable = Standing { can_be_sent: true, ..standing(&nothing) };
        assert_eq!(policy.demand(reachable, NOW), Demand::Code);
    }

    #[test]
    fn grace_ends_with_the_later_of_the_day_and_the_users_own_time() {
        let nothing = CredentialSet::default();
        let demand = |grace, created| {
            let policy = Policy { grace, ..Policy::default() };
            policy.demand(Standing { created, ..standing(&nothing) }, NOW)
        };
        let refused = Demand::Refuse(Refusal::NotEnrolled);
        let new = Some(NOW - 10 * DAY);
        assert_eq!(demand(Grace { until: Some(NOW), days: 10 }, new), refused, "both are over");
        let until = Grace { until: Some(NOW + 1), days: 0 };
        assert_eq!(demand(until, None), Demand::NothingUntil(NOW + 1));
        let days = Grace { until: None, days: 11 };
        assert_eq!(demand(days, new), Demand::NothingUntil(NOW + DAY));
        assert_eq!(demand(days, None), refused, "nobody knows since when there is this user");
        let both = Grace { until: Some(NOW + 2 * DAY), days: 11 };
        assert_eq!(demand(both, new), Demand::NothingUntil(NOW + 2 * DAY));
    }

    #[test]
    fn grace_is_offered_where_somebody_can_be_in_it() {
        let offered = |until, days| Grace { until, days }.is_offered(NOW);
        assert!(!offered(None, 0));
        assert!(offered(None, 1));
        assert!(offered(Some(NOW + 1), 0));
        assert!(!offered(Some(NOW), 0) && !offered(Some(NOW - 1), 0), "it is over");
        assert!(offered(Some(NOW - 1), 1), "new users still have theirs");
    }

    #[test]
    fn who_has_enrolled_is_in_no_grace() {
        let grace = Grace { until: Some(NOW + 1), days: 1000 };
        let set = CredentialSet { unreadable_credentials: 1, ..CredentialSet::default() };
        let policy = Policy { grace, ..Policy::default() };
        assert_eq!(policy.demand(standing(&set), NOW), Demand::Code);
    }

    #[test]
    fn no_second_factor_is_asked_from_a_trusted_network() {
        let trusted_networks = networks(&["192.0.2.0/24", "2001:db8::/32"]);
        let policy = Policy { trusted_networks, ..Policy::default() };
        let mfa = |address| policy.clone().at(address).mfa;
        for address in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"] {
            assert_eq!(mfa(Some(address)), Mfa::Off, "{address}");
        }
        for address in ["192.0.3.7", "localhost", "192.0.2.7.example.org", "", "192.0.2.7/24"] {
            assert_eq!(mfa(Some(address)), Mfa::Required, "{address}");
        }
        assert_eq!(mfa(None), Mfa::Required);
    }

    #[test]
    fn an_unreadable_credential_is_never_taken_for_none() {
        let set = CredentialSet { unreadable_credentials: 1, ..CredentialSet::default() };
        for mfa in [Mfa::Required, Mfa::WhenEnrolled] {
            let policy = Policy { mfa, ..Policy::default() };
            assert_eq!(policy.demand(standing(&set), NOW), Demand::Code);
        }
    }

    #[test]
    fn a_policy_that_checks_nothing_is_a_contradiction() {
        let nothing =
            Policy { mfa: Mfa::Off, password: PasswordCheck::Elsewhere, ..Policy::default() };
        assert!(nothing.contradiction().is_some());
        let enrolled = Policy { mfa: Mfa::WhenEnrolled, ..nothing };
        assert!(enrolled.contradiction().is_none());
        let ticket = Policy { portal_ticket: PortalTicket::Allowed, ..enrolled.clone() };
        assert!(ticket.contradiction().is_some(), "no other module takes it");
        let trusting = Policy { trusted_networks: networks(&["192.0.2.0/24"]), ..enrolled };
        assert!(trusting.contradiction().is_some());
    }

    #[test]
    fn a_key_replaces_the_password_only_where_the_policy_says_so() {
        let skip = Policy { password: PasswordCheck::SkipAfterPublickey, ..Policy::default() };
        assert!(!skip.asks_password(true) && skip.asks_password(false));
        assert!(Policy::default().asks_password(true));
    }
}
