//! Errors of the settings: the line, what is wrong, what to do.

use std::fmt;

/// What is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    line: Option<usize>,
    message: String,
}

impl SettingsError {
    /// An error about keys of a section, on the line of the first of them that stands in `text`, or of the section if
    /// none does. The keys above all sections have the section "".
    #[must_use]
    pub fn about(text: &str, section: &str, keys: &[&str], message: impl Into<String>) -> Self {
        let line = keys.iter().find_map(|key| line_of(text, section, key));
        Self { line: line.or_else(|| line_of(text, section, "")), message: message.into() }
    }

    /// An error of the TOML parser.
    #[must_use]
    pub fn from_toml(text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map(|span| {
            text.as_bytes().iter().take(span.start).filter(|&&byte| byte == b'\n').count() + 1
        });
        Self { line, message: error.message().lines().next().unwrap_or_default().to_owned() }
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

/// The line, counted from 1, of a key in a section, or of the section if the key is empty.
fn line_of(text: &str, section: &str, key: &str) -> Option<usize> {
    let mut inside = section.is_empty();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            inside = header.split(']').next().is_some_and(|name| name.trim() == section);
            if inside && key.is_empty() {
                return Some(number + 1);
            }
        } else if inside && line.split_once('=').is_some_and(|(name, _)| name.trim() == key) {
            return Some(number + 1);
        }
    }
    None
}
