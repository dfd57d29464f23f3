//! Questions on a real terminal: one made by script(1), which Debian always has.

mod as_root;

use std::io::{Read, Write};
use std::process::{Child, Stdio};

/// A shell command at a terminal, and everything that was seen there.
struct AtTerminal {
    child: Child,
    seen: String,
}

impl AtTerminal {
    fn start(after: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_monk-enroll");
        let no_engine = "--socket /nonexistent/socket --engine /nonexistent/monkd";
        let line = format!("{program} {no_engine} user add alice; {after}");
        let child = as_root::command("script")
            .args(["--quiet", "--command", &line, "/dev/null"])
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child, seen: String::new() }
    }

    /// Reads until `prompt` was shown after what was seen before.
    fn wait_for(&mut self, prompt: &str) -> &mut Self {
        let from = self.seen.len();
        let mut byte = [0];
        while !self.seen[from..].ends_with(prompt) {
            let count = self.child.stdout.as_mut().unwrap().read(&mut byte).unwrap();
            assert_eq!(count, 1, "{prompt:?} never came after {:?}", self.seen);
            self.seen.push(byte[0].into());
        }
        self
    }

    fn type_in(&mut self, keys: &str) -> &mut Self {
        self.child.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
        self
    }

    fn everything(&mut self) -> &str {
        self.child.stdout.as_mut().unwrap().read_to_string(&mut self.seen).unwrap();
        self.child.wait().unwrap();
        &self.seen
    }
}

#[test]
fn a_password_is_asked_for_twice_and_never_shown() {
    let mut terminal = AtTerminal::start("echo \"exit $?\"");
    terminal.wait_for("New password for alice: ").type_in("hunter2\n");
    terminal.wait_for("The same again: ").type_in("hunter3\n");
    terminal.wait_for("They differ. New password for alice: ").type_in("hunter2\n");
    terminal.wait_for("The same again: ").type_in("hunter2\n");
    let seen = terminal.everything();
    assert!(seen.contains("no engine") && seen.contains("exit 7"), "{seen}");
    assert!(!seen.contains("hunter"), "{seen}");
}

#[test]
fn ctrl_c_at_a_password_leaves_the_terminal_as_it_was() {
    let mut terminal = AtTerminal::start("stty -a");
    terminal.wait_for("New password for alice: ").type_in("hunt\x03");
    let seen = terminal.everything().to_owned();
    let modes: Vec<&str> = seen.split_whitespace().collect();
    for mode in ["echo", "isig", "icanon"] {
        assert!(modes.contains(&mode), "{mode} is on again: {seen}");
    }
    assert!(!seen.contains("again") && !seen.contains("hunt"), "{seen}");
}
