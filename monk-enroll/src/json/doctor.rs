//! `doctor`.

use monk_wire::manage::doctor::Finding;
use serde::Serialize;

/// `doctor`.
#[derive(Debug, Serialize)]
pub struct DoctorDocument<'a> {
    findings: Vec<FindingDocument<'a>>,
    #[serde(flatten)]
    counts: Counts,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Counts {
    /// Errors that are not ignored.
    pub errors: usize,
    /// Warnings that are not ignored.
    pub warnings: usize,
    /// Notes that are not ignored.
    pub notes: usize,
    /// What is ignored of all three.
    pub ignored: usize,
    /// Everything that was looked at.
    pub checks: usize,
}

#[derive(Debug, Serialize)]
struct FindingDocument<'a> {
    id: &'a str,
    severity: &'static str,
    ignored: bool,
    subject: &'a str,
    evidence: &'a str,
    remedy: Option<&'a str>,
}

impl<'a> DoctorDocument<'a> {
    /// The document of these findings, each with whether it is ignored.
    pub(crate) fn of(findings: &[(&'a Finding, bool)], counts: Counts) -> Self {
        let document = |(finding, ignored): &(&'a Finding, bool)| FindingDocument {
            id: &finding.id,
            severity: finding.severity.word(),
            ignored: *ignored,
            subject: &finding.subject,
            evidence: &finding.evidence,
            remedy: Some(finding.remedy.as_str()).filter(|remedy| !remedy.is_empty()),
        };
        Self { findings: findings.iter().map(document).collect(), counts }
    }
}
