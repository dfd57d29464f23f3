//! What a test that was killed leaves behind: nothing, and here is how that is found out.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// If nobody kills it, a doomed process does not stay for ever.
const LONGEST: Duration = Duration::from_secs(60);

/// What a doomed process says before the names of its namespaces.
const MARK: &str = "namespaces ";

/// The namespaces of mounts and network of a process: no two worlds, nor machines, share any.
pub struct Namespaces(Vec<String>);

impl Namespaces {
    /// Those of a process that runs.
    #[track_caller]
    pub fn of(process: u32) -> Self {
        let name = |name| fs::read_link(format!("/proc/{process}/ns/{name}")).expect("it runs");
        Self(["mnt", "net"].map(|one| name(one).to_string_lossy().into_owned()).to_vec())
    }

    /// How many processes of this machine are in one of them.
    pub fn processes(&self) -> usize {
        let processes = fs::read_dir("/proc").expect("/proc is mounted").flatten();
        let is_inside = |process: &fs::DirEntry| {
            let links =
                ["mnt", "net"].map(|name| fs::read_link(process.path().join("ns").join(name)));
            links
                .iter()
                .flatten()
                .any(|link| self.0.iter().any(|it| link.as_os_str() == it.as_str()))
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
        let said = said.expect("the other process makes namespaces");
        let namespaces = Namespaces(said.split(' ').map(str::to_owned).collect());
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

/// Says which namespaces `process` is in, and waits for the end of this one.
#[track_caller]
pub fn wait_to_be_killed(process: u32) {
    let Namespaces(names) = Namespaces::of(process);
    writeln!(io::stdout(), "{MARK}{}", names.join(" ")).expect("somebody is listening");
    thread::sleep(LONGEST);
}
