//! A directory server, a host with monk beside it, and people who have enrolled.

use monk_tests::World;
use monk_tests::directories::RealDirectory;
use monk_tests::site::{Device, Running, Site};

/// Everybody's password, which every server's policy takes.
pub const PASSWORD: &str = "Corr3ct-horse";

/// Where people come from.
pub const HOME: &str = "192.0.2.7";

/// The services, each with another way in. Refusals come at once.
const SERVICES: &str = "\
[engine]
refusal_ms = 0
[throttle]
free = 1000
[service.key]
password = \"skip-after-publickey\"
[service.elsewhere]
password = \"elsewhere\"
[service.webmail]
remember_minutes = 60
";

/// The PAM services.
const NAMES: [&str; 5] = ["imap", "key", "elsewhere", "webmail", "account"];

/// Devices of one person: each has two codes at any time.
const DEVICES: usize = 4;

/// A directory server with a host.
pub struct Scene<D> {
    pub directory: D,
    pub site: Site,
}

/// A person with devices, and an app password for every service.
pub struct Member {
    pub name: String,
    pub app_password: String,
    devices: Vec<Device>,
}

impl Member {
    /// A code that was never used.
    #[track_caller]
    pub fn code(&self) -> String {
        self.devices.iter().find_map(Device::code_if_any).expect("one of the devices has a code")
    }

    /// The password and such a code.
    #[track_caller]
    pub fn typed(&self) -> String {
        format!("{PASSWORD};{}", self.code())
    }
}

impl<D: RealDirectory> Scene<D> {
    /// Starts everything.
    #[track_caller]
    pub fn start() -> Self {
        Self::with(|_| String::new())
    }

    /// The same with more sections of the settings, which may name groups that `prepare` has added.
    #[track_caller]
    pub fn with(prepare: impl FnOnce(&D) -> String) -> Self {
        let world = World::new();
        let directory = D::start(&world);
        let credentials = if D::KEEPS_CREDENTIALS { "directory" } else { "embedded" };
        let more = prepare(&directory);
        let settings = format!("credentials = \"{credentials}\"\n{SERVICES}{more}");
        let site =
            Site::in_directory(&world, &directory.ldap_section(), Running::Resident, &settings);
        NAMES.iter().for_each(|service| site.pam_service(service, ""));
        Self { directory, site }
    }

    /// Adds somebody, who enrols.
    #[track_caller]
    pub fn member(&self, name: &str) -> Member {
        self.directory.add_person(name, PASSWORD);
        self.enrolled(name)
    }

    /// The devices and the app password of somebody who is in the directory.
    #[track_caller]
    pub fn enrolled(&self, name: &str) -> Member {
        let device = |number| self.site.device(name, &format!("Phone {number}"));
        Member {
            name: name.to_owned(),
            app_password: self.site.app_password(name, "Mail", &["--scope", "*"]),
            devices: (0..DEVICES).map(device).collect(),
        }
    }

    /// Logs in with one string: what opened the door, or why it stayed closed.
    #[track_caller]
    pub fn login(&self, service: &str, name: &str, typed: &str) -> String {
        let pam = self.site.pam(service, name).from(HOME).types(typed);
        self.site.audited(|| pam.authenticate()).1.reason
    }
}
