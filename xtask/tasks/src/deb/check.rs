//! What Debian's own tools say of the packages: lintian of their files, piuparts of what installing and
//! removing them leaves behind, autopkgtest of whether they work where they are installed.
//!
//! The Debians that the last two install them on are made once and kept, as those of the tests are.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use monk_tests::fresh::{Debian, base_with};

use super::at;
use super::build::Prepared;
use crate::failure::{Failure, Outcome};
use crate::prepare::{self, heading};

/// The tools.
const NEEDED: [&str; 4] = ["lintian", "piuparts", "autopkgtest", "mmdebstrap"];

/// The release on which it is tried.
const DEBIAN: Debian = Debian::Bookworm;

/// What the base has: systemd, because what it leaves behind itself is not monk's.
const BASE: [&str; 2] = ["systemd", "ca-certificates"];

/// What purging keeps on purpose: keys and enrolments, without which everybody enrols again. The
/// folders of monk's settings and profile stay as long as something is in them.
const KEPT: [&str; 2] =
    ["^/etc/monk(/keys(/[0-9a-f]{8}\\.key)?)?/?$", "^/var/lib/monk(/monk\\.db)?/?$"];

/// Mounts what programs expect of a system in the root `$1`, where nobody else sees it, and becomes the
/// program that is named after that.
const INSIDE: &str =
    "mount --bind /proc \"$1/proc\" && mount --rbind /dev \"$1/dev\" && shift && exec \"$@\"";

/// Has all three look at them. True where none finds anything.
///
/// # Errors
/// When one of them cannot be tried.
pub fn run(built: &Prepared<'_>, packages: &[PathBuf], work: &Path) -> Outcome {
    prepare::ensure(&NEEDED)?;
    let base = base_with(DEBIAN, &BASE);
    let base = base.map_err(|error| Failure::new("cannot make a Debian", error))?;
    let root = work.join("root");
    unpack(&base, &root)?;
    let results = [
        ("lintian", lintian(packages)?),
        // It copies the root, and leaves it as it was.
        ("piuparts", piuparts(packages, &root, work)?),
        ("autopkgtest", autopkgtest(built.tree(), packages, &root, work)?),
    ];
    remove(&root)?;
    for (name, is_well) in results {
        println!("{name}: {}", if is_well { "nothing to say" } else { "see above" });
    }
    Ok(results.iter().all(|(_, is_well)| *is_well))
}

fn lintian(packages: &[PathBuf]) -> Outcome {
    heading("lintian");
    let mut command = Command::new("lintian");
    command.args(["--fail-on", "error,warning", "--tag-display-limit", "0"]).args(packages);
    runs(&mut command)
}

/// Installs, removes and purges the main package, and installs it again after each. piuparts takes what a package
/// depends on from a repository, where libnss-monk would not find monk: its own tests remove and purge it.
fn piuparts(packages: &[PathBuf], root: &Path, work: &Path) -> Outcome {
    heading("piuparts (a minute or two)");
    let mut command = Command::new("piuparts");
    command.args(["--distribution", DEBIAN.suite(), "--keep-sources-list", "--no-eatmydata"]);
    command.args(["--install-remove-install", "--install-purge-install"]);
    command.args(KEPT.iter().flat_map(|kept| ["--ignore-regex", kept]));
    command.arg("--existing-chroot").arg(root).arg("--tmpdir").arg(work);
    command.args(packages.iter().filter(|package| is_main(package)));
    quietly(&mut command, &work.join("piuparts.log"))
}

/// Whether a file is the package monk.
fn is_main(package: &Path) -> bool {
    package.file_name().is_some_and(|name| name.to_string_lossy().starts_with("monk_"))
}

/// Runs the packages' own tests (debian/tests) in the root.
fn autopkgtest(tree: &Path, packages: &[PathBuf], root: &Path, work: &Path) -> Outcome {
    heading("autopkgtest (a minute)");
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", INSIDE, "sh"]).arg(root);
    command.args(["autopkgtest", "--apt-upgrade", "--no-built-binaries"]).args(packages);
    // The slash says that it is a source tree.
    command.arg(tree.join("")).args(["--", "chroot"]).arg(root);
    quietly(&mut command, &work.join("autopkgtest.log"))
}

fn unpack(base: &Path, root: &Path) -> Result<(), Failure> {
    remove(root)?;
    fs::create_dir_all(root).map_err(|error| at(root, &error))?;
    let mut tar = Command::new("tar");
    tar.arg("--extract").arg("--file").arg(base).arg("--directory").arg(root);
    if runs(&mut tar)? { Ok(()) } else { Err(Failure(format!("cannot unpack {}", base.display()))) }
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(folder, &error)),
        _ => Ok(()),
    }
}

/// Runs a program in view of the reader.
fn runs(command: &mut Command) -> Outcome {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).env("LC_ALL", "C.UTF-8").status();
    let status = status.map_err(|error| Failure::new(format!("cannot run {name}"), error))?;
    Ok(status.success())
}

/// Runs a program that says much into a file, which is shown where the program finds something.
fn quietly(command: &mut Command, log: &Path) -> Outcome {
    let file = File::create(log).map_err(|error| at(log, &error))?;
    let other = file.try_clone().map_err(|error| at(log, &error))?;
    let is_well = runs(command.stdout(file).stderr(other))?;
    if !is_well {
        println!("{}", fs::read_to_string(log).map_err(|error| at(log, &error))?);
    }
    Ok(is_well)
}
