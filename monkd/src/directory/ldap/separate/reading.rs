//! Reading the entry of a user, and adding it.
//!
//! *Hidden is not absent.* A server says of an entry that access rules hide what it says of one that is not
//! there. So where an entry is missing, or shows no record, the same connection reads the sentinel, for which
//! the same rules hold: only if that one shows everything has the user nothing enrolled.

use ldap3::LdapResult;

use super::place::{NewEntry, Place, SENTINEL};
use crate::directory::ldap::account::Attributes;
use crate::directory::ldap::codes;
use crate::directory::ldap::connection::{Connection, Failure, Found};
use crate::directory::ldap::entry::Entry;
use crate::directory::ldap::search::{Count, count, entry_itself};
use crate::directory::ldap::servers::{Operation, Purpose, Repeat};
use crate::outage::Outage;

/// What mends a store without its sentinel.
const ADVICE: &str = "without it monk cannot tell users without credentials from hidden ones: see store.ldif and \
                      store-access.ldif in /usr/share/monk/ldap";

/// Reads the entry of a user, and the sentinel where that shows no record.
pub(super) struct Reading<'a> {
    /// The entry of the user.
    pub dn: &'a str,
    /// The sentinel.
    pub sentinel: &'a str,
    /// What records are called.
    pub attributes: &'a Attributes,
    /// What is asked for.
    pub wanted: &'a [String],
}

impl Operation for Reading<'_> {
    type Answer = (Found, Option<Found>);
    const NAME: &'static str = "LDAP search";
    const PURPOSE: Purpose = Purpose::Service;
    const REPEAT: Repeat = Repeat::Freely;

    async fn run(&self, connection: &mut Connection) -> Result<Self::Answer, Failure> {
        let found = connection.search(&entry_itself(self.dn, self.wanted)).await?;
        if found.entries.iter().any(|entry| self.attributes.shows_credentials(entry)) {
            return Ok((found, None));
        }
        let sentinel = connection.search(&entry_itself(self.sentinel, self.wanted)).await?;
        Ok((found, Some(sentinel)))
    }
}

/// The entry of a user, or `None` where it is certain that there is none.
pub(super) fn entry_of(
    place: &Place,
    attributes: &Attributes,
    (id, dn): (&str, &str),
    (found, sentinel): (Found, Option<Found>),
) -> Result<Option<Entry>, Outage> {
    if let Some(sentinel) = sentinel {
        let sentinel = count(sentinel, &place.sentinel).map_err(|outage| match outage {
            Outage::Refused(what) => Outage::Refused(format!("{what}; {ADVICE}")),
            other => other,
        })?;
        let shown = match &sentinel {
            Count::One(entry) => is_whole(attributes, entry)?,
            Count::Zero | Count::Several => false,
        };
        if !shown {
            let dn = &place.sentinel;
            return Err(Outage::Refused(format!("{dn:?} does not show all of itself; {ADVICE}")));
        }
    }
    if found.result.rc == codes::NO_SUCH_OBJECT && found.references.is_empty() {
        return Ok(None);
    }
    match count(found, dn)? {
        Count::Zero => Ok(None),
        Count::One(entry) if place.is_of(&entry, id) => Ok(Some(entry)),
        Count::One(_) | Count::Several => {
            Err(Outage::Unclear(format!("{dn:?} names another owner than the user whose id it is")))
        }
    }
}

/// Whether an entry shows all that a sentinel has.
pub(super) fn is_whole(attributes: &Attributes, entry: &Entry) -> Result<bool, Outage> {
    let has = |attribute: &str| entry.texts(attribute).contains(&SENTINEL);
    let has_records = has(&attributes.credential) && has(&attributes.usage);
    Ok(has_records && attributes.is_marked(entry)?)
}

/// Makes an entry.
pub(super) struct Adding<'a> {
    /// Its name.
    pub dn: &'a str,
    /// All of it.
    pub entry: NewEntry,
}

impl Operation for Adding<'_> {
    type Answer = LdapResult;
    const NAME: &'static str = "LDAP add";
    const PURPOSE: Purpose = Purpose::Service;
    // It may have been done: the repetition would report a conflict with itself.
    const REPEAT: Repeat = Repeat::Never;

    async fn run(&self, connection: &mut Connection) -> Result<LdapResult, Failure> {
        connection.add(self.dn, self.entry.clone()).await
    }
}
