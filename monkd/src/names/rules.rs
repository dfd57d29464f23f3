//! What of the directory may be served on this host, and how it is then written.
//!
//! Everything here is a clear no or a clear answer: an entry that breaks a rule is no user or group of this
//! host, exactly as if it were not there. The rules:
//!
//! - uids and gids below the least ones, and the one that means nobody (`NO_ID`), are the system's own;
//! - names and numbers in `/etc/passwd` and `/etc/group` are this machine's own ([`super::local`]);
//! - a name that is not exactly what was asked for is another name;
//! - names, homes and shells that programs would misread ([`super::fields`]) are none. A shell that cannot be
//!   written down is not replaced by the usual one, which may let more in than was meant.

use std::collections::BTreeSet;

use monk_wire::names::{Ageing, Query};

use super::fields::{gecos, is_name, is_path};
use super::local::Owned;
use super::said::{self, Body};
use crate::directory::names::{Key, PosixGroup, PosixUser};
use crate::settings::names::NameSettings;

/// The uid and gid that system calls take for "leave it as it is" (chown(2), setresuid(2)).
const NO_ID: u32 = u32::MAX;

/// What a user of the directory is on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The login name.
    pub name: String,
    /// The uid.
    pub uid: u32,
    /// The primary group.
    pub gid: u32,
    gecos: String,
    home: String,
    shell: String,
    ageing: Ageing,
}

impl Served {
    /// As passwd(5) has it.
    #[must_use]
    pub fn body(&self) -> Body {
        said::user(self.uid, self.gid, self.texts())
    }

    /// Its texts, in the order of passwd(5).
    #[must_use]
    pub fn texts(&self) -> [&str; 4] {
        [&self.name, &self.gecos, &self.home, &self.shell]
    }

    /// As shadow(5) has it.
    #[must_use]
    pub fn ageing(&self) -> Body {
        said::ageing(self.ageing)
    }
}

/// Why a user of the directory is none of this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unserved {
    /// The name or the uid is one of this machine's own.
    Own,
    /// Programs would misread the name.
    Name,
    /// The uid is below the least one, or means nobody.
    Uid,
    /// The primary group is below the least one, and not one of those in the settings; or it means nobody.
    Gid,
    /// Programs would misread the home folder.
    Home,
    /// Programs would misread the shell.
    Shell,
}

/// The rules, at one moment.
pub struct Rules<'a> {
    /// The section `[names]`.
    pub settings: &'a NameSettings,
    /// What is this machine's own.
    pub own: Owned,
}

impl Rules<'_> {
    /// Whether it is clear, without asking the directory, that there is none.
    #[must_use]
    pub fn rule_out(&self, query: &Query<'_>) -> bool {
        match *query {
            Query::UserByName(name) | Query::GroupsOf(name) | Query::Ageing(name) => {
                !self.may_be_user(name)
            }
            Query::GroupByName(name) => !self.may_be_group(name),
            Query::UserByUid(uid) => !self.is_uid(uid),
            Query::GroupByGid(gid) => !self.is_gid(gid),
            Query::Users(_) | Query::Groups(_) => !self.settings.enumerate,
        }
    }

    /// The user that was asked for, as served here.
    #[must_use]
    pub fn user(&self, found: PosixUser, key: Key<'_>) -> Option<Served> {
        let is_asked = match key {
            Key::Name(name) => found.name == name,
            Key::Number(uid) => found.uid == uid,
        };
        if is_asked { self.any_user(found) } else { None }
    }

    /// A user of a list, as served here.
    #[must_use]
    pub fn any_user(&self, found: PosixUser) -> Option<Served> {
        self.served(found).ok()
    }

    /// A user as served here.
    ///
    /// # Errors
    /// The first reason for which there is no such user.
    pub fn served(&self, found: PosixUser) -> Result<Served, Unserved> {
        let PosixUser { name, uid, gid, ageing, .. } = found;
        let set = |path: Option<String>| path.filter(|path| !path.is_empty());
        let home =
            set(found.home).unwrap_or_else(|| self.settings.default_home.replace("{user}", &name));
        let shell = set(found.shell).unwrap_or_else(|| self.settings.default_shell.clone());
        let has_group = self.is_gid(gid) || self.settings.primary_gids.contains(&gid);
        let is_own = self.own.users.has_name(&name) || self.own.users.has_number(uid);
        let reasons = [
            (is_own, Unserved::Own),
            (!is_name(&name), Unserved::Name),
            (!self.is_uid(uid), Unserved::Uid),
            (!has_group || gid == NO_ID, Unserved::Gid),
            (!is_path(&home), Unserved::Home),
            (!is_path(&shell), Unserved::Shell),
        ];
        match reasons.into_iter().find(|(applies, _)| *applies) {
            Some((_, reason)) => Err(reason),
            None => Ok(Served { gecos: gecos(&found.gecos), name, uid, gid, home, shell, ageing }),
        }
    }

    /// The group that was asked for, as served here.
    #[must_use]
    pub fn group(&self, found: PosixGroup, key: Key<'_>) -> Option<PosixGroup> {
        let is_asked = match key {
            Key::Name(name) => found.name == name,
            Key::Number(gid) => found.gid == gid,
        };
        if is_asked { self.any_group(found) } else { None }
    }

    /// A group of a list, as served here: its members are users who are served themselves, each once.
    #[must_use]
    pub fn any_group(&self, found: PosixGroup) -> Option<PosixGroup> {
        let PosixGroup { name, gid, mut members } = found;
        if !self.is_gid(gid) || !self.may_be_group(&name) {
            return None;
        }
        let mut seen = BTreeSet::new();
        members.retain(|member| self.may_be_user(member) && seen.insert(member.clone()));
        Some(PosixGroup { name, gid, members })
    }

    /// The groups that a user is in through the directory. One of this machine's own is not joined by its number.
    #[must_use]
    pub fn groups_of(&self, mut gids: Vec<u32>) -> Vec<u32> {
        gids.retain(|&gid| self.is_gid(gid));
        gids.sort_unstable();
        gids.dedup();
        gids
    }

    fn may_be_user(&self, name: &str) -> bool {
        is_name(name) && !self.own.users.has_name(name)
    }

    fn may_be_group(&self, name: &str) -> bool {
        is_name(name) && !self.own.groups.has_name(name)
    }

    fn is_uid(&self, uid: u32) -> bool {
        uid >= self.settings.minimum_uid && uid != NO_ID && !self.own.users.has_number(uid)
    }

    fn is_gid(&self, gid: u32) -> bool {
        gid >= self.settings.minimum_gid && gid != NO_ID && !self.own.groups.has_number(gid)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::names::local::LocalFiles;

    /// With bob (1500) and the group devs (2500) on this machine.
    fn rules(settings: &NameSettings) -> Rules<'_> {
        let folder = tempfile::tempdir().unwrap();
        let (passwd, group) = (folder.path().join("passwd"), folder.path().join("group"));
        fs::write(&passwd, "root:x:0:0::/:/bin/sh\nbob:x:1500:1500::/:/bin/sh\n").unwrap();
        fs::write(&group, "root:x:0:\ndevs:x:2500:\n").unwrap();
        Rules { settings, own: LocalFiles::at(&passwd, &group).read().unwrap() }
    }

    fn alice() -> PosixUser {
        PosixUser {
            id: "u1".into(),
            name: "alice".into(),
            uid: 3000,
            gid: 3001,
            gecos: "Alice".into(),
            home: None,
            shell: None,
            ageing: Ageing::default(),
            locator: "u1".into(),
        }
    }

    #[test]
    fn a_missing_home_or_shell_is_the_usual_one_and_one_that_cannot_be_written_is_no_user() {
        let settings = NameSettings::default();
        let rules = rules(&settings);
        let served = |home: Option<&str>, shell: Option<&str>| {
            let (home, shell) = (home.map(str::to_owned), shell.map(str::to_owned));
            rules.any_user(PosixUser { home, shell, ..alice() }).map(|served| {
                let [_, _, home, shell] = served.texts();
                format!("{home} {shell}")
            })
        };
        let usual = Some("/home/alice /bin/bash".to_owned());
        assert_eq!((served(None, None), served(Some(""), Some(""))), (usual.clone(), usual));
        assert_eq!(served(Some("/srv/a"), Some("/bin/zsh")), Some("/srv/a /bin/zsh".into()));
        for (home, shell) in
            [("/a:b", "/bin/sh"), ("/a", "/bin/sh\nroot"), ("a", "/bin/sh"), ("/a", "false")]
        {
            assert_eq!(served(Some(home), Some(shell)), None, "{home:?} {shell:?}");
        }
    }

    #[test]
    fn what_is_this_machines_own_or_the_systems_is_never_served() {
        let settings =
            NameSettings { minimum_uid: 2000, minimum_gid: 2000, ..NameSettings::default() };
        let rules = rules(&settings);
        assert!(rules.any_user(alice()).is_some());
        for user in [
            PosixUser { name: "bob".into(), ..alice() },
            PosixUser { name: "root".into(), ..alice() },
            PosixUser { uid: 0, ..alice() },
            PosixUser { uid: 1999, ..alice() },
            PosixUser { uid: 1500, ..alice() },
            PosixUser { uid: u32::MAX, ..alice() },
            PosixUser { gid: 27, ..alice() },
            PosixUser { gid: 1999, ..alice() },
            // Who has a group of this machine as the primary one would be in it.
            PosixUser { gid: 2500, ..alice() },
            PosixUser { gid: u32::MAX, ..alice() },
            PosixUser { name: "al:ice".into(), ..alice() },
        ] {
            assert_eq!(rules.any_user(user.clone()), None, "{user:?}");
        }
        let in_users = rules.any_user(PosixUser { gid: 100, ..alice() });
        assert_eq!(in_users.map(|user| user.gid), Some(100), "Debian's group for people");
        let group = |name: &str, gid| PosixGroup { name: name.into(), gid, members: Vec::new() };
        assert!(rules.any_group(group("staff2", 4000)).is_some());
        for group in
            [group("devs", 4000), group("other", 2500), group("other", 27), group("x,y", 4000)]
        {
            assert_eq!(rules.any_group(group.clone()), None, "{group:?}");
        }
        assert_eq!(rules.groups_of(vec![4000, 27, 2500, 3000, 4000, u32::MAX]), [3000, 4000]);
        for query in [
            Query::UserByName("bob"),
            Query::GroupsOf("root"),
            Query::Ageing("root"),
            Query::UserByUid(1500),
            Query::GroupByName("devs"),
            Query::GroupByGid(2500),
            Query::UserByUid(0),
            Query::UserByName("-x"),
            Query::Users(0),
            Query::Groups(7),
        ] {
            assert!(rules.rule_out(&query), "{query:?}");
        }
        for query in
            [Query::UserByName("alice"), Query::UserByUid(4_000_000_000), Query::GroupByName("bob")]
        {
            assert!(!rules.rule_out(&query), "{query:?}");
        }
    }

    #[test]
    fn a_second_spelling_is_no_second_user_and_members_are_served_users_each_once() {
        let settings = NameSettings::default();
        let rules = rules(&settings);
        assert!(rules.user(alice(), Key::Name("alice")).is_some());
        assert_eq!(rules.user(alice(), Key::Name("Alice")), None);
        assert_eq!(rules.user(alice(), Key::Number(3002)), None);
        let members = ["alice", "root", "carol", "alice", "a:b", ""].map(str::to_owned).to_vec();
        let staff = PosixGroup { name: "Staff".into(), gid: 5000, members };
        assert_eq!(rules.group(staff.clone(), Key::Name("staff")), None);
        let served = rules.group(staff, Key::Number(5000)).unwrap();
        assert_eq!(served.members, ["alice", "carol"]);
    }
}
