//! The headers that each answer has.

use hyper::HeaderMap;
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue};

/// Nothing from elsewhere, no frames, no inline script or style. Forms lead to the portal alone.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PERMISSIONS_POLICY: &str =
    "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()";

/// What browsers may do with an answer.
///
/// The referrer policy is `same-origin` and not `no-referrer`: with the latter, browsers send `Origin: null` with the
/// portal's own forms (Fetch, "append a request Origin header"), and their origin could not be checked. Nothing is
/// told to other hosts with either.
const ALWAYS: [(&str, &str); 8] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("permissions-policy", PERMISSIONS_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-robots-tag", "noindex"),
];

/// Two years, as the preload list asks for; subdomains are not the portal's to decide about.
const TRANSPORT_SECURITY: &str = "max-age=63072000";

/// Writes them. What is not said to be kept is kept nowhere.
pub fn write(headers: &mut HeaderMap, is_https: bool) {
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if is_https {
        headers.insert("strict-transport-security", HeaderValue::from_static(TRANSPORT_SECURITY));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
