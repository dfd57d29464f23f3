//! Letters to users: one page for each, with the code of an invitation on it.
//!
//! The texts are HTML with places for values, as those of the guide. An administrator may bring another one.

use maud::{DOCTYPE, PreEscaped, html};

use super::template::fill;
use super::values::code;
use super::{Language, Values};

/// How they look on paper.
const STYLE: &str = include_str!("../../../docs/user/letter.css");

/// What stands behind the last letter.
pub const END: &str = "</body></html>\n";

/// Whom a letter is for, and what is in it.
pub struct Letter<'a> {
    /// The full name, or the login name where the directory has none.
    pub name: &'a str,
    /// The login name.
    pub user: &'a str,
    /// The enrolment code.
    pub code: &'a str,
    /// Where the portal takes it, if there is one.
    pub link: Option<&'a str>,
    /// The last day on which it is good.
    pub until: &'a str,
}

/// The text of a letter that is shipped.
#[must_use]
pub fn text(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../docs/user/letter.en.html"),
        Language::German => include_str!("../../../docs/user/letter.de.html"),
    }
}

/// Whether a text has a place for what a letter is sent for.
#[must_use]
pub fn has_place_for_code(text: &str) -> bool {
    ["{{code}}", "{{link}}", "{{qr}}"].iter().any(|place| text.contains(place))
}

/// What stands before the first letter.
#[must_use]
pub fn beginning(language: Language, values: &Values) -> String {
    let head = html! {
        meta charset="utf-8";
        title { (values.organisation) }
        style { (PreEscaped(STYLE)) }
    };
    let begin = format!("<html lang=\"{}\"><head>", language.tag());
    format!("{}{begin}{}</head><body>\n", DOCTYPE.into_string(), head.into_string())
}

/// One letter. Names and settings are text in it, and no markup.
#[must_use]
pub fn letter(text: &str, language: Language, values: &Values, to: &Letter<'_>) -> String {
    let plain = |text: &str| Some(html! { (text) }.into_string());
    let value = |name: &str| match name {
        "name" => plain(to.name),
        "user" => plain(to.user),
        "code" => plain(to.code),
        "link" => plain(to.link?),
        "until" => plain(to.until),
        "qr" => Some(code(to.link?)?.into_string()),
        other => values.value(other, language),
    };
    let body = fill(text, &value, &|name| values.has(name));
    html! { section class="letter" { (PreEscaped(body)) } }.into_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &str = "[enrolment]\nissuer = \"Muster\"\n[portal]\n\
        origin = \"https://login.example.org\"\nhelp = \"help@example.org\"\n";

    const LETTER: Letter<'static> = Letter {
        name: "Alice <b>Liddell</b>",
        user: "alice",
        code: "k3tn-p7wq-2mzx",
        link: Some("https://login.example.org/invitation#user=alice&code=k3tn-p7wq-2mzx"),
        until: "2026-12-05",
    };

    #[test]
    fn a_letter_has_the_code_the_picture_and_the_end_and_names_are_no_markup() {
        for language in Language::ALL {
            let values = Values::of(SETTINGS, None).unwrap();
            let page = letter(text(language), language, &values, &LETTER);
            for wanted in [
                "k3tn-p7wq-2mzx",
                "<svg",
                "2026-12-05",
                "login.example.org<",
                "Muster",
                "Alice &lt;b&gt;Liddell",
                "help@example.org",
            ] {
                assert!(page.contains(wanted), "{language:?}: {wanted}\n{page}");
            }
            assert!(!page.contains("{{") && !page.contains("<!--"), "{page}");
            roxmltree::Document::parse(&page).unwrap();
            let beginning = beginning(language, &values);
            assert!(beginning.contains("size: A4") && beginning.contains("break-after: page"));
        }
    }

    #[test]
    fn without_a_portal_a_letter_has_no_picture_and_still_the_code() {
        for language in Language::ALL {
            let values = Values::of("[enrolment]\nissuer = \"Muster\"\n", None).unwrap();
            let page = letter(text(language), language, &values, &Letter { link: None, ..LETTER });
            assert!(page.contains("k3tn") && !page.contains("<svg") && !page.contains("{{"));
        }
    }

    #[test]
    fn a_text_without_a_place_for_the_code_is_no_letter() {
        assert!(!has_place_for_code("<p>{{name}}</p>") && has_place_for_code("{{qr}}"));
        assert!(Language::ALL.into_iter().all(|language| has_place_for_code(text(language))));
    }
}
