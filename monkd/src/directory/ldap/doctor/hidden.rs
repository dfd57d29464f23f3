//! Whether monk's account sees what says the state of a user.
//!
//! Most of these attributes are there only for those who are locked, so that their absence says nothing. But a
//! filter that is true of every entry, `(|(a=*)(!(a=*)))`, is *Undefined* where the account may not search for
//! the attribute (RFC 4511 §4.5.1.7), and the entry is not found by it.

use monk_wire::manage::Product;
use monk_wire::manage::doctor::{Kind, Severity};

use super::probe::Report;
use super::schema::Schema;
use crate::directory::ldap::Ldap;
use crate::directory::ldap::connection::{Connection, Failure, Query};
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::search::entry_itself;
use crate::directory::ldap::state_settings::Means;
use crate::observations::Observations;

/// What each user of Active Directory has (MS-ADA3 §2.342).
const ALWAYS_THERE: &str = "userAccountControl";

/// Attributes that monk may not see, each with what they belong to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hidden(Vec<(Means, String)>);

impl Ldap {
    /// Which attributes of an account's state are hidden; `None` where that cannot be told.
    pub(super) async fn hidden(
        &self,
        own: &mut Connection,
        product: Option<Product>,
        schema: Option<&Schema>,
        sample: &str,
    ) -> Result<Option<Hidden>, Failure> {
        match (product, schema) {
            (Some(Product::ActiveDirectory), _) => self.hidden_in_a_domain(own, sample).await,
            (Some(Product::OpenLdap | Product::Ds389 | Product::FreeIpa), Some(schema)) => {
                self.hidden_from_searches(own, schema, sample).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn hidden_in_a_domain(
        &self,
        own: &mut Connection,
        sample: &str,
    ) -> Result<Option<Hidden>, Failure> {
        if !self.states.means().contains(&Means::ActiveDirectory) {
            return Ok(None);
        }
        let names = [ALWAYS_THERE.to_owned()];
        let found = own.search(&entry_itself(sample, &names)).await?;
        let is_shown = |entry: &Entry| !entry.values(ALWAYS_THERE).is_empty();
        let hidden = (!found.entries.iter().any(is_shown))
            .then(|| (Means::ActiveDirectory, ALWAYS_THERE.to_owned()));
        Ok(Some(Hidden(hidden.into_iter().collect())))
    }

    async fn hidden_from_searches(
        &self,
        own: &mut Connection,
        schema: &Schema,
        sample: &str,
    ) -> Result<Hidden, Failure> {
        let all = self.states.attributes_of_means();
        let known: Vec<_> = all.filter(|(_, name)| schema.has_attribute(name)).collect();
        // One search as a rule; the others find the culprits.
        let together: String = known.iter().map(|(_, name)| always_true(name)).collect();
        if known.is_empty() || finds(own, sample, &format!("(&{together})")).await? {
            return Ok(Hidden::default());
        }
        let mut hidden = Vec::new();
        for (means, name) in known {
            if !finds(own, sample, &always_true(name)).await? {
                hidden.push((means, name.to_owned()));
            }
        }
        Ok(Hidden(hidden))
    }
}

/// A filter that is true of each entry, unless the attribute is hidden.
fn always_true(name: &str) -> String {
    format!("(|({name}=*)(!({name}=*)))")
}

/// Whether a filter finds an entry.
async fn finds(own: &mut Connection, dn: &str, filter: &str) -> Result<bool, Failure> {
    let nothing = ["1.1".to_owned()];
    let query =
        Query { base: dn, scope: ldap3::Scope::Base, filter, attributes: &nothing, limit: 1 };
    Ok(!own.search(&query).await?.entries.is_empty())
}

/// Tells what is hidden.
pub fn judge(reports: &[Report], findings: &mut Observations) {
    for report in reports {
        let Ok(visit) = &report.visit else { continue };
        let Some(Hidden(hidden)) = &visit.hidden_state else { continue };
        let uri = &report.uri;
        if hidden.is_empty() {
            let evidence = "monk's account may search for what says the state of users";
            findings.ok(Kind::LdapStateHidden, uri, evidence);
        }
        let is_shadow = |(means, _): &&(Means, String)| *means == Means::Shadow;
        let (shadow, own): (Vec<_>, Vec<_>) = hidden.iter().partition(is_shadow);
        for (attributes, severity) in [(own, Severity::Error), (shadow, Severity::Warning)] {
            let names: Vec<&str> = attributes.iter().map(|(_, name)| name.as_str()).collect();
            if names.is_empty() {
                continue;
            }
            let evidence = format!(
                "monk's account may not read {}: whoever is disabled, locked or expired by that gets in with an app \
                 password, with a key and a code, and through the account rule",
                names.join(", ")
            );
            let remedy = "Let monk's account read and search these attributes; if nobody's state is kept there, leave \
                          them out with means in [ldap.state].";
            findings.report_as(Kind::LdapStateHidden, severity, uri, evidence, remedy);
        }
    }
}
