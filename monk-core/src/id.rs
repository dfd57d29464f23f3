//! Names of credentials.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::random::Random;

/// Names one credential for ever: 64 random bits in hex. Not secret; it stands in the audit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CredentialId(String);

impl CredentialId {
    /// The id of the record of use in which a user's emailed codes are kept.
    pub(crate) const EMAILED: &str = "email";

    /// The id of the record of use that says what belongs to a user.
    const REGISTER: &str = "register";

    /// The bits of the id of the record in which approvals are kept. It looks like a random one, so that a monk which
    /// does not know approvals reads the record as one of a newer kind.
    const APPROVALS: [u8; 8] = *b"approval";

    /// A new random id.
    #[must_use]
    pub fn generate(random: &mut dyn Random) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Self::from_bytes(bytes)
    }

    /// The id of these bits.
    pub(crate) fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(HEXLOWER.encode(&bytes))
    }

    /// The id of the record in which emailed codes are kept: the same for every user.
    #[must_use]
    pub fn emailed() -> Self {
        Self(Self::EMAILED.to_owned())
    }

    /// The id of the record in which approvals are kept: the same for every user.
    #[must_use]
    pub fn approvals() -> Self {
        Self::from_bytes(Self::APPROVALS)
    }

    /// The id of the record that says what belongs to a user: the same for every user.
    #[must_use]
    pub fn register() -> Self {
        Self(Self::REGISTER.to_owned())
    }

    /// The id that [`CredentialId::as_str`] gave.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let is_random = text.len() == 16 && HEXLOWER.decode(text.as_bytes()).is_ok();
        let is_fixed = [Self::EMAILED, Self::REGISTER].contains(&text);
        (is_random || is_fixed).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CredentialId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_text(&text).ok_or("not the id of a credential")
    }
}

impl From<CredentialId> for String {
    fn from(id: CredentialId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Counter;

    #[test]
    fn ids_are_sixty_four_random_bits_in_hex() {
        let (one, two) =
            (CredentialId::generate(&mut Counter(1)), CredentialId::generate(&mut Counter(2)));
        // What the source of randomness gave, and nothing else.
        assert_eq!(one.as_str(), "0176bf2c4df22b48");
        assert_ne!(one, two);
        assert_eq!(CredentialId::from_text(one.as_str()), Some(one));
    }

    #[test]
    fn what_is_no_id_is_not_taken_for_one() {
        for fixed in [CredentialId::emailed(), CredentialId::register(), CredentialId::approvals()]
        {
            assert_eq!(CredentialId::from_text(fixed.as_str()), Some(fixed));
        }
        for odd in [
            "",
            "00ff",
            "0123456789ABCDEF",
            "0123456789abcdeg",
            "0123456789abcdef0",
            "x\ny",
            "Email",
        ] {
            assert_eq!(CredentialId::from_text(odd), None, "{odd:?}");
            assert!(serde_json::from_value::<CredentialId>(odd.into()).is_err(), "{odd:?}");
        }
    }
}
