//! Letters to users: one page for each, with the code of an invitation on it, or with a device.
//!
//! The texts are HTML with places for values, as those of the guide. An administrator may bring another one.

use maud::{DOCTYPE, PreEscaped, html};

use zeroize::Zeroizing;

use super::template::{fill, joined};
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
    /// What it is sent for.
    pub holds: Handed<'a>,
    /// The last day on which that is good.
    pub until: &'a str,
}

/// What a letter is sent for.
#[derive(Clone, Copy)]
pub enum Handed<'a> {
    /// An enrolment code.
    Code {
        /// The code.
        code: &'a str,
        /// Where the portal takes it, if there is one.
        link: Option<&'a str>,
    },
    /// A device that waits to be confirmed.
    Device {
        /// Its secret in base 32.
        key: &'a str,
        /// The `otpauth://` address.
        uri: &'a str,
        /// Whether the first good login confirms it.
        by_login: bool,
    },
}

/// Which letter it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// With an enrolment code.
    Code,
    /// With a device.
    Device,
}

impl Kind {
    /// The text that is shipped.
    #[must_use]
    pub fn text(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Code, Language::English) => include_str!("../../../docs/user/letter.en.html"),
            (Self::Code, Language::German) => include_str!("../../../docs/user/letter.de.html"),
            (Self::Device, Language::English) => {
                include_str!("../../../docs/user/device-letter.en.html")
            }
            (Self::Device, Language::German) => {
                include_str!("../../../docs/user/device-letter.de.html")
            }
        }
    }

    /// The places of which a text needs one.
    #[must_use]
    pub fn places(self) -> &'static [&'static str] {
        match self {
            Self::Code => &["{{code}}", "{{link}}", "{{qr}}"],
            Self::Device => &["{{key}}", "{{qr}}"],
        }
    }

    /// Whether a text has a place for what a letter is sent for.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        self.places().iter().any(|place| text.contains(place))
    }
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
pub fn letter(
    text: &str,
    language: Language,
    values: &Values,
    to: &Letter<'_>,
) -> Zeroizing<String> {
    let plain = |text: &str| Some(html! { (text) }.into_string());
    let value = |name: &str| match name {
        "name" => plain(to.name),
        "user" => plain(to.user),
        "until" => plain(to.until),
        name => match (to.holds, name) {
            (Handed::Code { code, .. }, "code") => plain(code),
            (Handed::Code { link, .. }, "link") => plain(link?),
            (Handed::Code { link, .. }, "qr") => Some(code(link?)?.into_string()),
            (Handed::Device { key, .. }, "key") => plain(&in_fours(key)),
            (Handed::Device { uri, .. }, "qr") => Some(code(uri)?.into_string()),
            _ => values.value(name, language),
        },
    };
    let holds = |name: &str| match (to.holds, name) {
        (Handed::Device { by_login, .. }, "first login") => by_login,
        (Handed::Device { by_login, .. }, "no first login") => !by_login,
        _ => values.has(name),
    };
    let body = fill(text, &value, &holds);
    let part = |text: &str| Zeroizing::new(text.to_owned());
    joined(&[part("<section class=\"letter\">"), body, part("</section>\n")])
}

/// A secret in groups of four, which people can type.
fn in_fours(key: &str) -> Zeroizing<String> {
    let mut groups = Zeroizing::new(String::with_capacity(key.len() + key.len() / 4));
    for (place, symbol) in key.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            groups.push(' ');
        }
        groups.push(symbol);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &str = "[enrolment]\nissuer = \"Muster\"\n[portal]\n\
        origin = \"https://login.example.org\"\nhelp = \"help@example.org\"\n";

    const LETTER: Letter<'static> = Letter {
        name: "Alice <b>Liddell</b>",
        user: "alice",
        holds: Handed::Code {
            code: "k3tn-p7wq-2mzx",
            link: Some("https://login.example.org/invitation#user=alice&code=k3tn-p7wq-2mzx"),
        },
        until: "2026-12-05",
    };

    #[test]
    fn a_letter_has_the_code_the_picture_and_the_end_and_names_are_no_markup() {
        for language in Language::ALL {
            let values = Values::of(SETTINGS, None).unwrap();
            let page = letter(Kind::Code.text(language), language, &values, &LETTER);
            for wanted in [
                "k3tn-p7wq-2mzx",
                "<svg",
                "2026-12-05",
                "login.example.org<",
                "Muster",
                "Alice &lt;b&gt;Liddell",
                "help@example.org",
            ] {
                assert!(page.contains(wanted), "{language:?}: {wanted}\n{page:?}");
            }
            assert!(!page.contains("{{") && !page.contains("<!--"), "{page:?}");
            roxmltree::Document::parse(&page).unwrap();
            let beginning = beginning(language, &values);
            assert!(beginning.contains("size: A4") && beginning.contains("break-after: page"));
        }
    }

    #[test]
    fn without_a_portal_a_letter_has_no_picture_and_still_the_code() {
        for language in Language::ALL {
            let values = Values::of("[enrolment]\nissuer = \"Muster\"\n", None).unwrap();
            let holds = Handed::Code { code: "k3tn-p7wq-2mzx", link: None };
            let text = Kind::Code.text(language);
            let page = letter(text, language, &values, &Letter { holds, ..LETTER });
            assert!(page.contains("k3tn") && !page.contains("<svg") && !page.contains("{{"));
        }
    }

    #[test]
    fn a_text_without_a_place_for_the_code_is_no_letter() {
        for kind in [Kind::Code, Kind::Device] {
            assert!(!kind.fits("<p>{{name}}</p>") && kind.fits("{{qr}}"), "{kind:?}");
            assert!(Language::ALL.into_iter().all(|language| kind.fits(kind.text(language))));
        }
        assert!(!Kind::Device.fits("{{code}}"));
    }

    #[test]
    fn a_letter_with_a_device_has_its_picture_and_its_key_in_groups_and_says_who_confirms_it() {
        const URI: &str = "otpauth://totp/Muster:alice?secret=JBSWY3DPEHPK3PXP&issuer=Muster";
        for language in Language::ALL {
            let values = Values::of(SETTINGS, None).unwrap();
            let page = |by_login| {
                let holds = Handed::Device { key: "JBSWY3DPEHPK3PXP", uri: URI, by_login };
                let text = Kind::Device.text(language);
                letter(text, language, &values, &Letter { holds, ..LETTER })
            };
            let (login, root) = (page(true), page(false));
            for page in [&login, &root] {
                for wanted in ["JBSW Y3DP EHPK 3PXP", "<svg", "2026-12-05", "help@example.org"] {
                    assert!(page.contains(wanted), "{language:?}: {wanted}\n{}", **page);
                }
                assert!(!page.contains("{{") && !page.contains("<!--"), "{}", **page);
                roxmltree::Document::parse(page).unwrap();
            }
            assert!(login.contains(";123456") && !root.contains(";123456"), "{}", *root);
        }
    }
}
