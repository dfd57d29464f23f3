//! One build of the packages, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::crates::{self, Crate};
use super::{at, audit, components, copyright, source};
use crate::cargo::{output_of, own_programs, workspace};
use crate::failure::Failure;
use crate::manual;
use crate::prepare::{self, heading};
use crate::tools::AUDITABLE;

/// What builds a Debian package, and what debian/control says it needs besides.
const NEEDED: [&str; 5] = ["build-essential", "debhelper", "dh-apparmor", "libpam0g-dev", "git"];

/// The version of the workspace: that of the package, as far as it is monk's.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is built from the one source: the engine, with its PAM module and commands, the NSS module, and the portal.
const PACKAGES: [&str; 4] = ["monk", "monk-web", "monk-metrics", "libnss-monk"];

/// One way to build them.
pub struct Build<'a> {
    /// The folder to build in. What an earlier build has left there goes away.
    pub folder: &'a Path,
    /// From the programs of the dev profile, which `cargo xtask` has built.
    pub quick: bool,
    /// What else the environment of the build says.
    pub environment: Vec<(&'a str, String)>,
}

impl Build<'_> {
    /// Exports the sources, and puts what is generated beside them.
    ///
    /// # Errors
    /// When something is missing.
    pub fn prepare(&self) -> Result<Prepared<'_>, Failure> {
        prepare::ensure(&NEEDED)?;
        let tree = self.folder.join(format!("monk-{VERSION}"));
        if tree.exists() {
            fs::remove_dir_all(&tree).map_err(|error| at(&tree, &error))?;
        }
        heading(&format!("Exporting the sources to {}", tree.display()));
        source::export(&tree)?;
        let debian = tree.join("debian");
        fs::rename(tree.join("packaging/debian"), &debian).map_err(|error| at(&debian, &error))?;
        let version = version(&debian)?;
        let crates = crates::shipped()?;
        generate(&debian, &version, &crates)?;
        Ok(Prepared { build: self, tree, version, crates })
    }

    fn dpkg_buildpackage(&self, tree: &Path) -> Result<(), Failure> {
        let mut command = Command::new("dpkg-buildpackage");
        command.args(["--build=binary", "--no-sign", "--no-pre-clean"]).current_dir(tree);
        // What the caller's shell says of cargo is for the caller's own programs.
        for name in ["RUSTFLAGS", "CFLAGS", "CARGO_BUILD_TARGET", "DEB_BUILD_OPTIONS"] {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C.UTF-8");
        if self.quick {
            heading("Building the packages from the programs of the dev profile");
            command.env("DEB_BUILD_OPTIONS", "noopt");
            command.env("PROGRAMS_BUILT", "yes").env("PROGRAMS", own_programs()?);
        } else {
            let path = AUDITABLE.on_path()?;
            heading("Building the packages (some minutes)");
            command.env("PATH", path).env("CARGO_BUILD", "cargo auditable build");
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let status = command.status();
        let status = status.map_err(|error| Failure::new("cannot run dpkg-buildpackage", error))?;
        if status.success() { Ok(()) } else { Err(Failure("the packages do not build".into())) }
    }
}

/// A source tree that is ready to be built.
pub struct Prepared<'a> {
    build: &'a Build<'a>,
    tree: PathBuf,
    version: String,
    crates: Vec<Crate>,
}

impl Prepared<'_> {
    /// The source tree, with the folder debian.
    pub fn tree(&self) -> &Path {
        &self.tree
    }

    /// Builds the packages, and returns where they are.
    ///
    /// # Errors
    /// When they do not build, or their programs do not say what they are made from.
    pub fn packages(&self) -> Result<Vec<PathBuf>, Failure> {
        self.build.dpkg_buildpackage(&self.tree)?;
        if !self.build.quick {
            audit::check(&self.programs()?, &self.crates)?;
            // As big as the workspace's own.
            let built = self.tree.join("target");
            fs::remove_dir_all(&built).map_err(|error| at(&built, &error))?;
        }
        let architecture = output_of("dpkg", &["--print-architecture"])?;
        let end = format!("{}_{}.deb", self.version, architecture.trim());
        Ok(PACKAGES.map(|name| self.build.folder.join(format!("{name}_{end}"))).into())
    }

    /// All that was compiled, as it lies in the packages.
    fn programs(&self) -> Result<Vec<PathBuf>, Failure> {
        let triplet = output_of("dpkg-architecture", &["--query", "DEB_HOST_MULTIARCH"])?;
        let libraries = format!("usr/lib/{}", triplet.trim());
        let programs = [
            ("monk", "usr/sbin/monkd".to_owned()),
            ("monk", "usr/bin/monk-enroll".to_owned()),
            ("monk", "usr/libexec/monk/monk-ssh-keys".to_owned()),
            ("monk", format!("{libraries}/security/pam_monk.so")),
            ("libnss-monk", format!("{libraries}/libnss_monk.so.2")),
            ("monk-web", "usr/sbin/monk-web".to_owned()),
            ("monk-metrics", "usr/sbin/monk-metrics".to_owned()),
        ];
        let debian = self.tree.join("debian");
        Ok(programs.into_iter().map(|(package, file)| debian.join(package).join(file)).collect())
    }
}

/// Writes what is made from the workspace itself.
fn generate(debian: &Path, version: &str, crates: &[Crate]) -> Result<(), Failure> {
    let generated = debian.join("generated");
    manual::write_into(&generated)?;
    let list = generated.join("monk.cdx.json");
    fs::write(&list, components::text(version, crates)?).map_err(|error| at(&list, &error))?;
    let copyright = debian.join("copyright");
    let template = fs::read_to_string(&copyright).map_err(|error| at(&copyright, &error))?;
    let text = copyright::text(&template, crates)?;
    fs::write(&copyright, text + "\n").map_err(|error| at(&copyright, &error))
}

/// The version that the changelog of the package says, which must be one of this monk.
fn version(debian: &Path) -> Result<String, Failure> {
    let path = debian.join("changelog");
    let text = fs::read_to_string(&path).map_err(|error| at(&path, &error))?;
    version_of(&text).ok_or_else(|| {
        Failure(format!(
            "the first line of {}/packaging/debian/changelog is not that of monk {VERSION}: add an \
             entry for this version",
            workspace().display()
        ))
    })
}

/// Reads `monk (0.1.0-1) unstable; urgency=medium`.
fn version_of(changelog: &str) -> Option<String> {
    let version = changelog.strip_prefix("monk (")?.split(')').next()?;
    let (upstream, _revision) = version.rsplit_once('-')?;
    (upstream == VERSION).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/debian");

    #[test]
    fn the_changelog_of_the_package_is_in_step_with_the_workspace() {
        assert!(version(Path::new(PACKAGING)).is_ok());
        assert!(version_of("monk (99.0.0-1) unstable; urgency=medium\n").is_none());
        assert!(version_of("monk (0.1.0) unstable; urgency=medium\n").is_none());
    }

    #[test]
    fn every_package_of_the_control_file_is_known() {
        let control = fs::read_to_string(Path::new(PACKAGING).join("control")).unwrap();
        let names = control.lines().filter_map(|line| line.strip_prefix("Package: "));
        assert_eq!(names.collect::<Vec<_>>(), PACKAGES);
    }

    #[test]
    fn all_that_the_package_needs_to_be_built_is_installed() {
        let control = fs::read_to_string(Path::new(PACKAGING).join("control")).unwrap();
        let line = control.lines().find_map(|line| line.strip_prefix("Build-Depends: ")).unwrap();
        for package in line.split(", ").map(|name| name.split(' ').next().unwrap()) {
            let package = if package == "debhelper-compat" { "debhelper" } else { package };
            assert!(NEEDED.contains(&package), "{package}");
        }
    }
}
