//! How long a name holds a program up where nobody answers.

use std::process::Command;

use super::super::world::BenchWorld;
use super::rows::look_up;

/// Programs that look up a name that nobody has looked up before, one after the other.
const PROGRAMS: u32 = 5;

/// Most that a name may hold a program up, in milliseconds.
const MOST: f64 = 250.0;

/// Stops the engine and the directory in turns. `bench` has no engine afterwards.
#[track_caller]
pub fn table(bench: &BenchWorld) -> (String, (bool, String)) {
    let mut text = "\n#### Where nobody answers\n\nMilliseconds of one lookup in a program that has just started, \
                    the most of five, with monk alone.\n\n\
                    | what | unknown name | the same program again | known name |\n|---|---|---|---|\n"
        .to_owned();
    let mut worst: f64 = 0.0;
    let mut row = |words: &str, round: u32| {
        let [first, again, known] = most(bench, round);
        worst = worst.max(first).max(again).max(known);
        text.push_str(&format!("| {words} | {first:.2} | {again:.3} | {known:.3} |\n"));
    };
    row("all is well", 0);
    bench.with_slapd(|slapd| slapd.freeze());
    row("the directory hangs (SIGSTOP)", 1);
    bench.with_slapd(|slapd| slapd.thaw());
    signal("-STOP", bench.engine_pid());
    row("the engine hangs (SIGSTOP)", 2);
    signal("-CONT", bench.engine_pid());
    bench.kill_engine();
    row("the engine is killed", 3);
    let goal = (
        worst <= MOST,
        format!(
            "the most that a name holds a program up: {worst:.0} ms; the goal is at most {MOST}"
        ),
    );
    (text, goal)
}

/// The most of some programs, in milliseconds: an unknown name, another one in the same program, and a known one.
#[track_caller]
fn most(bench: &BenchWorld, round: u32) -> [f64; 3] {
    let known = "user user0000001";
    let mut most = [0.0_f64; 3];
    look_up(bench.world(), "monk", 1, &[known.to_owned()]);
    for program in 0..PROGRAMS {
        // The first lookup of a program is not measured: it loads the module.
        let unknown = format!("user nobody{round}x{program}");
        let lines = [known.to_owned(), unknown, format!("user noone{round}x{program}")];
        let nanos = look_up(bench.world(), "monk", 1, &lines).nanos;
        for (most, index) in most.iter_mut().zip([1, 2, 0]) {
            let millis = nanos.get(index).map_or(f64::MAX, |nanos| *nanos as f64 / 1e6);
            *most = most.max(millis);
        }
    }
    most
}

/// Sends a signal to a process of ours.
#[track_caller]
fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill {name} {pid}");
}
