//! An engine that knows the names that a test gives it.

use std::time::Duration;

use crate::World;
use crate::process::Process;
use crate::site::built;

/// Where the program is installed in a world.
const PROGRAM: &str = "/usr/local/libexec/names_engine";

/// Where its people are.
const PASSWD: &str = "/etc/names_engine/passwd";
const GROUP: &str = "/etc/names_engine/group";

/// How long it may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(20);

/// What the engine's map knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownMap {
    /// There is none.
    None,
    /// All answers, as good as the engine's.
    Fresh,
    /// All answers, but the engine would know better.
    Stale,
    /// All answers, as good as the engine's, which also lends them as memory.
    Lent,
}

/// The engine, running. It ends when this is dropped, and its socket and map stay.
pub struct NamesEngine {
    /// The process.
    pub process: Process,
}

impl NamesEngine {
    /// Starts an engine that knows users and groups in the forms of passwd(5) and group(5).
    #[track_caller]
    pub fn start(world: &World, passwd: &str, group: &str, map: KnownMap) -> Self {
        if !world.exists(PROGRAM) {
            world.install(built("names_engine"), PROGRAM, 0o755);
        }
        world.write(PASSWD, passwd, 0o644);
        world.write(GROUP, group, 0o644);
        world.make_folder("/run/monk", 0o755);
        // The module waits for a fifth of a second, and tests run on busy machines.
        let command = world.command("nice").args(["--adjustment=-10", PROGRAM]);
        let mut command = command.args(["--passwd", PASSWD, "--group", GROUP]);
        match map {
            KnownMap::None => {}
            KnownMap::Fresh => command = command.args(["--map", "fresh"]),
            KnownMap::Stale => command = command.args(["--map", "stale"]),
            KnownMap::Lent => command = command.args(["--map", "lent"]),
        }
        let process = command.spawn();
        let ready = crate::until(START_LIMIT, || process.log().contains("ready").then_some(()));
        assert!(ready.is_some(), "the engine does not listen:\n{}", process.log());
        Self { process }
    }
}
