//! QR codes in the terminal: two modules in each character.

use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

/// Light modules around the code. ISO/IEC 18004 asks for four; cameras are content with two, and
/// with four the usual code would not fit a screen of 24 lines.
const QUIET: usize = 2;

/// Black on white, and not the terminal's own idea of them: colours 16 and 231 of the 256 are
/// the same on dark and light screens, whatever the palette of the first sixteen.
const INK: &str = "\x1b[38;5;16;48;5;231m";
const NO_INK: &str = "\x1b[0m";

/// A QR code with its margin.
pub struct Picture {
    /// Modules in a row, margin included.
    size: usize,
    /// Row by row, whether a module is dark.
    dark: Zeroizing<Vec<bool>>,
}

impl Picture {
    /// The code of `text`, or `None` when that is too long for any.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        // The lowest level of error correction: a screen has no dirt on it, and each level more
        // costs lines.
        let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
        let inner = code.width();
        let size = inner + 2 * QUIET;
        let mut dark = Zeroizing::new(vec![false; size * size]);
        for (x, y) in (0..inner).flat_map(|y| (0..inner).map(move |x| (x, y))) {
            dark[(y + QUIET) * size + x + QUIET] = code[(x, y)] == Color::Dark;
        }
        Some(Self { size, dark })
    }

    /// Characters in a line.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.size
    }

    /// The lines, top to bottom.
    ///
    /// Without colours, what is light is drawn and what is dark is left out, which is right on a
    /// dark screen; on a light one the code is inverted, and most apps read that as well.
    pub fn lines(&self, colours: bool) -> impl Iterator<Item = Zeroizing<String>> {
        (0..self.size).step_by(2).map(move |y| self.line(y, colours))
    }

    fn line(&self, y: usize, colours: bool) -> Zeroizing<String> {
        // Room for everything at once: a string that grows leaves copies behind.
        let mut line = Zeroizing::new(String::with_capacity(3 * self.size + 32));
        if colours {
            line.push_str(INK);
        }
        for x in 0..self.size {
            let (upper, lower) = (self.is_dark(x, y), self.is_dark(x, y + 1));
            line.push(match (upper == colours, lower == colours) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        if colours {
            line.push_str(NO_INK);
        }
        line
    }

    /// Whether a module is dark. Below the last row it is light, like the margin.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        self.dark.get(y * self.size + x).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "otpauth://totp/monk:alice%40example.org?\
                       secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=monk";

    /// What a phone sees: the screen as an image, several pixels to a module, on a wall of the
    /// opposite colour.
    fn scanned(lines: &[String], drawn_is_dark: bool) -> String {
        const SCALE: usize = 4;
        let rows: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
        let (width, height) = (rows[0].len(), rows.len() * 2);
        assert!(rows.iter().all(|row| row.len() == width), "a rectangle");
        let mut image = rqrr::PreparedImage::prepare_from_bitmap(
            (width + 4) * SCALE,
            (height + 4) * SCALE,
            |x, y| {
                let (x, y) = (x / SCALE, y / SCALE);
                if !(2..width + 2).contains(&x) || !(2..height + 2).contains(&y) {
                    return true;
                }
                let drawn = match rows[(y - 2) / 2][x - 2] {
                    '█' => true,
                    '▀' => y % 2 == 0,
                    '▄' => y % 2 == 1,
                    ' ' => false,
                    other => panic!("{other:?} is no part of a picture"),
                };
                drawn == drawn_is_dark
            },
        );
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    #[test]
    fn a_phone_reads_it_with_and_without_colours() {
        for uri in [URI, &URI.replace("monk", "An Office With A Long Name"), "x"] {
            let picture = Picture::of(uri).unwrap();
            let plain: Vec<String> = picture.lines(false).map(|line| line.to_string()).collect();
            assert_eq!(scanned(&plain, false), uri);
            let coloured: Vec<String> = picture
                .lines(true)
                .map(|line| {
                    let line = line.strip_prefix(INK).expect("colours of its own");
                    line.strip_suffix(NO_INK).expect("that end with it").to_owned()
                })
                .collect();
            assert_eq!(scanned(&coloured, true), uri);
        }
    }

    #[test]
    fn the_usual_code_leaves_room_on_a_screen_of_80_by_24() {
        let picture = Picture::of(URI).unwrap();
        assert!(picture.columns() <= 80 - 30, "{} columns", picture.columns());
        let lines = picture.lines(true).count();
        // The address above takes two, the question below one.
        assert!(lines <= 24 - 3, "{lines} lines");
    }

    #[test]
    fn what_no_code_can_hold_is_not_drawn() {
        assert!(Picture::of(&"x".repeat(3000)).is_none());
    }
}
