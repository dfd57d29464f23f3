//! Debian's Prometheus asks monk-metrics.

use std::time::Duration;

use monk_tests::figures::row;
use monk_tests::site::{Backend, Running};
use monk_tests::{packages, until};

use crate::*;

/// Where Prometheus answers.
const PROMETHEUS: u16 = 9090;

const CONFIG: &str = "\
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [/etc/prometheus/monk-alerts.yml]
scrape_configs:
  - job_name: monk
    static_configs: [{ targets: ['127.0.0.1:9914'] }]
";

/// The longest that a scrape may take, in seconds. It is asked for every 15 or 60.
const MOST_SECONDS: f64 = 0.5;

/// The largest page, in bytes.
const MOST_BYTES: usize = 64 * 1024;

#[test]
fn prometheus_reads_the_metrics_and_the_alerts() {
    packages::ensure(&["prometheus"]).expect("Prometheus can be installed");
    let (site, phone) = site(Backend::Embedded, Running::Resident);
    let world = &site.world;
    let _program = start(&site);
    logins(&site, &phone);
    world.write(
        "/etc/prometheus/monk-alerts.yml",
        monk_tests::site::shipped("config/metrics/alerts.yml"),
        0o644,
    );
    world.write("/etc/prometheus/test.yml", CONFIG, 0o644);
    let mut server = world.spawn(
        "prometheus",
        &[
            "--config.file=/etc/prometheus/test.yml",
            "--storage.tsdb.path=/root/prometheus",
            "--web.listen-address=127.0.0.1:9090",
        ],
    );
    world.wait_for_server(&mut server, || world.is_listening(PROMETHEUS));
    let asked = |expression: &str| {
        let curl = world.command("curl").args(["--silent", "--get", "--data-urlencode"]);
        let curl =
            curl.arg(format!("query={expression}")).arg("http://127.0.0.1:9090/api/v1/query");
        let answer: serde_json::Value = serde_json::from_str(&curl.run().stdout).ok()?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse::<f64>().ok()
    };
    let granted = || asked("monk_logins_total{reason=\"totp\",service=\"imap\"}");
    assert_eq!(until(Duration::from_secs(30), granted), Some(1.0));
    assert_eq!(asked("up{job=\"monk\"}"), Some(1.0));
    let seconds = asked("scrape_duration_seconds{job=\"monk\"}").expect("a duration");
    let samples = asked("scrape_samples_scraped{job=\"monk\"}").expect("samples");
    let bytes = scraped(&site).len();
    let took = format!("{:.1} ms", seconds * 1000.0);
    row("scrape", &[&took, &format!("{samples} series"), &format!("{bytes} bytes")]);
    assert!(seconds < MOST_SECONDS && samples < 300.0 && bytes < MOST_BYTES);
    // The alert of an engine that is away begins to wait, and nothing else does.
    assert_eq!(asked("count(ALERTS{alertname!=\"MonkEngineDown\"})"), None);
    site.kill_engine();
    let pending = || {
        asked("ALERTS{alertname=\"MonkEngineDown\"}").or_else(|| {
            std::thread::sleep(Duration::from_secs(1));
            None
        })
    };
    assert_eq!(until(Duration::from_secs(90), pending), Some(1.0));
}

#[test]
fn connections_that_somebody_holds_open_keep_prometheus_out_no_longer_than_a_moment() {
    let (site, _) = site(Backend::Embedded, Running::Resident);
    let program = start(&site);
    let held = site.world.inside_as(65_534, || {
        let connect = |_| std::net::TcpStream::connect(ADDRESS).expect("it takes connections");
        (0..300).map(connect).collect::<Vec<_>>()
    });
    assert_eq!(value(&scraped(&site), "monk_up"), Some(1.0));
    let open =
        std::fs::read_dir(format!("/proc/{}/fd", program.pid())).expect("its descriptors").count();
    assert!(open < 40, "{open} descriptors");
    drop(held);
}
