//! After a backup was restored: no code is good that can have been used since it was made.
//!
//! `monkd --restore` does this with the embedded store before anybody sees it. Where records are in LDAP, another
//! program restores them, and the administrator gives this command afterwards.

use std::sync::Arc;
use std::time::Duration;

use monk_core::keys::Keyring;
use monk_core::mac::Author;
use monk_wire::manage::{Failure, Outcome, Restored};

use super::parts::{PAGE_TIME, Progress};
use super::{MAX_ROUNDS, Task};
use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::directory::{CredentialStore, Enrolled, Rest, Swapped};
use crate::keys;
use crate::outage::Outage;

/// Longest time that the records of one user may take.
const CHANGE_TIME: Duration = Duration::from_secs(10);

/// Users who are named as not changed. The next run goes on with all of them.
const NAMED: usize = 100;

/// What has become of everybody's codes.
pub(crate) struct Swept {
    /// Users who have records.
    pub users: u64,
    /// Users whose codes could not be spent, the first hundred.
    pub left: Vec<String>,
    /// Users whose records are in force in another store, or made with a key that is not held, the first hundred.
    pub foreign: Vec<String>,
}

/// What has become of the codes of one user.
enum Spending {
    /// They open nothing.
    Done,
    /// Others decide about these records.
    NotHere,
}

impl Task<'_> {
    /// Spends everybody's codes.
    pub(super) async fn restored(&self) -> Result<Outcome, Failure> {
        let settings = &self.engine.settings;
        let keyring = Arc::new(keys::load(&settings.keys)?);
        // The engine's own remembers newer records, and believes none of these before they are written again.
        let store = settings.chosen().open(&keyring)?.store;
        let mut progress = Progress::new(self.parts);
        let Swept { users, left, foreign } = sweep(&*store, &keyring, &mut progress).await?;
        Ok(Outcome::Restored(Restored { users, left, foreign }))
    }
}

/// Spends every code of everybody that can have been used by now.
///
/// # Errors
/// [`Outage`] where the store does not list everybody.
pub(crate) async fn sweep(
    store: &dyn CredentialStore,
    keyring: &Keyring,
    progress: &mut Progress<'_>,
) -> Result<Swept, Outage> {
    let mut swept = Swept { users: 0, left: Vec::new(), foreign: Vec::new() };
    let mut pages = store.enrolled();
    loop {
        let page = pages.next(Deadline::after(PAGE_TIME)).await?;
        for enrolled in page.items {
            swept.users += 1;
            let name = enrolled.name.clone();
            let names = match spend(enrolled, store, keyring).await {
                Ok(Spending::Done) => None,
                Ok(Spending::NotHere) => Some(&mut swept.foreign),
                Err(_) => Some(&mut swept.left),
            };
            if let Some(names) = names.filter(|names| names.len() < NAMED) {
                names.push(name);
            }
            progress.step().await;
        }
        match page.rest {
            Rest::More => {}
            Rest::Nothing => return Ok(swept),
            Rest::Withheld => {
                return Err(Outage::Unclear("the store does not list everybody".to_owned()));
            }
        }
    }
}

/// Spends the codes of one user.
async fn spend(
    enrolled: Enrolled,
    store: &dyn CredentialStore,
    keyring: &Keyring,
) -> Result<Spending, Outage> {
    let account = enrolled.account();
    let (mut set, deadline) = (enrolled.set, Deadline::after(CHANGE_TIME));
    for _ in 0..MAX_ROUNDS {
        let is_foreign = !set.unknown_keys.is_empty();
        if set.transit.is_some() || is_foreign && set.standing().is_none() {
            return Ok(Spending::NotHere);
        }
        // What can be read here opens here, whatever stands beside it: it is spent.
        let done = if is_foreign { Spending::NotHere } else { Spending::Done };
        let author = Author { user: &account.id, keys: keyring };
        // Records without a register open nothing: there is nothing to spend.
        let Ok(change) = set.after_a_restore(clock::now(), author, &mut SystemRandom) else {
            return Ok(done);
        };
        if store.change(&account, &change, deadline).await? == Swapped::Done {
            return Ok(done);
        }
        set = store.load(&account, deadline).await?;
    }
    Err(Outage::Contention)
}
