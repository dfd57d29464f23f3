//! Values that several formats have, and how they are written.

use monk_wire::manage::{Algorithm, TotpParameters};

/// What everybody assumes where a file says nothing else.
pub const USUAL: TotpParameters =
    TotpParameters { algorithm: Algorithm::Sha1, digits: 6, period: 30 };

/// The HMAC of this name: `SHA1`, `HMAC-SHA-256`, `hmacsha512`.
pub fn algorithm(name: &str) -> Option<Algorithm> {
    let plain: String =
        name.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    match plain.strip_prefix("hmac").unwrap_or(&plain) {
        "sha1" => Some(Algorithm::Sha1),
        "sha256" => Some(Algorithm::Sha256),
        "sha512" => Some(Algorithm::Sha512),
        _ => None,
    }
}

/// A text that may be empty, as an option.
pub fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmacs_have_many_spellings() {
        for (name, expected) in [
            ("SHA1", Some(Algorithm::Sha1)),
            ("HMAC-SHA-256", Some(Algorithm::Sha256)),
            ("HmacSHA512", Some(Algorithm::Sha512)),
            ("MD5", None),
            ("", None),
        ] {
            assert_eq!(algorithm(name), expected, "{name}");
        }
    }
}
