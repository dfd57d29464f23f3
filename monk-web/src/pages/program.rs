//! A new app password, with what its program needs, and whether the program has logged in.

use maud::{Markup, html};
use monk_wire::manage::{CredentialStatus, MailProgram};
use monk_wire::portal::RefusalRow;

use super::app_password::Program;
use super::icons::Icon;
use super::rows::is_same_network;
use super::when::When;
use super::{Frame, profile, qr, refused};
use crate::mail_setup::export;
use crate::texts::phrase::{Shown, rich, say};

/// An app password that was made a moment ago.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    /// The user.
    pub user: &'a str,
    /// Its id.
    pub id: &'a str,
    /// The program that it is for.
    pub program: Program,
    /// The secret, in groups of four.
    pub secret: &'a str,
    /// What to type beside it, where the settings say so.
    pub mail: Option<&'a MailProgram>,
    /// The user's own mail address, where the directory has one.
    pub email: Option<&'a str>,
    /// The profile that waits for an iPhone.
    pub profile: Option<profile::Link<'a>>,
}

/// The secret, and what to do with it. It is in the answer to a form, and is shown once.
#[must_use]
pub fn made(frame: &Frame<'_>, made: &Made<'_>) -> Markup {
    let (texts, common) = (&frame.texts.programs, &frame.texts.common);
    let (title, heading) = match made.program {
        Program::Iphone => (texts.iphone_title, texts.iphone_heading),
        Program::Android => (texts.android_title, texts.android_heading),
        Program::Thunderbird => (texts.thunderbird_heading, texts.thunderbird_heading),
        Program::Outlook => (texts.outlook_heading, texts.outlook_heading),
        Program::Other => (texts.other_heading, texts.other_heading),
    };
    let by_camera = by_camera(frame, made);
    frame.menu(
        title,
        made.user,
        &html! {
            div.stack {
                h1 { (heading) }
                @if let Some((lead, _)) = &by_camera { p.lead { (lead) } }
                (waiting(frame, made.id, texts.waiting_why, true))
                @if let Some((_, section)) = &by_camera { (section) }
                section .card.pad.split.even aria-labelledby="secret" {
                    div.stack {
                        @if by_camera.is_none() {
                            h2 { (texts.steps) }
                            (steps(frame, made))
                        }
                        div.tight {
                            h2 #secret {
                                @if by_camera.is_some() {
                                    (frame.texts.profile.type_it)
                                } @else {
                                    (texts.your_password)
                                }
                            }
                            p.hint { (texts.shown_once) }
                        }
                        p.secret #password translate="no" {
                            @for group in made.secret.split(['-', ' ']) { span data-part { (group) } " " }
                        }
                        div.acts {
                            button .btn.ghost type="button" data-copy="password" data-done=(common.copied) hidden {
                                (Icon::COPY.show()) span { (common.copy) }
                            }
                        }
                    }
                    (settings(frame, made))
                }
                div.acts {
                    a .btn.ghost href="/methods" { (common.back_to_methods) } " "
                    span.hint { (texts.disappears) }
                }
            }
        },
    )
}

/// The way in which nothing is typed, where the program has one: its words on top, and its picture.
fn by_camera(frame: &Frame<'_>, made: &Made<'_>) -> Option<(&'static str, Markup)> {
    let texts = &frame.texts.programs;
    match made.program {
        Program::Iphone => {
            let picture = profile::picture(frame, made.profile.as_ref()?)?;
            Some((frame.texts.profile.lead, picture))
        }
        Program::Android => {
            let text = export::text(made.mail?, made.email?, made.secret)?;
            let picture = qr::show(&text, texts.picture_label)?;
            let steps = [texts.android_install, texts.android_scan, texts.android_point];
            let section = html! {
                section .card.pad.split aria-label=(frame.texts.profile.with_camera) {
                    ol.how { @for step in steps { li { (rich(step, &[], &[])) } } }
                    figure.qr {
                        (picture)
                        figcaption.hint { (texts.picture_holds) }
                    }
                }
            };
            Some((texts.android_lead, section))
        }
        _ => None,
    }
}

fn steps(frame: &Frame<'_>, made: &Made<'_>) -> Markup {
    let texts = &frame.texts.programs;
    let steps: &[&str] = match made.program {
        Program::Iphone => &[texts.iphone_open, texts.iphone_type, texts.iphone_rest],
        Program::Android => &[texts.android_open, texts.android_type, texts.android_rest],
        Program::Thunderbird => {
            &[texts.thunderbird_open, texts.thunderbird_type, texts.thunderbird_done]
        }
        Program::Outlook => &[texts.outlook_open, texts.outlook_kind, texts.outlook_paste],
        Program::Other => &[texts.other_open, texts.other_password],
    };
    let email = made.email.or(made.mail.map(|mail| &*mail.user)).unwrap_or(made.user);
    let values: Shown<'_> = &[("email", &email)];
    html! { ol.how { @for step in steps { li { (rich(step, values, &[])) } } } }
}

/// The table to type.
fn settings(frame: &Frame<'_>, made: &Made<'_>) -> Markup {
    let (texts, common) = (&frame.texts.programs, &frame.texts.common);
    let servers = made.mail.map_or(&[][..], |mail| &mail.servers);
    html! {
        div.stack {
            table.settings {
                caption { (texts.settings) }
                tbody {
                    (line(common.user_name, made.mail.map_or(made.user, |mail| &mail.user), false))
                    @if let Some(email) = made.email { (line(texts.email, email, false)) }
                    (line(common.password, texts.the_app_password, false))
                }
                @for server in servers {
                    @let heading = if server.protocol == "SMTP" { texts.outgoing } else { texts.incoming };
                    tbody {
                        tr {
                            th scope="rowgroup" colspan="2" {
                                (say(heading, &[("protocol", &server.protocol)]))
                            }
                        }
                        (line(texts.server, &server.host, true))
                        (line(texts.port, &server.port.to_string(), true))
                        (line(texts.security, &server.security, false))
                    }
                }
            }
            @if servers.is_empty() { p.hint { (texts.ask_for_servers) } }
        }
    }
}

fn line(name: &str, value: &str, is_mono: bool) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            td class=[is_mono.then_some("mono")] { (value) }
        }
    }
}

/// Nothing has logged in yet. Where there is a script, it looks again by itself.
fn waiting(frame: &Frame<'_>, id: &str, why: &str, has_link: bool) -> Markup {
    let texts = &frame.texts.programs;
    let address = format!("/app-passwords/{id}/state");
    html! {
        section.note #live role="status" data-state=(address) {
            span.dots aria-hidden="true" { i {} i {} i {} }
            div.tight {
                h2 { (texts.waiting) }
                p { (why) }
                @if has_link {
                    noscript {
                        p {
                            a href=(address) target="_blank" rel="noopener" { (texts.check_now) }
                            " " (texts.check_now_why)
                        }
                    }
                }
            }
        }
    }
}

/// Whether a program has logged in with an app password: a page that shows nothing else.
#[must_use]
pub fn state(
    frame: &Frame<'_>,
    when: &When,
    one: &CredentialStatus,
    (refused, here): (Option<&RefusalRow>, Option<&str>),
    all: &[CredentialStatus],
) -> Markup {
    let (texts, methods) = (&frame.texts.programs, &frame.texts.methods);
    let Some(at) = one.last_used else {
        let state = match refused {
            Some(refused) => refused::show(frame, when, &one.id, refused, all),
            None => waiting(frame, &one.id, texts.state_waiting, false),
        };
        let body = html! { h1 { (one.label) } (state) };
        return frame.focus(texts.state_title, &body);
    };
    let moment = when.moment(at);
    let address = one.last_address.as_deref().map(|address| {
        match here.is_some_and(|here| is_same_network(here, address)) {
            true => say(methods.this_network, &[("address", address)]),
            false => address.to_owned(),
        }
    });
    let words = match &address {
        Some(address) => rich(texts.worked_from, &[("when", &moment), ("address", address)], &[]),
        None => rich(texts.worked_why, &[("when", &moment)], &[]),
    };
    let body = html! {
        h1 { (one.label) }
        section .note.ok #live role="status" {
            (Icon::TICK.show())
            div.stack {
                div.tight { h2 { (texts.worked) } p { (words) } }
                div.acts { a.btn href="/methods" { (texts.finished) } }
            }
        }
    };
    frame.focus(texts.state_title, &body)
}
