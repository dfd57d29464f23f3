//! Answers as they are sent, and those that come without a page of their own.

use bytes::Bytes;
use data_encoding::HEXUPPER;
use http_body_util::Full;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use maud::Markup;
use monk_wire::manage::Failure;

use crate::engine::NoAnswer;
use crate::log;
use crate::pages::Frame;
use crate::pages::trouble::{self, DeadEnd};
use crate::texts::{Language, Texts};
use crate::visit::Shared;

/// What can be said before anything is known of the browser but its language.
pub struct Early<'a> {
    /// What all requests share.
    pub shared: &'a Shared,
    /// The language.
    pub language: Language,
}

impl Early<'_> {
    /// The texts.
    #[must_use]
    pub fn texts(&self) -> &'static Texts {
        Texts::of(self.language)
    }

    fn frame(&self) -> Frame<'_> {
        Frame {
            texts: self.texts(),
            language: self.language,
            organisation: &self.shared.settings.organisation,
            site: None,
            here: "/methods",
            token: "",
            is_administrator: false,
            version: &self.shared.assets.version,
        }
    }

    /// A dead end from which people go home.
    #[must_use]
    pub fn end(&self, heading: &'static str, lead: &'static str) -> DeadEnd<'static> {
        let way_out = Some(("/methods", self.texts().trouble.go_home));
        DeadEnd { heading, lead, link: "", way_out }
    }

    /// The page for it.
    #[must_use]
    pub fn dead_end(&self, status: StatusCode, end: &DeadEnd<'_>) -> Response<Full<Bytes>> {
        html(status, trouble::dead_end(&self.frame(), end))
    }

    /// The engine does not answer. The page has a number that the log has, too.
    #[must_use]
    pub fn on_us(&self, why: &NoAnswer, is_change: bool) -> Response<Full<Bytes>> {
        let mut bytes = [0; 4];
        // A number that comes twice is no harm.
        let _always_the_same = getrandom::fill(&mut bytes);
        let number = HEXUPPER.encode(&bytes);
        let number = format!("{}-{}", &number[..4], &number[4..]);
        log::line(&format!("{number}: {why}"));
        // Where no engine has heard of it, nothing has happened.
        let was_heard = !matches!(why, NoAnswer::NoEngine(_) | NoAnswer::NotThePortal);
        let page = trouble::on_us(&self.frame(), &number, is_change && was_heard);
        html(StatusCode::SERVICE_UNAVAILABLE, page)
    }

    /// The engine has not done what it was asked, and the page that asked has no words for that.
    #[must_use]
    pub fn failed(&self, failure: &Failure) -> Response<Full<Bytes>> {
        let texts = &self.texts().trouble;
        let (status, end) = match failure {
            Failure::NoSuchCredential { .. } | Failure::NonePending { .. } => {
                (StatusCode::NOT_FOUND, self.end(texts.not_found, texts.not_found_lead))
            }
            Failure::InvitationNeeded => {
                let end = self.end(texts.invitation_needed, texts.invitation_needed_lead);
                let way_out = Some(("/invitation", texts.enter_set_up_code));
                (StatusCode::FORBIDDEN, DeadEnd { way_out, ..end })
            }
            Failure::FirstDeviceNeeded { .. } => {
                (StatusCode::FORBIDDEN, self.end(texts.first_device, texts.first_device_lead))
            }
            Failure::ChangedMeanwhile { .. } | Failure::UserGone => (
                StatusCode::CONFLICT,
                self.end(texts.changed_meanwhile, texts.changed_meanwhile_lead),
            ),
            Failure::TooManyCredentials { .. } => {
                (StatusCode::CONFLICT, self.end(texts.too_many, texts.too_many_lead))
            }
            Failure::Mail(_) | Failure::NoMailServer => {
                (StatusCode::BAD_GATEWAY, self.end(texts.mail_not_sent, texts.mail_not_sent_lead))
            }
            other => {
                log::line(&format!("the engine refuses a command: {}", other.kind().as_str()));
                (StatusCode::CONFLICT, self.end(texts.not_now, texts.not_now_lead))
            }
        };
        self.dead_end(status, &end)
    }
}

/// A page.
#[must_use]
pub fn html(status: StatusCode, page: Markup) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(page.into_string())));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Another page, to be opened with GET.
#[must_use]
pub fn see(path: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let path = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/methods"));
    response.headers_mut().insert(LOCATION, path);
    response
}

/// JSON for the script.
#[must_use]
pub fn json(text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A file to keep.
#[must_use]
pub fn file(name: &str, kind: &'static str, bytes: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}
