//! `cargo xtask deb`: the Debian packages.
//!
//! The source tree is exported, so that what lies about in the workspace cannot get into the
//! packages; packaging/debian and what is generated join it there, and dpkg-buildpackage does the
//! rest. packaging/README.md has the whole way on a page.

mod audit;
mod build;
mod check;
mod components;
mod copyright;
mod crates;
mod repository;
mod source;
mod twice;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use clap::Args;

use self::build::Build;
use self::repository::RepositoryOptions;
use crate::cargo;
use crate::failure::{Failure, Outcome};

/// Build the Debian packages
#[derive(Args)]
pub struct DebOptions {
    /// From the programs of the dev profile: seconds, for tests
    #[arg(long)]
    quick: bool,

    /// Build them twice, in two places, and compare bit by bit
    #[arg(long, conflicts_with = "quick")]
    twice: bool,

    /// Have lintian, piuparts and autopkgtest look at them
    #[arg(long)]
    check: bool,

    /// The folder to put them into
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,

    #[command(flatten)]
    repository: RepositoryOptions,
}

impl DebOptions {
    /// The packages as they are released, with all that is known to look at.
    pub fn everything() -> Self {
        Self {
            quick: false,
            twice: true,
            check: true,
            output: None,
            repository: RepositoryOptions::none(),
        }
    }
}

/// Builds them, and says what has come of it.
///
/// # Errors
/// When something is missing or does not build.
pub fn run(options: &DebOptions) -> Outcome {
    options.repository.check()?;
    if let Some(packages) = options.repository.built_before() {
        options.repository.publish(&packages)?;
        return Ok(true);
    }
    let work = cargo::target()?.join("package");
    fs::create_dir_all(&work).map_err(|error| at(&work, &error))?;
    let _alone = lock(&work)?;
    let build = Build { folder: &work, quick: options.quick, environment: Vec::new() };
    let first = build.prepare()?;
    let (built, is_well) =
        if options.twice { twice::packages(&first, &work)? } else { (first.packages()?, true) };
    let folder = options.output.as_deref().unwrap_or(&work);
    let packages: Vec<PathBuf> = built
        .iter()
        .map(|package| put(package, folder, &name_of(package)))
        .collect::<Result<_, _>>()?;
    let is_well = is_well & (!options.check || check::run(&first, &packages, &work)?);
    for package in &packages {
        let size = fs::metadata(package).map_err(|error| at(package, &error))?.len();
        println!("{} ({size} bytes)", package.display());
    }
    if is_well {
        options.repository.publish(&packages)?;
    }
    Ok(is_well)
}

/// Waits for other builds in the same folder, until the file is dropped.
fn lock(work: &Path) -> Result<File, Failure> {
    let path = work.join("lock");
    let file = File::create(&path).and_then(|file| file.lock().map(|()| file));
    file.map_err(|error| at(&path, &error))
}

fn name_of(package: &Path) -> String {
    package.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Puts the package into `folder` under a name, whole or not at all.
fn put(package: &Path, folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let target = folder.join(name);
    let partial = folder.join(format!(".{name}.new"));
    fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    fs::copy(package, &partial).map_err(|error| at(&partial, &error))?;
    fs::rename(&partial, &target).map_err(|error| at(&target, &error))?;
    Ok(target)
}

/// A file or folder that did not work.
fn at(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(path.display(), error)
}
