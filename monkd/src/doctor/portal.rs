//! The portal, as far as the engine knows it: its section of the settings, and the groups of its administrators.
//! Whether it runs, and as whom, is seen by the local half.

use monk_wire::manage::doctor::{Kind, PortalFacts};

use crate::deadline::Deadline;
use crate::engine::Engine;
use crate::observations::Observations;
use crate::settings::Settings;

/// Looks at each group of administrators.
pub async fn examine(engine: &Engine, deadline: Deadline) -> Observations {
    const REMEDY: &str = "Correct the name in administrators of [portal] and reload monkd, or put somebody into the \
                          group.";
    let mut findings = Observations::default();
    for group in &engine.settings.portal.administrators {
        let subject = format!("[portal] administrators, group {group}");
        match engine.directory.shows_group(group, deadline).await {
            Ok(true) => findings.ok(Kind::PortalAdministrators, subject, "the group is there"),
            Ok(false) => findings.report(
                Kind::PortalAdministrators,
                subject,
                "there is no such group, or nobody in it: nobody looks after others in the portal by it",
                REMEDY,
            ),
            Err(outage) => {
                findings.report(Kind::PortalAdministrators, subject, &outage, REMEDY);
            }
        }
    }
    findings
}

/// What the local half compares the portal's own settings with.
pub fn facts(settings: &Settings) -> PortalFacts {
    PortalFacts {
        user: settings.portal.user.clone(),
        origin: settings.portal.origin.clone(),
        sends_mail: settings.mails().next().is_some(),
    }
}
