//! The files that pages need: the style sheet, the script and the logo.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::settings::Settings;
use crate::settings::organisation::logo_type;

const STYLE: &str = include_str!("../assets/style.css");
const SCRIPT: &str = include_str!("../assets/portal.js");
const LOGO: &str = include_str!("../assets/logo.svg");

/// Largest logo: it is in memory, and each new visitor loads it.
const LARGEST_LOGO: usize = 256 * 1024;

/// A file, as it is sent.
#[derive(Clone, Debug)]
pub struct File {
    /// Its media type.
    pub kind: &'static str,
    /// What it holds.
    pub bytes: Bytes,
}

/// All of them.
#[derive(Clone, Debug)]
pub struct Assets {
    style: File,
    script: File,
    logo: File,
    /// Changes with each of them.
    pub version: String,
}

impl Assets {
    /// Puts them together.
    ///
    /// # Errors
    /// A sentence about the logo.
    pub fn of(settings: &Settings) -> Result<Self, String> {
        let organisation = &settings.organisation;
        let logo = match &organisation.logo {
            None => File { kind: "image/svg+xml", bytes: LOGO.into() },
            Some(path) => {
                let bytes = std::fs::read(path)
                    .map_err(|error| format!("the logo {}: {error}", path.display()))?;
                if bytes.len() > LARGEST_LOGO {
                    let most = LARGEST_LOGO / 1024;
                    return Err(format!("the logo {} is larger than {most} KiB", path.display()));
                }
                File { kind: logo_type(path).unwrap_or("image/png"), bytes: bytes.into() }
            }
        };
        let own = format!(
            ":root{{--org-colour:{};--org-on:{};--org-colour-dark:{};--org-on-dark:{};--org-logo:url(\"/logo\")}}\n",
            organisation.colour, organisation.on, organisation.colour_dark, organisation.on_dark
        );
        let text = |text: String, kind| File { kind, bytes: text.into() };
        let style = text(format!("{STYLE}{own}"), "text/css; charset=utf-8");
        let script = text(lean(SCRIPT), "text/javascript; charset=utf-8");
        let mut hash = Sha256::new();
        for file in [&style, &script, &logo] {
            hash.update(&file.bytes);
        }
        let version = HEXLOWER.encode(&hash.finalize()[..6]);
        Ok(Self { style, script, logo, version })
    }

    /// The file of a path.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&File> {
        match path {
            "/style.css" => Some(&self.style),
            "/portal.js" => Some(&self.script),
            "/logo" | "/favicon.ico" => Some(&self.logo),
            _ => None,
        }
    }
}

/// The script as it is sent: without what is for readers alone. Lines stay lines, and none of its texts goes over
/// several of them.
fn lean(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.filter(|line| !line.starts_with("//")).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_sent_without_its_comments_and_blanks() {
        assert_eq!(lean("a {\n  // b\n\n  c; // d\n}\n"), "a {\nc; // d\n}\n");
        assert!(!SCRIPT.contains('`'), "a text over several lines would lose its blanks");
    }

    #[test]
    fn the_files_are_small_and_the_colours_are_the_organisation_s() {
        let text = "[organisation]\ncolour = \"#005500\"\n";
        let assets = Assets::of(&Settings::parse(text).expect("settings")).expect("assets");
        assert!(assets.script.bytes.len() <= 6 * 1024, "{}", assets.script.bytes.len());
        assert!(assets.style.bytes.len() <= 16 * 1024, "{}", assets.style.bytes.len());
        let style = String::from_utf8(assets.style.bytes.to_vec()).expect("text");
        assert!(style.trim_end().ends_with("--org-logo:url(\"/logo\")}"), "the last one counts");
        assert!(style.contains("--org-colour:#005500;--org-on:#ffffff;"));
        let usual = Assets::of(&Settings::default()).expect("assets");
        assert_ne!(assets.version, usual.version);
    }
}
