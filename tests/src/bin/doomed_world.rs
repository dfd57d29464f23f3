//! A process with a world, for the test that kills it.

use monk_tests::{World, leftovers};

fn main() {
    let world = World::new();
    let sleeper = world.spawn("sleep", &["1000"]);
    leftovers::wait_to_be_killed(sleeper.pid());
}
