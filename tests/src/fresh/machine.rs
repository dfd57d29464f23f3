//! A fresh Debian that can be switched on and off.

use std::io;
use std::ops::Deref;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Debian;
use super::boot::{Booted, Keeper, boot};
use super::control_group::ControlGroup;
use super::disk::Disk;
use crate::namespace::Namespaces;
use crate::transcript::{Transcript, tail};
use crate::wait;
use crate::world::{HOSTS, World};

/// How long systemd may take until all services are started. It takes some seconds; other tests may have
/// the processors.
const BOOT_LIMIT: Duration = Duration::from_secs(120);

/// How long systemd may take to end all services: more than the 90 s that it gives each of them, so that
/// it is systemd who tells of one that does not end.
const POWER_OFF_LIMIT: Duration = Duration::from_secs(100);

/// How long the kernel may take to end all processes of a machine.
const KILL_LIMIT: Duration = Duration::from_secs(20);

/// What systemd is told to do by the real-time signals of systemd(1).
const POWER_OFF: i32 = 4;

/// The name of the machine.
const HOST_NAME: &str = "fresh\n";

/// A Debian with nothing but its own packages, and a systemd that has started it.
///
/// While it is on, it is the [`World`] that it dereferences to. Programs that a test has started in there
/// must have ended before it is switched off.
pub struct Machine {
    debian: Debian,
    /// In this order they are dropped.
    running: Option<Running>,
    disk: Disk,
    /// Whose network it is on, if not on one of its own for each boot.
    neighbour: Option<World>,
}

/// What there is of a machine while it is on, in the order in which it is dropped.
struct Running {
    world: World,
    console: Transcript,
    _keeper: Keeper,
    group: ControlGroup,
    boot_time: Duration,
}

impl Machine {
    /// Makes a machine and boots it.
    ///
    /// # Panics
    /// When this process is not root, the base cannot be made, or systemd does not come up.
    #[track_caller]
    pub fn new(debian: Debian) -> Self {
        Self::with(debian, &[])
    }

    /// The same with more packages, such as those of another directory server.
    #[track_caller]
    pub fn with(debian: Debian, packages: &[&str]) -> Self {
        let mut machine = Self::switched_off(debian, packages, None);
        machine.boot();
        machine
    }

    /// The same on the network of a world, whose servers it reaches at the loopback address and who outlast
    /// its boots. Two machines beside one world are never on at the same time: they have the same ports.
    #[track_caller]
    pub fn beside(world: &World, debian: Debian) -> Self {
        let mut machine = Self::switched_off(debian, &[], Some(world.clone()));
        machine.boot();
        machine
    }

    /// Switches the machine on, and waits until systemd has started all that it starts at boot.
    #[track_caller]
    pub fn boot(&mut self) {
        assert!(self.running.is_none(), "the machine is on already");
        let begin = Instant::now();
        let started = self.start();
        let started =
            started.unwrap_or_else(|error| panic!("cannot boot {:?}: {error}", self.debian));
        let running = self.running.insert(started);
        let up = wait::until(BOOT_LIMIT, || running.is_up().then_some(()));
        running.boot_time = begin.elapsed();
        if up.is_none() {
            panic!(
                "{:?} does not come up. The end of its console:\n{}",
                self.debian,
                self.console()
            );
        }
    }

    /// How long the last boot has taken, until everything was started.
    pub fn boot_time(&self) -> Duration {
        self.running.as_ref().map_or(Duration::ZERO, |running| running.boot_time)
    }

    /// The folder of the control group that everything in the machine is in; none while it is off.
    pub fn control_group(&self) -> Option<&Path> {
        self.running.as_ref().map(|running| running.group.folder())
    }

    /// Switches the machine off and on again. The disk stays as it is.
    #[track_caller]
    pub fn reboot(&mut self) {
        self.power_off();
        self.boot();
    }

    /// Has systemd end everything, and switches the machine off.
    ///
    /// # Panics
    /// When it does not end, because a program that the test has started has not ended either.
    #[track_caller]
    pub fn power_off(&mut self) {
        if self.end(libc::SIGRTMIN() + POWER_OFF, POWER_OFF_LIMIT) {
            self.running = None;
            return;
        }
        panic!("{:?} does not end. The end of its console:\n{}", self.debian, self.console());
    }

    /// Pulls the plug: every process is killed at once.
    #[track_caller]
    pub fn pull_the_plug(&mut self) {
        assert!(self.end(libc::SIGKILL, KILL_LIMIT), "{:?} cannot be killed", self.debian);
        self.running = None;
    }

    #[track_caller]
    fn switched_off(debian: Debian, packages: &[&str], neighbour: Option<World>) -> Self {
        let disk = Self::new_disk(debian, packages);
        let disk = disk.unwrap_or_else(|error| panic!("cannot make a fresh {debian:?}: {error}"));
        Self { debian, running: None, disk, neighbour }
    }

    fn new_disk(debian: Debian, packages: &[&str]) -> io::Result<Disk> {
        let disk = Disk::new(debian, packages)?;
        disk.write("/etc/hostname", HOST_NAME)?;
        disk.write("/etc/hosts", HOSTS)?;
        // Another one for each machine: systemd makes it where it is empty.
        disk.write("/etc/machine-id", "")?;
        Ok(disk)
    }

    fn start(&self) -> io::Result<Running> {
        let group = ControlGroup::new()?;
        let network = self.neighbour.as_ref().map(|world| world.namespaces().network());
        let Booted { first_process, console, keeper } =
            boot(&self.disk, &group, network.transpose()?)?;
        let world = World::of(Namespaces::of_systemd(first_process)?, None);
        let boot_time = Duration::ZERO;
        Ok(Running { world, console, _keeper: keeper, group, boot_time })
    }

    /// The end of what systemd has written to the console.
    fn console(&self) -> String {
        self.running.as_ref().map(|running| tail(&running.console.text())).unwrap_or_default()
    }

    /// Whether the first process has ended after a signal.
    fn end(&self, signal: i32, limit: Duration) -> bool {
        self.running.as_ref().is_none_or(|running| running.world.namespaces().end(signal, limit))
    }
}

impl Deref for Machine {
    type Target = World;

    #[track_caller]
    fn deref(&self) -> &World {
        &self.running.as_ref().expect("the machine is on").world
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // The group can be removed only when it is empty. Where this fails, the end of the keeper follows.
        self.end(libc::SIGKILL, KILL_LIMIT);
    }
}

impl Running {
    /// Whether systemd has nothing left to start. What has failed meanwhile is for tests to ask.
    fn is_up(&self) -> bool {
        if !self.world.is_listening_at("/run/systemd/private") {
            return false;
        }
        let command = self.world.command("systemctl").args(["is-system-running", "--wait"]);
        let output = command.timeout(BOOT_LIMIT).run();
        matches!(output.stdout.trim(), "running" | "degraded")
    }
}
