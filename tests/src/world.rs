//! A private machine.

use std::ffi::{CString, OsStr};
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::certificates::Certificates;
use crate::command::Command;
use crate::namespace::{Errand, Namespaces};
use crate::process::Process;
use crate::syslog::{LogLine, Syslog};
use crate::{sockets, system_calls, uninstalled, users, wait};

/// How long a server may take until it is up.
const SERVER_START_LIMIT: Duration = Duration::from_secs(20);

/// The first port that [`World::free_port`] gives away.
const FIRST_FREE_PORT: u16 = 20_000;

/// The names a world resolves, all of its own loopback address.
pub(crate) const HOSTS: &str = "\
127.0.0.1 localhost world
127.0.0.1 ldap.example.org ldap2.example.org mail.example.org monk.example.org other.example.org
::1 localhost
";

/// Users and hosts come from the files alone, whatever this machine uses.
const NAME_SERVICES: &str = "\
passwd: files
group: files
shadow: files
gshadow: files
hosts: files
services: files
protocols: files
";

/// A machine of its own: its own files, network, processes, users and log, made from the programs
/// of this machine.
///
/// A clone is another handle of the same world, which ends with its last handle. Servers hold one.
#[derive(Clone)]
pub struct World {
    inner: Arc<Inner>,
}

/// The order of the fields is the order in which they are dropped.
struct Inner {
    certificates: OnceLock<Certificates>,
    next_port: AtomicU16,
    /// A machine with systemd has a journal instead.
    syslog: Option<Syslog>,
    namespaces: Namespaces,
}

impl World {
    /// Makes a new world, in which nothing runs yet and whose users are those of a fresh
    /// installation.
    ///
    /// # Panics
    /// When this process is not root, or the kernel refuses a namespace, a mount or an overlay.
    #[track_caller]
    #[expect(
        clippy::new_without_default,
        reason = "what takes namespaces and mounts is no default value"
    )]
    pub fn new() -> Self {
        assert!(nix::unistd::geteuid().is_root(), "a world needs root: run the tests as root");
        let namespaces =
            Namespaces::new().unwrap_or_else(|error| panic!("cannot make a world: {error}"));
        let syslog = Syslog::start(&namespaces)
            .unwrap_or_else(|error| panic!("cannot make a world: {error}"));
        let world = Self::of(namespaces, Some(syslog));
        world.write("/etc/hosts", HOSTS, 0o644);
        world.write("/etc/nsswitch.conf", NAME_SERVICES, 0o644);
        users::leave_out_people_and_monk(&world);
        uninstalled::leave_out_monk(&world);
        world
    }

    /// A machine that was made by somebody else.
    pub(crate) fn of(namespaces: Namespaces, syslog: Option<Syslog>) -> Self {
        let inner = Inner {
            certificates: OnceLock::new(),
            next_port: AtomicU16::new(FIRST_FREE_PORT),
            syslog,
            namespaces,
        };
        Self { inner: Arc::new(inner) }
    }

    /// A program to run in the world, looked for in its `PATH`.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        Command::new(self.clone(), program.as_ref())
    }

    /// Starts a program that stays in the foreground, and leaves it running until the handle is
    /// dropped.
    #[track_caller]
    pub fn spawn(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Process {
        self.command(program).args(arguments).spawn()
    }

    /// Runs `work` of this process on a thread that sees the world's network, files and host name.
    ///
    /// Threads that `work` starts see the same. Its processes are not seen: `/proc/self` is
    /// missing.
    #[track_caller]
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let result = self.namespaces().run(Errand::Code, work);
        result.unwrap_or_else(|error| panic!("cannot join the world: {error}"))
    }

    /// The same as a user, without groups and capabilities, whether or not the world has an account
    /// of this number. Threads that `work` starts are the user's too.
    #[track_caller]
    pub fn inside_as<T: Send>(&self, uid: u32, work: impl FnOnce() -> T + Send) -> T {
        self.inside(|| {
            system_calls::become_user_on_this_thread(uid)
                .unwrap_or_else(|error| panic!("cannot become the user {uid}: {error}"));
            work()
        })
    }

    /// Writes a file, with its folders where they are missing; `mode` such as `0o644` is set in
    /// every case.
    #[track_caller]
    pub fn write(&self, path: impl AsRef<Path>, contents: impl AsRef<[u8]>, mode: u32) {
        let (path, contents) = (path.as_ref(), contents.as_ref());
        let result = self.inside(|| write_file(path, contents, mode));
        result.unwrap_or_else(|error| {
            panic!("cannot write {} in the world: {error}", path.display())
        });
    }

    /// Copies a file of this machine into the world, as root's.
    ///
    /// An existing file is replaced, not written into, so that programs that run or have loaded it
    /// keep theirs.
    #[track_caller]
    pub fn install(&self, host_file: impl AsRef<Path>, path: impl AsRef<Path>, mode: u32) {
        let host_file = host_file.as_ref();
        let contents = fs::read(host_file).unwrap_or_else(|error| {
            panic!("cannot read {} to install it: {error}", host_file.display())
        });
        if self.exists(&path) {
            self.remove(&path);
        }
        self.write(path, contents, mode);
    }

    /// Installs a PAM module of this machine under its file name, in the folder where the world's
    /// libpam looks.
    #[track_caller]
    pub fn install_pam_module(&self, host_file: impl AsRef<Path>, name: &str) {
        self.install(host_file, self.pam_modules().join(name), 0o644);
    }

    /// The folder of the PAM modules, which has the machine's architecture in its name.
    #[track_caller]
    pub fn pam_modules(&self) -> PathBuf {
        let folders = self
            .inside(|| fs::read_dir("/usr/lib").map(|found| found.flatten().collect::<Vec<_>>()));
        let folders = folders.unwrap_or_else(|error| panic!("cannot list /usr/lib: {error}"));
        let mut modules = folders.into_iter().map(|folder| folder.path().join("security"));
        modules
            .find(|folder| self.exists(folder.join("pam_unix.so")))
            .expect("libpam-modules is installed under /usr/lib/<architecture>/security")
    }

    /// Reads a file as text. What is not UTF-8 is replaced.
    #[track_caller]
    pub fn read(&self, path: impl AsRef<Path>) -> String {
        let path = path.as_ref();
        let contents = self.inside(|| fs::read(path));
        let contents = contents
            .unwrap_or_else(|error| panic!("cannot read {} in the world: {error}", path.display()));
        String::from_utf8_lossy(&contents).into_owned()
    }

    /// Whether there is a file or folder.
    #[track_caller]
    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        let path = path.as_ref();
        self.inside(|| path.exists())
    }

    /// Removes a file.
    #[track_caller]
    pub fn remove(&self, path: impl AsRef<Path>) {
        let path = path.as_ref();
        let result = self.inside(|| fs::remove_file(path));
        result.unwrap_or_else(|error| {
            panic!("cannot remove {} in the world: {error}", path.display())
        });
    }

    /// Makes a folder, with those above it; `mode` is that of the last one.
    #[track_caller]
    pub fn make_folder(&self, path: impl AsRef<Path>, mode: u32) {
        let path = path.as_ref();
        let result = self.inside(|| {
            fs::create_dir_all(path)?;
            fs::set_permissions(path, Permissions::from_mode(mode))
        });
        result.unwrap_or_else(|error| {
            panic!("cannot make the folder {} in the world: {error}", path.display())
        });
    }

    /// Lends the world a folder of this machine, at `place`: the one thing of this machine that it
    /// can write. For what has to be on a real disk.
    #[track_caller]
    pub fn lend(&self, folder: &Path, place: &str) {
        self.make_folder(place, 0o755);
        let path = |path: &Path| CString::new(path.as_os_str().as_bytes()).expect("no NUL in it");
        let (folder, place) = (path(folder), path(Path::new(place)));
        let lent = system_calls::mount_of(&folder)
            .and_then(|mount| self.inside(|| system_calls::put_mount(&mount, &place)));
        lent.unwrap_or_else(|error| panic!("cannot lend {folder:?}: {error}"));
    }

    /// Where this machine finds a file of the world, as long as the world lasts.
    ///
    /// A path through an absolute symbolic link, such as `/var/run`, would lead to this machine's
    /// own file: everything else here follows the links as the world does.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        let root = PathBuf::from(format!("/proc/{}/root", self.namespaces().id()));
        root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The first process of the world, as this machine counts: whose namespaces a program such as
    /// nsenter(1) joins.
    pub fn first_process(&self) -> u32 {
        self.namespaces().id()
    }

    /// Adds a user with a home under `/home` and no password.
    #[track_caller]
    pub fn add_system_user(&self, name: &str) {
        users::add(self, name);
    }

    /// Gives a system user a password.
    #[track_caller]
    pub fn set_password(&self, name: &str, password: &str) {
        users::set_password(self, name, password);
    }

    /// What programs have written to the world's `/dev/log` so far, oldest first; where
    /// systemd runs, what is in its journal since the boot.
    #[track_caller]
    pub fn log(&self) -> Vec<LogLine> {
        self.log_since(0)
    }

    /// The same without the first so many lines, for a test that reads a long log as it grows.
    #[track_caller]
    pub fn log_since(&self, first: usize) -> Vec<LogLine> {
        if let Some(syslog) = &self.inner.syslog {
            return syslog.lines_since(first);
        }
        // What is on its way to the journal belongs to it.
        self.command("journalctl").arg("--sync").run().expect_success();
        let journal = self.command("journalctl").args(["--no-pager", "--boot", "--output=json"]);
        let lines = journal.run().expect_success().stdout;
        lines.lines().filter_map(LogLine::of_journal).skip(first).collect()
    }

    /// Waits for a line in the log, past or to come, for at most 10 s.
    ///
    /// # Panics
    /// When no such line came. The message shows those that did.
    #[track_caller]
    pub fn wait_for_log(&self, wanted: impl Fn(&LogLine) -> bool) -> LogLine {
        let line = wait::until(Duration::from_secs(10), || self.log().into_iter().find(&wanted));
        line.unwrap_or_else(|| {
            let lines: Vec<String> = self.log().iter().map(LogLine::to_string).collect();
            panic!("the log of the world lacks the line that was waited for:\n{}", lines.join("\n"))
        })
    }

    /// The world's certificates, made on first use.
    #[track_caller]
    pub fn certificates(&self) -> &Certificates {
        self.inner.certificates.get_or_init(|| Certificates::install(self))
    }

    /// A TCP port that nothing in this world uses: each call gives another one.
    pub fn free_port(&self) -> u16 {
        self.inner.next_port.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether something listens on a TCP port of the world. Nothing is connected to find out.
    pub fn is_listening(&self, port: u16) -> bool {
        sockets::is_listening(self.namespaces().id(), port)
    }

    /// Whether a server on a TCP port has been sent something that it has not read.
    pub fn has_unread(&self, port: u16) -> bool {
        sockets::has_unread(self.namespaces().id(), port)
    }

    /// Whether something listens on a Unix socket of the world. Nothing is connected to find out.
    pub fn is_listening_at(&self, path: &str) -> bool {
        sockets::is_listening_at(self.namespaces().id(), path)
    }

    /// Waits until a server that was just started is up, for at most 20 s.
    ///
    /// # Panics
    /// When the server ends or is not up in time. The message shows the end of its log.
    #[track_caller]
    pub fn wait_for_server(&self, server: &mut Process, is_up: impl Fn() -> bool) {
        let up = wait::until(SERVER_START_LIMIT, || {
            let up = is_up();
            (up || !server.is_running()).then_some(up)
        });
        if up != Some(true) {
            server.fail("does not come up");
        }
    }

    /// An address on the world's loopback interface.
    pub fn address(&self, port: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, port).into()
    }

    pub(crate) fn namespaces(&self) -> &Namespaces {
        &self.inner.namespaces
    }
}

fn write_file(path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // A new file has its mode from the first moment on, an old one from before the new contents.
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(contents)
}
