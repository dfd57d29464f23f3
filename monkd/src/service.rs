//! The resident engine: a socket, and a conversation for each connection.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::{User, chown, geteuid};
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};

use crate::caller::Caller;
use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::outage::Outage;
use crate::pass_rights::refuse_descriptors;
use crate::places::Places;
use crate::porter::Porter;
use crate::service_manager::{ServiceManager, Watchdog};
use crate::settings::Settings;
use crate::throttle::Register;
use crate::{audit, clock_watch, privileges, settings};

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
    let door = Door::new(listen(socket).await?)?;
    audit::info("the engine is ready");
    let manager = ServiceManager::of_environment();
    manager.ready(&engine);
    let mut watchdog = Watchdog::of_environment();
    tokio::spawn(clock_watch::run());
    let mut engine = Arc::new(engine);
    loop {
        tokio::select! {
            accepted = door.listener.accept() => match accepted {
                Ok((stream, _)) => {
                    door.start(stream, &engine);
                    // Otherwise somebody who connects in a loop has more conversations begun than are
                    // gone on with.
                    tokio::task::yield_now().await;
                }
                Err(error) => {
                    audit::warn(&format!("no further connection: {error}"));
                    door.places.make_room();
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
    let Door { listener, places, .. } = door;
    drop(listener);
    // Whoever comes from now on starts an engine of his own.
    let _ = std::fs::remove_file(socket);
    places.empty(DRAIN).await;
    Ok(())
}

/// What takes connections.
struct Door {
    listener: UnixListener,
    /// Where the kernel does not refuse descriptors that callers pass along.
    porter: Option<Porter>,
    places: Arc<Places>,
}

impl Door {
    fn new(listener: UnixListener) -> Result<Self, Outage> {
        let porter = match refuse_descriptors(&listener) {
            Ok(()) => None,
            Err(_) => Some(Porter::start().map_err(|error| Outage::Setup(error.to_string()))?),
        };
        let places = Arc::new(Places::new(privileges::descriptors()));
        Ok(Self { listener, porter, places })
    }

    fn start(&self, stream: UnixStream, engine: &Arc<Engine>) {
        let Ok(caller) = stream.peer_cred().map(|peer| Caller { uid: peer.uid() }) else { return };
        let place = Places::take(&self.places, caller.uid);
        let stream = match &self.porter {
            Some(porter) if !caller.is_root() => {
                let Ok(stream) = stream.into_std() else { return };
                if place.is_none() {
                    return porter.close(stream);
                }
                let Ok(carried) = porter.carry(stream) else { return };
                carried
            }
            _ => stream,
        };
        if let Some(place) = place {
            let conversation = Conversation::with(stream, caller).holding(place);
            tokio::spawn(conversation.serve(Arc::clone(engine)));
        }
    }
}

fn reload(config: &Path, engine: Arc<Engine>, manager: &ServiceManager) -> Arc<Engine> {
    manager.reloading();
    let start = |fresh| Engine::start(fresh, engine.throttle.register());
    let located = |outage| settings::load::with_line(config, outage);
    match Settings::load(config).and_then(|fresh| start(fresh).map_err(located)) {
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
