//! `cargo xtask accessibility`: axe-core and the Nu HTML checker look at every page of the portal.
//!
//! Neither is shipped or kept here. Both come from npm's registry, of one version each, and are used only if they are
//! the files that were looked at when this was written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use monk_tests::World;
use monk_tests::chromium::Chromium;
use monk_tests::fresh;
use monk_tests::site::take_programs_from;
use monk_tests::tour::access::{WIDTHS, show};
use monk_tests::tour::{LANGUAGES, SCHEMES, Tour};
use serde_json::Value;
use tempfile::TempDir;

use crate::cargo::own_programs;
use crate::failure::{Failure, Outcome};
use crate::prepare::{self, heading};

/// A package of npm.
struct Package {
    name: &'static str,
    version: &'static str,
    /// Of its archive.
    sha512: &'static str,
    /// The file that is used.
    file: &'static str,
}

const AXE: Package = Package {
    name: "axe-core",
    version: "4.14.1",
    sha512: "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5",
    file: "axe.min.js",
};

const NU: Package = Package {
    name: "vnu-jar",
    version: "26.9.27",
    sha512: "4e441de4315f39a582f5e6edbe8cd3b2b1f655aa1dde3620faface791133217c417b12f3f7ead2d8336d8e7efe44f5226618258b44a0860057e9125135e6b428",
    file: "build/dist/vnu.jar",
};

/// Runs all rules of axe-core on the page that is open. What it could not decide is no violation.
const RUN_AXE: &str = "\nreturn axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(\
                       v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 90)).join(' ; ')));";

/// Looks at everything. True where nothing is wrong.
///
/// # Errors
/// When a tool cannot be fetched or started.
pub fn run() -> Outcome {
    prepare::install()?;
    // Both may be there without Debian's packages.
    for (program, package) in [("npm", "npm"), ("java", "default-jre-headless")] {
        if Command::new(program).arg("--version").output().is_err() {
            prepare::ensure(&[package])?;
        }
    }
    take_programs_from(&own_programs()?);
    let axe = fs::read_to_string(AXE.fetch()?).map_err(|error| Failure::new("axe-core", error))?;
    let axe = axe + RUN_AXE;
    let nu = NU.fetch()?;
    let sources = tempfile::tempdir().map_err(|error| Failure::new("no folder", error))?;
    let (mut wrong, mut rows) = (Vec::new(), BTreeMap::<&str, u32>::new());
    for language in LANGUAGES {
        heading(&format!("Every page, language {language}"));
        let mut tour = Tour::new(language);
        let world = tour.site.world.clone();
        tour.go(&mut |browser, name| {
            *rows.entry(language).or_default() += 1;
            let number = rows[language];
            keep(&sources, &format!("{language}-{number}.html"), &source(&world, browser, name));
            for scheme in SCHEMES {
                show(browser, scheme, WIDTHS[1]);
                let found = browser.script(&axe, &[]);
                let found = found.as_array().into_iter().flatten().filter_map(Value::as_str);
                wrong.extend(
                    found.map(|one| format!("axe-core: {language}, {scheme}, {name}: {one}")),
                );
            }
        });
    }
    heading("The Nu HTML checker");
    let errors = ask_nu(&nu, &sources)?;
    println!(
        "| language | pages | schemes | axe-core {} | Nu {} |\n|---|---|---|---|---|",
        AXE.version, NU.version
    );
    for (language, pages) in &rows {
        let count = |start: &str| wrong.iter().filter(|one| one.starts_with(start)).count();
        let violations = count(&format!("axe-core: {language},"));
        let of_nu = errors.iter().filter(|one| one.starts_with(&format!("{language}-"))).count();
        println!(
            "| {language} | {pages} | {} | {violations} violations | {of_nu} errors |",
            SCHEMES.join(", ")
        );
    }
    wrong.iter().chain(&errors).for_each(|one| println!("- {one}"));
    Ok(wrong.is_empty() && errors.is_empty() && !rows.is_empty())
}

/// The page as the portal sends it. A page that is the answer to a form is taken as the browser has it: it cannot be
/// asked for once more.
fn source(world: &World, browser: &Chromium, name: &str) -> String {
    if !name.starts_with('/') || name.contains(", ") {
        return format!("<!doctype html>\n{}", browser.html());
    }
    let pair = |cookie: &Value| {
        let text = |member: &str| cookie[member].as_str().unwrap_or_default().to_owned();
        format!("{}={}", text("name"), text("value"))
    };
    let cookies: Vec<String> = browser.cookies().iter().map(pair).collect();
    let curl = world.command("curl").args(["--silent", "--cookie", &cookies.join("; ")]);
    curl.arg(browser.address()).run().expect_success().stdout
}

fn keep(folder: &TempDir, name: &str, text: &str) {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// What the Nu checker says of all files of a folder: errors, and warnings about what is no HTML.
fn ask_nu(nu: &Path, sources: &TempDir) -> Result<Vec<String>, Failure> {
    let failed = |error| Failure::new("the Nu HTML checker", error);
    let mut java = Command::new("java");
    java.arg("-jar").arg(nu).args(["--format", "json", "--stdout"]).arg(sources.path());
    let output = java.output().map_err(failed)?;
    let answer: Value = serde_json::from_slice(&output.stdout).map_err(|error| {
        Failure::new(
            "the Nu HTML checker",
            format!("{error}: {}", String::from_utf8_lossy(&output.stderr)),
        )
    })?;
    let told = answer["messages"].as_array().into_iter().flatten();
    let errors = told.filter(|one| one["type"] != "info");
    Ok(errors
        .map(|one| {
            let url = one["url"].as_str().unwrap_or_default();
            let file = url.rsplit('/').next().unwrap_or_default();
            format!("{file}: line {}: {}: {}", one["lastLine"], one["message"], one["extract"])
        })
        .collect())
}

impl Package {
    /// The file, fetched where it is missing.
    fn fetch(&self) -> Result<PathBuf, Failure> {
        let Self { name, version, sha512, file } = self;
        let folder = fresh::cache().join("tools").join(format!("{name}-{version}"));
        let path = folder.join("package").join(file);
        if path.is_file() {
            return Ok(path);
        }
        heading(&format!("Fetching {name} {version} into {}", folder.display()));
        let archive = format!("{name}-{version}.tgz");
        fs::create_dir_all(&folder).map_err(|error| Failure::new(folder.display(), error))?;
        // Nothing of it is run by npm: the archive is fetched, checked, and unpacked.
        let commands = format!(
            "npm pack --silent {name}@{version} && echo '{sha512}  {archive}' | sha512sum --check --quiet && \
             tar --extract --file {archive}"
        );
        let mut shell = Command::new("sh");
        let status = shell.args(["-e", "-c", &commands]).current_dir(&folder).status();
        let status = status.map_err(|error| Failure::new("sh", error))?;
        if status.success() {
            Ok(path)
        } else {
            Err(Failure(format!("{archive} is not as it was, or cannot be fetched")))
        }
    }
}
