//! Starting systemd on a disk, as the first process of namespaces of its own.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};

use super::control_group::ControlGroup;
use super::disk::{Disk, PLACE};
use crate::mounts::{self, step};
use crate::transcript::Transcript;
use crate::{loopback, system_calls};

/// The first process of every Debian.
const SYSTEMD: &str = "/lib/systemd/systemd";

/// Where systemd looks for programs that are named without their folder.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// What is mounted in memory, with its options.
const IN_MEMORY: [(&str, &str); 2] = [("run", "mode=755"), ("tmp", "mode=1777")];

/// A systemd that was started.
pub(super) struct Booted {
    /// The first process.
    pub(super) first_process: Child,
    /// What it writes to its console.
    pub(super) console: Transcript,
    /// While this is there, so is the machine.
    pub(super) keeper: Keeper,
}

/// Holds the thread that has started the first process: with the thread ends the process, because that
/// is its wish (`PR_SET_PDEATHSIG`), so that nothing runs on after this process, whatever ends it.
pub(super) struct Keeper {
    _open: Sender<()>,
}

/// Starts systemd, on a network of its own or on this one. It is not up when this returns.
pub(super) fn boot(
    disk: &Disk,
    group: &ControlGroup,
    network: Option<OwnedFd>,
) -> io::Result<Booted> {
    let (disk, members) = (disk.try_clone()?, group.members()?);
    let (open, until_dropped) = channel::<()>();
    let (answer, answered) = channel();
    thread::spawn(move || {
        // Nobody else waits for the answer.
        let _ = answer.send(start(&disk, members, network));
        drop(disk);
        let _ = until_dropped.recv();
    });
    let died = |_| io::Error::other("the thread that starts a machine has died");
    let (first_process, output) = answered.recv().map_err(died)??;
    // That thread itself could not start another one.
    let console = Transcript::of(output);
    Ok(Booted { first_process, console, keeper: Keeper { _open: open } })
}

/// Moves the calling thread into new namespaces, and starts their first process.
fn start(
    disk: &Disk,
    members: File,
    network: Option<OwnedFd>,
) -> io::Result<(Child, io::PipeReader)> {
    // A thread changes its mounts only when it shares its root and current folder with no other.
    unshare(CloneFlags::CLONE_FS)?;
    disk.join()?;
    let own = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    unshare(own)?;
    if let Some(network) = network {
        setns(&network, CloneFlags::CLONE_NEWNET)?;
    } else {
        unshare(CloneFlags::CLONE_NEWNET)?;
        loopback::switch_on()?;
    }
    prepare()?;

    let (output, input) = io::pipe()?;
    let mut command = Command::new(SYSTEMD);
    command.args(["--system", "--log-target=console", "--show-status=yes"]);
    command.env_clear().envs([("container", "monk-tests"), ("PATH", PATH)]);
    command.stdin(Stdio::null()).stderr(input.try_clone()?).stdout(input);
    system_calls::become_first_process(&mut command, members, PLACE);
    let child = command.spawn().map_err(|error| {
        io::Error::new(error.kind(), format!("cannot start {SYSTEMD}: {error}"))
    })?;
    Ok((child, output))
}

/// Mounts what systemd needs and does not mount itself, but for what shows processes and control groups:
/// that is as who mounts it sees them.
fn prepare() -> io::Result<()> {
    for (folder, options) in IN_MEMORY {
        mounts::tmpfs(&format!("{PLACE}/{folder}"), options)?;
    }
    mounts::devices(&format!("{PLACE}/dev"))?;
    let place = format!("{PLACE}/sys");
    let flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    let result = mount(Some("sysfs"), place.as_str(), Some("sysfs"), flags, None::<&str>);
    step("mount sysfs", result.map_err(io::Error::from))
}
