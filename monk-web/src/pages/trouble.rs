//! What goes wrong, and what to do then.

use maud::{Markup, html};

use super::Frame;
use crate::texts::phrase::rich;

/// The engine does not answer. The number is in the log, too.
#[must_use]
pub fn on_us(frame: &Frame<'_>, number: &str, is_change: bool) -> Markup {
    let texts = &frame.texts.trouble;
    frame.focus(
        texts.title,
        &html! {
            h1 { (texts.on_us) }
            p.lead { (texts.on_us_lead) }
            p { (if is_change { texts.perhaps_changed } else { texts.unchanged }) }
            p {
                @if let Some(link) = frame.organisation.help_link() {
                    (rich(texts.wait, &[("help", &frame.help_name())], &[&link]))
                } @else {
                    (texts.wait_nobody)
                }
                " " code.nb translate="no" { (number) }
            }
            a .btn.full href="/methods" { (texts.try_again) }
        },
    )
}

/// The page that was asked for, once more: this time from a page of our own, with the cookies that a browser does not
/// send where a link on another site has led here. A header reloads it at once; the link is for browsers that do not.
#[must_use]
pub fn once_more(frame: &Frame<'_>, path: &str) -> Markup {
    let texts = &frame.texts.trouble;
    frame.focus(
        texts.one_moment,
        &html! {
            h1 { (texts.one_moment) }
            a .btn.full href=(path) { (frame.texts.common.next) }
        },
    )
}

/// Something that ends in one sentence and one way out.
#[derive(Clone, Copy, Debug)]
pub struct DeadEnd<'a> {
    /// What.
    pub heading: &'a str,
    /// Why, and what to do; a link in it leads to `link`.
    pub lead: &'a str,
    /// Where a link in `lead` goes, and what stands in its place.
    pub link: &'a str,
    /// Where the button leads, and its words.
    pub way_out: Option<(&'a str, &'a str)>,
}

/// A page for it.
#[must_use]
pub fn dead_end(frame: &Frame<'_>, end: &DeadEnd<'_>) -> Markup {
    frame.focus(
        end.heading,
        &html! {
            h1 { (end.heading) }
            p.lead { (rich(end.lead, &[("origin", &end.link)], &[end.link])) }
            @if let Some((href, words)) = end.way_out { a .btn.full href=(href) { (words) } }
        },
    )
}
