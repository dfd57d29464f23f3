//! QR codes as pictures in the page.

use std::fmt::Write;

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code. ISO/IEC 18004 asks for four; the card's padding is the rest.
const QUIET: usize = 1;

/// The code of a text, or nothing where that is too long for any. Dark on light in both schemes: some cameras cannot
/// read it inverted.
#[must_use]
pub fn show(text: &str, label: &str) -> Option<Markup> {
    // The lowest level of error correction: a screen has no dirt on it.
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let inner = code.width();
    let size = inner + 2 * QUIET;
    let mut path = String::new();
    for y in 0..inner {
        let mut x = 0;
        while x < inner {
            let length = (x..inner).take_while(|&x| code[(x, y)] == Color::Dark).count();
            if length > 0 {
                let _to_a_string = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            x += length.max(1);
        }
    }
    let view = format!("-{QUIET} -{QUIET} {size} {size}");
    Some(html! {
        svg viewBox=(view) role="img" aria-label=(label) shape-rendering="crispEdges" { path d=(path) {} }
    })
}
