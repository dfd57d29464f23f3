//! The portal without a web server in front: TLS of its own, and certificates that are renewed.

use std::path::Path;
use std::time::{Duration, Instant};

use monk_tests::World;
use monk_tests::portal::{ACCOUNT, Portal};
use monk_tests::site::{Backend, Running, Site};

const NAME: &str = "mail.example.org";

/// Where the settings look for the certificate and its key.
const FILES: [&str; 2] = ["/etc/monk-web/web.crt", "/etc/monk-web/web.key"];

/// How long a renewed certificate may be waited for: some looks of the portal at the files.
const RENEWED_WITHIN: Duration = Duration::from_secs(40);

/// Puts one of the two files in place of the one before, as programs that renew certificates do.
#[track_caller]
fn put(world: &World, from: &Path, place: &str) {
    world.write(format!("{place}.new"), world.read(from), 0o600);
    let commands = format!("chown {ACCOUNT} {place}.new && mv {place}.new {place}");
    world.command("sh").args(["-c", &commands]).run().expect_success();
}

/// The day on which the certificate ends that a browser is shown. The page behind it has to come.
#[track_caller]
fn shown_end(world: &World) -> String {
    let curl = world.command("curl").args(["--silent", "--verbose", "--include", "--cacert"]);
    let curl = curl.arg(&world.certificates().authority);
    let curl = curl.args(["--resolve", &format!("{NAME}:8080:127.0.0.1")]);
    let output = curl.arg(format!("https://{NAME}:8080/sign-in")).run().expect_success();
    assert!(output.stdout.contains("name=\"password\""), "{output}");
    let line = output.stderr.lines().find_map(|line| line.split_once("expire date: "));
    line.unwrap_or_else(|| panic!("{output}")).1.to_owned()
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart_and_half_a_renewal_is_not() {
    let settings = format!("[portal]\norigin = \"https://{NAME}:8080\"\n");
    let site = Site::with_settings(Backend::Embedded, Running::Resident, &settings);
    let world = &site.world;
    world.add_system_user(ACCOUNT);
    let certificates = world.certificates();
    let (old, new) = (certificates.ending_in(world, 3), certificates.ending_in(world, 90));
    let [certificate, key] = FILES;
    put(world, &old.certificate, certificate);
    put(world, &old.key, key);
    let tls = format!("[tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n");
    let _portal = Portal::start_with(&site, &tls);
    let before = shown_end(world);

    // The certificate is new, and the key is still the old one: for some looks, nothing fits.
    put(world, &new.certificate, certificate);
    std::thread::sleep(Duration::from_secs(12));
    assert_eq!(shown_end(world), before, "the old pair stays in use");

    put(world, &new.key, key);
    let start = Instant::now();
    while shown_end(world) == before {
        assert!(start.elapsed() < RENEWED_WITHIN, "still the old certificate");
        std::thread::sleep(Duration::from_millis(500));
    }
}
