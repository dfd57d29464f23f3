//! One service of `/etc/pam.d`, and what it is judged by.

use monk_wire::manage::doctor::Facts;

use super::phase::Phase;
use super::stack::{Files, Library, Stack};

/// What the stacks are judged by.
pub struct Surroundings<'a> {
    /// The texts in `/etc/pam.d`.
    pub files: &'a Files,
    /// The policies, where an engine has told them.
    pub facts: &'a Facts,
    /// Whether one has.
    pub is_told: bool,
    /// Whether a module is there.
    pub installed: &'a dyn Fn(&str) -> bool,
    /// sshd asks PAM only after a public key.
    pub key_first: bool,
}

/// The rules of one service.
pub struct Service {
    pub auth: Stack,
    pub account: Stack,
    pub password: Stack,
    pub session: Stack,
}

impl Service {
    /// Reads them.
    pub fn load(library: &Library, name: &str) -> Self {
        let load = |phase| Stack::load(library, name, phase);
        let [auth, account, password, session] = Phase::ALL.map(load);
        Self { auth, account, password, session }
    }

    /// Those of all phases.
    pub fn stacks(&self) -> [&Stack; 4] {
        [&self.auth, &self.account, &self.password, &self.session]
    }

    /// Whether libpam logs nobody in with them.
    pub fn aborts(&self) -> bool {
        self.stacks().iter().any(|stack| stack.aborts)
    }

    /// Whether monk decides here, or was meant to. What a service without rules has from `other` is
    /// told of `other`.
    pub fn means_monk(&self) -> bool {
        [&self.auth, &self.account].iter().any(|stack| stack.means_monk() && !stack.of_other)
    }
}

/// The service that `service=` names among the arguments of monk.
pub fn named_service(arguments: &[String]) -> Option<String> {
    arguments.iter().find_map(|argument| argument.strip_prefix("service=").map(str::to_owned))
}

/// The service whose policy applies.
pub fn policy_name(service: &str, auth: &Stack) -> String {
    auth.monk()
        .and_then(|rule| named_service(rule.arguments()))
        .unwrap_or_else(|| service.to_owned())
}
