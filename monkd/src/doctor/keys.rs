//! The keys that the engine holds against those that are in the folder, which is what the next engine gets.

use std::collections::BTreeMap;

use monk_core::keys::KeyId;
use monk_wire::manage::doctor::{Findings, Kind};

use crate::engine::Engine;
use crate::keys;

/// Compares them. `needed`: how many users have records of each key, where that is known.
pub fn examine(engine: &Engine, needed: &BTreeMap<KeyId, usize>, findings: &mut Findings) {
    let folder = engine.settings.keys.folder.display().to_string();
    let there = match keys::ids_in(&engine.settings.keys.folder) {
        Ok(there) => there,
        Err(outage) => {
            findings.report(
                Kind::KeyAmbiguous,
                folder,
                format!("{outage}; the engine that runs goes on with the keys that it has read"),
                "Mend what it says before monkd is restarted, and do not make a new key.",
            );
            return;
        }
    };
    let users = |id: &KeyId| needed.get(id).copied().unwrap_or_default();
    let gone: Vec<&KeyId> = engine.keys.ids().filter(|id| !there.contains(id)).collect();
    for id in &gone {
        findings.report(
            Kind::KeyGone,
            format!("key {id}"),
            format!(
                "the engine that runs holds it, and {folder}/{id}.key does not exist: after a restart nobody \
                 opens what was made with it ({} users)",
                users(id)
            ),
            format!(
                "Do not restart or reload monkd. Copy {folder}/{id}.key back from a backup or another host of the \
                 fleet (owner of the folder, mode 0400). Without a copy, everybody has to enrol again."
            ),
        );
    }
    if !gone.is_empty() {
        return;
    }
    if let Err(outage) = keys::load(&engine.settings.keys) {
        let primary = there
            .iter()
            .max_by_key(|id| (users(id), *id == engine.keys.primary().id()))
            .unwrap_or_else(|| engine.keys.primary().id());
        let counts: Vec<String> =
            there.iter().map(|id| format!("{} users have records of {id}", users(id))).collect();
        let remedy = match &engine.settings.keys.primary {
            Some(_) => format!(
                "Write primary = \"{primary}\" under [keys] in monk.toml, and reload monkd."
            ),
            None => format!("echo {primary} > {folder}/primary, and reload monkd."),
        };
        findings.report(
            Kind::KeyAmbiguous,
            folder,
            format!("{outage}; {}", counts.join(", ")),
            remedy,
        );
        return;
    }
    let unread: Vec<&KeyId> = there.iter().filter(|id| engine.keys.get(id).is_none()).collect();
    for id in &unread {
        findings.report(
            Kind::KeyNotRead,
            format!("key {id}"),
            format!("{folder} holds it, and the engine has not read it"),
            "Reload monkd: systemctl reload monk",
        );
    }
    if unread.is_empty() {
        findings.ok(Kind::KeyGone, folder, "the engine holds the keys that are there");
    }
}
