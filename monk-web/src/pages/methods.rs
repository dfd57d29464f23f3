//! My methods: what a user has.

use maud::{Markup, html};
use monk_terms::kind::Kind;
use monk_wire::manage::CredentialStatus;
use monk_wire::portal::Overview;

use super::icons::Icon;
use super::rows::row;
use super::when::When;
use super::{Frame, attention};
use crate::texts::phrase::say;

/// A section: its id, heading and hint, the link to more of it, and what stands there while there is nothing.
struct Section<'a> {
    id: &'a str,
    title: &'a str,
    hint: &'a str,
    add: Option<(&'a str, &'a str)>,
    none: (Icon, &'a str, &'a str),
}

/// What a user has.
#[derive(Clone, Copy)]
pub struct Methods<'a> {
    /// All of it.
    pub overview: &'a Overview,
    /// Where the browser is.
    pub here: Option<&'a str>,
    /// Whether the user has just set up the first phone.
    pub is_new: bool,
}

/// The page.
#[must_use]
pub fn page(frame: &Frame<'_>, when: &When, methods: Methods<'_>) -> Markup {
    let (texts, overview) = (&frame.texts.methods, methods.overview);
    let user = &overview.status.user;
    let hello = if methods.is_new { texts.well_done } else { texts.hello };
    let is_offered = |kind| match kind {
        Kind::Email => frame.site.is_some_and(|site| site.sends_codes),
        Kind::Passkey => frame.site.is_some_and(|site| site.has_passkeys),
        _ => true,
    };
    frame.menu(
        frame.texts.common.my_methods,
        user,
        &html! {
            div.stack {
                h1 { (say(hello, &[("user", user)])) }
                (attention::show(frame, when, attention::first(overview, when)))
                @if overview.status.unreadable > 0 { p { (texts.unreadable) } }
                @if !methods.is_new { (tasks(frame)) }
            }
            @for (kind, section) in sections(frame, overview) {
                @if is_offered(kind) || of(overview, kind).next().is_some() {
                    (set(frame, when, &methods, kind, &section))
                }
            }
        },
    )
}

fn tasks(frame: &Frame<'_>) -> Markup {
    let texts = &frame.texts.methods;
    let task = |href: &str, icon: Icon, what: &str, how: &str| {
        html! {
            li {
                a.card href=(href) {
                    span.ico { (icon.show()) }
                    span { strong { (what) } small.soft { (how) } }
                }
            }
        }
    };
    html! {
        nav aria-label=(texts.tasks) {
            ul.tasks {
                (task("/app-passwords/new", Icon::MAIL, texts.task_mail, texts.task_mail_how))
                (task("/phones/add", Icon::PHONE, texts.task_phone, texts.task_phone_how))
            }
        }
    }
}

fn sections(frame: &Frame<'_>, overview: &Overview) -> Vec<(Kind, Section<'static>)> {
    let texts = &frame.texts.methods;
    let has_invitation = of(overview, Kind::EnrolmentCode).next().is_some();
    let mut all = vec![
        (
            Kind::Totp,
            Section {
                id: "phones",
                title: texts.phones,
                hint: texts.phones_what,
                add: Some(("/phones/add", texts.add_phone)),
                none: (Icon::PHONE, texts.no_phone, texts.no_phone_what),
            },
        ),
        (
            Kind::Passkey,
            Section {
                id: "passkeys",
                title: frame.texts.passkeys.title,
                hint: frame.texts.passkeys.what,
                add: Some(("/passkeys/new", frame.texts.passkeys.add)),
                none: (
                    Icon::FINGERPRINT,
                    frame.texts.passkeys.none,
                    frame.texts.passkeys.none_what,
                ),
            },
        ),
        (
            Kind::AppPassword,
            Section {
                id: "apps",
                title: texts.apps,
                hint: texts.apps_what,
                add: Some(("/app-passwords/new", texts.add_app)),
                none: (Icon::MAIL, texts.no_app, texts.no_app_what),
            },
        ),
        (
            Kind::BackupCodes,
            Section {
                id: "codes",
                title: texts.codes,
                hint: texts.codes_what,
                add: None,
                none: (Icon::SHEET, texts.no_codes, texts.no_codes_what),
            },
        ),
        (
            Kind::Email,
            Section {
                id: "mail",
                title: texts.mail,
                hint: texts.mail_what,
                add: None,
                none: (Icon::AT, texts.no_mail, texts.no_mail_what),
            },
        ),
    ];
    if has_invitation {
        let (title, hint) = (texts.set_up_code, texts.set_up_code_what);
        let none = (Icon::SHEET, title, hint);
        all.push((
            Kind::EnrolmentCode,
            Section { id: "set-up-code", title, hint, add: None, none },
        ));
    }
    all
}

fn of(overview: &Overview, kind: Kind) -> impl Iterator<Item = &CredentialStatus> {
    overview.status.credentials.iter().filter(move |one| one.kind == kind)
}

fn set(
    frame: &Frame<'_>,
    when: &When,
    methods: &Methods<'_>,
    kind: Kind,
    section: &Section<'_>,
) -> Markup {
    let texts = &frame.texts.methods;
    let mut rows: Vec<_> = of(methods.overview, kind).collect();
    // What was made last stands first.
    rows.sort_by_key(|one| std::cmp::Reverse(one.created));
    let first = match kind {
        Kind::BackupCodes => Some(("/backup-codes/new", texts.get_codes)),
        Kind::Email => Some(("/email/new", texts.add_mail)),
        _ => section.add,
    };
    html! {
        section.set aria-labelledby=(section.id) {
            div .about.tight {
                h2 id=(section.id) { (section.title) }
                p.hint { (section.hint) }
                @if let (Some((href, words)), false) = (section.add, rows.is_empty()) {
                    p { a href=(href) { (words) } }
                }
            }
            div.card {
                ul.rows {
                    @for one in &rows { (row(frame, when, one, methods.here)) }
                    @if rows.is_empty() {
                        @let (icon, title, what) = section.none;
                        li {
                            span.ico { (icon.show()) }
                            div.what { h3 { (title) } p { (what) } }
                            @if let Some((href, words)) = first {
                                div.acts { a.quiet href=(href) { (words) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
