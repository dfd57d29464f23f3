//! What stays outside a world.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;
use std::time::Instant;

use monk_tests::Slapd;
use monk_tests::SlapdOptions;
use monk_tests::World;
use monk_tests::leftovers::Doomed;
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
    let mut other = Doomed::start(env!("CARGO_BIN_EXE_doomed_world"));
    assert!(other.namespaces.processes() >= 2, "the first process and sleep");
    assert_eq!(other.kill().signal(), Some(9));
    let gone = || (other.namespaces.processes() == 0).then_some(());
    let left = until(Duration::from_secs(5), gone);
    assert!(left.is_some(), "{} processes are left", other.namespaces.processes());
    assert!(!is_a_world_mounted_here());
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

#[test]
fn a_world_writes_what_it_is_lent_and_nothing_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (lent, beside) = (folder.path().join("lent"), folder.path().join("beside"));
    fs::create_dir(&lent).expect("a folder in it");
    let world = world();
    world.lend(&lent, "/var/lib/lent");
    world.write("/var/lib/lent/file", "from the world", 0o644);
    world.write("/var/lib/beside", "from the world", 0o644);
    assert_eq!(fs::read_to_string(lent.join("file")).ok().as_deref(), Some("from the world"));
    assert!(!beside.exists());
}
