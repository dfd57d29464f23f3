//! The package monk-metrics: nothing is counted until somebody says so, and nothing is left of it.

use std::time::Duration;

use monk_tests::fresh::{Debian, Machine, metrics_package, package};
use monk_tests::until;

use crate::guarded::{apt_get, systemctl};

monk_tests::on_each_debian!(the_metrics_are_off_on_loopback_and_go_without_a_trace);

/// How long a service may take to answer, on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// Where Debian's node_exporter looks.
const FOLDER: &str = "/var/lib/prometheus/node-exporter";

/// A drop-in that has it listen for a web server alone.
const ON_A_SOCKET: &str = "[Socket]\nListenStream=\nListenStream=/run/monk-metrics/metrics.sock\n";

fn the_metrics_are_off_on_loopback_and_go_without_a_trace(debian: Debian) {
    let machine = Machine::new(debian);
    machine.install(package().current, "/root/monk.deb", 0o644);
    machine.install(metrics_package().current, "/root/monk-metrics.deb", 0o644);
    apt_get(&machine, &["install", "/root/monk.deb", "/root/monk-metrics.deb"]);
    let page = |more: &[&str]| {
        let curl = machine.command("curl").args(["--silent", "--include"]).args(more);
        curl.arg("http://127.0.0.1:9914/metrics").run().stdout
    };
    let shows = |more: &[&str], words: &str| {
        let shown = until(LIMIT, || page(more).contains(words).then_some(()));
        let journal = machine.command("journalctl").args(["--no-pager", "--unit=monk-metrics"]);
        assert_eq!(shown, Some(()), "{words}: {} {}", page(more), journal.run());
    };
    shows(&[], "HTTP/1.1 503");
    machine.write("/etc/monk/monk.toml", "[metrics]\nenabled = true\n", 0o644);
    systemctl(&machine, &["reload", "monk"]);
    shows(&[], "\nmonk_up 1\n");
    // As its own user, which can do next to nothing.
    let user = systemctl(&machine, &["show", "--property=User", "--value", "monk-metrics"]);
    assert_eq!(user.trim(), "monk-metrics");
    for (unit, most) in [("monk-metrics.service", 10), ("monk-metrics-textfile.service", 30)] {
        let threshold = format!("--threshold={most}");
        let security = ["security", &threshold, "--no-pager", unit];
        machine.command("systemd-analyze").args(security).run().expect_success();
    }

    // The file for node_exporter is for those who want it.
    let is_on = |unit: &str| machine.command("systemctl").args(["is-enabled", unit]).run().stdout;
    assert_eq!(is_on("monk-metrics-textfile.timer").trim(), "disabled");
    machine.make_folder(FOLDER, 0o755);
    systemctl(&machine, &["start", "monk-metrics-textfile.service"]);
    let file = machine.read(format!("{FOLDER}/monk.prom"));
    assert!(file.contains("\nmonk_up 1\n"), "{file}");

    // On a socket that its group alone may open.
    machine.write("/etc/systemd/system/monk-metrics.socket.d/own.conf", ON_A_SOCKET, 0o644);
    systemctl(&machine, &["daemon-reload"]);
    systemctl(&machine, &["stop", "monk-metrics.service"]);
    systemctl(&machine, &["restart", "monk-metrics.socket"]);
    shows(&["--unix-socket", "/run/monk-metrics/metrics.sock"], "\nmonk_up 1\n");
    assert_eq!(page(&[]), "", "nobody else is answered");
    let others = machine.command("curl").as_user("nobody").args(["--silent", "--unix-socket"]);
    let others = others.args(["/run/monk-metrics/metrics.sock", "http://localhost/metrics"]).run();
    assert!(!others.success(), "{others}");
    assert_eq!(systemctl(&machine, &["--failed", "--plain", "--no-legend"]), "");

    apt_get(&machine, &["purge", "monk-metrics"]);
    for left in
        ["/usr/sbin/monk-metrics", "/usr/share/monk/metrics", "/run/monk-metrics/metrics.sock"]
    {
        assert!(!machine.exists(left), "{left}");
    }
    assert_eq!(systemctl(&machine, &["is-active", "monk"]), "active\n");
}
