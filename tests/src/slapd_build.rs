//! Which OpenLDAP a world runs: that of this machine, or that of another release of Debian.

use std::fs::{self, File};
use std::process::{Command as HostCommand, Stdio};

use crate::World;
use crate::command::Command;
use crate::fresh::{Debian, base_with};

/// Where another release's files are laid into a world.
const FOLDER: &str = "/usr/local/openldap";

/// What is taken from the base of another release: slapd with its modules, schemas and libraries.
const PARTS: [&str; 3] = ["./etc/ldap", "./usr/lib", "./usr/sbin"];

/// Whose programs a [`Slapd`](crate::Slapd) runs.
#[derive(Clone, Debug, Default)]
pub enum SlapdBuild {
    /// This machine's.
    #[default]
    Installed,
    /// Those of another release, which need its own libraries.
    Unpacked {
        /// The dynamic linker of that release.
        linker: String,
        /// Where its libraries are.
        libraries: String,
    },
}

impl SlapdBuild {
    /// Lays the slapd of another release into a world. Its base is made where it is missing, which
    /// takes a minute.
    ///
    /// # Panics
    /// When the base cannot be made or has no slapd.
    #[track_caller]
    pub fn of(world: &World, debian: Debian) -> Self {
        let base = base_with(debian, &["slapd"]);
        let base = base.unwrap_or_else(|error| panic!("cannot make a base: {error}"));
        world.make_folder(FOLDER, 0o755);
        let place = world.path(FOLDER);
        let mut tar = HostCommand::new("tar");
        tar.args(["--extract", "--no-same-owner", "--directory"]).arg(&place).args(PARTS);
        let file = File::open(&base).unwrap_or_else(|error| panic!("cannot open a base: {error}"));
        let output = tar.stdin(file).stdout(Stdio::null()).stderr(Stdio::piped()).output();
        let output = output.unwrap_or_else(|error| panic!("cannot run tar: {error}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tar does not unpack {}: {said}", base.display());
        // One folder, with the name of the architecture, has the linker in it.
        let folders = fs::read_dir(place.join("usr/lib")).into_iter().flatten().flatten();
        let mut linkers = folders.filter_map(|folder| {
            let folder = folder.path();
            let name = folder.file_name()?.to_str()?.to_owned();
            let files = fs::read_dir(&folder).ok()?.flatten();
            let mut names = files.filter_map(|file| file.file_name().into_string().ok());
            let linker = names.find(|file| file.starts_with("ld-linux"))?;
            let libraries = format!("{FOLDER}/usr/lib/{name}");
            Some(Self::Unpacked { linker: format!("{libraries}/{linker}"), libraries })
        });
        linkers.next().expect("a release has a dynamic linker")
    }

    /// One of OpenLDAP's server programs, such as `slapd` or `slapadd`.
    pub(crate) fn command(&self, world: &World, program: &str) -> Command {
        match self {
            Self::Installed => world.command(program),
            Self::Unpacked { linker, libraries } => {
                // They are one program, which looks at its name.
                let named = ["--library-path", libraries, "--argv0", program];
                world.command(linker).args(named).arg(format!("{FOLDER}/usr/sbin/slapd"))
            }
        }
    }

    /// The folder of its modules.
    pub(crate) fn modules(&self) -> String {
        format!("{}/usr/lib/ldap", self.root())
    }

    /// The folder of its schemas.
    pub(crate) fn schemas(&self) -> String {
        format!("{}/etc/ldap/schema", self.root())
    }

    /// What stands before all its paths.
    fn root(&self) -> &str {
        match self {
            Self::Installed => "",
            Self::Unpacked { .. } => FOLDER,
        }
    }
}
