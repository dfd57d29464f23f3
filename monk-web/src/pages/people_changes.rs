//! What administrators do for somebody: reset, disable, enable.

use maud::{Markup, html};
use monk_wire::manage::InvitationMail;
use monk_wire::portal::NewStart;

use super::icons::Icon;
use super::people::address;
use super::proof::Proof;
use super::when::When;
use super::{Frame, Note};
use crate::texts::phrase::{rich, say};

/// Who can get the code of a new start by mail.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mailboxes<'a> {
    /// The user's address, where the directory has one.
    pub user: Option<&'a str>,
    /// That of the administrator.
    pub own: Option<&'a str>,
}

/// A reset: what is lost, and how the link gets there.
#[must_use]
pub fn reset(
    frame: &Frame<'_>,
    admin: &str,
    proof: Proof,
    (user, mail): (&str, Mailboxes<'_>),
    note: Option<&Note<'_>>,
) -> Markup {
    let words = &frame.texts.people;
    let of_user = [("user", user)];
    let title = say(words.reset_title, &of_user);
    let ways = [("user", mail.user, words.how_mail), ("me", mail.own, words.how_me)];
    let ways: Vec<_> =
        ways.into_iter().filter_map(|(way, mail, text)| Some((way, mail?, text))).collect();
    let nobody = Note { is_alert: false, ..Note::warn(words.no_mailbox, words.no_mailbox_why) };
    frame.focus(
        &frame.checked_title(&title, note),
        &html! {
            h1 { (title) }
            p.lead { (say(words.reset_lead, &of_user)) }
            @if let Some(note) = note { (note.show()) }
            @if ways.is_empty() { (nobody.show()) } @else {
                form.stack method="post" action="/people/reset" {
                    (frame.token_field())
                    input type="hidden" name="user" value=(user);
                    fieldset.tight {
                        legend { (say(words.how, &of_user)) }
                        @for (n, (way, mail, text)) in ways.iter().enumerate() {
                            label.tick {
                                input type="radio" name="how" value=(way) checked[n == 0] required; " "
                                (say(text, &[("address", mail)]))
                            }
                        }
                    }
                    (proof.fields(frame, admin))
                    button .btn.danger.full { (words.reset_go) }
                }
                (proof.reason_for_others(frame))
            }
            div.acts { a href=(address("user", user)) { (words.leave) } }
        },
    )
}

/// After a reset: where the code has gone. It is not on the page: see `monk_wire::portal::NewStart`.
#[must_use]
pub fn reset_done(
    frame: &Frame<'_>,
    when: &When,
    (user, is_own): (&str, bool),
    start: &NewStart,
) -> Markup {
    let words = &frame.texts.people;
    let of_user = [("user", user)];
    let date = when.day(start.expires);
    frame.focus(
        &say(words.reset_title, &of_user),
        &html! {
            div .note.ok role="status" {
                (Icon::TICK.show())
                div.tight { p { (rich(words.reset_done, &[("user", &user)], &[])) } }
            }
            @match &start.mail {
                InvitationMail::Sent { address } => {
                    h1 { (say(if is_own { words.mailed_me } else { words.mailed }, &[("address", address)])) }
                    p.lead { (rich(words.give_lead, &[("date", &date)], &[])) }
                    @if is_own {
                        div.note {
                            (Icon::INFO.show())
                            div.tight { p { (say(words.is_it, &of_user)) } }
                        }
                    }
                }
                InvitationMail::NotSent(_) => {
                    h1 { (words.not_mailed) }
                    p.lead { (say(words.not_mailed_why, &of_user)) }
                    a .btn.full href=(address("reset", user)) { (words.try_again) }
                }
            }
            a .btn.ghost.full href=(address("user", user)) { (words.done) }
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
            (proof.reason_for_others(frame))
            div.acts { a href=(address("user", user)) { (words.leave) } }
        },
    )
}
