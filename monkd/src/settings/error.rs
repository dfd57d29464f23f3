//! Errors of the settings: the line, what is wrong, what to do. Never a value.

use std::fmt;

/// How far a misspelt key may be from a known one to be taken for it (Jaro–Winkler, 0 to 1).
const SIMILAR: f64 = 0.8;

/// How the TOML parser begins when something stands there twice.
const DUPLICATE: &str = "duplicate key";

/// The keys above all sections. Below one, they would be its keys.
const ABOVE_SECTIONS: [&str; 2] = ["directory", "credentials"];

/// What is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    line: Option<usize>,
    message: String,
}

impl SettingsError {
    /// An error that concerns no single line.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { line: None, message: message.into() }
    }

    /// The same with the line of the section that it begins with, such as `[policy]`, or of the key in that
    /// section that its first words name.
    #[must_use]
    pub fn located(self, text: &str) -> Self {
        let line = self.line.or_else(|| line_of(text, &self.message));
        Self { line, ..self }
    }

    /// The error of the TOML parser without anything that stands in the file but key names.
    #[must_use]
    pub fn from_toml(text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map(|span| {
            text.as_bytes().iter().take(span.start).filter(|&&byte| byte == b'\n').count() + 1
        });
        let twice = line.and_then(|line| section_of_before(text, line));
        let message = match twice {
            Some((section, before)) if error.message().starts_with(DUPLICATE) => {
                format!(
                    "the section {section} begins in line {before} already: write its keys there"
                )
            }
            _ => without_values(error.message()),
        };
        Self { line, message }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// How many words of a message may name the key that it is about.
const WORDS: usize = 12;

/// The line, counted from 1, of what `message` is about.
fn line_of(text: &str, message: &str) -> Option<usize> {
    let header = message.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let words = header.map_or(message, |(_, words)| words);
    let words = words.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).take(WORDS).collect();
    let mut inside = header.is_none();
    let mut found = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if let Some(section) = line.strip_prefix('[') {
            let name = section.split(']').next().unwrap_or_default();
            let name: String = name.chars().filter(|c| !matches!(c, '"' | '\'' | ' ')).collect();
            inside = header.is_some_and(|(wanted, _)| wanted == name);
            found = found.or_else(|| inside.then_some(number + 1));
        } else if let Some((key, _)) = line.split_once('=')
            && inside
            && words.contains(&key.trim())
        {
            return Some(number + 1);
        }
    }
    found
}

/// The section whose header is in a line, if the same header is in a line before.
fn section_of_before(text: &str, line: usize) -> Option<(&str, usize)> {
    let header = text.lines().nth(line.checked_sub(1)?)?.trim();
    let name = header.strip_prefix('[')?.strip_suffix(']')?;
    let before = text.lines().take(line - 1).position(|line| line.trim() == header)?;
    (!name.contains(['"', '\''])).then_some((header, before + 1))
}

/// serde's messages quote the offending value in front of what was expected; only the latter,
/// and names of keys, may be shown.
fn without_values(message: &str) -> String {
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| expected);
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let key = rest.split('`').next().unwrap_or_default();
        return unknown_key(key, expected.unwrap_or_default());
    }
    if let Some(rest) = message.strip_prefix("missing field `") {
        return format!("the key `{}` is missing", rest.trim_end_matches('`'));
    }
    for kind in ["invalid type", "invalid value", "invalid length", "unknown variant"] {
        if message.starts_with(kind) {
            return match expected {
                Some(expected) => format!("{kind}, expected {expected}"),
                None => kind.to_owned(),
            };
        }
    }
    if message.starts_with(DUPLICATE) {
        return "the same key stands there twice".to_owned();
    }
    // Whatever else the parser says could quote the file.
    "this is not TOML: check quotes, brackets and the `=`".to_owned()
}

fn unknown_key(key: &str, expected: &str) -> String {
    let known: Vec<&str> =
        expected.split('`').skip(1).step_by(2).filter(|name| !name.is_empty()).collect();
    let nearest = known
        .iter()
        .map(|name| (strsim::jaro_winkler(key, name), name))
        .filter(|(likeness, _)| *likeness >= SIMILAR)
        .max_by(|one, two| one.0.total_cmp(&two.0));
    match nearest {
        _ if ABOVE_SECTIONS.contains(&key) && !known.contains(&key) => {
            format!("`{key}` belongs above all sections, near the beginning of the file")
        }
        Some((_, name)) => format!("unknown key `{key}`: did you mean `{name}`?"),
        None => format!("unknown key `{key}`: known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_were_put_at_the_end_of_the_file_are_sent_to_their_place() {
        let said = |text: &str| {
            let error = toml::from_str::<crate::settings::Settings>(text).expect_err("it is wrong");
            SettingsError::from_toml(text, &error).to_string()
        };
        assert_eq!(
            said("[metrics]\n\n[policy]\n[metrics]\nenabled = true\n"),
            "line 4: the section [metrics] begins in line 1 already: write its keys there"
        );
        assert_eq!(
            said("[policy]\nmfa = \"off\"\nmfa = \"off\"\n"),
            "line 3: the same key stands there twice"
        );
        assert_eq!(
            said("[policy]\ndirectory = \"ldap\"\n"),
            "line 2: `directory` belongs above all sections, near the beginning of the file"
        );
    }

    #[test]
    fn what_contradicts_itself_is_told_with_its_line_too() {
        let text = "directory = \"ldap\"\n\n[policy]\n# mfa\nmfa = \"off\"\n\n[service.\"SSHD\"]\nmfa = \"off\"\n\
                    [ldap]\nbase = \"\"\nuris = []\n";
        for (message, line) in [
            ("[policy]: mfa = \"off\" checks nothing at all", Some(5)),
            ("[policy]: nothing that stands there", Some(3)),
            ("[service.SSHD]: PAM service names are lower case", Some(7)),
            ("[service.SSHD]: mfa and more", Some(8)),
            ("directory = \"ldap\" needs a section", Some(1)),
            ("[ldap] base is empty", Some(10)),
            ("[ldap] uris names no server", Some(11)),
            ("[mail]: not there at all", None),
        ] {
            assert_eq!(SettingsError::new(message).located(text).line, line, "{message}");
        }
    }
}
