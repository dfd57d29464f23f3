//! A mail server that keeps the mails it is sent: aiosmtpd, with and without TLS and logins.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::certificates::Identity;
use crate::process::{Process, Signal};
use crate::{World, wait};

/// Where the program stands in a world.
const PROGRAM: &str = "/usr/local/libexec/mail_server.py";

/// How long a mail may be on its way.
const MAIL_LIMIT: Duration = Duration::from_secs(15);

/// How the server protects its conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailMode {
    /// Not at all, and it offers nothing.
    #[default]
    Plain,
    /// With STARTTLS, which it requires.
    StartTls,
    /// With STARTTLS, and somebody on the way has put an answer of his own behind the one to it.
    Injected,
    /// With TLS from the first byte on.
    Tls,
    /// It accepts connections and never says a word.
    Silent,
}

/// How the server is started.
#[derive(Clone, Debug, Default)]
pub struct MailServerOptions {
    /// How it protects its conversations.
    pub mode: MailMode,
    /// The user name and password that it asks for.
    pub login: Option<(String, String)>,
    /// Its certificate, if not the world's good one.
    pub identity: Option<Identity>,
}

/// A running mail server.
pub struct MailServer {
    world: World,
    process: Process,
    port: u16,
    folder: String,
}

/// A mail that it was sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The sender of the envelope.
    pub sender: String,
    /// The recipients of the envelope.
    pub recipients: Vec<String>,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// Who had logged in.
    pub login: Option<String>,
    /// The plain-text part.
    pub plain: String,
    /// The HTML part.
    pub html: String,
    headers: Value,
}

impl Mail {
    /// A header, decoded; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers[name.to_lowercase()].as_str().unwrap_or_default()
    }

    /// The code in it.
    #[track_caller]
    pub fn code(&self) -> String {
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
        let code = self.plain.split_whitespace().find(is_code);
        code.unwrap_or_else(|| panic!("no code in {self:?}")).to_owned()
    }
}

impl MailServer {
    /// Starts a server on a port of its own.
    #[track_caller]
    pub fn start(world: &World, options: &MailServerOptions) -> Self {
        Self::start_on(world, options, world.free_port())
    }

    /// Starts a server where another one was.
    #[track_caller]
    pub fn start_on(world: &World, options: &MailServerOptions, port: u16) -> Self {
        let folder = format!("/var/mail/kept-{port}");
        world.make_folder(&folder, 0o755);
        let program = include_str!("server.py");
        world.write(PROGRAM, program, 0o755);
        let identity = options.identity.as_ref().unwrap_or(&world.certificates().good);
        let mode = match options.mode {
            MailMode::Plain => "plain",
            MailMode::StartTls => "starttls",
            MailMode::Injected => "injected",
            MailMode::Tls => "tls",
            MailMode::Silent => "silent",
        };
        let (username, password) = options.login.clone().unzip();
        let setup = json!({
            "folder": folder, "port": port, "mode": mode, "username": username,
            "password": password, "certificate": identity.certificate, "key": identity.key,
        });
        let mut process = world.spawn("python3", &[PROGRAM, &setup.to_string()]);
        world.wait_for_server(&mut process, || world.is_listening(port));
        Self { world: world.clone(), process, port, folder }
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Mails so far, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        let folder = self.world.path(&self.folder);
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<_> = files.map(|file| file.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        paths.iter().map(|path| parse(&fs::read_to_string(path).unwrap_or_default())).collect()
    }

    /// Waits for the mail of that number, the first being 1.
    #[track_caller]
    pub fn mail(&self, number: usize) -> Mail {
        let mail = wait::until(MAIL_LIMIT, || self.mails().into_iter().nth(number - 1));
        mail.unwrap_or_else(|| panic!("there is no mail {number}:\n{}", self.process.log()))
    }

    /// Logins and commands of the envelope that it was given.
    pub fn commands(&self) -> Vec<String> {
        let is_command =
            |line: &&str| ["AUTH ", "MAIL ", "RCPT ", "DATA"].iter().any(|c| line.starts_with(c));
        self.process.log().lines().filter(is_command).map(str::to_owned).collect()
    }

    /// Ends the server.
    pub fn kill(mut self) {
        self.process.kill(Signal::SIGKILL);
        self.process.wait(MAIL_LIMIT);
    }
}

#[track_caller]
fn parse(text: &str) -> Mail {
    let said: Value = serde_json::from_str(text).expect("the server writes JSON");
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    let recipients = said["recipients"].as_array().expect("a list of recipients");
    Mail {
        sender: text("sender"),
        recipients: recipients.iter().filter_map(|one| Some(one.as_str()?.to_owned())).collect(),
        encrypted: said["encrypted"].as_bool().unwrap_or_default(),
        login: said["login"].as_str().map(str::to_owned),
        plain: text("plain"),
        html: text("html"),
        headers: said["headers"].clone(),
    }
}
