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
    /// Reads a control field, with or without its brackets, as `_pam_parse_control` does.
    ///
    /// # Errors
    /// What libpam would not understand, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner =
            text.strip_prefix('[').map_or(text, |rest| rest.strip_suffix(']').unwrap_or(rest));
        match inner.to_ascii_lowercase().as_str() {
            "required" => return Ok(Self::keyword(Action::Ok, Action::Ignore, Action::Bad)),
            "requisite" => return Ok(Self::keyword(Action::Ok, Action::Ignore, Action::Die)),
            "sufficient" => return Ok(Self::keyword(Action::Done, Action::Ignore, Action::Ignore)),
            "optional" => return Ok(Self::keyword(Action::Ok, Action::Ignore, Action::Ignore)),
            _ => {}
        }
        let mut actions = [None; CODES.len()];
        let mut rest = inner.trim_start_matches(is_space);
        while !rest.is_empty() {
            let pair = rest;
            let wrong = || format!("`{}` is no answer with its action", first_word(pair));
            let code = CODES.iter().position(|code| rest.starts_with(code));
            let name = code.map_or("default", |code| CODES[code]);
            let after = rest.strip_prefix(name).ok_or_else(wrong)?.trim_start_matches(is_space);
            let after = after.strip_prefix('=').ok_or_else(wrong)?.trim_start_matches(is_space);
            let (action, after) = Action::parse(after).ok_or_else(wrong)?;
            match code {
                Some(code) => actions[code] = Some(action),
                // The first one, of those that have none yet.
                None => actions.iter_mut().for_each(|one| *one = one.or(Some(action))),
            }
            rest = after.trim_start_matches(is_space);
        }
        // An answer that is not named refuses.
        Ok(Self(actions.map(|action| action.unwrap_or(Action::Bad))))
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
    /// Reads the action that a text begins with, and says what follows it.
    fn parse(text: &str) -> Option<(Self, &str)> {
        const NAMED: [(&str, Action); 6] = [
            ("ignore", Action::Ignore),
            ("ok", Action::Ok),
            ("done", Action::Done),
            ("bad", Action::Bad),
            ("die", Action::Die),
            ("reset", Action::Reset),
        ];
        let named =
            NAMED.iter().find_map(|(name, action)| Some((*action, text.strip_prefix(name)?)));
        if named.is_some() {
            return named;
        }
        let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
        // 0 is not allowed, and makes the whole field one that is not understood.
        let rules = text[..end].parse().ok().filter(|&rules| rules > 0)?;
        Some((Self::Jump(rules), &text[end..]))
    }
}

/// What C's `isspace` means.
fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

fn first_word(text: &str) -> &str {
    text.split(is_space).next().unwrap_or_default()
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
        assert_eq!(
            Control::parse("[success=okdefault=die]"),
            Control::parse("[success=ok default=die]")
        );
        assert_eq!(Control::parse("[default=ok default=bad]"), Control::parse("[default=ok]"));
        assert_eq!(Control::parse("[required]"), Control::parse("required"));
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
            "[success=ok 1]",
            "required\r",
        ] {
            assert!(Control::parse(wrong).is_err(), "{wrong}");
        }
    }
}
