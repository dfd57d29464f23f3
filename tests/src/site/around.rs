//! monk beside a directory that the test has brought along.

use super::{Backend, Running, Site, programs};
use crate::World;

impl Site {
    /// Installs monk in a world in which a directory server runs already, with these settings as a
    /// whole. [`Backend::Ldap`] methods that need the site's own slapd do not work.
    #[track_caller]
    pub fn around(world: &World, running: Running, settings: &str) -> Self {
        programs::install(world);
        world.make_folder("/etc/monk/keys", 0o700);
        world.make_folder("/var/lib/monk", 0o700);
        let site =
            Self { world: world.clone(), backend: Backend::Ldap, slapd: None, engine: None.into() };
        site.write_settings(settings);
        site.world.command("monkd").arg("--setup").run().expect_success();
        if running == Running::Resident {
            site.start_engine();
        }
        site
    }
}
