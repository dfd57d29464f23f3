//! `libnss_monk.so.2` in a world, where the C library looks for it.

mod engine;
mod host;

pub use engine::{KnownMap, NamesEngine};
pub use host::{Found, NssHost, Seen};

use crate::World;
use crate::site::built;

/// Where users and groups come from on a host with the module.
const NAME_SERVICES: &str = "\
passwd: files monk
group: files monk
shadow: files monk
gshadow: files
hosts: files
services: files
protocols: files
";

/// Installs the module and names it in `nsswitch.conf(5)`, behind the files. Programs that start from now on
/// ask it.
///
/// # Panics
/// When the module was not built: `cargo build --workspace`.
#[track_caller]
pub fn install(world: &World) {
    let modules = world.pam_modules();
    let libraries = modules.parent().expect("PAM modules have a folder of their own");
    world.install(built("libnss_monk.so"), libraries.join("libnss_monk.so.2"), 0o644);
    world.write("/etc/nsswitch.conf", NAME_SERVICES, 0o644);
}
