//! Invitations by administrators: the form, who will get one, and how far they are.

use maud::{Markup, html};
use monk_wire::portal::invitations::{
    Candidate, LeftOut, MOST_NAMES, Preview, Round, RoundState, Standing,
};

use super::icons::Icon;
use super::proof::Proof;
use super::{Frame, Note};
use crate::texts::Invitations as Words;
use crate::texts::phrase::say;

/// Days that links may work.
pub const DAYS: [u32; 3] = [3, 7, 14];

/// Most people whom the engine invites at once, for the page to say.
const MOST: &str = "5000";

/// Whom the form means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Those of a list.
    Names,
    /// A group.
    Group,
    /// Everybody without a second factor.
    Missing,
}

impl Who {
    /// As forms say it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Group => "group",
            Self::Missing => "missing",
        }
    }
}

/// What stands in the form.
#[derive(Clone, Copy, Debug)]
pub struct Filled<'a> {
    /// Whom it means.
    pub who: Who,
    /// The list.
    pub names: &'a str,
    /// The group.
    pub group: &'a str,
    /// How long the links work.
    pub days: u32,
    /// Whether those get another one who have one.
    pub again: bool,
}

/// Whom to invite.
#[must_use]
pub fn form(
    frame: &Frame<'_>,
    admin: &str,
    filled: &Filled<'_>,
    note: Option<&Note<'_>>,
) -> Markup {
    let words = &frame.texts.invitations;
    let choices =
        [(Who::Names, words.by_name), (Who::Group, words.by_group), (Who::Missing, words.missing)];
    frame.menu(
        &frame.checked_title(words.title, note),
        admin,
        &html! {
            div .set.form {
                div.stack {
                    h1 { (words.title) }
                    p.lead { (words.lead) }
                }
                div .card.pad {
                    form.stack method="post" action="/people/invite/check" {
                        (frame.token_field())
                        @if let Some(note) = note { (note.show()) }
                        fieldset.tight {
                            legend { (words.who) }
                            @for (who, text) in choices {
                                label.tick {
                                    input type="radio" name="who" value=(who.word()) checked[who == filled.who]
                                        required; " " (text)
                                }
                            }
                        }
                        div.field {
                            label for="names" { (words.names) }
                            p.hint #names-hint { (say(words.names_hint, &[("most", &MOST_NAMES.to_string())])) }
                            textarea #names name="names" rows="6" maxlength="8000" autocapitalize="none"
                                spellcheck="false" aria-describedby="names-hint" { (filled.names) }
                        }
                        div.field {
                            label for="group" { (words.group) }
                            p.hint #group-hint { (words.group_hint) }
                            input #group name="group" type="text" autocomplete="off" autocapitalize="none"
                                spellcheck="false" maxlength="256" value=(filled.group) aria-describedby="group-hint";
                        }
                        div.field {
                            label for="days" { (words.how_long) }
                            select #days name="days" {
                                @for one in DAYS {
                                    option value=(one) selected[one == filled.days] {
                                        (say(words.days, &[("days", &one.to_string())]))
                                    }
                                }
                            }
                        }
                        div.acts { button.btn { (words.check) } " " a href="/people" { (words.cancel) } }
                        p.hint { (words.check_hint) }
                    }
                }
                p.hint { a href="/people/invitations" { (words.last) } }
            }
        },
    )
}

/// Who will get one.
#[must_use]
pub fn preview(
    frame: &Frame<'_>,
    admin: &str,
    (proof, note): (Proof, Option<&Note<'_>>),
    filled: &Filled<'_>,
    found: &Preview,
) -> Markup {
    let words = &frame.texts.invitations;
    let ready = found.ready.to_string();
    let title = say(words.preview, &[("count", &ready)]);
    let counts = [
        (words.get_one, found.ready),
        (words.have_one, found.invited),
        (words.are_set_up, found.set_up),
        (words.are_left_out, found.left_out),
    ];
    frame.menu(
        &frame.checked_title(&title, note),
        admin,
        &html! {
            div.stack {
                h1 { (title) }
                @if let Some(note) = note { (note.show()) }
                @if !found.is_whole {
                    div .note.warn {
                        (Icon::INFO.show())
                        div.tight {
                            p { strong { (words.not_whole) } }
                            p { (say(words.not_whole_why, &[("most", MOST)])) }
                        }
                    }
                }
                div .card.pad {
                    table.stackable {
                        caption { (words.counts) }
                        thead { tr { th scope="col" { (words.state) } th scope="col" { (words.people) } } }
                        tbody {
                            @for (what, count) in counts {
                                tr { th scope="row" { (what) } td data-l=(words.people) { (count) } }
                            }
                        }
                    }
                }
                @if !found.some.is_empty() { (people(words, found)) }
                @if found.ready + found.invited > 0 || !found.is_whole {
                    div .card.pad { (sending(frame, admin, proof, filled, found.invited > 0)) }
                } @else {
                    div.acts { a.btn href="/people/invite" { (words.change) } }
                }
            }
        },
    )
}

fn people(words: &Words, found: &Preview) -> Markup {
    let count = found.some.len().to_string();
    html! {
        div .card.pad {
            table.stackable {
                caption { (say(words.first, &[("count", &count)])) }
                thead { tr {
                    th scope="col" { (words.person) }
                    th scope="col" { (words.address) }
                    th scope="col" { (words.state) }
                } }
                tbody {
                    @for Candidate { name, mail, standing } in &found.some {
                        tr {
                            th scope="row" { (name) }
                            td data-l=(words.address) { (mail.as_deref().unwrap_or("–")) }
                            td data-l=(words.state) { (stands(words, *standing)) }
                        }
                    }
                }
            }
        }
    }
}

fn sending(
    frame: &Frame<'_>,
    admin: &str,
    proof: Proof,
    filled: &Filled<'_>,
    some_have_one: bool,
) -> Markup {
    let words = &frame.texts.invitations;
    html! {
        form.stack method="post" action="/people/invite" {
            (frame.token_field())
            input type="hidden" name="who" value=(filled.who.word());
            input type="hidden" name="names" value=(filled.names);
            input type="hidden" name="group" value=(filled.group);
            input type="hidden" name="days" value=(filled.days);
            @if some_have_one {
                label.tick { input type="checkbox" name="again" value="yes" checked[filled.again]; " " (words.again) }
            }
            (proof.fields(frame, admin))
            div.acts { button.btn { (words.send) } " " a href="/people/invite" { (words.change) } }
            (proof.reason_for_others(frame))
        }
    }
}

fn stands(words: &Words, standing: Standing) -> &'static str {
    match standing {
        Standing::Unknown => words.unknown,
        Standing::Closed(_) => words.closed,
        Standing::NoAddress => words.no_address,
        Standing::Administrator => words.administrator,
        Standing::Ready => words.ready,
        Standing::Invited => words.invited,
        Standing::SetUp => words.set_up,
    }
}

/// How far the last invitations are. While they go on, the script asks for this page again and again.
#[must_use]
pub fn progress(frame: &Frame<'_>, admin: &str, round: Option<&Round>) -> Markup {
    let words = &frame.texts.invitations;
    frame.menu(
        words.progress,
        admin,
        &html! {
            div.stack {
                h1 { (words.progress) }
                @match round {
                    None => p { (words.none) },
                    Some(round) => (live(frame, round)),
                }
                p { a href="/people" { (words.back) } }
            }
        },
    )
}

fn live(frame: &Frame<'_>, round: &Round) -> Markup {
    let words = &frame.texts.invitations;
    let place = round.goes_on().then_some("/people/invitations");
    // Another class for each step: by that the script sees that there is something new.
    let step = format!("stack n{}-{}", round.sent, round.left_out.len());
    let total = round.total.unwrap_or_default();
    let (sent, all) = (round.sent.to_string(), total.to_string());
    let (set_up, invited) = (round.set_up.to_string(), round.invited.to_string());
    let minutes = minutes_left(round).map(|minutes| minutes.to_string());
    html! {
        div #live class=(step) data-state=[place] {
            div .card.pad.stack role="status" {
                @if round.total.is_some() {
                    div.field {
                        label for="sent" { (say(words.sent, &[("sent", &sent), ("total", &all)])) }
                        progress #sent max=(total.max(1)) value=(round.sent) {}
                    }
                    p.hint { (say(words.have_before, &[("set_up", &set_up), ("invited", &invited)])) }
                }
                p {
                    @match round.state {
                        RoundState::Looking => (words.looking),
                        RoundState::Sending => {
                            @if let Some(minutes) = &minutes { (say(words.time_left, &[("minutes", minutes)])) " " }
                            (words.goes_on)
                        }
                        RoundState::Done => (words.is_done),
                        RoundState::Stopped => (words.is_stopped),
                        RoundState::Broken => (words.is_broken),
                    }
                }
            }
            @if !round.left_out.is_empty() { (left_out(words, round)) }
            @if round.goes_on() {
                div.acts {
                    form method="post" action="/people/invitations/stop" {
                        (frame.token_field())
                        button .btn.ghost { (words.stop) }
                    }
                    " " a href="/people/invitations" { (words.look) }
                }
            }
        }
    }
}

/// As fast as until now.
fn minutes_left(round: &Round) -> Option<u64> {
    let left = u64::from(round.total?.checked_sub(round.sent)?);
    let seconds = u64::from(round.seconds) * left / u64::from(round.sent).max(1);
    (round.sent > 0).then(|| seconds.div_ceil(60))
}

fn left_out(words: &Words, round: &Round) -> Markup {
    let more = round.left_out_more.to_string();
    html! {
        div .card.pad {
            table.stackable {
                caption { (words.attention) }
                thead { tr { th scope="col" { (words.person) } th scope="col" { (words.happened) } } }
                tbody {
                    @for (name, why) in &round.left_out {
                        tr {
                            th scope="row" { (name) }
                            td data-l=(words.happened) {
                                @match why {
                                    LeftOut::Standing(standing) => (stands(words, *standing)),
                                    LeftOut::NotSent => (words.not_sent),
                                }
                            }
                        }
                    }
                }
            }
            @if round.left_out_more > 0 { p.hint { (say(words.more, &[("count", &more)])) } }
        }
    }
}
