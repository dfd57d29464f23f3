//! What a browser keeps: cookies.
//!
//! | cookie | what it holds | SameSite |
//! |---|---|---|
//! | `monk-session` | the token of the session; the engine keeps its hash | Strict |
//! | `monk-step` | the token of a screen that waits for its answer, and the user's name | Strict |
//! | `monk-form` | random bytes, which the forms of this browser are bound to | Lax |
//! | `monk-language` | `en` or `de` | Lax |
//!
//! Their names begin with `__Host-` where the origin is https: no other host of the domain can set them (RFC 6265bis).
//! All end with the browser.

use cookie::{Cookie, SameSite};
use data_encoding::BASE32_NOPAD;
use hyper::HeaderMap;
use hyper::header::{COOKIE, HeaderValue, SET_COOKIE};
use monk_wire::Secret;

use crate::texts::Language;

/// Longest value that is taken from a cookie: the longest name of a user in base 32, and a token.
const LONGEST: usize = 1024;

const SESSION: &str = "monk-session";
const STEP: &str = "monk-step";
const FORM: &str = "monk-form";
const LANGUAGE: &str = "monk-language";

/// A screen that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Stands for the screen.
    pub token: Secret,
    /// The user's name as it was typed.
    pub user: String,
}

/// The cookies that a browser has sent.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    /// The token of the session.
    pub session: Option<Secret>,
    /// A screen that waits for its answer.
    pub step: Option<Step>,
    /// What the forms are bound to.
    pub form: Option<Secret>,
    /// The language that was chosen.
    pub language: Option<Language>,
}

impl Cookies {
    /// Reads the cookies of a request.
    #[must_use]
    pub fn of(headers: &HeaderMap, is_https: bool) -> Self {
        let mut cookies = Self::default();
        // Each cookie for itself: any host of the domain may have set one with other bytes, and ours count all the same.
        let pairs =
            headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|b| *b == b';'));
        let pairs =
            pairs.filter(|pair| pair.is_ascii()).filter_map(|pair| str::from_utf8(pair).ok());
        for cookie in pairs.filter_map(|pair| Cookie::parse(pair).ok()) {
            let name = match (is_https, cookie.name().strip_prefix("__Host-")) {
                (true, Some(name)) => name,
                (false, None) => cookie.name(),
                _ => continue,
            };
            let value = cookie.value();
            if value.is_empty() || value.len() > LONGEST {
                continue;
            }
            match name {
                SESSION => cookies.session = Some(Secret::new(value.as_bytes())),
                STEP => cookies.step = step_of(value),
                FORM => cookies.form = Some(Secret::new(value.as_bytes())),
                LANGUAGE => cookies.language = Language::of_code(value),
                _ => {}
            }
        }
        cookies
    }
}

/// The cookies that an answer sets.
#[derive(Debug, Default)]
pub struct NewCookies(Vec<(&'static str, String, SameSite)>);

impl NewCookies {
    /// The browser is signed in.
    pub fn session(&mut self, token: &Secret) {
        self.set(SESSION, token.expose_str().unwrap_or_default().to_owned(), SameSite::Strict);
    }

    /// The browser is not signed in.
    pub fn no_session(&mut self) {
        self.set(SESSION, String::new(), SameSite::Strict);
    }

    /// A screen waits.
    pub fn step(&mut self, step: &Step) {
        let user = BASE32_NOPAD.encode(step.user.as_bytes());
        let token = step.token.expose_str().unwrap_or_default();
        self.set(STEP, format!("{token}.{user}"), SameSite::Strict);
    }

    /// No screen waits.
    pub fn no_step(&mut self) {
        self.set(STEP, String::new(), SameSite::Strict);
    }

    /// What the forms are bound to.
    pub fn form(&mut self, secret: &Secret) {
        self.set(FORM, secret.expose_str().unwrap_or_default().to_owned(), SameSite::Lax);
    }

    /// The language is chosen.
    pub fn language(&mut self, language: Language) {
        self.set(LANGUAGE, language.code().to_owned(), SameSite::Lax);
    }

    fn set(&mut self, name: &'static str, value: String, same_site: SameSite) {
        self.0.retain(|(other, ..)| *other != name);
        self.0.push((name, value, same_site));
    }

    /// Writes the headers.
    pub fn write(self, headers: &mut HeaderMap, is_https: bool) {
        for (name, value, same_site) in self.0 {
            let name = if is_https { format!("__Host-{name}") } else { name.to_owned() };
            let is_over = value.is_empty();
            let mut cookie = Cookie::build((name, value))
                .path("/")
                .http_only(true)
                .same_site(same_site)
                .secure(is_https);
            if is_over {
                cookie = cookie.max_age(cookie::time::Duration::ZERO);
            }
            if let Ok(line) = HeaderValue::from_str(&cookie.build().to_string()) {
                headers.append(SET_COOKIE, line);
            }
        }
    }
}

fn step_of(value: &str) -> Option<Step> {
    let (token, user) = value.split_once('.')?;
    let user = String::from_utf8(BASE32_NOPAD.decode(user.as_bytes()).ok()?).ok()?;
    Some(Step { token: Secret::new(token.as_bytes()), user })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(new: NewCookies, is_https: bool) -> (Vec<String>, Cookies) {
        let mut headers = HeaderMap::new();
        new.write(&mut headers, is_https);
        let lines: Vec<String> = headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|line| line.to_str().unwrap().to_owned())
            .collect();
        let pairs: Vec<_> = lines.iter().map(|line| line.split(';').next().unwrap()).collect();
        let mut back = HeaderMap::new();
        back.insert(COOKIE, pairs.join("; ").parse().unwrap());
        (lines, Cookies::of(&back, is_https))
    }

    #[test]
    fn cookies_are_secure_and_bound_to_the_host_where_the_origin_is_https() {
        let mut new = NewCookies::default();
        new.session(&Secret::new(b"abc"));
        new.form(&Secret::new(b"def"));
        let (lines, cookies) = sent(new, true);
        assert_eq!(
            lines,
            [
                "__Host-monk-session=abc; HttpOnly; SameSite=Strict; Secure; Path=/",
                "__Host-monk-form=def; HttpOnly; SameSite=Lax; Secure; Path=/"
            ]
        );
        assert_eq!(cookies.session, Some(Secret::new(b"abc")));
    }

    #[test]
    fn on_localhost_cookies_are_plain() {
        let mut new = NewCookies::default();
        new.no_session();
        let (lines, _) = sent(new, false);
        assert_eq!(lines, ["monk-session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"]);
    }

    #[test]
    fn a_step_comes_back_with_any_name_and_other_bytes_are_none() {
        for user in ["maria", "maria keller", "ma;ria=", "größe", ""] {
            let step = Step { token: Secret::new(b"abcdef"), user: user.to_owned() };
            let mut new = NewCookies::default();
            new.step(&step);
            assert_eq!(sent(new, true).1.step, Some(step));
        }
        for value in ["", ".", "abc", "abc.a", "abc.77777777"] {
            let is_none = step_of(value).is_none_or(|step| step.user.is_empty());
            assert!(is_none, "{value}");
        }
    }

    /// Browsers send it as it was set, by a host of the same domain or by a script of its pages.
    #[test]
    fn a_cookie_of_others_with_an_umlaut_takes_none_of_ours_away() {
        for line in ["theme=größe; __Host-monk-session=abc", "__Host-monk-session=abc; größe=1"]
        {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
            assert_eq!(Cookies::of(&headers, true).session, Some(Secret::new(b"abc")), "{line}");
        }
        // A blank that is not ASCII is no blank before a name of ours.
        let mut headers = HeaderMap::new();
        let other = "\u{2000}__Host-monk-session=abc";
        headers.insert(COOKIE, HeaderValue::from_bytes(other.as_bytes()).unwrap());
        assert_eq!(Cookies::of(&headers, true).session, None);
    }

    /// A host of the same domain could set it.
    #[test]
    fn a_cookie_without_the_prefix_counts_for_nothing_where_the_origin_is_https() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("monk-session=abc; monk-form=def"));
        let cookies = Cookies::of(&headers, true);
        assert!(cookies.session.is_none() && cookies.form.is_none());
        assert!(Cookies::of(&headers, false).session.is_some());
    }
}
