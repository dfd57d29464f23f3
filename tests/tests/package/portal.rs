//! The package monk-web: the page answers as soon as it is installed, nginx and its users come to it with the commands of
//! the pages, and nothing is left of it.

use std::time::Duration;

use monk_tests::fresh::{Debian, package, web_package};
use monk_tests::portal::Browser;
use monk_tests::until;

use crate::guarded::{Guarded, PASSWORD, apt_get, bring, systemctl};
use crate::invited;
use crate::pages::{Blocks, Reader};

monk_tests::on_each_debian!(the_portal_is_put_behind_nginx_used_and_gone_without_a_trace);

/// What the test here carries out, besides what it has others do.
pub const BLOCKS: Blocks =
    &[("docs/portal.md", INSTALL), ("docs/portal.md", FOR_NGINX), ("docs/portal.md", RESTART)];

const INSTALL: &str = "apt install ./monk_*.deb ./monk-web_*.deb";
const FOR_NGINX: &str = "cp /usr/share/monk/examples/portal-nginx/monk-web.conf";
const RESTART: &str = "systemctl restart monk-web nginx";

/// Where the page says that the portal is.
const ORIGIN: &str = "https://login.example.org";

/// How long a service may take to answer, on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// Gives nginx the certificate that the recipe names.
#[track_caller]
fn certify(guarded: &Guarded) {
    let machine = &guarded.machine;
    let good = &machine.certificates().good;
    for (file, path) in [
        (&good.certificate, "/etc/ssl/certs/login.example.org.pem"),
        (&good.key, "/etc/ssl/private/login.example.org.key"),
    ] {
        machine.write(path, machine.read(file), 0o600);
    }
}

fn the_portal_is_put_behind_nginx_used_and_gone_without_a_trace(debian: Debian) {
    let guarded = Guarded::among_servers(debian);
    let machine = &guarded.machine;
    bring(machine, &package().current);
    bring(machine, &web_package().current);
    let reader = Reader::new(machine, BLOCKS);
    reader.follows(INSTALL);
    let page = |path: &str| {
        let address = format!("http://127.0.0.1:8080{path}");
        machine.command("curl").args(["--silent", "--include", &address]).run().stdout
    };
    // It says what is missing.
    let shown = until(LIMIT, || page("/sign-in").contains("HTTP/1.1 503").then_some(()));
    assert_eq!(shown, Some(()), "{}", page("/sign-in"));
    reader.puts("docs/portal.md", "help = \"helpdesk@example.org\"", "/etc/monk/monk.toml");
    systemctl(machine, &["reload", "monk"]);
    let shown = until(LIMIT, || page("/sign-in").contains("login.example.org").then_some(()));
    assert_eq!(shown, Some(()), "{}", page("/sign-in"));
    // The line is there already, as an example.
    let socket = monk_tests::page::block("docs/portal.md", "listen = \"unix:").text;
    let edit = format!("s|^# {0}$|{0}|", socket.trim());
    machine.command("sed").args(["-i", &edit, "/etc/monk-web/web.toml"]).run().expect_success();
    assert!(machine.read("/etc/monk-web/web.toml").contains(&format!("\n{socket}")));
    reader.follows(FOR_NGINX);
    certify(&guarded);
    reader.follows(RESTART);
    reader.has_read_all();

    let mut browser = Browser::at(machine, ORIGIN, "/root/alice");
    let answers = until(LIMIT, || browser.open("/sign-in").value("token"));
    assert!(answers.is_some(), "{}", browser.page().text);
    browser.sign_in("alice", PASSWORD, &guarded.phone.code());
    assert!(browser.page().text.contains("Hello alice"), "{}", browser.page().text);
    let doctor = machine.command("monk-enroll").args(["doctor", "--json"]).run().stdout;
    assert!(!doctor.contains("\"portal-") || doctor.contains("\"portal-mail\""), "{doctor}");
    invited::people_are_invited_and_counted(&guarded, ORIGIN);

    // As its own user, which can do little.
    let user = systemctl(machine, &["show", "--property=User", "--value", "monk-web"]);
    assert_eq!(user.trim(), "monk-web");
    let security = ["security", "--threshold=18", "--no-pager", "monk-web.service"];
    machine.command("systemd-analyze").args(security).run().expect_success();
    assert_eq!(systemctl(machine, &["--failed", "--plain", "--no-legend"]), "");

    apt_get(machine, &["purge", "monk-web"]);
    for left in ["/etc/monk-web/web.toml", "/usr/sbin/monk-web", "/run/monk-web"] {
        assert!(!machine.exists(left), "{left}");
    }
    assert_eq!(systemctl(machine, &["is-active", "monk"]), "active\n");
}
