//! How long a login takes with each directory.

use std::time::Instant;

use monk_tests::Sample;
use monk_tests::clients::{WireAnswer, WireLogin};
use monk_tests::directories::RealDirectory;
use monk_tests::figures;

use crate::claims::holds;
use crate::scene::{PASSWORD, Scene};

/// Logins without a code that are measured in every run, and in a long one.
const LOGINS: (usize, usize) = (40, 400);

/// Devices of the one who logs in with codes, two for each of them.
const DEVICES: (usize, usize) = (5, 20);

/// Nobody waits for longer, whatever machine this is, milliseconds.
const LIMIT: f64 = 2_000.0;

/// The medians of logins with a resident engine whose connections are open.
#[track_caller]
pub fn logins_are_quick<D: RealDirectory>() {
    let scene = Scene::<D>::with(|_| "[service.plain]\nmfa = \"off\"\n".to_owned());
    let site = &scene.site;
    scene.directory.add_person("alice", PASSWORD);
    let devices = figures::times(DEVICES.0, DEVICES.1);
    let devices: Vec<_> =
        (0..devices).map(|number| site.device("alice", &format!("Phone {number}"))).collect();
    let app_password = site.app_password("alice", "Mail", &["--scope", "*"]);
    let host = site.endpoint();
    let measure = |service: &str, typed: &[String]| {
        let time = |typed: &String| {
            let login = WireLogin { service, user: "alice", typed };
            let begin = Instant::now();
            assert_eq!(login.run(&host), WireAnswer::Granted, "{service}");
            begin.elapsed()
        };
        // The first one opens connections, and records the use of an app password.
        site.world.inside(|| typed.iter().map(time).skip(1).collect::<Sample>())
    };
    let often = |typed: &str| vec![typed.to_owned(); figures::times(LOGINS.0, LOGINS.1)];
    let codes = devices.iter().flat_map(|device| [device.code(), device.code()]);
    let codes: Vec<String> = codes.map(|code| format!("{PASSWORD};{code}")).collect();
    for (what, service, typed) in [
        ("app password", "imap", often(&app_password)),
        ("password", "plain", often(PASSWORD)),
        ("password;code", "imap", codes),
    ] {
        let median = measure(service, &typed).percentile(50);
        assert!(median < LIMIT, "{what}: {median} ms");
        holds::<D>(&format!("median of a login, {what}"), &format!("{median:.1} ms"));
    }
}
