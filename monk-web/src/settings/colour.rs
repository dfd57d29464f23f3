//! Colours of an organisation, and whether text on them can be read.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error};

/// The least contrast of text to what is behind it (WCAG 2.2, 1.4.3).
pub const LEAST_CONTRAST: f64 = 4.5;

/// The card that the colour stands on as text: `--card` of the style sheet, light and dark.
pub const CARDS: [Colour; 2] = [Colour([0xff, 0xff, 0xff]), Colour([0x1b, 0x22, 0x26])];

/// A colour: `#0f5c70`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// The colour of a text such as `#0f5c70`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// How much two colours differ in lightness, from 1 to 21 (WCAG 2.2, "contrast ratio").
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom("a colour is # and six hexadecimal digits, such as \"#0f5c70\"")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_accessibility_guidelines() {
        let colour = |text| Colour::parse(text).expect("a colour");
        let (black, white) = (colour("#000000"), colour("#ffffff"));
        assert!((black.contrast(white) - 21.0).abs() < 0.01);
        assert!((white.contrast(white) - 1.0).abs() < 0.01);
        assert!((white.contrast(colour("#767676")) - 4.54).abs() < 0.01);
        for text in ["", "#fff", "0f5c70", "#0f5c7", "#0f5c70;", "#gggggg", "red"] {
            assert!(Colour::parse(text).is_none(), "{text}");
        }
        assert_eq!(colour("#0F5C70").to_string(), "#0f5c70");
    }
}
