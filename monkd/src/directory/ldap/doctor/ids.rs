//! Whether users may write the numbers that hosts know them by.
//!
//! A user who may write their own uid becomes another user on every host that has its names from the directory, and gets
//! at that user's files; one who may write their own primary group joins any group. The server is asked as it is for
//! credentials: by a change that must fail.

use monk_wire::manage::doctor::{Examination, Kind, Remedy};

use super::probe::Report;
use super::writable::Guarded;
use crate::observations::Observations;

const IDS: Guarded = Guarded {
    writable: Kind::LdapIdsWritable,
    not_tried: Kind::LdapIdsNotTried,
    danger: "by which programs tell users and groups apart",
    rules: "Let nobody but administrators write the attribute: a rule for it before the one that lets users write their own entries.",
    unclear: "Look at the access rules of the server.",
};

/// Judges what the servers have said.
pub fn judge(reports: &[Report], examination: &Examination, findings: &mut Observations) {
    for report in reports {
        let Ok(visit) = &report.visit else { continue };
        for (attribute, rights) in &visit.anonymous_ids {
            IDS.judge((&report.uri, attribute), "anybody", rights, findings);
        }
        match (&examination.as_user, &visit.user) {
            (Some((name, _)), Some(Ok(user))) => {
                for (attribute, rights) in &user.ids {
                    IDS.judge((&report.uri, attribute), name, rights, findings);
                }
            }
            // Nobody has tried, or it is told that the user cannot log in.
            _ => findings.report(
                Kind::LdapIdsNotTried,
                &report.uri,
                "nobody has tried whether users may write their own uid or primary group",
                Remedy::TryAsUser,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use monk_wire::Secret;

    use super::*;
    use crate::directory::ldap::doctor::probe::{MayWrite, UserVisit, Visit};

    fn judged(anonymous: MayWrite, user: Option<MayWrite>) -> Vec<String> {
        let ids = |rights| vec![("uidNumber".to_owned(), rights)];
        let user = user.map(|rights| Ok(UserVisit { ids: ids(rights), ..UserVisit::default() }));
        let as_user = user.is_some().then(|| ("alice".to_owned(), Secret::new(b"secret")));
        let visit = Visit { anonymous_ids: ids(anonymous), user, ..Visit::default() };
        let report = Report {
            uri: "ldap://x".into(),
            decides: true,
            cleartext: false,
            connected: Ok(Duration::ZERO),
            certificate: None,
            visit: Ok(visit),
        };
        let mut findings = Observations::default();
        judge(&[report], &Examination { as_user, ..Examination::default() }, &mut findings);
        findings.0.iter().map(|one| format!("{} {:?}", one.id, one.severity)).collect()
    }

    #[test]
    fn a_user_who_may_write_their_own_number_is_an_error() {
        let no = || MayWrite::No("50".into());
        let both = ["ldap-ids-writable Ok", "ldap-ids-writable Error"];
        assert_eq!(judged(no(), Some(MayWrite::Yes)), both);
        assert_eq!(judged(no(), Some(no())), ["ldap-ids-writable Ok"; 2]);
        assert_eq!(judged(MayWrite::Yes, Some(no())), [both[1], both[0]]);
    }

    #[test]
    fn what_could_not_be_learnt_is_said() {
        let no = || MayWrite::No("50".into());
        assert_eq!(judged(no(), None), ["ldap-ids-writable Ok", "ldap-ids-not-tried Note"]);
        let unclear = judged(no(), Some(MayWrite::Unclear("21".into())));
        assert_eq!(unclear, ["ldap-ids-writable Ok", "ldap-ids-not-tried Note"]);
    }
}
