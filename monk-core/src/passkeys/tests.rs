//! The vectors of Web Authentication, Level 3, §16, and what a passkey of our own must not be able to do.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_cbor_2::Value as Cbor;
use serde_json::json;
use webauthn_rs_core::proto::{
    AttestationFormat, COSEKey, ParsedAttestation, RegisteredExtensions,
};

use super::*;

/// Where the vectors are from.
const ORIGIN: &str = "https://example.org";

/// The bytes of authenticator data before the credential id (§6.1): hash, flags, counter, AAGUID.
const BEFORE_ID: usize = 32 + 1 + 4 + 16;

/// The flags of a present and recognised person.
const VERIFIED: u8 = 0b101;

/// One of the vectors: a registration that was made, and an assertion.
#[derive(Clone)]
struct Vector {
    name: &'static str,
    attestation: Vec<u8>,
    authenticator_data: Vec<u8>,
    client_data: Vec<u8>,
    signature: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let lines = include_str!("vectors.txt").lines();
    let vectors: Vec<Vector> = lines
        .map(|line| {
            let parts: Vec<&'static str> = line.split(' ').collect();
            let bytes = |n: usize| HEXLOWER.decode(parts[n].as_bytes()).expect("hex");
            Vector {
                name: parts[0],
                attestation: bytes(1),
                authenticator_data: bytes(2),
                client_data: bytes(3),
                signature: bytes(4),
            }
        })
        .collect();
    assert_eq!(vectors.len(), 15);
    vectors
}

impl Vector {
    /// The credential that was registered, if it is of a kind that is offered.
    fn credential(&self) -> Option<Credential> {
        let Cbor::Map(object) = serde_cbor_2::from_slice(&self.attestation).ok()? else {
            return None;
        };
        let Some(Cbor::Bytes(data)) = object.get(&Cbor::Text("authData".into())) else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([data[BEFORE_ID], data[BEFORE_ID + 1]]));
        let (id, key) = data[BEFORE_ID + 2..].split_at(length);
        let key: Cbor = serde_cbor_2::from_slice(key).ok()?;
        let key = COSEKey::try_from(&key).ok().filter(|key| ALGORITHMS.contains(&key.type_))?;
        let flags = data[32];
        Some(Credential {
            cred_id: id.to_vec(),
            cred: key,
            counter: 0,
            transports: None,
            user_verified: flags & 0b100 != 0,
            backup_eligible: flags & 0b1000 != 0,
            backup_state: flags & 0b1_0000 != 0,
            registration_policy: UserVerificationPolicy::Preferred,
            extensions: RegisteredExtensions::none(),
            attestation: ParsedAttestation::default(),
            attestation_format: AttestationFormat::None,
        })
    }

    /// What a browser would send of it.
    fn answer(&self, id: &[u8]) -> PublicKeyCredential {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let answer = json!({
            "id": text(id), "rawId": text(id), "type": "public-key",
            "response": {
                "authenticatorData": text(&self.authenticator_data),
                "clientDataJSON": text(&self.client_data),
                "signature": text(&self.signature),
                "userHandle": text(b"u1"),
            },
            "clientExtensionResults": {},
        });
        serde_json::from_value(answer).expect("an answer")
    }

    /// A sign-in that waits for just this challenge, and does not ask for the person to be recognised, as some of
    /// the vectors do not.
    fn state(&self) -> AuthenticationState {
        let challenge =
            serde_json::from_slice::<serde_json::Value>(&self.client_data).expect("JSON");
        let state = json!({
            "credentials": [], "policy": "discouraged", "challenge": challenge["challenge"],
            "appid": null, "allow_backup_eligible_upgrade": false,
        });
        serde_json::from_value(state).expect("a state")
    }

    /// Whether it is accepted as the answer to the sign-in of `other`, by the credential of `other`.
    fn is_right_for(&self, other: &Self, party: &RelyingParty) -> bool {
        let Some(credential) = other.credential() else { return false };
        let answer = self.answer(&credential.cred_id);
        let policy =
            Credential { registration_policy: UserVerificationPolicy::Preferred, ..credential };
        let credential = Credential { user_verified: false, ..policy };
        check_client_data(&self.client_data).is_ok()
            && party
                .core
                .authenticate_single_credential(&answer, &other.state(), &credential)
                .is_ok()
    }
}

fn party() -> RelyingParty {
    RelyingParty::new(ORIGIN, "Electric Monk").expect("an origin")
}

#[test]
fn the_vectors_of_the_standard_are_right_but_for_what_is_not_offered() {
    let refused = [
        // Algorithms that monk does not offer.
        "packed-es512",
        "packed-ed448",
        "packed-eddsa",
        // An RSA key of 3,488 bits: the crate takes those of 2,048 bits, which authenticators make.
        "packed-rs256",
        // Asked for by a frame of another site: the portal's pages are in no frame.
        "none-es256-crossOrigin",
        "none-es256-topOrigin",
    ];
    for vector in vectors() {
        let expected = !refused.contains(&vector.name);
        assert_eq!(vector.is_right_for(&vector, &party()), expected, "{}", vector.name);
    }
}

/// Each byte of what was signed, and of the signature, one at a time.
#[test]
fn a_vector_with_any_one_byte_changed_is_wrong() {
    let party = party();
    for right in vectors().into_iter().filter(|one| one.is_right_for(one, &party)) {
        let parts: [fn(&mut Vector) -> &mut Vec<u8>; 3] = [
            |vector| &mut vector.authenticator_data,
            |vector| &mut vector.client_data,
            |vector| &mut vector.signature,
        ];
        for (n, part) in parts.into_iter().enumerate() {
            for at in 0..part(&mut right.clone()).len() {
                let mut wrong = right.clone();
                part(&mut wrong)[at] ^= 1;
                assert!(!wrong.is_right_for(&right, &party), "{}: part {n}, byte {at}", right.name);
            }
        }
    }
}

#[test]
fn a_vector_is_wrong_at_another_site() {
    for origin in ["https://example.com", "https://login.example.org", "https://example.org:8443"] {
        let party = RelyingParty::new(origin, "x").expect("an origin");
        for vector in vectors() {
            assert!(!vector.is_right_for(&vector, &party), "{}: {origin}", vector.name);
        }
    }
}

#[test]
fn only_secure_origins_with_names_have_passkeys() {
    for (origin, id) in [
        ("https://login.example.org", Some("login.example.org")),
        ("https://login.example.org:8443", Some("login.example.org")),
        ("http://localhost:8080", Some("localhost")),
        ("http://login.example.org", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::7]", None),
        ("login.example.org", None),
    ] {
        let made = RelyingParty::new(origin, "x");
        assert_eq!(made.as_ref().ok().map(RelyingParty::id), id, "{origin}");
    }
}

/// An assertion of the vectors that recognised the person, against all of monk's own checks.
#[test]
fn the_owner_the_person_and_the_counter_are_checked() {
    let party = party();
    let vector = vectors()
        .into_iter()
        .find(|one| {
            one.authenticator_data[32] & VERIFIED == VERIFIED && one.is_right_for(one, &party)
        })
        .expect("one of them recognised the person");
    let credential = vector.credential().expect("it is offered");
    let counter =
        u32::from_be_bytes(vector.authenticator_data[33..37].try_into().expect("4 bytes"));
    let record = PasskeyRecord {
        rp: "example.org".to_owned(),
        credential: serde_json::to_value(&credential).expect("JSON"),
    };
    let used = PasskeyUse { counter: 0, backed_up: credential.backup_state, signed_in: None };
    let answer = serde_json::to_string(&vector.answer(&credential.cred_id)).expect("JSON");
    let assertion = Assertion::read(&answer).expect("an answer");
    assert_eq!(assertion.user(), "u1");
    assert!(assertion.is_of(&record));
    let signing_in = || SigningIn(vector.state());
    let check = |owner: &str, record: &PasskeyRecord, used: &PasskeyUse| {
        party.check(&signing_in(), &assertion, owner, (record, used), Some("192.0.2.7"))
    };
    let after = check("u1", &record, &used).expect("it is right");
    assert_eq!(
        (after.counter, after.signed_in.and_then(|one| one.from)),
        (counter, Some("192.0.2.7".into()))
    );
    assert_eq!(check("u2", &record, &used), Err(PasskeyError::Foreign));
    let elsewhere = PasskeyRecord { rp: "login.example.com".to_owned(), ..record.clone() };
    assert_eq!(check("u1", &elsewhere, &used), Err(PasskeyError::Foreign));
    let ahead = PasskeyUse { counter: counter + 1, ..used };
    assert_eq!(check("u1", &record, &ahead), Err(PasskeyError::Copied));
}

#[test]
fn an_answer_that_names_nobody_is_none() {
    for answer in ["", "{}", "[]", "null", &"[".repeat(LONGEST_ANSWER + 1)] {
        assert_eq!(Assertion::read(answer).err(), Some(PasskeyError::Malformed));
    }
    let vector = &vectors()[0];
    let mut answer = serde_json::to_value(vector.answer(b"id")).expect("JSON");
    for handle in [json!(null), json!(""), json!(BASE64URL_NOPAD.encode(&[b'x'; 65])), json!("_w")]
    {
        answer["response"]["userHandle"] = handle;
        assert_eq!(Assertion::read(&answer.to_string()).err(), Some(PasskeyError::Malformed));
    }
}
