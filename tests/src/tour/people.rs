//! What an administrator does: pages that only forms lead to.

use serde_json::json;

use super::{Look, Tour};
use crate::portal::ORIGIN;

impl Tour {
    /// Invites bob and resets him, with a passkey as the proof.
    #[track_caller]
    pub(super) fn administers(&self, look: &mut Look<'_>) {
        let browser = &self.browser;
        let open = |path: &str| browser.open(&format!("{ORIGIN}{path}"));
        browser.plug_in(&json!({}));
        open("/passkeys/new");
        browser.click("form[data-passkey] button.btn.full:not([data-prove])");
        browser.wait_for("main [role=status]");
        look(browser, "a passkey is added");

        open("/people/invite");
        browser.click("main form button.btn");
        browser.wait_for("main [role=alert]");
        look(browser, "/people/invite, nobody");
        open("/people/invite?missing=1");
        browser.click("main form button.btn");
        browser.wait_for("form[action='/people/invite']");
        look(browser, "who will be invited");
        browser.click("main form button.btn");
        browser.wait_for("#live");
        look(browser, "invitations on their way");
        let stop = "form[action='/people/invitations/stop']";
        browser.wait("they are sent", || !browser.shows(stop));
        look(browser, "invitations that were sent");

        open("/people/reset?user=bob");
        browser.wait_for("[data-prove]");
        look(browser, "/people/reset, with a proof");
        browser.click("[data-prove]");
        browser.wait_for("main [role=status]");
        look(browser, "after a reset");
        open("/people/disable?user=bob");
        browser.wait_for("[data-prove]");
        look(browser, "/people/disable, with a proof");
    }
}
