//! FreeRADIUS, with PAP, as access points, gateways and firewalls ask it.

use monk_tests::Freeradius;
use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};

struct Radius(Freeradius);

impl Radius {
    /// As the shipped example has it.
    fn start(site: &Site) -> Self {
        site.install_recipe("radiusd");
        site.install_example("freeradius/monk", "/etc/freeradius/3.0/sites-available/monk");
        Self(Freeradius::start(&site.world))
    }
}

impl Door for Radius {
    fn about(&self) -> About {
        // It tells PAM no address, neither of the user nor of the access point.
        About { name: "FreeRADIUS", service: "radiusd", ..About::default() }
    }

    fn log_in(&self, _: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        self.0.accepts(user, first)
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

#[test]
fn freeradius_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Radius::start(&site);
    conformance::run(&site, &door);
    conformance::outage(&site, &door);
}

#[test]
fn without_a_resident_engine_freeradius_refuses_and_the_log_says_why() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Radius::start(&site);
    conformance::refuses_without(&site, &door);
}
