//! The one writer of lines of fields.
//!
//! ```text
//! line   = event *( " " key "=" value )
//! value  = plain / quoted [ "+" left-out ]
//! plain  = 1*( A-Z / a-z / 0-9 / "-" / "_" / "." / "@" / ":" / "/" / "%" / "+" / "…" )
//! quoted = '"' *( character / escape ) '"'      character: any printable one but '"', '=' and '\'
//! escape = "\u{" 1*6( 0-9 / a-f ) "}"
//! ```
//!
//! [`monk_terms::fields`] is the reader of it. Events and keys are the engine's own words; every value goes through [`Fields::with`]. Between
//! quotes there is neither an equals sign nor a quote, so that also a reader who knows nothing of
//! quotes finds no field in a value that somebody has chosen: `verdict=` stands in a line once.

use std::fmt::{self, Display};

use monk_terms::printable;

use super::json::{self, Value};
use super::occasion::Occasion;

/// Longest value in characters; what is longer is cut, and the line says how many are missing. A name is
/// at most 256 bytes long.
pub(super) const MAX_VALUE: usize = 256;

/// A line under way.
pub(super) struct Fields {
    event: &'static str,
    fields: Vec<(&'static str, Value)>,
}

impl Fields {
    /// A line about `event`.
    pub(super) fn of(event: &'static str) -> Self {
        Self { event, fields: Vec::new() }
    }

    /// The line with one more field.
    pub(super) fn with(mut self, key: &'static str, value: impl Display) -> Self {
        let mut text = value.to_string();
        let left_out = cut(&mut text);
        self.fields.push((key, Value::Text(text, left_out)));
        self
    }

    /// The line with one more field that is never cut, because it is a sentence of the engine's.
    pub(super) fn with_whole(mut self, key: &'static str, text: &str) -> Self {
        self.fields.push((key, Value::Text(text.to_owned(), 0)));
        self
    }

    /// The line with one more number, where there is one.
    pub(super) fn with_number_if(self, key: &'static str, number: Option<u32>) -> Self {
        match number {
            Some(number) => self.with_number(key, number),
            None => self,
        }
    }

    /// The line with one more field that is a number.
    pub(super) fn with_number(mut self, key: &'static str, number: impl TryInto<u64>) -> Self {
        self.fields.push((key, Value::Number(number.try_into().unwrap_or(u64::MAX))));
        self
    }

    /// The line with one more field, where there is something to say.
    pub(super) fn with_some(self, key: &'static str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The line with what joins it to others.
    pub(super) fn on(self, occasion: Option<Occasion>) -> Self {
        let Some(Occasion { id, process }) = occasion else { return self };
        let line = self.with("id", id);
        match process {
            Some(process) => line.with_number("pid", process),
            None => line,
        }
    }

    /// The line as one JSON object.
    pub(super) fn json(&self) -> String {
        json::object(self.event, &self.fields)
    }
}

impl Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = self.event.to_owned();
        for (key, value) in &self.fields {
            line.push(' ');
            line.push_str(key);
            line.push('=');
            match value {
                Value::Text(text, left_out) => write_value(text, *left_out, &mut line),
                Value::Number(number) => line.push_str(&number.to_string()),
            }
        }
        f.write_str(&line)
    }
}

/// Cuts a text that is too long; how many characters are missing.
fn cut(text: &mut String) -> usize {
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => {
            let left_out = text[end..].chars().count();
            text.truncate(end);
            left_out
        }
        None => 0,
    }
}

fn write_value(text: &str, left_out: usize, line: &mut String) {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.@:/%+…".contains(c);
    if left_out == 0 && !text.is_empty() && text.chars().all(is_plain) {
        line.push_str(text);
        return;
    }
    line.push('"');
    for character in text.chars() {
        match character {
            '"' | '=' | '\\' => printable::escape(character, line),
            _ if printable::is_printable(character) => line.push(character),
            _ => printable::escape(character, line),
        }
    }
    line.push('"');
    if left_out > 0 {
        line.push_str(&format!("+{left_out}"));
    }
}

#[cfg(test)]
mod tests {
    use monk_terms::fields::Line;
    use proptest::prelude::*;

    use super::*;

    /// Any text, and more often than chance has it what could break a line.
    fn any_text() -> impl Strategy<Value = String> {
        let nasty = prop::sample::select(vec![
            "\n",
            "\r\n",
            "\0",
            "\x1b[2K",
            "\x7f",
            "\u{85}",
            "\u{9b}",
            "\u{2028}",
            "\u{202e}",
            "\u{2066}",
            "\u{feff}",
            "=",
            "\"",
            "\\",
            "\\u{a}",
            " ",
            " verdict=granted",
            "\" verdict=granted",
            "+7",
            "é",
            "a\u{301}",
            "\u{301}",
            "",
            "x",
        ]);
        prop_oneof![
            prop::collection::vec(
                prop_oneof![nasty.prop_map(str::to_owned), any::<String>()],
                0..8
            )
            .prop_map(|parts| parts.concat()),
            "\\PC{0,400}",
        ]
    }

    proptest! {
        #[test]
        fn any_fields_are_one_line_and_are_read_back_exactly(values in prop::array::uniform3(any_text())) {
            let [user, address, reason] = &values;
            let line = Fields::of("login").with("user", user).with("address", address).with("reason", reason);
            let line = line.to_string();
            prop_assert!(line.chars().all(printable::is_printable), "{line:?}");
            let read = Line::parse(&line).expect("the grammar is kept");
            prop_assert_eq!(read.event, "login");
            prop_assert_eq!(line.matches('=').count(), 3, "{}", line);
            for (field, (wanted, text)) in read.fields.iter().zip(["user", "address", "reason"].iter().zip(&values)) {
                let shown: String = text.chars().take(MAX_VALUE).collect();
                let left_out = text.chars().count().saturating_sub(MAX_VALUE);
                prop_assert_eq!(&field.key, wanted);
                prop_assert_eq!((&*field.value, field.left_out), (shown.as_str(), left_out));
            }
        }
    }

    #[test]
    fn values_are_plain_or_quoted() {
        for (value, written) in [
            ("alice@example.org", "alice@example.org"),
            ("2001:db8::7", "2001:db8::7"),
            ("", "\"\""),
            ("jürgen", "\"jürgen\""),
            ("a b", "\"a b\""),
            ("a\"b\\c=d", "\"a\\u{22}b\\u{5c}c\\u{3d}d\""),
            ("x\r\ny\0", "\"x\\u{d}\\u{a}y\\u{0}\""),
        ] {
            assert_eq!(Fields::of("x").with("k", value).to_string(), format!("x k={written}"));
        }
        let long = Fields::of("x").with("k", "y".repeat(5000)).to_string();
        assert!(long.ends_with("yy\"+4744") && long.len() < 300, "{long}");
    }
}
