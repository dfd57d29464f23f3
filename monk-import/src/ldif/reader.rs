//! Records of LDIF (RFC 2849), and the end of what `ldapsearch` prints.
//!
//! The reader is strict: what it does not understand is a fault of its line, and nothing is guessed or
//! passed over. Lines are only put together where they are folded, into memory that is wiped.

use std::iter::{Peekable, Zip};
use std::ops::{Deref, RangeFrom};
use std::str::Lines;

use data_encoding::BASE64;
use monk_wire::Secret;
use zeroize::Zeroizing;

use super::record::{Attribute, DESCRIPTION, OBJECT_CLASS, Record, UID, Value};
use crate::parsed::{MOST_PROBLEMS, shown};

/// What `ldapsearch` prints about the search itself, in a record without a name.
const OF_A_SEARCH: [&str; 6] = ["search", "result", "text", "matchedDN", "control", "ref"];

/// What a text holds.
#[derive(Default)]
pub(super) struct Contents {
    /// Its records, with the attributes that were wanted.
    pub(super) records: Vec<Record>,
    /// Lines that are wrong, counted from 1, and why.
    pub(super) faults: Vec<(usize, String)>,
}

/// Whether a text begins as LDIF does: with its version, or with the name of an entry.
pub(super) fn begins(text: &str) -> bool {
    let first = Logical::of(text).find(|(_, line)| !line.is_empty());
    first.and_then(|(_, line)| {
        let (name, rest) = line.split_once(':')?;
        let version = rest.trim().parse::<u32>();
        Some(is(name, "dn") || is(name, "version") && version.is_ok())
    }) == Some(true)
}

/// Reads a text. `wanted` gives the attributes of that name, in any case, their usual spelling.
pub(super) fn read(text: &str, wanted: impl Fn(&str) -> Option<Attribute>) -> Contents {
    let mut reader = Reader { contents: Contents::default(), state: State::Start };
    if !text.is_empty() && !text.ends_with('\n') {
        let message = "the last line has no end: is the file whole?";
        reader.contents.faults.push((text.lines().count(), message.to_owned()));
    }
    for (number, line) in Logical::of(text) {
        if let Err(message) = reader.line(number, &line, &wanted) {
            reader.contents.faults.push((number, message));
            reader.state = State::Broken;
        }
        if reader.contents.faults.len() >= MOST_PROBLEMS {
            break;
        }
    }
    reader.end_record();
    reader.contents
}

/// Where the reader is.
enum State {
    /// Before everything, where a version may stand.
    Start,
    /// Between two records.
    Between,
    /// In a record.
    In(Record),
    /// In a record of `ldapsearch`.
    Search,
    /// In a record that is wrong, whose rest is not read.
    Broken,
}

struct Reader {
    contents: Contents,
    state: State,
}

impl Reader {
    fn end_record(&mut self) {
        if let State::In(record) = std::mem::replace(&mut self.state, State::Between)
            && record.is_of_interest()
        {
            self.contents.records.push(record);
        }
    }

    fn line(
        &mut self,
        number: usize,
        line: &str,
        wanted: &impl Fn(&str) -> Option<Attribute>,
    ) -> Result<(), String> {
        if line.is_empty() {
            if !matches!(self.state, State::Start) {
                self.end_record();
            }
            return Ok(());
        }
        if matches!(self.state, State::Broken) {
            return Ok(());
        }
        let spec = Spec::of(line).ok_or("no attribute and value of LDIF (RFC 2849)")?;
        let of_search = OF_A_SEARCH.iter().any(|name| is(spec.name, name));
        match &mut self.state {
            State::Start if is(spec.name, "version") => {
                self.state = State::Between;
                match spec.text()?.as_str() {
                    Some("1") => Ok(()),
                    _ => Err("its version is not 1, the only one of LDIF".to_owned()),
                }
            }
            State::Start | State::Between if is(spec.name, "dn") => {
                let name = spec.text()?;
                let name = name.as_str().ok_or("the name of this entry is not UTF-8")?;
                self.state = State::In(Record::new(number, name)?);
                Ok(())
            }
            State::Start | State::Between | State::Search if of_search => {
                self.state = State::Search;
                of_the_search(&spec)
            }
            State::In(record) => match wanted(spec.name) {
                Some(attribute) if !spec.has_options => {
                    record.add(attribute, spec.value()?);
                    Ok(())
                }
                // That is not the attribute itself: a name in another language, for example.
                Some(OBJECT_CLASS | UID | DESCRIPTION) => Ok(()),
                Some(attribute) => Err(format!(
                    "{attribute} has an option (a semicolon and a word after its name): export the current values alone"
                )),
                None => not_wanted(&spec),
            },
            State::Start | State::Between | State::Search => {
                Err("a record begins with the name of its entry (dn)".to_owned())
            }
            State::Broken => Ok(()),
        }
    }
}

/// What stands in a record and is no wanted attribute.
fn not_wanted(spec: &Spec<'_>) -> Result<(), String> {
    if matches!(spec.raw, Raw::Url) {
        return Err(format!(
            "the value of {} is in another file (:<), which is not read: export the values themselves",
            shown(spec.name)
        ));
    }
    if is(spec.name, "dn") {
        return Err("a second dn in one record: is an empty line missing?".to_owned());
    }
    if is(spec.name, "control") {
        return Err("a control: this is a list of changes, not an export of entries".to_owned());
    }
    if is(spec.name, "changetype")
        && !spec.text()?.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("add"))
    {
        return Err("a change of an entry (changetype): export the entries themselves".to_owned());
    }
    Ok(())
}

/// What a search says about itself: one that is not complete must not pass for one that is.
fn of_the_search(spec: &Spec<'_>) -> Result<(), String> {
    if is(spec.name, "ref") {
        return Err(
            "the server refers to another one for a part of the entries: the export is not complete"
                .to_owned(),
        );
    }
    let text = spec.text()?;
    let is_complete = text.as_str().is_some_and(|text| text == "0" || text.starts_with("0 "));
    if is(spec.name, "result") && !is_complete {
        return Err("the search ended with an error: the export is not complete".to_owned());
    }
    Ok(())
}

fn is(name: &str, other: &str) -> bool {
    name.eq_ignore_ascii_case(other)
}

/// An attribute and its value, as they are written (`attrval-spec`).
struct Spec<'a> {
    name: &'a str,
    has_options: bool,
    raw: Raw<'a>,
}

enum Raw<'a> {
    Plain(&'a str),
    Base64(&'a str),
    /// A file that is named by its URL.
    Url,
}

/// A value that is short-lived.
struct Text(Secret);

impl Text {
    fn as_str(&self) -> Option<&str> {
        self.0.expose_str().map(str::trim)
    }
}

impl<'a> Spec<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let (description, value) = line.split_once(':')?;
        let (name, options) = match description.split_once(';') {
            Some((name, options)) => (name, Some(options)),
            None => (description, None),
        };
        let is_word = |word: &str| {
            let of_words = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
            !word.is_empty() && word.chars().all(of_words)
        };
        let fits = is_word(name) && options.is_none_or(|options| options.split(';').all(is_word));
        let raw = match value.as_bytes().first() {
            Some(b':') => Raw::Base64(value[1..].trim_matches(' ')),
            Some(b'<') => Raw::Url,
            _ => Raw::Plain(value.trim_start_matches(' ')),
        };
        fits.then_some(Self { name, has_options: options.is_some(), raw })
    }

    fn value(&self) -> Result<Value, String> {
        match self.raw {
            Raw::Plain(text) => Ok(Value::plain(text)),
            Raw::Base64(text) => {
                let bytes = BASE64.decode(text.as_bytes()).map(Zeroizing::new);
                let bytes = bytes.map_err(|_| {
                    format!(
                        "the value of {} is not in base 64: is the file whole?",
                        shown(self.name)
                    )
                })?;
                Ok(Value::encoded(&bytes))
            }
            Raw::Url => Err(format!(
                "the value of {} is in another file (:<), which is not read: export the values themselves",
                shown(self.name)
            )),
        }
    }

    fn text(&self) -> Result<Text, String> {
        Ok(Text(self.value()?.into_bytes()))
    }
}

/// A line, put together if it is folded (RFC 2849, note 2).
enum Unfolded<'a> {
    Whole(&'a str),
    Joined(Zeroizing<String>),
}

impl Deref for Unfolded<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Whole(line) => line,
            Self::Joined(line) => line,
        }
    }
}

/// The lines of a text with their numbers, without comments.
struct Logical<'a> {
    lines: Peekable<Zip<RangeFrom<usize>, Lines<'a>>>,
}

impl<'a> Logical<'a> {
    fn of(text: &'a str) -> Self {
        let lines = text.trim_start_matches('\u{feff}').lines();
        Self { lines: (1..).zip(lines).peekable() }
    }
}

impl<'a> Iterator for Logical<'a> {
    type Item = (usize, Unfolded<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (number, first) = self.lines.next()?;
            if first.is_empty() {
                return Some((number, Unfolded::Whole(first)));
            }
            let mut rest = Vec::new();
            while let Some((_, line)) = self.lines.next_if(|(_, line)| line.starts_with(' ')) {
                rest.push(&line[1..]);
            }
            if first.starts_with('#') {
                continue;
            }
            if rest.is_empty() {
                return Some((number, Unfolded::Whole(first)));
            }
            let length = first.len() + rest.iter().map(|piece| piece.len()).sum::<usize>();
            // With all the room at once: a text that grows leaves pieces behind.
            let mut joined = Zeroizing::new(String::with_capacity(length));
            joined.push_str(first);
            rest.iter().for_each(|piece| joined.push_str(piece));
            return Some((number, Unfolded::Joined(joined)));
        }
    }
}
