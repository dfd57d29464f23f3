//! The alerts and the dashboard that are shipped.

use std::fmt::Write as _;

use monk_tests::site::shipped;
use monk_tests::{World, packages};

const ALERTS: &str = "config/metrics/alerts.yml";
const DASHBOARD: &str = "config/metrics/dashboard.json";

/// A world, and what promtool says of files there.
fn promtool(files: &[(&str, &str)], arguments: &[&str]) -> monk_tests::Output {
    packages::ensure(&["prometheus"]).expect("Prometheus can be installed");
    let world = World::new();
    for (name, text) in files {
        world.write(format!("/root/{name}"), text, 0o644);
    }
    world.command("promtool").args(arguments).run()
}

#[test]
fn promtool_finds_nothing_wrong_with_the_alerts_and_they_fire_when_they_should() {
    let alerts = shipped(ALERTS);
    let files = [("alerts.yml", alerts.as_str()), ("cases.yml", include_str!("cases.yml"))];
    promtool(&files, &["check", "rules", "/root/alerts.yml"]).expect_success();
    promtool(&files, &["test", "rules", "/root/cases.yml"]).expect_success();
    // An alert that never fires is noticed.
    let deaf = alerts.replace("expr: monk_up == 0", "expr: monk_up == 7");
    assert_ne!(deaf, alerts);
    let files = [("alerts.yml", deaf.as_str()), ("cases.yml", include_str!("cases.yml"))];
    assert!(!promtool(&files, &["test", "rules", "/root/cases.yml"]).success());
}

#[test]
fn each_alert_has_a_case_and_a_row_in_the_guide() {
    let (alerts, cases) = (shipped(ALERTS), include_str!("cases.yml"));
    let guide = shipped("docs/monitoring.md");
    let names: Vec<_> =
        alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(cases.contains(&format!("alertname: {name}\n")), "{name} has no case");
        assert!(guide.contains(&format!("| `{name}` |")), "{name} is not in docs/monitoring.md");
    }
}

#[test]
fn prometheus_understands_every_expression_of_the_dashboard() {
    let dashboard: serde_json::Value = serde_json::from_str(&shipped(DASHBOARD)).expect("JSON");
    let mut rules = "groups:\n  - name: dashboard\n    rules:\n".to_owned();
    let mut number = 0;
    for panel in dashboard["panels"].as_array().expect("panels") {
        for target in panel["targets"].as_array().expect("targets") {
            // What Grafana puts in their place.
            let expression = target["expr"].as_str().expect("an expression");
            let expression = expression.replace("$__rate_interval", "5m");
            let quoted = serde_json::to_string(&expression).expect("a text");
            number += 1;
            let _ = write!(rules, "      - record: monk:panel:{number}\n        expr: {quoted}\n");
        }
    }
    assert!(number > 15, "{number}");
    promtool(&[("rules.yml", &rules)], &["check", "rules", "/root/rules.yml"]).expect_success();
}
