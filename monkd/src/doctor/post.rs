//! The mail servers that codes are sent by: each is talked to up to where a mail would begin.

use std::sync::Arc;

use monk_wire::manage::doctor::{Evidence, Kind, Remedy};
use tokio::task::JoinSet;

use crate::deadline::Deadline;
use crate::engine::Engine;
use crate::observations::Observations;

/// Tries every mail server of the settings.
pub async fn examine(engine: &Engine, deadline: Deadline) -> Observations {
    let mut findings = Observations::default();
    let mut tried = JoinSet::new();
    for (section, mailer) in engine.mail.all() {
        let mailer = Arc::clone(mailer);
        tried.spawn(async move { (section, mailer.try_out(deadline.remaining()).await, mailer) });
    }
    for (section, outcome, mailer) in tried.join_all().await {
        let settings = &mailer.settings;
        let subject = format!("{section} {}:{}", settings.host, settings.port);
        match outcome {
            Ok(()) => findings.ok(Kind::MailServer, subject, Evidence::AsKnown),
            Err(failure) => {
                let remedy = Remedy::CorrectMail { section: section.to_string() };
                findings.report(Kind::MailServer, subject, Evidence::Mail(failure), remedy);
            }
        }
    }
    findings
}
