//! What people see: `id` and `ls -l`, and what it takes of the machine's memory.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::time::Instant;

use monk_tests::World;

use super::super::peers::Peers;
use super::super::people::Person;
use super::super::statistics::Rounds;
use super::super::world::BenchWorld;
use super::directory::{FIRST_UID, FIRST_UID_OF_FILES, KNOWN};
use super::rows::look_up;
use super::what::What;
use super::{SERVICES, directory, title};

/// A folder of files of many owners who are in the directory, and one of those in the files.
const FOLDER: &str = "/var/tmp/owners";
const FOLDER_OF_FILES: &str = "/var/tmp/owners-in-files";

/// Files in it.
const FILES: u32 = 10_000;

/// `id` of a user with 100 groups, and `ls -l` of the folder, with each service behind the files.
#[track_caller]
pub fn table(bench: &BenchWorld, rounds: u32) -> String {
    let world = bench.world();
    make_files(world, FOLDER, FIRST_UID);
    make_files(world, FOLDER_OF_FILES, FIRST_UID_OF_FILES);
    let before = world.read("/etc/nsswitch.conf");
    let mut times: Vec<[Rounds; 2]> = SERVICES.iter().map(|_| Default::default()).collect();
    for round in 0..=rounds {
        for (service, times) in SERVICES.iter().zip(&mut times) {
            let services =
                if *service == "files" { "files".to_owned() } else { format!("files {service}") };
            let text = format!("passwd: {services}\ngroup: {services}\nshadow: files\n");
            world.write("/etc/nsswitch.conf", text, 0o644);
            let (prefix, folder) = match *service {
                "files" => ("file", FOLDER_OF_FILES),
                _ => ("", FOLDER),
            };
            let user = format!("{prefix}{}", Person(1).name());
            let commands = [("id", vec![user]), ("ls", vec!["-l".to_owned(), folder.to_owned()])];
            for ((program, arguments), times) in commands.iter().zip(times) {
                let command = world.command(program).args(arguments);
                let begin = Instant::now();
                let output = command.run().expect_success();
                let took = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
                // The first one fills caches.
                if round > 0 && !output.stdout.is_empty() {
                    times.add(vec![took]);
                }
            }
        }
    }
    world.write("/etc/nsswitch.conf", before, 0o644);
    let mut text = format!(
        "\n#### Programs\n\nMilliseconds of the whole program, each service behind the files.\n\n\
         | service | `id`, 100 groups | `ls -l`, {FILES} files of {KNOWN} owners |\n|---|---|---|\n"
    );
    for (service, times) in SERVICES.iter().zip(&times) {
        let [id, ls] = [0, 1].map(|index: usize| {
            let micros = times[index].percentile(50).unwrap_or_default();
            format!("{:.1}", micros as f64 / 1e3)
        });
        text.push_str(&format!("| {} | {id} | {ls} |\n", title(service)));
    }
    text
}

/// Makes the files, whose owners are a thousand users.
#[track_caller]
fn make_files(world: &World, folder: &str, first_uid: u32) {
    world.make_folder(folder, 0o755);
    let made = world.inside(|| {
        (0..FILES).try_for_each(|number| {
            let path = Path::new(folder).join(number.to_string());
            fs::write(&path, "")?;
            let owner = first_uid + number % KNOWN;
            chown(&path, Some(owner), Some(owner))
        })
    });
    made.unwrap_or_else(|error| panic!("{folder}: {error}"));
}

/// What the daemons have in memory, and what a program has that looks names up.
#[track_caller]
pub fn memory(bench: &BenchWorld, peers: &Peers) -> String {
    let mut text =
        "\n#### Memory\n\n| service | daemons, MiB | one program, private KiB |\n|---|---|---|\n"
            .to_owned();
    let [nslcd, sssd] = peers.pids();
    for service in SERVICES {
        let daemons = match service {
            "monk" => Some(resident(bench.engine_pid())),
            "sss" => Some(resident(sssd) + children(sssd).into_iter().map(resident).sum::<f64>()),
            "ldap" => Some(resident(nslcd)),
            _ => None,
        };
        let lines = directory::lines(What::User, KNOWN, 0, service == "files");
        let told = look_up(bench.world(), service, 1, &lines);
        let daemons = daemons.map_or_else(|| "–".to_owned(), |mib| format!("{mib:.1}"));
        text.push_str(&format!("| {} | {daemons} | {} |\n", title(service), told.private_kib));
    }
    text
}

/// The memory of a process in RAM, in MiB.
fn resident(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// The processes that a process has started.
fn children(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}
