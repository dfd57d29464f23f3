//! More hosts of a fleet: engines with settings and keys of their own, and the same directory.

use monk_one_shot::Endpoint;

use super::{SETTINGS, Site};
use crate::process::Process;

impl Site {
    /// Where the site's own resident engine listens; where none does, one is started for each
    /// login.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::default()
    }

    /// Sets up monk as on another host: a copy of the settings and keys, and another socket, at
    /// which no engine listens yet.
    #[track_caller]
    pub fn another_host(&self, name: &str) -> Endpoint {
        let folder = format!("/etc/monk-{name}");
        self.world.command("cp").args(["-a", "/etc/monk", &folder]).run().expect_success();
        let socket = format!("/run/monk-{name}/monkd.sock");
        let settings = self.world.read(SETTINGS);
        let own = format!("[engine]\nsocket = \"{socket}\"\n");
        assert!(!settings.contains("[keys]"), "the site's keys are in the usual folder");
        let settings = match settings.contains("[engine]\n") {
            true => settings.replace("[engine]\n", &own),
            false => format!("{settings}\n{own}"),
        };
        let config = format!("{folder}/monk.toml");
        let keys = format!("\n[keys]\nfolder = \"{folder}/keys\"\n");
        self.world.write(&config, settings + &keys, 0o644);
        Endpoint { socket: socket.into(), config: Some(config.into()), ..Endpoint::default() }
    }

    /// Lets another host have counters of failures of its own, as hosts do that share no disk.
    #[track_caller]
    pub fn count_apart(&self, host: &Endpoint) {
        let config = host.config.as_ref().expect("another host has its own settings");
        let folder = host.socket.parent().and_then(|folder| folder.file_name());
        let folder = format!("/var/lib/{}", folder.and_then(|name| name.to_str()).expect("ours"));
        self.world.command("cp").args(["-a", "/var/lib/monk", &folder]).run().expect_success();
        let settings = self.world.read(config);
        assert!(!settings.contains("throttle.db"), "the site's counters are in the usual file");
        let own = format!("[throttle]\npath = \"{folder}/throttle.db\"\n");
        let settings = match settings.contains("[throttle]\n") {
            true => settings.replacen("[throttle]\n", &own, 1),
            false => format!("{settings}\n{own}"),
        };
        self.world.write(config, settings, 0o644);
    }

    /// Starts the resident engine of another host, and waits until it listens.
    #[track_caller]
    pub fn start_engine_of(&self, host: &Endpoint) -> Process {
        let config = host.config.as_ref().expect("another host has its own settings");
        let config = config.to_str().expect("a path of ours");
        let socket = host.socket.to_str().expect("a path of ours");
        let mut engine = self.world.spawn("monkd", &["--config", config]);
        self.world.wait_for_server(&mut engine, || self.world.is_listening_at(socket));
        engine
    }
}
