//! Records of users who are gone: found and swept, where they are kept apart from the users.
//!
//! That a user is missing from a list proves nothing. Somebody is gone if the directory was listed to its end
//! without the id, and then says for this very id that nobody has it. Even so the records stay for a time
//! after that was first noticed, and where more users seem to be gone than are there, the settings, the
//! access rules or the directory are more likely to be wrong.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use monk_core::credential::CredentialSet;
use monk_wire::manage::{Failure, Orphan, OrphanCommand, OrphanOutcome, Outcome, Part};

use super::Task;
use super::access::SERVICE;
use super::parts::{PAGE_TIME, Progress};
use crate::audit::{self, Ending};
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::{Advice, Enrolled, Rest, Swapped};
use crate::noticed::Noticed;
use crate::outage::Outage;

/// Rows in one part: with the longest ids, they fit a reply.
const ROWS: usize = 250;

/// Somebody who is gone.
struct Gone {
    id: String,
    name: String,
    locator: String,
    credentials: u32,
}

impl Task<'_> {
    /// Lists the records of users who are gone, or sweeps them.
    pub(super) async fn orphans(&self, command: OrphanCommand) -> Result<Outcome, Failure> {
        if self.engine.store.is_in_entries() {
            return Ok(Outcome::Orphans(OrphanOutcome::None));
        }
        let mut progress = Progress::new(self.parts);
        let present = self.ids(&mut progress).await?;
        let (owners, gone) = self.gone(&present, &mut progress).await?;
        let count = u64::try_from(gone.len()).unwrap_or(u64::MAX);
        let is_doubtful = count > owners - count;
        let due = match command {
            OrphanCommand::List => None,
            OrphanCommand::Sweep { force: false, .. } if is_doubtful => {
                return Err(Failure::TooManyGone { gone: count, owners });
            }
            OrphanCommand::Sweep { after, .. } => Some(clock::now().saturating_sub(after)),
        };
        // A mistake does not set the clock going.
        let since = match is_doubtful && due.is_none() {
            true => HashMap::new(),
            false => self.note(&gone).await?,
        };
        let (mut rows, mut removed) = (Vec::new(), 0);
        for gone in gone {
            let since = since.get(&gone.id).copied().unwrap_or_else(clock::now);
            let is_removed = match due {
                Some(due) if since <= due => self.sweep(&gone).await?,
                _ => false,
            };
            removed += u64::from(is_removed);
            let Gone { id, name, credentials, .. } = gone;
            rows.push(Orphan { id, name, credentials, since, removed: is_removed });
            if rows.len() == ROWS {
                self.say(Part::Orphans(std::mem::take(&mut rows))).await?;
            }
            progress.tick().await;
        }
        self.say(Part::Orphans(rows)).await?;
        Ok(Outcome::Orphans(OrphanOutcome::Looked { owners, gone: count, removed }))
    }

    /// The ids of everybody in the directory.
    async fn ids(&self, progress: &mut Progress<'_>) -> Result<HashSet<String>, Failure> {
        let mut ids = HashSet::new();
        let mut pages = self.engine.directory.everybody();
        loop {
            let page = pages.next(Deadline::after(PAGE_TIME)).await?;
            for account in page.items {
                ids.insert(account.id);
                progress.step().await;
            }
            match page.rest {
                Rest::More => {}
                Rest::Nothing => return Ok(ids),
                Rest::Withheld => return Err(Failure::ListIncomplete),
            }
        }
    }

    /// How many users have records, and those of them who are gone.
    async fn gone(
        &self,
        present: &HashSet<String>,
        progress: &mut Progress<'_>,
    ) -> Result<(u64, Vec<Gone>), Failure> {
        let (mut owners, mut gone) = (0, Vec::new());
        let mut pages = self.engine.store.enrolled();
        loop {
            let page = pages.next(Deadline::after(PAGE_TIME)).await?;
            for Enrolled { id, name, locator, set, .. } in page.items {
                owners += 1;
                progress.tick().await;
                if present.contains(&id) || self.is_there(&id).await? {
                    continue;
                }
                let credentials = set.credentials.len() + set.unreadable_credentials;
                let credentials = u32::try_from(credentials).unwrap_or(u32::MAX);
                gone.push(Gone { id, name, locator, credentials });
            }
            match page.rest {
                Rest::More => {}
                Rest::Nothing => return Ok((owners, gone)),
                Rest::Withheld => return Err(Failure::ListIncomplete),
            }
        }
    }

    /// Whether somebody has the id. No answer is no "no".
    async fn is_there(&self, id: &str) -> Result<bool, Outage> {
        self.engine.directory.has(id, Deadline::after(PAGE_TIME)).await
    }

    async fn note(&self, gone: &[Gone]) -> Result<HashMap<String, u64>, Outage> {
        let noticed = Noticed::open(&self.engine.settings.noticed_path())?;
        let ids = gone.iter().map(|gone| gone.id.clone()).collect();
        noticed.note(ids, Deadline::after(PAGE_TIME)).await
    }

    /// Removes the records of somebody, unless the user or the records have changed by now.
    async fn sweep(&self, gone: &Gone) -> Result<bool, Failure> {
        let (started, deadline) = (Instant::now(), Deadline::after(PAGE_TIME));
        if self.is_there(&gone.id).await? {
            return Ok(false);
        }
        let Gone { id, name, locator, .. } = gone;
        let (id, name, locator) = (id.clone(), name.clone(), locator.clone());
        let set = CredentialSet::default();
        let mut owner = Enrolled { id, name, locator, set, hidden: false };
        owner.set = self.engine.store.load(&owner.account(), deadline).await?;
        let is_removed = self.engine.store.forget(&owner, deadline).await? == Swapped::Done;
        if is_removed {
            audit::record(&audit::Line {
                event: "credentials-sweep",
                user: &owner.name,
                service: SERVICE,
                terminal: None,
                by: Some(self.caller.uid),
                address: None,
                ending: &Ending::Done,
                credential: None,
                password: Advice::Nothing,
                how: None,
                would: None,
                took: started.elapsed(),
            });
        }
        Ok(is_removed)
    }
}
