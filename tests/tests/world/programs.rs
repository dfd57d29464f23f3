//! Programs in a world.

use std::fs;
use std::time::Duration;

use monk_tests::Signal;
use monk_tests::Status;
use monk_tests::until;

use super::pam_service;
use super::world;
use super::world_with_alice;

#[test]
fn a_command_has_arguments_input_output_and_a_status() {
    let world = world();
    let output = world.command("sh").args(["-c", "cat; echo \"$0 $X\" >&2; exit 3", "zero"]);
    let output = output.env("X", "one").stdin("in").run();
    assert_eq!(output.status, Status::Code(3));
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("in", "zero one\n"));
    let environment = world.command("env").run().expect_success().stdout;
    assert!(!environment.contains("CARGO"), "{environment}");
}

#[test]
fn a_command_that_takes_too_long_is_killed_with_its_children() {
    let world = world();
    let output = world
        .command("sh")
        .args(["-c", "sleep 1000 & sleep 1000"])
        .timeout(Duration::from_millis(200))
        .run();
    assert_eq!(output.status, Status::TimedOut);
    assert!(output.elapsed < Duration::from_secs(5), "{output}");
    let left = world.command("ps").args(["-o", "args", "-C", "sleep", "--no-headers"]).run().stdout;
    assert_eq!(left, "");
}

#[test]
fn a_command_runs_as_a_user_of_the_world() {
    let world = world_with_alice();
    let output =
        world.command("sh").args(["-c", "id -un; id -Gn; pwd; cd; pwd"]).as_user("alice").run();
    assert_eq!(output.expect_success().stdout, "alice\nalice\n/\n/home/alice\n");
    let output = world.command("id").args(["-gn"]).as_user("nobody").run();
    assert_eq!(output.expect_success().stdout, "nogroup\n");
}

#[test]
fn a_process_takes_signals_and_ends_with_its_handle() {
    let world = world();
    let mut process = world.spawn(
        "sh",
        // Without a child: a shell in the middle of vfork(2) does not stop.
        &["-c", "trap 'echo caught; exit 7' USR1; echo ready; while :; do :; done"],
    );
    until(Duration::from_secs(5), || process.log().contains("ready").then_some(()))
        .expect("the shell is ready");
    process.stop();
    process.kill(Signal::SIGUSR1);
    assert_eq!(process.wait(Duration::from_millis(100)), None, "a stopped process does nothing");
    process.cont();
    let status = process.wait(Duration::from_secs(5)).expect("it goes on, and ends");
    assert_eq!(status.code(), Some(7));
    until(Duration::from_secs(5), || process.log().contains("caught").then_some(()))
        .expect("the log is complete");

    let process = world.spawn("sleep", &["1000"]);
    drop(process);
    assert_eq!(world.command("pidof").arg("sleep").run().status, Status::Code(1));
}

#[test]
fn a_file_of_this_machine_is_installed_where_libpam_looks() {
    let world = world();
    let source = world.pam_modules().join("pam_permit.so");
    world.install_pam_module(&source, "pam_world.so");
    pam_service(&world, "world", "auth required pam_world.so\n");
    assert!(
        !fs::exists(world.pam_modules().join("pam_world.so"))
            .expect("this machine's files can be asked for")
    );
    world.command("pamtester").args(["world", "alice", "authenticate"]).run().expect_success();
}
