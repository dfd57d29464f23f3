//! Approving a login of another program: three numbers, and what came of the choice.

use maud::{Markup, html};
use monk_wire::portal::WaitingLogin;

use super::icons::Icon;
use super::when::When;
use super::{Frame, Note, passkeys, service_name};
use crate::texts::phrase::{rich, say};

/// What the form of a sign-in with a passkey says, so that it leads here and not to the methods.
pub const NEXT: &str = "approve";

/// Before anybody has signed in with a passkey, or when that was too long ago.
#[must_use]
pub fn sign_in(frame: &Frame<'_>, note: Option<&Note<'_>>) -> Markup {
    let texts = &frame.texts.approve;
    frame.focus(
        &frame.checked_title(texts.title, note),
        &html! {
            h1 { (texts.title) }
            @if let Some(note) = note { (note.show()) }
            p.lead { (texts.passkey_lead) }
            (passkeys::form(frame, Some(NEXT), texts.passkey, "btn full"))
            noscript {
                div .note.warn { (Icon::INFO.show()) div.tight { p { (frame.texts.passkeys.script) } } }
            }
            p .small.soft { (rich(texts.no_passkey, &[], &["/passkeys/new"])) }
        },
    )
}

/// Nothing waits.
#[must_use]
pub fn nothing(frame: &Frame<'_>) -> Markup {
    let texts = &frame.texts.approve;
    frame.focus(
        texts.title,
        &html! {
            h1 { (texts.nothing) }
            p.lead { (texts.nothing_lead) }
            p { (texts.nothing_time) }
            a .btn.full href="/approve" { (texts.look) }
            div.acts { a href="/methods" { (frame.texts.common.my_methods) } }
        },
    )
}

/// A login that waits. `here` is the address of this browser.
#[must_use]
pub fn waiting(frame: &Frame<'_>, when: &When, login: &WaitingLogin, here: Option<&str>) -> Markup {
    let texts = &frame.texts.approve;
    let fields = || {
        html! {
            (frame.token_field())
            input type="hidden" name="request" value=(login.request);
        }
    };
    frame.focus(
        texts.title,
        &html! {
            h1 { (texts.is_it_you) }
            dl.facts {
                dt { (texts.account) } dd translate="no" { (login.user) }
                dt { (texts.program) } dd translate="no" { (service_name(&login.service)) }
                dt { (texts.host) } dd translate="no" { (login.host) }
                dt { (texts.from) } dd { (place(frame, login, here)) }
                dt { (texts.asked) } dd { (when.moment(login.asked)) }
            }
            form method="post" action="/approve" {
                (fields())
                fieldset.numbers {
                    legend { (texts.choose) }
                    @for number in login.numbers {
                        button .btn.ghost name="number" value=(number) { (number) }
                    }
                }
            }
            p.hint { (texts.only_right) }
            form method="post" action="/approve" {
                (fields())
                button .btn.ghost.danger.full name="deny" value="1" { (texts.deny) }
            }
        },
    )
}

fn place(frame: &Frame<'_>, login: &WaitingLogin, here: Option<&str>) -> String {
    let texts = &frame.texts.approve;
    match (&login.address, &login.terminal) {
        (Some(address), _) if here == Some(address) => {
            say(texts.this_network, &[("address", address)])
        }
        (Some(address), _) => address.clone(),
        (None, Some(terminal)) => say(texts.terminal, &[("terminal", terminal)]),
        (None, None) => texts.this_machine.to_owned(),
    }
}

/// It can go ahead.
#[must_use]
pub fn approved(frame: &Frame<'_>, service: &str, host: &str) -> Markup {
    let texts = &frame.texts.approve;
    let program = service_name(service);
    frame.focus(
        texts.done_title,
        &html! {
            div .note.ok role="status" {
                (Icon::TICK.show())
                div.tight { p { (rich(texts.done, &[("program", &program), ("host", &host)], &[])) } }
            }
            h1 { (texts.back) }
            p.lead { (texts.back_lead) }
            a .btn.full href="/methods" { (frame.texts.common.my_methods) }
        },
    )
}

/// It was refused. `is_wrong`: a wrong number was chosen, and nobody has said that it is somebody else.
#[must_use]
pub fn refused(frame: &Frame<'_>, is_wrong: bool, may_change_password: bool) -> Markup {
    let texts = &frame.texts.approve;
    let (heading, lead) = match is_wrong {
        true => (texts.wrong, texts.wrong_lead),
        false => (texts.denied, texts.denied_lead),
    };
    let what = if may_change_password { texts.warn_change } else { texts.warn_ask };
    frame.focus(
        texts.denied_title,
        &html! {
            h1 { (heading) }
            p.lead { (lead) }
            (Note::warn(texts.warn, what).show())
            @if may_change_password { a .btn.full href="/password" { (texts.change) } }
            div.acts { a href="/methods" { (texts.own_mistake) } }
        },
    )
}

/// It was answered before, or has ended.
#[must_use]
pub fn over(frame: &Frame<'_>) -> Markup {
    let texts = &frame.texts.approve;
    frame.focus(
        texts.title,
        &html! {
            h1 { (texts.over) }
            p.lead { (texts.over_lead) }
            a .btn.full href="/approve" { (texts.look) }
            div.acts { a href="/methods" { (frame.texts.common.my_methods) } }
        },
    )
}
