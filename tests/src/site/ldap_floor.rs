//! What a login over LDAP costs at the least: OpenLDAP's own library, asked what has to be asked.

use serde_json::json;

use super::pam_load::{LIMIT, PamLoadOutcome, PamLogin, outcome};
use super::programs;
use crate::{Slapd, World};

/// Where the program is installed in a world.
const PROGRAM: &str = "/usr/local/libexec/ldap_floor";

/// Which operations a login consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloorSteps {
    /// A search for the user, as the service account.
    Search,
    /// The same, and with it what the user has enrolled.
    SearchEnrolled,
    /// A search for the user, and a bind as the user on another connection. Both stay open.
    SearchAndBind,
    /// And a change of one value of the user's, as the service account.
    SearchBindAndModify,
    /// A connection, a bind as the service account, a search, a bind as the user, and the end.
    FreshConnection,
}

impl FloorSteps {
    /// The word by which the program knows it.
    fn word(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::SearchEnrolled => "enrolled",
            Self::SearchAndBind => "bind",
            Self::SearchBindAndModify => "modify",
            Self::FreshConnection => "fresh",
        }
    }
}

/// A run of logins without PAM.
#[derive(Clone, Debug)]
pub struct LdapFloor {
    /// The directory server: `ldap://`, `ldaps://` or `ldapi://`.
    pub uri: String,
    /// The account that finds users, and may change them.
    pub account: String,
    /// Its password.
    pub password: String,
    /// What a login consists of.
    pub steps: FloorSteps,
    /// How many processes log in at the same time.
    pub callers: usize,
    /// Logins of each that come before the others and are not measured.
    pub warm_up: usize,
}

impl LdapFloor {
    /// Carries out logins, whose answer is the password.
    ///
    /// # Panics
    /// When the program fails; logins that are refused are part of the outcome.
    #[track_caller]
    pub fn run(&self, world: &World, logins: &[PamLogin]) -> PamLoadOutcome {
        if !world.exists(PROGRAM) {
            world.install(programs::built("ldap_floor"), PROGRAM, 0o755);
        }
        let authority = world.certificates().authority.display().to_string();
        let (callers, warm_up) = (self.callers.to_string(), self.warm_up.to_string());
        let options = [
            ("--uri", self.uri.as_str()),
            ("--ca", &authority),
            ("--base", Slapd::SUFFIX),
            ("--account", &self.account),
            ("--password", &self.password),
            ("--steps", self.steps.word()),
            ("--callers", &callers),
            ("--warm-up", &warm_up),
        ];
        let command = options
            .iter()
            .fold(world.command(PROGRAM), |command, (name, value)| command.args([*name, *value]));
        let mut input = String::new();
        for PamLogin { user, answers } in logins {
            input.push_str(&format!("{}\n", json!({ "user": user, "answers": answers })));
        }
        let output = command.stdin(input).timeout(LIMIT).run().expect_success();
        outcome(&output.stdout).expect("ldap_floor writes one object")
    }
}
