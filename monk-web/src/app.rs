//! From a request to an answer: the checks that come before every page, and the headers after it.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ACCEPT_LANGUAGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue, REFRESH, RETRY_AFTER,
};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use crate::address::{self, Network, Peer};
use crate::engine::NoAnswer;
use crate::form::Form;
use crate::guard;
use crate::handlers;
use crate::log;
use crate::mail_setup;
use crate::pages::trouble::{self, DeadEnd};
use crate::responses::{Early, file, html, json, see};
use crate::server::arriving::NoBody;
use crate::server::{CutOff, Site, headers};
use crate::session::{Cookies, NewCookies};
use crate::texts::{Language, Texts};
use crate::visit::{Answer, Shared, Trouble, Visit};

/// How long browsers keep the style sheet and the script. A new version has another address.
const KEPT: &str = "public, max-age=86400";

/// Once is enough: it is so for each request or for none.
static SAID_THAT_NO_ADDRESS_COMES: AtomicBool = AtomicBool::new(false);

/// The portal.
#[derive(Debug)]
pub struct App(Shared);

impl App {
    /// The portal with these settings.
    #[must_use]
    pub fn new(shared: Shared) -> Self {
        Self(shared)
    }

    /// Answers a request, with the headers that each answer has.
    pub async fn respond(&self, request: Request<Bytes>, peer: Peer) -> Response<Full<Bytes>> {
        let is_own_name = self.is_https_under_own_name(request.headers()).await;
        let mut response = self.answered(request, peer).await;
        headers::write(response.headers_mut(), is_own_name);
        response
    }

    async fn answered(&self, request: Request<Bytes>, peer: Peer) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        if let Some(file) = self.0.assets.at(head.uri.path()) {
            let mut response = Response::new(Full::new(file.bytes.clone()));
            let kind = HeaderValue::from_static(file.kind);
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(KEPT));
            return response;
        }
        let early = Early { shared: &self.0, language: self.language(&head.headers, None) };
        let is_change = head.method == Method::POST;
        let site = match self.0.engine.site().await {
            Ok(site) => site,
            Err(why) => return early.on_us(&why, false),
        };
        if mail_setup::is_at(head.uri.path()) {
            // Before anything about hosts and browsers: programs come by the names of mail domains.
            let name = &self.0.settings.organisation.name;
            return mail_setup::answer(&head, &body, &site, name);
        }
        let Some(origin) = &site.origin else {
            log::line(
                "the engine knows no public origin: write `origin` into [portal] of monk.toml",
            );
            let texts = &early.texts().trouble;
            let end = early.end(texts.no_origin, texts.no_origin_lead);
            return early.dead_end(StatusCode::SERVICE_UNAVAILABLE, &end);
        };
        if let Some(refusal) = early.refusal(&head, origin) {
            return refusal;
        }
        let form = if is_change { Form::parse(&body) } else { Form::default() };
        if form.is_too_long() {
            return early.no_body(NoBody::TooLarge);
        }
        let is_https = origin.starts_with("https://");
        let query = Form::parse(head.uri.query().unwrap_or_default().as_bytes());
        let cookies = Cookies::of(&head.headers, is_https);
        let chosen = Language::of_code(query.text("lang"));
        let language = self.language(&head.headers, chosen.or(cookies.language));
        let address = address::of_browser(peer, &head.headers, &self.0.settings);
        let mut visit = Visit {
            shared: &self.0,
            site: &site,
            cookies,
            new_cookies: NewCookies::default(),
            language,
            address: address.map(|address| address.to_string()),
            form,
            query,
            is_administrator: AtomicBool::new(false),
            is_from_elsewhere: !is_change
                && head.headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site"),
        };
        if let Some(language) = chosen {
            visit.new_cookies.language(language);
        }
        let path = head.uri.path();
        let answer = answer(&mut visit, is_change, path).await;
        let answer = match answer {
            Err(Trouble::NoSession)
                if visit.is_from_elsewhere && visit.cookies.session.is_none() =>
            {
                // Put together from its parts: `//example.org` would be another host.
                let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
                let path = format!("/{}", parts.join("/"));
                Ok(Answer::Reload(trouble::once_more(&visit.frame("/methods", ""), &path)))
            }
            answer => answer,
        };
        self.written(visit, answer, is_change && handlers::is_change(path), is_https)
    }

    /// The answer, with its cookies and headers.
    fn written(
        &self,
        mut visit: Visit<'_>,
        answer: Result<Answer, Trouble>,
        is_change: bool,
        is_https: bool,
    ) -> Response<Full<Bytes>> {
        let early = Early { shared: &self.0, language: visit.language };
        let mut response = match answer {
            Ok(Answer::Page(status, page)) => html(status, page),
            Ok(Answer::Reload(page)) => {
                let mut response = html(StatusCode::OK, page);
                response.headers_mut().insert(REFRESH, HeaderValue::from_static("0"));
                response
            }
            Ok(Answer::See(path)) => see(&path),
            Ok(Answer::Json(text)) => json(text),
            Ok(Answer::File { name, kind, bytes }) => file(name, kind, bytes),
            Err(Trouble::NoSession) => {
                let had_one = visit.cookies.session.is_some() || visit.cookies.step.is_some();
                visit.sign_out();
                see(if had_one { "/sign-in?why=over" } else { "/sign-in" })
            }
            Err(Trouble::NoAnswer(why)) => early.on_us(&why, is_change),
            Err(Trouble::Failed(failure)) => early.failed(&failure),
            Err(Trouble::ProofNeeded) => see("/methods"),
            Err(Trouble::NotFound) => {
                let texts = &early.texts().trouble;
                let end = early.end(texts.not_found, texts.not_found_lead);
                early.dead_end(StatusCode::NOT_FOUND, &end)
            }
        };
        visit.new_cookies.write(response.headers_mut(), is_https);
        response
    }

    /// Whether browsers are to come by https from now on: the portal decides that for its own name. Under those of mail
    /// domains it is a guest.
    async fn is_https_under_own_name(&self, headers: &HeaderMap) -> bool {
        let origin = self.0.engine.known_origin().await;
        origin.is_some_and(|origin| {
            let host = origin.strip_prefix("https://").map(str::as_bytes);
            host.is_some_and(|host| {
                headers.get(HOST).is_some_and(|said| said.as_bytes().eq_ignore_ascii_case(host))
            })
        })
    }

    fn language(&self, headers: &HeaderMap, chosen: Option<Language>) -> Language {
        let accepted = || {
            let header = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
            Language::accepted(header)
        };
        chosen.or_else(accepted).unwrap_or(self.0.settings.default_language)
    }
}

impl Early<'_> {
    /// The form has not come, or not as it has to.
    fn no_body(&self, why: NoBody) -> Response<Full<Bytes>> {
        let texts = &self.texts().trouble;
        let (status, heading, lead) = match why {
            NoBody::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, texts.too_large, texts.too_large_lead)
            }
            NoBody::TooSlow => (StatusCode::REQUEST_TIMEOUT, texts.too_slow, texts.too_slow_lead),
            NoBody::Broken => (StatusCode::BAD_REQUEST, texts.too_slow, texts.too_slow_lead),
        };
        self.dead_end(status, &self.end(heading, lead))
    }

    /// Too many come at once from where the browser is.
    fn crowded(&self) -> Response<Full<Bytes>> {
        let texts = &self.texts().trouble;
        let end = self.end(texts.crowded, texts.crowded_lead);
        let mut response = self.dead_end(StatusCode::TOO_MANY_REQUESTS, &end);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        response
    }

    /// Why a request is refused for its head alone, if it is: meant for another host, a method that nothing here has,
    /// or a change that comes from elsewhere.
    fn refusal(&self, head: &Parts, origin: &str) -> Option<Response<Full<Bytes>>> {
        let texts = &self.texts().trouble;
        let is_change = head.method == Method::POST;
        if !is_host_of(&head.headers, &head.uri, origin) {
            let end = self.end(texts.wrong_host, texts.wrong_host_lead);
            let end = DeadEnd { link: origin, ..end };
            return Some(self.dead_end(StatusCode::MISDIRECTED_REQUEST, &end));
        }
        if !is_change && head.method != Method::GET && head.method != Method::HEAD {
            let end = self.end(texts.method, texts.method_lead);
            let mut response = self.dead_end(StatusCode::METHOD_NOT_ALLOWED, &end);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
            return Some(response);
        }
        if is_change && !guard::is_from_own_page(&head.headers, origin) {
            let end = self.end(texts.elsewhere, texts.elsewhere_lead);
            return Some(self.dead_end(StatusCode::FORBIDDEN, &end));
        }
        None
    }
}

/// Checks the form, and lets the address answer.
async fn answer(visit: &mut Visit<'_>, is_change: bool, path: &str) -> Result<Answer, Trouble> {
    if !path.bytes().all(is_plain) {
        return Err(Trouble::NotFound);
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if !is_change {
        if visit.cookies.form.is_none() {
            let secret = guard::new_form_secret().map_err(|_| NoAnswer::Unavailable)?;
            visit.new_cookies.form(&secret);
            visit.cookies.form = Some(secret);
        }
        return handlers::get(visit, &parts).await;
    }
    if guard::is_own_form(&visit.cookies, handlers::binding(path), visit.form.text("token")) {
        return handlers::post(visit, &parts).await;
    }
    if visit.cookies.form.is_none() {
        let secret = guard::new_form_secret().map_err(|_| NoAnswer::Unavailable)?;
        visit.new_cookies.form(&secret);
        visit.cookies.form = Some(secret);
    }
    match handlers::stale(visit, path) {
        Some(answer) => Ok(answer),
        None => {
            let texts = Texts::of(visit.language);
            let (sign_in, trouble) = (&texts.sign_in, &texts.trouble);
            let end = DeadEnd {
                heading: sign_in.stale,
                lead: sign_in.stale_why,
                link: "",
                way_out: Some(("/methods", trouble.go_home)),
            };
            let page = trouble::dead_end(&visit.frame("/methods", ""), &end);
            Ok(Answer::Page(StatusCode::FORBIDDEN, page))
        }
    }
}

/// Whether a byte may stand in a path. Nothing here needs more, and browsers take a backslash for a slash.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte)
}

/// Whether a request is meant for the host of `origin`. What the browser says is compared, and nothing else is done
/// with it.
fn is_host_of(headers: &HeaderMap, uri: &hyper::Uri, origin: &str) -> bool {
    let right = origin.split_once("://").map_or(origin, |(_, host)| host);
    let mut said = headers.get_all(HOST).iter();
    let is_right =
        said.next().is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(right.as_bytes()));
    let in_target = uri.authority().is_none_or(|host| host.as_str().eq_ignore_ascii_case(right));
    is_right && said.next().is_none() && in_target
}

impl Site for App {
    async fn answer(&self, request: Request<Bytes>, peer: Peer) -> Response<Full<Bytes>> {
        self.respond(request, peer).await
    }

    fn cut_off(&self, why: CutOff, accepted: Option<&HeaderValue>) -> Response<Full<Bytes>> {
        let accepted = accepted.and_then(|header| Language::accepted(header.to_str().ok()?));
        let language = accepted.unwrap_or(self.0.settings.default_language);
        let early = Early { shared: &self.0, language };
        let mut response = match why {
            CutOff::Body(why) => early.no_body(why),
            CutOff::Crowded => early.crowded(),
            CutOff::TooLate => early.on_us(&NoAnswer::Timeout, true),
        };
        headers::write(response.headers_mut(), self.0.engine.is_https());
        response
    }

    fn network(&self, peer: Peer, headers: &HeaderMap) -> Network {
        let address = address::of_browser(peer, headers, &self.0.settings);
        if address.is_none() && !SAID_THAT_NO_ADDRESS_COMES.swap(true, Ordering::Relaxed) {
            log::line(&format!(
                "the web server in front names no address in {}: until it does, all browsers count as one network",
                self.0.settings.forwarded_header
            ));
        }
        Network::of(address)
    }

    fn is_file(&self, path: &str) -> bool {
        self.0.assets.at(path).is_some()
    }

    fn network_of_browser(&self, peer: Peer) -> Option<Network> {
        let Peer::Address(address) = peer else { return None };
        let ip = address.ip().to_canonical();
        let is_proxy = self.0.settings.trusted_proxies.iter().any(|network| network.contains(&ip));
        (!is_proxy).then(|| Network::of(Some(ip)))
    }
}
