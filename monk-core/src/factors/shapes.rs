//! The shapes that codes have when they are typed.

use zeroize::Zeroizing;

use crate::symbols;

/// Symbols of a backup code and of an enrolment code: 60 bits.
pub const PAPER_SYMBOLS: usize = 12;
/// Digits of a scratch code of google-authenticator: 26 bits. Only the host key and the few tries of a
/// thief keep such codes secret; a new set of backup codes is better.
pub const SCRATCH_DIGITS: usize = 8;
/// Digits of an emailed code.
pub const EMAILED_DIGITS: usize = 6;
/// Symbols of a one-use code that the portal hands out: 40 bits, good for minutes.
pub const PORTAL_SYMBOLS: usize = 8;

/// The shapes of one user's own codes. A text of another shape is part of the password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shapes {
    /// 6 digits: a device.
    pub six_digits: bool,
    /// 8 digits: a device.
    pub eight_digits: bool,
    /// 12 symbols: a backup code, or an enrolment code.
    pub backup: bool,
    /// 8 digits: a scratch code that was imported.
    pub scratch: bool,
    /// 6 digits: a code that was sent by mail, or can be.
    pub emailed: bool,
    /// 8 symbols: a code from the portal.
    pub portal: bool,
    /// The word `email`: a code can be sent.
    pub can_email: bool,
}

impl Shapes {
    /// Every shape that a code can have.
    pub const ALL: Self = Self {
        six_digits: true,
        eight_digits: true,
        backup: true,
        scratch: true,
        emailed: true,
        portal: true,
        can_email: true,
    };

    /// The shapes where codes can be sent, or cannot: there none can be typed either.
    #[must_use]
    pub fn with_mail(self, can_email: bool) -> Self {
        Self { emailed: self.emailed && can_email, can_email, ..self }
    }
}

/// A text of the shape of one of the user's codes, in canonical form. Wiped when dropped.
pub struct Code {
    /// The digits, if it is digits only.
    digits: Option<Zeroizing<String>>,
    /// The text as the user typed it, for the alphabets that ignore case and dashes.
    text: Zeroizing<String>,
}

impl Code {
    /// `text`, if it has one of `shapes`. White space around it and between digits is ignored.
    #[must_use]
    pub fn of_shape(text: &str, shapes: Shapes) -> Option<Self> {
        let code = Self { digits: only_digits(text), text: Zeroizing::new(text.to_owned()) };
        let fits = (shapes.six_digits && code.digits(6).is_some())
            || (shapes.emailed && code.digits(EMAILED_DIGITS).is_some())
            || (shapes.eight_digits && code.digits(8).is_some())
            || code.costs_a_hash(shapes)
            || (shapes.portal && code.symbols(PORTAL_SYMBOLS).is_some());
        fits.then_some(code)
    }

    /// Whether another code is the same text. Not for codes that somebody guesses: it compares as fast as it can.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.text == other.text
    }

    /// The digits, if it is so many of them and nothing else.
    pub(crate) fn digits(&self, count: usize) -> Option<&str> {
        self.digits.as_ref().map(|digits| digits.as_str()).filter(|digits| digits.len() == count)
    }

    /// The symbols in canonical form, if it is so many of them.
    pub(crate) fn symbols(&self, count: usize) -> Option<Zeroizing<String>> {
        symbols::canonical(&self.text, count)
    }

    /// Whether it can only be checked by computing an Argon2 hash, which takes milliseconds.
    #[must_use]
    pub fn costs_a_hash(&self, shapes: Shapes) -> bool {
        (shapes.backup && self.symbols(PAPER_SYMBOLS).is_some())
            || (shapes.scratch && self.digits(SCRATCH_DIGITS).is_some())
    }
}

/// The digits of `text`, if it is nothing but ASCII digits and white space.
fn only_digits(text: &str) -> Option<Zeroizing<String>> {
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    for character in text.chars() {
        match character {
            '0'..='9' => digits.push(character),
            c if c.is_whitespace() || symbols::is_invisible(c) => {}
            _ => return None,
        }
    }
    (!digits.is_empty()).then_some(digits)
}
