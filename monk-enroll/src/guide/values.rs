//! What is the organisation's own in the guide, from the settings of the engine.

use data_encoding::BASE64;
use maud::{PreEscaped, html};
use serde::Deserialize;

use super::Language;
use crate::qr::Picture;

/// Pictures of the portal.
const SIGN_IN: &[u8] = include_bytes!("../../../docs/pictures/sign-in.png");
const METHODS: &[u8] = include_bytes!("../../../docs/pictures/methods.png");

/// What the settings say, as far as users have to know it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    enrolment: Enrolment,
    portal: Portal,
    mail: Mail,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Enrolment {
    issuer: String,
    imap: Option<String>,
    pop3: Option<String>,
    smtp: Option<String>,
    mail_user: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Portal {
    origin: Option<String>,
    help: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mail {
    name: Option<String>,
}

/// The organisation's own.
#[derive(Debug)]
pub struct Values {
    /// What it is called.
    pub organisation: String,
    settings: Settings,
}

impl Values {
    /// Those of the settings, which are TOML as `config show` prints it.
    ///
    /// # Errors
    /// The words of the parser, where it is no TOML.
    pub fn of(settings: &str, organisation: Option<String>) -> Result<Self, String> {
        let settings: Settings = toml::from_str(settings).map_err(|error| error.to_string())?;
        let named = organisation.or_else(|| settings.mail.name.clone());
        let organisation = named.unwrap_or_else(|| settings.enrolment.issuer.clone());
        Ok(Self { organisation, settings })
    }

    /// Whether a part is for these users.
    pub(super) fn has(&self, name: &str) -> bool {
        match name {
            "portal" => self.settings.portal.origin.is_some(),
            "no portal" => self.settings.portal.origin.is_none(),
            "servers" => self.servers().next().is_some(),
            _ => false,
        }
    }

    /// A value as HTML, or nothing if there is no value of that name.
    pub(super) fn value(&self, name: &str, language: Language) -> Option<String> {
        let Settings { enrolment, portal, .. } = &self.settings;
        let words = |english: &'static str, german: &'static str| match language {
            Language::English => english,
            Language::German => german,
        };
        let has_portal = portal.origin.is_some();
        let html = match name {
            "organisation" => html! { (self.organisation) },
            "issuer" => html! { (enrolment.issuer) },
            "portal" => {
                let origin = portal.origin.as_deref()?;
                let shown = origin.trim_start_matches("https://").trim_end_matches('/');
                html! { a href=(origin) { (shown) } }
            }
            "qr" => code(portal.origin.as_deref()?)?,
            "help" => match &portal.help {
                Some(help) => contact(help),
                None => html! {
                    (words("the people who look after this service", "die Administration"))
                },
            },
            "user" => match enrolment.mail_user.as_str() {
                "mail" => html! { (words("your mail address", "Ihre Mailadresse")) },
                _ => html! {
                    (words("your user name, without anything behind it", "Ihr Benutzername, ohne Zusatz"))
                },
            },
            "servers" => html! {
                @for (kind, server) in self.servers() {
                    @let (host, port) = server.rsplit_once(':').unwrap_or((server, ""));
                    tr {
                        th scope="row" { (kind.named(language)) }
                        td { (host) }
                        td { "Port " (port) }
                        td { (security(port)) }
                    }
                }
            },
            "picture-sign-in" => picture(SIGN_IN),
            "picture-methods" => picture(METHODS),
            "number-lost" => html! { (if has_portal { "6" } else { "5" }) },
            "number-trouble" => html! { (if has_portal { "7" } else { "6" }) },
            _ => return None,
        };
        Some(html.into_string())
    }

    fn servers(&self) -> impl Iterator<Item = (Kind, &str)> {
        let Enrolment { imap, pop3, smtp, .. } = &self.settings.enrolment;
        [(Kind::Imap, imap), (Kind::Pop3, pop3), (Kind::Smtp, smtp)]
            .into_iter()
            .filter_map(|(kind, server)| Some((kind, server.as_deref()?)))
    }
}

/// What a server is for.
#[derive(Clone, Copy)]
enum Kind {
    Imap,
    Pop3,
    Smtp,
}

impl Kind {
    fn named(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Imap, Language::English) => "Incoming mail (IMAP)",
            (Self::Pop3, Language::English) => "Incoming mail (POP3)",
            (Self::Smtp, Language::English) => "Outgoing mail (SMTP)",
            (Self::Imap, Language::German) => "Eingehende Mail (IMAP)",
            (Self::Pop3, Language::German) => "Eingehende Mail (POP3)",
            (Self::Smtp, Language::German) => "Ausgehende Mail (SMTP)",
        }
    }
}

/// How connections to a port are encrypted (RFC 8314 §7.3), as the engine tells it beside a new app password.
fn security(port: &str) -> &'static str {
    match port {
        "993" | "995" | "465" => "SSL/TLS",
        _ => "STARTTLS",
    }
}

/// Where people get help: a web address and a mail address can be tapped.
fn contact(help: &str) -> PreEscaped<String> {
    let is_mail = help.contains('@') && !help.contains([' ', '/', '?', '&']);
    if help.starts_with("https://") {
        html! { a href=(help) { (help) } }
    } else if is_mail {
        html! { a href={ "mailto:" (help) } { (help) } }
    } else {
        html! { (help) }
    }
}

/// A QR code as a drawing, which is sharp on paper.
pub(super) fn code(text: &str) -> Option<PreEscaped<String>> {
    let picture = Picture::of(text)?;
    let size = picture.columns();
    let places = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
    let dark: String = places
        .filter(|&(x, y)| picture.is_dark(x, y))
        .map(|(x, y)| format!("M{x} {y}h1v1h-1z"))
        .collect();
    Some(html! {
        svg viewBox={ "0 0 " (size) " " (size) } role="img" aria-label=(text) shape-rendering="crispEdges" {
            rect width=(size) height=(size) fill="#fff" {}
            path d=(dark) fill="#000" {}
        }
    })
}

fn picture(bytes: &[u8]) -> PreEscaped<String> {
    html! { "data:image/png;base64," (BASE64.encode(bytes)) }
}
