//! What the engine's checks see, as they see it.

use monk_wire::manage::doctor::{Evidence, Kind, Observation, Remedy, Severity};

/// What was seen, one for each check.
#[derive(Debug, Default)]
pub struct Observations(pub Vec<Observation>);

impl Observations {
    /// Something is to be told, as bad as its kind usually is.
    pub fn report(
        &mut self,
        kind: Kind,
        subject: impl Into<String>,
        evidence: impl Into<Evidence>,
        remedy: impl Into<Remedy>,
    ) {
        self.report_as(kind, kind.severity(), subject, evidence, remedy);
    }

    /// Something is to be told that is better or worse than usual.
    pub fn report_as(
        &mut self,
        kind: Kind,
        severity: Severity,
        subject: impl Into<String>,
        evidence: impl Into<Evidence>,
        remedy: impl Into<Remedy>,
    ) {
        self.0.push(Observation {
            id: kind.id().to_owned(),
            severity,
            subject: subject.into(),
            evidence: evidence.into(),
            remedy: remedy.into(),
        });
    }

    /// It was looked at, and is in order.
    pub fn ok(&mut self, kind: Kind, subject: impl Into<String>, evidence: impl Into<Evidence>) {
        self.report_as(kind, Severity::Ok, subject, evidence, Remedy::None);
    }
}
