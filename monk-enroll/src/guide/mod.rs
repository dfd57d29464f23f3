//! The guide that administrators hand out to their users: one page for each language, with everything in one file,
//! so that it can be mailed, put on a web server, or printed.
//!
//! The texts stand in `docs/user`, as HTML with two additions. `{{name}}` is replaced by a value, and what stands
//! between `<!-- if name -->` and `<!-- end -->` is there only if that is so. Conditions are not nested.

pub mod letters;
mod template;
mod values;

use maud::{DOCTYPE, PreEscaped, html};

use template::fill;
pub use values::Values;

/// How all of them look, on screens and on paper.
const STYLE: &str = include_str!("../../../docs/user/style.css");

/// A language of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// All that there are.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// As HTML names it.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    fn template(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../docs/user/guide.en.html"),
            Self::German => include_str!("../../../docs/user/guide.de.html"),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::English => "Signing in",
            Self::German => "Anmelden",
        }
    }
}

/// The page.
#[must_use]
pub fn page(language: Language, values: &Values) -> String {
    let body =
        fill(language.template(), &|name| values.value(name, language), &|name| values.has(name));
    let page = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (language.title()) " · " (values.organisation) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (PreEscaped(&*body)) } }
        }
    };
    page.into_string()
}

#[cfg(test)]
mod tests;
