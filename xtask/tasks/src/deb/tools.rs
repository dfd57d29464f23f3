//! Tools of cargo that a build needs.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::prepare::heading;

/// The tool that writes into each program what it is made from, and the version that is installed
/// where there is none.
const AUDITABLE: (&str, &str) = ("cargo-auditable", "0.7.7");

/// A path of programs on which `cargo auditable` is found. It is installed into `folder` where this
/// machine has none.
///
/// # Errors
/// When it does not build.
pub fn path(folder: &Path) -> Result<OsString, Failure> {
    let (tool, version) = AUDITABLE;
    let usual = env::var_os("PATH").unwrap_or_default();
    let own = folder.join("bin");
    let path = env::join_paths([own.clone()].into_iter().chain(env::split_paths(&usual)));
    let path = path.map_err(|error| Failure::new("PATH cannot be used", error))?;
    if env::split_paths(&path).any(|folder| folder.join(tool).is_file()) {
        return Ok(path);
    }
    heading(&format!("Installing {tool} {version} into {} (about a minute)", folder.display()));
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["install", "--locked", "--version", version, "--root"]).arg(folder).arg(tool);
    let status = command.status().map_err(|error| Failure::new("cannot run cargo", error))?;
    if status.success() { Ok(path) } else { Err(Failure(format!("{tool} cannot be installed"))) }
}
