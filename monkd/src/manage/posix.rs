//! What users and groups of the embedded directory are for hosts.

use monk_wire::manage::{Clash, Failure, Outcome, Posix, PosixWish, PrimaryGroup, Unfit};

use super::Task;
use crate::audit;
use crate::deadline::Deadline;
use crate::directory::embedded::settings::{LEAST_ID, is_id};
use crate::directory::names::Key;
use crate::local_accounts::{self, LocalAccount};
use crate::local_groups::{self, LocalGroup};
use crate::names::fields::is_name;
use crate::outage::Outage;

/// Longest path of a home folder or shell, in bytes: `PATH_MAX` of Linux, with its NUL.
const MAX_PATH: usize = 4095;

/// Longest full name, in bytes. Lines of passwd(5) beyond 1,024 bytes confuse old programs.
const MAX_FULL_NAME: usize = 255;

impl Task<'_> {
    /// Sets what the user is for hosts.
    pub(super) async fn set_posix(
        &self,
        wish: &PosixWish,
        even_local: bool,
    ) -> Result<Outcome, Failure> {
        let users = self.users()?;
        check_wish(wish, self.primary_gids())?;
        let account = self.find().await?.0;
        if !even_local {
            let uid = match wish.uid {
                Some(uid) => Some(uid),
                None => {
                    let now = self.posix(vec![account.id.clone()]).await?.pop().flatten();
                    now.map(|posix| posix.uid)
                }
            };
            self.check_local(&account.name, uid, wish, &Local::now()).await??;
        }
        Ok(Outcome::Posix(users.set_posix(&account.id, wish, self.deadline).await??))
    }

    /// Checks that no number is the one of somebody else on this host. `uid` is the one that the user will have,
    /// where that is certain: the private group has the same.
    async fn check_local(
        &self,
        name: &str,
        uid: Option<u32>,
        wish: &PosixWish,
        local: &Local,
    ) -> Result<Result<(), Clash>, Outage> {
        let gid = match &wish.group {
            Some(PrimaryGroup::Numbered(gid)) => {
                Some(*gid).filter(|gid| !self.primary_gids().contains(gid))
            }
            Some(PrimaryGroup::Named(group)) if group.eq_ignore_ascii_case(name) => uid,
            _ => None,
        };
        let checked = local.check(name, wish.uid, gid);
        let Err(Clash::LocalGid { gid, group }) = &checked else { return Ok(checked) };
        // A group that is on its way from this host into the directory is the same one.
        let names = self.engine.directory.names();
        let moving = names.group(Key::Number(*gid), self.deadline).await?;
        Ok(if moving.is_some_and(|moving| moving.name == *group) { Ok(()) } else { checked })
    }

    /// The same for a new user, who has a private group where no other one is wanted.
    pub(super) async fn check_new_local(
        &self,
        name: &str,
        wish: &PosixWish,
        local: &Local,
    ) -> Result<Result<(), Clash>, Outage> {
        let private = || PrimaryGroup::Named(name.to_owned());
        let group = Some(wish.group.clone().unwrap_or_else(private));
        self.check_local(name, wish.uid, &PosixWish { group, ..wish.clone() }, local).await
    }

    /// Groups of this host that users may have as their primary group.
    pub(super) fn primary_gids(&self) -> &[u32] {
        &self.engine.settings.names.primary_gids
    }

    /// What users are for hosts, where the directory is our own.
    pub(super) async fn posix(&self, ids: Vec<String>) -> Result<Vec<Option<Posix>>, Failure> {
        self.posix_by(ids, self.deadline).await
    }

    /// The same by another deadline, for lists.
    pub(super) async fn posix_by(
        &self,
        ids: Vec<String>,
        deadline: Deadline,
    ) -> Result<Vec<Option<Posix>>, Failure> {
        match self.engine.directory.users() {
            Some(users) => Ok(users.posix(ids, deadline).await?),
            None => Ok(vec![None; ids.len()]),
        }
    }
}

/// The accounts and groups of this host; none where a list cannot be read, which the log says.
pub(super) struct Local {
    accounts: Vec<LocalAccount>,
    groups: Vec<LocalGroup>,
}

impl Local {
    /// Those of this moment.
    pub(super) fn now() -> Self {
        let accounts = local_accounts::listed().unwrap_or_else(|error| {
            audit::warn(&format!("the accounts of this host are not known: {error}"));
            Vec::new()
        });
        let groups = local_groups::listed().unwrap_or_else(|error| {
            audit::warn(&format!("the groups of this host are not known: {error}"));
            Vec::new()
        });
        Self { accounts, groups }
    }

    /// Whether there is an account of this name.
    pub(super) fn has_account(&self, name: &str) -> bool {
        self.accounts.iter().any(|account| account.name == name)
    }

    /// Checks that neither number is the one of an account or a group of another name.
    pub(super) fn check(
        &self,
        name: &str,
        uid: Option<u32>,
        gid: Option<u32>,
    ) -> Result<(), Clash> {
        let mut accounts = self.accounts.iter();
        if let Some(LocalAccount { name, uid, .. }) =
            accounts.find(|account| Some(account.uid) == uid && account.name != name)
        {
            return Err(Clash::LocalUid { uid: *uid, account: name.clone() });
        }
        let mut groups = self.groups.iter();
        match groups.find(|group| Some(group.gid) == gid && group.name != name) {
            Some(LocalGroup { name, gid }) => {
                Err(Clash::LocalGid { gid: *gid, group: name.clone() })
            }
            None => Ok(()),
        }
    }
}

/// Checks what is wanted of a user. `primary_gids` are the groups of the system that may be primary ones.
pub(super) fn check_wish(wish: &PosixWish, primary_gids: &[u32]) -> Result<(), Unfit> {
    let PosixWish { uid, group, full_name, home, shell } = wish;
    if let Some(uid) = uid {
        check_id(*uid)?;
    }
    match group {
        // Users with another primary group of the system are served on no host.
        Some(PrimaryGroup::Numbered(gid)) if !primary_gids.contains(gid) => check_id(*gid)?,
        _ => {}
    }
    if [home, shell].into_iter().flatten().any(|path| !path.is_empty() && !is_path(path)) {
        return Err(Unfit::Path);
    }
    if full_name.as_ref().is_some_and(|name| !is_field(name) || name.len() > MAX_FULL_NAME) {
        return Err(Unfit::FullName);
    }
    Ok(())
}

/// Checks a number for a user or group.
pub(super) fn check_id(id: u32) -> Result<(), Unfit> {
    if is_id(id) { Ok(()) } else { Err(Unfit::Id { id, least: LEAST_ID }) }
}

/// Checks a new name of a user or group: one that programs do not take for something else. Numbers are uids to
/// them, and `+` and `-` begin lines of nss_compat.
pub(super) fn check_host_name(name: &str) -> Result<(), Unfit> {
    let is_number = name.chars().all(|one| one.is_ascii_digit());
    let fits = is_field(name) && is_name(name) && !name.starts_with('#');
    if fits && !is_number && name != "." && name != ".." { Ok(()) } else { Err(Unfit::HostName) }
}

/// Whether a text can stand in a line of passwd(5).
fn is_field(text: &str) -> bool {
    !text.contains(':') && !text.chars().any(char::is_control)
}

fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.len() <= MAX_PATH && is_field(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_programs_take_for_something_else_are_refused() {
        for name in
            ["alice", "jörg", "Alice.Smith", "a1", "1a", "info@example.org", "a-b_c", "Max M"]
        {
            assert_eq!(check_host_name(name), Ok(()), "{name}");
        }
        for name in [
            "1000", "0", "-a", "+a", "~a", "#a", "@a", "a=b", "a:b", "a,b", "a/b", ".", "..",
            "a\nb", "",
        ] {
            assert_eq!(check_host_name(name), Err(Unfit::HostName), "{name}");
        }
    }

    #[test]
    fn what_cannot_stand_in_a_line_of_passwd_is_refused() {
        let some = |text: &str| Some(text.to_owned());
        let wish = PosixWish::default;
        for (wish, answer) in [
            (wish(), Ok(())),
            (PosixWish { home: some("/srv/alice b"), shell: some(""), ..wish() }, Ok(())),
            (PosixWish { home: some("srv"), ..wish() }, Err(Unfit::Path)),
            (PosixWish { home: some("/a:b"), ..wish() }, Err(Unfit::Path)),
            (PosixWish { shell: some("/bin/sh\n"), ..wish() }, Err(Unfit::Path)),
            (PosixWish { shell: some(&"/a".repeat(2048)), ..wish() }, Err(Unfit::Path)),
            (PosixWish { full_name: some("Jörg, Raum 5"), ..wish() }, Ok(())),
            (PosixWish { full_name: some("a:b"), ..wish() }, Err(Unfit::FullName)),
            (PosixWish { uid: Some(1000), ..wish() }, Ok(())),
            (PosixWish { uid: Some(999), ..wish() }, Err(Unfit::Id { id: 999, least: LEAST_ID })),
            (
                PosixWish { uid: Some(65_534), ..wish() },
                Err(Unfit::Id { id: 65_534, least: LEAST_ID }),
            ),
            (PosixWish { uid: Some(3_000_000_000), ..wish() }, Ok(())),
            (PosixWish { group: Some(PrimaryGroup::Numbered(100)), ..wish() }, Ok(())),
            (
                PosixWish { group: Some(PrimaryGroup::Numbered(27)), ..wish() },
                Err(Unfit::Id { id: 27, least: LEAST_ID }),
            ),
        ] {
            assert_eq!(check_wish(&wish, &[100]), answer, "{wish:?}");
        }
    }

    #[test]
    fn which_groups_of_the_system_may_be_primary_ones_the_settings_say() {
        for (gid, gids, may) in [(100, &[100][..], true), (100, &[], false), (27, &[20, 27], true)]
        {
            let group = Some(PrimaryGroup::Numbered(gid));
            let wish = PosixWish { group, ..PosixWish::default() };
            assert_eq!(check_wish(&wish, gids).is_ok(), may, "{gid} {gids:?}");
        }
    }

    #[test]
    fn the_uid_of_another_account_of_this_host_is_in_the_way() {
        let accounts = vec![LocalAccount { name: "alice".into(), uid: 1001, gid: 1002 }];
        let local = Local { accounts, groups: Vec::new() };
        assert_eq!(local.check("alice", Some(1001), None), Ok(()), "it is hers");
        let clash = Clash::LocalUid { uid: 1001, account: "alice".into() };
        assert_eq!(local.check("bob", Some(1001), None), Err(clash));
        assert_eq!(local.check("bob", None, Some(1001)), Ok(()));
    }

    #[test]
    fn the_gid_of_another_group_of_this_host_is_in_the_way() {
        let groups = vec![LocalGroup { name: "devs".into(), gid: 1500 }];
        let local = Local { accounts: Vec::new(), groups };
        assert_eq!(local.check("devs", None, Some(1500)), Ok(()), "it is that group");
        let clash = Clash::LocalGid { gid: 1500, group: "devs".into() };
        assert_eq!(local.check("staff", None, Some(1500)), Err(clash));
        assert_eq!(local.check("bob", Some(1500), None), Ok(()));
    }
}
