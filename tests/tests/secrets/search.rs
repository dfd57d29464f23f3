//! Where secrets could turn up: files, logs, and what every user sees of processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use monk_tests::World;

use crate::canaries::Canaries;

/// Where a world can be written; all the rest is this machine's, and read-only. The hundred thousand
/// files of `/usr` are left out, where no program puts what it was told.
const WRITABLE: [&str; 8] =
    ["/dev/shm", "/etc", "/home", "/root", "/run", "/tmp", "/usr/local", "/var"];

/// Where a secret was found: `file /etc/…`, `log`, `arguments of curl`, …
pub type Findings = BTreeSet<(String, &'static str)>;

/// The current second, by the clock of files.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(since.as_secs()).expect("a clock before the end of time")
}

/// Looks into every file of a world that was written since, deleted ones that are still open
/// included; how many there were.
#[track_caller]
pub fn files(world: &World, since: i64, canaries: &Canaries, findings: &mut Findings) -> usize {
    let mut count = 0;
    let mut look = |place: String, contents: Vec<u8>| {
        count += 1;
        let contents = without_empty_pages(&contents);
        findings.extend(canaries.in_text(&contents).into_iter().map(|name| (place.clone(), name)));
    };
    let root = world.path("/");
    let mut folders: Vec<PathBuf> = WRITABLE.map(|folder| world.path(folder)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            let path = entry.path();
            let inside = path.strip_prefix(&root).expect("below the root").to_owned();
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_file() && metadata.ctime() >= since {
                let contents = fs::read(&path).unwrap_or_default();
                look(format!("file /{}", inside.display()), contents);
            }
        }
    }
    for process in processes(world) {
        for open in fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten() {
            let target = fs::read_link(open.path()).unwrap_or_default();
            let is_file = fs::metadata(open.path()).is_ok_and(|metadata| metadata.is_file());
            if is_file && target.to_string_lossy().ends_with("(deleted)") {
                look(
                    format!("deleted file {}", target.display()),
                    fs::read(open.path()).unwrap_or_default(),
                );
            }
        }
    }
    count
}

/// What is in a file. Maps of names are megabytes with holes, in which nothing can be.
fn without_empty_pages(contents: &[u8]) -> Vec<u8> {
    const PAGE: usize = 4096;
    let has_some = |page: &&[u8]| page.iter().any(|byte| *byte != 0);
    contents.chunks(PAGE).filter(has_some).flatten().copied().collect()
}

/// Looks into a log.
pub fn log(name: &str, text: &str, canaries: &Canaries, findings: &mut Findings) {
    let found = canaries.in_text(text.as_bytes()).into_iter();
    findings.extend(found.map(|canary| (format!("log of {name}"), canary)));
}

/// Somebody who looks at the arguments and environments of all processes all the time.
pub struct Watcher {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

/// What was seen: arguments and environments, each with the name of the program.
#[derive(Default)]
pub struct Seen {
    /// How often all processes were looked at.
    pub rounds: usize,
    texts: BTreeMap<Vec<u8>, String>,
}

impl Watcher {
    /// Begins to watch the processes of a world.
    pub fn start(world: &World) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (world, until) = (world.clone(), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            let mut seen = Seen::default();
            loop {
                // Asked first: what is there when somebody ends it is seen, however late this begins.
                let is_last = until.load(Ordering::Acquire);
                seen.look(&world);
                if is_last {
                    return seen;
                }
                // Others need the processor, too. A program lives longer than this.
                thread::sleep(Duration::from_millis(1));
            }
        });
        Self { stop, thread }
    }

    /// Ends it with a last look.
    pub fn finish(self) -> Seen {
        self.stop.store(true, Ordering::Release);
        self.thread.join().expect("the watcher does not panic")
    }
}

impl Seen {
    fn look(&mut self, world: &World) {
        self.rounds += 1;
        for process in processes(world) {
            let read = |file| fs::read(format!("/proc/{process}/{file}")).unwrap_or_default();
            let name = String::from_utf8_lossy(&read("comm")).trim().to_owned();
            for (what, text) in [("arguments", read("cmdline")), ("environment", read("environ"))] {
                self.texts.entry(text).or_insert_with(|| format!("{what} of {name}"));
            }
        }
    }

    /// How many different texts there were.
    pub fn count(&self) -> usize {
        self.texts.len()
    }

    /// Looks through all of it.
    pub fn search(&self, canaries: &Canaries, findings: &mut Findings) {
        for (text, place) in &self.texts {
            let found = canaries.in_text(text).into_iter();
            findings.extend(found.map(|canary| (place.clone(), canary)));
        }
    }
}

/// The processes of a world, as this machine counts.
fn processes(world: &World) -> Vec<u32> {
    let mounts = |process| fs::read_link(format!("/proc/{process}/ns/mnt")).ok();
    let home = mounts(world.first_process());
    let found = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = found.filter_map(|process| process.file_name().to_str()?.parse().ok());
    ids.filter(|&process| mounts(process) == home).collect()
}
