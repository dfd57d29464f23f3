//! What every task needs first: root, packages, programs.

use std::time::Instant;

use monk_tests::packages;
use nix::unistd::geteuid;

use crate::cargo;
use crate::failure::Failure;
use crate::paint::Paint;

/// What the linker needs for the PAM module.
const TO_BUILD: [&str; 1] = ["libpam0g-dev"];

/// Refuses to go on without root.
///
/// # Errors
/// With the line to type instead.
pub fn need_root(task: &str) -> Result<(), Failure> {
    if geteuid().is_root() {
        return Ok(());
    }
    Err(Failure(format!(
        "this needs root: it makes private machines (namespaces) and installs Debian packages.\n\
         Nothing else on this machine is changed. Type\n\n    \
         sudo env \"PATH=$PATH\" \"HOME=$HOME\" cargo xtask {task}\n"
    )))
}

/// Installs the packages that are missing, and builds the workspace with visible progress.
///
/// # Errors
/// When apt-get or cargo fails.
pub fn install_and_build() -> Result<(), Failure> {
    install()?;
    build("Building monk", false)
}

/// The same, with all that is measured in a release build.
///
/// # Errors
/// When apt-get or cargo fails.
pub fn install_and_build_release() -> Result<(), Failure> {
    install()?;
    build("Building monk for release", true)
}

fn install() -> Result<(), Failure> {
    let wanted: Vec<&str> = TO_BUILD.into_iter().chain(packages::ALL).collect();
    let failed = |error| Failure::new("packages cannot be installed", error);
    let missing = packages::missing(&wanted).map_err(failed)?;
    if !missing.is_empty() {
        heading(&format!("Installing {} (apt-get, about a minute)", missing.join(", ")));
        packages::ensure(&wanted).map_err(failed)?;
    }
    Ok(())
}

fn build(what: &str, release: bool) -> Result<(), Failure> {
    heading(&format!("{what} (minutes the first time, seconds after that)"));
    let begin = Instant::now();
    cargo::build(release)?;
    println!("built in {:.1} s", begin.elapsed().as_secs_f32());
    Ok(())
}

/// A line that says what happens now.
pub fn heading(text: &str) {
    println!("{}", Paint::of_stdout().strong(&format!("==> {text}")));
}
