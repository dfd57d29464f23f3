//! One answer: from what was answered a moment ago, or from a search that all who ask the same wait for.
//!
//! ```text
//! ruled out (rules)              NotFound
//! fresh in the cache             that
//! else a search, and a wait      its answer
//!   no answer in time            one of a moment ago, or Unavailable; the search goes on and fills the cache
//!   the search fails             the last known one, or Unavailable
//! the directory is known to be   the last known one, or Unavailable, at once
//!   away (health)
//! ```

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use monk_wire::names::{Query, decode};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::cache::{Cache, Kept};
use super::crowd::Who;
use super::fields::is_name;
use super::health::{Begun, Health, State as Known};
use super::lists::{Kind, List};
use super::local::LocalFiles;
use super::map::{MapFile, Origin};
use super::said::{self, Body};
use super::shares::{Share, Shares};
use super::source::Source;
use super::unwritten::Unwritten;
use crate::audit;
use crate::clock::since_boot;
use crate::deadline::Deadline;
use crate::directory::names::Names;
use crate::outage::Outage;
use crate::settings::names::NameSettings;
use crate::watched_file::Version;

/// How long callers wait, and searches go on.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long a caller waits: the module gives up after 200 ms, and would ask in vain.
    pub patience: Duration,
    /// How long one waits for a directory that has just kept others waiting: what a search takes in a local
    /// network, so that one large group does not make all other names unknown.
    pub short: Duration,
    /// How long a search goes on.
    pub search: Duration,
    /// How long one for a group goes on, whose members may have to be looked up by the thousand.
    pub large: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            patience: Duration::from_millis(150),
            short: Duration::from_millis(20),
            search: Duration::from_secs(3),
            large: Duration::from_secs(30),
        }
    }
}

/// What is answered about one directory.
pub struct Answers {
    pub(super) source: Arc<Source>,
    pub(super) users: Arc<List>,
    pub(super) groups: Arc<List>,
    shares: Shares,
    pub(super) pace: Pace,
    /// When somebody asked last, in milliseconds since the boot; 0 for never.
    pub(super) used: AtomicU64,
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) cache: Cache,
    /// Where an engine is resident.
    pub(super) map: Option<MapFile>,
    pub(super) origin: Origin,
    pub(super) is_for_one_command: bool,
    /// Until when programs may read memory that an engine has lent which was killed.
    pub(super) leased_until: u64,
    /// Where the map has to be made that could not be.
    pub(super) unwritten: Option<Unwritten>,
    searches: HashMap<Vec<u8>, Search>,
    pub(super) health: Health,
    pub(super) is_probing: bool,
    /// Moves on when what was searched for until now is good for nothing any more.
    epoch: u64,
    /// Moves on when what is searched for has to be searched for again.
    expired: u64,
    pub(super) complained: Complaints,
}

/// What was written to the log already.
#[derive(Default)]
pub(super) struct Complaints {
    files: bool,
    pub(super) map: bool,
}

/// A search under way: its answer, once there is one. `Some(None)` is a search that has failed.
type Search = watch::Receiver<Option<Option<Body>>>;

impl Answers {
    /// Answers from a directory. `mark` tells its settings from others.
    #[must_use]
    pub fn new(names: Arc<dyn Names>, settings: NameSettings, mark: [u8; 32]) -> Self {
        Self::with(names, settings, mark, LocalFiles::default(), Pace::default())
    }

    pub(super) fn with(
        names: Arc<dyn Names>,
        settings: NameSettings,
        mark: [u8; 32],
        files: LocalFiles,
        pace: Pace,
    ) -> Self {
        let source = Arc::new(Source { names, settings, files });
        let list = |kind| Arc::new(List::new(kind, Arc::clone(&source)));
        let origin = Origin { mark, version: 0 };
        Self {
            users: list(Kind::Users),
            groups: list(Kind::Groups),
            shares: Shares::default(),
            pace,
            used: AtomicU64::new(0),
            state: Mutex::new(State { origin, ..State::default() }),
            source,
        }
    }

    /// Where questions are answered, by the settings.
    #[must_use]
    pub fn socket_path(&self) -> &Path {
        &self.source.settings.socket
    }

    /// Where the map is, by the settings.
    #[must_use]
    pub fn map_path(&self) -> &Path {
        &self.source.settings.map
    }

    /// Another value after each change of this machine's own users and groups.
    #[must_use]
    pub fn own_files(&self) -> [Option<Version>; 2] {
        self.source.files.version()
    }

    /// The answer to a query, as it is encoded, of somebody whose program is root's or not.
    pub async fn answer(self: &Arc<Self>, query: &[u8], who: &Who) -> Body {
        let Ok(asked) = decode::<Query<'_>>(query) else { return said::unavailable() };
        let is_out = match self.source.rules() {
            Ok(rules) => rules.rule_out(&asked),
            Err(outage) => {
                self.complain(&outage);
                return said::unavailable();
            }
        };
        if is_out {
            return self.rule_out(query, &asked);
        }
        match asked {
            Query::Users(at) => self.users.entry(at, self.pace.patience).await,
            Query::Groups(at) => self.groups.entry(at, self.pace.patience).await,
            // There may be such a user: only, it is not for everybody to know.
            Query::Ageing(_) if *who != Who::Root => said::unavailable(),
            _ => self.search(query, who).await,
        }
    }

    /// A no that needs no directory. It goes into the map: programs ask for the groups of root all the time.
    fn rule_out(&self, query: &[u8], asked: &Query<'_>) -> Body {
        let no = said::not_found();
        // Of what nobody can be called, there is no end.
        if asked.name().is_some_and(|name| !is_name(name)) {
            return no;
        }
        let (mut state, now) = (self.state(), since_boot());
        if is_for_everybody(asked) && state.cache.get(query, now).is_none_or(|one| one.is_positive)
        {
            self.keep(&mut state, query, None, now);
        }
        no
    }

    async fn search(self: &Arc<Self>, query: &[u8], who: &Who) -> Body {
        let (begun, known, is_recent, state) = {
            let state = self.state();
            let known = state.cache.get(query, since_boot());
            if let Some(kept) = known.filter(|kept| kept.is_fresh(since_boot())) {
                return Arc::clone(&kept.body);
            }
            let is_recent = known
                .is_some_and(|kept| kept.was_fresh(since_boot(), self.source.settings.refresh()));
            let known = known.map(|kept| Arc::clone(&kept.body));
            (state.health.begin(), known, is_recent, state.health.state())
        };
        let patience = match state {
            Known::Answers => self.pace.patience,
            Known::Slow => self.pace.short,
            Known::Down => return known.unwrap_or_else(said::unavailable),
        };
        let until = Instant::now() + patience;
        match timeout_at(until, self.found(query, who)).await {
            Ok(Some(found)) => found,
            Ok(None) => {
                // An answer that cannot be read is no outage: an old one does not stand in for it.
                let is_down = self.state().health.state() == Known::Down;
                known.filter(|_| is_down || is_recent).unwrap_or_else(said::unavailable)
            }
            Err(_) => {
                self.state().health.waited_in_vain(begun);
                known.filter(|_| is_recent).unwrap_or_else(said::unavailable)
            }
        }
    }

    /// What a search finds; `None` where it fails.
    async fn found(self: &Arc<Self>, query: &[u8], who: &Who) -> Option<Body> {
        let under_way = self.state().under_way(query);
        if let Some(search) = under_way {
            return outcome(search).await;
        }
        // Whoever asks for too much waits here, and nobody else does for the same name.
        let share = self.shares.take(who).await;
        let search = {
            let mut state = self.state();
            let now = since_boot();
            match state.cache.get(query, now).filter(|kept| kept.is_fresh(now)) {
                Some(kept) => return Some(Arc::clone(&kept.body)),
                None => match state.under_way(query) {
                    Some(search) => search,
                    None => self.begin(&mut state, query, share),
                },
            }
        };
        outcome(search).await
    }

    /// Begins a search, which goes on whether or not somebody waits for it.
    fn begin(self: &Arc<Self>, state: &mut State, query: &[u8], share: Share) -> Search {
        let (tell, told) = watch::channel(None);
        state.searches.insert(query.to_owned(), told.clone());
        let (answers, query) = (Arc::clone(self), query.to_owned());
        let (begun, epoch) = (state.health.begin(), (state.epoch, state.expired));
        tokio::spawn(async move {
            let found = answers.look(&query).await;
            drop(share);
            let said = answers.take(&query, found, begun, epoch);
            let _ = tell.send(Some(said));
        });
        told
    }

    async fn look(&self, query: &[u8]) -> Result<Option<Body>, Outage> {
        let asked =
            decode::<Query<'_>>(query).map_err(|error| Outage::Unclear(error.to_string()))?;
        let deadline = Deadline::after(match asked {
            Query::GroupByName(_) | Query::GroupByGid(_) | Query::GroupsOf(_) => self.pace.large,
            _ => self.pace.search,
        });
        deadline.bound("the directory", self.source.look(&asked, deadline)).await
    }

    /// Takes what a search has found.
    fn take(
        &self,
        query: &[u8],
        found: Result<Option<Body>, Outage>,
        begun: Begun,
        (epoch, expired): (u64, u64),
    ) -> Option<Body> {
        let mut state = self.state();
        let is_in_force = state.epoch == epoch;
        let is_of_now = is_in_force && state.expired == expired;
        if is_of_now {
            state.searches.remove(query);
        }
        match found {
            Ok(body) => {
                state.health.answered();
                let now = since_boot();
                let is_newer = |state: &State| {
                    state.cache.get(query, now).is_some_and(|one| one.is_fresh(now))
                };
                if is_of_now {
                    self.keep(&mut state, query, body.clone(), now);
                } else if is_in_force && body.is_some() && !is_newer(&state) {
                    // As everything that was known before: better than none, and asked for again. Somebody who was
                    // told of a user a moment ago must not hear that there is none because the engine has died.
                    self.keep_fresh_until(&mut state, query, body.clone(), (now, now));
                }
                Some(body.unwrap_or_else(said::not_found))
            }
            Err(outage) => {
                state.health.failed(begun, &outage);
                None
            }
        }
    }

    /// Keeps a yes or a no, and has everybody read it.
    fn keep(&self, state: &mut State, query: &[u8], body: Option<Body>, now: u64) {
        let fresh_until = after(now, self.source.settings.refresh());
        self.keep_fresh_until(state, query, body, (now, fresh_until));
    }

    fn keep_fresh_until(
        &self,
        state: &mut State,
        query: &[u8],
        body: Option<Body>,
        (now, fresh_until): (u64, u64),
    ) {
        let is_public = decode::<Query<'_>>(query).is_ok_and(|asked| is_for_everybody(&asked));
        // A password that was changed a moment ago must not be found too old.
        let fresh_until = if is_public { fresh_until } else { now };
        let is_positive = body.is_some();
        let keep_until = match is_positive {
            true => after(now, self.source.settings.keep()).max(fresh_until),
            false => fresh_until,
        };
        let body = body.unwrap_or_else(said::not_found);
        let kept = Kept { body, is_positive, fresh_until, keep_until };
        if is_public
            && let Some(Err(error)) = state.map.as_mut().map(|map| map.put(query, &kept, now))
        {
            state.complain_of_map(&error);
        }
        state.cache.put(query, kept, now);
    }

    fn complain(&self, outage: &Outage) {
        if !std::mem::replace(&mut self.state().complained.files, true) {
            audit::warn(&format!("no names are answered: {outage}"));
        }
    }

    /// Nothing that was answered until now counts any more; who asks next hears what there is now.
    pub(super) fn forget(&self, state: &mut State) {
        state.epoch += 1;
        state.searches.clear();
        state.cache = Cache::default();
        self.users.forget();
        self.groups.forget();
    }

    /// Whatever was answered until now is asked for again, and better than nothing until then.
    pub(super) fn expire(&self, state: &mut State) {
        state.expired += 1;
        state.searches.clear();
        state.cache.expire(since_boot());
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A search for the same, unless it has ended in a way in which none should.
    fn under_way(&self, query: &[u8]) -> Option<Search> {
        self.searches.get(query).filter(|search| search.has_changed().is_ok()).cloned()
    }
}

/// What a search says in the end.
async fn outcome(mut search: Search) -> Option<Body> {
    let said = search.wait_for(Option::is_some).await.ok()?;
    said.clone().flatten()
}

fn after(now: u64, time: Duration) -> u64 {
    now.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// Whether everybody may hear the answer.
fn is_for_everybody(asked: &Query<'_>) -> bool {
    !matches!(asked, Query::Ageing(_) | Query::Users(_) | Query::Groups(_))
}
