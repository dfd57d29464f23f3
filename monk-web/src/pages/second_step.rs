//! The second step of a sign-in: a code of the phone, a backup code, or a code that comes by mail.

use maud::{Markup, html};

use super::{Frame, code_field};
use crate::texts::phrase::{rich, say};

/// The code of the phone, and the other ways.
#[must_use]
pub fn page(frame: &Frame<'_>, user: &str) -> Markup {
    let texts = &frame.texts.sign_in;
    let issuer = frame.issuer();
    let sends_codes = frame.site.is_some_and(|site| site.sends_codes);
    frame.focus(
        texts.second_title,
        &html! {
            h1 { (texts.second_heading) }
            p.lead { (say(texts.second_lead, &[("issuer", issuer)])) }
            form.stack method="post" action="/second-step" {
                (frame.token_field())
                (code_field(texts.code, texts.code_hint))
                button .btn.full { (texts.title) }
            }
            nav.tight aria-labelledby="other" {
                h2 #other { (texts.no_phone) }
                ul .tight.how {
                    li { a href="/second-step/backup" { (texts.use_backup) } }
                    li { a href="/invitation" { (texts.use_set_up_code) } }
                    @if sends_codes {
                        li {
                            form method="post" action="/second-step/email" {
                                (frame.token_field())
                                button.quiet { (texts.use_email) }
                            }
                        }
                    }
                }
            }
            p .small.soft { (rich(texts.signing_in_as, &[("user", &user)], &["/sign-in"])) }
        },
    )
}

/// A backup code.
#[must_use]
pub fn backup(frame: &Frame<'_>) -> Markup {
    let texts = &frame.texts.sign_in;
    frame.focus(
        texts.backup_title,
        &html! {
            h1 { (texts.use_backup) }
            p.lead { (texts.backup_lead) }
            form.stack method="post" action="/second-step" {
                (frame.token_field())
                div.field {
                    label for="code" { (texts.backup_title) }
                    p.hint #code-hint { (texts.backup_hint) }
                    input #code .mono name="code" type="text" autocomplete="off" autocapitalize="none"
                        spellcheck="false" maxlength="40" required aria-describedby="code-hint";
                }
                button .btn.full { (texts.title) }
            }
            p.hint { (texts.backup_once) }
            p { a href="/second-step" { (texts.other_ways) } }
        },
    )
}

/// A code that is on its way by mail, if there is an address.
#[must_use]
pub fn email(frame: &Frame<'_>) -> Markup {
    let texts = &frame.texts.sign_in;
    frame.focus(
        texts.email_title,
        &html! {
            h1 { (texts.email_heading) }
            p.lead { (texts.email_lead) }
            form.stack method="post" action="/second-step" {
                (frame.token_field())
                (code_field(texts.email_code, texts.email_hint))
                button .btn.full { (texts.title) }
            }
            form.acts method="post" action="/second-step/email" {
                (frame.token_field())
                button.quiet { (texts.email_again) } " "
                a href="/second-step" { (texts.other_ways) }
            }
            p.hint { (texts.email_newest) }
        },
    )
}
