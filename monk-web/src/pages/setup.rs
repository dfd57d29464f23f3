//! Setting up a phone, in three steps; the third is in `backup_codes`.

use maud::{Markup, html};
use monk_wire::manage::ClockOffset;

use super::icons::Icon;
use super::proof::Proof;
use super::when::When;
use super::{Frame, Note, qr};
use crate::texts::Setup;
use crate::texts::phrase::{rich, say};

/// The steps, of which one is now.
#[must_use]
pub(super) fn steps(texts: &Setup, now: usize) -> Markup {
    html! {
        ol.steps aria-label=(texts.progress) {
            @for (n, step) in (1..).zip([texts.step_scan, texts.step_confirm, texts.step_backup]) {
                li class=[(n < now).then_some("done")] aria-current=[(n == now).then_some("step")] {
                    (n) ". " span { (step) }
                    @if n < now { span.vh { " " (texts.done) } }
                }
            }
        }
    }
}

/// Before a phone is added.
#[must_use]
pub fn add(
    frame: &Frame<'_>,
    user: &str,
    proof: Proof,
    is_first: bool,
    note: Option<&Note<'_>>,
) -> Markup {
    let (texts, common) = (&frame.texts.setup, &frame.texts.common);
    let (title, lead) = match is_first {
        true => (texts.add_first_title, texts.add_first_lead),
        false => (texts.add_title, texts.add_lead),
    };
    frame.focus(
        &frame.checked_title(title, note),
        &html! {
            h1 { (title) }
            p.lead { (lead) }
            @if let Some(note) = note { (note.show()) }
            form.stack method="post" action="/phones/add" {
                (frame.token_field())
                (proof.fields(frame, user))
                button .btn.full { (texts.show_picture) }
            }
            (proof.reason(frame))
            div.acts { a href="/methods" { (common.cancel) } }
        },
    )
}

/// A device that waits to be scanned.
#[derive(Clone, Copy)]
pub struct Waiting<'a> {
    /// Its id.
    pub id: &'a str,
    /// The seed in base 32.
    pub secret: &'a str,
    /// The address behind the QR code.
    pub uri: &'a str,
    /// Digits of a code.
    pub digits: u8,
}

/// Step 1: the picture. It is in the answer to a form, and is shown once.
#[must_use]
pub fn scan(frame: &Frame<'_>, device: &Waiting<'_>) -> Markup {
    let texts = &frame.texts.setup;
    let issuer = frame.issuer();
    let groups =
        device.secret.as_bytes().chunks(4).filter_map(|four| std::str::from_utf8(four).ok());
    frame.focus_wide(
        texts.scan_title,
        &html! {
            (steps(texts, 1))
            h1 { (texts.scan) }
            div.split {
                div.stack {
                    ol.how {
                        li { (rich(texts.scan_app, &[], &[])) }
                        li { (rich(texts.scan_plus, &[], &[])) }
                        li { (rich(texts.scan_point, &[("issuer", &issuer), ("digits", &device.digits)], &[])) }
                    }
                    div.note {
                        (Icon::PHONE.show())
                        div.tight { p { (rich(texts.scan_here, &[], &[device.uri])) } }
                    }
                }
                @if let Some(picture) = qr::show(device.uri, texts.scan_qr) {
                    figure.qr {
                        (picture)
                        figcaption.hint { (texts.scan_private) }
                    }
                }
            }
            details {
                summary { (texts.scan_type) }
                div.tight {
                    p { (rich(texts.scan_type_how, &[], &[])) }
                    p.secret translate="no" { @for four in groups { span { (four) } " " } }
                }
            }
            div.acts { a.btn href={ "/phones/" (device.id) "/confirm" } { (texts.scan_next) } }
        },
    )
}

/// Why a phone is not confirmed yet.
#[derive(Clone, Copy, Debug)]
pub enum Unconfirmed<'a> {
    /// The code is not that of the phone.
    Code(Option<ClockOffset>),
    /// The name does not do.
    Name(Note<'a>),
}

/// Step 2: a code of the phone, and its name.
#[must_use]
pub fn confirm(
    frame: &Frame<'_>,
    when: &When,
    (id, name): (&str, &str),
    why: Option<&Unconfirmed<'_>>,
) -> Markup {
    let texts = &frame.texts.setup;
    let clock = match why {
        Some(Unconfirmed::Code(clock)) => *clock,
        _ => None,
    };
    let wrong = Note::bad(texts.wrong_code, texts.wrong_code_why);
    let note = match why {
        None => None,
        Some(Unconfirmed::Code(_)) => Some(&wrong),
        Some(Unconfirmed::Name(note)) => Some(note),
    };
    let is_code = matches!(why, Some(Unconfirmed::Code(_)));
    let described = if clock.is_some() { "code-hint code-err" } else { "code-hint" };
    frame.focus_wide(
        &frame.checked_title(texts.confirm_title, note),
        &html! {
            (steps(texts, 2))
            h1 { (texts.confirm) }
            @match (clock, note) {
                (Some(clock), _) => (off(frame, when, clock)),
                (None, Some(note)) => (note.show()),
                (None, None) => p.lead { (texts.confirm_lead) },
            }
            form.stack method="post" action={ "/phones/" (id) "/confirm" } {
                (frame.token_field())
                div.field {
                    label for="code" { (texts.confirm_code) }
                    p.hint #code-hint { (texts.confirm_hint) }
                    input #code .code name="code" type="text" inputmode="numeric" autocomplete="one-time-code"
                        maxlength="12" required aria-invalid=[is_code.then_some("true")]
                        aria-describedby=(described);
                    @if let Some(clock) = clock {
                        p.err #code-err { (Icon::WARNING.show()) span { (times(frame, when, clock)) } }
                    }
                }
                div.field {
                    label for="name" { (texts.confirm_name) }
                    p.hint #name-hint { (texts.confirm_name_hint) }
                    input #name name="name" type="text" autocomplete="off" maxlength="64" value=(name) required
                        aria-describedby="name-hint" aria-invalid=[(why.is_some() && !is_code).then_some("true")];
                }
                div.acts { button.btn { (texts.confirm_go) } }
            }
            form method="post" action="/phones/add" {
                (frame.token_field())
                button.quiet { (texts.confirm_back) }
            }
        },
    )
}

/// The clock of the phone is off, and what to do.
fn off(frame: &Frame<'_>, when: &When, clock: ClockOffset) -> Markup {
    let texts = &frame.texts.setup;
    let title = if clock.ahead { texts.clock_fast } else { texts.clock_slow };
    html! {
        div .note.warn role="alert" {
            (Icon::CLOCK.show())
            div.tight {
                h2 { (say(title, &[("time", &when.span(clock.seconds))])) }
                p { (texts.clock_why) }
                ul.how {
                    li { (rich(texts.clock_iphone, &[], &[])) }
                    li { (rich(texts.clock_android, &[], &[])) }
                }
                p { (texts.clock_then) }
            }
        }
    }
}

/// The time of the code, and the time here.
fn times(frame: &Frame<'_>, when: &When, clock: ClockOffset) -> String {
    let seconds = i64::try_from(clock.seconds).unwrap_or_default();
    let there = when.time_apart(if clock.ahead { seconds } else { -seconds });
    let here = when.time_apart(0);
    say(frame.texts.setup.clock_here, &[("there", &there), ("here", &here)])
}
