//! A clock of the engine's own, which the test sets while the engine runs.

use super::{Site, monk_socket};
use crate::World;

/// What the preloaded library makes of the system's clock. `$LIB` is the dynamic linker's word for
/// the folder of this architecture.
const LIBRARY: &str = "/usr/$LIB/faketime/libfaketime.so.1";

/// Where the difference stands.
const FILE: &str = "/run/engine-clock";

/// The clock of a resident engine. Timers, which count from the start of the machine, are not
/// moved: as when an administrator sets the clock.
pub struct EngineClock {
    world: World,
}

impl EngineClock {
    /// Sets the engine's clock so many seconds ahead of this machine's, or behind.
    #[track_caller]
    pub fn set(&self, seconds: i64) {
        // Put in its place at once, so that no half of it is ever read.
        let next = format!("{FILE}.new");
        self.world.write(&next, format!("{seconds:+}\n"), 0o644);
        self.world.command("mv").args([&next, FILE]).run().expect_success();
    }
}

impl Site {
    /// Starts a resident engine that has a clock of its own, the same as this machine's at first,
    /// and waits until it listens.
    #[track_caller]
    pub fn start_engine_with_clock(&self) -> EngineClock {
        let clock = EngineClock { world: self.world.clone() };
        clock.set(0);
        let mut engine = self
            .world
            .command("monkd")
            .env("LD_PRELOAD", LIBRARY)
            .env("FAKETIME_TIMESTAMP_FILE", FILE)
            .env("FAKETIME_NO_CACHE", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .spawn();
        self.world.wait_for_server(&mut engine, || self.world.is_listening_at(monk_socket()));
        *self.engine.borrow_mut() = Some(engine);
        clock
    }
}
