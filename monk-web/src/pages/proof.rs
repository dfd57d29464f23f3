//! The fields in which somebody proves again who it is, on the page of the change itself.

use maud::{Markup, html};

use super::Frame;
use super::icons::Icon;
use crate::texts::phrase::rich;

/// What a page asks for before a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: the last proof is fresh.
    Fresh,
    /// The password, of somebody who has nothing else yet.
    Password,
    /// The password, and a code of the phone.
    PasswordAndCode,
    /// The same, or a passkey.
    PasskeyOrCode,
    /// The password, and the code of the invitation: there is no second factor yet.
    PasswordAndSetUpCode,
    /// A passkey, of somebody who has no code to type.
    Passkey,
}

impl Proof {
    /// Whether the password is among the fields.
    #[must_use]
    pub fn has_password(self) -> bool {
        !matches!(self, Self::Fresh | Self::Passkey)
    }

    /// What is asked for on a page that needs the password in any case.
    #[must_use]
    pub fn with_password(self) -> Self {
        if self == Self::PasskeyOrCode { Self::PasswordAndCode } else { self }
    }

    /// The fields.
    #[must_use]
    pub fn fields(self, frame: &Frame<'_>, user: &str) -> Markup {
        let common = &frame.texts.common;
        if self == Self::Fresh {
            return html! {};
        }
        html! {
            @if self.has_password() {
                input .vh type="text" name="username" autocomplete="username" value=(user) readonly tabindex="-1"
                    aria-label=(common.user_name);
            }
            fieldset.stack {
                legend { (common.confirm_you) }
                @if matches!(self, Self::Passkey | Self::PasskeyOrCode) { (self.passkey(frame)) }
                @if self.has_password() { (self.typed(frame)) }
            }
        }
    }

    /// The part of a passkey, which needs the script.
    fn passkey(self, frame: &Frame<'_>) -> Markup {
        let texts = &frame.texts.passkeys;
        html! {
            input type="hidden" name="proof_step";
            input type="hidden" name="proof_answer";
            button .btn.ghost.full type="button" hidden data-prove="/proof/options" {
                (Icon::FINGERPRINT.show()) (texts.prove_with)
            }
            p role="alert" hidden { (texts.not_used) }
            @if self == Self::Passkey {
                p.hint { (texts.browser_asks) }
                noscript { p { (rich(texts.prove, &[], &["/sign-in"])) } }
            } @else {
                p.hint { (texts.or_typed) }
            }
        }
    }

    /// Password and code.
    fn typed(self, frame: &Frame<'_>) -> Markup {
        let common = &frame.texts.common;
        let code = match self {
            Self::Fresh | Self::Passkey | Self::Password => None,
            Self::PasswordAndCode | Self::PasskeyOrCode => {
                Some((common.code_from_phone, common.code_from_phone_hint))
            }
            Self::PasswordAndSetUpCode => Some((common.set_up_code, common.set_up_code_hint)),
        };
        html! {
            div.field {
                label for="password" { (common.password) }
                input #password name="password" type="password" autocomplete="current-password" required;
            }
            @if let Some((label, hint)) = code {
                div.field {
                    label for="proof" { (label) }
                    p.hint #proof-hint { (hint) }
                    input #proof .code name="proof" type="text" autocomplete="one-time-code" autocapitalize="none"
                        spellcheck="false" maxlength="40" required aria-describedby="proof-hint";
                }
            }
        }
    }

    /// Why they are there.
    #[must_use]
    pub fn reason(self, frame: &Frame<'_>) -> Markup {
        html! { @if self != Self::Fresh { p.hint { (frame.texts.common.why_confirm) } } }
    }

    /// Why they are there before a change about somebody else, each of which has its own.
    #[must_use]
    pub fn reason_for_others(self, frame: &Frame<'_>) -> Markup {
        html! { @if self != Self::Fresh { p.hint { (frame.texts.people.why_confirm) } } }
    }
}
