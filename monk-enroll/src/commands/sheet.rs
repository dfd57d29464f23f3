//! What is shown of a new device: its address above, the QR code with the words beside it. All
//! of it and the question below stand on one screen of 80 by 24.

use std::io::{self, Write};

use monk_wire::manage::{Algorithm, TotpParameters};
use zeroize::Zeroizing;

use crate::output::{Output, Plain};
use crate::qr::Picture;

/// Blanks between the QR code and the words beside it.
const GAP: usize = 3;
/// Columns that those words need at least.
const BESIDE: usize = 30;

/// A new device, to be shown this once.
pub struct Sheet<'a> {
    /// Login name.
    pub user: &'a str,
    /// Name of the device.
    pub name: &'a str,
    /// How it makes codes.
    pub parameters: TotpParameters,
    /// The seed in base 32.
    pub secret: &'a str,
    /// The `otpauth://` address.
    pub uri: &'a str,
}

impl Sheet<'_> {
    /// Writes it as the screen has room for it.
    pub fn write(&self, out: &mut Output) -> io::Result<()> {
        writeln!(out, "{}", Plain(self.uri))?;
        let screen = out.screen;
        let picture = Picture::of(self.uri).filter(|picture| picture.columns() <= screen.columns);
        let Some(picture) = picture else {
            // Lines that wrap are no picture.
            writeln!(out, "\n(The QR code does not fit this screen.)\n")?;
            return write_lines(out, &self.words(screen.columns));
        };
        let lines: Vec<_> = picture.lines(screen.colours).collect();
        let beside = screen.columns.saturating_sub(picture.columns() + GAP);
        if beside < BESIDE {
            write_lines(out, &lines)?;
            return write_lines(out, &self.words(screen.columns));
        }
        let words = self.words(beside);
        // In the middle, as long as there is room above and below.
        let above = lines.len().saturating_sub(words.len()) / 2;
        for row in 0..lines.len().max(words.len()) {
            match lines.get(row) {
                Some(line) => write!(out, "{}", **line)?,
                None => write!(out, "{:1$}", "", picture.columns())?,
            }
            match row.checked_sub(above).and_then(|row| words.get(row)) {
                Some(word) if !word.is_empty() => writeln!(out, "{:GAP$}{}", "", **word)?,
                _ => writeln!(out)?,
            }
        }
        Ok(())
    }

    fn words(&self, columns: usize) -> Vec<Zeroizing<String>> {
        let TotpParameters { algorithm, digits, period } = self.parameters;
        let algorithm = match algorithm {
            Algorithm::Sha1 => "SHA-1",
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Sha512 => "SHA-512",
        };
        let line = |text: &str| Zeroizing::new(text.to_owned());
        let mut words = vec![
            line(&format!("{} of {}", Plain(self.name), Plain(self.user))),
            line(""),
            line("Scan this with the app,"),
            line("or type the secret into it:"),
            line(""),
        ];
        words.extend(grouped(self.secret, columns));
        words.push(line(""));
        words.push(line(&format!("{algorithm}, {digits} digits, {period} seconds")));
        words
    }
}

fn write_lines(out: &mut Output, lines: &[Zeroizing<String>]) -> io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "{}", **line))
}

/// The secret in groups of four, in as many lines as it takes, each with as many groups: people
/// lose their place less easily.
fn grouped(secret: &str, columns: usize) -> Vec<Zeroizing<String>> {
    let groups = secret.len().div_ceil(4);
    let fitting = ((columns + 1) / 5).clamp(1, 8);
    let rows = groups.div_ceil(fitting).max(1);
    let line = |chunk: &[u8]| {
        let mut line = Zeroizing::new(String::with_capacity(2 * chunk.len()));
        for (position, &byte) in chunk.iter().enumerate() {
            if position > 0 && position % 4 == 0 {
                line.push(' ');
            }
            // Base 32 is nothing else.
            line.push(if byte.is_ascii_alphanumeric() { byte.into() } else { '?' });
        }
        line
    };
    secret.as_bytes().chunks(4 * groups.div_ceil(rows).max(1)).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Screen;
    use crate::scripted::Captured;

    const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    const URI: &str =
        "otpauth://totp/monk:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=monk";

    fn shown(uri: &str, colours: bool, columns: usize) -> String {
        let captured = Captured::default();
        let mut out = Output::new(Box::new(captured.clone()), Screen { colours, columns });
        let parameters = TotpParameters { algorithm: Algorithm::Sha1, digits: 6, period: 30 };
        let (user, name, secret) = ("alice", "Phone", SECRET);
        Sheet { user, name, parameters, secret, uri }.write(&mut out).unwrap();
        out.flush().unwrap();
        captured.text()
    }

    #[test]
    fn everything_and_the_question_stand_on_one_screen() {
        let long = URI.replace("alice", "alice.liddell%40mail.example.org");
        for uri in [URI, &long] {
            let shown = shown(uri, true, 80);
            let bare = shown.replace("\x1b[38;5;16;48;5;231m", "").replace("\x1b[0m", "");
            let rows: usize =
                bare.lines().map(|line| line.chars().count().div_ceil(80).max(1)).sum();
            assert!(rows < 24, "{rows} rows and the question\n{bare}");
            assert!(bare.contains("   JBSW Y3DP EHPK 3PXP"), "{bare}");
        }
    }

    #[test]
    fn a_narrow_screen_gets_the_words_below_and_a_tiny_one_no_picture() {
        assert!(shown(URI, false, 60).contains("█\nPhone of alice\n"));
        let tiny = shown(URI, false, 30);
        assert!(tiny.contains("does not fit") && !tiny.contains('█'), "{tiny}");
        assert!(tiny.contains("\nJBSW Y3DP EHPK 3PXP\n"), "{tiny}");
    }

    #[test]
    fn secrets_of_any_length_are_grouped_evenly() {
        let text = |secret: &str, columns| {
            grouped(secret, columns).iter().map(|line| line.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(text(SECRET, 34), ["JBSW Y3DP EHPK 3PXP", "JBSW Y3DP EHPK 3PXP"]);
        assert_eq!(text(SECRET, 80), ["JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"]);
        assert_eq!(text("ABCDEFG", 80), ["ABCD EFG"]);
        assert_eq!(text("", 80), Vec::<String>::new());
        assert_eq!(text(&"A".repeat(103), 33).len(), 5);
    }
}
