//! monk with a directory server that the test has started itself.

use std::cell::RefCell;

use super::{Backend, Running, SETTINGS, Site, programs};
use crate::World;
use crate::directories::RealDirectory;

impl Site {
    /// Installs monk in a world where a directory server runs, with more lines in the settings. Users and
    /// credentials are there.
    ///
    /// What a site does with its own slapd, such as adding users, is the directory's business here.
    #[track_caller]
    pub fn in_directory(
        world: &World,
        directory: &impl RealDirectory,
        running: Running,
        more: &str,
    ) -> Self {
        programs::install(world);
        world.make_folder("/etc/monk/keys", 0o700);
        world.make_folder("/var/lib/monk", 0o700);
        let site = Self {
            world: world.clone(),
            backend: Backend::Ldap,
            slapd: None,
            engine: RefCell::new(None),
        };
        let section = directory.ldap_section();
        world.write(SETTINGS, format!("directory = \"ldap\"\n{more}\n[ldap]\n{section}"), 0o644);
        world.command("monkd").arg("--setup").run().expect_success();
        if running == Running::Resident {
            site.start_engine();
        }
        site
    }
}
