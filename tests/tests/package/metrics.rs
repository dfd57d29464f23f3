//! The package monk-metrics: nothing is counted until somebody says so, Prometheus gets the numbers with the commands of the
//! page, and nothing is left of it.

use std::time::Duration;

use monk_tests::fresh::{Debian, metrics_package};
use monk_tests::{page, until};

use crate::guarded::{Guarded, apt_get, bring, systemctl};
use crate::pages::{Blocks, Reader};

monk_tests::on_each_debian!(the_metrics_are_off_reach_prometheus_and_go_without_a_trace);

/// What the test here carries out.
pub const BLOCKS: Blocks = &[
    (PAGE, INSTALL),
    (PAGE, LOOK),
    (PAGE, PROMETHEUS),
    (PAGE, TIMER),
    (PAGE, SOCKET),
    (PAGE, FROM_CRON),
];

const PAGE: &str = "docs/monitoring.md";
const INSTALL: &str = "apt install ./monk-metrics_*.deb";
const LOOK: &str = "curl http://127.0.0.1:9914/metrics";
const PROMETHEUS: &str = "promtool check config /etc/prometheus/prometheus.yml";
const TIMER: &str = "systemctl enable --now monk-metrics-textfile.timer";
const SOCKET: &str = "systemctl restart monk-metrics.socket nginx";
const FROM_CRON: &str = "monk-metrics --textfile";

/// How long a service may take to answer, on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// How long Prometheus may take to ask, which it does each 15 s, and the timer, which is there each minute.
const ROUND: Duration = Duration::from_secs(90);

/// The file for node_exporter.
const FILE: &str = "/var/lib/prometheus/node-exporter/monk.prom";

/// What `systemctl edit` writes.
#[track_caller]
fn edit(guarded: &Guarded, unit: &str, words: &str) {
    let text = page::block(PAGE, words).text;
    guarded.machine.write(format!("/etc/systemd/system/{unit}.d/override.conf"), text, 0o644);
    systemctl(&guarded.machine, &["daemon-reload"]);
}

fn the_metrics_are_off_reach_prometheus_and_go_without_a_trace(debian: Debian) {
    let guarded = Guarded::among_servers(debian);
    let machine = &guarded.machine;
    bring(machine, &metrics_package().current);
    let reader = Reader::new(machine, BLOCKS);
    reader.follows(INSTALL);
    let get = |more: &[&str]| {
        machine.command("curl").args(["--silent", "--include"]).args(more).run().stdout
    };
    let shows = |more: &[&str], words: &str, limit: Duration| {
        let shown = until(limit, || get(more).contains(words).then_some(()));
        let journal = machine.command("journalctl").args(["--no-pager", "--unit=monk-metrics"]);
        assert_eq!(shown, Some(()), "{words}: {} {}", get(more), journal.run());
    };
    let own = "http://127.0.0.1:9914/metrics";
    shows(&[own], "HTTP/1.1 503", LIMIT);
    reader.puts(PAGE, "[metrics]", "/etc/monk/monk.toml");
    machine.command("monkd").arg("--check").run().expect_success();
    systemctl(machine, &["reload", "monk"]);
    shows(&[own], "\nmonk_up 1\n", LIMIT);
    assert!(reader.follows(LOOK).stdout.contains("\nmonk_up 1\n"));
    // As its own user, which can do next to nothing.
    let user = systemctl(machine, &["show", "--property=User", "--value", "monk-metrics"]);
    assert_eq!(user.trim(), "monk-metrics");
    for (unit, most) in [("monk-metrics.service", 10), ("monk-metrics-textfile.service", 30)] {
        let threshold = format!("--threshold={most}");
        let security = ["security", &threshold, "--no-pager", unit];
        machine.command("systemd-analyze").args(security).run().expect_success();
    }

    reader.follows(PROMETHEUS);
    let query = "http://127.0.0.1:9090/api/v1/query?query=monk_up";
    shows(&[query], "\"job\":\"monk\"", ROUND);
    let alerts = get(&["http://127.0.0.1:9090/api/v1/rules"]);
    assert!(alerts.contains("MonkEngineDown"), "{alerts}");

    // The file for node_exporter is for those who want it.
    let is_on = |unit: &str| machine.command("systemctl").args(["is-enabled", unit]).run().stdout;
    assert_eq!(is_on("monk-metrics-textfile.timer").trim(), "disabled");
    reader.follows(TIMER);
    shows(&["http://127.0.0.1:9100/metrics"], "\nmonk_up 1\n", ROUND);

    // On a socket that its group alone may open.
    edit(&guarded, "monk-metrics.socket", "ListenStream=/run/monk-metrics/metrics.sock");
    reader.follows(SOCKET);
    let socket = ["--unix-socket", "/run/monk-metrics/metrics.sock", "http://localhost/metrics"];
    shows(&socket, "\nmonk_up 1\n", LIMIT);
    assert_eq!(get(&[own]), "", "nobody else is answered");
    for (user, is_in) in [("www-data", true), ("nobody", false)] {
        let curl = machine.command("curl").as_user(user).arg("--silent").args(socket).run();
        assert_eq!(curl.success(), is_in, "{user}: {curl}");
    }

    without_a_resident_engine(&guarded, &reader);
    reader.has_read_all();
    assert_eq!(systemctl(machine, &["--failed", "--plain", "--no-legend"]), "");

    apt_get(machine, &["purge", "monk-metrics"]);
    for left in
        ["/usr/sbin/monk-metrics", "/usr/share/monk/metrics", "/run/monk-metrics/metrics.sock"]
    {
        assert!(!machine.exists(left), "{left}");
    }
    assert_eq!(systemctl(machine, &["is-active", "monk"]), "active\n");
}

/// Engines that run for one login leave their counts in a file, which the timer and cron read.
#[track_caller]
fn without_a_resident_engine(guarded: &Guarded, reader: &Reader) {
    let machine = &guarded.machine;
    systemctl(machine, &["stop", "monk-metrics-textfile.timer", "monk"]);
    assert!(guarded.imap(&guarded.password_and_code()), "{}", guarded.site().last_login().text);
    let counted = "reason=\"totp\"";
    edit(guarded, "monk-metrics-textfile.service", "Environment=FROM=--counts=");
    systemctl(machine, &["start", "monk-metrics-textfile.service"]);
    assert!(machine.read(FILE).contains(counted), "{}", machine.read(FILE));
    machine.remove(FILE);
    reader.follows(FROM_CRON);
    assert!(machine.read(FILE).contains(counted), "{}", machine.read(FILE));
    systemctl(machine, &["start", "monk"]);
}
