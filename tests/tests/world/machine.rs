//! What stays outside a world.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::process;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use monk_tests::Slapd;
use monk_tests::SlapdOptions;
use monk_tests::World;
use monk_tests::packages;
use monk_tests::until;

use super::is_a_world_mounted_here;
use super::world;
use super::world_with_alice;

#[test]
fn what_happens_in_a_world_does_not_reach_this_machine() {
    let state = || {
        let files =
            ["/etc/passwd", "/etc/shadow", "/etc/hosts", "/etc/nsswitch.conf", "/etc/hostname"];
        let files = files.map(|file| fs::read(file).unwrap_or_default());
        let log = fs::symlink_metadata("/dev/log").map(|log| (log.ino(), log.mode())).ok();
        let host_name = nix::unistd::gethostname().expect("this machine has a name");
        (files, log, host_name, is_a_world_mounted_here())
    };
    let before = state();

    let world = world_with_alice();
    for file in [
        "/usr/monk-world",
        "/etc/monk-world",
        "/var/monk-world",
        "/tmp/monk-world",
        "/home/monk-world",
    ] {
        world.write(file, "here", 0o600);
        assert_eq!(world.read(file), "here");
        assert!(
            !fs::exists(file).expect("this machine's files can be asked for"),
            "{file} is on this machine"
        );
        assert_eq!(
            fs::read_to_string(world.path(file)).expect("the world's file has a path here"),
            "here"
        );
    }
    assert_eq!(world.command("hostname").run().expect_success().stdout, "world\n");
    let elsewhere = world.command("touch").arg("/opt/monk-world").run();
    assert!(elsewhere.stderr.contains("Read-only"), "{elsewhere}");
    world
        .command("logger")
        .args(["-p", "auth.notice", "-t", "monk-world", "hello"])
        .run()
        .expect_success();
    let line = world.wait_for_log(|line| line.tag == "monk-world");
    assert_eq!((line.facility, line.severity, line.text.as_str()), (4, 5, "hello"));

    let mounts = world.command("cat").arg("/proc/self/mountinfo").run().expect_success().stdout;
    assert!(mounts.contains("upperdir=/tmp/etc/upper"), "{mounts}");
    assert_eq!(state(), before);
    drop(world);
    assert_eq!(state(), before);
}

#[test]
fn a_world_has_no_network_but_its_own() {
    let world = world();
    let interfaces = world.command("cat").arg("/proc/net/dev").run().expect_success().stdout;
    let names: Vec<_> = interfaces
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name.trim())
        .collect();
    assert_eq!(names.first(), Some(&"lo"), "{interfaces}");
    assert!(!names.iter().any(|name| name.starts_with('e')), "{interfaces}");
    let listener = world.inside(|| std::net::TcpListener::bind("[::1]:25").map(|_| ()));
    listener.expect("the loopback interface is up, with IPv6 as well");
}

#[test]
fn a_world_is_made_well_within_a_second() {
    packages::ensure(&packages::ALL).unwrap_or_else(|error| panic!("{error}"));
    let begin = Instant::now();
    drop(World::new());
    assert!(begin.elapsed() < Duration::from_secs(1), "it took {:?}", begin.elapsed());
}

#[test]
fn a_process_that_is_killed_leaves_nothing_behind() {
    let mut other = process::Command::new(env!("CARGO_BIN_EXE_doomed_world"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the other process can be started");
    let output = BufReader::new(other.stdout.take().expect("the output is piped"));
    let said = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("world ").map(str::to_owned));
    let said = said.expect("the other process makes a world");
    let namespaces: Vec<&str> = said.split(' ').collect();
    assert!(processes_in(&namespaces) >= 2, "the first process and sleep");

    other.kill().expect("the other process can be killed");
    let status = other.wait().expect("the other process ends");
    assert_eq!(status.signal(), Some(9));

    let gone = until(Duration::from_secs(5), || (processes_in(&namespaces) == 0).then_some(()));
    assert!(gone.is_some(), "{} processes are left in {namespaces:?}", processes_in(&namespaces));
    assert!(!is_a_world_mounted_here());
}

/// How many processes of this machine are in one of these namespaces.
fn processes_in(namespaces: &[&str]) -> usize {
    let processes = fs::read_dir("/proc").expect("/proc is mounted").flatten();
    let is_inside = |process: &fs::DirEntry| {
        let links = ["mnt", "net"].map(|name| fs::read_link(process.path().join("ns").join(name)));
        links
            .iter()
            .flatten()
            .any(|link| namespaces.iter().any(|namespace| link.as_os_str() == *namespace))
    };
    processes.filter(is_inside).count()
}

#[test]
fn two_worlds_use_the_same_ports_and_paths_at_once() {
    let worlds = [world(), world()];
    let servers = worlds.each_ref().map(|world| Slapd::start(world, SlapdOptions::default()));
    servers[0].add("dn: ou=first,dc=example,dc=org\nobjectClass: organizationalUnit\n");
    let found =
        servers.each_ref().map(|slapd| slapd.search(Slapd::SUFFIX, "(ou=first)", &["ou"]).len());
    assert_eq!(found, [1, 0]);
}
