//! An app password: what it is for, how long it works, and what it opens.

use maud::{Markup, html};

use super::icons::Icon;
use super::proof::Proof;
use super::{Frame, Note, service_name};
use crate::texts::Programs;

/// A program that an app password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Mail on an iPhone or iPad.
    Iphone,
    /// Any program on Android.
    Android,
    /// Thunderbird on a computer.
    Thunderbird,
    /// Outlook.
    Outlook,
    /// Something else.
    Other,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Iphone, Self::Android, Self::Thunderbird, Self::Outlook, Self::Other];

    /// The word in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Iphone => "iphone",
            Self::Android => "android",
            Self::Thunderbird => "thunderbird",
            Self::Outlook => "outlook",
            Self::Other => "other",
        }
    }

    /// The program of a word; something else where it is none.
    #[must_use]
    pub fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|program| program.as_str() == word).unwrap_or(Self::Other)
    }

    fn choice(self, texts: &Programs) -> (Icon, &'static str) {
        match self {
            Self::Iphone => (Icon::PHONE, texts.iphone),
            Self::Android => (Icon::TABLET, texts.android),
            Self::Thunderbird => (Icon::COMPUTER, texts.thunderbird),
            Self::Outlook => (Icon::MAIL, texts.outlook),
            Self::Other => (Icon::INFO, texts.other),
        }
    }
}

/// How long an app password may work, in days; for ever where it is 0.
pub const DAYS: [u32; 4] = [0, 30, 90, 365];

/// What has been filled in so far.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// The program.
    pub program: Program,
    /// The name.
    pub name: &'a str,
    /// Days until it ends; 0 for never.
    pub days: u32,
    /// All services that can be chosen.
    pub services: &'a [String],
    /// Those that are chosen.
    pub chosen: &'a [String],
    /// Whether this follows on setting up the first phone.
    pub is_first: bool,
}

/// The form.
#[must_use]
pub fn new(
    frame: &Frame<'_>,
    user: &str,
    proof: Proof,
    wish: &Wish<'_>,
    note: Option<&Note<'_>>,
) -> Markup {
    let (texts, common) = (&frame.texts.programs, &frame.texts.common);
    frame.menu(
        &frame.checked_title(texts.new_title, note),
        user,
        &html! {
            div .set.form {
                div.stack {
                    h1 { (texts.new_title) }
                    p.lead { (if wish.is_first { texts.new_lead_first } else { texts.new_lead }) }
                }
                div .card.pad {
                    form.stack method="post" action="/app-passwords/new" {
                        (frame.token_field())
                        @if let Some(note) = note { (note.show()) }
                        fieldset.choices {
                            legend { (texts.what_for) }
                            @for program in Program::ALL {
                                @let (icon, words) = program.choice(texts);
                                label.choice {
                                    input type="radio" name="for" value=(program.as_str()) required
                                        checked[program == wish.program];
                                    (icon.show()) " " (words)
                                }
                            }
                        }
                        div.field {
                            label for="name" { (texts.name) }
                            p.hint #name-hint { (texts.name_hint) }
                            input #name name="name" type="text" autocomplete="off" maxlength="64" required
                                value=(wish.name) aria-describedby="name-hint";
                        }
                        div.field {
                            label for="until" { (texts.how_long) }
                            select #until name="until" {
                                @for (days, words) in DAYS.into_iter().zip(spans(texts)) {
                                    option value=(days) selected[days == wish.days] { (words) }
                                }
                            }
                        }
                        (scope(texts, wish))
                        (proof.fields(frame, user))
                        div.acts {
                            button.btn { (texts.create) } " "
                            a href="/methods" { (if wish.is_first { texts.later } else { common.cancel }) }
                        }
                        (proof.reason(frame))
                    }
                }
            }
        },
    )
}

fn spans(texts: &Programs) -> [&'static str; 4] {
    [texts.for_ever, texts.days_30, texts.days_90, texts.days_365]
}

/// What it may open, where there is a choice.
fn scope(texts: &Programs, wish: &Wish<'_>) -> Markup {
    html! {
        @if wish.services.len() > 1 {
            details open[wish.chosen.is_empty()] {
                summary { (texts.what_opens) }
                div.tight {
                    @for service in wish.services {
                        label.tick {
                            input type="checkbox" name="scope" value=(service)
                                checked[wish.chosen.contains(service)];
                            " " (service_name(service))
                        }
                    }
                }
            }
        }
    }
}
