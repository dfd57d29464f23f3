//! monk as its package has installed it, on a machine whose systemd runs the engine.

use std::cell::RefCell;

use super::{Backend, Site, start_slapd};
use crate::World;

impl Site {
    /// With the embedded directory, as the package sets it up.
    pub fn of_package(world: &World) -> Self {
        Self::installed(world.clone(), Backend::Embedded)
    }

    /// With a directory server on the machine, over TLS, and more lines in the settings.
    #[track_caller]
    pub fn of_package_in_ldap(world: &World, more: &str) -> Self {
        let mut site = Self::installed(world.clone(), Backend::Ldap);
        site.slapd = Some(RefCell::new(start_slapd(world, super::slapd_options("write"))));
        site.write_settings(more);
        for file in ["/etc/monk/monk.toml", "/etc/monk/ldap.password"] {
            world.command("chown").args(["root:monk", file]).run().expect_success();
            world.command("chmod").args(["640", file]).run().expect_success();
        }
        world.command("systemctl").args(["reload", "monk"]).run().expect_success();
        site
    }

    fn installed(world: World, backend: Backend) -> Self {
        Self { world, backend, slapd: None, engine: RefCell::new(None) }
    }
}
