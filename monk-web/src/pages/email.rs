//! The address that codes are sent to.

use maud::{Markup, html};

use super::proof::Proof;
use super::{Frame, Note, code_field};
use crate::texts::phrase::rich;

/// A new address.
#[must_use]
pub fn new(
    frame: &Frame<'_>,
    user: &str,
    proof: Proof,
    (address, note): (&str, Option<&Note<'_>>),
) -> Markup {
    let (texts, common) = (&frame.texts.changes, &frame.texts.common);
    frame.focus(
        &frame.checked_title(texts.mail_title, note),
        &html! {
            h1 { (texts.mail) }
            p.lead { (texts.mail_lead) }
            @if let Some(note) = note { (note.show()) }
            form.stack method="post" action="/email/new" {
                (frame.token_field())
                div.field {
                    label for="email" { (texts.mail_field) }
                    p.hint #email-hint { (texts.mail_hint) }
                    input #email name="email" type="email" autocomplete="email" maxlength="254" required
                        value=[(!address.is_empty()).then_some(address)] aria-describedby="email-hint";
                }
                (proof.fields(frame, user))
                button .btn.full { (texts.mail_send) }
            }
            (proof.reason(frame))
            div.acts { a href="/methods" { (common.cancel) } }
        },
    )
}

/// The code that was sent there.
#[must_use]
pub fn confirm(frame: &Frame<'_>, address: &str, note: Option<&Note<'_>>) -> Markup {
    let (texts, common) = (&frame.texts.changes, &frame.texts.common);
    let sign_in = &frame.texts.sign_in;
    frame.focus(
        &frame.checked_title(sign_in.email_title, note),
        &html! {
            h1 { (sign_in.email_heading) }
            p.lead { (rich(texts.mail_code_lead, &[("address", &address)], &[])) }
            @if let Some(note) = note { (note.show()) }
            form.stack method="post" action="/email/confirm" {
                (frame.token_field())
                (code_field(sign_in.email_code, texts.mail_code_hint))
                button .btn.full { (texts.mail_code_go) }
            }
            form.acts method="post" action="/email/again" {
                (frame.token_field())
                button.quiet { (sign_in.email_again) } " "
                a href="/email/new" { (texts.mail_again) } " "
                a href="/methods" { (common.cancel) }
            }
            p.hint { (sign_in.email_newest) }
        },
    )
}
