//! Whether a change was asked for on one of our own pages.
//!
//! Two checks, and both have to hold: what the browser says about where the request comes from, and a token in the form.
//! The token depends on a random cookie, on the session and on the screen that waits, so that it is good for one browser
//! in one state. It is no copy of the cookie: what stands on a page opens nothing.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use hyper::HeaderMap;
use hyper::header::ORIGIN;
use monk_wire::Secret;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::session::Cookies;

/// Bytes of randomness behind the forms of a browser.
const RANDOM: usize = 20;

/// What a form is bound to, beside the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Nothing: a sign-in, which begins a state.
    Browser,
    /// The session and the screen that waits.
    State,
}

/// A new secret for the forms of a browser.
///
/// # Errors
/// The kernel has no randomness.
pub fn new_form_secret() -> Result<Secret, getrandom::Error> {
    let mut bytes = [0; RANDOM];
    getrandom::fill(&mut bytes)?;
    Ok(Secret::new(BASE32_NOPAD.encode(&bytes).to_lowercase().as_bytes()))
}

/// The token for the forms of a page; empty where the browser has no cookie for them.
#[must_use]
pub fn token(cookies: &Cookies, binding: Binding) -> String {
    let Some(form) = &cookies.form else { return String::new() };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(form.expose()) else { return String::new() };
    let mut add = |bytes: &[u8]| {
        mac.update(&(bytes.len() as u64).to_be_bytes());
        mac.update(bytes);
    };
    add(b"monk-web form");
    if binding == Binding::State {
        add(cookies.session.as_ref().map_or(&[], |session| session.expose()));
        add(cookies.step.as_ref().map_or(&[], |step| step.token.expose()));
    }
    BASE32_NOPAD.encode(&mac.finalize().into_bytes()[..RANDOM]).to_lowercase()
}

/// Whether the token of a form is that of this browser, and of its state.
#[must_use]
pub fn is_own_form(cookies: &Cookies, binding: Binding, given: &str) -> bool {
    let right = token(cookies, binding);
    !right.is_empty() && bool::from(right.as_bytes().ct_eq(given.as_bytes()))
}

/// Whether the browser says that a request comes from a page of `origin`. Each browser of the last years sends one of
/// the two headers with every POST; a request with neither is refused.
#[must_use]
pub fn is_from_own_page(headers: &HeaderMap, origin: &str) -> bool {
    let mut said = false;
    for (name, right) in [(ORIGIN.as_str(), origin), ("sec-fetch-site", "same-origin")] {
        for value in headers.get_all(name) {
            if value != right {
                return false;
            }
            said = true;
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Step;

    fn cookies(form: &str, session: Option<&str>, step: Option<&str>) -> Cookies {
        let secret = |text: &str| Secret::new(text.as_bytes());
        let step = step.map(|step| Step { token: secret(step), user: "maria".to_owned() });
        let form = (!form.is_empty()).then(|| secret(form));
        Cookies { form, session: session.map(secret), step, language: None }
    }

    #[test]
    fn a_form_is_good_for_one_browser_in_one_state() {
        let states = [
            cookies("one", None, None),
            cookies("two", None, None),
            cookies("one", Some("s"), None),
            cookies("one", Some("t"), None),
            cookies("one", None, Some("s")),
            cookies("one", Some("s"), Some("t")),
        ];
        for (n, one) in states.iter().enumerate() {
            for (m, other) in states.iter().enumerate() {
                let token = token(one, Binding::State);
                assert_eq!(is_own_form(other, Binding::State, &token), n == m, "{n} {m}");
            }
        }
        let token = token(&states[0], Binding::Browser);
        assert!(is_own_form(&states[2], Binding::Browser, &token), "two tabs");
        assert!(!is_own_form(&states[1], Binding::Browser, &token));
        assert!(!is_own_form(&states[0], Binding::State, &token), "made for something else");
    }

    #[test]
    fn a_browser_without_the_cookie_has_no_right_token() {
        let none = cookies("", None, None);
        for given in ["", "x", &token(&none, Binding::State)] {
            assert!(!is_own_form(&none, Binding::State, given));
        }
        assert!(!is_own_form(&cookies("one", None, None), Binding::State, ""));
    }

    #[test]
    fn a_change_comes_from_the_origin_and_from_nowhere_else() {
        let origin = "https://login.example.org";
        for (headers, fits) in [
            (vec![("origin", origin)], true),
            (vec![("origin", origin), ("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![], false),
            (vec![("origin", "null")], false),
            (vec![("origin", "https://login.example.org.evil.example")], false),
            (vec![("origin", "http://login.example.org")], false),
            (vec![("origin", origin), ("sec-fetch-site", "same-site")], false),
            (vec![("origin", origin), ("origin", "https://evil.example")], false),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.append(*name, value.parse().unwrap());
            }
            assert_eq!(is_from_own_page(&map, origin), fits, "{headers:?}");
        }
    }
}
