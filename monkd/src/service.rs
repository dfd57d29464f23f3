//! The resident engine: a socket, and a conversation for each connection.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::{User, chown, geteuid};
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};

use crate::audit::occasion::Occasion;
use crate::caller::Caller;
use crate::conversation::Conversation;
use crate::door::Door;
use crate::engine::Engine;
use crate::names::service::Service as Names;
use crate::outage::Outage;
use crate::places::Places;
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
    let door = Door::open(socket).await?;
    let places = Arc::new(Places::new(privileges::descriptors()));
    let names = Names::start(Arc::clone(&engine.names), privileges::descriptors()).await;
    audit::info("the engine is ready");
    let manager = ServiceManager::of_environment();
    manager.ready(&engine);
    let mut watchdog = Watchdog::of_environment();
    tokio::spawn(clock_watch::run());
    let mut engine = Arc::new(engine);
    loop {
        tokio::select! {
            accepted = door.accept() => match accepted {
                Ok(stream) => {
                    start(&door, stream, &places, &engine);
                    // Otherwise somebody who connects in a loop has more conversations begun than are
                    // gone on with.
                    tokio::task::yield_now().await;
                }
                Err(error) => {
                    audit::warn(&format!("no further connection: {error}"));
                    places.make_room();
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            _ = hangup.recv() => engine = reload(&config, engine, &manager, names.as_ref()),
            () = engine.reload.notified() => {
                engine = reload(&config, engine, &manager, names.as_ref());
            }
            () = watchdog.due() => manager.alive(),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    manager.stopping();
    drop(door);
    // Whoever comes from now on starts an engine of his own.
    let _ = std::fs::remove_file(socket);
    if let Some(names) = names {
        names.end();
    }
    places.empty(DRAIN).await;
    Ok(())
}

/// Begins a conversation with somebody who has connected.
fn start(door: &Door, stream: UnixStream, places: &Arc<Places>, engine: &Arc<Engine>) {
    let Ok(peer) = stream.peer_cred() else { return };
    let caller = Caller { uid: peer.uid() };
    let Some(place) = Places::take(places, caller.uid) else {
        return door.turn_away(stream, peer);
    };
    if let Some(stream) = door.let_in(stream, peer) {
        let conversation = Conversation::with(stream, caller).holding(place);
        let occasion = Occasion::new(peer.pid());
        tokio::spawn(occasion.of(conversation.serve(Arc::clone(engine))));
    }
}

fn reload(
    config: &Path,
    engine: Arc<Engine>,
    manager: &ServiceManager,
    names: Option<&Names>,
) -> Arc<Engine> {
    manager.reloading();
    let start = |fresh| Engine::start(fresh, engine.throttle.register());
    let located = |outage| settings::load::with_line(config, outage);
    match Settings::load(config).and_then(|fresh| start(fresh).map_err(located)) {
        Ok(fresh) => {
            let fresh = fresh.following(&engine);
            if let Some(names) = names {
                names.replace(Arc::clone(&fresh.names));
            }
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
