//! After how many wrong passwords a directory locks an account, where monk's account may read it.

use monk_wire::manage::Product;
use monk_wire::manage::doctor::{Kind, Severity};

use super::probe::Report;
use crate::directory::ldap::Ldap;
use crate::directory::ldap::connection::{Connection, Query};
use crate::directory::ldap::detect::RootDse;
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::search::entry_itself;
use crate::directory::section::AssumedLockout;
use crate::observations::Observations;

/// The policy of a user (draft-behera-ldap-password-policy-10 §5.3.7).
const POLICY: &str = "pwdPolicySubentry";

/// Most policies of FreeIPA that are looked at: one for each group that has its own.
const MAX_POLICIES: usize = 100;

/// 100 ns, as Active Directory counts.
const TICKS_OF_A_SECOND: u64 = 10_000_000;

/// The attributes of one product.
struct Names {
    /// Whether it locks at all, if an attribute says that; else the threshold alone does.
    is_on: Option<&'static str>,
    threshold: &'static str,
    window: &'static str,
    /// How many of the window's units are a second.
    units: u64,
}

/// The overlay ppolicy.
const PPOLICY: Names = Names {
    is_on: Some("pwdLockout"),
    threshold: "pwdMaxFailure",
    window: "pwdFailureCountInterval",
    units: 1,
};

/// 389 Directory Server: in `cn=config`, and in policies of subtrees and users.
const NETSCAPE: Names = Names {
    is_on: Some("passwordLockout"),
    threshold: "passwordMaxFailure",
    window: "passwordResetFailureCount",
    units: 1,
};

/// `FreeIPA`, whose policies are those of Kerberos.
const FREE_IPA: Names = Names {
    is_on: None,
    threshold: "krbPwdMaxFailure",
    window: "krbPwdFailureCountInterval",
    units: 1,
};

/// Active Directory: the root of the domain (MS-ADA1 §2.359 and §2.358).
const ACTIVE_DIRECTORY: Names = Names {
    is_on: None,
    threshold: "lockoutThreshold",
    window: "lockOutObservationWindow",
    units: TICKS_OF_A_SECOND,
};

/// When a directory locks an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lockout {
    /// It never does.
    Never,
    /// After so many wrong passwords, counted for so many seconds; 0 is for ever.
    After { failures: u64, window: u64 },
    /// There is a policy, or may be, and monk's account cannot read it.
    Unreadable,
}

impl Names {
    fn all(&self) -> Vec<String> {
        let names = self.is_on.into_iter().chain([self.threshold, self.window]);
        names.map(str::to_owned).collect()
    }

    /// What an entry says; `None` where it says nothing.
    fn read(&self, entry: &Entry) -> Option<Lockout> {
        // Active Directory writes spans as negative numbers.
        let number = |name| entry.only_text(name)?.parse::<i64>().ok().map(i64::unsigned_abs);
        let failures = number(self.threshold)?;
        let says_no = |name| {
            entry.only_text(name).is_none_or(|text| {
                text.eq_ignore_ascii_case("off") || text.eq_ignore_ascii_case("false")
            })
        };
        if failures == 0 || self.is_on.is_some_and(says_no) {
            return Some(Lockout::Never);
        }
        let window = number(self.window).unwrap_or(0) / self.units;
        Some(Lockout::After { failures, window })
    }
}

impl Ldap {
    /// When the directory locks a user; `None` where the server has no such thing, or is of no known kind.
    pub(super) async fn lockout_of(
        &self,
        own: &mut Connection,
        root: &RootDse,
        sample: &str,
    ) -> Option<Lockout> {
        let (names, mut places) = match root.product()? {
            Product::OpenLdap if root.has_password_policies() => (&PPOLICY, Vec::new()),
            Product::Ds389 => (&NETSCAPE, vec!["cn=config".to_owned()]),
            Product::ActiveDirectory => (&ACTIVE_DIRECTORY, root.bases()),
            Product::FreeIpa => return Some(kerberos(own, &root.bases()).await),
            Product::OpenLdap | Product::Lldap | Product::Authentik => return None,
        };
        let asked = [POLICY.to_owned()];
        let found = own.search(&entry_itself(sample, &asked)).await.ok()?;
        let policy = found.entries.first().and_then(|entry| entry.only_text(POLICY));
        let policy = policy.or(self.states.default_policy()).map(str::to_owned);
        places.splice(0..0, policy);
        let attributes = names.all();
        for place in &places {
            // Who may not see one may see the next.
            let Ok(found) = own.search(&entry_itself(place, &attributes)).await else { continue };
            if let Some(said) = found.entries.first().and_then(|entry| names.read(entry)) {
                return Some(said);
            }
        }
        Some(Lockout::Unreadable)
    }
}

/// The strictest of the policies of `FreeIPA`.
async fn kerberos(own: &mut Connection, bases: &[String]) -> Lockout {
    let attributes = FREE_IPA.all();
    let mut said = Vec::new();
    for base in bases {
        let query = Query {
            base: &format!("cn=kerberos,{base}"),
            scope: ldap3::Scope::Subtree,
            filter: "(krbPwdMaxFailure=*)",
            attributes: &attributes,
            limit: MAX_POLICIES,
        };
        if let Ok(found) = own.search(&query).await {
            said.extend(found.entries.iter().filter_map(|entry| FREE_IPA.read(entry)));
        }
    }
    let failures = |lockout: &Lockout| match lockout {
        Lockout::After { failures, .. } => *failures,
        Lockout::Never | Lockout::Unreadable => u64::MAX,
    };
    said.into_iter().min_by_key(failures).unwrap_or(Lockout::Unreadable)
}

/// Compares the lockout of each server with what the throttle stays below.
pub fn judge(reports: &[Report], assumed: Option<AssumedLockout>, findings: &mut Observations) {
    for report in reports {
        let lockout = report.visit.as_ref().ok().and_then(|visit| visit.lockout);
        if let Some(lockout) = lockout {
            compare(&report.uri, lockout, assumed, findings);
        }
    }
}

fn compare(
    uri: &str,
    lockout: Lockout,
    assumed: Option<AssumedLockout>,
    findings: &mut Observations,
) {
    let Lockout::After { failures, window } = lockout else {
        match lockout {
            Lockout::Unreadable if assumed.is_some() => findings.report_as(
                Kind::LdapLockout,
                Severity::Note,
                uri,
                "monk's account cannot read after how many wrong passwords the directory locks an account",
                "Compare the directory's policy with directory_lockout and directory_window_minutes in [throttle].",
            ),
            _ => findings.ok(Kind::LdapLockout, uri, "no lockout is known of that monk could cause"),
        }
        return;
    };
    let minutes = window.div_ceil(60);
    let spoken = if window == 0 { "for ever".to_owned() } else { format!("for {minutes} minutes") };
    let locks = format!(
        "the directory locks an account after {failures} wrong passwords, counted {spoken}"
    );
    let lowered = format!("directory_lockout = {}", failures.max(2));
    let (evidence, remedy) = match assumed {
        None => (
            format!("{locks}, and directory_lockout = 0 says that it never does"),
            format!("Write {lowered} in [throttle], and reload monkd."),
        ),
        Some(assumed) if u64::from(assumed.failures) > failures => (
            format!("{locks}, and the throttle sends it up to {}", assumed.failures - 1),
            format!(
                "Write {lowered} in [throttle], divided by the number of hosts, and reload monkd."
            ),
        ),
        Some(_) if window == 0 => (
            format!("{locks}: whatever time lies between them, they add up until a right one"),
            "Set an interval in the directory's policy (pwdFailureCountInterval).".to_owned(),
        ),
        Some(assumed) if window > assumed.window => (
            format!("{locks}, and the throttle forgets them after {} minutes", assumed.window / 60),
            format!("Write directory_window_minutes = {minutes} in [throttle], and reload monkd."),
        ),
        Some(_) => {
            findings.ok(Kind::LdapLockout, uri, format!("{locks}, and monk sends fewer"));
            return;
        }
    };
    findings.report(Kind::LdapLockout, uri, evidence, remedy);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_product_says_it_in_its_own_attributes() {
        let entry = |pairs: &[(&str, &str)]| {
            pairs.iter().fold(Entry::empty("cn=p"), |entry, (name, value)| {
                entry.with(name, &[value.as_bytes()])
            })
        };
        let after = |failures, window| Some(Lockout::After { failures, window });
        let domain = [("lockoutThreshold", "10"), ("lockOutObservationWindow", "-18000000000")];
        assert_eq!(ACTIVE_DIRECTORY.read(&entry(&domain)), after(10, 1800));
        assert_eq!(
            ACTIVE_DIRECTORY.read(&entry(&[("lockoutThreshold", "0")])),
            Some(Lockout::Never)
        );
        let netscape = |on| {
            [
                ("passwordLockout", on),
                ("passwordMaxFailure", "3"),
                ("passwordResetFailureCount", "600"),
            ]
        };
        assert_eq!(NETSCAPE.read(&entry(&netscape("on"))), after(3, 600));
        assert_eq!(NETSCAPE.read(&entry(&netscape("off"))), Some(Lockout::Never));
        let ppolicy = [("pwdLockout", "TRUE"), ("pwdMaxFailure", "5")];
        assert_eq!(PPOLICY.read(&entry(&ppolicy)), after(5, 0));
        assert_eq!(PPOLICY.read(&entry(&[("pwdMaxFailure", "5")])), Some(Lockout::Never));
        assert_eq!(FREE_IPA.read(&entry(&[("cn", "x")])), None);
    }

    #[test]
    fn a_lockout_that_monk_could_cause_is_a_warning() {
        let assumed = |failures, window| Some(AssumedLockout { failures, window });
        let after = |failures, window| Lockout::After { failures, window };
        for (lockout, assumed, wanted) in [
            (after(5, 1800), assumed(5, 1800), Severity::Ok),
            (after(10, 60), assumed(5, 1800), Severity::Ok),
            (after(4, 60), assumed(5, 1800), Severity::Warning),
            (after(5, 1801), assumed(5, 1800), Severity::Warning),
            (after(5, 0), assumed(5, 1800), Severity::Warning),
            (after(5, 60), None, Severity::Warning),
            (Lockout::Never, assumed(5, 1800), Severity::Ok),
            (Lockout::Unreadable, assumed(5, 1800), Severity::Note),
            (Lockout::Unreadable, None, Severity::Ok),
        ] {
            let mut findings = Observations::default();
            compare("ldaps://a", lockout, assumed, &mut findings);
            assert_eq!(findings.0[0].severity, wanted, "{lockout:?} {assumed:?}");
        }
    }
}
