//! Users of the directory who have a uid, and are no users of this machine.

use monk_wire::manage::doctor::Kind;

use crate::directory::names::PosixUser;
use crate::names::rules::{Rules, Unserved};
use crate::observations::Observations;

/// Most of them in one finding.
const MAX_SHOWN: usize = 5;

/// Those that were seen.
#[derive(Debug, Default)]
pub struct NotHere {
    shown: Vec<String>,
    more: usize,
}

impl NotHere {
    /// Looks at a user of the directory. One whose name or uid this machine has itself is told of as a clash.
    pub fn look(&mut self, rules: &Rules<'_>, user: &PosixUser) {
        let Err(reason) = rules.served(user.clone()) else { return };
        if reason == Unserved::Own {
            return;
        }
        if self.shown.len() == MAX_SHOWN {
            self.more += 1;
        } else {
            self.shown.push(told(user, reason));
        }
    }

    /// Tells of them, where there are any.
    pub fn tell(&self, subject: &str, findings: &mut Observations) {
        if self.shown.is_empty() {
            return;
        }
        let more = if self.more == 0 { String::new() } else { format!("; and {} more", self.more) };
        findings.report(
            Kind::NamesUnserved,
            subject,
            format!("not on this host: {}{more}", self.shown.join("; ")),
            "Correct these entries, or minimum_uid, minimum_gid and primary_gids in [names].",
        );
    }
}

/// Why a user is not here.
fn told(user: &PosixUser, reason: Unserved) -> String {
    let PosixUser { name, uid, gid, .. } = user;
    match reason {
        Unserved::Own => format!("{name} (an account of this machine)"),
        Unserved::Name => format!("{name} (programs would misread the name)"),
        Unserved::Uid => format!("{name} (uid {uid} is not from minimum_uid on)"),
        Unserved::Gid => {
            format!(
                "{name} (primary group {gid} is not from minimum_gid on, or this machine's own)"
            )
        }
        Unserved::Home => format!("{name} (the home folder is no path that programs can read)"),
        Unserved::Shell => format!("{name} (the shell is no path that programs can read)"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::directory::names::Ageing;
    use crate::names::local::LocalFiles;
    use crate::settings::names::NameSettings;

    fn user(name: &str, uid: u32, gid: u32) -> PosixUser {
        PosixUser {
            id: name.to_owned(),
            name: name.to_owned(),
            uid,
            gid,
            gecos: String::new(),
            home: None,
            shell: None,
            ageing: Ageing::default(),
            locator: name.to_owned(),
        }
    }

    fn told_of(users: &[PosixUser]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let (passwd, group) = (folder.path().join("passwd"), folder.path().join("group"));
        fs::write(&passwd, "bob:x:1500:1500::/:/bin/sh\n").unwrap();
        fs::write(&group, "devs:x:2500:\n").unwrap();
        let settings = NameSettings::default();
        let own = LocalFiles::at(&passwd, &group).read().unwrap();
        let rules = Rules { settings: &settings, own };
        let mut not_here = NotHere::default();
        users.iter().for_each(|user| not_here.look(&rules, user));
        let mut findings = Observations::default();
        not_here.tell("uids", &mut findings);
        findings.0.iter().map(|one| format!("{} {:?}", one.id, one.evidence)).collect()
    }

    #[test]
    fn those_with_numbers_that_are_not_served_are_told_with_the_reason() {
        assert_eq!(told_of(&[user("alice", 3000, 3000), user("bob", 3001, 3001)]), [""; 0]);
        let told =
            told_of(&[user("low", 500, 3000), user("wheel", 3002, 27), user("a:b", 3003, 3003)]);
        for part in ["low (uid 500 ", "wheel (primary group 27 ", "a:b (programs would misread"] {
            assert!(told[0].contains(part), "{told:?}");
        }
    }

    #[test]
    fn only_some_are_named() {
        let users: Vec<PosixUser> = (0..8).map(|n| user(&format!("u{n}"), 10 + n, 3000)).collect();
        let told = told_of(&users);
        assert!(told[0].contains("u4") && !told[0].contains("u5"), "{told:?}");
        assert!(told[0].contains("; and 3 more"), "{told:?}");
    }
}
