//! The ways in which monk can be set up, for claims that hold in all of them.

use super::{Backend, Running, Site};

/// A refusal in an instant, and a service in which nothing but the code takes time: who races or is
/// killed there is close to the record.
pub const CODE_ALONE: &str = "\
[engine]
refusal_ms = 0
[throttle]
free = 100000
[service.code]
password = \"elsewhere\"
";

/// One way in which monk can be set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Where users and credentials are.
    pub backend: Backend,
    /// How the engine runs.
    pub running: Running,
}

impl Setup {
    /// The embedded directory, and a service.
    pub const EMBEDDED_RESIDENT: Self = Self::of(Backend::Embedded, Running::Resident);
    /// The embedded directory, and an engine for each login.
    pub const EMBEDDED_ONE_SHOT: Self = Self::of(Backend::Embedded, Running::OneShot);
    /// slapd, and a service.
    pub const LDAP_RESIDENT: Self = Self::of(Backend::Ldap, Running::Resident);
    /// slapd, and an engine for each login.
    pub const LDAP_ONE_SHOT: Self = Self::of(Backend::Ldap, Running::OneShot);

    /// slapd with a branch of its own for credentials, and a service.
    pub const LDAP_STORE_RESIDENT: Self = Self::of(Backend::LdapStore, Running::Resident);
    /// The same, and an engine for each login.
    pub const LDAP_STORE_ONE_SHOT: Self = Self::of(Backend::LdapStore, Running::OneShot);

    const fn of(backend: Backend, running: Running) -> Self {
        Self { backend, running }
    }

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

/// Makes tests of functions that take one value: one for each of the values, named `claim::value`.
#[macro_export]
macro_rules! test_for_each {
    ([$($claim:ident),+ $(,)?] $values:tt) => {
        $($crate::test_for_each!($claim $values);)+
    };
    ($claim:ident { $($name:ident: $value:expr),+ $(,)? }) => {
        mod $claim {
            $(#[test]
            fn $name() {
                super::$claim($value);
            })+
        }
    };
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
        $crate::test_for_each!([$($claim),+] {
            embedded_resident: $crate::site::Setup::EMBEDDED_RESIDENT,
            embedded_one_shot: $crate::site::Setup::EMBEDDED_ONE_SHOT,
            ldap_resident: $crate::site::Setup::LDAP_RESIDENT,
            ldap_one_shot: $crate::site::Setup::LDAP_ONE_SHOT,
            // How engines run is no business of the store.
            ldap_store: $crate::site::Setup::LDAP_STORE_RESIDENT,
        });
    };
}

/// Makes tests of functions that take a [`Running`](crate::site::Running): one for each way of
/// running the engine, named `claim::resident` and `claim::one_shot`.
#[macro_export]
macro_rules! in_both_ways {
    ($($claim:ident),+ $(,)?) => {
        $crate::test_for_each!([$($claim),+] {
            resident: $crate::site::Running::Resident,
            one_shot: $crate::site::Running::OneShot,
        });
    };
}

/// Makes tests of functions that take a [`Backend`](crate::site::Backend): one for each place of
/// credentials, named `claim::embedded`, `claim::ldap` and `claim::ldap_store`.
#[macro_export]
macro_rules! in_every_store {
    ($($claim:ident),+ $(,)?) => {
        $crate::test_for_each!([$($claim),+] {
            embedded: $crate::site::Backend::Embedded,
            ldap: $crate::site::Backend::Ldap,
            ldap_store: $crate::site::Backend::LdapStore,
        });
    };
}
