//! FreeRADIUS, which asks PAM as a user that is not root.

use std::time::Duration;

use crate::process::Process;
use crate::{Status, World, packages, wait};

/// Debian's settings.
const FOLDER: &str = "/etc/freeradius/3.0";

/// The secret that Debian's settings share with programs on the same host.
const SECRET: &str = "testing123";

/// How long it may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running FreeRADIUS.
pub struct Freeradius {
    world: World,
    process: Process,
}

impl Freeradius {
    /// Starts Debian's server with PAM, and with the site `monk`, which is in `sites-available`, as its only one.
    #[track_caller]
    pub fn start(world: &World) -> Self {
        packages::ensure(&packages::FREERADIUS).unwrap_or_else(|error| panic!("{error}"));
        let switch = format!(
            "cd {FOLDER} && \
             rm sites-enabled/default sites-enabled/inner-tunnel mods-enabled/eap && \
             ln -s ../sites-available/monk sites-enabled/ && ln -s ../mods-available/pam mods-enabled/ && chown -R freerad: {FOLDER} && \
             install -d -o freerad -g freerad /run/freeradius /var/log/freeradius"
        );
        world.command("sh").args(["-c", &switch]).run().expect_success();
        let mut process = world.spawn("freeradius", &["-f", "-l", "stdout"]);
        let said = |process: &Process| process.log().contains("Ready to process requests");
        let is_up = wait::until(START_LIMIT, || {
            (said(&process) || !process.is_running()).then(|| said(&process))
        });
        assert!(is_up == Some(true), "{}", process.log());
        Self { world: world.clone(), process }
    }

    /// Asks as an access point or a gateway does; whether the user is accepted.
    #[track_caller]
    pub fn accepts(&self, user: &str, typed: &str) -> bool {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let request = format!(
            "User-Name = \"{}\"\nUser-Password = \"{}\"\nMessage-Authenticator = 0x00\n",
            quoted(user),
            quoted(typed)
        );
        let radclient = self.world.command("radclient").args(["-x", "-r", "1", "-t", "20"]);
        let output = radclient.args(["127.0.0.1", "auth", SECRET]).stdin(request).run();
        let accepted = output.stdout.contains("Received Access-Accept");
        let refused = output.stdout.contains("Received Access-Reject");
        assert!(accepted != refused, "{output}\n{}", self.log());
        assert_eq!(output.status == Status::Code(0), accepted, "{output}");
        accepted
    }

    /// What the server has said.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}
