//! The module under valgrind, in getent(1) and id(1).

use std::time::Duration;

use monk_tests::World;
use monk_tests::nss::{self, KnownMap, NamesEngine};

/// What valgrind takes to start, on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// The exit status for a program with faults. It is none of the programs' own.
const FAULTY: &str = "--error-exitcode=99";

const PASSWD: &str = "alice:*:5001:5000:Alice Doe:/home/alice:/bin/sh\n";
const GROUP: &str = "crew:*:7000:alice,bob\n";

#[test]
fn valgrind_finds_no_fault_in_any_look_up() {
    for map in [KnownMap::None, KnownMap::Fresh] {
        let world = World::new();
        nss::install(&world);
        let mut engine = NamesEngine::start(&world, PASSWD, GROUP, map);
        let run = |command: &[&str]| {
            let valgrind = world.command("valgrind").args(["--quiet", FAULTY]).timeout(LIMIT);
            valgrind.arg("--leak-check=full").args(command).run()
        };
        for (command, expected) in [
            (&["getent", "passwd", "alice"][..], PASSWD),
            (&["getent", "passwd", "5001", "bob"], PASSWD),
            (&["getent", "group", "crew", "7000"], &GROUP.repeat(2)),
            (&["getent", "initgroups", "alice"], "alice                 7000\n"),
            (&["getent", "shadow", "alice"], "alice:*:20000::90::::\n"),
        ] {
            let output = run(command);
            assert_eq!(output.stdout, expected, "{command:?}: {output}");
            assert_eq!(output.stderr, "", "{command:?}");
        }
        assert!(run(&["getent", "group"]).stdout.ends_with(GROUP));
        engine.process.stop();
        let output = run(&["getent", "passwd", "alice", "bob"]);
        let expected = if map == KnownMap::None { "" } else { PASSWD };
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), (expected, ""), "{map:?}");
    }
}

#[test]
fn valgrind_finds_no_fault_where_memory_is_lent() {
    let world = World::new();
    nss::install(&world);
    let _engine = NamesEngine::start(&world, PASSWD, GROUP, KnownMap::Lent);
    let valgrind = world.command("valgrind").args(["--quiet", FAULTY]).timeout(LIMIT);
    let command = valgrind.args(["getent", "passwd"]).args(["alice"; 40]);
    let output = command.run();
    assert_eq!((output.stdout, output.stderr), (PASSWD.repeat(40), String::new()));
}
