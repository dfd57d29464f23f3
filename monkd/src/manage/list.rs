//! Lists of users, whatever the directory is: a page at a time, so that they may have any length.

use monk_core::credential::CredentialSet;
use monk_core::emailed::is_placeholder;
use monk_core::factors::app_password::AppPasswordRecord;
use monk_core::factors::totp::TotpRecord;
use monk_wire::manage::{Failure, Listing, Outcome, Part, Unfit, UserRow};

use super::Task;
use super::parts::{PAGE_TIME, Progress};
use crate::deadline::Deadline;
use crate::directory::{Account, Rest};
use crate::login::check_name;

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
            for some in page.items.chunks_mut(LOADED_AT_ONCE) {
                progress.tick().await;
                self.engine.store.load_all(some, Deadline::after(PAGE_TIME)).await?;
            }
            for account in page.items {
                progress.step().await;
                // Nobody logs in with such a name.
                if check_name(&account.name).is_err() {
                    continue;
                }
                let row = self.row_in(account, groups).await?;
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

/// What is shown of a user.
pub(super) fn row(account: Account) -> UserRow {
    let set = account.credentials.unwrap_or_default();
    let devices = set.all_of::<TotpRecord>();
    UserRow {
        name: account.name,
        mail: account.mail.filter(|mail| mail.len() <= MAX_MAIL),
        state: account.state,
        created: account.created,
        devices: count(devices.filter(|(_, device)| !device.pending)),
        app_passwords: count(set.all_of::<AppPasswordRecord>()),
        second_factor: set.has_second_factor(),
        factors: factors(&set),
        groups: Vec::new(),
    }
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
