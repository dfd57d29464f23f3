//! Opening the values of a PSKC container with a pre-shared key (RFC 6030 §6.1): AES-128-CBC, and an
//! HMAC over what was encrypted. Nothing is decrypted whose MAC is not right.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use monk_wire::Secret;
use roxmltree::Node;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::xml::{child, text_of};

/// Bytes of the key, and of a block.
const BYTES: usize = 16;

const AES_128_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
const HMAC_SHA_1: &str = "http://www.w3.org/2000/09/xmldsig#hmac-sha1";

/// The key that sender and receiver have agreed on.
pub struct PresharedKey(Zeroizing<[u8; BYTES]>);

impl PresharedKey {
    /// The key of its text in hex, blanks and line ends around it ignored.
    ///
    /// # Errors
    /// In words for people.
    pub fn from_hex(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let mut key = Zeroizing::new([0; BYTES]);
        if text.len() != 2 * BYTES {
            return Err("the pre-shared key of a PSKC file is 32 digits in hex (AES-128)");
        }
        HEXLOWER_PERMISSIVE
            .decode_mut(text.as_bytes(), &mut *key)
            .map_err(|_| "the pre-shared key is not in hex")?;
        Ok(Self(key))
    }

    fn decrypt(&self, encrypted: &[u8]) -> Option<Secret> {
        let (iv, blocks) = encrypted.split_first_chunk::<BYTES>()?;
        let mut blocks = Zeroizing::new(blocks.to_vec());
        let cipher = cbc::Decryptor::<aes::Aes128>::new((&*self.0).into(), iv.into());
        let opened = cipher.decrypt_padded::<Pkcs7>(&mut blocks).ok()?;
        Some(Secret::new(opened))
    }
}

/// What the values of a container are encrypted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// A key that both sides have (RFC 6030 §6.1).
    PresharedKey,
    /// A passphrase (RFC 6030 §6.2).
    Passphrase,
    /// A certificate, or another asymmetric key (RFC 6030 §6.3).
    Certificate,
    /// It is not said.
    Unsaid,
}

impl Lock {
    /// That of a container.
    #[must_use]
    pub fn of(container: Node<'_, '_>) -> Self {
        child(container, "EncryptionKey").map_or(Self::Unsaid, Self::of_key)
    }

    fn of_key(encryption: Node<'_, '_>) -> Self {
        let has = |name| child(encryption, name).is_some();
        if has("DerivedKey") {
            Self::Passphrase
        } else if ["X509Data", "KeyValue", "EncryptedKey"].into_iter().any(has) {
            Self::Certificate
        } else if has("KeyName") {
            Self::PresharedKey
        } else {
            Self::Unsaid
        }
    }

    /// Why a value is not opened without a key.
    pub(super) fn words(self, value: Node<'_, '_>) -> &'static str {
        match (self, cipher(value)) {
            (Self::Passphrase | Self::Certificate, _) => self.fault(),
            (_, Some(AES_128_CBC)) => {
                "its secret is encrypted: give the pre-shared key with --key-file"
            }
            _ => OTHER_CIPHER,
        }
    }

    fn fault(self) -> &'static str {
        match self {
            Self::Passphrase => {
                "it is encrypted with a passphrase (PBKDF2), which monk does not open: ask for a file with a pre-shared key (AES-128-CBC)"
            }
            Self::Certificate => {
                "it is encrypted with a certificate, which monk does not open: ask for a file with a pre-shared key (AES-128-CBC)"
            }
            Self::PresharedKey | Self::Unsaid => {
                "it does not say what it is encrypted with: ask for a file with a pre-shared key (AES-128-CBC)"
            }
        }
    }
}

/// What opens the values of one container.
pub struct Opener {
    key: PresharedKey,
    mac_key: Secret,
}

impl Opener {
    /// What `key` opens, or why it opens nothing.
    ///
    /// # Errors
    /// In words for people.
    pub fn new(container: Node<'_, '_>, key: PresharedKey) -> Result<Self, &'static str> {
        let encryption = child(container, "EncryptionKey")
            .ok_or("a key was given, and nothing in the file is encrypted")?;
        match Lock::of_key(encryption) {
            Lock::PresharedKey => {}
            other => return Err(other.fault()),
        }
        let method = child(container, "MACMethod")
            .ok_or("the encrypted file has no MACMethod, so that nothing protects it")?;
        if method.attribute("Algorithm").map(str::trim) != Some(HMAC_SHA_1) {
            return Err("the MAC of the file is not HMAC-SHA1");
        }
        let encrypted =
            child(method, "MACKey").ok_or("the file has no MAC key (RFC 6030 §6.1.1)")?;
        let encrypted = cipher_value(encrypted)?;
        // The MAC of the seeds will tell for certain; a wrong padding tells at once.
        let mac_key = key.decrypt(&encrypted).ok_or(WRONG_KEY)?;
        Ok(Self { key, mac_key })
    }

    /// The value in `place`, an element with `EncryptedValue` and `ValueMAC`.
    ///
    /// # Errors
    /// In words for people.
    pub fn open(&self, place: Node<'_, '_>) -> Result<Secret, &'static str> {
        let value = child(place, "EncryptedValue").ok_or("no EncryptedValue")?;
        let encrypted = cipher_value(value)?;
        let mac = child(place, "ValueMAC").ok_or("an encrypted value without a ValueMAC")?;
        let mac = BASE64
            .decode(plain(text_of(mac)).as_bytes())
            .map_err(|_| "the ValueMAC is not in base 64")?;
        let mut computed = Hmac::<Sha1>::new_from_slice(self.mac_key.expose())
            .map_err(|_| "the MAC key is empty")?;
        computed.update(&encrypted);
        computed.verify_slice(&mac).map_err(|_| WRONG_KEY)?;
        self.key.decrypt(&encrypted).ok_or(WRONG_KEY)
    }
}

const OTHER_CIPHER: &str = "it is encrypted with another cipher than AES-128-CBC, all that monk opens: ask for a file with that";
const WRONG_KEY: &str = "the pre-shared key is wrong, or the file was altered";

/// The cipher of a value.
fn cipher<'a>(place: Node<'a, '_>) -> Option<&'a str> {
    child(place, "EncryptionMethod").and_then(|node| node.attribute("Algorithm")).map(str::trim)
}

/// `EncryptionMethod` and `CipherData/CipherValue` (XML Encryption §3).
fn cipher_value(place: Node<'_, '_>) -> Result<Vec<u8>, &'static str> {
    if cipher(place) != Some(AES_128_CBC) {
        return Err(OTHER_CIPHER);
    }
    let value = child(place, "CipherData").and_then(|node| child(node, "CipherValue"));
    let value = value.ok_or("an encrypted value without a CipherValue")?;
    BASE64.decode(plain(text_of(value)).as_bytes()).map_err(|_| "a CipherValue is not in base 64")
}

/// Base 64 in XML may be broken into lines.
pub(super) fn plain(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    plain.extend(text.chars().filter(|character| !character.is_ascii_whitespace()));
    plain
}
