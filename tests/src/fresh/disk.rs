//! The disk of one machine: the base of a release, unpacked into memory.
//!
//! It lies in a mount namespace that no process is in, held by one descriptor. It outlasts what is booted
//! from it, so that a machine can be booted again, and vanishes with this process and the machine.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};

use super::Debian;
use super::base::base;
use crate::mounts::{make_private, step};
use crate::namespace::on_new_thread;

/// Where the disk is mounted in its namespace. Every system has this folder.
pub(super) const PLACE: &str = "/tmp";

/// A base takes some 400 MiB, and packages are installed on top of it. Memory is taken for what is
/// written only.
const OPTIONS: &str = "mode=755,size=2g";

/// The files of a machine.
pub(super) struct Disk {
    mounts: OwnedFd,
}

impl Disk {
    /// Unpacks the base of a release, which is made where it is missing.
    pub(super) fn new(debian: Debian, packages: &[&str]) -> io::Result<Self> {
        // Opened here: the folder may be one that is covered there.
        let tar = File::open(base(debian, packages)?)?;
        on_new_thread(|| {
            unshare(CloneFlags::CLONE_FS | CloneFlags::CLONE_NEWNS)?;
            make_private()?;
            let result =
                mount(Some("tmpfs"), PLACE, Some("tmpfs"), MsFlags::empty(), Some(OPTIONS));
            step("mount the disk of a fresh machine", result.map_err(io::Error::from))?;
            unpack(tar)?;
            Ok(Self { mounts: File::open("/proc/thread-self/ns/mnt")?.into() })
        })
    }

    /// Another handle of the same disk.
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { mounts: self.mounts.try_clone()? })
    }

    /// Moves the calling thread to where the disk is at [`PLACE`]. The thread must share its root and
    /// current folder with no other.
    pub(super) fn join(&self) -> io::Result<()> {
        Ok(setns(&self.mounts, CloneFlags::CLONE_NEWNS)?)
    }

    /// Writes a file while nothing runs on the disk.
    pub(super) fn write(&self, path: &str, contents: &str) -> io::Result<()> {
        on_new_thread(|| {
            unshare(CloneFlags::CLONE_FS)?;
            self.join()?;
            fs::write(format!("{PLACE}{path}"), contents)
        })
    }
}

fn unpack(tar: File) -> io::Result<()> {
    let mut command = Command::new("tar");
    command.args(["--extract", "--numeric-owner", "--xattrs", "--xattrs-include=*"]);
    command.args(["--directory", PLACE]).stdin(tar).stdout(Stdio::null());
    let output = command.stderr(Stdio::piped()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("tar ended with {}: {said}", output.status)))
}
