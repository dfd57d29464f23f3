//! The one string that a user typed, and what is refused before anything looks at it.

use monk_terms::verdict::BadInput;
use zeroize::Zeroizing;

/// What reached monk for a user: valid, not empty, without NUL, of bounded length.
///
/// Has no `Debug` and is wiped when dropped.
pub struct Typed(Zeroizing<String>);

/// Longest accepted input in bytes. libpam's own limit (`PAM_MAX_RESP_SIZE`) is 512, and nothing
/// that people type is longer; a directory must never see megabytes of password.
pub const MAX_TYPED: usize = 512;

/// What sshd hands to PAM for a user that it has refused already, so that the refusal takes as
/// long as any other (OpenSSH `auth-pam.c`). It is never a password.
const SSHD_REFUSED: &str = "\u{8}\n\r\u{7f}INCORRECT";

impl Typed {
    /// Takes what was typed.
    ///
    /// # Errors
    /// [`BadInput`] says why nothing may be done with it.
    pub fn new(bytes: &[u8]) -> Result<Self, BadInput> {
        if bytes.is_empty() {
            return Err(BadInput::Empty);
        }
        if bytes.len() > MAX_TYPED {
            return Err(BadInput::TooLong);
        }
        if bytes.contains(&0) {
            return Err(BadInput::Nul);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| BadInput::NotUtf8)?;
        // sshd cycles its junk to the length of what was typed, so a prefix is what tells.
        if text.starts_with(SSHD_REFUSED) || SSHD_REFUSED.starts_with(text) {
            return Err(BadInput::HostRefused);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A directory password: not empty, wiped when dropped, without `Debug`.
pub struct Password(Zeroizing<String>);

impl Password {
    /// A password, unless it is empty.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The password itself, for the bind or the hash.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_directory_may_see_is_refused() {
        let long = [b'a'; MAX_TYPED + 1];
        for (typed, why) in [
            (&b""[..], BadInput::Empty),
            (&long[..], BadInput::TooLong),
            (b"pass\0word", BadInput::Nul),
            (b"pass\xffword", BadInput::NotUtf8),
            (b"\x08\n\r\x7fINCORRECT", BadInput::HostRefused),
            (b"\x08\n\r\x7fINCORRECT\x08\n\r\x7fINC", BadInput::HostRefused),
            (b"\x08\n\r", BadInput::HostRefused),
        ] {
            assert!(Typed::new(typed).err() == Some(why), "{why:?}");
        }
        assert!(Typed::new(&long[..MAX_TYPED]).is_ok());
        assert!(Typed::new("pässwörd;".as_bytes()).is_ok());
    }

    #[test]
    fn an_empty_password_does_not_exist() {
        assert!(Password::new("").is_none());
        assert!(Password::new(" ").is_some());
    }
}
