use monk_wire::metrics::{Hashes, OTHER, Timed};
use monk_wire::portal::Certificates;

use super::*;

/// Series that one host may have, all together.
const MOST_SERIES: usize = 300;

fn series(page: &str) -> Vec<&str> {
    page.lines().filter(|line| !line.starts_with('#')).collect()
}

/// Every number is one, and every list is as long as it gets.
fn at_its_largest() -> Snapshot {
    let mut counts = Counts::default();
    // More services and reasons than there are.
    for service in 0..40 {
        for reason in 0..10 {
            counts.add_login(&format!("service-{service}"), "refused", &format!("reason-{reason}"));
        }
    }
    // There are 71 words for the end of a login.
    for reason in 0..75 {
        counts.add_login(OTHER, "refused", &format!("reason-{reason}"));
    }
    for verdict in ["granted", "refused", "ignored", "unavailable", "abandoned"] {
        counts.add_login_time(verdict, 3000);
    }
    for operation in ["find", "password", "groups", "read", "write", "change-password", "ssh-keys"]
    {
        counts.add_operation(operation, Some(3000));
        counts.add_operation(operation, None);
    }
    let one = Hashes { running: 1, waiting: 1 };
    let gauges = Gauges {
        conversations: [1; 3],
        hashes: one,
        cheap_hashes: one,
        slowed_users: Some(1),
        slowed_networks: Some(1),
        key_made: Some(1),
        certificate_end: Some(1),
        portal_certificates: Certificates { tls: Some(1), profile_signature: Some(1) },
        ..Gauges::default()
    };
    Snapshot { version: "0.1.0".to_owned(), counts, gauges }
}

#[test]
fn one_host_has_less_than_three_hundred_series_whatever_strangers_send() {
    let page = page(&at_its_largest());
    let series = series(&page);
    assert!(series.len() <= MOST_SERIES, "{} series", series.len());
    assert!(series.len() > 250, "{} series: this is not the largest any more", series.len());
}

#[test]
fn a_histogram_adds_up_and_ends_with_everything() {
    let mut counts = Counts::default();
    for took_us in [500, 3000, 3000, 9_000_000] {
        counts.add_login_time("granted", took_us);
    }
    let page = super::counts(&counts);
    let value = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name}: {page}")).to_owned()
    };
    let bucket =
        |le: &str| value(&format!("monk_login_seconds_bucket{{verdict=\"granted\",le=\"{le}\"}}"));
    assert_eq!(["0.001", "0.005", "5", "+Inf"].map(bucket), ["1", "3", "3", "4"]);
    assert_eq!(value("monk_login_seconds_count{verdict=\"granted\"}"), "4");
    assert_eq!(value("monk_login_seconds_sum{verdict=\"granted\"}"), "9.0065");
}

#[test]
fn a_name_of_a_service_cannot_make_a_series_of_its_own() {
    let mut counts = Counts::default();
    counts.add_login("x\"} 7\nmonk_up 9\n#\\", "granted", "totp");
    let page = super::counts(&counts);
    let named: Vec<_> = series(&page).into_iter().filter(|line| line.contains("monk_up")).collect();
    assert_eq!(named.len(), 1, "{page}");
    assert!(
        named[0].starts_with("monk_logins_total{service=\"x\\\"} 7\\nmonk_up 9\\n#\\\\\","),
        "{page}"
    );
}

#[test]
fn operations_that_never_were_answered_have_failures_and_no_times() {
    let counts = Counts {
        operations: vec![Timed { of: "find".into(), unanswered: 2, ..Timed::default() }],
        ..Counts::default()
    };
    let page = super::counts(&counts);
    assert!(page.contains("monk_directory_failures_total{operation=\"find\"} 2\n"), "{page}");
    assert!(!page.contains("monk_directory_operation_seconds_count"), "{page}");
}

/// Words of `text` that look like metrics of monk.
fn named(text: &str) -> std::collections::BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("monk_")).collect()
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_there_are() {
    let page = page(&at_its_largest());
    let there: Vec<_> =
        series(&page).iter().filter_map(|line| line.split(['{', ' ']).next()).collect();
    for (file, text) in [
        ("alerts.yml", include_str!("../../../config/metrics/alerts.yml")),
        ("dashboard.json", include_str!("../../../config/metrics/dashboard.json")),
    ] {
        let named = named(text);
        assert!(named.len() > 8, "{file}: {named:?}");
        for name in named {
            assert!(there.contains(&name), "{file} asks for {name}");
        }
    }
}
