//! Renaming and removing what a user has.

use maud::{Markup, html};
use monk_terms::kind::Kind;
use monk_wire::manage::CredentialStatus;

use super::addresses::address;
use super::proof::Proof;
use super::rows::last_used;
use super::when::When;
use super::{Frame, Note, service_name};
use crate::texts::Texts;
use crate::texts::phrase::say;

/// A new name.
#[must_use]
pub fn rename(
    frame: &Frame<'_>,
    user: &str,
    proof: Proof,
    one: &CredentialStatus,
    (name, note): (&str, Option<&Note<'_>>),
) -> Markup {
    let (texts, common) = (&frame.texts.changes, &frame.texts.common);
    frame.focus(
        &frame.checked_title(texts.rename_title, note),
        &html! {
            h1 { (say(texts.rename, &[("name", &one.label)])) }
            p.lead { (texts.rename_lead) }
            @if let Some(note) = note { (note.show()) }
            form.stack method="post" action=(address(one, "rename")) {
                (frame.token_field())
                div.field {
                    label for="name" { (texts.new_name) }
                    input #name name="name" type="text" autocomplete="off" maxlength="64" value=(name) required;
                }
                (proof.fields(frame, user))
                button .btn.full { (texts.save_name) }
            }
            (proof.reason(frame))
            div.acts { a href="/methods" { (common.cancel) } }
        },
    )
}

/// What is lost by a removal, and the button for it.
#[must_use]
pub fn remove(
    frame: &Frame<'_>,
    when: &When,
    user: &str,
    proof: Proof,
    (one, note): (&CredentialStatus, Option<&Note<'_>>),
) -> Markup {
    let texts = &frame.texts.changes;
    let (what, lost) = of_kind(frame.texts, one.kind);
    let heading = match one.kind {
        Kind::BackupCodes => texts.remove_codes.to_owned(),
        Kind::EnrolmentCode => say(texts.remove, &[("name", texts.what_other)]),
        _ => say(texts.remove, &[("name", &one.label)]),
    };
    frame.focus(
        &frame.checked_title(texts.remove_title, note),
        &html! {
            h1 { (heading) }
            p.lead { (lost) }
            @if let Some(note) = note { (note.show()) }
            dl.facts {
                dt { (texts.what) } dd { (what) }
                dt { (texts.last_used) }
                dd { @if one.last_used.is_some() { (last_used(frame, when, one, None)) } @else { (texts.never) } }
            }
            form.stack method="post" action=(address(one, "remove")) {
                (frame.token_field())
                (proof.fields(frame, user))
                div.acts { button .btn.danger.full { (texts.remove_go) } }
            }
            (proof.reason(frame))
            div.acts { a href="/methods" { (texts.keep) } }
        },
    )
}

fn of_kind(texts: &Texts, kind: Kind) -> (&'static str, &'static str) {
    let (texts, passkeys) = (&texts.changes, &texts.passkeys);
    match kind {
        Kind::Totp => (texts.what_phone, texts.lose_phone),
        Kind::AppPassword => (texts.what_app, texts.lose_app),
        Kind::BackupCodes => (texts.what_codes, texts.lose_codes),
        Kind::Email => (texts.what_mail, texts.lose_mail),
        Kind::Passkey => (passkeys.kind, passkeys.lose),
        Kind::EnrolmentCode | Kind::PortalCode | Kind::PortalTicket | Kind::Unknown => {
            (texts.what_other, texts.lose_other)
        }
    }
}

/// The last factor cannot go while a service asks for one.
#[must_use]
pub fn last(frame: &Frame<'_>, one: &CredentialStatus, services: &[String]) -> Markup {
    let (texts, common) = (&frame.texts.changes, &frame.texts.common);
    let (what, _) = of_kind(frame.texts, one.kind);
    let name = if one.label.is_empty() { what } else { &one.label };
    frame.focus(
        texts.last_title,
        &html! {
            h1 { (say(texts.last, &[("name", name)])) }
            p.lead {
                @match services.first() {
                    Some(service) => (say(texts.last_why, &[("services", &service_name(service))])),
                    None => (texts.last_why_some),
                }
            }
            p { (texts.last_way) }
            a .btn.full href="/phones/add" { (texts.last_do) }
            div.acts { a href="/methods" { (common.back_to_methods) } }
        },
    )
}
