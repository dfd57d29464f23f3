//! Public keys that users log in with: values of one attribute, each a line of `authorized_keys` (sshd(8)), which
//! may begin with options, and may be a certificate.

use super::Ldap;
use super::connection::Query;
use super::entry::Entry;
use super::search::{Count, Search, count, entry_itself};
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::outage::Outage;

/// Most keys of one user. sshd tries them one after the other, before anybody has proved anything.
const MOST_KEYS: usize = 100;

/// Longest line, in bytes: what OpenSSH reads of one (`SSH_MAX_PUBKEY_BYTES`).
const LONGEST_KEY: usize = 16 * 1024;

impl Ldap {
    /// The keys of a user: see [`Directory::ssh_keys`](crate::directory::Directory::ssh_keys).
    pub(super) async fn keys_of(
        &self,
        account: &Account,
        deadline: Deadline,
    ) -> Result<Vec<String>, Outage> {
        let Some(attribute) = &self.posix.ssh_keys else { return Ok(Vec::new()) };
        let attributes = [attribute.clone(), self.attributes.id_attribute().to_owned()];
        let query: Query<'_> = entry_itself(&account.locator, &attributes);
        let found = self.readers.run(&Search(query), deadline).await?;
        let Count::One(entry) = count(found, &account.locator)? else {
            let dn = &account.locator;
            return Err(Outage::Unclear(format!("{dn:?} cannot be read again")));
        };
        if self.attributes.id(&entry)? != account.id {
            let dn = &entry.dn;
            return Err(Outage::Unclear(format!("{dn:?} has become another user's entry")));
        }
        keys(&entry, attribute)
    }
}

/// The keys of an entry, always in the same order. What is no line of text is no key: it could bring a second one
/// along.
fn keys(entry: &Entry, attribute: &str) -> Result<Vec<String>, Outage> {
    let is_line = |text: &&str| {
        !text.is_empty()
            && text.len() <= LONGEST_KEY
            && !text.starts_with('#')
            && !text.contains(|c: char| c.is_control() && c != '\t')
    };
    // Many tools store the file of a key as it is, with the end of its line.
    let lines = entry.texts(attribute).into_iter().map(|text| text.trim_matches([' ', '\r', '\n']));
    let mut keys: Vec<String> = lines.filter(is_line).map(str::to_owned).collect();
    keys.sort();
    keys.dedup();
    if keys.len() > MOST_KEYS {
        return Err(Outage::Unclear(format!(
            "{:?} has {} keys in {attribute}, and sshd is given {MOST_KEYS} at most",
            entry.dn,
            keys.len()
        )));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVl alice@example.org";

    fn of(values: &[&[u8]]) -> Result<Vec<String>, Outage> {
        keys(&Entry::empty("uid=alice,dc=x").with("sshPublicKey", values), "SSHPUBLICKEY")
    }

    #[test]
    fn a_value_of_one_line_is_a_key_whatever_its_options() {
        let with_options = format!("from=\"192.0.2.0/24\",command=\"/bin/true\" {KEY}");
        let certificate =
            "cert-authority,principals=\"alice\" ssh-ed25519-cert-v01@openssh.com AAAA x";
        let found = of(&[KEY.as_bytes(), with_options.as_bytes(), certificate.as_bytes()]);
        let mut wanted = vec![KEY.to_owned(), with_options, certificate.to_owned()];
        wanted.sort();
        assert_eq!(found, Ok(wanted));
        let ended = format!("{KEY}\r\n");
        assert_eq!(of(&[ended.as_bytes(), KEY.as_bytes()]), Ok(vec![KEY.to_owned()]), "once");
    }

    #[test]
    fn what_is_not_one_line_of_text_is_no_key() {
        let two = format!("{KEY}\n{KEY}");
        let long = vec![b'a'; LONGEST_KEY + 1];
        for value in
            [two.as_bytes(), b"a\rb", b"a\0", b"a\x1bb", b"\xff", b"", b" \n", b"# x", &long]
        {
            assert_eq!(of(&[value, KEY.as_bytes()]), Ok(vec![KEY.to_owned()]), "{value:?}");
        }
        let old = Entry::empty("uid=alice,dc=x").with("sshPublicKey;x-old", &[KEY.as_bytes()]);
        assert_eq!(keys(&old, "sshPublicKey"), Ok(Vec::new()));
    }

    #[test]
    fn too_many_keys_are_an_outage() {
        let keys: Vec<String> = (0..=MOST_KEYS).map(|number| format!("ssh-rsa {number}")).collect();
        let values: Vec<&[u8]> = keys.iter().map(String::as_bytes).collect();
        assert_eq!(of(&values[1..]).map(|keys| keys.len()), Ok(MOST_KEYS));
        assert!(matches!(of(&values), Err(Outage::Unclear(_))));
    }
}
