//! Running cargo, and what it has built.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::failure::Failure;

/// The folder of this workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."))
}

/// The cargo that runs this program, with `arguments`, in the workspace.
pub fn cargo(arguments: &[&str]) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(workspace());
    command
}

/// Runs cargo for its output.
pub fn output_of_cargo(arguments: &[&str]) -> Result<String, Failure> {
    text(&format!("cargo {}", arguments.join(" ")), cargo(arguments).output())
}

/// Runs a program of the system for its output.
pub fn output_of(program: &str, arguments: &[&str]) -> Result<String, Failure> {
    output_of_command(Command::new(program).args(arguments))
}

/// Runs a program of the system, with its arguments and folder, for its output.
pub fn output_of_command(command: &mut Command) -> Result<String, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    text(&program, command.env("LC_ALL", "C.UTF-8").output())
}

fn text(what: &str, output: io::Result<Output>) -> Result<String, Failure> {
    let output = output.map_err(|error| Failure::new(format!("cannot run {what}"), error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(format!("{what} ended with {}", output.status), said));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What is built for release: what is shipped, and what measures it.
const MEASURED: [&str; 7] =
    ["monkd", "pam_monk", "monk-enroll", "monk-tests", "monk-ssh-keys", "nss_monk", "monk-web"];

/// Builds what is measured for release; cargo shows its progress.
///
/// # Errors
/// When it does not build.
pub fn build_release() -> Result<(), Failure> {
    let mut command = cargo(&["build", "--release"]);
    command.args(MEASURED.iter().flat_map(|package| ["--package", package]));
    let status = command.status().map_err(|error| Failure::new("cannot run cargo", error))?;
    if status.success() { Ok(()) } else { Err(Failure("monk does not build".to_owned())) }
}

/// The folder of the programs that are built for release.
pub fn release_programs() -> Result<PathBuf, Failure> {
    Ok(target()?.join("release"))
}

/// The folder that everything is built into.
pub fn target() -> Result<PathBuf, Failure> {
    let profile = own_programs()?;
    let target = profile.parent().map(Path::to_owned);
    target.ok_or_else(|| Failure("this program lies in no folder".to_owned()))
}

/// The folder of this program, and of all others that were built with it.
pub fn own_programs() -> Result<PathBuf, Failure> {
    let this =
        env::current_exe().map_err(|error| Failure::new("cannot find this program", error))?;
    let folder = this.parent().map(Path::to_owned);
    folder.ok_or_else(|| Failure("this program lies in no folder".to_owned()))
}
