//! monk's own packages, as `cargo xtask deb --quick` builds them.

use std::env;
use std::fmt::Write;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::fcntl::{Flock, FlockArg};

use crate::site::built;
use crate::transcript::tail;

/// What they are made of, besides their programs.
const SOURCES: [&str; 2] = ["packaging", "config"];

/// The programs in them.
const PROGRAMS: [&str; 7] = [
    "monkd",
    "monk-enroll",
    "monk-ssh-keys",
    "monk-web",
    "monk-metrics",
    "libpam_monk.so",
    "libnss_monk.so",
];

/// The package of the engine, its PAM module and its commands.
const MONK: &str = "monk";

/// The package of the NSS module, which needs the one above in the same version.
const NAMES: &str = "libnss-monk";

/// The package of the portal, which needs the first one in the same version.
const WEB: &str = "monk-web";

/// The package of the metrics, which needs the first one in the same version.
const METRICS: &str = "monk-metrics";

/// A version that is older than every other.
const OLDER: &str = "0.0.1-1";

/// A package, in two versions.
#[derive(Clone, Debug)]
pub struct Package {
    /// What this workspace builds.
    pub current: PathBuf,
    /// The same under a lower version.
    pub older: PathBuf,
}

impl Package {
    fn of(name: &str, folder: &Path) -> Self {
        let file = |version| folder.join(format!("{name}{version}.deb"));
        Self { current: file(""), older: file("-older") }
    }
}

/// The package monk with the programs as they were built. Of several processes that want it one makes it,
/// and the others wait; it is made again when something has changed.
///
/// # Panics
/// When it does not build.
#[track_caller]
pub fn package() -> Package {
    made(MONK).unwrap_or_else(|error| panic!("cannot make the package: {error}"))
}

/// The package libnss-monk, likewise.
///
/// # Panics
/// When it does not build.
#[track_caller]
pub fn names_package() -> Package {
    made(NAMES).unwrap_or_else(|error| panic!("cannot make the package: {error}"))
}

/// The package monk-web, likewise.
///
/// # Panics
/// When it does not build.
#[track_caller]
pub fn web_package() -> Package {
    made(WEB).unwrap_or_else(|error| panic!("cannot make the package: {error}"))
}

/// The package monk-metrics, likewise.
///
/// # Panics
/// When it does not build.
#[track_caller]
pub fn metrics_package() -> Package {
    made(METRICS).unwrap_or_else(|error| panic!("cannot make the package: {error}"))
}

fn made(name: &str) -> io::Result<Package> {
    let programs = built("monkd");
    let target = programs.ancestors().nth(2).unwrap_or(Path::new("/"));
    let folder = target.join("package-for-tests");
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("lock"))?;
    let _alone = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
    let stamp = folder.join("made-of");
    if !fs::read_to_string(&stamp).is_ok_and(|made_of| made_of == made_of_now()) {
        let output = build(&folder)?;
        for name in [MONK, NAMES, WEB, METRICS] {
            let package = Package::of(name, &folder);
            fs::rename(deb(&output, name)?, &package.current)?;
            repack(&folder, &package.current, &package.older)?;
        }
        // The build may have made the programs anew.
        fs::write(&stamp, made_of_now())?;
    }
    Ok(Package::of(name, &folder))
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"))
}

/// Size and time of all that goes into the package.
fn made_of_now() -> String {
    let mut files: Vec<PathBuf> = PROGRAMS.into_iter().map(built).collect();
    let mut folders: Vec<PathBuf> = SOURCES.iter().map(|name| workspace().join(name)).collect();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let mut text = String::new();
    for file in files {
        if let Ok(of) = fs::metadata(&file) {
            let (size, time, part) = (of.len(), of.mtime(), of.mtime_nsec());
            let _ = writeln!(text, "{} {size} {time}.{part}", file.display());
        }
    }
    text
}

/// Has the packages built, as anybody would, and returns the folder where they are.
fn build(folder: &Path) -> io::Result<PathBuf> {
    let output = folder.join("output");
    if output.exists() {
        fs::remove_dir_all(&output)?;
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["xtask", "deb", "--quick", "--output"]).arg(&output).current_dir(workspace());
    run(command)?;
    Ok(output)
}

/// The file of a package: `NAME_VERSION_ARCHITECTURE.deb`.
fn deb(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let begin = format!("{name}_");
    let mut files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let is_it = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file.starts_with(&begin) && file.ends_with(".deb")
    };
    let missing = || io::Error::other(format!("there is no package {name} in the output"));
    files.find(is_it).ok_or_else(missing)
}

/// Makes the older version: the same files, which are others to whoever has them open.
fn repack(folder: &Path, current: &Path, older: &Path) -> io::Result<()> {
    let unpacked = folder.join("unpacked");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    let mut unpack = Command::new("dpkg-deb");
    unpack.arg("--raw-extract").arg(current).arg(&unpacked);
    run(unpack)?;
    let control = unpacked.join("DEBIAN/control");
    let text = fs::read_to_string(&control)?;
    let version = text.lines().find_map(|line| line.strip_prefix("Version: ")).unwrap_or_default();
    // It also says which version of the other package it needs.
    let changed = text.lines().map(|line| match line.split_once(": ") {
        Some(("Version" | "Depends", _)) => format!("{}\n", line.replace(version, OLDER)),
        _ => format!("{line}\n"),
    });
    fs::write(&control, changed.collect::<String>())?;
    let mut pack = Command::new("dpkg-deb");
    pack.args(["--root-owner-group", "-Zgzip", "-z1", "--build"]).arg(&unpacked).arg(older);
    run(pack)?;
    fs::remove_dir_all(&unpacked)
}

fn run(mut command: Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = tail(&String::from_utf8_lossy(&said));
    let name = command.get_program().to_string_lossy();
    Err(io::Error::other(format!("{name} ended with {}:\n{said}", output.status)))
}
