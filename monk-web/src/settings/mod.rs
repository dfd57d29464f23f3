//! The settings: `/etc/monk-web/web.toml`.

pub mod colour;
mod error;
pub mod organisation;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hyper::header::HeaderName;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de::Error};

use self::organisation::Organisation;
use crate::texts::Language;

pub use error::SettingsError;

/// Where the settings are.
pub const DEFAULT_FILE: &str = "/etc/monk-web/web.toml";

/// The settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where browsers or a proxy connect.
    pub listen: Listen,
    /// Where the engine listens.
    pub engine_socket: PathBuf,
    /// The networks of proxies, which are believed about the addresses of browsers.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which a proxy names the browser's address.
    #[serde(deserialize_with = "header_name")]
    pub forwarded_header: HeaderName,
    /// The language for browsers that ask for neither English nor German.
    pub default_language: Language,
    /// TLS without a proxy.
    pub tls: Option<Tls>,
    /// What profiles for iPhones are signed with.
    pub profile_signature: Option<Tls>,
    /// Whose portal this is.
    pub organisation: Organisation,
}

/// Where browsers or a proxy connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// An address and a port.
    Address(SocketAddr),
    /// A Unix socket.
    Socket(PathBuf),
}

/// A certificate and its key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// A PEM file with the certificate, and those of its issuers behind it.
    pub certificate: PathBuf,
    /// A PEM file with the key.
    pub key: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: Listen::Address(SocketAddr::from(([127, 0, 0, 1], 8080))),
            engine_socket: monk_wire::DEFAULT_SOCKET.into(),
            trusted_proxies: Vec::new(),
            forwarded_header: HeaderName::from_static("x-forwarded-for"),
            default_language: Language::English,
            tls: None,
            profile_signature: None,
            organisation: Organisation::default(),
        }
    }
}

impl Settings {
    /// Reads and checks the settings file. The default file may be missing.
    ///
    /// # Errors
    /// A sentence with the file, the line and what to do.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound
                    && path == Path::new(DEFAULT_FILE) =>
            {
                String::new()
            }
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Reads and checks settings.
    ///
    /// # Errors
    /// [`SettingsError`] with the line and what to do.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let settings: Self =
            toml::from_str(text).map_err(|error| SettingsError::from_toml(text, &error))?;
        if let Some((keys, why)) = settings.organisation.problem() {
            return Err(SettingsError::about(text, "organisation", keys, why));
        }
        let is_outside =
            matches!(settings.listen, Listen::Address(address) if !address.ip().is_loopback());
        if settings.tls.is_none() && is_outside {
            let why = "listen is open to the network, and there is no TLS: add a section [tls], or listen on \
                       127.0.0.1 behind a proxy";
            return Err(SettingsError::about(text, "", &["listen"], why));
        }
        Ok(settings)
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let address = || text.parse().ok().map(Self::Address);
        let socket = || {
            let path = Path::new(text.strip_prefix("unix:")?);
            path.is_absolute().then(|| Self::Socket(path.to_owned()))
        };
        socket().or_else(address).ok_or_else(|| {
            D::Error::custom(
                "write an address with a port, such as \"127.0.0.1:8080\", or a socket, such as \
                 \"unix:/run/monk-web/web.sock\"",
            )
        })
    }
}

fn header_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderName, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom("this is no name of a header"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Settings::parse(text).expect_err("refused").to_string()
    }

    #[test]
    fn an_empty_file_listens_on_loopback() {
        let settings = Settings::parse("").expect("fine");
        assert_eq!(settings.listen, Listen::Address("127.0.0.1:8080".parse().unwrap()));
        assert!(settings.tls.is_none() && settings.organisation.problem().is_none());
    }

    #[test]
    fn everything_can_be_set() {
        let text = "listen = \"unix:/run/monk-web/web.sock\"\ntrusted_proxies = [\"192.0.2.0/24\", \"2001:db8::/32\"]\n\
                    forwarded_header = \"X-Real-IP\"\ndefault_language = \"de\"\n\
                    [tls]\ncertificate = \"/etc/c.pem\"\nkey = \"/etc/k.pem\"\n\
                    [organisation]\nname = \"Example\"\ncolour = \"#005500\"\nhelp = \"help@example.org\"\nlogo = \"/etc/l.png\"\n";
        let settings = Settings::parse(text).expect("fine");
        assert_eq!(settings.listen, Listen::Socket("/run/monk-web/web.sock".into()));
        assert_eq!(settings.default_language, Language::German);
        let organisation = settings.organisation;
        assert_eq!(organisation.help_link().as_deref(), Some("mailto:help@example.org"));
    }

    #[test]
    fn the_shipped_file_has_every_key_with_its_default() {
        let shipped = include_str!("../../../config/web.toml");
        let is_setting = |line: &str| {
            ["[tls]", "[profile_signature]"].contains(&line)
                || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
        };
        let uncommented: String = shipped
            .lines()
            .filter(|line| !line.starts_with("# listen = \"unix"))
            .map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect();
        let settings = Settings::parse(&uncommented).unwrap_or_else(|error| panic!("{error}"));
        let default = Settings::default();
        assert_eq!(settings.listen, default.listen);
        assert_eq!(settings.engine_socket, default.engine_socket);
        assert_eq!(settings.forwarded_header, default.forwarded_header);
        assert_eq!(settings.organisation.name, default.organisation.name);
        assert!(settings.tls.is_some() && settings.profile_signature.is_some());
        assert!(settings.organisation.help_text.is_some());
        assert_eq!(Settings::parse(shipped).expect("as shipped").listen, default.listen);
    }

    #[test]
    fn each_error_has_its_line_and_says_what_to_write() {
        for (text, line, words) in [
            ("\nlisten = \"80\"", 2, "an address with a port"),
            ("listen = \"unix:web.sock\"", 1, "unix:/run"),
            ("listen = \"0.0.0.0:80\"", 1, "add a section [tls]"),
            ("\n\nlissten = \"80\"", 3, "unknown field `lissten`"),
            ("[tls]\nkey = \"k\"", 1, "missing field `certificate`"),
            ("[organisation]\ncolour = \"red\"", 2, "six hexadecimal digits"),
            ("[organisation]\nname = \"x\"\ncolour = \"#ffff00\"", 3, "cannot be read"),
            ("[organisation]\nname = \"x\"\non = \"#0f5c71\"", 3, "cannot be read on colour"),
            ("[organisation]\nhelp = \"javascript:x\"", 2, "help is a mail address"),
            ("[organisation]\nlogo = \"/x.gif\"", 2, ".svg or .png"),
            ("[organisation]\nname = \"\"", 2, "name is empty"),
            ("trusted_proxies = [\"here\"]", 1, ""),
            ("default_language = \"fr\"", 1, "expected"),
            ("forwarded_header = \"X Forwarded\"", 1, "no name of a header"),
        ] {
            let error = error(text);
            assert!(error.starts_with(&format!("line {line}: ")), "{text}: {error}");
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
