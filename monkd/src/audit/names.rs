//! Names that nobody has: what was typed for a name may be a password.

use std::borrow::Cow;

use data_encoding::HEXLOWER;
use monk_core::fingerprint::Fingerprint;
use monk_core::keys::HostKey;
use serde::{Deserialize, Serialize};

/// What stands before the hash of an unknown name.
const MARK: &str = "unknown:";

/// Bytes of the hash that are shown. Enough to see the same name again, among millions of others.
const SHOWN_BYTES: usize = 8;

/// How names are written that the directory does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownNames {
    /// As they were typed. Programs write them to their own logs anyway, and people who look for a typing
    /// error or an attacker want to see them.
    #[default]
    Plain,
    /// As a keyed hash: somebody may have typed a password in the place of the name.
    Hash,
}

/// The name as logs may show it. A name is known once the directory has found its user; until then, and
/// where the settings say so, its hash under the host key stands for it. The same name has the same hash
/// on every host that holds the key, in whatever case it is typed.
#[must_use]
pub fn shown<'a>(unknown: UnknownNames, key: &HostKey, name: &'a str, known: bool) -> Cow<'a, str> {
    match (known, unknown) {
        (true, _) | (false, UnknownNames::Plain) => Cow::Borrowed(name),
        (false, UnknownNames::Hash) => Cow::Owned(hash(key, name)),
    }
}

fn hash(key: &HostKey, name: &str) -> String {
    let mut fingerprint = Fingerprint::new(key);
    fingerprint.add(b"unknown name");
    fingerprint.add(name.to_lowercase().as_bytes());
    format!("{MARK}{}", HEXLOWER.encode(&fingerprint.finish()[..SHOWN_BYTES]))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn a_hash_tells_the_same_name_and_takes_the_key_to_search_for() {
        let key = |byte| HostKey::new(Zeroizing::new([byte; 32]));
        let shown = hash(&key(1), "hunter2");
        assert_eq!(shown, hash(&key(1), "HUNTER2"));
        assert!(
            shown.starts_with(MARK) && shown.len() == MARK.len() + 16 && !shown.contains("hunter")
        );
        for other in [hash(&key(2), "hunter2"), hash(&key(1), "hunter3")] {
            assert_ne!(shown, other);
        }
    }
}
