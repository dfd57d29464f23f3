//! The account of monk-web: as whom it runs, and what that account may do besides.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use monk_wire::manage::doctor::{Facts, Kind};

use crate::files::Account;
use crate::finding::Findings;
use crate::machine::Machine;

/// Groups that open what a page has no use for: root's files, password hashes, logs, disks, and programs that make
/// root of their users.
const TOO_MUCH: [&str; 10] = [
    "root",
    "shadow",
    "sudo",
    "wheel",
    "adm",
    "systemd-journal",
    "disk",
    "docker",
    "lxd",
    "libvirt",
];

/// The account of the portal with the groups that it is in.
pub struct Portal {
    pub name: String,
    pub uid: u32,
    pub gids: Vec<u32>,
}

/// Looks at the account `user`, and at the process of `program`. The account, if there is one.
pub fn examine(
    machine: &Machine,
    user: &str,
    program: Option<&Path>,
    facts: Option<&Facts>,
    findings: &mut Findings,
) -> Option<Portal> {
    let Some(account) = Account::find(machine, |account| account.name == user) else {
        findings.report(
            Kind::PortalUser,
            user,
            "there is no such account, and the engine serves nobody else as the portal",
            format!(
                "adduser --system --group --no-create-home {user}; or correct user in [portal]"
            ),
        );
        return None;
    };
    let engine = facts.map(|facts| facts.uid);
    let before = findings.0.len();
    if account.uid == 0 || engine == Some(account.uid) {
        let whose = if account.uid == 0 { "root" } else { "the engine" };
        findings.report(
            Kind::PortalUser,
            user,
            format!("it has the uid of {whose}: somebody who takes the portal over has all factors"),
            "Give monk-web an account of its own: adduser --system --group --no-create-home monk-web",
        );
    }
    for (pid, uid) in program.map(|program| processes(machine, program)).unwrap_or_default() {
        if uid != account.uid {
            findings.report(
                Kind::PortalUser,
                format!("monk-web, process {pid}"),
                format!("it runs with uid {uid}, and the engine serves {user} alone as the portal"),
                format!("Run it as {user} (User= in its service), or name its account as user in [portal]."),
            );
        }
    }
    if findings.0.len() == before {
        findings.ok(Kind::PortalUser, user, "an account of its own");
    }
    let groups = groups(machine, &account);
    let of_engine = engine.and_then(|uid| Account::find(machine, |account| account.uid == uid));
    let own = of_engine.map(|engine| engine.group);
    let before = findings.0.len();
    for (name, gid) in &groups {
        let is_engines = own.as_ref() == Some(name);
        if *gid == 0 || is_engines || TOO_MUCH.contains(&name.as_str()) {
            let why = if is_engines { "the engine's own" } else { "far more than a page needs" };
            findings.report(
                Kind::PortalGroups,
                format!("{user}, group {name}"),
                format!("the account is in the group {name}: {why}"),
                format!("gpasswd --delete {user} {name}, or usermod --gid for its first group"),
            );
        }
    }
    if findings.0.len() == before {
        findings.ok(Kind::PortalGroups, user, "in no group that opens more");
    }
    let gids = groups.into_iter().map(|(_, gid)| gid).collect();
    Some(Portal { name: account.name, uid: account.uid, gids })
}

/// The groups of an account, the first one among them, by `/etc/group`.
fn groups(machine: &Machine, account: &Account) -> Vec<(String, u32)> {
    let text = machine.read("/etc/group").unwrap_or_default();
    let mut groups = vec![(account.group.clone(), account.gid)];
    groups.extend(text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, gid, members, ..] = fields[..] else { return None };
        let is_in = members.split(',').any(|member| member == account.name);
        Some((name.to_owned(), gid.parse().ok()?)).filter(|_| is_in)
    }));
    groups
}

/// The processes of a program on this host, and as whom they run. Those of containers are left out.
fn processes(machine: &Machine, program: &Path) -> Vec<(String, u32)> {
    let own = machine.link("/proc/self/ns/pid").ok();
    let names = machine.names("/proc").into_iter();
    let pids = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    pids.filter_map(|pid| {
        let folder = Path::new("/proc").join(&pid);
        let exe = machine.link(folder.join("exe")).ok()?;
        let is_here = machine.link(folder.join("ns/pid")).ok() == own;
        let is_it = exe.to_str()?.trim_end_matches(" (deleted)") == program.to_str()?;
        (is_it && is_here).then_some(())?;
        Some((pid, machine.metadata(folder).ok()?.uid()))
    })
    .collect()
}
