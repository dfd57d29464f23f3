//! The crates that are compiled into what is shipped, as cargo resolves them for exactly these
//! programs: what only tests, tasks and the compiler use is not among them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cargo::{output_of_cargo, workspace};
use crate::failure::Failure;

/// The crates of the workspace that the package is made from.
pub const SHIPPED: [&str; 7] =
    ["monkd", "pam_monk", "nss_monk", "monk-enroll", "monk-ssh-keys", "monk-web", "monk-metrics"];

/// A name and a version: no two crates share both.
pub type Id = (String, String);

/// One crate.
pub struct Crate {
    /// Name and version.
    pub id: Id,
    /// Its licence, as it says itself: an expression of SPDX.
    pub licence: String,
    /// Who wrote it, where it says so.
    pub authors: Vec<String>,
    /// Where its source is kept.
    pub repository: Option<String>,
    /// Its source, as cargo has unpacked it.
    pub folder: PathBuf,
    /// SHA-256 of its archive; none for those of the workspace.
    pub checksum: Option<String>,
    /// The crates that it uses.
    pub uses: BTreeSet<Id>,
}

/// All crates that are shipped, in order.
///
/// # Errors
/// When cargo does not work, or a crate does not say its licence.
pub fn shipped() -> Result<Vec<Crate>, Failure> {
    let mut arguments = vec!["tree", "--locked", "--edges", "normal,no-proc-macro"];
    arguments.extend(["--prefix", "depth", "--format", " {p}"]);
    arguments.extend(SHIPPED.iter().flat_map(|name| ["--package", name]));
    let graph = graph_of(&output_of_cargo(&arguments)?)?;
    let metadata = output_of_cargo(&["metadata", "--locked", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&metadata)
        .map_err(|error| Failure::new("cargo metadata is not understood", error))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut known: BTreeMap<Id, &Value> =
        packages.filter_map(|package| Some((id_of(package)?, package))).collect();
    let checksums = checksums()?;
    graph
        .into_iter()
        .map(|(id, uses)| {
            let package = known.remove(&id).ok_or_else(|| unknown(&id))?;
            read(id, uses, package, &checksums)
        })
        .collect()
}

/// Reads what `cargo tree --prefix depth` prints: `2 aead v0.6.1 (*)`, children after parents.
fn graph_of(tree: &str) -> Result<BTreeMap<Id, BTreeSet<Id>>, Failure> {
    let mut graph: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
    let mut path: Vec<Id> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (depth, id) = node(line)
            .ok_or_else(|| Failure(format!("this line of cargo tree is not understood: {line}")))?;
        path.truncate(depth);
        if let Some(parent) = path.last() {
            graph.entry(parent.clone()).or_default().insert(id.clone());
        }
        graph.entry(id.clone()).or_default();
        path.push(id);
    }
    Ok(graph)
}

fn node(line: &str) -> Option<(usize, Id)> {
    let mut words = line.split(' ');
    let depth = words.next()?.parse().ok()?;
    let name = words.next()?.to_owned();
    Some((depth, (name, words.next()?.strip_prefix('v')?.to_owned())))
}

fn read(
    id: Id,
    uses: BTreeSet<Id>,
    package: &Value,
    checksums: &BTreeMap<Id, String>,
) -> Result<Crate, Failure> {
    let text = |key: &str| package[key].as_str().map(str::to_owned);
    let licence = text("license").ok_or_else(|| {
        Failure(format!("the crate {} {} does not say what its licence is", id.0, id.1))
    })?;
    let manifest = text("manifest_path").map(PathBuf::from);
    let folder = manifest.as_deref().and_then(Path::parent).ok_or_else(|| unknown(&id))?;
    let authors = package["authors"].as_array().into_iter().flatten();
    Ok(Crate {
        // The slash is how "or" was written before.
        licence: licence.replace('/', " OR "),
        authors: authors.filter_map(|author| author.as_str().map(str::to_owned)).collect(),
        repository: text("repository"),
        folder: folder.to_owned(),
        checksum: checksums.get(&id).cloned(),
        uses,
        id,
    })
}

/// The checksums of archives, from Cargo.lock.
fn checksums() -> Result<BTreeMap<Id, String>, Failure> {
    let path = workspace().join("Cargo.lock");
    let text = std::fs::read_to_string(&path).map_err(|error| super::at(&path, &error))?;
    let lock: toml::Table =
        text.parse().map_err(|error| Failure::new("Cargo.lock is not understood", error))?;
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let text = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    let entries = packages.filter_map(|package| {
        let id = (text(package, "name")?, text(package, "version")?);
        Some((id, text(package, "checksum")?))
    });
    Ok(entries.collect())
}

fn id_of(package: &Value) -> Option<Id> {
    Some((package["name"].as_str()?.to_owned(), package["version"].as_str()?.to_owned()))
}

fn unknown((name, version): &Id) -> Failure {
    Failure(format!("cargo metadata does not know the crate {name} {version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_read_with_who_uses_whom() {
        let tree = "0 monkd v0.1.0 (/src/monkd)\n1 aead v0.6.1\n2 cipher v0.5.0\n1 toml v1.0.0\n\n\
                    0 pam_monk v0.1.0 (/src/pam_monk)\n1 aead v0.6.1 (*)\n";
        let graph = graph_of(tree).unwrap();
        let id = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(graph.len(), 5);
        assert_eq!(
            graph[&id("monkd", "0.1.0")],
            BTreeSet::from([id("aead", "0.6.1"), id("toml", "1.0.0")])
        );
        assert_eq!(graph[&id("pam_monk", "0.1.0")], BTreeSet::from([id("aead", "0.6.1")]));
        assert!(graph_of("no tree at all").is_err());
    }

    #[test]
    fn what_only_tests_and_tasks_use_is_not_shipped() {
        let crates = shipped().unwrap();
        let has = |name: &str| crates.iter().any(|one| one.id.0 == name);
        assert!(has("monk-core") && has("argon2") && has("ring") && has("libsqlite3-sys"));
        assert!(!has("monk-tests") && !has("proptest") && !has("syn") && !has("roff"));
        let fetched = crates.iter().filter(|one| !one.folder.starts_with(workspace()));
        assert!(fetched.into_iter().all(|one| one.checksum.is_some()));
    }
}
