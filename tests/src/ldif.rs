//! Reading LDIF (RFC 2849), as `ldapsearch -LLL -o ldif-wrap=no` writes it.

use std::collections::BTreeMap;

use data_encoding::BASE64;

/// One entry of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub dn: String,
    /// The values of each attribute, which is named as the server named it.
    pub attributes: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Entry {
    /// The values of an attribute as text, whatever the case of its name. What is not UTF-8 is
    /// replaced.
    pub fn values(&self, attribute: &str) -> Vec<String> {
        let found = self.attributes.iter().filter(|(name, _)| name.eq_ignore_ascii_case(attribute));
        found
            .flat_map(|(_, values)| values)
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect()
    }

    /// The first value of an attribute as text.
    pub fn value(&self, attribute: &str) -> Option<String> {
        self.values(attribute).into_iter().next()
    }
}

/// Reads entries whose lines are not folded, as far as they are well-formed.
pub(crate) fn read(text: &str) -> Vec<Entry> {
    let blocks = text.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    blocks.map(read_entry).filter(|entry| !entry.dn.is_empty()).collect()
}

fn read_entry(block: &str) -> Entry {
    let mut entry = Entry::default();
    for (name, value) in block.lines().filter(|line| !line.starts_with('#')).filter_map(read_line) {
        if name == "dn" {
            entry.dn = String::from_utf8_lossy(&value).into_owned();
        } else {
            entry.attributes.entry(name.to_owned()).or_default().push(value);
        }
    }
    entry
}

/// `name: value`, or `name:: value in base64`.
fn read_line(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, value) = line.split_once(':')?;
    match value.strip_prefix(':') {
        Some(encoded) => Some((name, BASE64.decode(encoded.trim().as_bytes()).ok()?)),
        None => Some((name, value.trim_start().as_bytes().to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn entries_are_separated_and_base64_is_decoded() {
        let entries =
            read("dn: uid=a,dc=x\nuid: a\ncn:: w6TDtg==\n\ndn: uid=b,dc=x\nmail: 1\nmail: 2\n\n");
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].value("CN").as_deref(), Some("äö"));
        assert_eq!(entries[1].values("mail"), ["1", "2"]);
    }
}
