//! What passkeys sign: making one, and signing in with one (Web Authentication, Level 3).
//!
//! ```text
//!  begin ──▶ options, for navigator.credentials    finish ◀── what it answered
//!    │                                               ▲
//!    └──────────── state, kept by the engine ────────┘
//! ```
//!
//! The checks of §7.1 and §7.2 are those of `webauthn-rs-core`. What monk adds: a passkey is found by the device alone
//! (discoverable), the person was recognised (user verification) at every use, no page of another origin asks, and the
//! user handle that comes back must be that of the owner.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use url::Url;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AuthenticationState, COSEAlgorithm, Credential, PublicKeyCredential,
    RegisterPublicKeyCredential, RegistrationState, UserVerificationPolicy,
};

use crate::factors::passkey::{PasskeyRecord, PasskeyUse, SignedIn};

/// How long somebody may take in the browser's own window.
pub const TIME: Duration = Duration::from_secs(5 * 60);

/// Longest user handle (§4, user handle). The stable id of a user is the handle.
pub const LONGEST_HANDLE: usize = 64;

/// Longest answer of a browser that is read. The usual ones have 1 KiB; an attestation has some.
pub const LONGEST_ANSWER: usize = 32 * 1024;

/// What may be signed with: what the crate verifies. Every authenticator has one of them.
const ALGORITHMS: [COSEAlgorithm; 3] =
    [COSEAlgorithm::ES256, COSEAlgorithm::ES384, COSEAlgorithm::RS256];

/// The portal, as passkeys know it.
pub struct RelyingParty {
    core: WebauthnCore,
    id: String,
}

/// A passkey that is being made. Good for one answer.
pub struct Making(RegistrationState);

/// A sign-in that waits for a passkey. Good for one answer.
pub struct SigningIn(AuthenticationState);

/// An answer of a browser to a sign-in, of which nothing is checked yet.
pub struct Assertion {
    answer: PublicKeyCredential,
    handle: String,
}

/// Why there is no passkey, or no sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasskeyError {
    /// The portal's address cannot have passkeys.
    Origin(&'static str),
    /// The user's stable id does not fit into a user handle.
    LongId,
    /// What the browser sent cannot be read.
    Malformed,
    /// It was another user's, or another passkey.
    Foreign,
    /// The counter went back: there is a copy of the passkey.
    Copied,
    /// What was signed is wrong.
    Refused(String),
}

impl fmt::Display for PasskeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(why) => f.write_str(why),
            Self::LongId => {
                write!(
                    f,
                    "the user's stable id has more than the {LONGEST_HANDLE} bytes of a user handle"
                )
            }
            Self::Malformed => f.write_str("the answer of the browser cannot be read"),
            Self::Foreign => f.write_str("the passkey is not one of this user's"),
            Self::Copied => f.write_str("the counter went back, so there is a copy of the passkey"),
            Self::Refused(why) => write!(f, "what was signed is wrong: {why}"),
        }
    }
}

impl std::error::Error for PasskeyError {}

impl From<WebauthnError> for PasskeyError {
    fn from(error: WebauthnError) -> Self {
        match error {
            WebauthnError::CredentialPossibleCompromise => Self::Copied,
            WebauthnError::CredentialNotFound => Self::Foreign,
            error => Self::Refused(error.to_string()),
        }
    }
}

impl RelyingParty {
    /// The portal at an origin such as `https://login.example.org`, under a name that browsers may show.
    ///
    /// # Errors
    /// [`PasskeyError::Origin`] where browsers have no passkeys: an address without a name, or without https (§5.1.2,
    /// and secure contexts). `http://localhost` is one.
    pub fn new(origin: &str, name: &str) -> Result<Self, PasskeyError> {
        let url = Url::parse(origin).map_err(|_| PasskeyError::Origin("no origin is set"))?;
        let host = url
            .domain()
            .ok_or(PasskeyError::Origin("the origin has an address in place of a name"))?;
        if url.scheme() != "https" && host != "localhost" {
            return Err(PasskeyError::Origin("the origin is not https"));
        }
        let id = host.to_owned();
        let core = WebauthnCore::new_unsafe_experts_only(
            name,
            &id,
            vec![url],
            TIME,
            Some(false),
            Some(false),
        );
        Ok(Self { core, id })
    }

    /// Its id, which stands in every passkey that is made for it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Begins to make a passkey. The options are JSON for the browser; it makes none where it has one of `others`.
    ///
    /// # Errors
    /// [`PasskeyError::LongId`].
    pub fn begin_making<'a>(
        &self,
        (id, name, full_name): (&str, &str, &str),
        others: impl Iterator<Item = &'a PasskeyRecord>,
    ) -> Result<(String, Making), PasskeyError> {
        if id.is_empty() || id.len() > LONGEST_HANDLE {
            return Err(PasskeyError::LongId);
        }
        let others = others.filter_map(credential_of).map(|one| one.cred_id).collect();
        let builder = self.core.new_challenge_register_builder(id.as_bytes(), name, full_name)?;
        let builder = builder
            .user_verification_policy(UserVerificationPolicy::Required)
            .credential_algorithms(ALGORITHMS.to_vec())
            .require_resident_key(true)
            .exclude_credentials(Some(others));
        let (options, state) = self.core.generate_challenge_register(builder)?;
        Ok((to_json(&options)?, Making(state)))
    }

    /// Makes a passkey of what the browser answered, and its first record of use.
    ///
    /// # Errors
    /// [`PasskeyError`] says what is wrong with it.
    pub fn make(
        &self,
        making: &Making,
        answer: &str,
    ) -> Result<(PasskeyRecord, PasskeyUse), PasskeyError> {
        let answer: RegisterPublicKeyCredential = read(answer)?;
        check_client_data(&answer.response.client_data_json)?;
        let made = self.core.register_credential(&answer, &making.0, None)?;
        let used =
            PasskeyUse { counter: made.counter, backed_up: made.backup_state, signed_in: None };
        let credential = serde_json::to_value(&made).map_err(|_| PasskeyError::Malformed)?;
        Ok((PasskeyRecord { rp: self.id.clone(), credential }, used))
    }

    /// Begins a sign-in of somebody who is not known yet. The options are JSON for the browser.
    ///
    /// # Errors
    /// None is known; the crate may have some.
    pub fn begin_sign_in(&self) -> Result<(String, SigningIn), PasskeyError> {
        let policy = Some(UserVerificationPolicy::Required);
        let builder = self.core.new_challenge_authenticate_builder(Vec::new(), policy)?;
        let (options, state) = self.core.generate_challenge_authenticate(builder)?;
        Ok((to_json(&options)?, SigningIn(state)))
    }

    /// Checks a sign-in with a passkey of the user whom [`Assertion::user`] names; what becomes of its use.
    ///
    /// # Errors
    /// [`PasskeyError`] says what is wrong with it.
    pub fn check(
        &self,
        signing_in: &SigningIn,
        assertion: &Assertion,
        owner: &str,
        (record, used): (&PasskeyRecord, &PasskeyUse),
        from: Option<&str>,
    ) -> Result<PasskeyUse, PasskeyError> {
        if assertion.handle != owner || record.rp != self.id {
            return Err(PasskeyError::Foreign);
        }
        let mut credential = credential_of(record).ok_or(PasskeyError::Malformed)?;
        credential.counter = credential.counter.max(used.counter);
        credential.backup_state = used.backed_up;
        check_client_data(&assertion.answer.response.client_data_json)?;
        let result = self.core.authenticate_single_credential(
            &assertion.answer,
            &signing_in.0,
            &credential,
        )?;
        if !result.user_verified() {
            return Err(PasskeyError::Refused("the person was not recognised".to_owned()));
        }
        Ok(PasskeyUse {
            counter: result.counter().max(credential.counter),
            backed_up: result.backup_state(),
            signed_in: Some(SignedIn { from: from.map(str::to_owned) }),
        })
    }
}

impl Assertion {
    /// Reads the answer of a browser.
    ///
    /// # Errors
    /// [`PasskeyError::Malformed`], also without a user handle: then nobody knows whose it is.
    pub fn read(answer: &str) -> Result<Self, PasskeyError> {
        let answer: PublicKeyCredential = read(answer)?;
        let handle = answer.get_user_unique_id().and_then(|id| std::str::from_utf8(id).ok());
        let handle = handle.filter(|id| !id.is_empty() && id.len() <= LONGEST_HANDLE);
        let handle = handle.ok_or(PasskeyError::Malformed)?.to_owned();
        Ok(Self { answer, handle })
    }

    /// The stable id of the user that it says, who is to be looked up.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.handle
    }

    /// Whether it says that it is this passkey.
    #[must_use]
    pub fn is_of(&self, record: &PasskeyRecord) -> bool {
        credential_of(record).is_some_and(|one| one.cred_id == self.answer.get_credential_id())
    }
}

/// Whether two records are of one passkey.
#[must_use]
pub fn is_same(one: &PasskeyRecord, other: &PasskeyRecord) -> bool {
    match (credential_of(one), credential_of(other)) {
        (Some(one), Some(other)) => one.cred_id == other.cred_id,
        _ => false,
    }
}

fn credential_of(record: &PasskeyRecord) -> Option<Credential> {
    Credential::deserialize(&record.credential).ok()
}

fn read<T: for<'de> Deserialize<'de>>(answer: &str) -> Result<T, PasskeyError> {
    if answer.len() > LONGEST_ANSWER {
        return Err(PasskeyError::Malformed);
    }
    serde_json::from_str(answer).map_err(|_| PasskeyError::Malformed)
}

fn to_json(options: &impl serde::Serialize) -> Result<String, PasskeyError> {
    serde_json::to_string(options).map_err(|_| PasskeyError::Malformed)
}

/// The members of §5.8.1 that the crate does not look at.
#[derive(Deserialize)]
struct ClientData {
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<String>,
}

/// Refuses an answer that was given in a frame of another site.
fn check_client_data(bytes: &[u8]) -> Result<(), PasskeyError> {
    let data: ClientData = serde_json::from_slice(bytes).map_err(|_| PasskeyError::Malformed)?;
    match data.cross_origin || data.top_origin.is_some() {
        true => Err(PasskeyError::Refused("a page of another origin has asked".to_owned())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
