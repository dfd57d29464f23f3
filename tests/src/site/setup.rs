//! The ways in which monk can be set up, for claims that hold in all of them.

use super::{Backend, Running, Site};

/// One way in which monk can be set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Where users and credentials are.
    pub backend: Backend,
    /// How the engine runs.
    pub running: Running,
}

impl Setup {
    /// Installs monk with default settings.
    #[track_caller]
    pub fn site(self) -> Site {
        self.site_with("")
    }

    /// Installs monk with more lines in the settings.
    #[track_caller]
    pub fn site_with(self, more: &str) -> Site {
        Site::with_settings(self.backend, self.running, more)
    }
}

/// Makes tests of functions that take a [`Setup`]: one for each directory and way of running,
/// named `claim::directory_running`.
///
/// ```
/// use monk_tests::site::Setup;
///
/// fn an_unknown_user_is_refused(setup: Setup) {
///     let _site = setup.site();
/// }
///
/// monk_tests::in_every_setup!(an_unknown_user_is_refused);
/// ```
#[macro_export]
macro_rules! in_every_setup {
    ($($claim:ident),+ $(,)?) => {
        $(mod $claim {
            use $crate::site::{Backend, Running, Setup};

            #[test]
            fn embedded_resident() {
                super::$claim(Setup { backend: Backend::Embedded, running: Running::Resident });
            }

            #[test]
            fn embedded_one_shot() {
                super::$claim(Setup { backend: Backend::Embedded, running: Running::OneShot });
            }

            #[test]
            fn ldap_resident() {
                super::$claim(Setup { backend: Backend::Ldap, running: Running::Resident });
            }

            #[test]
            fn ldap_one_shot() {
                super::$claim(Setup { backend: Backend::Ldap, running: Running::OneShot });
            }
        })+
    };
}

/// Makes tests of functions that take a [`Running`](crate::site::Running): one for each way of
/// running the engine, named `claim::resident` and `claim::one_shot`.
#[macro_export]
macro_rules! in_both_ways {
    ($($claim:ident),+ $(,)?) => {
        $(mod $claim {
            use $crate::site::Running;

            #[test]
            fn resident() {
                super::$claim(Running::Resident);
            }

            #[test]
            fn one_shot() {
                super::$claim(Running::OneShot);
            }
        })+
    };
}
