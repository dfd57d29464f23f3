//! What the tasks need besides the workspace, which `cargo xtask` has built.

use monk_tests::packages;

use crate::cargo;
use crate::failure::Failure;
use crate::paint::Paint;

/// Installs the packages of servers and clients that are missing.
///
/// # Errors
/// When apt-get fails.
pub fn install() -> Result<(), Failure> {
    ensure(&packages::ALL)
}

/// Installs those of `packages` that are missing, and says which.
///
/// # Errors
/// When apt-get fails.
pub fn ensure(packages: &[&str]) -> Result<(), Failure> {
    let failed = |error| Failure::new("packages cannot be installed", error);
    let missing = packages::missing(packages).map_err(failed)?;
    if !missing.is_empty() {
        heading(&format!("Installing {} (apt-get, about a minute)", missing.join(", ")));
        packages::ensure(packages).map_err(failed)?;
    }
    Ok(())
}

/// Builds what is measured for release.
///
/// # Errors
/// When it does not build.
pub fn build_release() -> Result<(), Failure> {
    heading("Building monk for release (minutes the first time, seconds after that)");
    cargo::build_release()
}

/// A line that says what happens now: on standard error, because tables are the standard output.
pub fn heading(text: &str) {
    eprintln!("{}", Paint::of_stderr().strong(&format!("==> {text}")));
}
