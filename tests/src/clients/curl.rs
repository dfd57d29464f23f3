//! curl as a mail program.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::World;
use crate::command::{Output, Status};

/// curl's exit status for a login that the server refused (`CURLE_LOGIN_DENIED`).
const LOGIN_DENIED: i32 = 67;

/// How long one login may take.
const USUAL_LIMIT: Duration = Duration::from_secs(30);

/// What came of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// The server let the user in.
    LoggedIn,
    /// The server refused the user, with these words.
    Refused(String),
    /// There was no answer: no connection, no trust in the certificate, or no time left.
    Failed {
        /// How curl ended.
        status: Status,
        /// What it said about it.
        stderr: String,
    },
}

/// One login with curl.
#[must_use = "nobody logs in before `login`"]
pub struct Curl {
    world: World,
    url: String,
    user: String,
    password: String,
    authority: PathBuf,
    address: Option<String>,
    limit: Duration,
}

impl Curl {
    /// Logs in at `url`, such as `imaps://mail.example.org`. Where the URL alone does not mean TLS,
    /// the server must offer STARTTLS.
    pub fn new(world: &World, url: &str, user: &str, password: &str) -> Self {
        Self {
            world: world.clone(),
            url: url.to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
            authority: world.certificates().authority.clone(),
            address: None,
            limit: USUAL_LIMIT,
        }
    }

    /// Trusts another authority than that of the world.
    pub fn trusting(mut self, authority: &Path) -> Self {
        self.authority = authority.to_owned();
        self
    }

    /// Comes from this address, one of the machine's own such as `127.0.0.9`.
    pub fn from(mut self, address: &str) -> Self {
        self.address = Some(address.to_owned());
        self
    }

    /// Gives up after `limit`, instead of after 30 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs the program.
    #[track_caller]
    pub fn login(self) -> Login {
        // The password is on curl's standard input, since other users can read its arguments.
        // A submission server does not know what curl asks it after the login by default.
        let request = if self.url.starts_with("smtp") { "request = NOOP\n" } else { "" };
        let from = self.address.as_ref().map(|address| format!("interface = {address}\n"));
        let from = from.unwrap_or_default();
        let settings = format!(
            "{request}{from}url = {}\nuser = {}\ncacert = {}\nssl-reqd\nsilent\nshow-error\nverbose\n",
            quote(&self.url),
            quote(&format!("{}:{}", self.user, self.password)),
            quote(&self.authority.to_string_lossy()),
        );
        let output =
            self.world.command("curl").args(["-K", "-"]).stdin(settings).timeout(self.limit).run();
        match output.status {
            Status::Code(0) => Login::LoggedIn,
            Status::Code(LOGIN_DENIED) => Login::Refused(refusal(&output)),
            status => Login::Failed { status, stderr: output.stderr },
        }
    }
}

/// A quoted string of curl's configuration file.
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The last answer of the server, without its tag.
fn refusal(output: &Output) -> String {
    let mut answers = output.stderr.lines().filter_map(|line| line.strip_prefix("< "));
    let last = answers.rfind(|answer| !answer.starts_with('*')).unwrap_or_default();
    last.split_once(' ').map_or(last, |(_tag, words)| words).trim_end().to_owned()
}
