//! `cargo xtask demo --web`: the portal for the reader's own browser, phone app and passkey, without root.
//!
//! The engine runs in a user namespace of its own, in which the reader is root, and so its administrator. Everything
//! that is written lies in one temporary folder, where nobody else could have put a socket: in that of the reader's
//! own login (`XDG_RUNTIME_DIR`), or in `/run`.

use std::env;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use monk_client::Conversation;
use monk_wire::manage::{Command, Manage, NewUser, Outcome};
use monk_wire::{Reply, Request, Secret};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::cargo::own_programs;
use crate::failure::Failure;

/// Where the portal listens: browsers call it a safe place, so that passkeys work without a certificate.
const ADDRESS: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);

/// Where browsers find it.
const ORIGIN: &str = "http://localhost:8080";

const USER: &str = "maria";

const PASSWORD: &str = "sesame";

/// How long the set-up code is good, in seconds.
const A_DAY: u64 = 24 * 3600;

/// How long programs may take to start, on a busy machine.
const START: Duration = Duration::from_secs(30);

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Shows the portal until it is told to stop; with `is_check`, only whether its first page answers.
pub fn run(is_check: bool) -> Result<bool, Failure> {
    if TcpListener::bind(SocketAddr::from(ADDRESS)).is_err() {
        return Err(Failure(format!(
            "another program listens on port {}: stop it, and try again",
            ADDRESS.1
        )));
    }
    let place = Place::new(folder()?)?;
    place.set_up()?;
    let engine = place.own("monkd");
    let _engine = start(engine, &place.monk_settings)?;
    wait(|| place.socket().exists(), "the engine does not start")?;
    let maria = NewUser::with(Secret::new(PASSWORD.as_bytes()));
    place.administer(Command::UserAdd(Box::new(maria)))?;
    let Outcome::Reset { code, .. } = place.administer(Command::Reset { seconds: A_DAY })? else {
        return Err(Failure("the engine has made no set-up code".to_owned()));
    };
    let code = code.expose_str().unwrap_or_default().to_owned();
    let portal = process::Command::new(place.programs.join("monk-web"));
    let _portal = start(portal, &place.web_settings)?;
    // From here on, Ctrl-C is for this program, which removes what it has made. The others have begun, and would
    // not hear of it either.
    let signals: SigSet = [Signal::SIGINT, Signal::SIGTERM].into_iter().collect();
    let blocked = signals.thread_block();
    blocked.map_err(|error| Failure::new("no signals", error))?;
    wait(|| page("/sign-in").is_some(), "the portal does not start")?;
    println!("{}", words(&code, place.folder.path()));
    if is_check {
        let page = page(&format!("/invitation?user={USER}")).unwrap_or_default();
        return Ok(page.starts_with("HTTP/1.1 200") && page.contains(USER));
    }
    let _told = signals.wait();
    println!("\nStopped. Nothing is left of it.");
    Ok(true)
}

/// What the reader does now.
fn words(code: &str, folder: &Path) -> String {
    format!(
        "
The portal runs. {USER} was invited, and has enrolled nothing yet.

  1. Open   {ORIGIN}/invitation#user={USER}&code={code}
  2. Type the password   {PASSWORD}

Your own browser, the authenticator app on your phone and your passkey do the rest. The portal answers
this machine only. Everything lies in {}, and goes when you press Ctrl-C.",
        folder.display()
    )
}

/// The temporary folder, and what is in it.
struct Place {
    folder: TempDir,
    programs: PathBuf,
    monk_settings: PathBuf,
    web_settings: PathBuf,
}

impl Place {
    fn new(folder: TempDir) -> Result<Self, Failure> {
        let path = folder.path();
        let at = |name: &str| path.join(name);
        let (socket, names, map) = (socket_beside(path), at("names.sock"), at("names.map"));
        let (store, keys) = (at("monk.db"), at("keys"));
        let monk = format!(
            "[engine]\nsocket = {socket:?}\nuser = \"-\"\n[embedded]\npath = {store:?}\n\
             [keys]\nfolder = {keys:?}\n[names]\nsocket = {names:?}\nmap = {map:?}\n\
             [portal]\nuser = \"root\"\norigin = \"{ORIGIN}\"\n\
             [enrolment]\nissuer = \"Electric Monk\"\nimap = \"imap.example.org:993\"\n\
             smtp = \"smtp.example.org:465\"\n"
        );
        let web = format!("engine_socket = {socket:?}\n");
        fs::create_dir(&keys)
            .and_then(|()| {
                fs::set_permissions(&keys, fs::Permissions::from_mode(0o700))?;
                fs::write(at("monk.toml"), monk)?;
                fs::write(at("web.toml"), web)
            })
            .map_err(|error| Failure::new(path.display(), error))?;
        let (monk_settings, web_settings) = (at("monk.toml"), at("web.toml"));
        Ok(Self { folder, programs: own_programs()?, monk_settings, web_settings })
    }

    fn socket(&self) -> PathBuf {
        socket_beside(self.folder.path())
    }

    /// A program in a user namespace of its own, in which the reader is root.
    fn own(&self, program: &str) -> process::Command {
        let mut command = process::Command::new("unshare");
        command.args(["--user", "--map-root-user", "--"]).arg(self.programs.join(program));
        command
    }

    /// Makes a key and the store.
    fn set_up(&self) -> Result<(), Failure> {
        let mut command = self.own("monkd");
        command.arg("--setup").arg("--config").arg(&self.monk_settings);
        done("monkd", command.output()).map(drop)
    }

    /// A command about the user. The engine takes the reader for root.
    fn administer(&self, command: Command) -> Result<Outcome, Failure> {
        let failed = |why: &dyn std::fmt::Debug| Failure(format!("the engine: {why:?}"));
        let request = Request::Manage(Manage { user: USER.to_owned(), command });
        let reply = Conversation::open(&self.socket(), START)
            .and_then(|mut engine| engine.call(&request))
            .map_err(|error| Failure::new("the engine", error))?;
        match reply {
            Reply::Done(outcome) => Ok(outcome),
            other => Err(failed(&other)),
        }
    }
}

/// A new folder that nobody else can write to, nor to what is above it.
fn folder() -> Result<TempDir, Failure> {
    let is_root = nix::unistd::geteuid().is_root();
    let above = if is_root { Some("/run".into()) } else { env::var_os("XDG_RUNTIME_DIR") };
    let above = above.ok_or_else(|| {
        Failure("XDG_RUNTIME_DIR is not set, so there is no folder of your own for a socket: try it in a login of \
                 your own, or as root".to_owned())
    })?;
    tempfile::Builder::new()
        .prefix("monk-demo-")
        .tempdir_in(&above)
        .map_err(|error| Failure::new(above.to_string_lossy(), error))
}

fn start(mut command: process::Command, settings: &Path) -> Result<Running, Failure> {
    command.arg("--config").arg(settings).stdin(Stdio::null());
    let child = command.spawn();
    Ok(Running(
        child.map_err(|error| Failure::new(command.get_program().to_string_lossy(), error))?,
    ))
}

/// The engine's socket. Clients want a folder above which nobody but root can write, so it lies beside the temporary one,
/// in that of the reader's login.
fn socket_beside(folder: &Path) -> PathBuf {
    folder.with_extension("sock")
}

impl Drop for Place {
    fn drop(&mut self) {
        // The engine removes it as well.
        let _ = fs::remove_file(self.socket());
    }
}

/// A program that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.0.id()) {
            // It may have ended by itself.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let _ = self.0.wait();
    }
}

fn done(program: &str, output: io::Result<process::Output>) -> Result<String, Failure> {
    let output = output.map_err(|error| Failure::new(program, error))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(Failure::new(program, text(&output.stderr) + &text(&output.stdout))),
    }
}

fn wait(is_there: impl Fn() -> bool, why: &str) -> Result<(), Failure> {
    let begin = Instant::now();
    while !is_there() {
        if begin.elapsed() > START {
            return Err(Failure(why.to_owned()));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// What the portal answers.
fn page(path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(SocketAddr::from(ADDRESS)).ok()?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
