//! A file of `/etc/pam.d` as lines and words, byte by byte as libpam takes it apart.
//!
//! This follows `_pam_assemble_line` and `_pam_StrTok` of Linux-PAM 1.5, whose lines have room for
//! 1,023 bytes. Only blanks, tabs and line feeds separate words: a carriage return, a no-break space or
//! a byte order mark becomes part of the word beside it. A test of the whole system compares.

/// Bytes of one line in libpam's memory, the closing NUL included (`BUF_SIZE`, until 1.5).
const LINE: usize = 1024;

/// Largest file that is looked at. Real ones have some hundred bytes.
const MAX_TEXT: usize = 64 * 1024;

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it says, without brackets.
    pub text: String,
    /// It stood in brackets.
    pub bracketed: bool,
}

/// What is odd about a line, whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// A byte NUL, at which libpam stops reading the line.
    Nul,
    /// It is longer than libpam's memory for it, and was cut.
    Long,
    /// A comment follows the backslash, so that the line does not go on.
    CommentBehindBackslash,
}

/// One line with words, comments taken out and continued lines joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of its beginning, from 1.
    pub number: usize,
    /// The words; at least one.
    pub words: Vec<Word>,
    /// What is odd about it.
    pub oddities: Vec<Oddity>,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The lines that say something.
    pub lines: Vec<Line>,
    /// Where a line begins that the file ends in the middle of. libpam reads nothing of such a
    /// file then, nor does it log anybody in.
    pub unfinished: Option<usize>,
    /// It is larger than what is looked at, and was not.
    pub too_large: bool,
}

impl Text {
    /// Takes a file apart.
    pub fn read(text: &str) -> Self {
        let mut read = Self::default();
        if text.len() > MAX_TEXT {
            read.too_large = true;
            return read;
        }
        let mut reader = Reader { rest: text.as_bytes(), number: 1 };
        loop {
            match reader.line() {
                Ok(Some(line)) if line.words.is_empty() => {}
                Ok(Some(line)) => read.lines.push(line),
                Ok(None) => return read,
                Err(number) => {
                    read.unfinished = Some(number);
                    return read;
                }
            }
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    /// The number of the line that `rest` begins in.
    number: usize,
}

impl<'a> Reader<'a> {
    /// What `fgets` reads into that many bytes.
    fn chunk(&mut self, room: usize) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end =
            self.rest.iter().position(|&byte| byte == b'\n').map_or(self.rest.len(), |at| at + 1);
        let (chunk, rest) = self.rest.split_at(end.min(room - 1));
        self.rest = rest;
        self.number += usize::from(chunk.ends_with(b"\n"));
        Some(chunk)
    }

    /// The next line that says something; `None` at the end, and an error where the file ends in
    /// the middle of one that begins with that number.
    fn line(&mut self) -> Result<Option<Line>, usize> {
        let (mut buffer, mut oddities, mut start) = (Vec::new(), Vec::new(), None);
        loop {
            let room = LINE - buffer.len();
            let number = self.number;
            // With room for nothing, libpam would never come to an end.
            let chunk = if room > 1 { self.chunk(room) } else { None };
            let Some(mut chunk) = chunk else { return start.map_or(Ok(None), Err) };
            if !chunk.ends_with(b"\n") && !self.rest.is_empty() {
                oddities.push(Oddity::Long);
            }
            if let Some(end) = chunk.iter().position(|&byte| byte == 0) {
                oddities.push(Oddity::Nul);
                chunk = &chunk[..end];
            }
            let said = trimmed_start(chunk);
            if said.is_empty() || said[0] == b'#' {
                continue;
            }
            let start = *start.get_or_insert(number);
            if let Some(end) = said.iter().position(|&byte| byte == b'#') {
                let before = &said[..end];
                if trimmed_end(before).ends_with(b"\\") {
                    oddities.push(Oddity::CommentBehindBackslash);
                }
                buffer.extend_from_slice(before);
                return Ok(Some(Line { number: start, words: words(&buffer), oddities }));
            }
            let blanks = chunk.len() - said.len();
            match trimmed_end(said).strip_suffix(b"\\") {
                Some(begun) => {
                    buffer.extend_from_slice(&chunk[..blanks + begun.len()]);
                    buffer.push(b' ');
                }
                None => {
                    buffer.extend_from_slice(chunk);
                    return Ok(Some(Line { number: start, words: words(&buffer), oddities }));
                }
            }
        }
    }
}

/// What separates words.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

fn trimmed_start(bytes: &[u8]) -> &[u8] {
    let begin = bytes.iter().position(|&byte| !is_blank(byte)).unwrap_or(bytes.len());
    &bytes[begin..]
}

fn trimmed_end(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| !is_blank(byte)).map_or(0, |at| at + 1);
    &bytes[..end]
}

/// Splits at blanks, but not inside `[…]`, in which `\]` is a bracket that does not close.
fn words(line: &[u8]) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = trimmed_start(line);
    while !rest.is_empty() {
        let bracketed = rest[0] == b'[';
        let mut inside = Vec::new();
        let mut at = usize::from(bracketed);
        while let Some(&byte) = rest.get(at) {
            if bracketed && byte == b']' || !bracketed && is_blank(byte) {
                break;
            }
            at += usize::from(bracketed && byte == b'\\' && rest.get(at + 1) == Some(&b']'));
            inside.push(rest[at]);
            at += 1;
        }
        words.push(Word { text: String::from_utf8_lossy(&inside).into_owned(), bracketed });
        rest = trimmed_start(rest.get(at + 1..).unwrap_or_default());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let line = |line: &Line| {
            let words: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
            format!("{}: {}", line.number, words.join("|"))
        };
        Text::read(text).lines.iter().map(line).collect()
    }

    #[test]
    fn only_blanks_tabs_and_line_feeds_separate_words() {
        for (text, expected) in [
            ("auth\trequired  pam_x.so\n", "1: auth|required|pam_x.so"),
            ("auth required pam_x.so\r\n", "1: auth|required|pam_x.so\r"),
            ("\r\n", "1: \r"),
            ("\u{feff}auth x", "1: \u{feff}auth|x"),
            ("auth\u{a0}x\n", "1: auth\u{a0}x"),
            ("auth\u{b}x\n", "1: auth\u{b}x"),
            ("a [b c\\]d]e f[g h]", "1: a|b c]d|e|f[g|h]"),
            ("a [b c", "1: a|b c"),
            ("a []", "1: a|"),
            ("# a\n\n  # b\n\tc # d", "4: c"),
        ] {
            assert_eq!(shown(text), [expected], "{text:?}");
        }
    }

    #[test]
    fn a_line_goes_on_behind_a_backslash_unless_a_comment_follows_it() {
        assert_eq!(shown("a \\\n# why\n\n b \\ \n c\nd\n"), ["1: a|b|c", "6: d"]);
        assert_eq!(shown("a \\ # why\n b\n"), ["1: a|\\", "2: b"]);
        // A carriage return is not blank: the line does not go on.
        assert_eq!(shown("a \\\r\nb\n"), ["1: a|\\\r", "2: b"]);
        let odd = Text::read("a \\ # why\n").lines[0].oddities.clone();
        assert_eq!(odd, [Oddity::CommentBehindBackslash]);
    }

    #[test]
    fn a_file_that_ends_in_a_line_is_not_read() {
        for (text, unfinished) in [("a\nb \\\n", Some(2)), ("a\nb \\", Some(2)), ("a\nb", None)] {
            assert_eq!(Text::read(text).unfinished, unfinished, "{text:?}");
        }
    }

    #[test]
    fn what_is_longer_than_the_memory_for_it_is_cut() {
        let text = format!("auth required pam_x.so {}auth\n", " ".repeat(1100));
        let read = Text::read(&text);
        assert_eq!(read.lines[0].oddities, [Oddity::Long]);
        assert_eq!(shown(&text), ["1: auth|required|pam_x.so", "1: auth"]);
        assert_eq!(shown("a\0 b\nc\n"), ["1: a", "2: c"]);
        assert!(Text::read(&"#\n".repeat(MAX_TEXT)).too_large);
        // Room for nothing more: libpam would hang.
        let full = format!("{}\\\nb\n", "a".repeat(1022));
        assert_eq!(Text::read(&full).unfinished, Some(1));
    }
}
