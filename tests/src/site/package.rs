//! monk as its package installs it: with a user of its own, to whom keys and store belong.

use std::cell::RefCell;
use std::path::Path;

use super::programs::shipped;
use super::{Backend, Running, SETTINGS, Site, monk_socket, start_slapd};
use crate::{SlapdOptions, World};

/// Where a password for a server is kept.
const PASSWORD: &str = "/etc/monk/ldap.password";

/// What root has made by then belongs to the engine's user, who is there before the script runs.
const HAND_OVER: &str = "systemd-sysusers monk.conf
    chown -R monk:monk /etc/monk/keys /var/lib/monk";

impl Site {
    /// A machine without systemd that has the user of the package, and the engine that its service
    /// would run, if any.
    #[track_caller]
    pub fn packaged(backend: Backend, running: Running) -> Self {
        let site = Self::new(backend, Running::OneShot);
        site.hand_to_package();
        if running == Running::Resident {
            site.start_service();
        }
        site
    }

    /// Makes of the site what the package makes of a machine at its first installation, by the
    /// package's own script. No engine may run yet.
    #[track_caller]
    pub fn hand_to_package(&self) {
        let world = &self.world;
        world.write(
            "/usr/lib/sysusers.d/monk.conf",
            shipped("packaging/debian/monk.sysusers"),
            0o644,
        );
        let script = shipped("packaging/debian/monk.postinst");
        for (text, arguments) in [(HAND_OVER, &[][..]), (&script, &["postinst", "configure"])] {
            world.command("sh").args(["-ec", text]).args(arguments).run().expect_success();
        }
        if self.slapd.is_some() {
            self.give_to_group(PASSWORD);
        }
    }

    /// Starts the resident engine as the package's service does: as its own user, with its folder for
    /// the socket.
    #[track_caller]
    pub fn start_service(&self) {
        self.world.make_folder("/run/monk", 0o755);
        self.world.command("chown").args(["monk:monk", "/run/monk"]).run().expect_success();
        let mut engine = self.world.command("monkd").as_user("monk").spawn();
        self.world.wait_for_server(&mut engine, || self.world.is_listening_at(monk_socket()));
        *self.engine.borrow_mut() = Some(engine);
    }

    /// Lets the engine's group read a file of root's, and nobody else.
    #[track_caller]
    pub fn give_to_group(&self, file: &str) {
        self.world.command("chown").args(["root:monk", file]).run().expect_success();
        self.world.command("chmod").args(["640", file]).run().expect_success();
    }

    /// A machine whose systemd runs the engine, with the embedded directory, as the package sets it up.
    pub fn of_package(world: &World) -> Self {
        Self::installed(world.clone(), Backend::Embedded)
    }

    /// The same with these settings, of a directory server that the test has started.
    #[track_caller]
    pub fn of_package_with(world: &World, settings: &str) -> Self {
        let site = Self::installed(world.clone(), Backend::Embedded);
        world.write(SETTINGS, settings, 0o640);
        for file in [SETTINGS, PASSWORD] {
            site.give_to_group(file);
        }
        world.command("systemctl").args(["reload", "monk"]).run().expect_success();
        site
    }

    /// The same with a server in a world beside which the machine is: what the settings name there, the
    /// password and the authority of the certificate, comes along.
    #[track_caller]
    pub fn of_package_beside(server: &World, machine: &World, settings: &str) -> Self {
        let authority = &server.certificates().authority;
        for (file, mode) in [(Path::new(PASSWORD), 0o600), (authority.as_path(), 0o644)] {
            machine.write(file, server.read(file), mode);
        }
        Self::of_package_with(machine, settings)
    }

    /// The same with a directory server on the machine, over TLS, and more lines in the settings.
    #[track_caller]
    pub fn of_package_in_ldap(world: &World, more: &str) -> Self {
        Self::of_package_in_adjusted_ldap(world, more, |options| options)
    }

    /// The same with a directory server that is set up otherwise: `adjust` is handed the usual options.
    #[track_caller]
    pub fn of_package_in_adjusted_ldap(
        world: &World,
        more: &str,
        adjust: impl FnOnce(SlapdOptions) -> SlapdOptions,
    ) -> Self {
        let mut site = Self::installed(world.clone(), Backend::Ldap);
        let options = adjust(super::slapd_options("write"));
        site.slapd = Some(RefCell::new(start_slapd(world, options)));
        site.write_settings(more);
        for file in [SETTINGS, PASSWORD] {
            site.give_to_group(file);
        }
        world.command("systemctl").args(["reload", "monk"]).run().expect_success();
        site
    }

    fn installed(world: World, backend: Backend) -> Self {
        Self { world, backend, slapd: None, engine: RefCell::new(None) }
    }
}
