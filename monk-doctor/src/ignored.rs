//! Findings that are as somebody wants them: their ids, on the command line and in the settings.

use monk_wire::manage::doctor::Kind;

use crate::finding::Findings;

/// How alike an id must be to be offered in place of another, from 0 to 1: one or two letters amiss, words
/// in another order, or a word that is missing.
const ALIKE: f64 = 0.5;

/// Most ids that are offered.
const MAX_OFFERED: usize = 3;

/// The kind of finding that an id of the command line names.
///
/// # Errors
/// The ids that are near.
pub fn kind(id: &str) -> Result<Kind, String> {
    Kind::with_id(id.trim()).ok_or_else(|| unknown(id))
}

/// Reports the ids of the settings that name nothing.
pub fn judge_ignored(ids: &[String], findings: &mut Findings) {
    for id in ids.iter().filter(|id| Kind::with_id(id).is_none()) {
        findings.report(
            Kind::DoctorIgnoresUnknown,
            "[doctor] ignore",
            format!("{id:?}: {}", unknown(id)),
            "Correct the id in monk.toml, or remove it, and reload monkd.",
        );
    }
}

fn unknown(id: &str) -> String {
    match near(id).as_slice() {
        [] => "no finding has this id; docs/doctor.md lists them".to_owned(),
        near => format!("no finding has this id; near ones: {}", near.join(", ")),
    }
}

/// The ids that are most like this one, the nearest first.
fn near(id: &str) -> Vec<&'static str> {
    let mut near: Vec<(f64, &str)> = Kind::ALL
        .iter()
        .map(|kind| (strsim::sorensen_dice(id, kind.id()), kind.id()))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    near.into_iter().map(|(_, id)| id).take(MAX_OFFERED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_id_is_refused_with_those_that_are_near() {
        for (wrong, near) in [
            ("sshd-keys-alone", "sshd-key-alone"),
            ("key-alone", "sshd-key-alone"),
            ("pam-unknown-user", "pam-unknown-user-ignored"),
            ("dovecot-cache", "dovecot-auth-cache"),
            ("SSHD-KEY-ALONE", "docs/doctor.md"),
            ("", "docs/doctor.md"),
            ("everything", "docs/doctor.md"),
        ] {
            let error = kind(wrong).unwrap_err();
            assert!(error.contains("no finding has this id") && error.contains(near), "{error}");
        }
    }

    #[test]
    fn an_unknown_id_of_the_settings_is_reported() {
        let mut findings = Findings::default();
        judge_ignored(&["key-unused".into(), "key-unusde".into()], &mut findings);
        let [finding] = findings.0.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.id, "doctor-ignores-unknown");
        assert!(finding.evidence.contains("near ones: key-unused"), "{finding:?}");
    }
}
