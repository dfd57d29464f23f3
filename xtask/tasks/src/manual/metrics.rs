//! The page of the metrics.

use clap::CommandFactory;
use monk_metrics::{DEFAULT_ADDRESS, DEFAULT_COUNTS, EXIT_CODES, Options};

use super::commands;
use super::page::Page;

/// monk-metrics(8).
pub fn page() -> String {
    let command = Options::command();
    let mut page = Page::new("monk-metrics", "8", "what the engine of monk counts, for Prometheus");
    page.section("SYNOPSIS");
    page.paragraph("`monk-metrics` [`--listen` ADDRESS] [`--socket` PATH]");
    page.paragraph("`monk-metrics` `--textfile` FILE [`--counts` FILE]");
    page.section("DESCRIPTION");
    page.paragraph(&format!(
        "Answers GET /metrics in the text format of Prometheus: logins by service, verdict and reason, how long they \
         and the directory took, and what the engine has to do. No user and no address is in it. The service of the \
         package listens on {DEFAULT_ADDRESS}; other machines are refused."
    ));
    page.paragraph(
        "Metrics are off until `enabled = true` stands in the section [metrics] of monk.toml(5). The engine tells root, \
         and the account that `user` there names.",
    );
    page.paragraph(
        "With `--textfile` it writes one file for the textfile collector of node_exporter, and exits. Where no engine \
         is resident, `--counts` takes what engines have added up that ran for one login each.",
    );
    page.section("OPTIONS");
    commands::arguments(&mut page, &command);
    page.section("EXIT CODES");
    for (code, meaning) in EXIT_CODES {
        page.item(&code.to_string(), "", &format!("{meaning}."));
    }
    page.section("FILES");
    page.item(DEFAULT_COUNTS, "", "What engines have counted that ran for one login each.");
    page.item("/usr/share/monk/metrics/alerts.yml", "", "Alerts for Prometheus.");
    page.item("/usr/share/monk/metrics/dashboard.json", "", "A dashboard for Grafana.");
    page.see_also(&[("monkd", "8"), ("monk.toml", "5")]);
    page.finish()
}
