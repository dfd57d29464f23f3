//! How a login came: the form in which its program and its person gave what is needed, and nothing of what that was.
//!
//! One word of the audit, such as `string+code` or `asked+screen`. With it, a login of the past can be decided under
//! another policy.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where the first string came from.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum First {
    /// There was none: sshd had accepted a key, or another module had checked the password.
    #[default]
    None,
    /// The program handed it over.
    String,
    /// monk asked for it on a screen.
    Asked,
}

/// How a code came, or what came in place of one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum Second {
    /// No code was typed, and no screen asked for one.
    #[default]
    None,
    /// `PASSWORD;CODE`.
    Behind,
    /// `PASSWORDCODE`.
    Joined,
    /// The first string was the code, where another module checks the password.
    Alone,
    /// It was typed on a screen of its own.
    Screen,
    /// The screen was answered with Enter.
    Enter,
    /// The screen was answered with the first string again, as programs do that cannot show it, or not at all.
    Again,
}

/// How a login came.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct How {
    /// The first string.
    pub first: First,
    /// Whether sshd had accepted a key.
    pub with_key: bool,
    /// Whether somebody other than monk checks the password.
    pub is_unchecked: bool,
    /// The code.
    pub second: Second,
    /// Whether the program can show no screen.
    pub has_one_box: bool,
    /// Whether the program is not root's, and less is believed of what it states.
    pub is_users: bool,
}

const KEY: &str = "key";
const ELSEWHERE: &str = "elsewhere";
const ONE_BOX: &str = "box";
const USERS: &str = "unprivileged";

impl First {
    const ALL: [Self; 3] = [Self::None, Self::String, Self::Asked];

    fn as_str(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::String => "string",
            Self::Asked => "asked",
        }
    }
}

impl Second {
    const ALL: [Self; 7] = [
        Self::None,
        Self::Behind,
        Self::Joined,
        Self::Alone,
        Self::Screen,
        Self::Enter,
        Self::Again,
    ];

    fn as_str(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Behind => Some("code"),
            Self::Joined => Some("joined"),
            Self::Alone => Some("alone"),
            Self::Screen => Some("screen"),
            Self::Enter => Some("enter"),
            Self::Again => Some("again"),
        }
    }
}

impl How {
    /// What a word of the audit means, if this release knows it.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let mut words = word.split('+').peekable();
        let first = words.next()?;
        let first = First::ALL.into_iter().find(|one| one.as_str() == first)?;
        let with_key = words.next_if_eq(&KEY).is_some();
        let is_unchecked = words.next_if_eq(&ELSEWHERE).is_some();
        let is_next =
            |one: &Second| one.as_str().is_some() && one.as_str() == words.peek().copied();
        let second = Second::ALL.into_iter().find(is_next).unwrap_or_default();
        if second != Second::None {
            words.next();
        }
        let has_one_box = words.next_if_eq(&ONE_BOX).is_some();
        let is_users = words.next_if_eq(&USERS).is_some();
        let how = Self { first, with_key, is_unchecked, second, has_one_box, is_users };
        words.next().is_none().then_some(how)
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            self.with_key.then_some(KEY),
            self.is_unchecked.then_some(ELSEWHERE),
            self.second.as_str(),
            self.has_one_box.then_some(ONE_BOX),
            self.is_users.then_some(USERS),
        ];
        f.write_str(self.first.as_str())?;
        words.into_iter().flatten().try_for_each(|word| write!(f, "+{word}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_read_back_from_its_word() {
        let either = [false, true];
        for first in First::ALL {
            for second in Second::ALL {
                for [with_key, is_unchecked, has_one_box, is_users] in
                    either.into_iter().flat_map(|a| either.map(|b| [a, b, a ^ b, !b]))
                {
                    let how = How { first, with_key, is_unchecked, second, has_one_box, is_users };
                    assert_eq!(How::of_word(&how.to_string()), Some(how), "{how}");
                }
            }
        }
        let behind = How { first: First::String, second: Second::Behind, ..How::default() };
        assert_eq!(behind.to_string(), "string+code");
    }

    #[test]
    fn another_word_is_none() {
        for word in
            ["", "string+", "strings", "string+code+code", "string+box+key", "key", "asked+new"]
        {
            assert_eq!(How::of_word(word), None, "{word}");
        }
    }
}
