//! What a browser sends: the fields of a form or of a query.

use monk_wire::Secret;
use zeroize::Zeroizing;

/// Longest field. The longest that means anything is a password, of which the engine takes 512 bytes.
const LONGEST_FIELD: usize = 2 * 1024;

/// Longest answer of a passkey: most have 1 KiB, and ids and attestations may be longer.
const LONGEST_ANSWER: usize = 8 * 1024;

/// Longest list of people to invite: with what a browser makes of ends of lines, it fits into a body.
const LONGEST_LIST: usize = 9 * 1024;

/// Fields, in their order.
#[derive(Default)]
pub struct Form(Vec<(String, Zeroizing<String>)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let fields = form_urlencoded::parse(bytes);
        Self(fields.map(|(name, value)| (name.into(), Zeroizing::new(value.into()))).collect())
    }

    /// Whether a field is longer than any could be. Together they could fill more than a question to the engine.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        let longest = |name: &str| match name {
            "answer" | "proof_answer" => LONGEST_ANSWER,
            "names" => LONGEST_LIST,
            _ => LONGEST_FIELD,
        };
        self.0.iter().any(|(name, value)| value.len() > longest(name))
    }

    /// The first field of a name; empty where there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// All fields of a name.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| &***value)
    }

    /// What was typed into a field that hides it.
    #[must_use]
    pub fn secret(&self, name: &str) -> Secret {
        Secret::new(self.text(name).as_bytes())
    }

    /// A code as it was typed, without blanks around it.
    #[must_use]
    pub fn code(&self) -> Secret {
        Secret::new(self.text("code").trim().as_bytes())
    }
}
