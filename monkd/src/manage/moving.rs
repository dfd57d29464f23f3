//! Moving what everybody has enrolled from one store to another, while people log in.
//!
//! Records keep their MACs, whose owner is the stable id. `monk_core::credential::transit` says what stands in
//! which store at which moment. Until everybody's records are copied, nothing changes for anybody; then, user by
//! user, a compare-and-swap takes the very records away that were copied. Who has used a code since is copied
//! once more. A move that was broken off goes on where it was, with the same command.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use monk_core::credential::{ARRIVING, Change, CredentialSet, DEPARTED, Texts, Transit};
use monk_terms::account_state::AccountState;
use monk_wire::manage::{CredentialMove, Failure, MoveFault, MoveStep, Moved, Outcome, StoreName};

use super::parts::{PAGE_TIME, Progress};
use super::{MAX_ROUNDS, Task};
use crate::deadline::Deadline;
use crate::directory::kinds::{DirectoryKind, StoreKind, open_store};
use crate::directory::seen::Seen;
use crate::directory::{Account, CredentialStore, Enrolled, Pages, Rest, Swapped};
use crate::outage::Outage;

/// Longest time that the records of one user may take. There are any number of users.
const USER_TIME: Duration = Duration::from_secs(10);

/// The word in the audit, for steps that change something.
pub(crate) fn event(part: &CredentialMove) -> Option<&'static str> {
    match part.step {
        MoveStep::Look => None,
        MoveStep::Copy => Some("credentials-copy"),
        MoveStep::Depart => Some("credentials-move"),
    }
}

impl Task<'_> {
    /// Carries out a step of a move. It takes as long as it takes, and says how far it has come.
    pub(super) async fn move_credentials(&self, part: &CredentialMove) -> Result<Outcome, Failure> {
        // Not only by the table of who may do what: it concerns everybody.
        if !self.caller.is_root() {
            return Err(Failure::OnlyRoot { uid: self.caller.uid });
        }
        let settings = &self.engine.settings;
        if settings.directory == DirectoryKind::Embedded {
            return Err(Failure::UsersEmbedded);
        }
        let from = part.from.unwrap_or(name_of(settings.credentials));
        if from == part.to {
            return Err(Failure::MoveNowhere(from));
        }
        let open = |name| open_store(kind_of(name), settings.sections(), &self.engine.keys);
        let (first, second) = (open(from)?, open(part.to)?);
        let mut progress = Progress::new(self.parts);
        let people = match part.step {
            MoveStep::Look => HashMap::new(),
            MoveStep::Copy | MoveStep::Depart => self.people(part.to, &mut progress).await?,
        };
        let needs_entry = part.to == StoreName::Directory;
        let moving = Move { first, second, people, needs_entry };
        let users = match part.step {
            MoveStep::Look => moving.left(&mut progress).await?,
            MoveStep::Copy => moving.copy_all(&mut progress).await?,
            MoveStep::Depart => moving.depart_all(&mut progress).await?,
        };
        Ok(Outcome::Moved(Moved { from, users }))
    }

    /// Where users are in the directory, and what they are called, by their ids.
    async fn people(
        &self,
        to: StoreName,
        progress: &mut Progress<'_>,
    ) -> Result<HashMap<String, Account>, Failure> {
        let (everybody, is_all) = whole(self.engine.directory.everybody(), progress).await?;
        // Without a name a record is as good; without an entry it has no place.
        if to == StoreName::Directory && !is_all {
            return Err(Failure::ListIncomplete);
        }
        Ok(everybody.into_iter().map(|account| (account.id.clone(), account)).collect())
    }
}

/// What a list shows, and whether that is all of it.
async fn whole<T>(
    mut pages: Box<dyn Pages<T> + '_>,
    progress: &mut Progress<'_>,
) -> Result<(Vec<T>, bool), Outage> {
    let mut items = Vec::new();
    loop {
        let page = pages.next(Deadline::after(PAGE_TIME)).await?;
        items.extend(page.items);
        progress.tick().await;
        if page.rest != Rest::More {
            return Ok((items, page.rest == Rest::Nothing));
        }
    }
}

fn name_of(kind: StoreKind) -> StoreName {
    match kind {
        StoreKind::Directory => StoreName::Directory,
        StoreKind::Embedded => StoreName::Embedded,
        StoreKind::Ldap => StoreName::Ldap,
    }
}

fn kind_of(name: StoreName) -> StoreKind {
    match name {
        StoreName::Directory => StoreKind::Directory,
        StoreName::Embedded => StoreKind::Embedded,
        StoreName::Ldap => StoreKind::Ldap,
    }
}

/// A move, as far as one step needs it.
struct Move {
    first: Arc<dyn CredentialStore>,
    second: Arc<dyn CredentialStore>,
    people: HashMap<String, Account>,
    /// Whether the second store is the entries of the users.
    needs_entry: bool,
}

impl Move {
    /// Everybody who has something in the first store, by their ids.
    async fn with_records(
        &self,
        progress: &mut Progress<'_>,
    ) -> Result<BTreeMap<String, Enrolled>, Failure> {
        let (listed, is_all) = whole(self.first.enrolled(), progress).await?;
        match is_all {
            true => Ok(listed.into_iter().map(|one| (one.id.clone(), one)).collect()),
            false => Err(Failure::ListIncomplete),
        }
    }

    /// How many have records in the first store still.
    async fn left(&self, progress: &mut Progress<'_>) -> Result<u32, Failure> {
        let known = self.with_records(progress).await?;
        Ok(counted(known.values().filter(|one| !has_departed(&one.set)).count()))
    }

    /// Copies what everybody has; how many they are.
    async fn copy_all(&self, progress: &mut Progress<'_>) -> Result<u32, Failure> {
        let known = self.with_records(progress).await?;
        for one in known.values().filter(|one| !has_departed(&one.set)) {
            self.copy(one, &one.set, Deadline::after(USER_TIME)).await?;
            progress.step().await;
        }
        Ok(counted(known.len()))
    }

    /// Has the records of everybody depart and arrive; how many they are.
    async fn depart_all(&self, progress: &mut Progress<'_>) -> Result<u32, Failure> {
        let known = self.with_records(progress).await?;
        for one in known.values() {
            self.depart(one, Deadline::after(USER_TIME)).await?;
            progress.step().await;
        }
        self.drop_leftovers(&known, progress).await?;
        Ok(counted(known.len()))
    }

    /// The user in the second store.
    fn there(&self, one: &Enrolled) -> Result<Account, Failure> {
        match self.people.get(&one.id) {
            Some(account) => Ok(account.clone()),
            None if self.needs_entry => Err(cannot(one, MoveFault::Gone)),
            // The id stands for a name that nobody knows.
            None if one.name == one.id => Ok(account_of(one, "")),
            None => Ok(account_of(one, &one.name)),
        }
    }

    /// Copies what a user has in the first store, marked as not in force, and reads it back.
    async fn copy(
        &self,
        one: &Enrolled,
        set: &CredentialSet,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let wanted = set.texts().ok_or_else(|| cannot(one, MoveFault::Unreadable))?;
        let there = self.there(one)?;
        let found = self.second.load(&there, deadline).await?;
        let is_ours = match found.transit {
            Some(Transit::Arriving) => is_followed_by(&found, set),
            // What was moved away from there comes back.
            Some(Transit::Departed) => true,
            None => found.is_blank(),
        };
        let texts = found.texts().filter(|_| is_ours);
        let texts = texts.ok_or_else(|| cannot(one, MoveFault::Occupied))?;
        if found.transit == Some(Transit::Arriving) && texts == wanted {
            return Ok(());
        }
        let change = Change {
            remove_credentials: with_mark(texts.credentials, found.transit),
            remove_uses: texts.uses,
            add_credentials: with_mark(wanted.credentials.clone(), Some(Transit::Arriving)),
            add_uses: wanted.uses.clone(),
        };
        if self.second.change(&there, &change, deadline).await? == Swapped::Conflict {
            return Err(Failure::ChangedMeanwhile { user: one.name.clone() });
        }
        let copied = self.second.load(&there, deadline).await?;
        match copied.transit == Some(Transit::Arriving) && copied.texts() == Some(wanted) {
            true => Ok(()),
            false => Err(Outage::Unclear("the copy is not what was written".to_owned()).into()),
        }
    }

    /// Takes the records of a user out of the first store, if they are those that were copied, and puts the copy in
    /// force.
    async fn depart(&self, one: &Enrolled, deadline: Deadline) -> Result<(), Failure> {
        let here = account_of(one, &one.name);
        let mut set = one.set.clone();
        for _ in 0..MAX_ROUNDS {
            if has_departed(&set) {
                return self.arrive(one, None, deadline).await;
            }
            if set.is_blank() {
                // Everything was removed meanwhile; its copy is a leftover.
                return Ok(());
            }
            self.copy(one, &set, deadline).await?;
            let texts = set.texts().ok_or_else(|| cannot(one, MoveFault::Unreadable))?;
            let change = Change {
                remove_credentials: with_mark(texts.credentials.clone(), set.transit),
                remove_uses: texts.uses.clone(),
                add_credentials: vec![DEPARTED.to_owned()],
                add_uses: Vec::new(),
            };
            if self.first.change(&here, &change, deadline).await? == Swapped::Done {
                return self.arrive(one, Some(&texts), deadline).await;
            }
            set = self.first.load(&here, deadline).await?;
        }
        Err(Outage::Contention.into())
    }

    /// Puts the copy of a user in force whose records have left the first store: those of `gone` just now.
    async fn arrive(
        &self,
        one: &Enrolled,
        gone: Option<&Texts>,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let there = self.there(one)?;
        let found = self.second.load(&there, deadline).await?;
        if found.transit != Some(Transit::Arriving) {
            return match gone.is_some() && found.is_blank() {
                true => Err(cannot(one, MoveFault::NoCopy)),
                // In force already, or gone from there again.
                false => Ok(()),
            };
        }
        if gone.is_some_and(|gone| found.texts().as_ref() != Some(gone)) {
            return Err(cannot(one, MoveFault::NoCopy));
        }
        self.bring_late_uses(one, &there, deadline).await?;
        let change = Change { remove_credentials: vec![ARRIVING.to_owned()], ..Change::default() };
        match self.second.change(&there, &change, deadline).await? {
            Swapped::Done => Ok(()),
            Swapped::Conflict => Err(Failure::ChangedMeanwhile { user: one.name.clone() }),
        }
    }

    /// Brings along the uses of credentials that were first used after the records had been read: the departure
    /// does not depend on them. They are in the copy before they go, and the copy is in force only when none is
    /// left that a login could take the place of.
    async fn bring_late_uses(
        &self,
        one: &Enrolled,
        there: &Account,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let here = account_of(one, &one.name);
        let texts_of =
            |set: &CredentialSet| set.texts().ok_or_else(|| cannot(one, MoveFault::Unreadable));
        for _ in 0..MAX_ROUNDS {
            let late = texts_of(&self.first.load(&here, deadline).await?)?.uses;
            if late.is_empty() {
                return Ok(());
            }
            let copied = texts_of(&self.second.load(there, deadline).await?)?.uses;
            let missing = late.iter().filter(|text| !copied.contains(text));
            let change = Change {
                // Only while it is not in force.
                remove_credentials: vec![ARRIVING.to_owned()],
                add_credentials: vec![ARRIVING.to_owned()],
                add_uses: missing.cloned().collect(),
                ..Change::default()
            };
            if !change.add_uses.is_empty()
                && self.second.change(there, &change, deadline).await? == Swapped::Conflict
            {
                return Err(Failure::ChangedMeanwhile { user: one.name.clone() });
            }
            let change = Change { remove_uses: late, ..Change::default() };
            // What has taken their place meanwhile is read in the next round.
            self.first.change(&here, &change, deadline).await?;
        }
        Err(Outage::Contention.into())
    }

    /// Removes copies of what was removed from the first store before it could be moved.
    async fn drop_leftovers(
        &self,
        known: &BTreeMap<String, Enrolled>,
        progress: &mut Progress<'_>,
    ) -> Result<(), Failure> {
        let (copies, is_all) = whole(self.second.enrolled(), progress).await?;
        if !is_all {
            return Err(Failure::ListIncomplete);
        }
        let is_arriving = |copy: &Enrolled| copy.set.transit == Some(Transit::Arriving);
        for copy in copies.iter().filter(|copy| is_arriving(copy)) {
            progress.tick().await;
            let deadline = Deadline::after(USER_TIME);
            let here = account_of(copy, "");
            let is_left = match known.get(&copy.id) {
                // Whoever had something when the list was made may have removed it since.
                Some(one) => {
                    let here = account_of(one, "");
                    self.first.load(&here, deadline).await?.is_blank()
                }
                None => true,
            };
            let Some(texts) = copy.set.texts().filter(|_| is_left) else { continue };
            let change = Change {
                remove_credentials: with_mark(texts.credentials, copy.set.transit),
                remove_uses: texts.uses,
                ..Change::default()
            };
            if self.second.change(&here, &change, deadline).await? == Swapped::Conflict {
                return Err(Failure::ChangedMeanwhile { user: copy.name.clone() });
            }
        }
        Ok(())
    }
}

fn cannot(one: &Enrolled, why: MoveFault) -> Failure {
    Failure::CannotMove { user: one.name.clone(), why }
}

/// The user of records, where they were found.
fn account_of(one: &Enrolled, name: &str) -> Account {
    Account {
        id: one.id.clone(),
        name: name.to_owned(),
        mail: None,
        state: AccountState::Enabled,
        created: None,
        password_end: None,
        locator: one.locator.clone(),
        credentials: None,
    }
}

fn with_mark(mut credentials: Vec<String>, transit: Option<Transit>) -> Vec<String> {
    credentials.extend(transit.map(|transit| match transit {
        Transit::Arriving => ARRIVING.to_owned(),
        Transit::Departed => DEPARTED.to_owned(),
    }));
    credentials
}

/// Whether `later` may take the place of a copy: it is nowhere behind it, or begins again after it.
fn is_followed_by(copy: &CredentialSet, later: &CredentialSet) -> bool {
    if copy.texts() == Some(Texts::default()) {
        return true;
    }
    let seen = Seen::default();
    seen.takes("", copy) && seen.takes("", later)
}

fn has_departed(set: &CredentialSet) -> bool {
    set.transit == Some(Transit::Departed)
}

fn counted(users: usize) -> u32 {
    u32::try_from(users).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
