//! Lists of all users and of all groups, where the settings want them: `getent passwd`.
//!
//! A list is read whole and then given an entry at a time. One that cannot be read to its end is none at all: a listing
//! that stops in the middle would be taken for everybody.
//!
//! Entries stand in the order of their *places*: a number made of the uid or gid and of the name, the same whenever and
//! by whichever engine the list was read. So a listing that has begun goes on behind its last entry in whatever list
//! there is then, also after a restart. All who are in both lists are listed, and once. 0 is the beginning.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use monk_wire::names::{Answer, Entry, Group, User, of_texts};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::said::{self, Body};
use super::source::Source;
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::{Pages, Rest};
use crate::outage::Outage;

/// How long one page of the directory may take.
const PAGE_TIME: Duration = Duration::from_secs(10);

/// Most bytes of a list: some two million users. It is in memory twice while it is read again.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Bits of the name in a place.
const NAME_BITS: u32 = 32;

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Users.
    Users,
    /// Groups.
    Groups,
}

/// One of the two lists.
pub struct List {
    kind: Kind,
    source: Arc<Source>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    newest: Option<Arc<Snapshot>>,
    /// Whether a listing may still begin with it.
    is_usable: bool,
    /// Whether somebody has begun with it.
    was_asked: bool,
    /// Moves on when what is being read is good for nothing any more.
    epoch: u64,
    reading: Option<watch::Receiver<bool>>,
}

/// All of a list, at one time.
struct Snapshot {
    /// When reading it began, in milliseconds since the boot.
    begun: u64,
    entries: Vec<Listed>,
    texts: Vec<u8>,
}

struct Listed {
    place: u64,
    /// Of a user: uid and primary gid. Of a group: its gid, twice.
    ids: [u32; 2],
    texts: Range<usize>,
}

impl List {
    /// A list of which nothing is read yet.
    #[must_use]
    pub fn new(kind: Kind, source: Arc<Source>) -> Self {
        Self { kind, source, state: Mutex::default() }
    }

    /// The entry behind a place. At the beginning, a list that is not fresh is read again, for which the caller waits
    /// for `patience` at most; then the one before has to do. A listing that has begun goes on in any.
    pub async fn entry(self: &Arc<Self>, at: u64, patience: Duration) -> Body {
        let has_begun = at != 0;
        let has_any = has_begun && self.state().newest.is_some();
        if !has_any && let Some(mut reading) = self.begin_with_fresh() {
            let _ = tokio::time::timeout(patience, reading.wait_for(|is_over| *is_over)).await;
        }
        let mut state = self.state();
        state.was_asked |= !has_begun;
        let keep = millis(self.source.settings.keep().max(self.source.settings.refresh()));
        let is_kept =
            |one: &&Arc<Snapshot>| state.is_usable && clock::since_boot() < one.begun + keep;
        match state.newest.as_ref().filter(|one| has_begun || is_kept(one)) {
            Some(snapshot) => snapshot.entry_behind(self.kind, at),
            None => said::unavailable(),
        }
    }

    /// Reads the list again if somebody has asked for the one that is not fresh any more, or if there is none.
    pub fn refresh(self: &Arc<Self>) {
        let is_wanted = {
            let state = self.state();
            state.was_asked || state.newest.is_none()
        };
        if is_wanted && self.begin_with_fresh().is_some() {
            self.state().was_asked = false;
        }
    }

    /// Whether there is something to list, or is about to be.
    #[must_use]
    pub fn was_read(&self) -> bool {
        let state = self.state();
        state.is_usable || state.reading.is_some()
    }

    /// What is listed has changed: nobody begins with what was read until now.
    pub fn forget(&self) {
        let mut state = self.state();
        state.epoch += 1;
        (state.is_usable, state.reading) = (false, None);
    }

    /// Reads the list again, unless it is fresh; says whom to wait for.
    fn begin_with_fresh(self: &Arc<Self>) -> Option<watch::Receiver<bool>> {
        let now = clock::since_boot();
        let refresh = millis(self.source.settings.refresh());
        let mut state = self.state();
        if state.is_usable && state.newest.as_ref().is_some_and(|one| now < one.begun + refresh) {
            return None;
        }
        if let Some(reading) = state.reading.as_ref().filter(|one| one.has_changed().is_ok()) {
            return Some(reading.clone());
        }
        let (tell, told) = watch::channel(false);
        state.reading = Some(told.clone());
        let (list, epoch) = (Arc::clone(self), state.epoch);
        tokio::spawn(async move {
            let read = list.read(now).await;
            list.take(read, epoch);
            let _ = tell.send(true);
        });
        Some(told)
    }

    /// Takes what was read, or leaves the one before where it could not be read.
    fn take(&self, read: Result<Snapshot, Outage>, epoch: u64) {
        let mut state = self.state();
        if state.epoch != epoch {
            return;
        }
        state.reading = None;
        if let Ok(read) = read {
            (state.newest, state.is_usable) = (Some(Arc::new(read)), true);
        }
    }

    async fn read(&self, begun: u64) -> Result<Snapshot, Outage> {
        let mut snapshot = Snapshot { begun, entries: Vec::new(), texts: Vec::new() };
        let names = &self.source.names;
        match self.kind {
            Kind::Users => {
                each(names.all_users(), |user| {
                    if let Some(served) = self.source.rules()?.any_user(user) {
                        snapshot.add([served.uid, served.gid], served.texts())?;
                    }
                    Ok(())
                })
                .await?;
            }
            Kind::Groups => {
                each(names.all_groups(), |group| {
                    if let Some(group) = self.source.rules()?.any_group(group) {
                        let members = group.members.iter().map(String::as_str);
                        let texts = std::iter::once(&group.name[..]).chain(members);
                        snapshot.add([group.gid; 2], texts)?;
                    }
                    Ok(())
                })
                .await?;
            }
        }
        snapshot.sort();
        Ok(snapshot)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes each item of a whole list.
async fn each<T: Send>(
    mut pages: Box<dyn Pages<T> + '_>,
    mut take: impl FnMut(T) -> Result<(), Outage>,
) -> Result<(), Outage> {
    loop {
        let page = pages.next(Deadline::after(PAGE_TIME)).await?;
        page.items.into_iter().try_for_each(&mut take)?;
        match page.rest {
            Rest::More => {}
            Rest::Nothing => return Ok(()),
            Rest::Withheld => return Err(Outage::Unclear("the list is not complete".into())),
        }
    }
}

impl Snapshot {
    fn add<'a>(
        &mut self,
        ids: [u32; 2],
        texts: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Outage> {
        let Some(texts) = of_texts(texts) else { return Ok(()) };
        let start = self.texts.len();
        if start + texts.len() > MOST_BYTES {
            return Err(Outage::Unclear("the list is too long".into()));
        }
        self.texts.extend_from_slice(&texts);
        self.entries.push(Listed { place: 0, ids, texts: start..self.texts.len() });
        Ok(())
    }

    /// Each name once, and by places.
    fn sort(&mut self) {
        let name = |one: &Listed| {
            let texts = &self.texts[one.texts.clone()];
            texts.split(|&byte| byte == 0).next().unwrap_or_default()
        };
        self.entries.sort_unstable_by(|a, b| (name(a), a.ids).cmp(&(name(b), b.ids)));
        self.entries.dedup_by(|a, b| name(a) == name(b));
        for one in &mut self.entries {
            one.place = place(one.ids[0], name(one));
        }
        self.entries.sort_by_key(|one| one.place);
        // Two names of one number that look alike: in practice, none.
        let mut last = 0;
        for one in &mut self.entries {
            one.place = one.place.max(last + 1);
            last = one.place;
        }
    }

    fn entry_behind(&self, kind: Kind, at: u64) -> Body {
        let index = self.entries.partition_point(|one| one.place <= at);
        let Some(listed) = self.entries.get(index) else { return said::not_found() };
        let ([uid, gid], texts) = (listed.ids, &self.texts[listed.texts.clone()]);
        let entry = match kind {
            Kind::Users => Entry::User(User { uid, gid, texts }),
            Kind::Groups => Entry::Group(Group { gid, texts }),
        };
        said::body(&Answer::Listed { next: listed.place, entry })
    }
}

/// Where an entry stands in every list.
fn place(id: u32, name: &[u8]) -> u64 {
    let digest = Sha256::digest(name);
    let [a, b, c, d, ..] = digest[..] else { return u64::from(id) << NAME_BITS };
    u64::from(id) << NAME_BITS | u64::from(u32::from_be_bytes([a, b, c, d]))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
