//! Base 32 as other programs write it (RFC 4648 §6).

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use monk_wire::Secret;
use zeroize::Zeroizing;

/// Without padding, and with whatever bits are left over in the last symbol: apps ignore them.
static LENIENT: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    specification.check_trailing_bits = false;
    specification.encoding().expect("32 different symbols")
});

/// Blocks of symbols in which bytes end at the end.
const BLOCK: usize = 8;

/// The bytes of `text`, in capitals or not, with blanks or dashes in it, padded or not.
#[must_use]
pub fn decode(text: &str) -> Option<Secret> {
    let text = text.trim().trim_end_matches('=');
    let mut symbols = Zeroizing::new(Vec::with_capacity(text.len()));
    for byte in text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')) {
        symbols.push(byte.to_ascii_uppercase());
    }
    // One symbol, or the third or sixth, begins no further byte.
    if matches!(symbols.len() % BLOCK, 1 | 3 | 6) {
        let last = symbols.pop()?;
        last.is_ascii_alphanumeric().then_some(())?;
    }
    let mut bytes = Zeroizing::new(vec![0; LENIENT.decode_len(symbols.len()).ok()?]);
    let length = LENIENT.decode_mut(&symbols, &mut bytes).ok()?;
    (length > 0).then(|| Secret::new(&bytes[..length]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(symbols: &str) -> Option<String> {
        decode(symbols).map(|secret| String::from_utf8_lossy(secret.expose()).into_owned())
    }

    #[test]
    fn all_spellings_are_the_same_bytes() {
        for symbols in [
            "GEZDGNBVGY3TQOJQ",
            "gezd gnbv gy3t qojq",
            "GEZD-GNBV-GY3T-QOJQ",
            " gezdgnbvgy3tqojq\r",
            "GEZDGNBVGY3TQOJQ======",
            // Bits that make no byte.
            "GEZDGNBVGY3TQOJQA",
        ] {
            assert_eq!(text(symbols).as_deref(), Some("1234567890"), "{symbols}");
        }
        assert_eq!(text("MFRGH").as_deref(), Some("abc"), "bits left over may be set");
    }

    #[test]
    fn anything_else_is_none() {
        for symbols in ["", "=", "A", "GEZDGNBVGY3TQOJ1", "GEZDGNBV!", "é", "GEZ=DGNB"] {
            assert!(decode(symbols).is_none(), "{symbols}");
        }
    }
}
