//! Names that this machine and the directory both have, and accounts that only this machine has.

use monk_wire::manage::doctor::Kind;

use crate::deadline::Deadline;
use crate::directory::Lookup;
use crate::directory::kinds::DirectoryKind;
use crate::engine::Engine;
use crate::local_accounts::{self, LocalAccount};
use crate::observations::Observations;
use crate::outage::Outage;

/// Most names that are looked up, each with one search.
const MAX_LOOKED_UP: usize = 200;

/// Most names in one finding.
const MAX_NAMES: usize = 5;

/// The uids that people have where nobody has changed that: login.defs(5), `UID_MIN` and `UID_MAX`.
const PEOPLE: std::ops::RangeInclusive<u32> = 1000..=60_000;

/// Where accounts of this machine are.
const PASSWD: &str = "/etc/passwd";

/// Looks the names of `/etc/passwd` up in the directory: all of them where the settings keep them apart, and
/// else those of people.
pub async fn examine(engine: &Engine, deadline: Deadline) -> Observations {
    let mut findings = Observations::default();
    let is_apart = engine.settings.accounts.passwd_is_local;
    if !is_apart && engine.settings.directory == DirectoryKind::Embedded {
        return findings;
    }
    let Ok(mut accounts) = local_accounts::listed() else { return findings };
    accounts.retain(|account| is_apart || PEOPLE.contains(&account.uid));
    // Where there are too many, people are looked up first.
    accounts.sort_by_key(|account| !PEOPLE.contains(&account.uid));
    let all = accounts.len();
    accounts.truncate(MAX_LOOKED_UP);
    let Looked { known, unknown, is_cut } = look_up(engine, accounts, deadline).await;
    // Why the directory did not answer for all is told elsewhere.
    match (is_apart, is_cut) {
        (true, true) if known.is_empty() => {}
        (true, _) => in_both(&known, all, &mut findings),
        (false, true) => {}
        (false, false) => needing(&unknown, &mut findings),
    }
    findings
}

/// Accounts of this machine, apart by whether the directory has them.
#[derive(Default)]
struct Looked {
    known: Vec<String>,
    unknown: Vec<String>,
    /// Whether the directory stopped answering.
    is_cut: bool,
}

async fn look_up(engine: &Engine, accounts: Vec<LocalAccount>, deadline: Deadline) -> Looked {
    let mut looked = Looked::default();
    for LocalAccount { name, .. } in accounts {
        match engine.directory.find(&name, deadline).await {
            Ok(Lookup::None) => looked.unknown.push(name),
            Ok(Lookup::One(_) | Lookup::Several) => looked.known.push(name),
            // An entry that monk cannot use as a user is nobody who could log in.
            Err(Outage::Refused(_)) => {}
            Err(_) => {
                looked.is_cut = true;
                break;
            }
        }
    }
    looked
}

fn in_both(known: &[String], all: usize, findings: &mut Observations) {
    if known.is_empty() {
        let looked_up = all.min(MAX_LOOKED_UP);
        let evidence = format!(
            "{looked_up} of {all} names were looked up, and the directory has none of them"
        );
        findings.ok(Kind::AccountInBoth, PASSWD, evidence);
        return;
    }
    let evidence = format!(
        "the directory has {}, too: with passwd_is_local = true, monk leaves these names to other modules, and the \
         password of this machine alone opens",
        shown(known)
    );
    let remedy = "Rename or remove one of the two accounts of each name, or write passwd_is_local = false in \
                  [accounts] and reload monkd.";
    findings.report(Kind::AccountInBoth, PASSWD, evidence, remedy);
}

fn needing(unknown: &[String], findings: &mut Observations) {
    if unknown.is_empty() {
        findings.ok(Kind::AccountNeedsDirectory, PASSWD, "nobody here is unknown to the directory");
        return;
    }
    let evidence = format!(
        "the directory does not have {}: while it is down, these and the accounts of services are refused as well \
         where monk is asked, and so are their cron jobs",
        shown(unknown)
    );
    let remedy = "If they are to go on, write passwd_is_local = true in [accounts], or minimum_uid behind pam_monk.so for \
                  those below it.";
    findings.report(Kind::AccountNeedsDirectory, PASSWD, evidence, remedy);
}

/// Some of the names.
fn shown(names: &[String]) -> String {
    let some = names[..names.len().min(MAX_NAMES)].join(", ");
    match names.len().saturating_sub(MAX_NAMES) {
        0 => some,
        more => format!("{some} and {more} more"),
    }
}
