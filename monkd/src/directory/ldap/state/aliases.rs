//! Attributes with two names, of which a server answers with the one that it likes better: slapd answers `sn`
//! to `surname`.

use crate::directory::ldap::entry::Entry;

/// The names of RFC 4519 §2 and RFC 4524 §2, and those that the same attributes have in X.500 and RFC 1274.
const ALIASES: [&[&str]; 15] = [
    &["c", "countryName"],
    &["cn", "commonName"],
    &["co", "friendlyCountryName"],
    &["dc", "domainComponent"],
    &["facsimileTelephoneNumber", "fax"],
    &["givenName", "gn"],
    &["homePhone", "homeTelephoneNumber"],
    &["l", "localityName"],
    &["mail", "rfc822Mailbox"],
    &["mobile", "mobileTelephoneNumber"],
    &["o", "organizationName"],
    &["ou", "organizationalUnitName"],
    &["pager", "pagerTelephoneNumber"],
    &["sn", "surname"],
    &["uid", "userid"],
];

/// The values of an attribute under all its names, and under these with options if they are to count.
pub(super) fn values<'a>(entry: &'a Entry, name: &str, with_options: bool) -> Vec<&'a [u8]> {
    let is_name = |known: &&str| known.eq_ignore_ascii_case(name);
    let one = [name];
    let names = ALIASES.into_iter().find(|names| names.iter().any(&is_name));
    let mut values = Vec::new();
    for name in names.unwrap_or(&one) {
        values.extend(entry.values(name));
        if with_options {
            let found = entry.with_options(name).flat_map(|(_, values)| values);
            values.extend(found.map(Vec::as_slice));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_found_under_each_of_its_names() {
        for names in ALIASES {
            for asked in names {
                for answered in names {
                    let entry = Entry::empty("uid=a,dc=x").with(answered, &[b"value"]);
                    let asked = asked.to_uppercase();
                    assert_eq!(values(&entry, &asked, false), [b"value"], "{asked} {answered}");
                }
            }
        }
        let entry = Entry::empty("uid=a,dc=x").with("sn;lang-de", &[b"value"]);
        assert_eq!(values(&entry, "surname", true), [b"value"]);
        assert!(values(&entry, "surname", false).is_empty());
        assert!(values(&entry, "cn", true).is_empty());
    }
}
