//! Reading entries: the search for a login name, and reading one entry again.

use ldap3::Scope;

use super::codes;
use super::connection::{Connection, Failure, Found, Query};
use super::entry::Entry;
use super::servers::{Operation, Purpose, Repeat};
use crate::outage::Outage;

/// Longest URI of a reference that is repeated, in characters.
const MAX_URI: usize = 200;

/// Two entries are enough to know that a name is not one user's.
pub(super) const ENOUGH: usize = 2;

/// A search on the service's own connections.
pub(super) struct Search<'a>(pub Query<'a>);

impl Operation for Search<'_> {
    type Answer = Found;
    const NAME: &'static str = "LDAP search";
    const PURPOSE: Purpose = Purpose::Service;
    const REPEAT: Repeat = Repeat::Freely;

    async fn run(&self, connection: &mut Connection) -> Result<Found, Failure> {
        connection.search(&self.0).await
    }
}

/// How many entries a search found, when that is certain.
#[derive(Debug)]
pub(super) enum Count {
    /// None.
    Zero,
    /// Exactly this one.
    One(Entry),
    /// More than one.
    Several,
}

/// Counts what was found. Anything but the whole answer is an outage: an entry that is missing
/// from a part of an answer could be the second of that name.
///
/// What a server refers to is not below the base that it serves. So exactly one entry is the one that is
/// meant; but where none was found, the one that is meant may be elsewhere.
pub(super) fn count(found: Found, base: &str) -> Result<Count, Outage> {
    let Found { mut entries, references, result } = found;
    match (result.rc, entries.len()) {
        (codes::SUCCESS, 0) => match references.first() {
            None => Ok(Count::Zero),
            Some(uri) => Err(Outage::Unclear(format!(
                "nothing was found, and for a part of {base:?} the directory refers to {}: choose a base that \
                 is on this server as a whole",
                shown(uri)
            ))),
        },
        (codes::SUCCESS, 1) => Ok(entries.pop().map_or(Count::Zero, Count::One)),
        (codes::SUCCESS | codes::SIZE_LIMIT_EXCEEDED, ENOUGH..) => Ok(Count::Several),
        _ => Err(refusal(&result, base)),
    }
}

/// Whether an answer that may be a part is all: a server ends at its limit, or at ours.
pub(super) fn part_of(result: &ldap3::LdapResult, base: &str) -> Result<bool, Outage> {
    match result.rc {
        codes::SUCCESS => Ok(true),
        codes::SIZE_LIMIT_EXCEEDED => Ok(false),
        _ => Err(refusal(result, base)),
    }
}

/// Why a search brought no answer, and what can be done.
fn refusal(result: &ldap3::LdapResult, base: &str) -> Outage {
    let why = codes::describe(result);
    match result.rc {
        // Also what slapd says of an entry that may not be seen.
        codes::NO_SUCH_OBJECT => Outage::Refused(format!(
            "{base:?} does not exist, or monk's account may not see it ({why})"
        )),
        codes::INSUFFICIENT_ACCESS_RIGHTS => {
            Outage::Refused(format!("monk's account may not search {base:?} ({why})"))
        }
        codes::REFERRAL => {
            let uri =
                result.refs.first().map(|uri| format!(", {}", shown(uri))).unwrap_or_default();
            Outage::Unclear(format!(
                "{base:?} is on another server ({why}{uri}): correct uris or base"
            ))
        }
        codes::SIZE_LIMIT_EXCEEDED => Outage::Unclear(format!(
            "the search below {base:?} ended at a limit of the server ({why}): let monk's account have more \
             entries, or narrow base or filter"
        )),
        _ => Outage::Unclear(format!("the search below {base:?} was not completed ({why})")),
    }
}

/// A URI that a server has sent, for messages.
fn shown(uri: &str) -> String {
    let shown: String = uri.chars().take(MAX_URI).collect();
    format!("{shown:?}")
}

/// The query for one entry itself.
pub(super) fn entry_itself<'a>(dn: &'a str, attributes: &'a [String]) -> Query<'a> {
    Query { base: dn, scope: Scope::Base, filter: "(objectClass=*)", attributes, limit: ENOUGH }
}

#[cfg(test)]
mod tests {
    use ldap3::LdapResult;

    use super::*;

    fn found(rc: u32, entries: usize, is_elsewhere: bool) -> Result<&'static str, Outage> {
        let entry = |_| Entry::empty("uid=a,dc=x");
        let result = LdapResult {
            rc,
            matched: String::new(),
            text: String::new(),
            refs: Vec::new(),
            ctrls: Vec::new(),
        };
        let entries = (0..entries).map(entry).collect();
        let references = is_elsewhere.then(|| "ldap://b/dc=y".to_owned()).into_iter().collect();
        count(Found { entries, references, result }, "dc=x").map(|count| match count {
            Count::Zero => "none",
            Count::One(_) => "one",
            Count::Several => "several",
        })
    }

    #[test]
    fn only_a_whole_answer_is_an_answer() {
        assert_eq!(found(0, 0, false), Ok("none"));
        assert_eq!(found(0, 1, false), Ok("one"));
        assert_eq!(found(0, 2, false), Ok("several"));
        assert_eq!(found(codes::SIZE_LIMIT_EXCEEDED, 2, false), Ok("several"));
        // Elsewhere may be one where none was found. Never is that an unknown user.
        let elsewhere = found(0, 0, true).expect_err("a reference").to_string();
        assert!(elsewhere.contains("refers to \"ldap://b/dc=y\""), "{elsewhere}");
        assert_eq!((found(0, 1, true), found(0, 2, true)), (Ok("one"), Ok("several")));
        for entries in 0..3 {
            for rc in [1, 2, 3, 10, 11, 12, 32, 50, 51, 52, 53, 80, 118, 4096] {
                assert!(found(rc, entries, false).is_err(), "code {rc} and {entries} entries");
            }
        }
        for entries in 0..2 {
            assert!(found(codes::SIZE_LIMIT_EXCEEDED, entries, false).is_err());
        }
    }
}
