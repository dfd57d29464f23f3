//! Lines of a limited length. A log may hold anything, also a line that never ends.

use std::io::{self, BufRead};

/// Longest line that is looked at, in bytes: the longest line of monk's has a dozen values of 256 characters, each of
/// which may take ten bytes as an escape. Longer ones are passed over without being kept.
const LONGEST: usize = 64 * 1024;

/// Hears of each line that is text and not too long, without its line end. Others count as lines that say
/// nothing.
///
/// # Errors
/// Those of reading.
pub fn each_line(mut from: impl BufRead, mut hear: impl FnMut(&str)) -> io::Result<()> {
    let (mut line, mut too_long) = (Vec::new(), false);
    loop {
        let some = match from.fill_buf() {
            Ok(some) => some,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = memchr::memchr(b'\n', some);
        let piece = &some[..end.unwrap_or(some.len())];
        let is_over = some.is_empty();
        too_long |= line.len() + piece.len() > LONGEST;
        if !too_long {
            line.extend_from_slice(piece);
        }
        let used = piece.len() + usize::from(end.is_some());
        from.consume(used);
        if end.is_some() || is_over {
            if let (false, Ok(text)) = (too_long, std::str::from_utf8(&line)) {
                hear(text);
            }
            line.clear();
            too_long = false;
        }
        if is_over {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn lines_are_heard_and_what_is_too_long_or_no_text_is_passed_over() {
        let long = "x".repeat(LONGEST);
        let text =
            [b"one\n\ntwo\n".as_slice(), long.as_bytes(), b"\n", long.as_bytes(), b"y\n\xff\nlast"]
                .concat();
        for buffer in [1, 7, 8192] {
            let mut heard = Vec::new();
            let from = BufReader::with_capacity(buffer, text.as_slice());
            each_line(from, |line| heard.push(line.to_owned())).unwrap();
            assert_eq!(heard, ["one", "", "two", &long, "last"]);
        }
    }
}
