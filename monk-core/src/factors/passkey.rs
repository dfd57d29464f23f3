//! A passkey: a key of WebAuthn (Level 3), kept by a phone, a computer, a password manager or a security key.
//!
//! It signs in to the portal alone, and nowhere else: it has no code that could be typed. What it signs is checked in
//! [`passkeys`](crate::passkeys).

use monk_terms::kind::Kind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::questions::{Case, Details, NeededKey, Questions, Used};

/// A passkey, as it is stored. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeyRecord {
    /// The relying party that it was made for: the host of the portal. It signs for no other.
    pub rp: String,
    /// The credential in the form of the WebAuthn crate: id, public key, what was registered.
    pub credential: Value,
}

/// How far a passkey was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeyUse {
    /// The signature counter (§6.1.1). 0 with passkeys that have none.
    pub counter: u32,
    /// Whether a copy is kept elsewhere, as it said last.
    pub backed_up: bool,
    /// Where it was used from; `None` before the first sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in: Option<SignedIn>,
}

/// The last sign-in with a passkey.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedIn {
    /// The browser's address.
    #[serde(
        default,
        deserialize_with = "crate::text::optional_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub from: Option<String>,
}

/// It counts as a second factor: where there is one, the password alone changes nothing.
impl Questions for PasskeyRecord {
    type Spent = PasskeyUse;

    const KIND: Kind = Kind::Passkey;

    fn key(&self) -> Option<NeededKey> {
        None
    }

    /// Without the counter, a copy of the key would not be found out.
    fn is_usable(&self, _: Case<'_>, used: &Used<'_, PasskeyUse>) -> bool {
        used.known().is_ok()
    }

    fn all_spent(&self, _: &Used<'_, PasskeyUse>, _: u64) -> Option<PasskeyUse> {
        None
    }

    fn details(&self, _: u64, used: &Used<'_, PasskeyUse>) -> Details {
        let last = used.last().and_then(|(at, used)| Some((at, used.signed_in.as_ref()?)));
        Details {
            last_used: last.map(|(at, _)| at),
            last_address: last.and_then(|(_, signed_in)| signed_in.from.clone()),
            ..Details::default()
        }
    }
}
