//! What administrators do for somebody: reset, disable, enable, invite.

use maud::{Markup, html};
use monk_wire::manage::{InvitationMail, Invited};

use super::icons::Icon;
use super::people::address;
use super::proof::Proof;
use super::when::When;
use super::{Frame, Note};
use crate::texts::phrase::{rich, say};

/// Days that links may work.
pub const DAYS: [u32; 3] = [3, 7, 14];

/// A reset: what is lost, and how the link gets there.
#[must_use]
pub fn reset(
    frame: &Frame<'_>,
    admin: &str,
    proof: Proof,
    (user, mail): (&str, Option<&str>),
    note: Option<&Note<'_>>,
) -> Markup {
    let words = &frame.texts.people;
    let of_user = [("user", user)];
    let title = say(words.reset_title, &of_user);
    frame.focus(
        &frame.checked_title(&title, note),
        &html! {
            h1 { (title) }
            p.lead { (say(words.reset_lead, &of_user)) }
            @if let Some(note) = note { (note.show()) }
            form.stack method="post" action="/people/reset" {
                (frame.token_field())
                input type="hidden" name="user" value=(user);
                fieldset.tight {
                    legend { (say(words.how, &of_user)) }
                    label.tick { input type="radio" name="how" value="show" checked; " " (words.how_show) }
                    @if let Some(mail) = mail {
                        label.tick { input type="radio" name="how" value="mail"; " " (say(words.how_mail, &[("address", mail)])) }
                    }
                }
                (proof.fields(frame, admin))
                button .btn.danger.full { (words.reset_go) }
            }
            (proof.reason(frame))
            div.acts { a href=(address("user", user)) { (words.leave) } }
        },
    )
}

/// After a reset: the link, shown this once.
#[must_use]
pub fn reset_done(frame: &Frame<'_>, when: &When, user: &str, invited: &Invited) -> Markup {
    let words = &frame.texts.people;
    let of_user = [("user", user)];
    let code = invited.code.expose_str().unwrap_or_default();
    let link = invited.link.as_ref().and_then(|link| link.expose_str());
    let date = when.day(invited.expires);
    frame.focus(
        &say(words.reset_title, &of_user),
        &html! {
            div .note.ok role="status" {
                (Icon::TICK.show())
                div.tight { p { (rich(words.reset_done, &[("user", &user)], &[])) } }
            }
            @match &invited.mail {
                Some(InvitationMail::Sent { address }) => {
                    h1 { (say(words.mailed, &[("address", address)])) }
                }
                mail => {
                    @if mail.is_some() { p { (words.not_mailed) } }
                    h1 { (say(if link.is_some() { words.give_link } else { words.give_code }, &of_user)) }
                    p.lead { (rich(words.give_lead, &[("date", &date)], &[])) }
                    @if let Some(link) = link {
                        p .secret.url #link translate="no" { span data-part { (link) } }
                        div.acts {
                            button .btn.ghost type="button" hidden data-copy="link" data-done=(words.copied) {
                                (Icon::COPY.show()) span { (words.copy) }
                            }
                        }
                        p { (words.or_code) }
                    }
                    p.secret translate="no" { span { (code) } }
                }
            }
            div.note {
                (Icon::INFO.show())
                div.tight { p { (say(words.is_it, &of_user)) } }
            }
            a .btn.full href=(address("user", user)) { (words.done) }
        },
    )
}

/// Disabling an account, or enabling it again.
#[must_use]
pub fn turn(
    frame: &Frame<'_>,
    admin: &str,
    proof: Proof,
    (user, enables): (&str, bool),
    note: Option<&Note<'_>>,
) -> Markup {
    let words = &frame.texts.people;
    let (title, lead, go, action, class) = match enables {
        true => (words.enable_title, words.enable_lead, words.enable_go, "enable", "btn full"),
        false => (
            words.disable_title,
            words.disable_lead,
            words.disable_go,
            "disable",
            "btn danger full",
        ),
    };
    let title = say(title, &[("user", user)]);
    frame.focus(
        &frame.checked_title(&title, note),
        &html! {
            h1 { (title) }
            p.lead { (lead) }
            @if let Some(note) = note { (note.show()) }
            form.stack method="post" action={ "/people/" (action) } {
                (frame.token_field())
                input type="hidden" name="user" value=(user);
                (proof.fields(frame, admin))
                button class=(class) { (go) }
            }
            (proof.reason(frame))
            div.acts { a href=(address("user", user)) { (words.leave) } }
        },
    )
}

/// A list of people to invite.
#[must_use]
pub fn invite(
    frame: &Frame<'_>,
    admin: &str,
    proof: Proof,
    (names, days, most): (&str, u32, usize),
    note: Option<&Note<'_>>,
) -> Markup {
    let words = &frame.texts.people;
    frame.menu(
        &frame.checked_title(words.invite_title, note),
        admin,
        &html! {
            div .set.form {
                div.stack {
                    h1 { (words.invite_title) }
                    p.lead { (words.invite_lead) }
                }
                div .card.pad {
                    form.stack method="post" action="/people/invite" {
                        (frame.token_field())
                        @if let Some(note) = note { (note.show()) }
                        div.field {
                            label for="names" { (words.who) }
                            p.hint #names-hint { (say(words.who_hint, &[("most", &most.to_string())])) }
                            textarea #names name="names" rows="8" maxlength="2000" autocapitalize="none"
                                spellcheck="false" required aria-describedby="names-hint" { (names) }
                            p { a href="/people/invite?missing=1" { (words.missing) } }
                        }
                        div.field {
                            label for="days" { (words.how_long) }
                            select #days name="days" {
                                @for one in DAYS {
                                    option value=(one) selected[one == days] {
                                        (say(words.days, &[("days", &one.to_string())]))
                                    }
                                }
                            }
                        }
                        (proof.fields(frame, admin))
                        div.acts {
                            button.btn { (words.invite_go) } " "
                            a href="/people" { (words.cancel) }
                        }
                        (proof.reason(frame))
                    }
                }
            }
        },
    )
}

/// What became of each of them.
#[must_use]
pub fn invited(frame: &Frame<'_>, admin: &str, rows: &[(String, Result<String, &str>)]) -> Markup {
    let words = &frame.texts.people;
    let sent = rows.iter().filter(|(_, row)| row.is_ok()).count().to_string();
    let all = rows.len().to_string();
    frame.menu(
        words.sent_title,
        admin,
        &html! {
            div.stack {
                h1 role="status" { (say(words.sent, &[("sent", &sent), ("all", &all)])) }
                div .card.pad {
                    table.stackable {
                        caption.vh { (words.sent_title) }
                        thead { tr {
                            th scope="col" { (words.person) }
                            th scope="col" { (words.happened) }
                        } }
                        tbody {
                            @for (name, row) in rows {
                                tr {
                                    th scope="row" { (name) }
                                    td data-l=(words.happened) {
                                        @match row {
                                            Ok(address) => (say(words.was_sent, &[("address", address)])),
                                            Err(why) => (why),
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                p { a href="/people" { (words.back) } }
            }
        },
    )
}
