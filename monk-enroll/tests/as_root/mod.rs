//! What only root may do, in the tests of an ordinary user: a user namespace has a root of its own.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

/// A program that takes its user for root.
pub fn command(program: &str) -> Command {
    if fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0) {
        return Command::new(program);
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--", program]);
    command
}
