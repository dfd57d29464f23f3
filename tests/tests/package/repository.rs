//! A repository of apt, as `cargo xtask deb --repository` makes it: machines install from it and upgrade from it, and
//! take nothing that somebody else has changed.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use monk_tests::fresh::{Debian, Machine, package};
use monk_tests::{Output, Status};
use tempfile::TempDir;

use crate::guarded::apt_get;
use crate::pages::{Blocks, Reader};

monk_tests::on_each_debian!(
    a_machine_installs_from_a_repository_and_upgrades,
    a_machine_takes_nothing_that_was_changed_in_a_repository,
);

/// What the tests here carry out.
pub const BLOCKS: Blocks = &[("docs/install.md", INSTALL)];

const INSTALL: &str = "install -D -m 644 monk.gpg";

/// Where the machine finds it.
const PLACE: &str = "/srv/monk";

/// Where apt looks for repositories: a machine of a test has no network for Debian's.
const OURS_ALONE: [&str; 4] = [
    "-o",
    "Dir::Etc::SourceList=/etc/apt/sources.list.d/monk.sources",
    "-o",
    "Dir::Etc::SourceParts=-",
];

/// A repository, and the keyring of the person who makes it.
struct Repository {
    folder: TempDir,
    keyring: TempDir,
}

impl Repository {
    /// With a key of its own, and one package.
    #[track_caller]
    fn new(package: &Path) -> Self {
        let folder = || tempfile::tempdir().expect("a temporary folder");
        let repository = Self { folder: folder(), keyring: folder() };
        repository.make(&["--new-key"], package);
        repository
    }

    /// One more package, under the same key.
    #[track_caller]
    fn add(&self, package: &Path) {
        self.make(&["--sign-key", "monk packages"], package);
    }

    #[track_caller]
    fn make(&self, key: &[&str], package: &Path) {
        let output = self.xtask(key, package);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }

    fn xtask(&self, key: &[&str], package: &Path) -> std::process::Output {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["xtask", "deb", "--repository"]).arg(self.path());
        command.args(["--url", &format!("file:{PLACE}")]).args(key).arg("--packages").arg(package);
        command.env("GNUPGHOME", self.keyring.path()).stdin(Stdio::null());
        command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        command.output().expect("cargo runs")
    }

    /// Signs what somebody has written into the lists, with a key that no machine knows.
    fn sign_as_a_stranger(&self) {
        let stranger = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            keyring: tempfile::tempdir().expect("a temporary folder"),
        };
        stranger.make(&["--new-key"], &package().older);
        for file in ["InRelease", "Release", "Release.gpg"] {
            let path = Path::new("dists/stable").join(file);
            fs::copy(stranger.path().join(&path), self.path().join(&path)).expect("it is there");
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    /// Puts it where the machine finds it, as it is now.
    #[track_caller]
    fn deliver(&self, machine: &Machine) {
        machine.command("rm").args(["-rf", PLACE]).run().expect_success();
        let mut copy = Command::new("cp");
        copy.args(["-r", "--no-preserve=mode"]).arg(self.path()).arg(machine.path(PLACE));
        assert!(copy.status().expect("cp runs").success());
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        // gpg has left an agent behind.
        let mut end = Command::new("gpgconf");
        let _ = end.args(["--kill", "all"]).env("GNUPGHOME", self.keyring.path()).status();
    }
}

/// Tells apt about it, with the commands that were printed.
#[track_caller]
fn set_up(machine: &Machine) {
    let commands = format!(
        "cd {PLACE} && install -D -m 644 monk.gpg /etc/apt/keyrings/monk.gpg && \
         install -m 644 monk.sources /etc/apt/sources.list.d/"
    );
    machine.command("sh").args(["-ec", &commands]).run().expect_success();
}

fn update(machine: &Machine) -> Output {
    machine.command("apt-get").arg("update").args(OURS_ALONE).run()
}

#[track_caller]
fn version(machine: &Machine) -> String {
    let query = ["--show", "--showformat", "${Version}", "monk"];
    machine.command("dpkg-query").args(query).run().expect_success().stdout
}

#[track_caller]
fn version_of(deb: &Path) -> String {
    let output = Command::new("dpkg-deb").arg("--field").arg(deb).arg("Version").output();
    let output = output.expect("dpkg-deb is there");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn a_machine_installs_from_a_repository_and_upgrades(debian: Debian) {
    let package = package();
    let repository = Repository::new(&package.older);
    let machine = Machine::new(debian);
    repository.deliver(&machine);
    let bring = "cp /srv/monk/monk.gpg /srv/monk/monk.sources /root/ && \
                 rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*";
    machine.command("sh").args(["-c", bring]).run().expect_success();
    let reader = Reader::new(&machine, BLOCKS);
    reader.follows(INSTALL);
    reader.has_read_all();
    assert_eq!(version(&machine), version_of(&package.older));

    repository.add(&package.current);
    repository.deliver(&machine);
    update(&machine).expect_success();
    apt_get(&machine, &[&["upgrade"], &OURS_ALONE[..]].concat());
    assert_eq!(version(&machine), version_of(&package.current));

    // The same version with other contents would be one that some machines have and others not.
    let names = repository.path().join("pool/main/m/monk");
    let in_pool = fs::read_dir(&names).expect("the pool").flatten();
    let newest = in_pool.map(|file| file.path()).max().expect("a package");
    fs::write(&newest, "other").expect("it can be written");
    let again = repository.xtask(&["--sign-key", "monk packages"], &package.current);
    assert!(!again.status.success());
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(said.contains("raise the version"), "{said}");

    // An address can name several keys, and machines would trust all that are exported.
    let mut eve = Command::new("gpg");
    eve.args([
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        "Eve monk packages",
        "ed25519",
    ]);
    let made = eve.env("GNUPGHOME", repository.keyring.path()).output().expect("gpg runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let several = repository.xtask(&["--sign-key", "monk packages"], &package.current);
    let said = String::from_utf8_lossy(&several.stderr);
    assert!(!several.status.success() && said.contains("does not name one"), "{said}");

    let unsigned = repository.xtask(&[], &package.current);
    let said = String::from_utf8_lossy(&unsigned.stderr);
    assert!(!unsigned.status.success() && said.contains("--sign-key"), "{said}");
    repository.has_no_key_of_its_maker();
}

/// What the files of private keys have in them: those that gpg exports, and those that it keeps itself.
const PRIVATE: [&[u8]; 3] = [b"PGP PRIVATE KEY BLOCK", b"(private-key", b"protected-private-key"];

impl Repository {
    /// No file is one of the keyring's private ones, and none has a private key in it.
    #[track_caller]
    fn has_no_key_of_its_maker(&self) {
        let kept = files(&self.keyring.path().join("private-keys-v1.d"));
        let kept: Vec<_> = kept.iter().map(|path| fs::read(path).expect("a key")).collect();
        assert!(!kept.is_empty(), "the keyring has a key");
        let has = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|some| some == what);
        assert!(kept.iter().all(|key| PRIVATE.iter().any(|mark| has(key, mark))), "gpg's marks");
        for path in files(&self.path()) {
            let (bytes, shown) = (fs::read(&path).expect("a file"), path.display());
            assert!(!shown.to_string().contains("private-keys-v1.d"), "{shown}");
            assert!(PRIVATE.iter().all(|mark| !has(&bytes, mark)), "{shown}");
            assert!(kept.iter().all(|key| !has(&bytes, key)), "{shown}");
            // Packets of the kinds 5 and 7 (RFC 9580 §5.5.1); of what is no OpenPGP, gpg lists none.
            let mut list = Command::new("gpg");
            list.args(["--batch", "--list-packets"]).arg(&path).stdin(Stdio::null());
            let list = list.env("GNUPGHOME", self.keyring.path()).output().expect("gpg runs");
            let packets = String::from_utf8_lossy(&list.stdout);
            assert!(!packets.contains(":secret "), "{shown}: {packets}");
        }
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn a_machine_takes_nothing_that_was_changed_in_a_repository(debian: Debian) {
    let machine = Machine::new(debian);
    let refuses = |what: &str, change: &dyn Fn(&Repository)| {
        let repository = Repository::new(&package().current);
        change(&repository);
        repository.deliver(&machine);
        set_up(&machine);
        let updated = update(&machine);
        let install = machine.command("apt-get").args(["--yes", "install", "monk"]);
        let installed = install.args(OURS_ALONE).env("DEBIAN_FRONTEND", "noninteractive").run();
        assert_ne!(installed.status, Status::Code(0), "{what}: {updated}\n{installed}");
        assert!(!machine.exists("/usr/sbin/monkd"), "{what}");
        machine.command("sh").args(["-c", "rm -rf /var/lib/apt/lists/*"]).run().expect_success();
    };
    let lists = |repository: &Repository| repository.path().join("dists/stable");
    let changed = |path: &Path| {
        let mut bytes = fs::read(path).expect("it is there");
        let last = bytes.len() - 2;
        bytes[last] ^= 1;
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("it can be changed");
        fs::write(path, bytes).expect("it can be written");
    };
    refuses("a package was changed", &|repository| {
        let pool = repository.path().join("pool/main/m/monk");
        files(&pool).iter().for_each(|path| changed(path));
    });
    refuses("the list was changed", &|repository| {
        let list = files(&lists(repository)).into_iter().filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("Packages"))
        });
        list.for_each(|path| changed(&path));
    });
    refuses("nobody has signed it", &|repository| {
        for file in ["InRelease", "Release.gpg"] {
            fs::remove_file(lists(repository).join(file)).expect("it is there");
        }
    });
    refuses("a stranger has signed it", &Repository::sign_as_a_stranger);
    let unchanged = Repository::new(&package().current);
    unchanged.deliver(&machine);
    set_up(&machine);
    update(&machine).expect_success();
    apt_get(&machine, &[&["install", "monk"], &OURS_ALONE[..]].concat());
}
