//! Whether everybody can use a page: what a browser itself can tell without another tool.
//!
//! Looked at: the language, the title, one heading of the first level and none left out below it, one `main`, names of
//! fields, buttons, links and pictures, ids that are there once and those that are referred to, an order of the keyboard
//! that is that of the page, contrast of all text that is shown (WCAG 2.2, 1.4.3), and that nothing has to be scrolled
//! sideways on 320 pixels (1.4.10). Not looked at: whether names make sense, what a screen reader says of changes, and
//! contrast of borders and of what has the focus. `cargo xtask accessibility` asks axe-core and the Nu checker besides.

use serde_json::json;

use super::SCHEMES;
use crate::chromium::Chromium;

/// The narrowest screen, in CSS pixels (WCAG 2.2, 1.4.10), and a wide one.
pub const WIDTHS: [u32; 2] = [320, 1280];

/// What is wrong with the page that is open, in each scheme and width.
#[track_caller]
pub fn complaints(browser: &Chromium, language: &str) -> Vec<String> {
    let mut all = Vec::new();
    for scheme in SCHEMES {
        for width in WIDTHS {
            show(browser, scheme, width);
            let found = browser.script(include_str!("access.js"), &[json!(language)]);
            let found = found.as_array().expect("a list").iter();
            let words = found.map(|one| one.as_str().unwrap_or_default());
            all.extend(words.map(|one| format!("{scheme}, {width} px: {one}")));
        }
    }
    all
}

/// Shows pages in this scheme, in a window of this width, from now on.
#[track_caller]
pub fn show(browser: &Chromium, scheme: &str, width: u32) {
    let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
    browser.devtools("Emulation.setEmulatedMedia", &json!({ "features": [feature] }));
    let screen = json!({ "width": width, "height": 720, "deviceScaleFactor": 1, "mobile": false });
    browser.devtools("Emulation.setDeviceMetricsOverride", &screen);
}
