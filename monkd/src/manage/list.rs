//! Lists of users, whatever the directory is: a page at a time, so that they may have any length.

use monk_core::credential::CredentialSet;
use monk_core::emailed::is_placeholder;
use monk_core::factors::app_password::AppPasswordRecord;
use monk_core::factors::totp::TotpRecord;
use monk_wire::manage::{Failure, Listing, Outcome, Part, Unfit, UserRow};

use super::parts::{PAGE_TIME, Progress};
use super::{Task, invitations};
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::{Account, CredentialStore, Rest};
use crate::login::check_name;
use crate::outage::Outage;

/// Rows in one part: with the longest names and addresses, and in all groups that can be asked for, they
/// fit a reply.
const ROWS: usize = 250;

/// Users whose records are read within one [`PAGE_TIME`]. In a store on another LDAP server each of them takes two
/// searches, which makes half a second for one user at most: slower servers are none to log in with.
const LOADED_AT_ONCE: usize = 20;

/// Longest mail address that is shown, in bytes (RFC 5321 §4.5.3.1): a directory may hold anything.
const MAX_MAIL: usize = 320;

impl Task<'_> {
    /// Lists users.
    pub(super) async fn list_users(&self, listing: &Listing) -> Result<Outcome, Failure> {
        let Listing { without_second_factor, groups, only_members } = listing;
        let chosen = self.engine.settings.chosen();
        let is_unfindable = |group: &&String| chosen.directory.why_unfindable(group).is_some();
        if let Some(group) = groups.iter().find(is_unfindable) {
            return Err(Unfit::GroupUnfindable { group: group.clone() }.into());
        }
        let mut pages = self.engine.directory.everybody();
        let mut progress = Progress::new(self.parts);
        let (mut rows, mut count) = (Vec::new(), 0);
        loop {
            let mut page = pages.next(Deadline::after(PAGE_TIME)).await?;
            load(&*self.engine.store, &mut page.items, &mut progress).await?;
            let ids = page.items.iter().map(|account| account.id.clone()).collect();
            let numbers = self.posix_by(ids, Deadline::after(PAGE_TIME)).await?;
            for (account, posix) in page.items.into_iter().zip(numbers) {
                progress.step().await;
                // Nobody logs in with such a name.
                if check_name(&account.name).is_err() {
                    continue;
                }
                let row = UserRow { posix, ..self.row_in(account, groups).await? };
                if (*without_second_factor && row.second_factor)
                    || (*only_members && row.groups.is_empty())
                {
                    continue;
                }
                rows.push(row);
                count += 1;
                if rows.len() == ROWS {
                    self.say(Part::Users(std::mem::take(&mut rows))).await?;
                }
            }
            match page.rest {
                Rest::More => {}
                Rest::Withheld => return Err(Failure::ListIncomplete),
                Rest::Nothing => {
                    self.say(Part::Users(rows)).await?;
                    return Ok(Outcome::Listed { rows: count, users: progress.looked() });
                }
            }
        }
    }

    async fn row_in(&self, account: Account, groups: &[String]) -> Result<UserRow, Failure> {
        let mut found = Vec::new();
        for (place, group) in (0..).zip(groups) {
            let one = std::slice::from_ref(group);
            let deadline = Deadline::after(PAGE_TIME);
            if self.engine.directory.is_in_group(&account, one, deadline).await? {
                found.push(place);
            }
        }
        Ok(UserRow { groups: found, ..row(account) })
    }
}

/// Reads what the users of a page have, with a deadline for some of them at a time and signs of life in between.
async fn load(
    store: &dyn CredentialStore,
    accounts: &mut [Account],
    progress: &mut Progress<'_>,
) -> Result<(), Outage> {
    for some in accounts.chunks_mut(LOADED_AT_ONCE) {
        progress.tick().await;
        store.load_all(some, Deadline::after(PAGE_TIME)).await?;
    }
    Ok(())
}

/// What is shown of a user.
pub(super) fn row(account: Account) -> UserRow {
    let set = account.credentials.unwrap_or_default();
    let devices = set.all_of::<TotpRecord>().map(|(stored, _)| set.details(&stored.value));
    UserRow {
        name: account.name,
        mail: account.mail.filter(|mail| mail.len() <= MAX_MAIL),
        state: account.state,
        created: account.created,
        devices: count(devices.filter(|device| !device.pending)),
        app_passwords: count(set.all_of::<AppPasswordRecord>()),
        second_factor: set.has_second_factor_at(clock::now()),
        factors: factors(&set),
        groups: Vec::new(),
        posix: None,
        backup_codes_left: backup_codes_left(&set),
        invitation: invitations::state(&set),
    }
}

/// How many backup codes are left, where there is a set of them.
fn backup_codes_left(set: &CredentialSet) -> Option<u32> {
    let mut sets = set
        .credentials
        .iter()
        .filter_map(|stored| set.details(&stored.value).codes_left)
        .peekable();
    sets.peek()?;
    Some(count(sets.flat_map(|(left, _)| 0..left)))
}

fn factors(set: &CredentialSet) -> Vec<monk_terms::kind::Kind> {
    let confirmed = set
        .credentials
        .iter()
        .map(|stored| &stored.value)
        .filter(|credential| !is_placeholder(credential) && !set.details(credential).pending);
    let mut kinds: Vec<_> = confirmed.map(|credential| credential.factor.kind()).collect();
    kinds.sort_by_key(|kind| kind.as_str());
    kinds.dedup();
    kinds
}

fn count<T>(all: impl Iterator<Item = T>) -> u32 {
    u32::try_from(all.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use monk_core::credential::{Change, UseSwap};
    use monk_terms::account_state::AccountState;

    use super::super::parts::Parts;
    use super::*;
    use crate::directory::{Enrolled, Pages, Replacement, Swapped};

    /// A store that can read few users within a deadline.
    struct Slow(AtomicUsize);

    #[async_trait]
    impl CredentialStore for Slow {
        async fn load_all(&self, accounts: &mut [Account], _: Deadline) -> Result<(), Outage> {
            if accounts.len() > LOADED_AT_ONCE {
                return Err(Outage::Timeout("a test"));
            }
            self.0.fetch_add(accounts.len(), Ordering::SeqCst);
            Ok(())
        }

        async fn load(&self, _: &Account, _: Deadline) -> Result<CredentialSet, Outage> {
            panic!("lists read many users at once")
        }

        async fn spend(&self, _: &Account, _: &UseSwap, _: Deadline) -> Result<Swapped, Outage> {
            panic!("a list spends nothing")
        }

        async fn change(&self, _: &Account, _: &Change, _: Deadline) -> Result<Swapped, Outage> {
            panic!("a list changes nothing")
        }

        fn enrolled(&self) -> Box<dyn Pages<Enrolled> + '_> {
            panic!("a list begins with the directory")
        }

        async fn forget(&self, _: &Enrolled, _: Deadline) -> Result<Swapped, Outage> {
            panic!("a list changes nothing")
        }

        async fn replace(
            &self,
            _: &Account,
            _: &Replacement,
            _: Deadline,
        ) -> Result<Swapped, Outage> {
            panic!("a list changes nothing")
        }
    }

    #[tokio::test]
    async fn a_page_has_a_deadline_for_some_of_its_users_at_a_time() {
        const USERS: usize = 500;
        let store = Slow(AtomicUsize::new(0));
        let account = Account {
            id: "a".into(),
            name: "alice".into(),
            mail: None,
            state: AccountState::Enabled,
            created: None,
            password_end: None,
            locator: "a".into(),
            credentials: None,
        };
        let mut accounts = vec![account; USERS];
        let mut progress = Progress::new(&Parts::NOBODY);
        assert_eq!(load(&store, &mut accounts, &mut progress).await, Ok(()));
        assert_eq!(store.0.into_inner(), USERS, "everybody once");
    }
}
