//! The fields in which somebody proves again who it is, on the page of the change itself.

use maud::{Markup, html};

use super::Frame;
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
    /// The password, and the code of the invitation: there is no second factor yet.
    PasswordAndSetUpCode,
    /// A sign-in with a passkey, of somebody who has no code to type.
    Passkey,
}

impl Proof {
    /// The fields.
    #[must_use]
    pub fn fields(self, frame: &Frame<'_>, user: &str) -> Markup {
        let common = &frame.texts.common;
        let code = match self {
            Self::Fresh => return html! {},
            Self::Passkey => {
                return html! { p { (rich(frame.texts.passkeys.prove, &[], &["/sign-in"])) } };
            }
            Self::Password => None,
            Self::PasswordAndCode => Some((common.code_from_phone, common.code_from_phone_hint)),
            Self::PasswordAndSetUpCode => Some((common.set_up_code, common.set_up_code_hint)),
        };
        html! {
            input .vh type="text" name="username" autocomplete="username" value=(user) readonly tabindex="-1"
                aria-label=(common.user_name);
            fieldset.stack {
                legend { (common.confirm_you) }
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
    }

    /// Why they are there.
    #[must_use]
    pub fn reason(self, frame: &Frame<'_>) -> Markup {
        html! { @if self != Self::Fresh { p.hint { (frame.texts.common.why_confirm) } } }
    }
}
