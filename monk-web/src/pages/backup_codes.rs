//! Backup codes: shown once, and replaced.

use maud::{Markup, html};

use super::icons::Icon;
use super::proof::Proof;
use super::when::When;
use super::{Frame, Note, setup};
use crate::texts::phrase::{rich, say};

/// Codes that were made a moment ago.
#[derive(Clone, Copy)]
pub struct Codes<'a> {
    /// Whose they are.
    pub user: &'a str,
    /// The codes.
    pub codes: &'a [&'a str],
    /// Whether older ones are dead now.
    pub replaced: bool,
    /// Whether this is the third step of setting up a phone.
    pub is_step: bool,
}

/// The codes. They are in the answer to a form, and are shown once.
#[must_use]
pub fn show(frame: &Frame<'_>, when: &When, codes: &Codes<'_>) -> Markup {
    let (texts, common) = (&frame.texts.setup, &frame.texts.common);
    let title = if codes.is_step { texts.backup_title } else { texts.backup_new_title };
    let values = [("organisation", &*frame.organisation.name), ("user", codes.user)];
    let origin = frame.site.and_then(|site| site.origin.as_deref()).unwrap_or_default();
    frame.focus_wide(
        title,
        &html! {
            @if codes.is_step {
                (setup::steps(texts, 3))
                div .note.ok.noprint role="status" {
                    (Icon::TICK.show())
                    p { (rich(texts.phone_is_set_up, &[], &[])) }
                }
            }
            h1.noprint { (texts.backup) }
            p.lead { (texts.backup_lead) }
            @if codes.replaced { p.noprint { (texts.backup_replaced) } }
            p.paper {
                strong { (say(texts.paper, &values)) } br;
                (say(texts.paper_how, &[("date", &when.today())])) br;
                (texts.paper_once) " " (origin)
            }
            ul.codes #codes translate="no" {
                @for code in codes.codes { li data-part { (code) } }
            }
            div.acts {
                button .btn.ghost type="button" data-print hidden { (Icon::PRINT.show()) (texts.print) }
                button .btn.ghost type="submit" form="download" { (Icon::DOWNLOAD.show()) (texts.download) }
                button .btn.ghost type="button" data-copy="codes" data-glue="lines" data-done=(common.copied) hidden {
                    (Icon::COPY.show()) span { (common.copy) }
                }
            }
            noscript { p.noprint { (texts.without_script) } }
            form #download method="post" action="/backup-codes/download" {
                (frame.token_field())
                @for code in codes.codes { input type="hidden" name="code" value=(code); }
            }
            p .hint.noprint { (texts.backup_where) }
            form.stack method="post" action="/backup-codes/saved" {
                (frame.token_field())
                @if codes.is_step { input type="hidden" name="step" value="3"; }
                label.tick { input type="checkbox" name="saved" value="yes" required; " " (texts.saved) }
                div.acts { button.btn { (texts.finish) } }
            }
        },
    )
}

/// Before codes are made.
#[must_use]
pub fn renew(
    frame: &Frame<'_>,
    user: &str,
    proof: Proof,
    has_some: bool,
    note: Option<&Note<'_>>,
) -> Markup {
    let (texts, common) = (&frame.texts.setup, &frame.texts.common);
    let (title, lead, go, back) = match has_some {
        true => (texts.renew, texts.renew_lead, texts.renew_go, texts.keep_old),
        false => (texts.first_codes, texts.first_codes_lead, texts.first_codes_go, common.cancel),
    };
    frame.focus(
        &frame.checked_title(texts.renew_title, note),
        &html! {
            h1 { (title) }
            p.lead { (lead) }
            @if let Some(note) = note { (note.show()) }
            form.stack method="post" action="/backup-codes/new" {
                (frame.token_field())
                (proof.fields(frame, user))
                button .btn.full { (go) }
            }
            (proof.reason(frame))
            div.acts { a href="/methods" { (back) } }
        },
    )
}
