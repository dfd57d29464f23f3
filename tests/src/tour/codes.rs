//! What somebody takes with a passkey: pages that only forms lead to.

use super::{Look, Tour};
use crate::portal::ORIGIN;

/// A service that takes tickets.
pub(super) const TICKETS: &str = "[service.web]\nportal_ticket = \"allowed\"\n";

impl Tour {
    /// A one-time code and a ticket, after a proof with a passkey.
    #[track_caller]
    pub(super) fn takes_codes(&self, look: &mut Look<'_>) {
        let browser = &self.browser;
        let open = |path: &str| browser.open(&format!("{ORIGIN}{path}"));
        open("/login-code");
        browser.wait_for("form[action='/login-code/ticket']");
        look(browser, "/login-code, with a ticket");
        browser.click("form[action='/login-code/ticket'] button");
        browser.wait_for("main .secret");
        look(browser, "a ticket");
        open("/login-code");
        browser.click("form[action='/login-code'] button");
        browser.wait_for("main .secret.big");
        look(browser, "a one-time code");
        open("/approve");
        look(browser, "/approve, and nothing waits");
    }
}
