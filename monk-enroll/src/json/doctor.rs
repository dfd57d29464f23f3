//! `doctor`.

use monk_wire::manage::doctor::Finding;
use serde::Serialize;

/// `doctor`.
#[derive(Debug, Serialize)]
pub struct DoctorDocument<'a> {
    findings: Vec<FindingDocument<'a>>,
    errors: usize,
    warnings: usize,
    notes: usize,
    checks: usize,
}

#[derive(Debug, Serialize)]
struct FindingDocument<'a> {
    id: &'a str,
    severity: &'static str,
    subject: &'a str,
    evidence: &'a str,
    remedy: Option<&'a str>,
}

impl<'a> DoctorDocument<'a> {
    /// The document of these findings; `counts` are errors, warnings and notes.
    pub(crate) fn of(findings: &'a [Finding], counts: [usize; 3], checks: usize) -> Self {
        let document = |finding: &'a Finding| FindingDocument {
            id: &finding.id,
            severity: finding.severity.word(),
            subject: &finding.subject,
            evidence: &finding.evidence,
            remedy: Some(finding.remedy.as_str()).filter(|remedy| !remedy.is_empty()),
        };
        let [errors, warnings, notes] = counts;
        let findings = findings.iter().map(document).collect();
        Self { findings, errors, warnings, notes, checks }
    }
}
