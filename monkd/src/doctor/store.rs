//! Whether the embedded store can be written: a record of nobody comes and goes, in one transaction.

use std::sync::Arc;

use monk_wire::manage::doctor::Kind;

use super::Findings;
use super::uses_embedded;
use crate::deadline::Deadline;
use crate::directory::embedded::Embedded;
use crate::engine::Engine;

/// Tries the store of the settings, opened afresh: the engine's own may be another file by now.
pub async fn examine(engine: &Engine, deadline: Deadline) -> Findings {
    let mut findings = Findings::default();
    if !uses_embedded(&engine.settings) {
        return findings;
    }
    let path = engine.settings.embedded.path.display().to_string();
    let tried = match Embedded::open(&engine.settings.embedded, Arc::clone(&engine.keys)) {
        Ok(store) => match store.damage(deadline).await {
            Ok(Some(damage)) => {
                let remedy =
                    "Stop monkd, and restore the store from a backup (or sqlite3 FILE .recover).";
                findings.report(Kind::StoreDamaged, &path, damage, remedy);
                return findings;
            }
            Ok(None) => {
                findings.ok(Kind::StoreDamaged, &path, "SQLite's quick_check is content");
                store.try_writing(deadline).await
            }
            Err(outage) => Err(outage),
        },
        Err(outage) => Err(outage),
    };
    match tried {
        Ok(()) => findings.ok(Kind::StoreNotWritable, path, "a record came and went"),
        Err(outage) => findings.report(
            Kind::StoreNotWritable,
            path,
            outage.to_string(),
            "Mend owner, mode and room on the disk; codes cannot be spent until then.",
        ),
    }
    findings
}
