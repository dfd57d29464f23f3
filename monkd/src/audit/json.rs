//! A line of the log as one JSON object (RFC 8259), for programs.
//!
//! What cannot be seen, or changes the text around it, is escaped, so that such a line is one line of printable text as
//! well.

use std::io::{self, Write};

use monk_terms::printable;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::ser::Formatter;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A text, and how many characters of it are missing.
    Text(String, usize),
    /// A number.
    Number(u64),
}

/// The object of these fields, in their order.
pub(super) fn object(event: &str, fields: &[(&'static str, Value)]) -> String {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Printable);
    // A text takes what is written to it, and all keys are texts.
    Object { event, fields }.serialize(&mut serializer).expect("fields are JSON");
    String::from_utf8(out).expect("JSON is UTF-8")
}

struct Object<'a> {
    event: &'a str,
    fields: &'a [(&'static str, Value)],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("event", self.event)?;
        for (key, value) in self.fields {
            match value {
                Value::Text(text, _) => map.serialize_entry(key, text)?,
                Value::Number(number) => map.serialize_entry(key, number)?,
            }
        }
        let is_cut = |field: &&(&str, Value)| matches!(field.1, Value::Text(_, 1..));
        let cut: Vec<&str> = self.fields.iter().filter(is_cut).map(|(key, _)| *key).collect();
        if !cut.is_empty() {
            map.serialize_entry("cut", &cut)?;
        }
        map.end()
    }
}

/// Escapes what is not printable, besides what JSON itself escapes.
struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for character in fragment.chars() {
            let mut units = [0; 2];
            if printable::is_printable(character) {
                write!(out, "{character}")?;
                continue;
            }
            for unit in character.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_fields_keep_their_order_and_what_was_cut_is_named() {
        let fields = [
            ("user", Value::Text("alice".into(), 0)),
            ("address", Value::Text("x".into(), 7)),
            ("ms", Value::Number(4)),
        ];
        let line = object("login", &fields);
        assert_eq!(
            line,
            r#"{"event":"login","user":"alice","address":"x","ms":4,"cut":["address"]}"#
        );
    }

    proptest! {
        #[test]
        fn any_text_is_one_line_and_is_read_back_exactly(text in any::<String>(), more in "[\u{0}-\u{a0}\u{2028}\u{202e}\u{feff}\u{1f600}\"\\\\]*") {
            for text in [text, more] {
                let line = object("login", &[("user", Value::Text(text.clone(), 0))]);
                prop_assert!(line.chars().all(printable::is_printable), "{line:?}");
                let read: serde_json::Value = serde_json::from_str(&line).unwrap();
                prop_assert_eq!(read["user"].as_str(), Some(text.as_str()));
                prop_assert_eq!(read.as_object().unwrap().len(), 2);
            }
        }
    }
}
