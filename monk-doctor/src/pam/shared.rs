//! Findings that are the same for every service that includes one file: told once, with all services.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::{Kind, Severity};

use crate::finding::{Finding, Findings};

/// Findings whose evidence does not name the service, each with the services that have it.
#[derive(Debug, Default)]
pub struct Shared(Vec<(Finding, BTreeSet<String>)>);

impl Shared {
    /// The same as [`Findings::report_as`], of one service.
    pub fn report(
        &mut self,
        service: &str,
        (kind, severity): (Kind, Severity),
        subject: impl Into<String>,
        evidence: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let mut one = Findings::default();
        one.report_as(kind, severity, subject, evidence, remedy);
        for finding in one.0 {
            match self.0.iter_mut().find(|(known, _)| *known == finding) {
                Some((_, services)) => services.insert(service.to_owned()),
                None => {
                    self.0.push((finding, BTreeSet::from([service.to_owned()])));
                    true
                }
            };
        }
    }

    /// How many, each counted for each of its services.
    pub fn count(&self) -> usize {
        self.0.iter().map(|(_, services)| services.len()).sum()
    }

    /// Tells all of them.
    pub fn tell(self, findings: &mut Findings) {
        for (mut finding, services) in self.0 {
            let word = if services.len() == 1 { "service" } else { "services" };
            let services: Vec<_> = services.into_iter().collect();
            finding.evidence = format!("{word} {}: {}", services.join(", "), finding.evidence);
            findings.0.push(finding);
        }
    }
}
