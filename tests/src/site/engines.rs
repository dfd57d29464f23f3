//! The engines of a site, to be killed and stopped, and what stands between them and slapd.

use std::fs;
use std::path::PathBuf;

use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::{SETTINGS, Site};
use crate::ldap_proxy::LdapProxy;
use crate::process::Signal;

impl Site {
    /// Puts a proxy between monk and slapd, for engines that are started from now on.
    #[track_caller]
    pub fn through_proxy(&self) -> LdapProxy {
        let (direct, plain) = (self.slapd().ldaps_uri(), self.slapd().ldap_uri());
        let port = plain.rsplit(':').next().and_then(|port| port.parse().ok());
        let proxy = LdapProxy::start(&self.world, port.expect("the URI ends with its port"));
        self.change_settings(&direct, &proxy.uri());
        proxy
    }

    /// Replaces a text that is in the settings, for engines that are started from now on.
    #[track_caller]
    pub fn change_settings(&self, old: &str, new: &str) {
        let settings = self.world.read(SETTINGS);
        assert!(settings.contains(old), "the settings do not contain {old:?}:\n{settings}");
        self.world.write(SETTINGS, settings.replace(old, new), 0o644);
    }

    /// The engines that were started for one login each and have not ended, as process ids of this
    /// machine.
    pub fn one_shots(&self) -> Vec<u32> {
        let home = namespace_of(self.world.first_process());
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
        ids.filter(|&id| is_one_shot(id) && namespace_of(id) == home).collect()
    }

    /// Sends a signal to all of [`one_shots`](Self::one_shots); how many there were.
    pub fn signal_one_shots(&self, signal: Signal) -> usize {
        let send = |id: &u32| kill(Pid::from_raw(id.cast_signed()), signal).is_ok();
        self.one_shots().iter().filter(|id| send(id)).count()
    }

    /// Sends a signal to the resident engine.
    #[track_caller]
    pub fn signal_engine(&self, signal: Signal) {
        self.engine.borrow_mut().as_mut().expect("the engine is resident").kill(signal);
    }
}

/// The mounts that a process sees, which no two worlds share.
fn namespace_of(process: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{process}/ns/mnt")).ok()
}

fn is_one_shot(process: u32) -> bool {
    let arguments = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    arguments.split(|&byte| byte == 0).any(|argument| argument == b"--one-shot")
}
