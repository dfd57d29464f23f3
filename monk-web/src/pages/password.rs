//! The change of the password.

use maud::{Markup, html};
use monk_terms::not_taken::NotTaken;

use super::icons::Icon;
use super::proof::Proof;
use super::{Frame, Note};

/// Why nothing was changed.
#[derive(Clone, Copy)]
pub enum Unchanged<'a> {
    /// Something to tell that has no words of the server.
    Note(Note<'a>),
    /// The server does not take the new one.
    NotTaken {
        /// Why.
        why: NotTaken,
        /// What it said; empty where it said nothing.
        said: &'a str,
    },
}

impl Unchanged<'_> {
    /// Whether another new password may be better.
    fn is_about_new(self) -> bool {
        match self {
            Self::Note(_) => false,
            Self::NotTaken { why, .. } => !matches!(why, NotTaken::TooYoung | NotTaken::NotAllowed),
        }
    }

    fn show(self, frame: &Frame<'_>) -> Markup {
        let texts = &frame.texts.password;
        let (why, said) = match self {
            Self::Note(note) => return note.show(),
            Self::NotTaken { why, said } => (why, said),
        };
        let heading = if self.is_about_new() { texts.choose } else { texts.not_now };
        let words = match why {
            NotTaken::TooShort => texts.too_short,
            NotTaken::TooWeak => texts.too_weak,
            NotTaken::InHistory => texts.in_history,
            NotTaken::TooYoung => texts.too_young,
            NotTaken::NotAllowed => texts.not_allowed,
            NotTaken::Other => texts.other,
        };
        html! {
            div .note.bad role="alert" {
                (Icon::CROSS.show())
                div.tight {
                    h2 { (heading) }
                    p #new-why { (words) }
                    // Directories speak English, whatever the page speaks.
                    @if !said.is_empty() { p { (texts.says) " " q lang="en" translate="no" { (said) } } }
                }
            }
        }
    }
}

/// The form.
#[must_use]
pub fn change(
    frame: &Frame<'_>,
    user: &str,
    proof: Proof,
    unchanged: Option<Unchanged<'_>>,
) -> Markup {
    let (texts, common) = (&frame.texts.password, &frame.texts.common);
    let proof = proof.with_password();
    let is_about_new = unchanged.is_some_and(Unchanged::is_about_new);
    let title = match unchanged {
        Some(Unchanged::Note(note)) => frame.checked_title(texts.title, Some(&note)),
        Some(Unchanged::NotTaken { .. }) => {
            frame.checked_title(texts.title, Some(&Note::bad("", "")))
        }
        None => texts.title.to_owned(),
    };
    let described = if is_about_new { "new-hint new-why" } else { "new-hint" };
    frame.menu(
        &title,
        user,
        &html! {
            div .set.form {
                div.stack {
                    h1 { (texts.title) }
                    p.lead { (texts.lead) }
                }
                div.stack {
                    @if let Some(unchanged) = unchanged { (unchanged.show(frame)) }
                    div .card.pad {
                        form.stack method="post" action="/password" {
                            (frame.token_field())
                            (proof.fields(frame, user))
                            @if !proof.has_password() { (current(frame, user)) }
                            div.field {
                                label for="new" { (texts.new) }
                                p.hint #new-hint { (texts.new_hint) }
                                input #new name="new" type="password" autocomplete="new-password" required
                                    aria-invalid=[is_about_new.then_some("true")] aria-describedby=(described);
                            }
                            div.field {
                                label for="again" { (texts.again) }
                                input #again name="again" type="password" autocomplete="new-password" required;
                            }
                            div.acts { button.btn { (texts.go) } " " a href="/methods" { (common.cancel) } }
                            (proof.reason(frame))
                        }
                    }
                }
            }
        },
    )
}

/// The current password, where it is not asked for as a proof.
fn current(frame: &Frame<'_>, user: &str) -> Markup {
    html! {
        input .vh type="text" name="username" autocomplete="username" value=(user) readonly tabindex="-1"
            aria-label=(frame.texts.common.user_name);
        div.field {
            label for="current" { (frame.texts.password.current) }
            input #current name="current" type="password" autocomplete="current-password" required;
        }
    }
}

/// It is changed.
#[must_use]
pub fn done(frame: &Frame<'_>, user: &str, is_like_code: bool) -> Markup {
    let (texts, common) = (&frame.texts.password, &frame.texts.common);
    frame.menu(
        texts.done,
        user,
        &html! {
            div.stack {
                h1 { (texts.done) }
                div .note.ok role="status" {
                    (Icon::TICK.show())
                    div.tight { p { (texts.done_why) } @if is_like_code { p { (texts.like_code) } } }
                }
                div.acts { a.btn href="/methods" { (common.back_to_methods) } }
            }
        },
    )
}
