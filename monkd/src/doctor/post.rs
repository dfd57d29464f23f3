//! The mail servers that codes are sent by: each is talked to up to where a mail would begin.

use std::sync::Arc;

use monk_wire::manage::doctor::{Findings, Kind};
use tokio::task::JoinSet;

use crate::deadline::Deadline;
use crate::engine::Engine;
use crate::mail::failure::MailFailure;

/// Tries every mail server of the settings.
pub async fn examine(engine: &Engine, deadline: Deadline) -> Findings {
    let mut findings = Findings::default();
    let mut tried = JoinSet::new();
    for (section, mailer) in engine.mail.all() {
        let mailer = Arc::clone(mailer);
        tried.spawn(async move { (section, mailer.try_out(deadline.remaining()).await, mailer) });
    }
    for (section, outcome, mailer) in tried.join_all().await {
        let settings = &mailer.settings;
        let subject = format!("{section} {}:{}", settings.host, settings.port);
        match outcome {
            Ok(()) => findings.ok(Kind::MailServer, subject, "the mail server takes monk's mail"),
            Err(failure) => {
                let remedy = remedy(&failure, &section);
                let evidence = format!("{failure}; codes cannot be sent");
                findings.report(Kind::MailServer, subject, evidence, remedy);
            }
        }
    }
    findings
}

fn remedy(failure: &MailFailure, section: &str) -> String {
    match failure {
        MailFailure::Unreachable(_) | MailFailure::Timeout => {
            format!(
                "Start the mail server, or correct host and port in {section} and reload monkd."
            )
        }
        MailFailure::Tls(_) | MailFailure::Unable(_) => {
            format!("Correct host, ca_file, starttls or ssl in {section}, and reload monkd.")
        }
        MailFailure::Authentication(_) => {
            format!(
                "Correct username or the password in password_file of {section}, and reload monkd."
            )
        }
        MailFailure::Rejected(_) | MailFailure::Malformed(_) => {
            format!(
                "Write an address that the mail server takes as a sender into from in {section}, and reload monkd."
            )
        }
    }
}
