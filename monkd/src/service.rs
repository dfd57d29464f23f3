//! The resident engine: a socket, and a conversation for each connection.

use std::collections::HashMap;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::unistd::{User, chown, geteuid};
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};

use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::outage::Outage;
use crate::service_manager::{ServiceManager, Watchdog};
use crate::settings::Settings;
use crate::throttle::Register;
use crate::{audit, clock_watch, privileges};

/// Conversations that programs of one user other than root may have at once. A web server or a
/// database with more logins in one moment than this waits; a user with ill will stops only
/// himself.
const MAX_PER_USER: usize = 128;

/// Conversations of root's programs at once: more than sshd and Dovecot start.
const MAX_OF_ROOT: usize = 2048;

/// Conversations of all people together. One person may own tens of thousands of uids
/// (subuid(5)), each of which is somebody else to the kernel. Services have uids that nobody can
/// get in this way, so people who fill this up stop only each other.
const MAX_OF_PEOPLE: usize = 1024;

/// The lowest uid of people; below are root and services (`UID_MIN`, login.defs(5)).
const FIRST_PERSON: u32 = 1000;

/// Pause after the kernel could not give us another descriptor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long conversations under way may go on after the engine was told to end.
const DRAIN: Duration = Duration::from_secs(5);

/// Runs the resident engine until it is told to end (SIGTERM, SIGINT). SIGHUP reads the settings
/// again; where they are wrong, the old ones stay in force.
///
/// # Errors
/// [`Outage`] when it cannot start.
pub fn run(config: &Path, settings: Settings) -> Result<(), Outage> {
    let socket = settings.engine.socket.clone();
    prepare_folder(&socket, &settings.engine.user)?;
    privileges::allow_descriptors()?;
    privileges::become_user(&settings.engine.user)?;
    let engine = Engine::start(settings, Register::in_memory())?;
    // One thread: a login is a few microseconds of work between answers of others, and threads that
    // wake each other for it cost several times that. What takes long (hashes, writes to disk) has
    // threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Outage::Setup(error.to_string()))?;
    let result = runtime.block_on(serve(config.to_owned(), &socket, engine));
    // Conversations that are still waiting for people end here.
    runtime.shutdown_timeout(Duration::ZERO);
    result
}

async fn serve(config: PathBuf, socket: &Path, engine: Engine) -> Result<(), Outage> {
    let setup = |error: io::Error| Outage::Setup(format!("{}: {error}", socket.display()));
    let mut terminate = signal(SignalKind::terminate()).map_err(setup)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(setup)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(setup)?;
    let listener = listen(socket).await?;
    audit::info("the engine is ready");
    let manager = ServiceManager::of_environment();
    manager.ready(&engine);
    let mut watchdog = Watchdog::of_environment();
    tokio::spawn(clock_watch::run());
    let mut engine = Arc::new(engine);
    let places = Arc::new(Places::default());
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => start(stream, &engine, &places),
                Err(error) => {
                    audit::warn(&format!("no further connection: {error}"));
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            _ = hangup.recv() => engine = reload(&config, engine, &manager),
            () = engine.reload.notified() => engine = reload(&config, engine, &manager),
            () = watchdog.due() => manager.alive(),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    manager.stopping();
    drop(listener);
    // Whoever comes from now on starts an engine of his own.
    let _ = std::fs::remove_file(socket);
    places.empty(DRAIN).await;
    Ok(())
}

fn start(stream: UnixStream, engine: &Arc<Engine>, places: &Arc<Places>) {
    let Ok(conversation) = Conversation::new(stream) else { return };
    let Some(place) = Places::take(places, conversation.caller().uid) else { return };
    let engine = Arc::clone(engine);
    tokio::spawn(async move {
        conversation.serve(engine).await;
        drop(place);
    });
}

fn reload(config: &Path, engine: Arc<Engine>, manager: &ServiceManager) -> Arc<Engine> {
    manager.reloading();
    match Settings::load(config).and_then(|fresh| Engine::start(fresh, engine.throttle.register()))
    {
        Ok(fresh) => {
            let fresh = fresh.following(&engine);
            audit::info("settings read again");
            manager.ready(&fresh);
            Arc::new(fresh)
        }
        Err(outage) => {
            audit::warn(&format!("settings not read again, the old ones stay: {outage}"));
            manager.ready_as_before(&engine);
            engine
        }
    }
}

/// Makes the socket's folder, where root starts the engine by hand; a service manager has made it.
fn prepare_folder(socket: &Path, user: &str) -> Result<(), Outage> {
    let Some(folder) = socket.parent().filter(|folder| !folder.exists()) else { return Ok(()) };
    let setup = |error: io::Error| Outage::Setup(format!("{}: {error}", folder.display()));
    std::fs::create_dir(folder).map_err(setup)?;
    std::fs::set_permissions(folder, Permissions::from_mode(0o755)).map_err(setup)?;
    if geteuid().is_root()
        && let Ok(Some(user)) = User::from_name(user)
    {
        chown(folder, Some(user.uid), Some(user.gid)).map_err(|error| setup(error.into()))?;
    }
    Ok(())
}

/// Listens on the socket, in place of one that a killed engine has left behind.
async fn listen(path: &Path) -> Result<UnixListener, Outage> {
    let setup = |why: String| Outage::Setup(format!("{}: {why}", path.display()));
    if let Ok(metadata) = std::fs::symlink_metadata(path) {
        if !metadata.file_type().is_socket() {
            return Err(setup("is in the way, and no socket".into()));
        }
        if UnixStream::connect(path).await.is_ok() {
            return Err(setup("another engine listens there already".into()));
        }
        std::fs::remove_file(path).map_err(|error| setup(error.to_string()))?;
    }
    let listener = UnixListener::bind(path).map_err(|error| setup(error.to_string()))?;
    // Everybody may ask; who may ask for what is decided by the uid of the peer.
    std::fs::set_permissions(path, Permissions::from_mode(0o666))
        .map_err(|error| setup(error.to_string()))?;
    Ok(listener)
}

/// The conversations under way, counted by the uid of the caller.
#[derive(Default)]
struct Places(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    of: HashMap<u32, usize>,
    people: usize,
}

struct Place {
    places: Arc<Places>,
    uid: u32,
}

impl Places {
    fn take(places: &Arc<Self>, uid: u32) -> Option<Place> {
        let max = if uid == 0 { MAX_OF_ROOT } else { MAX_PER_USER };
        let mut counts = places.counts();
        let is_full = is_person(uid) && counts.people >= MAX_OF_PEOPLE;
        if is_full || counts.of.get(&uid).is_some_and(|&count| count >= max) {
            return None;
        }
        *counts.of.entry(uid).or_default() += 1;
        counts.people += usize::from(is_person(uid));
        Some(Place { places: Arc::clone(places), uid })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody is left, but not longer than `limit`.
    async fn empty(&self, limit: Duration) {
        let deadline = tokio::time::Instant::now() + limit;
        while tokio::time::Instant::now() < deadline {
            if self.counts().of.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.places.counts();
        counts.people -= usize::from(is_person(self.uid));
        if let Some(count) = counts.of.get_mut(&self.uid) {
            *count -= 1;
            if *count == 0 {
                counts.of.remove(&self.uid);
            }
        }
    }
}

fn is_person(uid: u32) -> bool {
    uid >= FIRST_PERSON
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_cannot_take_the_places_of_another() {
        let places = Arc::new(Places::default());
        let taken: Vec<_> = (0..MAX_PER_USER).map(|_| Places::take(&places, 1000)).collect();
        assert!(taken.iter().all(Option::is_some));
        assert!(Places::take(&places, 1000).is_none());
        assert!(Places::take(&places, 1001).is_some());
        assert!(Places::take(&places, 0).is_some());
        drop(taken);
        assert!(Places::take(&places, 1000).is_some());
    }
    #[test]
    fn people_with_many_uids_stop_neither_root_nor_services() {
        let places = Arc::new(Places::default());
        let uids = 100_000..200_000;
        let taken: Vec<_> = uids.map_while(|uid| Places::take(&places, uid)).collect();
        assert_eq!(taken.len(), MAX_OF_PEOPLE);
        assert!(Places::take(&places, FIRST_PERSON).is_none());
        assert!(Places::take(&places, FIRST_PERSON - 1).is_some());
        assert!(Places::take(&places, 0).is_some());
        drop(taken);
        assert!(Places::take(&places, FIRST_PERSON).is_some());
        assert!(places.counts().of.is_empty() && places.counts().people == 0);
    }
}
