//! The keys that the engine holds against those that are in the folder, which is what the next engine gets.

use std::collections::BTreeMap;

use monk_core::keys::KeyId;
use monk_wire::manage::doctor::{Evidence, Kind, Remedy};

use crate::engine::Engine;
use crate::keys;
use crate::observations::Observations;

/// Compares them. `needed`: how many users have records of each key, where that is known.
pub fn examine(engine: &Engine, needed: &BTreeMap<KeyId, usize>, findings: &mut Observations) {
    let folder = engine.settings.keys.folder.display().to_string();
    let there = match keys::ids_in(&engine.settings.keys.folder) {
        Ok(there) => there,
        Err(outage) => {
            findings.report(
                Kind::KeyAmbiguous,
                folder,
                Evidence::KeysUnreadable(outage.told()),
                Remedy::AsKnown,
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
            Evidence::KeyGone { file: format!("{folder}/{id}.key"), users: users(id) },
            Remedy::RestoreKey { file: format!("{folder}/{id}.key") },
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
        let users = there.iter().map(|id| (id.to_string(), users(id))).collect();
        let in_settings = engine.settings.keys.primary.is_some();
        findings.report(
            Kind::KeyAmbiguous,
            &folder,
            Evidence::KeysAmbiguous { why: outage.told(), users },
            Remedy::ChoosePrimary { key: primary.to_string(), folder: folder.clone(), in_settings },
        );
        return;
    }
    let unread: Vec<&KeyId> = there.iter().filter(|id| engine.keys.get(id).is_none()).collect();
    for id in &unread {
        findings.report(
            Kind::KeyNotRead,
            format!("key {id}"),
            Evidence::KeyNotRead { folder: folder.clone() },
            Remedy::AsKnown,
        );
    }
    if unread.is_empty() {
        findings.ok(Kind::KeyGone, folder, Evidence::AsKnown);
    }
}
