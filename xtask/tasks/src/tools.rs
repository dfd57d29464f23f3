//! Tools of cargo that a task needs: of one version each, and kept where the tests keep their Debians.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use monk_tests::fresh;

use crate::cargo::cargo;
use crate::failure::Failure;
use crate::prepare::heading;

/// A tool and its version, which is installed where it is missing.
pub struct Tool {
    name: &'static str,
    version: &'static str,
}

/// Writes into each program what it is made from.
pub const AUDITABLE: Tool = Tool { name: "cargo-auditable", version: "0.7.7" };

/// Judges licences, sources and known weaknesses of dependencies.
pub const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };

impl Tool {
    /// The program.
    ///
    /// # Errors
    /// When it does not build.
    pub fn program(&self) -> Result<PathBuf, Failure> {
        let Self { name, version } = self;
        let folder = fresh::cache().join("tools").join(format!("{name}-{version}"));
        let program = folder.join("bin").join(name);
        if program.is_file() {
            return Ok(program);
        }
        heading(&format!("Installing {name} {version} into {} (about a minute)", folder.display()));
        // Without optimisation it builds in half the time, and still runs in seconds.
        let mut install =
            cargo(&["install", "--locked", "--debug", "--version", version, "--root"]);
        install.arg(folder).arg(name).env("CARGO_PROFILE_DEV_DEBUG", "0");
        let status = install.status().map_err(|error| Failure::new("cannot run cargo", error))?;
        if status.success() {
            Ok(program)
        } else {
            Err(Failure(format!("{name} cannot be installed")))
        }
    }

    /// A path of programs on which cargo finds it as a subcommand.
    ///
    /// # Errors
    /// When it does not build.
    pub fn on_path(&self) -> Result<OsString, Failure> {
        let own = self.program()?.parent().map(PathBuf::from);
        let usual = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(own.into_iter().chain(env::split_paths(&usual)));
        path.map_err(|error| Failure::new("PATH cannot be used", error))
    }

    /// A command that runs it by itself.
    ///
    /// # Errors
    /// When it does not build.
    pub fn command(&self) -> Result<Command, Failure> {
        self.program().map(Command::new)
    }
}
