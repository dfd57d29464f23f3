//! What mail programs ask for by themselves when somebody types an address: which servers there are.
//!
//! | file | what it says |
//! |---|---|
//! | `thunderbird` | `config-v1.1.xml`, of Thunderbird and most others |
//! | `outlook` | autodiscover, of Outlook |
//! | `export` | the picture that Thunderbird for Android takes an account from |
//! | `apple` | the profile that iPhones take an account from |
//! | `sign` | the signature below it |
//!
//! The first two are asked by programs that nobody has signed in with, by the name of any mail domain. They answer
//! the same for every address, and know nobody: an address is looked up nowhere.

pub mod apple;
pub mod export;
mod outlook;
pub mod sign;
mod thunderbird;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use monk_wire::portal::Site;

use crate::form::Form;

/// Longest question of Outlook: an address and the name of a schema are less than 1 KiB.
const LONGEST_QUESTION: usize = 4 * 1024;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Thunderbird,
    OutlookXml,
    OutlookJson,
}

/// What a program asks for at an address. Outlook writes its own in several ways.
fn at(path: &str) -> Option<Asked> {
    let path = path.to_ascii_lowercase();
    match &*path {
        "/.well-known/autoconfig/mail/config-v1.1.xml" | "/mail/config-v1.1.xml" => {
            Some(Asked::Thunderbird)
        }
        "/autodiscover/autodiscover.xml" => Some(Asked::OutlookXml),
        _ if path.starts_with("/autodiscover/autodiscover.json") => Some(Asked::OutlookJson),
        _ => None,
    }
}

/// Whether a mail program asks at this address.
#[must_use]
pub fn is_at(path: &str) -> bool {
    at(path).is_some()
}

/// Answers a mail program.
#[must_use]
pub fn answer(head: &Parts, body: &[u8], site: &Site, name: &str) -> Response<Full<Bytes>> {
    let query = Form::parse(head.uri.query().unwrap_or_default().as_bytes());
    let (kind, answer) = match (at(head.uri.path()), &head.method) {
        (_, _) if site.mail_servers.is_empty() => ("", None),
        (Some(Asked::Thunderbird), &Method::GET | &Method::HEAD) => {
            let domain = domain_of(query.text("emailaddress"), site);
            ("text/xml; charset=utf-8", thunderbird::config(site, name, &domain))
        }
        (Some(Asked::OutlookXml), &Method::POST) => {
            let question = (body.len() <= LONGEST_QUESTION).then_some(body);
            let address = question.and_then(outlook::address);
            ("text/xml; charset=utf-8", address.and_then(|address| outlook::xml(site, &address)))
        }
        (Some(Asked::OutlookJson), &Method::GET | &Method::HEAD) => (
            "application/json",
            outlook::json(site, query.text("protocol"), query.text("Protocol")),
        ),
        _ => ("", None),
    };
    let mut response = Response::new(Full::default());
    match answer {
        Some(answer) => {
            *response.body_mut() = Full::new(Bytes::from(answer));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    response
}

/// The domain of an address that a program has asked for, or else the portal's own: something has to stand there.
fn domain_of(address: &str, site: &Site) -> String {
    let is_name = |domain: &&str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        (1..=253).contains(&domain.len()) && domain.chars().all(fits)
    };
    let asked = address.rsplit_once('@').map(|(_, domain)| domain).filter(is_name);
    asked.unwrap_or_else(|| host_of(site)).to_ascii_lowercase()
}

/// The host of the portal.
pub(crate) fn host_of(site: &Site) -> &str {
    let origin = site.origin.as_deref().unwrap_or("localhost");
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    host.split(':').next().unwrap_or(host)
}

/// Whether a server speaks TLS from the first byte, and not only after STARTTLS.
fn is_tls(server: &monk_wire::manage::MailServer) -> bool {
    server.security == "SSL/TLS"
}

#[cfg(test)]
mod tests;
