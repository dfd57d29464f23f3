//! What a person typed, in types that say what it was meant as.

use std::sync::Arc;

use monk_core::code::Accepted;
use monk_core::factors::shapes::Code;
use monk_core::policy::Separator;
use monk_core::reading::Input;
use monk_core::typed::{Password, Typed};
use monk_terms::proof::Proof;
use monk_terms::verdict::Refusal;

use super::ending::Stop;

/// The string that a login begins with.
pub(super) enum FirstString {
    /// It is an app password, or holds a password that monk checks.
    ToCheck(Input),
    /// Monk checks the second factor alone. The string is a code, a password for another module, or
    /// such a password with a code behind it; with a key there may be none.
    SecondFactorAlone(Option<Typed>),
}

impl FirstString {
    /// The string itself.
    pub(super) fn text(&self) -> Option<&Typed> {
        match self {
            Self::ToCheck(input) => Some(input.text()),
            Self::SecondFactorAlone(text) => text.as_ref(),
        }
    }

    /// What it may turn out to prove.
    pub(super) fn claims(&self, separator: Separator) -> &'static [Proof] {
        match self {
            Self::ToCheck(input) => input.claims(separator),
            Self::SecondFactorAlone(_) => &[Proof::Code],
        }
    }
}

/// A first string that is no app password, taken apart.
pub(super) struct Apart {
    pub(super) first: FirstPart,
    pub(super) second: SecondPart,
    /// What is wrong if the password is.
    pub(super) if_wrong: Refusal,
    /// What is wrong if a code is asked for and none is typed.
    pub(super) if_missing: Refusal,
}

/// The password in a first string.
pub(super) enum FirstPart {
    /// The one password that monk checks.
    ToCheck(Password),
    /// Checked by somebody else: the password, if there is one, is only passed on.
    Elsewhere(Option<Password>),
}

/// What a first string holds behind the password.
pub(super) enum SecondPart {
    Nothing,
    Code(ReadCode),
    /// The word that asks for a code by mail.
    EmailRequest,
}

impl Apart {
    pub(super) fn new(first: FirstPart, second: SecondPart) -> Self {
        let (if_wrong, if_missing) = (Refusal::WrongPassword, Refusal::CodeMissing);
        Self { first, second, if_wrong, if_missing }
    }
}

/// What was typed as a code, wherever it was typed.
pub(super) enum TypedCode {
    Nothing,
    /// Something that has the shape of none of the user's codes.
    Malformed,
    Code(ReadCode),
    /// Nothing, and the login with this request was approved on the portal's page.
    Approved(String),
    /// Nothing, and no approval has come.
    NotApproved(Stop),
    /// Only in a forecast: nobody was asked, and would have been.
    NotAsked,
}

/// A text of the shape of one of the user's codes.
pub(super) struct ReadCode {
    pub(super) code: Arc<Code>,
    /// What was found out, where the code had to be verified before the password.
    pub(super) accepted: Option<Accepted>,
}

impl ReadCode {
    /// A code that nobody has looked at.
    pub(super) fn new(code: Code) -> Self {
        Self { code: Arc::new(code), accepted: None }
    }
}
