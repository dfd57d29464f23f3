//! pamtester, as a program that asks PAM and shows every screen.

use crate::World;
use crate::command::Output;

/// What libpam answered (`pam_strerror`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PamAnswer {
    /// `PAM_SUCCESS`.
    Success,
    /// `PAM_AUTH_ERR`.
    AuthErr,
    /// `PAM_USER_UNKNOWN`.
    UserUnknown,
    /// `PAM_AUTHINFO_UNAVAIL`.
    AuthInfoUnavail,
    /// `PAM_SERVICE_ERR`.
    ServiceErr,
    /// Anything else, in pamtester's words.
    Other(String),
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct PamLogin {
    /// The answer to the last operation.
    pub answer: PamAnswer,
    /// What the user was shown: prompts and messages.
    pub shown: String,
}

/// One call of pamtester.
#[must_use = "nothing is asked before one of the operations"]
pub struct Pam {
    world: World,
    arguments: Vec<String>,
    service: String,
    user: String,
    typed: Vec<u8>,
    caller: Option<String>,
}

impl Pam {
    /// Asks the PAM service `service` about `user`, as root.
    pub fn new(world: &World, service: &str, user: &str) -> Self {
        Self {
            world: world.clone(),
            arguments: Vec::new(),
            service: service.to_owned(),
            user: user.to_owned(),
            typed: Vec::new(),
            caller: None,
        }
    }

    /// Answers the next question that is still unanswered. A question without an answer finds the
    /// end of the input, as in a program that cannot ask.
    ///
    /// The program cuts answers of more than 511 bytes.
    pub fn types(mut self, answer: impl AsRef<[u8]>) -> Self {
        self.typed.extend_from_slice(answer.as_ref());
        self.typed.push(b'\n');
        self
    }

    /// States the remote address (`PAM_RHOST`).
    pub fn from(self, address: &str) -> Self {
        self.with("-I", &format!("rhost={address}"))
    }

    /// States the terminal (`PAM_TTY`).
    pub fn at(self, terminal: &str) -> Self {
        self.with("-I", &format!("tty={terminal}"))
    }

    /// Sets a variable of the PAM environment.
    pub fn env(self, name: &str, value: &str) -> Self {
        self.with("-E", &format!("{name}={value}"))
    }

    /// Runs the program as a system user instead of as root.
    pub fn as_user(mut self, name: &str) -> Self {
        self.caller = Some(name.to_owned());
        self
    }

    /// `pam_authenticate`.
    #[track_caller]
    pub fn authenticate(self) -> PamLogin {
        self.run(&["authenticate"])
    }

    /// `pam_acct_mgmt`.
    #[track_caller]
    pub fn account(self) -> PamLogin {
        self.run(&["acct_mgmt"])
    }

    /// Several operations of pamtester, up to the first that does not succeed.
    #[track_caller]
    pub fn run(self, operations: &[&str]) -> PamLogin {
        let mut command = self.world.command("pamtester").args(&self.arguments);
        command = command.args([&self.service, &self.user]).args(operations).stdin(self.typed);
        if let Some(caller) = &self.caller {
            command = command.as_user(caller);
        }
        let output = command.run();
        PamLogin { answer: answer(&output), shown: output.stdout + &output.stderr }
    }

    fn with(mut self, option: &str, value: &str) -> Self {
        self.arguments.extend([option.to_owned(), value.to_owned()]);
        self
    }
}

fn answer(output: &Output) -> PamAnswer {
    if output.success() {
        return PamAnswer::Success;
    }
    let words = output.stderr.rsplit("pamtester: ").next().unwrap_or_default().trim();
    match words {
        "Authentication failure" => PamAnswer::AuthErr,
        "User not known to the underlying authentication module" => PamAnswer::UserUnknown,
        "Authentication service cannot retrieve authentication info" => PamAnswer::AuthInfoUnavail,
        "Error in service module" => PamAnswer::ServiceErr,
        _ => PamAnswer::Other(format!("{output}")),
    }
}
