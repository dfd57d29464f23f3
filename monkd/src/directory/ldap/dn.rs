//! Distinguished names as servers write them (RFC 4514): which of two are the same, and what the first part says.
//!
//! Only a server compares names rightly, because only it has the schema. So this is for names that a server has
//! written, and says no more than which entry of an answer is the one that another entry names.

/// One attribute of a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its description, or its OID.
    pub attribute: String,
    /// What it is, without escapes.
    pub value: String,
    /// Whether the next part is of the same entry (`+` instead of a comma).
    pub is_joined: bool,
}

/// The form in which two ways to write a name are the same: without regard to case, to spaces around the parts,
/// and to how characters are escaped. `None` where it is no name, or one that this cannot take apart.
pub(super) fn normal(dn: &str) -> Option<String> {
    let mut text = String::with_capacity(dn.len());
    for part in parts(dn)? {
        text.push_str(&part.attribute.to_ascii_lowercase());
        text.push('=');
        for character in part.value.chars().flat_map(char::to_lowercase) {
            // So that no value looks like the end of one.
            if matches!(character, ',' | '+' | '\\') {
                text.push('\\');
            }
            text.push(character);
        }
        text.push(if part.is_joined { '+' } else { ',' });
    }
    Some(text)
}

/// The first attribute of a name. `None` as for [`normal`].
pub(super) fn first(dn: &str) -> Option<Part> {
    parts(dn)?.into_iter().next()
}

fn parts(dn: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = dn;
    loop {
        let (attribute, after) = rest.split_once('=')?;
        let attribute = attribute.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if attribute.is_empty() || !attribute.chars().all(is_name) {
            return None;
        }
        let (value, end) = value(after)?;
        let is_joined = after.as_bytes().get(end) == Some(&b'+');
        parts.push(Part { attribute: attribute.to_owned(), value, is_joined });
        match after.get(end + 1..) {
            Some(next) => rest = next,
            None => return Some(parts),
        }
    }
}

/// The value at the beginning of a text, and where the comma or plus is that ends it. Values in BER (`#…`) and in
/// quotes (RFC 2253 §4) are not taken apart.
fn value(text: &str) -> Option<(String, usize)> {
    let bytes = text.as_bytes();
    let mut at = bytes.iter().take_while(|byte| **byte == b' ').count();
    if matches!(bytes.get(at), Some(b'#' | b'"')) {
        return None;
    }
    let mut value = Vec::new();
    // What is before that is not a space that may be left out.
    let mut solid = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b',' | b'+' | b';' => {
                at -= 1;
                break;
            }
            b'\\' => {
                let (escaped, length) = escaped(&bytes[at..])?;
                value.push(escaped);
                at += length;
                solid = value.len();
            }
            byte => {
                value.push(byte);
                if byte != b' ' {
                    solid = value.len();
                }
            }
        }
    }
    value.truncate(solid);
    Some((String::from_utf8(value).ok()?, at))
}

/// The byte after a backslash, and how many bytes stand for it.
fn escaped(bytes: &[u8]) -> Option<(u8, usize)> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match *bytes {
        [high, low, ..] if digit(high).is_some() => Some((digit(high)? << 4 | digit(low)?, 2)),
        [byte, ..] if byte.is_ascii() => Some((byte, 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_to_write_a_name_are_the_same_name() {
        for (one, other) in [
            ("uid=alice,ou=people,dc=example", "UID=Alice, OU=People , dc = example"),
            (r"cn=Doe\, Jane,dc=x", r"cn=Doe\2c Jane,dc=x"),
            (r"cn=Zo\c3\ab,dc=x", "cn=ZOË,dc=x"),
            (r"cn=a\+b+uid=c,dc=x", r"CN=a\2Bb + UID=C,dc=x"),
            (r"cn=a\ ,dc=x", r"cn=a\20,dc=x"),
            ("2.5.4.3=a", "2.5.4.3=A"),
        ] {
            assert!(normal(one).is_some());
            assert_eq!(normal(one), normal(other), "{one} {other}");
        }
        for (one, other) in [
            (r"cn=a\,dc\=x", "cn=a,dc=x"),
            ("cn=a,dc=x", "cn=a,dc=x,dc=y"),
            ("cn=a+uid=b", "cn=a,uid=b"),
            (r"cn=a\ ,dc=x", "cn=a,dc=x"),
            (r"cn=a\\,b=c", r"cn=a\,b=c"),
        ] {
            assert_ne!(normal(one), normal(other), "{one} {other}");
        }
    }

    #[test]
    fn the_first_part_is_what_it_stands_for() {
        let part = first(r"cn=Doe\, Jane \28IT\29 ,ou=people").expect("a name");
        assert_eq!((part.attribute.as_str(), part.value.as_str()), ("cn", "Doe, Jane (IT)"));
    }

    #[test]
    fn what_is_no_name_is_none() {
        for text in [
            "",
            "alice",
            "=a",
            "a b=c",
            "cn=a,",
            "cn=a,,dc=x",
            "cn=#0403616263",
            "cn=\"a\"",
            r"cn=a\",
            r"cn=\ff",
            "(cn)=a",
            "cn=a+",
        ] {
            assert_eq!(normal(text), None, "{text}");
        }
    }
}
