//! A one-time code: before it is made, and the code.

use maud::{Markup, html};

use super::proof::Proof;
use super::when::When;
use super::{Frame, Note};
use crate::texts::phrase::{rich, say};

/// Before a code is made. `beside`: what else is there.
#[must_use]
pub fn start(
    frame: &Frame<'_>,
    user: &str,
    proof: Proof,
    note: Option<&Note<'_>>,
    beside: &Markup,
) -> Markup {
    let texts = &frame.texts.login_code;
    frame.menu(
        &frame.checked_title(texts.title, note),
        user,
        &html! {
            div .set.form {
                div.stack {
                    h1 { (texts.title) }
                    p.lead { (texts.lead) }
                }
                div.stack {
                    div .card.pad.stack {
                        @if let Some(note) = note { (note.show()) }
                        p { (texts.how) }
                        form.stack method="post" action="/login-code" {
                            (frame.token_field())
                            (proof.fields(frame, user))
                            div.acts { button.btn { (texts.get) } }
                        }
                        (proof.reason(frame))
                        p.hint { (rich(texts.easier, &[], &["/app-passwords/new"])) }
                    }
                    (beside)
                }
            }
        },
    )
}

/// The code. It is in the answer to a form, and is shown once.
#[must_use]
pub fn code(frame: &Frame<'_>, when: &When, user: &str, (code, expires): (&str, u64)) -> Markup {
    let texts = &frame.texts.login_code;
    let time = when.clock(expires);
    frame.menu(
        texts.yours,
        user,
        &html! {
            div .set.form {
                div.stack {
                    h1 { (texts.yours) }
                    p.lead { (texts.lead) }
                }
                section .card.pad.stack aria-labelledby="type" {
                    h2 #type { (texts.type_it) }
                    p .secret.big translate="no" { span { (code) } }
                    p { (rich(texts.looks, &[("code", &code)], &[])) }
                    p { (say(texts.until, &[("time", &time)])) }
                    p.hint { (say(texts.once, &[("organisation", &frame.organisation.name)])) }
                    div.acts {
                        a.btn href="/methods" { (texts.done) } " "
                        form method="post" action="/login-code" {
                            (frame.token_field())
                            button.quiet { (texts.another) }
                        }
                    }
                }
            }
        },
    )
}
