//! A process with a fresh Debian, for the test that kills it.

use monk_tests::fresh::{Debian, Machine};
use monk_tests::leftovers;

fn main() {
    let machine = Machine::new(Debian::Bookworm);
    leftovers::wait_to_be_killed(machine.first_process());
}
