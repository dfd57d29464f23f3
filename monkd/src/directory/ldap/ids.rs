//! Stable ids: what names a user for ever, as text.
//!
//! Records are bound to this text, so it must tell any two values apart, and must never change. Which form
//! a value has depends on the name of its attribute and on nothing else:
//!
//! | attribute | value | text |
//! |---|---|---|
//! | `objectGUID` | 16 bytes | `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`, in Active Directory's order of bytes (MS-DTYP §2.3.4) |
//! | `objectSid` | a SID in its binary form | `S-1-5-21-…` (MS-DTYP §2.4.2.1) |
//! | any other | UTF-8 without control characters | itself |
//! | all | whatever is left | `hex:` and the bytes |
//!
//! A value that begins with `hex:` itself is written in hex, so no two values have the same text.

use std::fmt::Write;

use data_encoding::HEXLOWER;

/// What begins the text of a value that has no other form.
const HEX: &str = "hex:";

/// Longest value, in bytes. GUIDs have 16 or 36, SIDs up to 68; a DN is no stable id. The embedded store
/// keeps the text with every record, and every record's MAC covers it.
const MAX_VALUE: usize = 256;

/// Most sub-authorities of a SID (MS-DTYP §2.4.2: `SubAuthorityCount`).
const MAX_SUB_AUTHORITIES: usize = 15;

/// How the values of an attribute are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    /// A GUID of Active Directory.
    Guid,
    /// A security identifier of Active Directory.
    Sid,
    /// Text, as a rule.
    Text,
}

impl Syntax {
    fn of(attribute: &str) -> Self {
        if attribute.eq_ignore_ascii_case("objectGUID") {
            Self::Guid
        } else if attribute.eq_ignore_ascii_case("objectSid") {
            Self::Sid
        } else {
            Self::Text
        }
    }
}

/// The text of an id, or `None` when the value is empty or too long.
pub(super) fn to_text(attribute: &str, value: &[u8]) -> Option<String> {
    if value.is_empty() || value.len() > MAX_VALUE {
        return None;
    }
    let text = match Syntax::of(attribute) {
        Syntax::Guid => guid_text(value),
        Syntax::Sid => sid_text(value),
        Syntax::Text => plain_text(value),
    };
    Some(text.unwrap_or_else(|| format!("{HEX}{}", HEXLOWER.encode(value))))
}

/// The value of which [`to_text`] makes this text.
pub(super) fn to_value(attribute: &str, text: &str) -> Option<Vec<u8>> {
    let value = match (text.strip_prefix(HEX), Syntax::of(attribute)) {
        (Some(digits), _) => HEXLOWER.decode(digits.as_bytes()).ok(),
        (None, Syntax::Guid) => guid_value(text),
        (None, Syntax::Sid) => sid_value(text),
        (None, Syntax::Text) => Some(text.as_bytes().to_vec()),
    }?;
    // Only what would have become this very text.
    (to_text(attribute, &value)? == text).then_some(value)
}

/// The filter that finds the entry of an id (RFC 4515 §3), or `None` when no value has this text.
pub(super) fn to_filter(attribute: &str, text: &str) -> Option<String> {
    let value = to_value(attribute, text)?;
    Some(format!("({attribute}={})", escaped(&value)))
}

/// The SID of the primary group of somebody in Active Directory: that of the user's domain, which ends with
/// the group's number instead of the user's.
pub(super) fn sibling_sid(sid: &[u8], relative_id: u32) -> Option<Vec<u8>> {
    sid_text(sid)?;
    let (domain, own) = sid.split_at_checked(sid.len().checked_sub(4)?)?;
    // A SID without sub-authorities has no number to be replaced.
    if domain.len() < 8 || own.len() != 4 {
        return None;
    }
    Some([domain, &relative_id.to_le_bytes()].concat())
}

/// Any bytes as a value in a filter. ASCII letters and digits stay readable.
pub(super) fn escaped(value: &[u8]) -> String {
    let mut text = String::with_capacity(3 * value.len());
    for byte in value {
        if byte.is_ascii_alphanumeric() || *byte == b'-' {
            text.push(char::from(*byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "\\{byte:02x}");
        }
    }
    text
}

fn plain_text(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    let is_plain = !text.starts_with(HEX) && !text.chars().any(char::is_control);
    is_plain.then(|| text.to_owned())
}

/// The first three parts are numbers with the least byte first, the rest are bytes.
fn guid_text(value: &[u8]) -> Option<String> {
    let [a, b, c, d, e, f, g, h, rest @ ..]: [u8; 16] = value.try_into().ok()?;
    let (one, two, three) =
        (u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([e, f]), u16::from_le_bytes([g, h]));
    let (four, five) = (HEXLOWER.encode(&rest[..2]), HEXLOWER.encode(&rest[2..]));
    Some(format!("{one:08x}-{two:04x}-{three:04x}-{four}-{five}"))
}

fn guid_value(text: &str) -> Option<Vec<u8>> {
    let mut value = HEXLOWER.decode(text.replace('-', "").as_bytes()).ok()?;
    value.get_mut(0..4)?.reverse();
    value.get_mut(4..6)?.reverse();
    value.get_mut(6..8)?.reverse();
    Some(value)
}

/// A revision, the number of sub-authorities, an authority of 48 bits, and the sub-authorities.
fn sid_text(value: &[u8]) -> Option<String> {
    let (&[revision, count, a, b, c, d, e, f], rest) = value.split_first_chunk::<8>()?;
    let count = usize::from(count);
    if revision != 1 || count > MAX_SUB_AUTHORITIES || rest.len() != 4 * count {
        return None;
    }
    let authority = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    let mut text = match u32::try_from(authority) {
        Ok(authority) => format!("S-1-{authority}"),
        Err(_) => format!("S-1-0x{authority:012x}"),
    };
    for part in rest.chunks_exact(4) {
        let part = u32::from_le_bytes(part.try_into().ok()?);
        let _ = write!(text, "-{part}");
    }
    Some(text)
}

fn sid_value(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.strip_prefix("S-1-")?.split('-');
    let authority = parts.next()?;
    let authority: u64 = match authority.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => authority.parse().ok()?,
    };
    let parts: Vec<u32> = parts.map(str::parse).collect::<Result<_, _>>().ok()?;
    let mut value = vec![1, u8::try_from(parts.len()).ok()?];
    value.extend(&authority.to_be_bytes()[2..]);
    value.extend(parts.into_iter().flat_map(u32::to_le_bytes));
    Some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The GUID of MS-DTYP's example, and the SID of `BUILTIN\Administrators`.
    const GUID: [u8; 16] = *b"\xae\x4f\x1d\xf8\xec\x7d\xd0\x11\xa7\x65\x00\xa0\xc9\x1e\x6b\xf6";
    const SID: &[u8] = b"\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00";

    #[test]
    fn each_attribute_has_its_form() {
        let wide = b"\x01\x01\x12\x34\x56\x78\x9a\xbc\x01\x00\x00\x00";
        for (attribute, value, text) in [
            ("objectGUID", &GUID[..], "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
            ("OBJECTguid", &GUID[..], "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
            ("objectSid", SID, "S-1-5-32-544"),
            ("objectSid", wide, "S-1-0x123456789abc-1"),
            (
                "entryUUID",
                b"f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            ),
            (
                "nsUniqueId",
                b"66446001-1dd211b2-66225011-2ee211db",
                "66446001-1dd211b2-66225011-2ee211db",
            ),
            ("ipaUniqueID", b"a9b8", "a9b8"),
            ("employeeNumber", "Zoë".as_bytes(), "Zoë"),
            ("employeeNumber", b"hex:61", "hex:6865783a3631"),
            ("employeeNumber", b"a\n", "hex:610a"),
            ("employeeNumber", b"\xff", "hex:ff"),
            // The text of a GUID is not the GUID.
            ("objectGUID", b"f81d4fae", "hex:6638316434666165"),
            ("objectSid", b"S-1-5", "hex:532d312d35"),
            ("objectSid", b"\x02\x00\x00\x00\x00\x00\x00\x05", "hex:0200000000000005"),
            ("objectSid", b"\x01\x01\x00\x00\x00\x00\x00\x05", "hex:0101000000000005"),
        ] {
            assert_eq!(to_text(attribute, value).as_deref(), Some(text));
            assert_eq!(to_value(attribute, text).as_deref(), Some(value));
        }
        for value in [&b""[..], &[b'a'; MAX_VALUE + 1]] {
            assert_eq!(to_text("entryUUID", value), None);
        }
    }

    #[test]
    fn an_id_is_looked_for_by_its_bytes() {
        let guid =
            to_filter("objectGUID", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6").expect("a filter");
        assert_eq!(guid, r"(objectGUID=\aeO\1d\f8\ec\7d\d0\11\a7e\00\a0\c9\1ek\f6)");
        assert!(ldap3::parse_filter(&guid).is_ok());
        assert_eq!(to_filter("uid", "a*)").as_deref(), Some(r"(uid=a\2a\29)"));
        for (attribute, text) in [
            ("objectGUID", "f81d4fae-7dec-11d0-a765-00a0c91e6bf"),
            ("objectGUID", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"),
            ("objectGUID", "f81d4fae7dec11d0a76500a0c91e6bf6"),
            ("objectSid", "S-1-05-32"),
            ("objectSid", "S-1-5-99999999999"),
            ("uid", "hex:61"),
            ("uid", "hex:6"),
            ("uid", ""),
        ] {
            assert_eq!(to_filter(attribute, text), None, "{attribute} {text}");
        }
    }

    #[test]
    fn a_primary_group_is_a_sibling_of_the_user() {
        let sibling = sibling_sid(SID, 513).expect("a SID");
        assert_eq!(to_text("objectSid", &sibling).as_deref(), Some("S-1-5-32-513"));
        assert_eq!(sibling_sid(b"S-1-5", 513), None);
        assert_eq!(sibling_sid(b"\x01\x00\x00\x00\x00\x00\x00\x05", 513), None);
    }

    fn attributes() -> impl Strategy<Value = &'static str> {
        prop::sample::select(&["objectGUID", "objectSid", "entryUUID", "employeeNumber"][..])
    }

    /// Values that look like ids of some form, and their neighbours.
    fn values() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            prop::collection::vec(any::<u8>(), 1..40),
            prop::collection::vec(any::<u8>(), 16),
            prop::collection::vec(any::<u32>(), 0..4).prop_map(|parts| {
                let mut sid = vec![1, parts.len() as u8, 0, 0, 0, 0, 0, 5];
                sid.extend(parts.into_iter().flat_map(u32::to_le_bytes));
                sid
            }),
            "(hex:)?[0-9a-f]{2,6}".prop_map(String::into_bytes),
            "S-1-5-[0-9]{1,3}".prop_map(String::into_bytes),
        ]
    }

    proptest! {
        #[test]
        fn every_value_has_a_text_of_its_own(attribute in attributes(), value in values()) {
            let text = to_text(attribute, &value).expect("short enough");
            prop_assert!(!text.chars().any(char::is_control));
            // What can be undone is injective.
            prop_assert_eq!(to_value(attribute, &text), Some(value));
        }

        #[test]
        fn what_is_typed_as_an_id_finds_its_entry_or_none(attribute in attributes(), text in ".{0,40}") {
            if let Some(value) = to_value(attribute, &text) {
                prop_assert_eq!(to_text(attribute, &value), Some(text));
            }
        }
    }
}
