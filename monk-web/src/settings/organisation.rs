//! The section `[organisation]` of the settings: whose portal this is.

use std::path::PathBuf;

use serde::Deserialize;

use super::colour::{CARDS, Colour, LEAST_CONTRAST};

/// Whose portal this is, and what it looks like.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Organisation {
    /// The name on top of each page.
    pub name: String,
    /// The colour of buttons and links.
    pub colour: Colour,
    /// Text on that colour.
    pub on: Colour,
    /// The colour of buttons and links on a dark screen.
    pub colour_dark: Colour,
    /// Text on that colour.
    pub on_dark: Colour,
    /// A file with a logo, SVG or PNG.
    pub logo: Option<PathBuf>,
    /// Where people get help: a mail address or an `https://` link.
    pub help: Option<String>,
    /// What the link to help is called; the address itself if there is nothing.
    pub help_text: Option<String>,
}

impl Default for Organisation {
    fn default() -> Self {
        let colour = |text| Colour::parse(text).unwrap_or(CARDS[0]);
        Self {
            name: "Electric Monk".to_owned(),
            colour: colour("#0f5c70"),
            on: colour("#ffffff"),
            colour_dark: colour("#7cc8d8"),
            on_dark: colour("#06252d"),
            logo: None,
            help: None,
            help_text: None,
        }
    }
}

impl Organisation {
    /// The keys that something is wrong with, and what.
    #[must_use]
    pub fn problem(&self) -> Option<(&'static [&'static str], String)> {
        if self.name.trim().is_empty() {
            return Some((&["name"], "name is empty: write what people call you".to_owned()));
        }
        if self.help.is_some() && self.help_link().is_none() {
            let what = "help is a mail address or a link that begins with https://";
            return Some((&["help"], what.to_owned()));
        }
        let is_image = |path: &PathBuf| logo_type(path).is_some();
        if self.logo.as_ref().is_some_and(|path| !is_image(path)) {
            return Some((&["logo"], "logo is a file whose name ends in .svg or .png".to_owned()));
        }
        let [light, dark] = CARDS;
        let checks: [(&'static [&'static str], _, _, _); 4] = [
            (&["on", "colour"], "colour", self.on, self.colour),
            (&["on_dark", "colour_dark"], "colour_dark", self.on_dark, self.colour_dark),
            (&["colour"], "the page", self.colour, light),
            (&["colour_dark"], "the dark page", self.colour_dark, dark),
        ];
        for (keys, ground, colour, behind) in checks {
            let contrast = colour.contrast(behind);
            if contrast < LEAST_CONTRAST {
                let key = keys[0];
                return Some((
                    keys,
                    format!(
                        "{key} cannot be read on {ground}: the contrast is {contrast:.1}, and must be at least \
                         {LEAST_CONTRAST}"
                    ),
                ));
            }
        }
        None
    }

    /// Where the link to help leads.
    #[must_use]
    pub fn help_link(&self) -> Option<String> {
        let help = self.help.as_deref()?;
        if let Ok(url) = url::Url::parse(help) {
            return (url.scheme() == "https").then(|| help.to_owned());
        }
        let (name, domain) = help.split_once('@')?;
        let fits = |text: &str| {
            !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "<>\"?&@".contains(c))
        };
        (fits(name) && fits(domain)).then(|| format!("mailto:{help}"))
    }
}

/// The media type of a logo, by the end of its name.
#[must_use]
pub fn logo_type(path: &std::path::Path) -> Option<&'static str> {
    match path.extension()?.to_str()? {
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        _ => None,
    }
}
