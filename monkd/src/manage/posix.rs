//! What users and groups of the embedded directory are for hosts.

use monk_wire::manage::{Clash, Failure, Outcome, Posix, PosixWish, PrimaryGroup, Unfit};

use super::Task;
use crate::audit;
use crate::deadline::Deadline;
use crate::directory::embedded::settings::{LEAST_ID, is_id};
use crate::local_accounts::{self, LocalAccount};
use crate::names::fields::is_name;
use crate::settings::names::USERS;

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
        check_wish(wish)?;
        let account = self.find().await?.0;
        if !even_local {
            check_local(&account.name, wish, &local_accounts())?;
        }
        Ok(Outcome::Posix(users.set_posix(&account.id, wish, self.deadline).await??))
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

/// The accounts of this host; none where the list cannot be read, which the log says.
pub(super) fn local_accounts() -> Vec<LocalAccount> {
    local_accounts::listed().unwrap_or_else(|error| {
        audit::warn(&format!("the accounts of this host are not known: {error}"));
        Vec::new()
    })
}

/// Checks that the uid is not the one of somebody else on this host.
pub(super) fn check_local(
    name: &str,
    wish: &PosixWish,
    accounts: &[LocalAccount],
) -> Result<(), Clash> {
    let is_in_the_way =
        |account: &&LocalAccount| Some(account.uid) == wish.uid && account.name != name;
    match accounts.iter().find(is_in_the_way) {
        Some(LocalAccount { name, uid }) => {
            Err(Clash::LocalUid { uid: *uid, account: name.clone() })
        }
        None => Ok(()),
    }
}

/// Checks what is wanted of a user.
pub(super) fn check_wish(wish: &PosixWish) -> Result<(), Unfit> {
    let PosixWish { uid, group, full_name, home, shell } = wish;
    if let Some(uid) = uid {
        check_id(*uid)?;
    }
    match group {
        // Users with another primary group of the system are served on no host.
        Some(PrimaryGroup::Numbered(gid)) if *gid != USERS => check_id(*gid)?,
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
            assert_eq!(check_wish(&wish), answer, "{wish:?}");
        }
    }

    #[test]
    fn the_uid_of_another_account_of_this_host_is_in_the_way() {
        let accounts = [LocalAccount { name: "alice".into(), uid: 1001 }];
        let wish = PosixWish { uid: Some(1001), ..PosixWish::default() };
        assert_eq!(check_local("alice", &wish, &accounts), Ok(()), "it is hers");
        let clash = Clash::LocalUid { uid: 1001, account: "alice".into() };
        assert_eq!(check_local("bob", &wish, &accounts), Err(clash));
        assert_eq!(check_local("bob", &PosixWish::default(), &accounts), Ok(()));
    }
}
