//! The program itself, as shells and scripts meet it.

mod as_root;

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

fn program(words: &[&str]) -> Command {
    let mut command = as_root::command(env!("CARGO_BIN_EXE_monk-enroll"));
    // Neither the engine of this machine, if it has one, nor a new one.
    command.args(words).env_remove("NO_COLOR").stdin(Stdio::null());
    command.args(["--socket", "/nonexistent/socket", "--engine", "/nonexistent/monkd"]);
    command
}

fn run(words: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = program(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn without_an_engine_it_says_so_in_two_lines() {
    let (code, out, errors) = run(&["status", "alice"]);
    assert_eq!((code, out.as_str()), (Some(7), ""));
    assert_eq!(errors.lines().count(), 2, "{errors}");
    assert!(errors.starts_with("monk-enroll: no engine listens"), "{errors}");
}

#[test]
fn without_a_terminal_it_never_hangs_on_a_question() {
    for words in [
        &["user", "add", "alice"][..],
        &["totp", "confirm", "alice", "--name", "Phone"],
        &["check", "alice", "--service", "imap"],
    ] {
        let (code, _, errors) = run(words);
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.contains("-stdin"), "the way out: {errors}");
    }
}

#[test]
fn a_line_that_makes_no_sense_is_told_in_the_form_that_was_asked_for() {
    let (code, out, errors) = run(&["reset"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(errors.contains("Usage: monk-enroll reset"), "{errors}");

    let (code, out, errors) = run(&["reset", "--json"]);
    assert_eq!((code, errors.as_str()), (Some(2), ""));
    assert!(out.starts_with("{\n  \"error\": {\n    \"kind\": \"usage\",\n    \"exit\": 2,"));
    assert!(out.contains("the following required arguments were not provided: <USER>"), "{out}");
}

#[test]
fn json_errors_stand_alone_on_standard_output() {
    let (code, out, errors) = run(&["status", "alice", "--json"]);
    assert_eq!((code, errors.as_str()), (Some(7), ""));
    assert!(out.contains("\"kind\": \"unavailable\""), "{out}");
}

#[test]
fn help_goes_to_standard_output_and_tells_the_exit_codes() {
    let (code, out, errors) = run(&["--help"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(out.contains("6 wrong-code"), "{out}");
}

#[test]
fn a_reader_that_has_gone_is_no_panic() {
    for words in [&["--help"][..], &["status", "alice", "--json"]] {
        let mut child =
            program(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert!(child.wait().unwrap().code().is_some(), "no signal either");
        assert_eq!(errors, "");
    }
}

#[test]
fn a_password_is_taken_from_standard_input_and_shown_nowhere() {
    let mut child = program(&["user", "add", "alice", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"hunter2\n").unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    assert_eq!(status.code(), Some(7), "it got as far as the engine");
    assert!(!String::from_utf8([stdout, stderr].concat()).unwrap().contains("hunter2"));
}
