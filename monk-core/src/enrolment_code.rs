//! An enrolment code: what an administrator hands to a user whose factors were reset.
//!
//! One code of twelve symbols, of limited life. It opens one login, so that who has a shell only
//! gets to it, and stands once for the second factor when the user enrols anew. It counts as a
//! second factor: a reset never makes the password alone enough, not even after the code's end.
//! It goes when the user has enrolled something else.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::backup_codes::SYMBOLS;
use crate::credential::{Credential, CredentialId, Factor};
use crate::hash::{Cost, Hashes};
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::symbols;

/// What a code is to open. An enrolment code opens each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// A service.
    Login,
    /// The user's own administration.
    Enrolment,
}

/// An enrolment code, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnrolmentCodeRecord {
    /// The hash of the code.
    #[serde(flatten)]
    pub hashes: Hashes,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}

/// A new code for `user`, and its text in groups of four, to be shown once.
#[must_use]
pub fn issue(
    user: &str,
    now: u64,
    expires: u64,
    keys: &Keyring,
    random: &mut dyn Random,
) -> (Credential, Zeroizing<String>) {
    let code = symbols::random(SYMBOLS, random);
    let id = CredentialId::generate(random);
    let owner = Owner { user, credential: id.as_str() };
    let hashes = Hashes::new(&[&code], owner, Cost::HIGH, keys, random);
    let factor = Factor::EnrolmentCode(EnrolmentCodeRecord { hashes, expires });
    (Credential::new(id, "Enrolment code", now, factor), symbols::grouped(&code))
}
