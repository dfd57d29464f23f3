//! Bounds for XML, checked before the parser sees it.
//!
//! roxmltree compares each attribute with all others of its element, and keeps, for each element that
//! declares a namespace, a list of all that are in force. So its time grows with the square of these
//! numbers, or their cube, and its own limit counts nodes alone. One pass over the tags counts them.

use std::collections::HashSet;

/// Elements, comments and the like: a token has some twenty, and 40 MB hold 50,000 tokens.
pub const MOST_NODES: u32 = 1_000_000;

/// Attributes of one element: those of PSKC have three.
const MOST_ATTRIBUTES: usize = 32;

/// Different declarations of namespaces: PSKC, XML Encryption and XML Signature have ten together.
const MOST_NAMESPACES: usize = 32;

/// What is beyond a bound.
#[derive(Debug, PartialEq, Eq)]
pub struct Beyond {
    /// Where, in bytes.
    pub place: usize,
    /// In words for people.
    pub message: String,
}

/// Counts what is expensive in `text`.
///
/// What is no XML ends the count: the parser finds it, too, and does not get further.
///
/// # Errors
/// [`Beyond`], at the first place where there is too much.
pub fn check(text: &str) -> Result<(), Beyond> {
    let beyond = |place, message: String| Err(Beyond { place, message });
    let mut namespaces = HashSet::new();
    let (mut place, mut nodes, mut all_attributes) = (0, 0, 0);
    while let Some(next) = text[place..].find('<') {
        place += next;
        nodes += 1;
        let Some(tag) = Tag::at(text, place) else { break };
        all_attributes += tag.attributes.len();
        // The parser reserves room for as many of both as the text can have.
        if nodes > MOST_NODES as usize || all_attributes > MOST_NODES as usize {
            return beyond(
                place,
                format!("more than {MOST_NODES} elements: cut the file into several"),
            );
        }
        if tag.attributes.len() > MOST_ATTRIBUTES {
            return beyond(
                place,
                format!(
                    "an element with more than {MOST_ATTRIBUTES} attributes: this is no PSKC file"
                ),
            );
        }
        namespaces.extend(tag.attributes.iter().copied().filter(|one| one.0.starts_with("xmlns")));
        if namespaces.len() > MOST_NAMESPACES {
            return beyond(
                place,
                format!("more than {MOST_NAMESPACES} namespaces: this is no PSKC file"),
            );
        }
        place = tag.end;
    }
    // Signs that are no attributes count there, too.
    let signs = text.bytes().filter(|byte| *byte == b'=').count();
    match signs > MOST_NODES as usize {
        true => {
            beyond(0, format!("more than {MOST_NODES} equals signs: cut the file into several"))
        }
        false => Ok(()),
    }
}

/// A tag, or what begins like one.
struct Tag<'a> {
    /// Names and values, as many as are worth counting.
    attributes: Vec<(&'a str, &'a str)>,
    /// Where the text behind it begins.
    end: usize,
}

impl<'a> Tag<'a> {
    /// The tag that begins at `place`; `None` if it does not end.
    fn at(text: &'a str, place: usize) -> Option<Self> {
        let rest = &text[place..];
        for (start, end) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")] {
            if let Some(inner) = rest.strip_prefix(start) {
                let end = place + start.len() + inner.find(end)? + end.len();
                return Some(Self { attributes: Vec::new(), end });
            }
        }
        let mut attributes = Vec::new();
        let mut at = place;
        loop {
            let stop = at + text[at..].find(['>', '"', '\''])?;
            let quote = match text.as_bytes()[stop] {
                b'>' => return Some(Self { attributes, end: stop + 1 }),
                b'"' => '"',
                _ => '\'',
            };
            let name = text[at..stop].trim_end().trim_end_matches('=').trim_end();
            let name = name.rsplit(char::is_whitespace).next().unwrap_or_default();
            let value = &text[stop + 1..];
            let length = value.find(quote)?;
            if attributes.len() <= MOST_ATTRIBUTES {
                attributes.push((name, &value[..length]));
            }
            at = stop + 1 + length + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(count: usize, of: impl Fn(usize) -> String) -> String {
        (0..count).map(of).collect()
    }

    #[test]
    fn what_vendors_write_is_within_the_bounds() {
        for text in [
            "",
            "<a/>",
            include_str!("../fixtures/rfc6030-figure6.xml"),
            &format!(
                "<a>{}</a>",
                many(1_000, |_| "<b xmlns='x' xmlns:y=\"z\" c = '>' d='\"'/>".into())
            ),
            &format!("<a><!-- {} --></a>", many(100, |n| format!("<b xmlns:n{n}='{n}'/>"))),
            &format!("<a><![CDATA[ {} ]]></a>", many(100, |n| format!("<b xmlns:n{n}='{n}'/>"))),
            &format!("<a>{}</a>", many(100, |n| format!("xmlns:n{n}='{n}'"))),
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_expensive_is_refused() {
        for (text, says) in [
            (format!("<a {}/>", many(33, |n| format!(" b{n}='1'"))), "33 attributes"),
            (format!("<a {}/>", many(33, |n| format!(" xmlns:b{n}='{n}'"))), "attributes"),
            (many(33, |n| format!("<a xmlns:b{n}='x'>")), "32 namespaces"),
            (many(33, |n| format!("<a xmlns='{n}'/>")), "32 namespaces"),
            (many(33, |n| format!("<a><!-- ' --><b xmlns:x=\"{n}\">")), "32 namespaces"),
            (format!("<a {}/>", " xmlns=''".repeat(33)), "attributes"),
            (format!("<a>{}</a>", "<".repeat(MOST_NODES as usize + 1)), ""),
            (format!("<a>{}</a>", "<b>".repeat(MOST_NODES as usize + 1)), "1000000 elements"),
            (format!("<a>{}</a>", "=".repeat(MOST_NODES as usize + 1)), "equals signs"),
        ] {
            let says = says.replace("33 attributes", "32 attributes");
            match check(&text) {
                Err(beyond) => assert!(beyond.message.contains(&says), "{beyond:?}"),
                Ok(()) => assert_eq!(says, "", "{}", &text[..60]),
            }
        }
    }

    #[test]
    fn what_is_no_xml_ends_the_count() {
        for text in
            ["<", "<a", "<a b='", "<!--", "<![CDATA[", "<?", "<a 'x", "é<é é='é'", "<a b=\"'>"]
        {
            let _ = check(text);
        }
    }
}
