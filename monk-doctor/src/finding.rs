//! What `doctor` has found, in words: for people and for programs.

use monk_wire::manage::doctor::{Kind, Severity};

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked for: an id of [`Kind`], or of a newer engine.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// Where: a file and line, the URI of a server, a user.
    pub subject: String,
    /// What was seen.
    pub evidence: String,
    /// What to do: a command, or a line to write. Empty where nothing is to be done.
    pub remedy: String,
}

/// Findings, as they are made.
#[derive(Debug, Default)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// Something is to be told, as bad as its kind usually is.
    pub fn report(
        &mut self,
        kind: Kind,
        subject: impl Into<String>,
        evidence: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.report_as(kind, kind.severity(), subject, evidence, remedy);
    }

    /// Something is to be told that is better or worse than usual.
    pub fn report_as(
        &mut self,
        kind: Kind,
        severity: Severity,
        subject: impl Into<String>,
        evidence: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Finding {
            id: kind.id().to_owned(),
            severity,
            subject: subject.into(),
            evidence: evidence.into(),
            remedy: remedy.into(),
        });
    }

    /// It was looked at, and is in order.
    pub fn ok(&mut self, kind: Kind, subject: impl Into<String>, evidence: impl Into<String>) {
        self.report_as(kind, Severity::Ok, subject, evidence, "");
    }
}
