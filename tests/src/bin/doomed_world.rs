//! A process with a world, for the test that kills it: says which namespaces the world has, and
//! waits for its end.

use std::fs;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use monk_tests::World;

/// If nobody kills it, it does not stay for ever.
const LONGEST: Duration = Duration::from_secs(60);

fn main() {
    let world = World::new();
    let sleeper = world.spawn("sleep", &["1000"]);
    let namespace = |name| {
        fs::read_link(format!("/proc/{}/ns/{name}", sleeper.pid())).expect("sleep is running")
    };
    let (mounts, network) = (namespace("mnt"), namespace("net"));
    writeln!(io::stdout(), "world {} {}", mounts.display(), network.display())
        .expect("somebody is listening");
    thread::sleep(LONGEST);
}
