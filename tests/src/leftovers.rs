//! What a test that was killed leaves behind: nothing, and here is how that is found out.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// If nobody kills it, a doomed process does not stay for ever.
const LONGEST: Duration = Duration::from_secs(60);

/// What a doomed process says before the number of a process in its namespaces.
const MARK: &str = "first process ";

/// The kinds that are looked at: no two worlds, nor machines, share any.
const KINDS: [&str; 2] = ["mnt", "net"];

/// The namespaces of mounts and network of a process.
pub struct Namespaces {
    names: Vec<PathBuf>,
    /// As long as these are open, the kernel gives the numbers in the names to nobody else.
    _open: Vec<File>,
}

impl Namespaces {
    /// Those of a process that runs.
    #[track_caller]
    pub fn of(process: u32) -> Self {
        let links = KINDS.map(|kind| format!("/proc/{process}/ns/{kind}"));
        let open = links.iter().map(File::open).collect::<io::Result<_>>().expect("it runs");
        let names = links.iter().map(fs::read_link).collect::<io::Result<_>>().expect("it runs");
        Self { names, _open: open }
    }

    /// How many processes of this machine are in one of them.
    pub fn processes(&self) -> usize {
        let processes = fs::read_dir("/proc").expect("/proc is mounted").flatten();
        let is_inside = |process: &fs::DirEntry| {
            let links = KINDS.map(|kind| fs::read_link(process.path().join("ns").join(kind)));
            links.iter().flatten().any(|link| self.names.contains(link))
        };
        processes.filter(is_inside).count()
    }
}

/// A process with namespaces of its own, for a test that kills it.
pub struct Doomed {
    process: Child,
    /// The namespaces it has made.
    pub namespaces: Namespaces,
}

impl Doomed {
    /// Starts a program that ends with [`wait_to_be_killed`].
    #[track_caller]
    pub fn start(program: &str) -> Self {
        let mut process = Command::new(program)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the other process can be started");
        let output = BufReader::new(process.stdout.take().expect("the output is piped"));
        let mut lines = output.lines().map_while(Result::ok);
        let said = lines.find_map(|line| line.strip_prefix(MARK).map(str::to_owned));
        let inside = said.and_then(|said| said.parse().ok());
        let namespaces = Namespaces::of(inside.expect("the other process makes namespaces"));
        Self { process, namespaces }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// SIGKILL, which no program can answer.
    #[track_caller]
    pub fn kill(&mut self) -> ExitStatus {
        self.process.kill().expect("the other process can be killed");
        self.process.wait().expect("the other process ends")
    }
}

/// Says that `process` is in namespaces of its own, and waits for the end of this one.
#[track_caller]
pub fn wait_to_be_killed(process: u32) {
    writeln!(io::stdout(), "{MARK}{process}").expect("somebody is listening");
    thread::sleep(LONGEST);
}
