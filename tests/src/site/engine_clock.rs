//! A clock of the engine's own, which the test sets while the engine runs.

use std::fs;
use std::path::Path;

use monk_one_shot::Endpoint;

use super::{Site, monk_socket};
use crate::World;
use crate::process::Process;

/// What the preloaded library makes of the system's clock. `$LIB` is the dynamic linker's word for
/// the folder of this architecture.
const LIBRARY: &str = "/usr/$LIB/faketime/libfaketime.so.1";

/// Where the difference stands.
const FILE: &str = "/run/engine-clock";

/// The clock of resident engines. Timers, which count from the start of the machine, are not
/// moved: as when an administrator sets the clock.
pub struct EngineClock {
    world: World,
}

impl EngineClock {
    /// Sets the engine's clock so many seconds ahead of this machine's, or behind.
    #[track_caller]
    pub fn set(&self, seconds: i64) {
        self.write(&format!("{seconds:+}\n"));
    }

    /// Stops the engine's clock at a moment, in seconds since 1970: it shows this one until it is set
    /// again, however long this machine takes for what happens meanwhile.
    #[track_caller]
    pub fn stop_at(&self, moment: u64) {
        self.write(&format!("{moment}\n"));
    }

    #[track_caller]
    fn write(&self, text: &str) {
        // Put in its place at once, so that no half of it is ever read.
        let (place, next) = (self.world.path(FILE), self.world.path(format!("{FILE}.new")));
        let written = fs::write(&next, text).and_then(|()| fs::rename(&next, &place));
        written.unwrap_or_else(|error| panic!("cannot set the engine's clock: {error}"));
    }
}

impl Site {
    /// Starts a resident engine that has a clock of its own, the same as this machine's at first,
    /// and waits until it listens.
    #[track_caller]
    pub fn start_engine_with_clock(&self) -> EngineClock {
        self.start_with_clock(false)
    }

    /// The same with timers that go with the clock, as if the time between had passed.
    #[track_caller]
    pub fn start_engine_with_timers(&self) -> EngineClock {
        self.start_with_clock(true)
    }

    #[track_caller]
    fn start_with_clock(&self, has_timers: bool) -> EngineClock {
        let clock = EngineClock { world: self.world.clone() };
        clock.set(0);
        let engine = self.spawn_with_clock(None, Path::new(monk_socket()), has_timers);
        *self.engine.borrow_mut() = Some(engine);
        clock
    }

    /// Starts the resident engine of another host, which has the same clock as the site's own, and
    /// waits until it listens.
    #[track_caller]
    pub fn start_engine_of_with_clock(&self, host: &Endpoint) -> Process {
        self.spawn_with_clock(host.config.as_deref(), &host.socket, false)
    }

    #[track_caller]
    fn spawn_with_clock(&self, config: Option<&Path>, socket: &Path, has_timers: bool) -> Process {
        let mut command = self.world.command("monkd");
        if let Some(config) = config {
            command = command.arg("--config").arg(config);
        }
        if !has_timers {
            command = command.env("DONT_FAKE_MONOTONIC", "1");
        }
        let mut engine = command
            .env("LD_PRELOAD", LIBRARY)
            .env("FAKETIME_TIMESTAMP_FILE", FILE)
            // A moment is written as seconds since 1970.
            .env("FAKETIME_FMT", "%s")
            .env("TZ", "UTC")
            .env("FAKETIME_NO_CACHE", "1")
            .spawn();
        let socket = socket.to_str().expect("a path of ours");
        self.world.wait_for_server(&mut engine, || self.world.is_listening_at(socket));
        engine
    }
}
