//! Sections of the settings whose policy is only reported, or was until their day.

use monk_wire::manage::doctor::Kind;
use time::OffsetDateTime;

use crate::clock;
use crate::observations::Observations;
use crate::settings::Settings;
use crate::settings::enforcement::Reporting;

/// Looks at each of them.
pub fn examine(settings: &Settings) -> Observations {
    let (mut findings, now) = (Observations::default(), clock::now());
    for Reporting { section, from } in settings.reporting() {
        if now < from {
            findings.report(
                Kind::PolicyReported,
                section,
                format!("what the section says is not enforced before {} (UTC)", day(from)),
                "report --would-break names the users whom it would refuse: see docs/report.md.",
            );
        } else {
            findings.report(
                Kind::PolicyReportOver,
                section,
                format!("the section has been enforced since {} (UTC)", day(from)),
                "Remove enforce and enforce_from, and the section today.",
            );
        }
    }
    findings
}

/// A moment as its day in UTC.
fn day(moment: u64) -> String {
    let moment = i64::try_from(moment).ok();
    let moment = moment.and_then(|moment| OffsetDateTime::from_unix_timestamp(moment).ok());
    moment.map_or_else(|| "a day far away".to_owned(), |moment| moment.date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_reports_is_told_before_its_day_and_after_it() {
        for (day, kind) in
            [("2999-01-01", Kind::PolicyReported), ("2020-01-01", Kind::PolicyReportOver)]
        {
            let text = format!(
                "[service.imap]\nmfa = \"required\"\nenforce = \"report\"\nenforce_from = {day}\n"
            );
            let findings = examine(&Settings::parse(&text).unwrap()).0;
            assert_eq!((findings.len(), &*findings[0].id), (1, kind.id()));
            assert_eq!(findings[0].subject, "[service.imap]");
            assert!(format!("{:?}", findings[0].evidence).contains(day));
        }
        assert!(examine(&Settings::default()).0.is_empty());
    }
}
