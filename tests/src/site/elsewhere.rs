//! monk with a directory server that the test has started itself.

use std::cell::RefCell;

use super::{Backend, Running, SETTINGS, Site, programs};
use crate::World;

impl Site {
    /// Installs monk in a world where a directory server runs, whose section of the settings is given, with
    /// more lines of them before it. Users and credentials are there.
    ///
    /// What a site does with its own slapd, such as adding users, is the directory's business here.
    #[track_caller]
    pub fn in_directory(world: &World, ldap_section: &str, running: Running, more: &str) -> Self {
        programs::install(world);
        world.make_folder("/etc/monk/keys", 0o700);
        world.make_folder("/var/lib/monk", 0o700);
        let site = Self {
            world: world.clone(),
            backend: Backend::Ldap,
            slapd: None,
            engine: RefCell::new(None),
        };
        world.write(
            SETTINGS,
            format!("directory = \"ldap\"\n{more}\n[ldap]\n{ldap_section}"),
            0o644,
        );
        world.command("monkd").arg("--setup").run().expect_success();
        if running == Running::Resident {
            site.start_engine();
        }
        site
    }
}
