//! Passkeys: signing in with one, and adding one.
//!
//! The browser's part needs the script. A form that has `data-passkey` says which options it needs, and where it sends
//! what the passkey has signed; its button is hidden until the script shows it.

use maud::{Markup, html};

use super::icons::Icon;
use super::proof::Proof;
use super::{Frame, Note};
use crate::texts::phrase::rich;

/// The fields that the script fills in.
fn answer_fields() -> Markup {
    html! {
        input type="hidden" name="step";
        input type="hidden" name="answer";
        input type="hidden" name="trouble";
    }
}

/// The form for a sign-in, on the page for name and password.
#[must_use]
pub fn sign_in(frame: &Frame<'_>) -> Markup {
    form(frame, None, frame.texts.passkeys.sign_in, "btn ghost full")
}

/// The form for a passkey. `next` says where it leads, if not to the methods.
#[must_use]
pub fn form(frame: &Frame<'_>, next: Option<&str>, words: &str, class: &str) -> Markup {
    html! {
        form method="post" action="/passkey" data-passkey="get" data-options="/passkey/options" {
            (frame.token_field())
            @if let Some(next) = next { input type="hidden" name="next" value=(next); }
            (answer_fields())
            button class=(class) hidden { (Icon::FINGERPRINT.show()) (words) }
        }
    }
}

/// The page for a new one.
#[must_use]
pub fn new(
    frame: &Frame<'_>,
    user: &str,
    proof: Proof,
    name: &str,
    (is_trouble, note): (bool, Option<&Note<'_>>),
) -> Markup {
    let (texts, common) = (&frame.texts.passkeys, &frame.texts.common);
    let trouble = is_trouble.then(|| Note::warn(texts.not_added, texts.not_added_why));
    let note = note.or(trouble.as_ref());
    frame.focus(
        &frame.checked_title(texts.add, note),
        &html! {
            h1 { (texts.add) }
            @if let Some(note) = note { (note.show()) } @else {
                p.lead { (texts.add_lead) }
                p { (texts.add_where) }
            }
            form.stack method="post" action="/passkeys/new" data-passkey="create" data-options="/passkeys/options" {
                (frame.token_field())
                (answer_fields())
                div.field {
                    label for="name" { (texts.name) }
                    p.hint #name-hint { (texts.name_hint) }
                    input #name name="name" type="text" autocomplete="off" maxlength="64" required
                        value=(name) aria-describedby="name-hint";
                }
                (proof.fields(frame, user))
                button .btn.full hidden {
                    (Icon::FINGERPRINT.show()) (if is_trouble { texts.again } else { texts.create })
                }
            }
            (proof.reason(frame))
            p.hint { (texts.browser) }
            noscript {
                div .note.warn { (Icon::INFO.show()) div.tight { p { (texts.script) } } }
            }
            @if is_trouble {
                details {
                    summary { (texts.still) }
                    ul.how {
                        li { (texts.still_lock) }
                        li { (texts.still_key) }
                        li { (texts.still_there) }
                    }
                }
            }
            div.acts { a href="/methods" { (common.cancel) } }
        },
    )
}

/// It is there.
#[must_use]
pub fn added(frame: &Frame<'_>, name: &str) -> Markup {
    let (texts, common) = (&frame.texts.passkeys, &frame.texts.common);
    frame.focus(
        texts.added_title,
        &html! {
            div .note.ok role="status" {
                (Icon::TICK.show())
                div.tight { p { (rich(texts.added, &[("name", &name)], &[])) } }
            }
            h1 { (texts.added_next) }
            p.lead { (texts.added_lead) }
            a .btn.full href="/methods" { (common.back_to_methods) }
        },
    )
}
