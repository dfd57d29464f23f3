//! The control field of a PAM rule: which answer of a module leads to what (pam.conf(5)).

/// The answers that a control field can name, in the order of libpam's numbers.
const CODES: [&str; 32] = [
    "success",
    "open_err",
    "symbol_err",
    "service_err",
    "system_err",
    "buf_err",
    "perm_denied",
    "auth_err",
    "cred_insufficient",
    "authinfo_unavail",
    "user_unknown",
    "maxtries",
    "new_authtok_reqd",
    "acct_expired",
    "session_err",
    "cred_unavail",
    "cred_expired",
    "cred_err",
    "no_module_data",
    "conv_err",
    "authtok_err",
    "authtok_recover_err",
    "authtok_lock_busy",
    "authtok_disable_aging",
    "try_again",
    "ignore",
    "abort",
    "authtok_expired",
    "module_unknown",
    "bad_item",
    "conv_again",
    "incomplete",
];

/// The answer of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(usize);

impl Code {
    /// Yes.
    pub const SUCCESS: Self = Self(0);
    /// No, and also what libpam answers for a rule that it does not understand.
    pub const PERM_DENIED: Self = Self(6);
    /// No: wrong password or code.
    pub const AUTH_ERR: Self = Self(7);
    /// Something that the module needs does not answer.
    pub const AUTHINFO_UNAVAIL: Self = Self(9);
    /// No such user.
    pub const USER_UNKNOWN: Self = Self(10);
    /// Nothing to say.
    pub const IGNORE: Self = Self(25);
    /// The module is not installed.
    pub const MODULE_UNKNOWN: Self = Self(28);

    /// The answer of that name.
    pub fn named(name: &str) -> Option<Self> {
        CODES.iter().position(|known| *known == name).map(Self)
    }

    /// Its name in a control field.
    pub fn name(self) -> &'static str {
        CODES[self.0]
    }
}

/// What an answer leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Ignore,
    /// Yes, unless something else says no.
    Ok,
    /// Yes, and the stack ends, unless something has said no before.
    Done,
    /// No, whatever comes.
    Bad,
    /// No, and the stack ends.
    Die,
    /// What was said so far in this stack is forgotten.
    Reset,
    /// The next rules are left out.
    Jump(usize),
}

/// The action for each answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control([Action; CODES.len()]);

impl Control {
    /// Reads a control field, brackets included; `None` when libpam would not understand it.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "required" => return Some(Self::keyword(Action::Ok, Action::Ignore, Action::Bad)),
            "requisite" => return Some(Self::keyword(Action::Ok, Action::Ignore, Action::Die)),
            "sufficient" => {
                return Some(Self::keyword(Action::Done, Action::Ignore, Action::Ignore));
            }
            "optional" => return Some(Self::keyword(Action::Ok, Action::Ignore, Action::Ignore)),
            _ => {}
        }
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        // Blanks are allowed around the `=`.
        let joined: String = inner.split('=').map(str::trim).collect::<Vec<_>>().join("=");
        let (mut actions, mut default) = ([None; CODES.len()], None);
        for pair in joined.split_whitespace() {
            let (code, action) = pair.split_once('=')?;
            let action = Some(Action::parse(action)?);
            match code {
                "default" => default = action,
                code => actions[Code::named(code)?.0] = action,
            }
        }
        // An answer that is not named refuses.
        let action = |action: Option<Action>| action.or(default).unwrap_or(Action::Bad);
        Some(Self(actions.map(action)))
    }

    /// What libpam puts in place of a field that it does not understand.
    pub fn bad() -> Self {
        Self([Action::Bad; CODES.len()])
    }

    fn keyword(good: Action, ignore: Action, other: Action) -> Self {
        let mut actions = [other; CODES.len()];
        for (code, action) in CODES.iter().zip(&mut actions) {
            match *code {
                "success" | "new_authtok_reqd" => *action = good,
                "ignore" => *action = ignore,
                _ => {}
            }
        }
        Self(actions)
    }

    /// What an answer leads to.
    pub fn action(&self, code: Code) -> Action {
        self.0[code.0]
    }
}

impl Action {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "ignore" => Self::Ignore,
            "ok" => Self::Ok,
            "done" => Self::Done,
            "bad" => Self::Bad,
            "die" => Self::Die,
            "reset" => Self::Reset,
            number => match number.parse().ok()? {
                // Not allowed, and makes the whole field one that is not understood.
                0 => return None,
                rules => Self::Jump(rules),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_the_answers_of_their_names() {
        for (code, name) in [
            (Code::SUCCESS, "success"),
            (Code::PERM_DENIED, "perm_denied"),
            (Code::AUTH_ERR, "auth_err"),
            (Code::AUTHINFO_UNAVAIL, "authinfo_unavail"),
            (Code::USER_UNKNOWN, "user_unknown"),
            (Code::IGNORE, "ignore"),
            (Code::MODULE_UNKNOWN, "module_unknown"),
        ] {
            assert_eq!(code.name(), name);
        }
    }

    #[test]
    fn keywords_are_what_the_manual_says() {
        for (keyword, brackets) in [
            ("required", "[success=ok new_authtok_reqd=ok ignore=ignore default=bad]"),
            ("Requisite", "[success=ok new_authtok_reqd=ok ignore=ignore default=die]"),
            ("sufficient", "[success=done new_authtok_reqd=done default=ignore]"),
            ("optional", "[success=ok new_authtok_reqd=ok default=ignore]"),
        ] {
            assert_eq!(Control::parse(keyword), Control::parse(brackets), "{keyword}");
        }
    }

    #[test]
    fn brackets_are_read_and_what_they_leave_out_refuses() {
        let control = Control::parse("[success=2 user_unknown = ignore  auth_err=die]").unwrap();
        assert_eq!(control.action(Code::SUCCESS), Action::Jump(2));
        assert_eq!(control.action(Code::USER_UNKNOWN), Action::Ignore);
        assert_eq!(control.action(Code::AUTH_ERR), Action::Die);
        assert_eq!(control.action(Code::AUTHINFO_UNAVAIL), Action::Bad);
        for wrong in [
            "needed",
            "[success]",
            "[succes=ok]",
            "[success=fine]",
            "[success=0]",
            "[success=ok",
            "",
        ] {
            assert_eq!(Control::parse(wrong), None, "{wrong}");
        }
    }
}
