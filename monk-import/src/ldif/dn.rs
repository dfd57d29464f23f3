//! Distinguished names in their string form (RFC 4514), to compare them, and to find a login name in them.

use std::iter::Peekable;
use std::str::Chars;

/// The type of a login name, by its name and as an OID (RFC 4519 §2.39).
const UID: [&str; 2] = ["uid", "0.9.2342.19200300.100.1.1"];

/// A distinguished name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dn {
    key: String,
    uid: Option<String>,
}

/// A part: its type in small letters, and its value as it is meant.
type Part = (String, String);

impl Dn {
    /// The name in `text`; none if it breaks a rule of RFC 4514. Blanks around parts are allowed, as
    /// RFC 2253 §4 wants it.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut rest = text.trim_start_matches(' ').chars().peekable();
        let mut dn = Self::default();
        if rest.peek().is_none() {
            return Some(dn);
        }
        loop {
            let mut parts = Vec::new();
            let end = loop {
                parts.push(part(&mut rest)?);
                match rest.next() {
                    Some('+') => {}
                    end => break end,
                }
            };
            if dn.key.is_empty() {
                let of_user = |(kind, _): &&Part| UID.contains(&kind.as_str());
                let mut users = parts.iter().filter(of_user);
                dn.uid = users.next().map(|(_, value)| value.clone());
                // Two login names are none.
                dn.uid = dn.uid.filter(|_| users.next().is_none());
            }
            dn.add(parts);
            match end {
                Some(',' | ';') => {}
                None => return Some(dn),
                Some(_) => return None,
            }
        }
    }

    /// What is the same for all spellings of a name, in which case does not count.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The login name in its first part.
    pub(super) fn uid(&self) -> Option<&str> {
        self.uid.as_deref()
    }

    fn add(&mut self, mut parts: Vec<Part>) {
        parts.sort();
        for (number, (kind, value)) in parts.into_iter().enumerate() {
            // A control character cannot be in a value, whose blanks are blanks here.
            self.key.push(if number == 0 { '\u{1}' } else { '\u{2}' });
            self.key.push_str(&kind);
            self.key.push('\u{3}');
            let mut words = value.split_whitespace();
            if let Some(word) = words.next() {
                self.key.push_str(&word.to_lowercase());
            }
            for word in words {
                self.key.push(' ');
                self.key.push_str(&word.to_lowercase());
            }
        }
    }
}

/// One `type=value`, up to what ends it.
fn part(rest: &mut Peekable<Chars<'_>>) -> Option<Part> {
    while rest.next_if_eq(&' ').is_some() {}
    let mut kind = String::new();
    while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')) {
        kind.push(c.to_ascii_lowercase());
    }
    while rest.next_if_eq(&' ').is_some() {}
    (rest.next() == Some('=') && !kind.is_empty()).then_some(())?;
    while rest.next_if_eq(&' ').is_some() {}
    Some((kind, value(rest)?))
}

/// A value without its escapes (RFC 4514 §3). One in hex (`#04…`) is left as it is.
fn value(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut bytes = Vec::new();
    // What is behind the last character that is no blank, or is escaped.
    let mut end = 0;
    while let Some(c) = rest.next_if(|c| !matches!(c, ',' | ';' | '+')) {
        match c {
            '\\' => {
                let first = rest.next()?;
                if let Some(high) = first.to_digit(16) {
                    let low = rest.next()?.to_digit(16)?;
                    bytes.push(u8::try_from(high * 16 + low).ok()?);
                } else if matches!(
                    first,
                    ' ' | '"' | '#' | '+' | ',' | ';' | '<' | '=' | '>' | '\\'
                ) {
                    bytes.push(first as u8);
                } else {
                    return None;
                }
                end = bytes.len();
            }
            '"' | '<' | '>' => return None,
            c if c.is_control() => return None,
            c => {
                bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
                if c != ' ' {
                    end = bytes.len();
                }
            }
        }
    }
    bytes.truncate(end);
    let value = String::from_utf8(bytes).ok()?;
    // They would make two names one.
    (!value.contains(['\u{1}', '\u{2}', '\u{3}'])).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        Dn::read(text).unwrap_or_else(|| panic!("{text} is a DN")).key
    }

    #[test]
    fn spellings_of_a_name_are_the_same_name() {
        for spellings in [
            &["uid=alice,ou=People,dc=example,dc=org", "UID=Alice, OU=people ,DC = EXAMPLE,dc=org"]
                [..],
            &["cn=Lu\\C4\\8Di\\C4\\87", "cn=Lučić", "CN=luČi\\c4\\87"],
            &["cn=James \\\"Jim\\\" Smith\\, III,dc=x", "cn=James  \\22Jim\\22 Smith\\2c III;dc=x"],
            &["ou=Sales+cn=J. Smith,dc=x", "CN=J. Smith + OU=Sales,dc=x"],
            &["cn=a=b,dc=x", "cn=a\\=b,dc=x", "cn=a\\3db,dc=x"],
            &["1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0=#04024869 "],
            &["", " "],
        ] {
            for other in spellings {
                assert_eq!(key(spellings[0]), key(other), "{other}");
            }
        }
        for (one, other) in [
            ("cn=a,dc=x", "cn=a+dc=x"),
            ("cn=a\\,dc=x", "cn=a,dc=x"),
            ("cn=a b", "cn=ab"),
            ("cn=ab", "c=nab"),
            ("cn=a", "cn=a,dc=x"),
            ("cn=,dc=x", "cn=x,dc=x"),
        ] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn what_breaks_the_rules_is_no_name() {
        for text in [
            "alice",
            "=x",
            "uid",
            "uid=a,",
            "uid=a,,dc=x",
            ",uid=a",
            "uid=a+",
            "uid=a\\",
            "uid=a\\4",
            "uid=a\\4g",
            "uid=a\\x",
            "uid=\"a\"",
            "uid=a<b",
            "u d=a",
            "uid=a\\ff",
            "uid=a\\01",
            "uid=a\u{1}",
            "ü=a",
        ] {
            assert_eq!(Dn::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_login_name_is_the_uid_of_the_first_part() {
        for (text, uid) in [
            ("uid=alice,cn=users,cn=accounts,dc=example,dc=org", Some("alice")),
            ("UID=al\\2cice+cn=x,dc=x", Some("al,ice")),
            ("0.9.2342.19200300.100.1.1=alice,dc=x", Some("alice")),
            ("cn=alice,uid=x", None),
            ("uid=alice+uid=bob,dc=x", None),
            ("", None),
        ] {
            assert_eq!(Dn::read(text).unwrap_or_default().uid(), uid, "{text}");
        }
    }
}
