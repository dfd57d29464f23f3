//! The list of components (an SBOM, in CycloneDX's form 1.5), for programs that look for known
//! weaknesses. That it says the same as the data in the programs themselves is checked by `audit`.

use serde_json::{Value, json};

use super::at;
use super::crates::{Crate, Id};
use crate::cargo::workspace;
use crate::failure::Failure;

/// The crate that brings SQLite's own source.
const BRINGS_SQLITE: &str = "libsqlite3-sys";

/// The list, for the package of that version.
///
/// # Errors
/// When it is not clear which SQLite is shipped.
pub fn text(version: &str, crates: &[Crate]) -> Result<String, Failure> {
    let mut components: Vec<Value> = crates.iter().map(component).collect();
    let mut uses: Vec<Value> = crates.iter().map(dependency).collect();
    if let Some(sqlite) = crates.iter().find(|one| one.id.0 == BRINGS_SQLITE) {
        let sqlite = sqlite_of(sqlite)?;
        uses.push(json!({ "ref": sqlite["bom-ref"], "dependsOn": [] }));
        components.push(sqlite);
    }
    let list = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": "monk",
            "name": "monk",
            "version": version,
            "licenses": [{ "expression": "MIT OR Apache-2.0" }],
        }},
        "components": components,
        "dependencies": uses,
    });
    Ok(format!("{list:#}\n"))
}

fn component(one: &Crate) -> Value {
    let (name, version) = &one.id;
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(&one.id),
        "name": name,
        "version": version,
        "licenses": [{ "expression": one.licence }],
    });
    if !one.folder.starts_with(workspace()) {
        component["purl"] = reference(&one.id).into();
    }
    if let Some(checksum) = &one.checksum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    if let Some(repository) = &one.repository {
        component["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    component
}

fn dependency(one: &Crate) -> Value {
    let uses: Vec<String> = one.uses.iter().map(reference).collect();
    json!({ "ref": reference(&one.id), "dependsOn": uses })
}

/// The name of a crate in such lists (a "package URL").
fn reference((name, version): &Id) -> String {
    // A version may say how it was built, after a plus.
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

/// SQLite itself, which is C and no crate.
fn sqlite_of(one: &Crate) -> Result<Value, Failure> {
    let path = one.folder.join("sqlite3/sqlite3.h");
    let text = std::fs::read_to_string(&path).map_err(|error| at(&path, &error))?;
    let line = text.lines().find_map(|line| line.strip_prefix("#define SQLITE_VERSION "));
    let version = line.map(|version| version.trim().trim_matches('"'));
    let version =
        version.ok_or_else(|| Failure(format!("{} does not say its version", path.display())))?;
    Ok(json!({
        "type": "library",
        "bom-ref": "sqlite",
        "name": "sqlite",
        "version": version,
        "purl": format!("pkg:generic/sqlite@{version}"),
        "cpe": format!("cpe:2.3:a:sqlite:sqlite:{version}:*:*:*:*:*:*:*"),
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::crates;
    use super::*;

    #[test]
    fn whatever_is_used_is_listed_once_with_a_licence() {
        let crates = crates::shipped().unwrap();
        let list: Value = serde_json::from_str(&text("0.1.0-1", &crates).unwrap()).unwrap();
        let components = list["components"].as_array().unwrap();
        assert_eq!(components.len(), crates.len() + 1, "all crates, and SQLite");
        let names: BTreeSet<&str> =
            components.iter().map(|one| one["bom-ref"].as_str().unwrap()).collect();
        assert_eq!(names.len(), components.len());
        for one in list["dependencies"].as_array().unwrap() {
            assert!(names.contains(one["ref"].as_str().unwrap()));
            let mut uses = one["dependsOn"].as_array().unwrap().iter();
            assert!(uses.all(|used| names.contains(used.as_str().unwrap())), "{one}");
        }
        let sqlite = components.iter().find(|one| one["name"] == "sqlite").unwrap();
        assert!(sqlite["version"].as_str().unwrap().starts_with("3."));
    }
}
