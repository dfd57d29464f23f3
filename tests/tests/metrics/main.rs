//! What monk-metrics shows, with a real engine, a real Prometheus and its promtool.

mod alerts;
mod one_shot;
mod prometheus;
mod told;

use monk_tests::clients::PamAnswer;
use monk_tests::site::{Backend, Device, Running, Site, built};
use monk_tests::{Process, packages};

/// The account that monk-metrics runs as.
const ACCOUNT: &str = "monk-metrics";

/// Where it listens.
const ADDRESS: &str = "127.0.0.1:9914";
const PORT: u16 = 9914;

/// A service that the settings name, and `[metrics]`.
const SETTINGS: &str = "[metrics]\nenabled = true\n[service.imap]\n[engine]\nrefusal_ms = 0\n";

/// Where the program is.
const PROGRAM: &str = "/usr/sbin/monk-metrics";

/// A site whose engine counts, with alice, who has a device.
fn site(backend: Backend, running: Running) -> (Site, Device) {
    let site = Site::with_settings(backend, running, SETTINGS);
    site.world.add_system_user(ACCOUNT);
    site.world.install(built("monk-metrics"), PROGRAM, 0o755);
    for service in ["imap", "ftp"] {
        site.pam_service(service, "");
    }
    let phone = site.user_with_device("alice", "secret");
    (site, phone)
}

/// Starts monk-metrics.
fn start(site: &Site) -> Process {
    let command = site.world.command(PROGRAM).args(["--listen", ADDRESS]);
    let mut process = command.as_user(ACCOUNT).spawn();
    site.world.wait_for_server(&mut process, || site.world.is_listening(PORT));
    process
}

/// What it shows.
fn scraped(site: &Site) -> String {
    // A page is passed on for a second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let address = format!("http://{ADDRESS}/metrics");
    let curl = site.world.command("curl").args(["--silent", "--show-error", "--fail", &address]);
    curl.run().expect_success().stdout
}

/// The number of a series, if it is there.
fn value(page: &str, series: &str) -> Option<f64> {
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(line.parse().expect("a number"))
}

fn login(site: &Site, service: &str, user: &str, typed: String) -> PamAnswer {
    site.pam(service, user).from("192.0.2.77").types(typed).authenticate().answer
}

/// Logs in once with a code, once with a wrong password, at a service that has no section, and as nobody.
fn logins(site: &Site, phone: &Device) {
    assert_eq!(
        login(site, "imap", "alice", format!("secret;{}", phone.code())),
        PamAnswer::Success
    );
    for (service, user) in [("imap", "alice"), ("ftp", "alice"), ("imap", "nobody-at-all")] {
        assert_ne!(login(site, service, user, "wrong;123456".to_owned()), PamAnswer::Success);
    }
}

/// What the logins above are in numbers.
#[track_caller]
fn shows_the_logins(page: &str) {
    for (service, verdict, reason) in [
        ("imap", "granted", "totp"),
        ("imap", "refused", "wrong-code"),
        ("other", "refused", "wrong-code"),
        ("imap", "ignored", "unknown-user"),
    ] {
        let labels = format!("service=\"{service}\",verdict=\"{verdict}\",reason=\"{reason}\"");
        let number = value(page, &format!("monk_logins_total{{{labels}}}"));
        assert_eq!(number, Some(1.0), "{labels}: {page}");
    }
    for stranger in ["alice", "nobody-at-all", "192.0.2", "ftp"] {
        assert!(!page.contains(stranger), "{stranger}: {page}");
    }
}

/// Has promtool look at something that it reads from standard input or from the file that is named last.
#[track_caller]
fn promtool(site: &Site, arguments: &[&str], input: &str) {
    packages::ensure(&["prometheus"]).expect("Prometheus can be installed");
    let command = site.world.command("promtool").args(arguments).stdin(input);
    let output = command.run().expect_success();
    let said = [output.stdout, output.stderr].concat();
    assert!(!said.contains("error") && !said.contains("FAILED"), "{said}");
}
