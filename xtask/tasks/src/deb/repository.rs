//! `cargo xtask deb --repository DIR`: a folder that apt installs and upgrades from, signed.
//!
//! | path | what it is |
//! |---|---|
//! | `pool/main/m/monk/*.deb` | the packages, those of earlier runs too |
//! | `dists/stable/` | the lists of them, and `InRelease` and `Release.gpg`, which sign the lists |
//! | `monk.gpg` | the public key, for `Signed-By` |
//! | `monk.sources` | what tells apt about all this, for `/etc/apt/sources.list.d` |
//!
//! Debian's own tools make it: `apt-ftparchive` the lists, `gpg` the signatures. The secret key stays in the keyring of
//! the person who runs this, and never gets into the folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::{at, put};
use crate::cargo::output_of_command;
use crate::failure::Failure;
use crate::prepare::{self, heading};

/// What makes the lists, and what signs them.
const NEEDED: [&str; 2] = ["apt-utils", "gpg"];

/// Where the packages lie, by Debian's custom.
const POOL: &str = "pool/main/m/monk";

/// The only suite. Releases of monk follow each other in it.
const SUITE: &str = "stable";

/// The only component.
const COMPONENT: &str = "main";

/// The public key, as `Signed-By` wants it.
const PUBLIC_KEY: &str = "monk.gpg";

/// Where the key is to be put on the machines that install from the folder.
const KEYRING: &str = "/etc/apt/keyrings/monk.gpg";

/// The description of the folder for apt.
const SOURCES: &str = "monk.sources";

/// Whose key `--new-key` makes.
const NEW_KEY: &str = "monk packages";

/// The repository to put the packages into.
#[derive(Args)]
pub struct RepositoryOptions {
    /// Put the packages into a signed apt repository in this folder, which is made if it is not there
    #[arg(long, value_name = "DIR")]
    repository: Option<PathBuf>,

    /// Sign it with this key of your gpg keyring: a fingerprint or an address
    #[arg(long, value_name = "KEY", requires = "repository")]
    sign_key: Option<String>,

    /// Make a key for it in your gpg keyring, without a passphrase, and say its fingerprint
    #[arg(long, requires = "repository", conflicts_with = "sign_key")]
    new_key: bool,

    /// Where machines will find the folder [default: file:DIR]
    #[arg(long, value_name = "URL", requires = "repository")]
    url: Option<String>,

    /// Put in these packages, which were built before, in place of building any
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "repository")]
    packages: Vec<PathBuf>,
}

impl RepositoryOptions {
    /// No repository.
    pub fn none() -> Self {
        Self { repository: None, sign_key: None, new_key: false, url: None, packages: Vec::new() }
    }

    /// Packages that need not be built.
    pub fn built_before(&self) -> Option<Vec<PathBuf>> {
        (!self.packages.is_empty()).then(|| self.packages.clone())
    }

    /// Says early that nobody is to sign, before minutes are spent on a build.
    ///
    /// # Errors
    /// When there is a repository and no key for it.
    pub fn check(&self) -> Result<(), Failure> {
        if self.repository.is_some() && self.sign_key.is_none() && !self.new_key {
            return Err(Failure(
                "a repository needs a key to be signed with: --sign-key KEY with one of `gpg --list-secret-keys`, \
                 or --new-key the first time"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// Puts the packages in, if there is a repository.
    ///
    /// # Errors
    /// When a tool fails, or a package is there already with other contents.
    pub fn publish(&self, packages: &[PathBuf]) -> Result<(), Failure> {
        let Some(folder) = &self.repository else { return Ok(()) };
        prepare::ensure(&NEEDED)?;
        fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
        let folder = &folder.canonicalize().map_err(|error| at(folder, &error))?;
        let key = match &self.sign_key {
            Some(key) => fingerprint(key)?,
            None => new_key()?,
        };
        heading(&format!("Putting {} packages into {}", packages.len(), folder.display()));
        for package in packages {
            add(package, &folder.join(POOL))?;
        }
        lists(folder, &key)?;
        describe(folder, &key, self.url.as_deref())
    }
}

/// The fingerprint of the one key that is meant: an address may name several, and all of them would be exported.
fn fingerprint(key: &str) -> Result<String, Failure> {
    let mut list = Command::new("gpg");
    list.args(["--batch", "--with-colons", "--list-secret-keys", key]);
    let listed = output_of_command(&mut list)?;
    // The first `fpr` after each `sec` is the primary key's (DETAILS of GnuPG).
    let primary = listed.split("\nsec:").map(|one| {
        let fingerprint = one.lines().find_map(|line| line.strip_prefix("fpr:"));
        fingerprint.map(|fields| fields.trim_matches(':').to_owned())
    });
    let mut primary = primary.flatten();
    match (primary.next(), primary.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(Failure(format!(
            "{key} does not name one secret key of your gpg keyring: say its fingerprint, as \
             `gpg --list-secret-keys` shows it"
        ))),
    }
}

/// Makes a key in the keyring of the caller; its fingerprint.
fn new_key() -> Result<String, Failure> {
    let mut make = Command::new("gpg");
    // A passphrase can be set with `gpg --edit-key`.
    make.args(["--batch", "--status-fd", "1", "--passphrase", "", "--quick-generate-key"]);
    make.args([NEW_KEY, "ed25519", "sign", "never"]);
    let said = output_of_command(&mut make)?;
    let made = said.lines().find_map(|line| line.strip_prefix("[GNUPG:] KEY_CREATED "));
    let key = made.and_then(|rest| rest.split_whitespace().nth(1)).map(str::to_owned);
    let key = key.ok_or_else(|| Failure::new("gpg made no key", said.trim()))?;
    println!("new key: {key}; next time: --sign-key {key}");
    Ok(key)
}

/// Puts a package into the pool under the name that its contents say.
fn add(package: &Path, pool: &Path) -> Result<(), Failure> {
    let mut ask = Command::new("dpkg-deb");
    ask.arg("--show").arg("--showformat=${Package}_${Version}_${Architecture}.deb").arg(package);
    let name = output_of_command(&mut ask)?;
    // A version may have an epoch, which no name of a file has.
    let name = match name.trim().split_once('_') {
        Some((package, rest)) => {
            let version = rest.split_once(':').map_or(rest, |(_epoch, version)| version);
            format!("{package}_{version}")
        }
        None => return Err(Failure::new(package.display(), "no package")),
    };
    let there = pool.join(&name);
    if there.exists() {
        let read = |path: &Path| fs::read(path).map_err(|error| at(path, &error));
        if read(&there)? == read(package)? {
            return Ok(());
        }
        return Err(Failure(format!(
            "{} is there already with other contents, and machines may have it: raise the version in \
             packaging/debian/changelog and Cargo.toml",
            there.display()
        )));
    }
    put(package, pool, &name).map(drop)
}

/// Makes the lists and signs them. Until they are whole, those of before stay.
fn lists(folder: &Path, key: &str) -> Result<(), Failure> {
    let dists = folder.join("dists");
    let (new, old) = (folder.join(".dists.new"), folder.join(".dists.old"));
    for left in [&new, &old] {
        if left.exists() {
            fs::remove_dir_all(left).map_err(|error| at(left, &error))?;
        }
    }
    let suite = new.join(SUITE);
    let architectures = architectures(&folder.join(POOL))?;
    for architecture in &architectures {
        let place = suite.join(COMPONENT).join(format!("binary-{architecture}"));
        fs::create_dir_all(&place).map_err(|error| at(&place, &error))?;
        let mut list = Command::new("apt-ftparchive");
        list.args(["--arch", architecture, "packages", "pool"]).current_dir(folder);
        let path = place.join("Packages");
        fs::write(&path, output_of_command(&mut list)?).map_err(|error| at(&path, &error))?;
        output_of_command(Command::new("gzip").args(["--best", "--no-name", "--keep"]).arg(&path))?;
    }
    let mut release = Command::new("apt-ftparchive");
    let architectures = architectures.into_iter().collect::<Vec<_>>().join(" ");
    for (name, value) in [
        ("Origin", "monk"),
        ("Label", "monk"),
        ("Suite", SUITE),
        ("Codename", SUITE),
        ("Architectures", &architectures),
        ("Components", COMPONENT),
        ("Description", "A second factor for logins through PAM"),
    ] {
        release.arg("-o").arg(format!("APT::FTPArchive::Release::{name}={value}"));
    }
    release.args(["release", SUITE]).current_dir(&new);
    let path = suite.join("Release");
    fs::write(&path, output_of_command(&mut release)?).map_err(|error| at(&path, &error))?;
    for (how, signed) in [("--clearsign", "InRelease"), ("--detach-sign", "Release.gpg")] {
        let mut sign = Command::new("gpg");
        sign.args(["--yes", "--armor", "--local-user", key, "--output"]).arg(suite.join(signed));
        output_of_command(sign.arg(how).arg(&path))?;
    }
    if dists.exists() {
        fs::rename(&dists, &old).map_err(|error| at(&dists, &error))?;
    }
    fs::rename(&new, &dists).map_err(|error| at(&new, &error))?;
    if old.exists() {
        fs::remove_dir_all(&old).map_err(|error| at(&old, &error))?;
    }
    Ok(())
}

/// Those of the packages in the pool.
fn architectures(pool: &Path) -> Result<BTreeSet<String>, Failure> {
    let files = fs::read_dir(pool).map_err(|error| at(pool, &error))?.flatten();
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    // NAME_VERSION_ARCHITECTURE.deb
    let of = |name: String| Some(name.strip_suffix(".deb")?.rsplit_once('_')?.1.to_owned());
    Ok(names.filter_map(of).collect())
}

/// Writes the public key and the file for apt, and says what to do with them.
fn describe(folder: &Path, key: &str, url: Option<&str>) -> Result<(), Failure> {
    let public = folder.join(PUBLIC_KEY);
    output_of_command(
        Command::new("gpg").args(["--yes", "--export", "--output"]).arg(&public).arg(key),
    )?;
    let url = url.map_or_else(|| format!("file:{}", folder.display()), str::to_owned);
    let text = format!(
        "Types: deb\nURIs: {url}\nSuites: {SUITE}\nComponents: {COMPONENT}\nSigned-By: {KEYRING}\n"
    );
    let sources = folder.join(SOURCES);
    fs::write(&sources, text).map_err(|error| at(&sources, &error))?;
    println!(
        "{} is signed. On each machine, with both files:\n\n    \
         install -D -m 644 {PUBLIC_KEY} {KEYRING}\n    \
         install -m 644 {SOURCES} /etc/apt/sources.list.d/\n    \
         apt-get update && apt-get install monk",
        folder.display()
    );
    Ok(())
}
