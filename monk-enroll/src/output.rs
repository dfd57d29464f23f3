//! Standard output: the one place that writes there.
//!
//! - Results may be secrets, so the buffer is wiped, and nothing is kept elsewhere.
//! - A reader that has had enough (`| head -1`) is no error: what was asked is carried out to its
//!   end, and the rest of the text is dropped.
//! - Text from directories never reaches a terminal as control characters; see [`Plain`].

use std::fmt::{self, Display, Write as _};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use monk_terms::printable::is_harmful;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::json::Safe;

/// Enough for all but the longest tables; the buffer never grows, because growing would leave
/// copies behind.
const BUFFER: usize = 32 * 1024;
/// Columns where nothing is known about the screen.
const USUAL_COLUMNS: usize = 80;

/// What the reader's screen can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Whether it shows colours, and they are wanted.
    pub colours: bool,
    /// Characters in a line.
    pub columns: usize,
}

impl Screen {
    /// No terminal: a file, a pipe, a test.
    pub const NONE: Self = Self { colours: false, columns: USUAL_COLUMNS };

    /// The screen behind standard output. `no_color` is the option of that name; the variable
    /// is that of <https://no-color.org>.
    #[must_use]
    pub fn of_stdout(no_color: bool) -> Self {
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return Self::NONE;
        }
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let columns = match rustix::termios::tcgetwinsize(&stdout) {
            Ok(size) if size.ws_col > 0 => size.ws_col.into(),
            _ => USUAL_COLUMNS,
        };
        Self { colours: !no_color && !set("NO_COLOR") && !dumb, columns }
    }

    /// `text` in `style`, where the screen shows colours.
    #[must_use]
    pub fn paint<T: Display>(self, style: Style, text: T) -> Painted<T> {
        Painted { style: self.colours.then_some(style), text }
    }
}

/// How text stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Not at all.
    #[default]
    Usual,
    /// Headings, and what is to be read first.
    Strong,
    /// All is well.
    Good,
    /// Something is to be done.
    Warning,
    /// Something does not work.
    Bad,
}

impl Style {
    /// The parameters of "select graphic rendition" (ECMA-48, 8.3.117). The sixteen colours of
    /// the terminal's own palette, which its owner has made readable.
    fn rendition(self) -> Option<&'static str> {
        match self {
            Self::Usual => None,
            Self::Strong => Some("1"),
            Self::Good => Some("32"),
            Self::Warning => Some("33"),
            Self::Bad => Some("1;31"),
        }
    }
}

/// Text in a style.
pub struct Painted<T> {
    style: Option<Style>,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.style.and_then(Style::rendition) {
            Some(rendition) => write!(f, "\x1b[{rendition}m{}\x1b[0m", self.text),
            None => self.text.fmt(f),
        }
    }
}

/// Text from elsewhere (names, addresses, messages), made harmless: what would move the cursor,
/// change colours, or turn the direction of writing is shown as `�`.
pub struct Plain<'a>(pub &'a str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .chars()
            .try_for_each(|char| f.write_char(if is_harmful(char) { '\u{fffd}' } else { char }))
    }
}

/// Standard output.
pub struct Output {
    to: Box<dyn Write>,
    /// What the reader's screen can show.
    pub screen: Screen,
    buffer: Zeroizing<Vec<u8>>,
    gone: bool,
}

impl Output {
    /// An output to `to`.
    #[must_use]
    pub fn new(to: Box<dyn Write>, screen: Screen) -> Self {
        Self { to, screen, buffer: Zeroizing::new(Vec::with_capacity(BUFFER)), gone: false }
    }

    /// Standard output, without std's own buffer, which is never wiped.
    #[must_use]
    pub fn stdout(screen: Screen) -> Self {
        match io::stdout().as_fd().try_clone_to_owned() {
            Ok(stdout) => Self::new(Box::new(File::from(stdout)), screen),
            // Out of descriptors: the engine will be out of reach as well, and say so.
            Err(_) => Self::new(Box::new(io::stdout()), screen),
        }
    }

    /// One JSON document, indented, with a line end.
    ///
    /// # Errors
    /// Those of writing.
    pub fn json(&mut self, document: &impl Serialize) -> io::Result<()> {
        let mut serializer = serde_json::Serializer::with_formatter(&mut *self, Safe::default());
        document.serialize(&mut serializer)?;
        self.write_all(b"\n")
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.gone {
            return Ok(());
        }
        match self.to.write_all(bytes).and_then(|()| self.to.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(())
            }
            result => result,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if bytes.len() > BUFFER {
            self.send(bytes)?;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        let result = self.send(&buffer);
        self.buffer = Zeroizing::new(Vec::with_capacity(BUFFER));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed(io::ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_had_enough_is_no_error_and_a_full_disk_is_one() {
        let mut out = Output::new(Box::new(Closed(io::ErrorKind::BrokenPipe)), Screen::NONE);
        writeln!(out, "text").unwrap();
        out.flush().unwrap();
        out.write_all(&[b'x'; 2 * BUFFER]).unwrap();
        let mut out = Output::new(Box::new(Closed(io::ErrorKind::StorageFull)), Screen::NONE);
        writeln!(out, "text").unwrap();
        assert!(out.flush().is_err());
    }

    #[test]
    fn text_from_elsewhere_cannot_steer_the_terminal() {
        let evil = "a\x1b]0;x\x07\r\u{202e}b\u{9b}2J";
        assert_eq!(Plain(evil).to_string(), "a\u{fffd}]0;x\u{fffd}\u{fffd}\u{fffd}b\u{fffd}2J");
        assert_eq!(Plain("Jürgens 手机 📱").to_string(), "Jürgens 手机 📱");
    }

    #[test]
    fn json_cannot_steer_the_terminal_either_and_stays_the_same_document() {
        let document = vec!["a\x1b]0;x\x07\u{9b}2J\u{7f}\u{202e}b\u{e0041}", "Jürgens 📱 \"x\" \\"];
        let captured = crate::scripted::Captured::default();
        let mut out = Output::new(Box::new(captured.clone()), Screen::NONE);
        out.json(&document).unwrap();
        out.flush().unwrap();
        let text = captured.text();
        assert!(!text.chars().any(|c| c != '\n' && is_harmful(c)), "{text:?}");
        assert!(text.contains("Jürgens 📱"), "{text}");
        let read: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(read, document);
    }

    #[test]
    fn colours_are_there_only_where_they_are_shown() {
        let screen = Screen { colours: true, columns: 80 };
        assert_eq!(screen.paint(Style::Good, "on").to_string(), "\x1b[32mon\x1b[0m");
        assert_eq!(screen.paint(Style::Usual, "on").to_string(), "on");
        assert_eq!(Screen::NONE.paint(Style::Bad, "off").to_string(), "off");
    }
}
