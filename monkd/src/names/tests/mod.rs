//! Answers from a directory that does as it is told: it is slow, away, or lies.

mod answers;
mod lists;
mod published;
mod service;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use monk_wire::names::{Answer, Query, decode, texts};
use tokio::sync::watch;

use super::answers::{Answers, Pace};
use super::crowd::Who;
use super::local::LocalFiles;
use super::said;
use crate::deadline::Deadline;
use crate::directory::names::{Ageing, Key, Names, PosixGroup, PosixUser};
use crate::directory::{Page, Pages, Rest};
use crate::outage::Outage;
use crate::settings::names::NameSettings;

/// Longer than any test takes: whoever waits for it waits for an answer.
const LONG: Duration = Duration::from_secs(600);

/// A directory with alice and the group staff.
struct Scripted {
    /// What is found, whatever was asked for.
    lie: Mutex<Option<PosixUser>>,
    is_away: AtomicBool,
    /// Whether it has an entry that cannot be read.
    is_unclear: AtomicBool,
    /// Whether it answers, or keeps everybody waiting.
    answers: watch::Sender<bool>,
    searches: AtomicUsize,
    version: AtomicU64,
    shell: Mutex<String>,
    /// What it says after the last page of a list.
    rest: Mutex<Rest>,
    /// How many users it lists.
    listed: AtomicUsize,
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            lie: Mutex::default(),
            is_away: AtomicBool::default(),
            is_unclear: AtomicBool::default(),
            answers: watch::Sender::new(true),
            searches: AtomicUsize::default(),
            version: AtomicU64::default(),
            shell: Mutex::new("/bin/sh".into()),
            rest: Mutex::new(Rest::Nothing),
            listed: AtomicUsize::new(3),
        }
    }
}

impl Scripted {
    async fn work(&self) -> Result<(), Outage> {
        self.searches.fetch_add(1, Ordering::Relaxed);
        let mut answers = self.answers.subscribe();
        answers.wait_for(|answers| *answers).await.expect("the sender is ours");
        if self.is_unclear.load(Ordering::Relaxed) {
            return Err(Outage::Unclear("a test".into()));
        }
        match self.is_away.load(Ordering::Relaxed) {
            true => Err(Outage::Unreachable("a test".into())),
            false => Ok(()),
        }
    }

    fn person(&self, name: &str, uid: u32) -> PosixUser {
        PosixUser {
            id: name.into(),
            name: name.into(),
            uid,
            gid: 5000,
            gecos: "A: B".into(),
            home: None,
            shell: Some(self.shell.lock().unwrap().clone()),
            ageing: Ageing { last_change: Some(20_000), ..Ageing::default() },
            locator: name.into(),
        }
    }
}

#[async_trait]
impl Names for Scripted {
    async fn user(&self, key: Key<'_>, _: Deadline) -> Result<Option<PosixUser>, Outage> {
        self.work().await?;
        if let Some(lie) = self.lie.lock().unwrap().clone() {
            return Ok(Some(lie));
        }
        let alice = self.person("alice", 5001);
        Ok((key == Key::Name("alice") || key == Key::Number(5001)).then_some(alice))
    }

    async fn group(&self, key: Key<'_>, _: Deadline) -> Result<Option<PosixGroup>, Outage> {
        self.work().await?;
        let members = vec!["alice".to_owned(), "alice".to_owned(), "bob".to_owned()];
        let staff = PosixGroup { name: "staff".into(), gid: 5000, members };
        Ok((key == Key::Name("staff") || key == Key::Number(5000)).then_some(staff))
    }

    async fn groups_of(&self, _: &PosixUser, _: Deadline) -> Result<Vec<u32>, Outage> {
        self.work().await?;
        Ok(vec![27, 5000, 7000])
    }

    async fn version(&self, _: Deadline) -> Result<u64, Outage> {
        Ok(self.version.load(Ordering::Relaxed))
    }

    fn all_users(&self) -> Box<dyn Pages<PosixUser> + '_> {
        Box::new(Users(self, 0))
    }

    fn all_groups(&self) -> Box<dyn Pages<PosixGroup> + '_> {
        Box::new(Groups(self))
    }
}

/// A page for each user; the last ones first.
struct Users<'a>(&'a Scripted, usize);

#[async_trait]
impl Pages<PosixUser> for Users<'_> {
    async fn next(&mut self, _: Deadline) -> Result<Page<PosixUser>, Outage> {
        self.0.work().await?;
        let all = self.0.listed.load(Ordering::Relaxed);
        let number = u32::try_from(all - self.1).unwrap();
        self.1 += 1;
        let user = self.0.person(&format!("user{number}"), 5000 + number);
        // The same one twice, and one who is not served.
        let items = vec![user.clone(), PosixUser { name: "root".into(), ..user.clone() }, user];
        let rest = if self.1 < all { Rest::More } else { *self.0.rest.lock().unwrap() };
        Ok(Page { items, rest })
    }
}

struct Groups<'a>(&'a Scripted);

#[async_trait]
impl Pages<PosixGroup> for Groups<'_> {
    async fn next(&mut self, deadline: Deadline) -> Result<Page<PosixGroup>, Outage> {
        let staff = self.0.group(Key::Number(5000), deadline).await?;
        Ok(Page { items: staff.into_iter().collect(), rest: Rest::Nothing })
    }
}

/// What asks that directory.
struct Scene {
    directory: Arc<Scripted>,
    answers: Arc<Answers>,
    folder: tempfile::TempDir,
}

impl Scene {
    /// Where answers are fresh for a minute, and callers wait for as long as it takes.
    fn new() -> Self {
        Self::with(60, LONG)
    }

    /// Where they are fresh for so many seconds, and callers wait for so long.
    fn with(refresh_seconds: u64, patience: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("passwd"),
            "root:x:0:0::/:/bin/sh\nbob:x:1500:1500::/:/bin/sh\n",
        )
        .unwrap();
        let directory = Arc::new(Scripted::default());
        let answers = Self::answers(&directory, folder.path().into(), refresh_seconds, patience);
        Self { directory, answers, folder }
    }

    fn answers(
        directory: &Arc<Scripted>,
        folder: PathBuf,
        refresh_seconds: u64,
        patience: Duration,
    ) -> Arc<Answers> {
        let settings = NameSettings { refresh_seconds, enumerate: true, ..NameSettings::default() };
        Self::answers_with(directory, &folder, settings, patience)
    }

    /// The same with other settings.
    fn answers_with(
        directory: &Arc<Scripted>,
        folder: &Path,
        settings: NameSettings,
        patience: Duration,
    ) -> Arc<Answers> {
        let settings = NameSettings {
            map: folder.join("names.map"),
            socket: folder.join("names.sock"),
            ..settings
        };
        let files = LocalFiles::at(&folder.join("passwd"), &folder.join("group"));
        let pace = Pace { patience, short: patience, search: LONG, large: LONG };
        let names = Arc::clone(directory) as Arc<dyn Names>;
        Arc::new(Answers::with(names, settings, [1; 32], files, pace))
    }

    /// The same directory, as another engine finds it.
    fn restarted(self) -> Self {
        self.restarted_with(LONG)
    }

    async fn ask(&self, query: Query<'_>) -> String {
        self.ask_as(query, &Who::Root).await
    }

    async fn ask_as(&self, query: Query<'_>, who: &Who) -> String {
        shown(&self.answers.answer(&said::query(&query).unwrap(), who).await)
    }

    fn searches(&self) -> usize {
        self.directory.searches.load(Ordering::Relaxed)
    }

    fn says(&self, answers: bool) {
        self.directory.answers.send_replace(answers);
    }

    fn is_away(&self, is_away: bool) {
        self.directory.is_away.store(is_away, Ordering::Relaxed);
    }
}

/// Lets everything that can go on do so: there is one thread, and nothing here waits for a time.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// An answer in words.
fn shown(body: &[u8]) -> String {
    let in_words = |bytes| {
        let all = texts(bytes).unwrap().map(|text| String::from_utf8_lossy(text).into_owned());
        all.collect::<Vec<_>>().join(":")
    };
    match decode::<Answer<'_>>(body).unwrap() {
        Answer::NotFound => "not found".into(),
        Answer::Unavailable => "unavailable".into(),
        Answer::User(user) => format!("{}:{}:{}", in_words(user.texts), user.uid, user.gid),
        Answer::Group(group) => format!("{}:{}", in_words(group.texts), group.gid),
        Answer::GroupsOf(bytes) => {
            let gids = bytes.as_chunks::<4>().0.iter().map(|gid| u32::from_le_bytes(*gid));
            format!("{:?}", gids.collect::<Vec<_>>())
        }
        Answer::Ageing(ageing) => format!("{:?}", ageing.last_change),
        Answer::Listed { next, entry } => match entry {
            monk_wire::names::Entry::User(user) => format!("{next} {}", in_words(user.texts)),
            monk_wire::names::Entry::Group(group) => format!("{next} {}", in_words(group.texts)),
        },
    }
}
