//! OpenVPN with its plugin auth-pam.

use monk_tests::Openvpn;
use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};

/// The shipped example.
const SETTINGS: &str = "/etc/openvpn/server/monk.inc";

/// Keys are renewed once an hour: never in these tests.
const AN_HOUR: u32 = 3600;

struct Vpn(Openvpn);

impl Vpn {
    /// As the shipped example has it.
    fn start(site: &Site, renewal: u32) -> Self {
        site.install_recipe("openvpn");
        site.install_example("openvpn/monk.inc", SETTINGS);
        Self(Openvpn::start(&site.world, SETTINGS, renewal))
    }
}

impl Door for Vpn {
    fn about(&self) -> About {
        About {
            name: "OpenVPN",
            service: "openvpn",
            address: Some("127.0.0.1"),
            shows_screens: true,
            ..About::default()
        }
    }

    fn log_in(&self, _: &Site, user: &str, first: &str, second: Option<&str>) -> bool {
        self.0.connect(user, first, second).is_some()
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

#[test]
fn openvpn_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Vpn::start(&site, AN_HOUR);
    conformance::run(&site, &door);
}

#[test]
fn without_a_resident_engine_openvpn_grants_and_refuses_as_well() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let door = Vpn::start(&site, AN_HOUR);
    conformance::starts_its_own(&site, &door);
}

/// The client shows a token when keys are renewed: nobody is asked again, and no second code is spent.
#[test]
fn a_renewal_of_keys_asks_for_no_second_code() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Vpn::start(&site, 2);
    let phone = site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    let connection = door.0.connect("alice", &typed, None);
    assert!(connection.is_some(), "{:?}\n{}", site.world.log(), door.log());
    for _ in 0..3 {
        let renewals =
            || door.log().matches("TLS: Username/auth-token authentication succeeded").count();
        let before = renewals();
        let renewed = || (renewals() > before).then_some(());
        assert!(
            monk_tests::until(std::time::Duration::from_secs(20), renewed).is_some(),
            "{}",
            door.log()
        );
    }
    let reasons: Vec<_> = site.logins().into_iter().map(|line| line.reason).collect();
    assert_eq!(reasons, ["totp"], "{}", door.log());
    // Somebody who has seen the string gets in nowhere with it.
    assert!(door.0.connect("alice", &typed, None).is_none());
    assert_eq!(site.last_login().reason, "replayed-code");
}
