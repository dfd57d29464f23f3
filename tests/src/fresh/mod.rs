//! A fresh Debian with systemd as its first process, for tests of the package.
//!
//! A [`Machine`] is made from nothing but Debian's own packages, in memory, and has never seen monk.
//! While it is on, it is a [`World`](crate::World): clients, servers and files are used as in every
//! other. It can be rebooted, with its disk as it was, and it ends with the process that made it,
//! however that process ends. One that is made [beside](Machine::beside) a world shares the network of that
//! world, so that it is booted again while the servers go on.
//!
//! | module | what it does |
//! |---|---|
//! | `base` | makes the base of a release with mmdebstrap, once, and keeps it as a tar |
//! | `mirrors` | from where: the mirrors that this machine uses |
//! | `disk` | unpacks it into memory, for one machine |
//! | `boot` | starts systemd on it, in namespaces of its own |
//! | `control_group` | the group in which systemd makes those of its services |
//! | `machine` | all of it together |
//! | `package` | monk's own .deb files, and older ones |
//!
//! What this kernel and namespaces cannot show: AppArmor, and limits of memory and of processes.
//! Capabilities, system call filters, and the rules about paths and addresses hold as anywhere.

mod base;
mod boot;
mod control_group;
mod disk;
mod machine;
mod mirrors;
mod package;

pub use base::{base_with, cache, has_base};
pub use machine::Machine;
pub use package::{Package, metrics_package, names_package, package, web_package};

/// A release of Debian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debian {
    /// Debian 12.
    Bookworm,
    /// Debian 13.
    Trixie,
}

impl Debian {
    /// The name under which mirrors have it.
    #[must_use]
    pub fn suite(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        }
    }
}

/// Makes tests of functions that take a [`Debian`]: one for each release, named
/// `claim::bookworm` and `claim::trixie`.
///
/// `cargo xtask test` leaves out what is called `trixie`, `cargo xtask test --all` does not.
#[macro_export]
macro_rules! on_each_debian {
    ($($claim:ident),+ $(,)?) => {
        $crate::test_for_each!([$($claim),+] {
            bookworm: $crate::fresh::Debian::Bookworm,
            trixie: $crate::fresh::Debian::Trixie,
        });
    };
}
