//! A profile for an iPhone: the picture with its link on the computer, and the page that the phone opens.

use maud::{Markup, html};

use super::{Frame, qr};
use crate::texts::phrase::{rich, say};

/// Where the profile is to be had.
pub const PATH: &str = "/profile";

/// A profile that waits for a phone.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// The link.
    pub link: &'a str,
    /// The whole address, for the picture.
    pub address: &'a str,
    /// When it ends: `14:34`.
    pub until: &'a str,
    /// The token of a form that needs no session.
    pub token: &'a str,
}

/// What the camera of a phone is pointed at. Nothing where the address is too long for a picture.
#[must_use]
pub fn picture(frame: &Frame<'_>, link: &Link<'_>) -> Option<Markup> {
    let texts = &frame.texts.profile;
    let picture = qr::show(link.address, texts.picture)?;
    Some(html! {
        section .card.pad.split aria-label=(texts.with_camera) {
            div.stack {
                ol.how {
                    @for step in [texts.camera, texts.allow, texts.install, texts.open_mail] {
                        li { (rich(step, &[], &[])) }
                    }
                }
                form method="post" action=(PATH) {
                    input type="hidden" name="token" value=(link.token);
                    input type="hidden" name="link" value=(link.link);
                    p { (texts.here) " " button.quiet { (texts.download) } }
                }
            }
            figure.qr {
                (picture)
                figcaption.hint { (say(texts.works_until, &[("time", link.until)])) }
            }
        }
    })
}

/// What the phone shows before anything is downloaded. It says nothing of whom the profile belongs to. The script takes the
/// link from the address, unless it is known.
#[must_use]
pub fn offer(frame: &Frame<'_>, link: Option<&str>, is_signed: bool) -> Markup {
    let texts = &frame.texts.profile;
    frame.focus(
        texts.phone_title,
        &html! {
            h1 { (texts.phone_heading) }
            p.lead { (texts.phone_lead) }
            ol.how {
                @for step in [texts.phone_allow, texts.install, texts.open_mail] {
                    li { (rich(step, &[], &[])) }
                }
            }
            form method="post" action=(PATH) {
                (frame.token_field())
                input type="hidden" name="link" value=[link];
                button .btn.full hidden[link.is_none()] { (texts.download) }
            }
            noscript { p { (texts.no_script) } }
            @if !is_signed { p.hint { (texts.unsigned) } }
            p.hint { (texts.phone_warning) }
        },
    )
}

/// The link was used, or is too old, or never was one.
#[must_use]
pub fn gone(frame: &Frame<'_>) -> Markup {
    let texts = &frame.texts.profile;
    frame.focus(
        texts.gone,
        &html! {
            h1 { (texts.gone) }
            p.lead { (rich(texts.gone_why, &[], &[])) }
            p { (texts.gone_do) }
        },
    )
}
