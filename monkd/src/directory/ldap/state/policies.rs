//! The entries of policies, read once in a while for all the users who share them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::policy::{self, Policy};
use crate::deadline::Deadline;
use crate::directory::ldap::codes;
use crate::directory::ldap::connection::{Found, Query};
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::search::{ENOUGH, Search};
use crate::directory::ldap::servers::Servers;
use crate::outage::Outage;

/// How long a policy is taken as it was read. Administrators change one a few times a year, and expect to
/// see that within minutes.
const KEPT: Duration = Duration::from_secs(5 * 60);

/// How many are kept: more than a directory has, and a bound for one where each user has its own.
const MOST: usize = 100;

/// 389 shows the entries of its policies only to those who ask for that class.
const ANY_ENTRY: &str = "(|(objectClass=*)(objectClass=ldapSubEntry))";

/// The policies that were read.
pub(super) struct Policies {
    /// Of users whose entry names none.
    default: Option<String>,
    attributes: Vec<String>,
    known: Mutex<HashMap<String, (Instant, Option<Policy>)>>,
}

impl Policies {
    /// None is read yet.
    pub fn new(default: Option<String>) -> Self {
        let attributes = policy::ATTRIBUTES.map(str::to_owned).to_vec();
        Self { default, attributes, known: Mutex::default() }
    }

    /// The policy of users whose entry names none.
    pub fn default(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// What the policies of a user's entry say; `None` where monk may read none.
    ///
    /// # Errors
    /// [`Outage`] when there is no clear answer: a lock would else have another end for each login.
    pub async fn of(
        &self,
        entry: &Entry,
        servers: &Servers,
        deadline: Deadline,
    ) -> Result<Option<Policy>, Outage> {
        let named = entry.only_text(policy::OF_PASSWORDS);
        let passwords = named.or(self.default.as_deref());
        let accounts = entry.only_text(policy::OF_ACCOUNTS);
        let mut together: Option<Policy> = None;
        for dn in [passwords, accounts].into_iter().flatten() {
            if let Some(policy) = self.read(dn, servers, deadline).await? {
                together = Some(together.unwrap_or_default().or(policy));
            }
        }
        Ok(together)
    }

    async fn read(
        &self,
        dn: &str,
        servers: &Servers,
        deadline: Deadline,
    ) -> Result<Option<Policy>, Outage> {
        if let Some(known) = self.known(dn, Instant::now()) {
            return Ok(known);
        }
        let query = Query {
            base: dn,
            scope: ldap3::Scope::Base,
            filter: ANY_ENTRY,
            attributes: &self.attributes,
            limit: ENOUGH,
        };
        let Found { entries, result, .. } = servers.run(&Search(query), deadline).await?;
        let policy = match (result.rc, entries.as_slice()) {
            (codes::SUCCESS, [entry]) => Some(Policy::of(entry)?),
            // It is not there, or monk may not see it.
            (codes::SUCCESS, [])
            | (codes::NO_SUCH_OBJECT | codes::INSUFFICIENT_ACCESS_RIGHTS | codes::REFERRAL, _) => {
                None
            }
            _ => {
                return Err(Outage::Unclear(format!(
                    "the policy {dn:?} could not be read ({})",
                    codes::describe(&result)
                )));
            }
        };
        self.keep(dn, policy.clone(), Instant::now());
        Ok(policy)
    }

    fn known(&self, dn: &str, now: Instant) -> Option<Option<Policy>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (read, policy) = known.get(dn)?;
        (now.saturating_duration_since(*read) < KEPT).then(|| policy.clone())
    }

    fn keep(&self, dn: &str, policy: Option<Policy>, now: Instant) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(dn.to_owned(), (now, policy));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_kept_for_a_while_and_only_so_many() {
        let policies = Policies::new(None);
        let start = Instant::now();
        policies.keep("cn=a", None, start);
        assert_eq!(policies.known("cn=a", start + KEPT - Duration::from_secs(1)), Some(None));
        assert_eq!(policies.known("cn=a", start + KEPT), None);
        assert_eq!(policies.known("cn=b", start), None);
        for number in 0..2 * MOST {
            policies.keep(&format!("cn={number}"), None, start);
        }
        let kept = policies.known.lock().expect("no panic").len();
        assert!(kept <= MOST, "{kept}");
    }
}
