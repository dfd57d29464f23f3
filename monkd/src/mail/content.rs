//! One mail: a plain part and an HTML part that say the same, and its head.

use std::time::{Duration, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use maud::{DOCTYPE, html};
use monk_core::random::Random;
use monk_terms::printable;
use monk_wire::manage::MailFailure;
use zeroize::Zeroizing;

use super::Mailer;
use crate::clock::SystemRandom;
use crate::settings::mail::Language;

/// Longest name or address in a mail, in characters.
const MAX_SHOWN: usize = 256;

/// The header that keeps vacation replies and mailing lists away (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The words of one mail.
pub(super) struct Content<'a> {
    pub language: Language,
    pub greeting: String,
    /// What stands out, to be typed.
    pub code: Option<&'a str>,
    pub use_it: String,
    pub link: Option<&'a str>,
    pub facts: Vec<(&'static str, String)>,
    pub warning: String,
}

impl Mailer {
    /// A mail with these words.
    ///
    /// Names and addresses from outside reach its body only, without control characters; the head
    /// consists of the settings and of addresses that lettre has parsed.
    ///
    /// # Errors
    /// [`MailFailure::Malformed`] when no mail can be made of it.
    pub(super) fn message(
        &self,
        content: &Content<'_>,
        subject: &str,
        to: Address,
        now: u64,
    ) -> Result<Message, MailFailure> {
        let id = HEXLOWER.encode(&SystemRandom.bytes::<16>());
        Message::builder()
            .from(Mailbox::new(Some(self.settings.name.clone()), self.settings.from.clone()))
            .to(Mailbox::new(None, to))
            .subject(subject)
            .date(UNIX_EPOCH + Duration::from_secs(now))
            .message_id(Some(format!("<{id}@{}>", self.settings.from.domain())))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(
                content.plain().as_str().to_owned(),
                content.html().as_str().to_owned(),
            ))
            .map_err(|error| MailFailure::Malformed(error.to_string()))
    }
}

impl Content<'_> {
    fn plain(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!("{}\n\n", self.greeting));
        if let Some(code) = self.code {
            text.push_str("    ");
            text.push_str(code);
            text.push_str("\n\n");
        }
        text.push_str(&self.use_it);
        text.push_str("\n\n");
        if let Some(link) = self.link {
            text.push_str(link);
            text.push_str("\n\n");
        }
        for (name, value) in &self.facts {
            text.push_str(&format!("{name}: {value}\n"));
        }
        text.push_str(&format!("\n{}\n", self.warning));
        text
    }

    fn html(&self) -> Zeroizing<String> {
        let language = match self.language {
            Language::En => "en",
            Language::De => "de",
        };
        let page = html! {
            (DOCTYPE)
            html lang=(language) {
                body style="font-family: sans-serif; color: #222; max-width: 36em" {
                    p { (self.greeting) }
                    @if let Some(code) = self.code {
                        p style="font: bold 2em monospace; letter-spacing: 0.15em" { (code) }
                    }
                    p { (self.use_it) }
                    @if let Some(link) = self.link {
                        p { a href=(link) { (link) } }
                    }
                    table style="border-collapse: collapse" {
                        @for (name, value) in &self.facts {
                            tr {
                                th style="text-align: left; padding-right: 1em" { (name) }
                                td { (value) }
                            }
                        }
                    }
                    p { (self.warning) }
                }
            }
        };
        Zeroizing::new(page.into_string())
    }
}

/// A name from outside as people may read it.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|&c| printable::is_printable(c)).take(MAX_SHOWN).collect()
}

/// A moment as people read it: `Sat, 21 Nov 2026 21:32:45 UTC`.
pub(super) fn readable(now: u64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(now)).replace("GMT", "UTC")
}
