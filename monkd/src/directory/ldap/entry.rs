//! An entry as a server sends it (RFC 4511 §4.5.2).
//!
//! ldap3's own reading panics on malformed data, and moves an attribute with one value that is not
//! UTF-8 to another place as a whole. Here values are bytes, and malformed data is `None`.

use ldap3::asn1::{PL, StructureTag, TagClass};

/// `[APPLICATION 4]`: SearchResultEntry.
const SEARCH_RESULT_ENTRY: u64 = 4;

/// `[APPLICATION 19]`: SearchResultReference.
const SEARCH_RESULT_REFERENCE: u64 = 19;

/// An entry of the directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name.
    pub dn: String,
    /// Names as the server writes them, perhaps with options, and values.
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    /// Reads `SEQUENCE { objectName, SEQUENCE OF SEQUENCE { type, SET OF value } }`.
    pub fn decode(tag: StructureTag) -> Option<Self> {
        if (tag.class, tag.id) != (TagClass::Application, SEARCH_RESULT_ENTRY) {
            return None;
        }
        let [dn, attributes] = parts(tag)?;
        let attributes = constructed(attributes)?.into_iter().map(attribute);
        Some(Self { dn: text(dn)?, attributes: attributes.collect::<Option<_>>()? })
    }

    /// All values of an attribute, whose name is compared without case. What stands under the name with an
    /// option (`mail;x-old`, `cn;lang-de`) is a subtype of the attribute (RFC 4512 §2.5.2) and not meant:
    /// see [`Entry::with_options`].
    pub fn values(&self, name: &str) -> Vec<&[u8]> {
        let found = self.attributes.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.flat_map(|(_, values)| values).map(Vec::as_slice).collect()
    }

    /// The descriptions of an attribute that have options, with their values.
    pub fn with_options(&self, name: &str) -> impl Iterator<Item = (&str, &[Vec<u8>])> {
        let is_meant = move |description: &str| {
            let base = description.split_once(';').map(|(base, _)| base);
            base.is_some_and(|base| base.eq_ignore_ascii_case(name))
        };
        let found = self.attributes.iter().filter(move |(description, _)| is_meant(description));
        found.map(|(description, values)| (description.as_str(), values.as_slice()))
    }

    /// The values of an attribute that are text.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let values = self.values(name).into_iter();
        values.filter_map(|value| std::str::from_utf8(value).ok()).collect()
    }

    /// The value of an attribute that has exactly one, if it is text.
    pub fn only_text(&self, name: &str) -> Option<&str> {
        match self.values(name)[..] {
            [value] => std::str::from_utf8(value).ok().filter(|text| !text.is_empty()),
            _ => None,
        }
    }
}

/// Reads a reference to other servers: `SEQUENCE OF uri` (RFC 4511 §4.5.3).
pub(super) fn reference(tag: StructureTag) -> Option<Vec<String>> {
    if (tag.class, tag.id) != (TagClass::Application, SEARCH_RESULT_REFERENCE) {
        return None;
    }
    constructed(tag)?.into_iter().map(text).collect()
}

#[cfg(test)]
impl Entry {
    /// An entry without attributes.
    pub fn empty(dn: &str) -> Self {
        Self { dn: dn.to_owned(), attributes: Vec::new() }
    }

    /// The same entry with one attribute more.
    pub fn with(mut self, name: &str, values: &[&[u8]]) -> Self {
        let values = values.iter().map(|value| value.to_vec()).collect();
        self.attributes.push((name.to_owned(), values));
        self
    }
}

fn attribute(tag: StructureTag) -> Option<(String, Vec<Vec<u8>>)> {
    let [name, values] = parts(tag)?;
    let values = constructed(values)?.into_iter().map(primitive);
    Some((text(name)?, values.collect::<Option<_>>()?))
}

fn parts<const N: usize>(tag: StructureTag) -> Option<[StructureTag; N]> {
    constructed(tag)?.try_into().ok()
}

fn constructed(tag: StructureTag) -> Option<Vec<StructureTag>> {
    match tag.payload {
        PL::C(parts) => Some(parts),
        PL::P(_) => None,
    }
}

fn primitive(tag: StructureTag) -> Option<Vec<u8>> {
    match tag.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    }
}

fn text(tag: StructureTag) -> Option<String> {
    String::from_utf8(primitive(tag)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(bytes: &[u8]) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 4, payload: PL::P(bytes.to_vec()) }
    }

    fn list(id: u64, parts: Vec<StructureTag>) -> StructureTag {
        StructureTag { class: TagClass::Universal, id, payload: PL::C(parts) }
    }

    fn entry(attributes: Vec<StructureTag>) -> StructureTag {
        StructureTag {
            class: TagClass::Application,
            id: SEARCH_RESULT_ENTRY,
            payload: PL::C(vec![octets(b"uid=a,dc=x"), list(16, attributes)]),
        }
    }

    fn attribute(name: &str, values: &[&[u8]]) -> StructureTag {
        let values = values.iter().map(|value| octets(value)).collect();
        list(16, vec![octets(name.as_bytes()), list(17, values)])
    }

    #[test]
    fn values_are_found_whatever_the_case_of_the_name_and_those_with_options_apart() {
        let decoded = Entry::decode(entry(vec![
            attribute("UID", &[b"a"]),
            attribute("monkcredential", &[b"one", b"\xff"]),
            attribute("monkCredential;x-odd", &[b"two"]),
            attribute("mail", &[]),
        ]))
        .expect("an entry");
        assert_eq!(decoded.dn, "uid=a,dc=x");
        assert_eq!(decoded.only_text("uid"), Some("a"));
        assert_eq!(decoded.values("monkCredential"), [&b"one"[..], b"\xff"]);
        assert_eq!(decoded.texts("monkCredential"), ["one"]);
        let with_options: Vec<_> = decoded.with_options("MONKcredential").collect();
        assert_eq!(with_options, [("monkCredential;x-odd", &[b"two".to_vec()][..])]);
        assert_eq!(decoded.with_options("uid").count(), 0);
        assert_eq!(decoded.only_text("monkCredential"), None);
        assert_eq!(decoded.only_text("mail"), None);
    }

    #[test]
    fn a_reference_is_read_and_nothing_else_is_taken_for_one() {
        let reference_to = |id, parts| {
            reference(StructureTag { class: TagClass::Application, id, payload: PL::C(parts) })
        };
        let parts = || vec![octets(b"ldap://a/dc=x"), octets(b"ldap://b/dc=x")];
        assert_eq!(reference_to(19, parts()).expect("a reference")[1], "ldap://b/dc=x");
        assert_eq!(reference_to(4, parts()), None);
        assert_eq!(reference_to(19, vec![octets(b"\xff")]), None);
        assert_eq!(reference_to(19, vec![list(16, vec![])]), None);
    }

    #[test]
    fn malformed_entries_are_none_and_no_panic() {
        let mut not_an_entry = entry(vec![]);
        not_an_entry.id = 25;
        for tag in [
            not_an_entry,
            octets(b"entry"),
            entry(vec![octets(b"attribute")]),
            entry(vec![list(16, vec![octets(b"uid")])]),
            entry(vec![list(16, vec![octets(b"\xff"), list(17, vec![])])]),
            entry(vec![list(16, vec![octets(b"uid"), octets(b"a")])]),
            entry(vec![list(16, vec![octets(b"uid"), list(17, vec![list(17, vec![])])])]),
        ] {
            assert_eq!(Entry::decode(tag), None);
        }
    }
}
