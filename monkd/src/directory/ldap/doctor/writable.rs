//! What users must not be able to write in their own entries, and how that is told.

use monk_wire::manage::doctor::Kind;

use super::probe::MayWrite;
use crate::observations::Observations;

/// Something that users must not write.
pub struct Guarded {
    /// The finding where somebody may, or may not.
    pub writable: Kind,
    /// The finding where nobody can tell.
    pub not_tried: Kind,
    /// What it is for, after a comma.
    pub danger: &'static str,
    /// What to do where somebody may.
    pub rules: &'static str,
    /// What to do where nobody can tell.
    pub unclear: &'static str,
}

impl Guarded {
    /// Judges what one server has said of one attribute.
    pub fn judge(
        &self,
        (uri, attribute): (&str, &str),
        who: &str,
        rights: &MayWrite,
        findings: &mut Observations,
    ) {
        match rights {
            MayWrite::Yes => {
                let text = format!("{who} can write {attribute}, {}", self.danger);
                findings.report(self.writable, uri, text, self.rules);
            }
            MayWrite::No(_) | MayWrite::ReadOnly(_) => {
                findings.ok(self.writable, uri, format!("{who} cannot write {attribute}"));
            }
            MayWrite::Unclear(why) => {
                let text = format!("whether {who} may write {attribute} cannot be told: {why}");
                findings.report(self.not_tried, uri, text, self.unclear);
            }
        }
    }
}
