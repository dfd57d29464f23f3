//! Names and numbers that two users have: this machine and the directory, or two entries of the directory.
//!
//! Looked at only where this machine has its users from the directory. Users whom it does not have although they have
//! a uid are in `unserved`.

use std::collections::HashMap;
use std::fs;

use monk_wire::manage::doctor::Kind;

use super::unserved::NotHere;
use crate::deadline::Deadline;
use crate::directory::Rest;
use crate::directory::names::{Key, Names, PosixUser};
use crate::engine::Engine;
use crate::local_accounts::{self, LocalAccount};
use crate::names::local::LocalFiles;
use crate::names::rules::Rules;
use crate::observations::Observations;

/// Where the C library is told whom to ask: nsswitch.conf(5).
const SWITCH: &str = "/etc/nsswitch.conf";

/// Most accounts of this machine that are looked up, each with two searches.
const MAX_LOOKED_UP: usize = 100;

/// Most users whose numbers are compared. More take longer than doctor has, and some 100 bytes each.
const MAX_COMPARED: usize = 100_000;

/// Most clashes in one finding.
const MAX_SHOWN: usize = 5;

/// Looks for clashes, where `nsswitch.conf` names monk.
pub async fn examine(engine: &Engine, deadline: Deadline) -> Observations {
    let mut findings = Observations::default();
    if are_asked_for() {
        let names = engine.directory.names();
        let least = engine.settings.names.minimum_uid;
        let mut accounts = local_accounts::listed().unwrap_or_default();
        accounts.retain(|account| account.uid >= least);
        if accounts.len() > MAX_LOOKED_UP {
            let evidence = format!(
                "{MAX_LOOKED_UP} of {} accounts of this machine were looked up",
                accounts.len()
            );
            findings.report(
                Kind::NamesCut,
                "/etc/passwd",
                evidence,
                "Compare the others yourself: getent -s monk passwd NAME.",
            );
            accounts.truncate(MAX_LOOKED_UP);
        }
        with_this_machine(names, &accounts, deadline, &mut findings).await;
        // Where nobody knows what is this machine's own, the engine serves nobody, and its log says so.
        let own = LocalFiles::default().read();
        let rules = own.ok().map(|own| Rules { settings: &engine.settings.names, own });
        within_the_directory(names, rules.as_ref(), least, deadline, &mut findings).await;
    }
    findings
}

/// Whether this machine has its users from monk.
pub fn are_asked_for() -> bool {
    fs::read_to_string(SWITCH).is_ok_and(|text| asks_monk(&text))
}

/// Whether programs are told to ask monk for users.
fn asks_monk(text: &str) -> bool {
    let mut lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let services = lines.rfind(|line| line.trim_start().starts_with("passwd:"));
    services.is_some_and(|line| line.split_whitespace().any(|word| word == "monk"))
}

async fn with_this_machine(
    names: &dyn Names,
    accounts: &[LocalAccount],
    deadline: Deadline,
    findings: &mut Observations,
) {
    let mut clashes = Vec::new();
    for LocalAccount { name, uid, .. } in accounts {
        let by_name = names.user(Key::Name(name), deadline).await;
        let by_uid = names.user(Key::Number(*uid), deadline).await;
        // Why the directory does not answer is told elsewhere.
        let (Ok(by_name), Ok(by_uid)) = (by_name, by_uid) else { return };
        clashes.extend(clash(name, *uid, by_name.as_ref(), by_uid.as_ref()));
    }
    if clashes.is_empty() {
        let evidence = format!("{} accounts of this machine were looked up", accounts.len());
        return findings.ok(Kind::NamesClash, "/etc/passwd", evidence);
    }
    findings.report(
        Kind::NamesClash,
        "/etc/passwd",
        format!("{}: what this machine says counts here", shown(&clashes)),
        "Give one of the two another name or number, and its files the new owner; or remove the account of this machine.",
    );
}

/// How an account of this machine and users of the directory are in each other's way.
fn clash(
    name: &str,
    uid: u32,
    by_name: Option<&PosixUser>,
    by_uid: Option<&PosixUser>,
) -> Option<String> {
    if let Some(user) = by_uid.filter(|user| user.name != name) {
        return Some(format!("uid {uid} is {name} here and {} in the directory", user.name));
    }
    let user = by_name?;
    Some(match user.uid == uid {
        true => format!("{name} is here and in the directory"),
        false => format!("{name} is uid {uid} here and {} in the directory", user.uid),
    })
}

async fn within_the_directory(
    names: &dyn Names,
    rules: Option<&Rules<'_>>,
    least: u32,
    deadline: Deadline,
    findings: &mut Observations,
) {
    let subject = "uids of the directory";
    let mut pages = names.all_users();
    let (mut known, mut clashes, mut not_here) = (HashMap::new(), Vec::new(), NotHere::default());
    let mut seen = 0_usize;
    let cut = loop {
        let page = match pages.next(deadline).await {
            Ok(page) => page,
            // Why the directory does not answer at all is told elsewhere.
            Err(_) if seen == 0 => return,
            Err(outage) => break Some(outage.to_string()),
        };
        seen += page.items.len();
        if let Some(rules) = rules {
            page.items.iter().for_each(|user| not_here.look(rules, user));
        }
        clashes.extend(shared(page.items, least, &mut known));
        match page.rest {
            Rest::More if seen < MAX_COMPARED => {}
            Rest::More => break Some("there are more".to_owned()),
            Rest::Nothing => break None,
            Rest::Withheld => {
                break Some("the server keeps the rest from monk's account".to_owned());
            }
        }
    };
    if let Some(why) = &cut {
        findings.report(
            Kind::NamesCut,
            subject,
            format!("{seen} users were compared, and not all: {why}"),
            "Raise the server's limit for monk's account. Beyond 100,000 users, compare the rest yourself.",
        );
    } else if seen == 0 {
        findings.report(
            Kind::NamesNobody,
            subject,
            "no user of the directory has one that monk's account can see: programs of this machine find nobody",
            "Name the attributes in [ldap.names], and let monk's account read them. Without uids, remove libnss-monk.",
        );
    }
    not_here.tell(subject, findings);
    if clashes.is_empty() {
        return findings.ok(Kind::NamesClash, subject, format!("{seen} users were compared"));
    }
    findings.report(
        Kind::NamesClash,
        subject,
        format!("{}: to programs, these are one user", shown(&clashes)),
        "Give each user a number of its own in the directory, and the files the new owner.",
    );
}

/// Uids that two users share. `known` has those of all users before.
fn shared(users: Vec<PosixUser>, least: u32, known: &mut HashMap<u32, String>) -> Vec<String> {
    let mut found = Vec::new();
    for PosixUser { name, uid, .. } in users {
        if uid < least {
            continue;
        }
        match known.get(&uid) {
            Some(other) if *other != name => found.push(format!("{uid} is {other} and {name}")),
            Some(_) => {}
            None => {
                known.insert(uid, name);
            }
        }
    }
    found
}

/// Some of the clashes.
fn shown(clashes: &[String]) -> String {
    let some = clashes[..clashes.len().min(MAX_SHOWN)].join(", ");
    match clashes.len().saturating_sub(MAX_SHOWN) {
        0 => some,
        more => format!("{some}, and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::names::Ageing;

    fn user(name: &str, uid: u32) -> PosixUser {
        PosixUser {
            id: name.to_owned(),
            name: name.to_owned(),
            uid,
            gid: uid,
            gecos: String::new(),
            home: None,
            shell: None,
            ageing: Ageing::default(),
            locator: name.to_owned(),
        }
    }

    #[test]
    fn an_account_of_this_machine_clashes_by_name_or_by_number() {
        let told = |by_name: Option<PosixUser>, by_uid: Option<PosixUser>| {
            clash("carol", 1001, by_name.as_ref(), by_uid.as_ref())
        };
        assert_eq!(told(None, None), None);
        let dave = told(None, Some(user("dave", 1001))).unwrap();
        assert_eq!(dave, "uid 1001 is carol here and dave in the directory");
        let other = told(Some(user("carol", 70_000)), None).unwrap();
        assert_eq!(other, "carol is uid 1001 here and 70000 in the directory");
        let same = told(Some(user("carol", 1001)), Some(user("carol", 1001))).unwrap();
        assert_eq!(same, "carol is here and in the directory");
    }

    #[test]
    fn a_number_that_two_users_have_is_told_across_pages() {
        let mut known = HashMap::new();
        let first = shared(vec![user("alice", 10_001), user("bob", 10_002)], 1000, &mut known);
        assert!(first.is_empty());
        // The same user on two pages, and numbers that are not served, are no clash.
        let page = vec![user("bob", 10_002), user("mallory", 10_001), user("a", 5), user("b", 5)];
        assert_eq!(shared(page, 1000, &mut known), ["10001 is alice and mallory"]);
    }

    #[test]
    fn only_a_machine_that_asks_monk_is_looked_at() {
        for (text, expected) in [
            ("passwd: files systemd monk\n", true),
            ("passwd: files\ngroup: files monk\n", false),
            ("passwd: files # monk\n", false),
            ("passwd: monk\npasswd: files\n", false),
            ("", false),
        ] {
            assert_eq!(asks_monk(text), expected, "{text}");
        }
    }
}
