//! Whether users may write the address that codes are sent to, where that is the directory's.
//!
//! Somebody who knows a password and may write the entry's `mail` has the code sent to himself: the
//! password alone is enough then. Only the server knows who may write what, and it is asked as it is for
//! credentials: by a swap that must fail. For an ordinary user's rights it takes one who can log in.

use monk_wire::manage::doctor::{Examination, Kind, Remedy};

use super::probe::Report;
use super::writable::Guarded;
use crate::observations::Observations;

const ADDRESS: Guarded = Guarded {
    writable: Kind::LdapMailWritable,
    not_tried: Kind::LdapMailNotTried,
    danger: "to which codes are sent: somebody who knows the password can have the code sent to another address",
    rules: "Let nobody but administrators write the attribute (/usr/share/monk/ldap/access.ldif shows how), or write \
            directory_address = false in [mail] and have users confirm their addresses.",
    unclear: "Look at the access rules of the server, or write directory_address = false in [mail].",
};

/// Judges what the servers have said.
pub fn judge(
    reports: &[Report],
    attribute: &str,
    examination: &Examination,
    findings: &mut Observations,
) {
    for report in reports {
        let Ok(visit) = &report.visit else { continue };
        let mut tried = Vec::new();
        if let (Some((name, _)), Some(Ok(user))) = (&examination.as_user, &visit.user) {
            tried.extend(user.mail.as_ref().map(|rights| (name.as_str(), rights)));
        }
        let has_user = !tried.is_empty();
        if let Some(rights) = &visit.anonymous_mail {
            tried.push(("anybody", rights));
        }
        for (who, rights) in &tried {
            ADDRESS.judge((&report.uri, attribute), who, rights, findings);
        }
        if !has_user {
            findings.report(
                Kind::LdapMailNotTried,
                &report.uri,
                format!(
                    "codes are sent to {attribute}, and nobody has tried whether users may write their own"
                ),
                Remedy::TryAsUserWithAddress,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use monk_wire::Secret;

    use super::*;
    use crate::directory::ldap::doctor::probe::{MayWrite, UserVisit, Visit};

    fn report(anonymous: MayWrite, user: Option<MayWrite>) -> Report {
        let user = user.map(|mail| Ok(UserVisit { mail: Some(mail), ..UserVisit::default() }));
        let visit = Visit { anonymous_mail: Some(anonymous), user, ..Visit::default() };
        Report {
            uri: "ldap://x".into(),
            decides: true,
            cleartext: false,
            connected: Ok(Duration::ZERO),
            certificate: None,
            visit: Ok(visit),
        }
    }

    fn judged(report: Report) -> Vec<String> {
        let as_user = Some(("alice".to_owned(), Secret::new(b"secret")));
        let examination = Examination { as_user, ..Examination::default() };
        let mut findings = Observations::default();
        judge(&[report], "mail", &examination, &mut findings);
        findings.0.iter().map(|one| format!("{} {:?}", one.id, one.severity)).collect()
    }

    #[test]
    fn a_user_who_may_write_the_address_is_an_error() {
        let no = || MayWrite::No("50".into());
        let written = judged(report(no(), Some(MayWrite::Yes)));
        assert_eq!(written, ["ldap-mail-writable Error", "ldap-mail-writable Ok"]);
        assert_eq!(judged(report(no(), Some(no()))), ["ldap-mail-writable Ok"; 2]);
        let anybody = judged(report(MayWrite::Yes, Some(no())));
        assert_eq!(anybody, ["ldap-mail-writable Ok", "ldap-mail-writable Error"]);
    }

    #[test]
    fn what_could_not_be_learnt_is_said() {
        let no = || MayWrite::No("50".into());
        let untried = judged(report(no(), None));
        assert_eq!(untried, ["ldap-mail-writable Ok", "ldap-mail-not-tried Note"]);
        let unclear = judged(report(no(), Some(MayWrite::Unclear("80".into()))));
        assert_eq!(unclear, ["ldap-mail-not-tried Note", "ldap-mail-writable Ok"]);
    }
}
