//! A shell in the private machine, for the reader's own logins.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use monk_tests::World;
use monk_tests::site::Device;

use super::PASSWORD;
use super::logins::curl_line;
use super::stage::{HOST, Stage};
use crate::failure::Failure;
use crate::paint::Paint;

/// Where a code lies that was not used yet. Who takes it, moves it away.
const FRESH_CODE: &str = "/run/fresh-code";

/// Where the lines of monk's audit are.
const AUDIT: &str = "/run/audit";

/// A code is good for at least this time after it was put there.
const FRESH_FOR: Duration = Duration::from_secs(25);

/// How often to look whether the code was taken.
const PAUSE: Duration = Duration::from_millis(100);

/// What the shell reads first.
const RC_FILE: &str = "/root/.demo.bashrc";

/// Whether somebody is there to type.
pub fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Opens the shell if the reader wants it, or says how to get there.
pub fn offer(stage: &Stage, phone: &Device, wanted: bool, line: &str) -> Result<(), Failure> {
    if !is_possible() {
        println!(
            "To log in by hand, in a shell inside the private machine: cargo xtask {line} --shell"
        );
        return Ok(());
    }
    if !wanted && !is_agreed("Try it by hand, in a shell inside the private machine? [y/N] ") {
        println!("Another time: cargo xtask {line} --shell");
        return Ok(());
    }
    open(stage, phone)
}

fn is_agreed(question: &str) -> bool {
    print!("{question}");
    let mut answer = String::new();
    // Nobody there means no.
    let _ = io::stdout().flush();
    let _ = io::stdin().lock().read_line(&mut answer);
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

fn open(stage: &Stage, phone: &Device) -> Result<(), Failure> {
    let world = &stage.site.world;
    world.write(RC_FILE, settings(stage), 0o600);
    let is_over = AtomicBool::new(false);
    let status = thread::scope(|scope| {
        scope.spawn(|| {
            let mut desk = Desk { world, phone, written: None, audit_lines: 0 };
            while !is_over.load(Ordering::Relaxed) {
                desk.keep();
                thread::sleep(PAUSE);
            }
        });
        let status = shell(world).status();
        is_over.store(true, Ordering::Relaxed);
        status
    });
    status.map_err(|error| Failure::new("cannot run nsenter", error))?;
    println!("The private machine is gone.");
    Ok(())
}

/// bash, on the reader's own terminal, in the namespaces of the world.
fn shell(world: &World) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--target", &world.first_process().to_string()]);
    command.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--wdns=/root"]);
    command.args(["bash", "--rcfile", RC_FILE, "-i"]);
    let terminal = std::env::var("TERM").unwrap_or_else(|_| "dumb".to_owned());
    let no_color = std::env::var_os("NO_COLOR").unwrap_or_default();
    command.env_clear().envs([("HOME", "/root"), ("USER", "root"), ("LANG", "C.UTF-8")]);
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    command.env("TERM", terminal).env("NO_COLOR", no_color);
    command
}

/// What lies ready for the reader, and is kept up to date.
struct Desk<'a> {
    world: &'a World,
    phone: &'a Device,
    written: Option<Instant>,
    audit_lines: usize,
}

impl Desk<'_> {
    /// A fresh code where there is one, and the audit.
    fn keep(&mut self) {
        let is_old = self.written.is_none_or(|written| written.elapsed() > FRESH_FOR);
        if (is_old || !self.world.exists(FRESH_CODE))
            && let Some(code) = self.phone.code_if_any()
        {
            self.world.write(FRESH_CODE, format!("{code}\n"), 0o600);
            self.written = Some(Instant::now());
        }
        let log = self.world.log();
        let audit: Vec<&str> =
            log.iter().filter(|line| line.tag == "monkd").map(|line| line.text.as_str()).collect();
        if audit.len() > self.audit_lines {
            self.audit_lines = audit.len();
            self.world.write(AUDIT, audit.join("\n") + "\n", 0o600);
        }
    }
}

/// The settings of the shell, with the words that it begins with.
fn settings(stage: &Stage) -> String {
    let words = welcome(stage, Paint::of_stdout()).replace('\'', "'\\''");
    format!(
        "\
PS1='[monk demo] # '
unset HISTFILE
code() {{
    until mv {FRESH_CODE} {FRESH_CODE}.taken 2>/dev/null; do
        [ -n \"$told\" ] || echo 'waiting for the next code...' >&2
        local told=1
        sleep 0.2
    done
    cat {FRESH_CODE}.taken
}}
audit() {{ sleep 0.3; tail -n ${{1:-3}} {AUDIT}; }}
printf '%s\\n' '{words}'
"
    )
}

fn welcome(stage: &Stage, paint: Paint) -> String {
    let curl = curl_line(stage, "").replace("'alice:'", &format!("\"alice:{PASSWORD};$(code)\""));
    let lines = [
        ("a login with curl (`code` prints what the phone shows, each code once)", curl),
        (
            "the same with ssh: the password is sesame, the code comes from `code`",
            format!("code; ssh alice@{HOST}"),
        ),
        ("what monk has logged about it", "audit".to_owned()),
        ("another app password", "monk-enroll app-password create alice --name Laptop".to_owned()),
        ("why a login would fail", "monk-enroll check alice --service imap".to_owned()),
        ("what alice has", "monk-enroll status alice".to_owned()),
        ("out of here; everything is gone then", "exit".to_owned()),
    ];
    let mut text =
        "\nThis shell is inside the private machine; all servers are running. Try\n".to_owned();
    for (what, line) in lines {
        text.push_str(&format!(
            "\n  {}\n    {}\n",
            paint.faint(&format!("# {what}")),
            paint.typed(&line)
        ));
    }
    text
}
