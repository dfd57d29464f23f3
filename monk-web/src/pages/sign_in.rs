//! Signing in, signing out, and the invitation.

use maud::{Markup, html};

use super::{Frame, Note, passkeys};
use crate::texts::Texts;
use crate::texts::phrase::rich;

/// Why somebody sees the page again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The sign-in did not work.
    Refused,
    /// The session is over.
    Over,
    /// The form was too old.
    Stale,
    /// The browser has given no passkey.
    NoPasskey,
}

/// What is said then.
#[must_use]
pub fn note(texts: &'static Texts, why: Option<Why>) -> Option<Note<'static>> {
    let passkeys = &texts.passkeys;
    let texts = &texts.sign_in;
    Some(match why? {
        Why::Refused => Note::bad(texts.refused, texts.refused_why),
        Why::Over => Note { is_alert: false, ..Note::warn(texts.over, texts.over_why) },
        Why::Stale => Note::warn(texts.stale, texts.stale_why),
        Why::NoPasskey => Note::warn(passkeys.not_signed_in, passkeys.not_signed_in_why),
    })
}

/// Name and password.
#[must_use]
pub fn page(frame: &Frame<'_>, user: &str, why: Option<Why>) -> Markup {
    let (texts, common) = (&frame.texts.sign_in, &frame.texts.common);
    let note = note(frame.texts, why);
    let title = frame.checked_title(texts.title, note.as_ref());
    frame.focus(
        &title,
        &html! {
            h1 { (texts.title) }
            p.lead { (texts.lead) }
            @if let Some(note) = &note { (note.show()) }
            form.stack method="post" action="/sign-in" {
                (frame.token_field())
                (user_field(common.user_name, user))
                div.field {
                    label for="password" { (common.password) }
                    input #password name="password" type="password" autocomplete="current-password" required;
                }
                button .btn.full { (common.next) }
            }
            @if frame.site.is_some_and(|site| site.has_passkeys) { (passkeys::sign_in(frame)) }
            p .small.soft { (rich(texts.first_time, &[], &["/invitation"])) }
        },
    )
}

fn user_field(label: &str, user: &str) -> Markup {
    html! {
        div.field {
            label for="username" { (label) }
            input #username name="username" type="text" autocomplete="username" autocapitalize="none"
                spellcheck="false" maxlength="256" required value=[(!user.is_empty()).then_some(user)];
        }
    }
}

/// The first visit: name, password and the code of an invitation.
#[must_use]
pub fn invitation(frame: &Frame<'_>, user: &str, why: Option<Why>) -> Markup {
    let (texts, common) = (&frame.texts.sign_in, &frame.texts.common);
    let note = note(frame.texts, why);
    let title = frame.checked_title(texts.welcome_title, note.as_ref());
    frame.focus(
        &title,
        &html! {
            h1 { (texts.welcome_title) }
            p.lead { (texts.welcome_lead) }
            @if let Some(note) = &note { (note.show()) }
            ol.how {
                li { (texts.welcome_scan) }
                li { (texts.welcome_type) }
                li { (texts.welcome_save) }
            }
            p { (texts.welcome_time) }
            form.stack method="post" action="/invitation" {
                (frame.token_field())
                (user_field(common.user_name, user))
                div.field {
                    label for="password" { (common.password) }
                    p.hint #password-hint { (texts.welcome_password_hint) }
                    input #password name="password" type="password" autocomplete="current-password" required
                        aria-describedby="password-hint";
                }
                div.field {
                    label for="code" { (common.set_up_code) }
                    p.hint #code-hint { (common.set_up_code_hint) }
                    input #code .mono name="code" type="text" autocomplete="off" autocapitalize="none"
                        spellcheck="false" maxlength="40" required aria-describedby="code-hint";
                }
                button .btn.full { (texts.start) }
            }
        },
    )
}

/// The end.
#[must_use]
pub fn signed_out(frame: &Frame<'_>) -> Markup {
    let texts = &frame.texts.sign_in;
    frame.focus(
        texts.signed_out_title,
        &html! {
            h1 { (texts.signed_out) }
            p.lead { (texts.signed_out_lead) }
            a .btn.full href="/sign-in" { (texts.sign_in_again) }
        },
    )
}
