//! What the programs of a package say they are made from (the data of cargo-auditable), held
//! against the list of components.

use std::collections::BTreeSet;
use std::path::PathBuf;

use auditable_info::audit_info_from_file;
use auditable_serde::DependencyKind;

use super::crates::{Crate, Id};
use crate::failure::Failure;

/// Compares the programs of an unpacked package with the crates that are listed: each must be in one
/// of them. The data may name more. It is made before cargo decides which features of a crate are
/// used, and so has crates that nothing asks for, and some that only the compiler runs.
///
/// # Errors
/// When a program has no such data, or a crate that is listed is in none.
pub fn check(programs: &[PathBuf], crates: &[Crate]) -> Result<(), Failure> {
    let mut found: BTreeSet<Id> = BTreeSet::new();
    for program in programs {
        let info = audit_info_from_file(program, Default::default());
        let info = info.map_err(|error| Failure::new(program.display(), error))?;
        let shipped = info.packages.into_iter().filter(|one| one.kind == DependencyKind::Runtime);
        found.extend(shipped.map(|one| (one.name, one.version.to_string())));
    }
    let missing = crates.iter().map(|one| &one.id).filter(|id| !found.contains(*id));
    let missing: Vec<String> = missing.map(|(name, version)| format!("{name} {version}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(", ");
    Err(Failure(format!("no program says that it is made from these, which are listed: {names}")))
}
