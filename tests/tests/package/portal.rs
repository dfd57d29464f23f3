//! The package monk-web: the page answers as soon as it is installed, and nothing is left of it.

use std::time::Duration;

use monk_tests::fresh::{Debian, Machine, package, web_package};
use monk_tests::until;

use crate::guarded::{apt_get, systemctl};

monk_tests::on_each_debian!(the_portal_answers_on_loopback_and_goes_without_a_trace);

/// How long a service may take to answer, on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

fn the_portal_answers_on_loopback_and_goes_without_a_trace(debian: Debian) {
    let machine = Machine::new(debian);
    machine.install(package().current, "/root/monk.deb", 0o644);
    machine.install(web_package().current, "/root/monk-web.deb", 0o644);
    apt_get(&machine, &["install", "/root/monk.deb", "/root/monk-web.deb"]);
    let page = |path: &str| {
        let address = format!("http://localhost:8080{path}");
        let curl = machine.command("curl").args(["--silent", "--include", "--ipv4", &address]);
        curl.run().stdout
    };
    let shows = |path: &str, words: &str| {
        let shown = until(LIMIT, || page(path).contains(words).then_some(()));
        let journal = machine.command("journalctl").args(["--no-pager", "--unit=monk-web"]);
        assert_eq!(shown, Some(()), "{words}: {} {}", page(path), journal.run());
    };
    // It says what is missing.
    shows("/sign-in", "HTTP/1.1 503");
    machine.write("/etc/monk/monk.toml", "[portal]\norigin = \"http://localhost:8080\"\n", 0o644);
    systemctl(&machine, &["reload", "monk"]);
    shows("/sign-in", "name=\"password\"");
    // As its own user, which can do little.
    let user = systemctl(&machine, &["show", "--property=User", "--value", "monk-web"]);
    assert_eq!(user.trim(), "monk-web");
    let security = ["security", "--threshold=18", "--no-pager", "monk-web.service"];
    machine.command("systemd-analyze").args(security).run().expect_success();
    assert_eq!(systemctl(&machine, &["--failed", "--plain", "--no-legend"]), "");

    apt_get(&machine, &["purge", "monk-web"]);
    assert_eq!(page("/sign-in"), "");
    for left in ["/etc/monk-web/web.toml", "/usr/sbin/monk-web", "/run/monk-web"] {
        assert!(!machine.exists(left), "{left}");
    }
    assert_eq!(systemctl(&machine, &["is-active", "monk"]), "active\n");
}
