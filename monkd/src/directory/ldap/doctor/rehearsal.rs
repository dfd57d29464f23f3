//! What a login does before it asks for a password, tried with real users of the directory.
//!
//! Settings that fit nobody make every login unavailable, and each search by itself looks well: a base that a
//! server answers with references, an id that entries do not have once and as text, a name that the filter
//! does not find, groups that monk's account cannot see.

use monk_wire::manage::doctor::{Kind, Severity};

use super::sample::Somebody;
use crate::directory::ldap::Ldap;
use crate::directory::section::Circumstances;
use crate::directory::{Account, Lookup};
use crate::observations::Observations;
use crate::outage::Outage;

/// Users that are tried: enough to tell one odd entry from a setting that fits nobody.
const MAX_TRIED: usize = 5;

/// Tries some users of an LDAP directory.
pub async fn examine(ldap: &Ldap, circumstances: &Circumstances<'_>) -> Observations {
    let mut findings = Observations::default();
    let base = ldap.base.as_str();
    let (users, references) = match ldap.somebody(MAX_TRIED, circumstances.deadline).await {
        Ok(found) => found,
        Err(outage) => {
            let remedy = "Correct base and filter in [ldap], and reload monkd.";
            findings.report(Kind::LdapLoginsFail, base, &outage, remedy);
            return findings;
        }
    };
    if let Some(uri) = references.first() {
        let remedy = match above_all(&users) {
            Some(base) => format!(
                "Write base = {base:?} in [ldap], if nobody is elsewhere, and reload monkd."
            ),
            None => "Choose a base that is on this server as a whole, and reload monkd.".to_owned(),
        };
        let evidence = format!(
            "for a part of it the directory refers to {uri:?}: names that nobody has here are unavailable, and \
             not unknown"
        );
        findings.report(Kind::LdapReferences, base, evidence, remedy);
    }
    if users.is_empty() {
        findings.report(
            Kind::LdapNobody,
            base,
            "no entry below it fits the filter, or monk's account sees none: every login is one of an unknown \
             user",
            "Correct base and filter in [ldap] and reload monkd, or let monk's account read the users.",
        );
        return findings;
    }
    if let Some(account) = look_up(circumstances, base, &users, &mut findings).await {
        groups(circumstances, ldap, &account, &mut findings).await;
    }
    findings
}

/// Why a user cannot be looked up.
enum Wrong {
    /// No name is shown.
    Nameless,
    /// The filter finds nobody by the name.
    Unfound(String),
    /// The filter finds more than this user.
    Shared(String),
    /// There is no clear answer.
    Out(Outage),
}

impl Wrong {
    fn words(&self, user: &Somebody) -> String {
        let dn = &user.dn;
        match self {
            Self::Nameless => {
                format!(
                    "{dn:?} shows no name: check name_attribute, and whether monk's account may read it"
                )
            }
            Self::Unfound(name) => {
                format!("the filter finds nobody by the name {name:?} of {dn:?}")
            }
            Self::Shared(name) => {
                format!("the filter finds several users by the name {name:?} of {dn:?}")
            }
            Self::Out(outage) => outage.to_string(),
        }
    }
}

/// Looks the users up by their names. One that a login could use.
async fn look_up(
    circumstances: &Circumstances<'_>,
    base: &str,
    users: &[Somebody],
    findings: &mut Observations,
) -> Option<Account> {
    let mut usable = None;
    let mut wrong: Vec<(&Somebody, Wrong)> = Vec::new();
    for user in users {
        match as_a_login(circumstances, user).await {
            Ok(account) => usable = Some(account),
            Err(why) => wrong.push((user, why)),
        }
    }
    let Some((first, why)) = wrong.first() else {
        let what = format!("{} users were looked up as a login does", users.len());
        findings.ok(Kind::LdapLoginsFail, base, what);
        return usable;
    };
    let severity = if usable.is_some() { Severity::Warning } else { Severity::Error };
    findings.report_as(
        Kind::LdapLoginsFail,
        severity,
        base,
        format!(
            "{} of {} users that were tried cannot log in, whatever they type: {}",
            wrong.len(),
            users.len(),
            why.words(first)
        ),
        remedy(users, first, why),
    );
    usable
}

/// Finds a user as a login does.
async fn as_a_login(circumstances: &Circumstances<'_>, user: &Somebody) -> Result<Account, Wrong> {
    let Circumstances { directory, store, deadline, .. } = *circumstances;
    let name = user.name.clone().ok_or(Wrong::Nameless)?;
    match directory.find(&name, deadline).await.map_err(Wrong::Out)? {
        Lookup::One(account) => {
            if account.credentials.is_none() {
                store.load(&account, deadline).await.map_err(Wrong::Out)?;
            }
            Ok(*account)
        }
        Lookup::None => Err(Wrong::Unfound(name)),
        Lookup::Several => Err(Wrong::Shared(name)),
    }
}

/// What mends it, as far as the entries tell.
fn remedy(users: &[Somebody], user: &Somebody, why: &Wrong) -> String {
    match why {
        Wrong::Nameless | Wrong::Unfound(_) => {
            "Name in name_attribute the attribute that filter compares with {user}, let monk's account read it, and \
             reload monkd."
                .to_owned()
        }
        Wrong::Shared(_) => {
            "Give each user a name of their own, or narrow filter or base to those who log in, and reload monkd."
                .to_owned()
        }
        Wrong::Out(_) if !user.has_id => {
            let all_have = |id: &&&str| users.iter().all(|user| user.other_ids.contains(*id));
            match users[0].other_ids.iter().find(all_have) {
                Some(id) => format!("Write id_attribute = \"{id}\" in [ldap], and reload monkd."),
                None => "Name in id_attribute an attribute that each user has once, as text, and for ever; let \
                         monk's account read it, and reload monkd."
                    .to_owned(),
            }
        }
        Wrong::Out(_) => match above_all(users) {
            Some(base) => format!(
                "Follow what it says. If a part of the base is elsewhere, write base = {base:?} in [ldap], and reload \
                 monkd."
            ),
            None => "Follow what it says, and reload monkd.".to_owned(),
        },
    }
}

/// The entry that is above these users, and nearest to them.
fn above_all(users: &[Somebody]) -> Option<String> {
    let parts = |user: &Somebody| -> Vec<String> {
        let mut parts = vec![String::new()];
        let mut is_escaped = false;
        for char in user.dn.chars() {
            if char == ',' && !is_escaped {
                parts.push(String::new());
            } else if let Some(part) = parts.last_mut() {
                part.push(char);
            }
            is_escaped = char == '\\' && !is_escaped;
        }
        parts.iter().skip(1).map(|part| part.trim().to_owned()).rev().collect()
    };
    let mut all = users.iter().map(parts);
    let first = all.next()?;
    let same = |one: &[String], other: &[String]| {
        one.iter().zip(other).take_while(|(one, other)| one.eq_ignore_ascii_case(other)).count()
    };
    let common = all.fold(first.len(), |common, parts| common.min(same(&first, &parts)));
    let base: Vec<&str> = first[..common].iter().rev().map(String::as_str).collect();
    (!base.is_empty()).then(|| base.join(","))
}

/// Whether the groups of the policies can be looked up, and are there.
async fn groups(
    circumstances: &Circumstances<'_>,
    ldap: &Ldap,
    account: &Account,
    findings: &mut Observations,
) {
    let deadline = circumstances.deadline;
    for (groups, section) in &circumstances.groups {
        let asked = circumstances.directory.is_in_group(account, groups, deadline).await;
        let mut unseen = Vec::new();
        let mut failed = asked.err();
        for group in groups {
            match ldap.sees_group(group, deadline).await {
                Ok(true) => {}
                Ok(false) => unseen.push(group.as_str()),
                Err(outage) => failed = failed.or(Some(outage)),
            }
        }
        judge_groups(section, groups, &unseen, failed.as_ref(), findings);
    }
}

fn judge_groups(
    section: &str,
    groups: &[String],
    unseen: &[&str],
    failed: Option<&Outage>,
    findings: &mut Observations,
) {
    const REMEDY: &str = "Correct the name in groups or group_base and reload monkd, or let monk's account read the group \
                          and memberOf.";
    let subject = format!("{section} groups");
    if let Some(outage) = failed {
        let evidence = format!(
            "whether somebody is in them cannot be looked up, so that nobody gets in: {outage}"
        );
        findings.report(Kind::LdapGroups, subject, evidence, REMEDY);
    } else if unseen.is_empty() {
        findings.ok(Kind::LdapGroups, subject, "the groups are there");
    } else {
        let all = unseen.len() == groups.len();
        let severity = if all { Severity::Error } else { Severity::Warning };
        let who = if all { "nobody gets in" } else { "nobody gets in by these" };
        let evidence =
            format!("monk's account sees no {}, or nobody in it: {who}", unseen.join(", "));
        findings.report_as(Kind::LdapGroups, severity, subject, evidence, REMEDY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(dn: &str) -> Somebody {
        Somebody { dn: dn.to_owned(), name: Some("a".into()), has_id: true, other_ids: Vec::new() }
    }

    #[test]
    fn the_base_that_is_offered_is_above_all_users_and_nothing_else() {
        for (users, base) in [
            (&["uid=a,ou=people,dc=x"][..], Some("ou=people,dc=x")),
            (&["uid=a,ou=people,dc=x", "uid=b, OU=People,dc=x"], Some("ou=people,dc=x")),
            (&["uid=a,ou=people,dc=x", "uid=b,ou=staff,dc=x"], Some("dc=x")),
            (&["cn=Doe\\, Jane,ou=people,dc=x"], Some("ou=people,dc=x")),
            (&["uid=a,dc=x", "uid=a,dc=y"], None),
            (&["uid=a"], None),
        ] {
            let users: Vec<Somebody> = users.iter().map(|dn| user(dn)).collect();
            assert_eq!(above_all(&users).as_deref(), base, "{users:?}");
        }
    }

    #[test]
    fn an_id_is_offered_only_where_everybody_has_it() {
        let with = |ids: &[&'static str]| Somebody {
            has_id: false,
            other_ids: ids.to_vec(),
            ..user("uid=a,dc=x")
        };
        let all = [with(&["entryUUID", "nsUniqueId"]), with(&["nsUniqueId"])];
        let why = Wrong::Out(Outage::Refused("no id".into()));
        assert!(remedy(&all, &all[0], &why).contains("id_attribute = \"nsUniqueId\""));
        let some = [with(&["entryUUID"]), with(&[])];
        assert!(!remedy(&some, &some[0], &why).contains("id_attribute ="));
    }
}
