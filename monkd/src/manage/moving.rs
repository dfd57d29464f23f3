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

use super::{MAX_ROUNDS, Task};
use crate::deadline::Deadline;
use crate::directory::kinds::{DirectoryKind, StoreKind, open_store};
use crate::directory::pages::all;
use crate::directory::seen::Seen;
use crate::directory::{Account, CredentialStore, Enrolled, Swapped};
use crate::outage::Outage;

/// Most users whose records are looked at. A part of them would not do.
const MAX_USERS: usize = 1_000_000;

/// How long one part goes on: half of what a command may take, so that a slow server ends it in time.
const PART: Duration = Duration::from_secs(8);

/// The word in the audit, for steps that change something.
pub(crate) fn event(part: &CredentialMove) -> Option<&'static str> {
    match part.step {
        MoveStep::Look => None,
        MoveStep::Copy { .. } => Some("credentials-copy"),
        MoveStep::Depart { .. } => Some("credentials-move"),
    }
}

impl Task<'_> {
    /// Carries out a part of a move.
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
        let people = match part.step {
            MoveStep::Look => HashMap::new(),
            MoveStep::Copy { .. } | MoveStep::Depart { .. } => self.people(part.to).await?,
        };
        let needs_entry = part.to == StoreName::Directory;
        let moving = Move { first, second, people, needs_entry, deadline: self.deadline };
        let (done, next) = match &part.step {
            MoveStep::Look => (0, None),
            MoveStep::Copy { after } => moving.part(after, false).await?,
            MoveStep::Depart { after } => moving.part(after, true).await?,
        };
        let left = moving.with_records().await?;
        let left = left.values().filter(|one| one.set.transit != Some(Transit::Departed)).count();
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        Ok(Outcome::Moved(Moved { from, left, done, next }))
    }

    /// Where users are in the directory, and what they are called, by their ids.
    async fn people(&self, to: StoreName) -> Result<HashMap<String, Account>, Failure> {
        let pages = self.engine.directory.everybody();
        let (everybody, is_all) = all(pages, MAX_USERS, self.deadline).await?;
        // Without a name a record is as good; without an entry it has no place.
        if to == StoreName::Directory && !is_all {
            return Err(Failure::ListIncomplete);
        }
        Ok(everybody.into_iter().map(|account| (account.id.clone(), account)).collect())
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

/// A move, as far as one part needs it.
struct Move {
    first: Arc<dyn CredentialStore>,
    second: Arc<dyn CredentialStore>,
    people: HashMap<String, Account>,
    /// Whether the second store is the entries of the users.
    needs_entry: bool,
    deadline: Deadline,
}

impl Move {
    /// Everybody who has something in the first store, by their ids.
    async fn with_records(&self) -> Result<BTreeMap<String, Enrolled>, Failure> {
        let (listed, is_all) = all(self.first.enrolled(), MAX_USERS, self.deadline).await?;
        match is_all {
            true => Ok(listed.into_iter().map(|one| (one.id.clone(), one)).collect()),
            false => Err(Failure::ListIncomplete),
        }
    }

    /// Goes on behind a user, for as long as a part may take: how many were done, and the last of them if there
    /// are others.
    async fn part(&self, after: &str, depart: bool) -> Result<(u32, Option<String>), Failure> {
        let end = self.deadline.earlier(PART);
        let known = self.with_records().await?;
        let mut done = 0;
        for (id, one) in known.iter().filter(|(id, _)| id.as_str() > after) {
            match depart {
                true => self.depart(one).await?,
                false if one.set.transit == Some(Transit::Departed) => {}
                false => self.copy(one, &one.set).await?,
            }
            done += 1;
            if end.remaining().is_zero() {
                return Ok((done, Some(id.clone())));
            }
        }
        if depart {
            self.drop_leftovers(&known).await?;
        }
        Ok((done, None))
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
    async fn copy(&self, one: &Enrolled, set: &CredentialSet) -> Result<(), Failure> {
        let wanted = set.texts().ok_or_else(|| cannot(one, MoveFault::Unreadable))?;
        let there = self.there(one)?;
        let found = self.second.load(&there, self.deadline).await?;
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
        if self.second.change(&there, &change, self.deadline).await? == Swapped::Conflict {
            return Err(Failure::ChangedMeanwhile { user: one.name.clone() });
        }
        let copied = self.second.load(&there, self.deadline).await?;
        match copied.transit == Some(Transit::Arriving) && copied.texts() == Some(wanted) {
            true => Ok(()),
            false => Err(Outage::Unclear("the copy is not what was written".to_owned()).into()),
        }
    }

    /// Takes the records of a user out of the first store, if they are those that were copied, and puts the copy in
    /// force.
    async fn depart(&self, one: &Enrolled) -> Result<(), Failure> {
        let here = account_of(one, &one.name);
        let mut set = one.set.clone();
        for _ in 0..MAX_ROUNDS {
            if set.transit == Some(Transit::Departed) {
                return self.arrive(one).await;
            }
            if set.is_blank() {
                // Everything was removed meanwhile; its copy is a leftover.
                return Ok(());
            }
            self.copy(one, &set).await?;
            let texts = set.texts().ok_or_else(|| cannot(one, MoveFault::Unreadable))?;
            let change = Change {
                remove_credentials: with_mark(texts.credentials, set.transit),
                remove_uses: texts.uses,
                add_credentials: vec![DEPARTED.to_owned()],
                add_uses: Vec::new(),
            };
            if self.first.change(&here, &change, self.deadline).await? == Swapped::Done {
                return self.arrive(one).await;
            }
            set = self.first.load(&here, self.deadline).await?;
        }
        Err(Outage::Contention.into())
    }

    /// Puts the copy of a user in force whose records have left the first store.
    async fn arrive(&self, one: &Enrolled) -> Result<(), Failure> {
        let there = self.there(one)?;
        let found = self.second.load(&there, self.deadline).await?;
        if found.transit != Some(Transit::Arriving) {
            // In force already, or gone from there again.
            return Ok(());
        }
        let change = Change { remove_credentials: vec![ARRIVING.to_owned()], ..Change::default() };
        match self.second.change(&there, &change, self.deadline).await? {
            Swapped::Done => Ok(()),
            Swapped::Conflict => Err(Failure::ChangedMeanwhile { user: one.name.clone() }),
        }
    }

    /// Removes copies of what was removed from the first store before it could be moved.
    async fn drop_leftovers(&self, known: &BTreeMap<String, Enrolled>) -> Result<(), Failure> {
        let (copies, is_all) = all(self.second.enrolled(), MAX_USERS, self.deadline).await?;
        if !is_all {
            return Err(Failure::ListIncomplete);
        }
        let is_arriving = |copy: &Enrolled| copy.set.transit == Some(Transit::Arriving);
        for copy in copies.iter().filter(|copy| is_arriving(copy)) {
            let here = account_of(copy, "");
            let is_left = match known.get(&copy.id) {
                // Whoever had something when the list was made may have removed it since.
                Some(one) => {
                    let here = account_of(one, "");
                    self.first.load(&here, self.deadline).await?.is_blank()
                }
                None => true,
            };
            let Some(texts) = copy.set.texts().filter(|_| is_left) else { continue };
            let change = Change {
                remove_credentials: with_mark(texts.credentials, copy.set.transit),
                remove_uses: texts.uses,
                ..Change::default()
            };
            if self.second.change(&here, &change, self.deadline).await? == Swapped::Conflict {
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

/// Whether `later` is what has become of `copy`: of the same beginning, and nowhere behind it.
fn is_followed_by(copy: &CredentialSet, later: &CredentialSet) -> bool {
    let generation =
        |set: &CredentialSet| set.standing().map(|(generation, _)| generation.to_owned());
    if copy.texts() == Some(Texts::default()) {
        return true;
    }
    let seen = Seen::default();
    generation(copy) == generation(later) && seen.takes("", copy) && seen.takes("", later)
}

#[cfg(test)]
mod tests;
