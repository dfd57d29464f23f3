//! This host: the rim at which `doctor` reads files and runs programs.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::pam::{Files, includes};

/// How long a program may take to print its configuration.
const PROGRAM_LIMIT: Duration = Duration::from_secs(3);

/// Most bytes that are read of a file or a program's output.
const MAX_BYTES: u64 = 1024 * 1024;

/// Most files of `/etc/pam.d` that are read. Machines have some thirty.
const MAX_FILES: usize = 500;

/// Where programs are looked for: `sbin` is not in everybody's `PATH`.
const FOLDERS: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// A host, as seen from a root folder.
pub struct Machine {
    root: PathBuf,
}

impl Machine {
    /// This host.
    #[must_use]
    pub fn this() -> Self {
        Self::at("/")
    }

    /// The host whose files are below `root`.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// A host that has nothing but these files, for tests.
    #[cfg(test)]
    pub fn with(files: &[(&str, &str)]) -> (tempfile::TempDir, Self) {
        let root = tempfile::tempdir().unwrap();
        let machine = Self::at(root.path());
        for (path, text) in files {
            let path = machine.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            fs::set_permissions(&path, mode).unwrap();
        }
        (root, machine)
    }

    fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Reads a file as text.
    ///
    /// # Errors
    /// Those of reading.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<String> {
        bounded(File::open(self.path(path))?)
    }

    /// The first bytes of a file that has as many.
    ///
    /// # Errors
    /// Those of reading.
    pub fn first_bytes<const N: usize>(&self, path: impl AsRef<Path>) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        File::open(self.path(path))?.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// What the file system says of a file, at the end of its links.
    ///
    /// # Errors
    /// Those of the system call.
    pub fn metadata(&self, path: impl AsRef<Path>) -> io::Result<Metadata> {
        fs::metadata(self.path(path))
    }

    /// Where a link leads.
    ///
    /// # Errors
    /// Those of the system call.
    pub fn link(&self, path: impl AsRef<Path>) -> io::Result<PathBuf> {
        fs::read_link(self.path(path))
    }

    /// The names in a folder; none where it cannot be read.
    #[must_use]
    pub fn names(&self, folder: impl AsRef<Path>) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<_> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        names
    }

    /// The texts of `/etc/pam.d`, and of files elsewhere that they include. What an administrator has
    /// there goes before what packages have in `/usr/lib/pam.d`.
    #[must_use]
    pub fn pam_files(&self) -> Files {
        let mut files = Files::new();
        for folder in ["/usr/lib/pam.d", "/etc/pam.d"] {
            for name in self.names(folder).into_iter().take(MAX_FILES) {
                let path = Path::new(folder).join(&name);
                if let Ok(text) = self.read(&path) {
                    files.insert(name, text);
                }
            }
        }
        let mut open: Vec<String> = files.values().flat_map(|text| includes(text)).collect();
        while let Some(name) = open.pop() {
            // Those of the folder itself are all there.
            if files.len() >= 2 * MAX_FILES || !name.contains('/') || files.contains_key(&name) {
                continue;
            }
            if let Ok(text) = self.read(Path::new("/etc/pam.d").join(&name)) {
                open.extend(includes(&text));
                files.insert(name, text);
            }
        }
        files
    }

    /// Where a PAM module is, named as in a stack.
    #[must_use]
    pub fn pam_module(&self, name: &str) -> Option<PathBuf> {
        if name.starts_with('/') {
            return self.metadata(name).ok().map(|_| name.into());
        }
        self.module_folders()
            .into_iter()
            .map(|folder| folder.join(name))
            .find(|path| self.metadata(path).is_ok())
    }

    /// Where an NSS module is, named as in `nsswitch.conf`.
    #[must_use]
    pub fn nss_module(&self, name: &str) -> Option<PathBuf> {
        let library = format!("libnss_{name}.so.2");
        // Those of PAM are in a folder below those of libraries.
        let folders = self.module_folders().into_iter();
        let candidates = folders.filter_map(|folder| Some(folder.parent()?.join(&library)));
        candidates.into_iter().find(|path| self.metadata(path).is_ok())
    }

    /// The folders of modules, of all architectures: which is libpam's own is fixed in it.
    fn module_folders(&self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = Vec::new();
        for library in ["/usr/lib", "/lib", "/usr/lib64", "/lib64"] {
            folders.push(Path::new(library).join("security"));
            let inner = self.names(library);
            let inner =
                inner.iter().filter(|name| name.ends_with("-gnu") || name.ends_with("-musl"));
            folders.extend(inner.map(|name| Path::new(library).join(name).join("security")));
        }
        folders
    }

    /// A program, if it is installed.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let candidates = FOLDERS.iter().map(|folder| Path::new(folder).join(name));
        candidates.into_iter().find(|path| self.metadata(path).is_ok())
    }

    /// Runs a program of this host to its end, or ends it after some seconds.
    ///
    /// # Errors
    /// What stood in the way, or what the program has said of it.
    pub fn output(&self, program: &Path, arguments: &[&str]) -> Result<String, String> {
        let shown = program.display();
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{shown}: {error}"))?;
        let stdout = child.stdout.take().map(|pipe| thread::spawn(move || bounded(pipe)));
        let stderr = child.stderr.take().map(|pipe| thread::spawn(move || bounded(pipe)));
        let end = Instant::now() + PROGRAM_LIMIT;
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(10)),
                _ => {
                    // It may have ended meanwhile.
                    let _ = child.kill();
                    let _ = child.wait();
                    let seconds = PROGRAM_LIMIT.as_secs();
                    return Err(format!("{shown}: no answer within {seconds} seconds"));
                }
            }
        };
        let text = |thread: Option<thread::JoinHandle<io::Result<String>>>| {
            thread.and_then(|thread| thread.join().ok()?.ok()).unwrap_or_default()
        };
        if status.success() {
            return Ok(text(stdout));
        }
        let said = text(stderr);
        // The line that says why, where a program says more behind it, as doveconf does.
        let fatal = said.lines().find(|line| line.contains("Fatal: "));
        let last = || said.lines().rfind(|line| !line.trim().is_empty());
        let said = fatal.or_else(last).unwrap_or("no message");
        Err(format!("{shown}: {}", said.trim()))
    }
}

fn bounded(from: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_included_from_elsewhere_are_read() {
        let (_root, machine) = Machine::with(&[
            ("etc/pam.d/imap", "auth include /etc/mail/pam\n@include sub/file\n"),
            ("etc/pam.d/sub/file", "auth required pam_deny.so\n"),
            ("etc/mail/pam", "@include /etc/mail/pam\n@include /nowhere\n"),
        ]);
        let files = machine.pam_files();
        let names: Vec<_> = files.keys().map(String::as_str).collect();
        assert_eq!(names, ["/etc/mail/pam", "imap", "sub/file"]);
    }

    #[test]
    fn a_program_is_heard_and_does_not_keep_us_waiting() {
        let machine = Machine::this();
        let shell = machine.program("sh").unwrap();
        assert_eq!(machine.output(&shell, &["-c", "echo yes"]), Ok("yes\n".to_owned()));
        let error = machine.output(&shell, &["-c", "echo first >&2; echo why >&2; exit 3"]);
        assert!(error.unwrap_err().ends_with(": why"));
        let begin = Instant::now();
        let error = machine.output(&shell, &["-c", "exec sleep 60"]).unwrap_err();
        assert!(error.contains("no answer") && begin.elapsed() < 2 * PROGRAM_LIMIT);
        assert!(machine.program("no-such-program").is_none());
    }
}
