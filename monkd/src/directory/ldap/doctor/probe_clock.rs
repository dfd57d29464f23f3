//! What time a server has, for `doctor`.
//!
//! Active Directory, 389 Directory Server and OpenLDAP each tell it in a place of their own, and
//! OpenLDAP only to those who may read its monitor. Where nothing tells it, the records of use do:
//! each has the time of the host that wrote it, in an entry to which the server has put its own.

use crate::clock;
use crate::directory::ldap::Ldap;
use crate::directory::ldap::connection::Connection;
use crate::directory::ldap::search::entry_itself;

/// Where servers tell their time: the entry and the attribute.
const CLOCKS: [(&str, &str); 3] = [
    ("", "currentTime"),
    ("cn=monitor", "currenttime"),
    ("cn=Current,cn=Time,cn=Monitor", "monitorTimestamp"),
];

/// When an entry was last changed, by the server's clock (RFC 4512 §3.4.4).
const MODIFIED: &str = "modifyTimestamp";

/// Most entries whose uses are compared.
const MAX_ENTRIES: usize = 50;

/// What is known of a server's clock. Its times are ASN.1 `GeneralizedTime`, ours seconds since
/// 1970.
#[derive(Debug, PartialEq, Eq)]
pub enum Clock {
    /// The server's time, and ours at that moment.
    Told(String, u64),
    /// When the server changed entries, and when a host of the fleet has used something in them at
    /// last. What else was changed afterwards makes the server's time the later one.
    Uses(Vec<(String, u64)>),
}

impl Ldap {
    /// Asks a server what time it has.
    pub(super) async fn clock_of(&self, own: &mut Connection) -> Clock {
        for (base, attribute) in CLOCKS {
            let names = [attribute.to_owned()];
            let Ok(found) = own.search(&entry_itself(base, &names)).await else { break };
            if let Some(time) = found.entries.first().and_then(|entry| entry.only_text(attribute)) {
                return Clock::Told(time.to_owned(), clock::now());
            }
        }
        Clock::Uses(self.last_uses(own).await)
    }

    async fn last_uses(&self, own: &mut Connection) -> Vec<(String, u64)> {
        if !self.with_credentials {
            return Vec::new();
        }
        let filter = format!("(objectClass={})", self.attributes.class);
        let mut names = self.attributes.of_credentials();
        names.push(MODIFIED.to_owned());
        let query = self.people(&filter, &names, MAX_ENTRIES);
        let entries = own.search(&query).await.map(|found| found.entries).unwrap_or_default();
        let times = |entry| {
            let set = self.attributes.credentials(entry).ok()?;
            let last = set.uses.iter().map(|stored| stored.value.at).max()?;
            Some((entry.only_text(MODIFIED)?.to_owned(), last))
        };
        entries.iter().filter_map(times).collect()
    }
}
