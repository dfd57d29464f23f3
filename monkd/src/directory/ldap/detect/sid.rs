//! Settings that give users of Active Directory a uid who have none as an attribute.

use serde::Serialize;

use crate::deadline::Deadline;
use crate::directory::Account;
use crate::directory::ldap::Ldap;
use crate::directory::ldap::ids;
use crate::directory::ldap::search::{Search, entry_itself};
use crate::outage::Outage;

/// The attribute with the SID of an entry (MS-ADTS §3.1.1.2).
const OBJECT_SID: &str = "objectSid";

/// The ids that are proposed, as docs/names-ldap.md has them: beyond those that Debian gives to containers, and room
/// for a domain of many years.
const FIRST: u32 = 200_000;
const SIZE: u32 = 200_000;

/// The section `[ldap.names]`.
#[derive(Debug, Serialize)]
pub struct IdsFromSids {
    ids: &'static str,
    domain_sid: String,
    sid_range: Range,
}

#[derive(Debug, Serialize)]
struct Range {
    first: u32,
    size: u32,
}

/// The settings for the domain of a user; `None` where the user has no SID.
///
/// # Errors
/// Those of the search.
pub async fn ids_from_sids(
    ldap: &Ldap,
    account: &Account,
    deadline: Deadline,
) -> Result<Option<IdsFromSids>, Outage> {
    let attributes = [OBJECT_SID.to_owned()];
    let query = Search(entry_itself(&account.locator, &attributes));
    let found = ldap.readers.run(&query, deadline).await?;
    let values = found.entries.first().map(|entry| entry.values(OBJECT_SID)).unwrap_or_default();
    let text = values.first().and_then(|sid| ids::to_text(OBJECT_SID, sid));
    let domain = text.as_deref().and_then(|text| Some(text.rsplit_once('-')?.0.to_owned()));
    Ok(domain.map(|domain_sid| IdsFromSids {
        ids: "sid",
        domain_sid,
        sid_range: Range { first: FIRST, size: SIZE },
    }))
}
