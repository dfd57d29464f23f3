//! What libpam does not understand of a line, or understands otherwise than it was meant.

use super::control::Control;
use super::phase::Phase;
use super::text::{Line, Oddity, Word};

/// What is wrong with one line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A word ends in a carriage return, which libpam takes for a part of it.
    CarriageReturn(Part, String),
    /// A word has a character that looks like a blank, or like nothing.
    Character(char),
    /// The first word is no type.
    Type(String),
    /// The second word is no control field; why.
    Control(String),
    /// Nothing follows the control field, or not even that is there.
    NoModule,
    /// What the whole line has.
    Oddity(Oddity),
}

/// Which word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What decides what is done: type, control field, module, the name of what is included.
    Rule,
    /// An argument of a module.
    Argument,
}

impl Fault {
    /// Whether what is wrong has this in it.
    pub fn names(&self, text: &str) -> bool {
        matches!(self, Self::CarriageReturn(_, word) | Self::Type(word) if word.contains(text))
    }
}

/// Characters besides carriage returns that editors show as a blank or not at all.
fn is_odd(char: char) -> bool {
    let invisible = matches!(char, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}');
    invisible
        || char == char::REPLACEMENT_CHARACTER
        || char != '\r' && (char.is_whitespace() || char.is_control())
}

/// What is wrong with the words of a line.
pub fn of_words(line: &Line) -> Vec<Fault> {
    let mut faults: Vec<Fault> = line.oddities.iter().copied().map(Fault::Oddity).collect();
    let includes = |word: Option<&Word>| {
        word.is_some_and(|word| {
            ["include", "substack"].contains(&word.text.to_ascii_lowercase().as_str())
        })
    };
    for (index, word) in line.words.iter().enumerate() {
        let part = if index < 3 { Part::Rule } else { Part::Argument };
        if word.text.ends_with('\r') {
            faults.push(Fault::CarriageReturn(part, word.text.clone()));
        }
        let odd = word
            .text
            .chars()
            .find(|&char| is_odd(char) && !(word.bracketed && char.is_whitespace()));
        if let (Some(odd), Part::Rule) = (odd, part) {
            faults.push(Fault::Character(odd));
        }
    }
    // What is said of the characters says why the words are not understood.
    if faults
        .iter()
        .any(|fault| matches!(fault, Fault::CarriageReturn(Part::Rule, _) | Fault::Character(_)))
    {
        return faults;
    }
    let first = line.words.first().map_or("", |word| word.text.as_str());
    if first.eq_ignore_ascii_case("@include") {
        return faults;
    }
    if Phase::of(first.strip_prefix('-').unwrap_or(first)).is_none() {
        faults.push(Fault::Type(first.to_owned()));
    } else if line.words.len() < 3 {
        faults.push(Fault::NoModule);
    } else if !includes(line.words.get(1))
        && let Err(why) = Control::parse(&line.words[1].text)
    {
        faults.push(Fault::Control(why));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::text::Text;
    use super::*;

    #[test]
    fn lines_that_libpam_does_not_understand_are_told_with_the_reason() {
        for (text, expected) in [
            ("auth required pam_x.so\r", Fault::CarriageReturn(Part::Rule, "pam_x.so\r".into())),
            ("\r", Fault::CarriageReturn(Part::Rule, "\r".into())),
            ("@include x\r", Fault::CarriageReturn(Part::Rule, "x\r".into())),
            ("auth required pam_x.so a\r", Fault::CarriageReturn(Part::Argument, "a\r".into())),
            ("\u{feff}auth required pam_x.so", Fault::Character('\u{feff}')),
            ("auth\u{a0}required pam_x.so", Fault::Character('\u{a0}')),
            ("auth required\u{c}pam_x.so", Fault::Character('\u{c}')),
            ("oauth required pam_x.so", Fault::Type("oauth".into())),
            ("auth required", Fault::NoModule),
            ("auth", Fault::NoModule),
            ("auth include", Fault::NoModule),
            (
                "auth needed pam_x.so",
                Fault::Control("`needed` is no answer with its action".into()),
            ),
            (
                "auth [success=ok defalt=die] pam_x.so",
                Fault::Control("`defalt=die` is no answer with its action".into()),
            ),
        ] {
            assert_eq!(of_words(&Text::read(text).lines[0]), [expected], "{text:?}");
        }
        for text in [
            "-AUTH [success = ok\tdefault=die] pam_x.so [a\u{a0}b]",
            "@include x",
            "session substack y",
            "auth required pam_x.so why\u{a0}not",
        ] {
            assert_eq!(of_words(&Text::read(text).lines[0]), [], "{text:?}");
        }
    }
}
