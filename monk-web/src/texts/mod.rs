//! Every text of the portal, in one table: English and German.
//!
//! In a text, `{name}` is filled in, `**words**` are strong, and `[words]` are a link. See [`phrase`].

mod approve;
mod entry;
mod invitations;
mod login_code;
mod methods;
mod passkeys;
mod password;
mod people;
pub mod phrase;
mod profile;
mod programs;
mod refused;
mod setup;
mod table;
mod tickets;

use serde::Deserialize;

pub use approve::Approve;
pub use entry::{Common, SignIn, Trouble};
pub use invitations::Invitations;
pub use login_code::LoginCode;
pub use methods::{Changes, Methods};
pub use passkeys::Passkeys;
pub use password::PasswordTexts;
pub use people::People;
pub use profile::ProfileTexts;
pub use programs::Programs;
pub use refused::RefusedTexts;
pub use setup::Setup;
pub use tickets::TicketTexts;

/// A language that the portal speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The code (BCP 47).
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language of a code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The language that a browser likes best of ours (RFC 9110 §12.5.4).
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        let ours = Self::ALL.map(Self::code);
        accept_language::intersection(header, &ours).first().and_then(|code| Self::of_code(code))
    }

    /// The other language.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::English => Self::German,
            Self::German => Self::English,
        }
    }

    /// What the language calls itself.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }
}

/// All texts in one language.
#[derive(Debug)]
pub struct Texts {
    /// What several pages say.
    pub common: Common,
    /// Signing in and out.
    pub sign_in: SignIn,
    /// What goes wrong.
    pub trouble: Trouble,
    /// Setting up a phone, and backup codes.
    pub setup: Setup,
    /// My methods.
    pub methods: Methods,
    /// Names, removals, addresses.
    pub changes: Changes,
    /// App passwords and mail programs.
    pub programs: Programs,
    /// Profiles for iPhones.
    pub profile: ProfileTexts,
    /// Passkeys.
    pub passkeys: Passkeys,
    /// Approving a login.
    pub approve: Approve,
    /// One-time codes.
    pub login_code: LoginCode,
    /// Tickets.
    pub tickets: TicketTexts,
    /// The pages for administrators.
    pub people: People,
    /// Invitations by administrators.
    pub invitations: Invitations,
    /// The change of the password.
    pub password: PasswordTexts,
    /// Refusals of mail programs.
    pub refused: RefusedTexts,
}

macro_rules! in_language {
    ($language:ident) => {
        Texts {
            common: Common::$language,
            sign_in: SignIn::$language,
            trouble: Trouble::$language,
            setup: Setup::$language,
            methods: Methods::$language,
            changes: Changes::$language,
            programs: Programs::$language,
            profile: ProfileTexts::$language,
            passkeys: Passkeys::$language,
            approve: Approve::$language,
            login_code: LoginCode::$language,
            tickets: TicketTexts::$language,
            people: People::$language,
            invitations: Invitations::$language,
            password: PasswordTexts::$language,
            refused: RefusedTexts::$language,
        }
    };
}

static ENGLISH: Texts = in_language!(ENGLISH);
static GERMAN: Texts = in_language!(GERMAN);
/// For the test that no page has words of its own.
#[cfg(test)]
pub static MARKED: Texts = in_language!(MARKED);

impl Texts {
    /// The texts of a language.
    #[must_use]
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(&'static str, &'static str, &'static str)> {
        [
            Common::ALL,
            SignIn::ALL,
            Trouble::ALL,
            Setup::ALL,
            Methods::ALL,
            Changes::ALL,
            Programs::ALL,
            ProfileTexts::ALL,
            Passkeys::ALL,
            Approve::ALL,
            LoginCode::ALL,
            TicketTexts::ALL,
            People::ALL,
            Invitations::ALL,
            PasswordTexts::ALL,
            RefusedTexts::ALL,
        ]
        .concat()
    }

    fn places(text: &str) -> Vec<&str> {
        let mut names: Vec<_> =
            text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    #[test]
    fn each_text_has_both_languages_with_the_same_places_and_links() {
        for (name, english, german) in all() {
            assert!(!english.trim().is_empty() && !german.trim().is_empty(), "{name}");
            assert_eq!(places(english), places(german), "{name}");
            for mark in ["[", "]"] {
                assert_eq!(english.matches(mark).count(), german.matches(mark).count(), "{name}");
            }
            for text in [english, german] {
                assert_eq!(text.matches("**").count() % 2, 0, "{name}: {text}");
            }
        }
    }

    #[test]
    fn texts_are_friendly_and_never_blame() {
        for (name, english, german) in all() {
            let english = english.to_lowercase();
            for word in ["invalid", "failed", "error", "you must"] {
                assert!(!english.contains(word), "{name} says {word}");
            }
            for word in ["ungültig", "fehlgeschlagen", "sie müssen"] {
                assert!(!german.to_lowercase().contains(word), "{name} says {word}");
            }
        }
    }

    #[test]
    fn the_language_is_the_one_that_the_browser_likes_best() {
        for (header, language) in [
            ("de", Some(Language::German)),
            ("de-AT,de;q=0.9,en;q=0.8", Some(Language::German)),
            ("en-GB,en;q=0.9,de;q=0.8", Some(Language::English)),
            ("fr,en;q=0.2,de;q=0.5", Some(Language::German)),
            ("fr", None),
            ("", None),
            ("*;q=;,,de", Some(Language::German)),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }
}
