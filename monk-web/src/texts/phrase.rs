//! Filling texts in.

use maud::{Markup, Render, html};

/// What stands in the places of a text.
pub type Values<'a> = &'a [(&'a str, &'a str)];

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Words(&'a str),
    Place(&'a str),
    Strong,
    Link,
    LinkEnd,
}

/// The pieces of a text. Values are no part of it, so nothing that somebody has typed is markup.
fn pieces(mut text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let end = text.find(['{', '*', '[', ']']).unwrap_or(text.len());
        if end > 0 {
            pieces.push(Piece::Words(&text[..end]));
        }
        text = &text[end..];
        let (piece, rest) = if let Some(rest) = text.strip_prefix("**") {
            (Piece::Strong, rest)
        } else if let Some((name, rest)) =
            text.strip_prefix('{').and_then(|rest| rest.split_once('}'))
        {
            (Piece::Place(name), rest)
        } else if let Some(rest) = text.strip_prefix('[') {
            (Piece::Link, rest)
        } else if let Some(rest) = text.strip_prefix(']') {
            (Piece::LinkEnd, rest)
        } else {
            let length = text.chars().next().map_or(0, char::len_utf8);
            (Piece::Words(&text[..length]), &text[length..])
        };
        if piece != Piece::Words("") {
            pieces.push(piece);
        }
        text = rest;
    }
    pieces
}

fn value<'a>(values: Values<'a>, name: &str) -> &'a str {
    values.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| *value)
}

/// A text with values in its places.
#[must_use]
pub fn say(text: &str, values: Values<'_>) -> String {
    let word = |piece| match piece {
        Piece::Words(words) => words,
        Piece::Place(name) => value(values, name),
        Piece::Strong => "**",
        Piece::Link => "[",
        Piece::LinkEnd => "]",
    };
    pieces(text).into_iter().map(word).collect()
}

/// What stands in the places of a text with markup.
pub type Shown<'a> = &'a [(&'a str, &'a dyn Render)];

/// The same, with strong words and links: the first `[words]` lead to the first address.
#[must_use]
pub fn rich(text: &str, values: Shown<'_>, links: &[&str]) -> Markup {
    let (mut links, mut all) = (links.iter(), pieces(text).into_iter());
    html! {
        @while let Some(piece) = all.next() {
            @match piece {
                Piece::Strong => strong { (until(&mut all, Piece::Strong, values)) },
                Piece::Link => {
                    a href=(links.next().copied().unwrap_or("/")) {
                        (until(&mut all, Piece::LinkEnd, values))
                    }
                }
                piece => (plain(piece, values)),
            }
        }
    }
}

/// The pieces up to one that ends them.
fn until<'a>(
    all: &mut impl Iterator<Item = Piece<'a>>,
    end: Piece<'_>,
    values: Shown<'_>,
) -> Markup {
    html! { @for piece in all.take_while(|piece| *piece != end) { (plain(piece, values)) } }
}

fn plain(piece: Piece<'_>, values: Shown<'_>) -> Markup {
    html! {
        @match piece {
            Piece::Words(words) => (words),
            Piece::Place(name) => {
                @if let Some((_, value)) = values.iter().find(|(other, _)| *other == name) { (value) }
            }
            Piece::Strong | Piece::Link | Piece::LinkEnd => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_and_are_never_markup() {
        let values = [("name", "**M** <b> {x} [y]")];
        assert_eq!(say("Hello {name}, {other}!", &values), "Hello **M** <b> {x} [y], !");
        let text = "**Hi {name}** or [go {name}] * 1";
        let rich = rich(text, &[("name", &values[0].1)], &["/x?a&b"]).into_string();
        let name = "**M** &lt;b&gt; {x} [y]";
        assert_eq!(
            rich,
            format!("<strong>Hi {name}</strong> or <a href=\"/x?a&amp;b\">go {name}</a> * 1")
        );
    }

    #[test]
    fn an_open_brace_is_only_a_brace() {
        assert_eq!(say("a {b", &[]), "a {b");
        assert_eq!(rich("*a", &[], &[]).into_string(), "*a");
    }
}
