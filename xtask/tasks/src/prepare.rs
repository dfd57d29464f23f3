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
    let failed = |error| Failure::new("packages cannot be installed", error);
    let missing = packages::missing(&packages::ALL).map_err(failed)?;
    if !missing.is_empty() {
        heading(&format!("Installing {} (apt-get, about a minute)", missing.join(", ")));
        packages::ensure(&packages::ALL).map_err(failed)?;
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

/// A line that says what happens now.
pub fn heading(text: &str) {
    println!("{}", Paint::of_stdout().strong(&format!("==> {text}")));
}
