//! `libnss_monk.so.2` in the C library of this machine, with an engine of the tests behind it.

use std::process::Command;
use std::time::Duration;

use monk_tests::World;
use monk_tests::nss::{self, KnownMap, NamesEngine};
use monk_tests::site::built;

const PASSWD: &str = "\
alice:*:5001:5000:Alice Doe:/home/alice:/bin/sh
Alice:*:5002:5000:Another Alice:/home/Alice:/bin/sh
müller:*:5003:5000:Jürgen Müller:/home/müller:/bin/bash
1234:*:5004:5000::/home/1234:/bin/sh
far:*:3000000000:3000000001::/home/far:/bin/sh
twin:*:5001:5000:The same uid:/home/twin:/bin/sh
";

const GROUP: &str = "\
people:*:5000:
crew:*:7000:alice,müller
far:*:3000000001:alice
";

/// No program waits longer for the engine, on however busy a machine. The goal, a quarter of a second, is
/// measured where nothing else runs.
const GENEROUS: Duration = Duration::from_secs(2);

/// A machine with the module, and the engine.
#[track_caller]
fn given_names(map: KnownMap) -> (World, NamesEngine) {
    let world = World::new();
    nss::install(&world);
    let engine = NamesEngine::start(&world, PASSWD, GROUP, map);
    (world, engine)
}

/// What getent(1) prints.
#[track_caller]
fn getent(world: &World, arguments: &[&str]) -> String {
    world.command("getent").args(arguments).run().stdout
}

#[test]
fn users_and_groups_are_found_by_name_and_by_number() {
    for map in [KnownMap::None, KnownMap::Fresh, KnownMap::Stale] {
        let (world, _engine) = given_names(map);
        let line = |number: usize| format!("{}\n", PASSWD.lines().nth(number).unwrap());
        for (number, name) in [(0, "alice"), (1, "Alice"), (2, "müller"), (4, "far"), (5, "twin")]
        {
            assert_eq!(getent(&world, &["passwd", name]), line(number));
        }
        // getent(1) takes digits for a uid, and id(1) for a name first.
        let output = world.command("id").args(["--user", "1234"]).run().expect_success();
        assert_eq!(output.stdout, "5004\n");
        assert_eq!(
            getent(&world, &["passwd", "5001", "5003", "3000000000"]),
            line(0) + &line(2) + &line(4)
        );
        assert_eq!(getent(&world, &["group", "crew"]), "crew:*:7000:alice,müller\n");
        assert_eq!(
            getent(&world, &["group", "5000", "3000000001"]),
            "people:*:5000:\nfar:*:3000000001:alice\n"
        );
        for nobody in ["ALICE", "bob", "5005", "alice ", "999999"] {
            let output = world.command("getent").args(["passwd", nobody]).run();
            assert_eq!(
                (output.status, output.stdout.as_str()),
                (monk_tests::Status::Code(2), ""),
                "{nobody}"
            );
        }
    }
}

#[test]
fn id_shows_the_groups_of_a_user() {
    let (world, _engine) = given_names(KnownMap::None);
    let output = world.command("id").arg("alice").run().expect_success();
    assert_eq!(
        output.stdout,
        "uid=5001(alice) gid=5000(people) groups=5000(people),7000(crew),3000000001(far)\n"
    );
    let output = world.command("id").arg("bob").run();
    assert!(!output.success() && output.stderr.contains("no such user"), "{output}");
}

#[test]
fn a_program_becomes_a_user_of_the_engine_with_all_groups() {
    let (world, _engine) = given_names(KnownMap::Fresh);
    let arguments =
        ["--reuid=müller", "--regid=people", "--init-groups", "id", "--name", "--groups"];
    let output = world.command("setpriv").args(arguments).run().expect_success();
    assert_eq!(output.stdout, "people crew\n");
}

#[test]
fn everybody_is_listed_and_files_come_first() {
    let (world, _engine) = given_names(KnownMap::Fresh);
    let all = getent(&world, &["passwd"]);
    assert!(all.starts_with("root:x:0:0:"), "{all}");
    assert!(all.ends_with(PASSWD), "{all}");
    assert!(getent(&world, &["group"]).ends_with(GROUP));
}

#[test]
fn only_root_sees_the_ageing_of_passwords_and_nobody_a_hash() {
    let (world, _engine) = given_names(KnownMap::Fresh);
    assert_eq!(getent(&world, &["shadow", "alice"]), "alice:*:20000::90::::\n");
    assert!(getent(&world, &["shadow"]).ends_with("far:*:20000::90::::\ntwin:*:20000::90::::\n"));
    let output = world.command("getent").args(["shadow", "alice"]).as_user("nobody").run();
    assert_eq!(output.stdout, "");
}

#[test]
fn large_groups_and_users_in_many_groups_are_whole() {
    let world = World::new();
    nss::install(&world);
    let members: Vec<_> = (0..10_000).map(|number| format!("user{number}")).collect();
    let mut groups = format!("everybody:*:6000:{}\n", members.join(","));
    (0..1000).for_each(|number| groups += &format!("team{number}:*:{}:alice\n", 10_000 + number));
    let _engine = NamesEngine::start(&world, PASSWD, &groups, KnownMap::Stale);
    assert_eq!(
        getent(&world, &["group", "everybody"]),
        groups.lines().next().unwrap().to_owned() + "\n"
    );
    let output = world.command("id").args(["-G", "alice"]).run().expect_success();
    let expected: Vec<_> = (10_000..11_000).map(|gid| gid.to_string()).collect();
    assert_eq!(output.stdout, format!("5000 {}\n", expected.join(" ")));
}

#[test]
fn an_engine_that_stands_still_holds_up_nobody() {
    let (world, mut engine) = given_names(KnownMap::Stale);
    engine.process.stop();
    let names: Vec<_> = (0..50).map(|number| format!("unknown{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let output = world.command("getent").arg("passwd").args(&names).run();
    assert!(!output.success() && output.elapsed < GENEROUS, "{output}");
    // The engine may stand still for so long that its heart counts as stopped: then nobody asks any more.
    let output = world.command("getent").args(["passwd", "alice", "root"]).run();
    assert!(
        output.stdout.starts_with("alice:*:5001:") && output.stdout.contains("\nroot:x:0:"),
        "{output}"
    );
    assert!(output.elapsed < GENEROUS, "{output}");
    engine.process.cont();
    let found = monk_tests::until(Duration::from_secs(20), || {
        world.command("getent").args(["shadow", "alice"]).run().success().then_some(())
    });
    assert!(found.is_some(), "it goes on");
}

#[test]
fn without_an_engine_files_answer_and_what_was_known_is_kept() {
    let (world, mut engine) = given_names(KnownMap::Stale);
    engine.process.destroy();
    assert!(getent(&world, &["passwd", "alice"]).starts_with("alice:*:5001:"));
    assert!(getent(&world, &["passwd", "root"]).starts_with("root:x:0:"));
    assert_eq!(getent(&world, &["passwd", "bob"]), "");
    world.remove("/run/monk/names.map");
    assert_eq!(getent(&world, &["passwd", "alice"]), "");
    world.remove("/run/monk/names.sock");
    let output = world.command("getent").args(["passwd", "alice", "bob", "5001"]).run();
    assert!(!output.success() && output.elapsed < GENEROUS, "{output}");
}

/// The lines that a program prints about the module.
fn lines_of(program: &str, arguments: &[&str]) -> Vec<String> {
    let output =
        Command::new(program).args(arguments).arg(built("libnss_monk.so")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_module_exports_its_entry_points_and_needs_the_c_library_alone() {
    let symbols = lines_of("nm", &["--dynamic", "--defined-only", "--format=posix"]);
    let symbols: Vec<_> = symbols.iter().filter_map(|line| line.split(' ').next()).collect();
    let expected = [
        "endgrent",
        "endpwent",
        "endspent",
        "getgrent_r",
        "getgrgid_r",
        "getgrnam_r",
        "getpwent_r",
        "getpwnam_r",
        "getpwuid_r",
        "getspent_r",
        "getspnam_r",
        "initgroups_dyn",
        "setgrent",
        "setpwent",
        "setspent",
    ];
    assert_eq!(symbols, expected.map(|name| format!("_nss_monk_{name}")));
    let dynamic = lines_of("readelf", &["--dynamic", "--wide"]);
    let tagged = |tag| dynamic.iter().filter(move |line| line.contains(tag));
    // The linker of the C library is mapped in every program.
    let is_c = |line: &String| line.contains("[libc.so.") || line.contains("[ld-linux");
    assert!(tagged("(NEEDED)").all(is_c), "{dynamic:#?}");
    assert!(tagged("(SONAME)").all(|line| line.contains("[libnss_monk.so.2]")), "{dynamic:#?}");
    assert_eq!((tagged("(SONAME)").count(), tagged("(TEXTREL)").count()), (1, 0));
    assert!(tagged("(FLAGS_1)").any(|line| line.contains("NOW") && line.contains("NODELETE")));
}
