//! Alice with a phone and a passkey, a browser, and terminals.

use monk_tests::chromium::Chromium;
use monk_tests::portal::{ORIGIN, Portal, SETTINGS};
use monk_tests::site::{Backend, Device, Site};
use monk_tests::{Screen, Sshd, Status, Typist, World};
use serde_json::{Value, json};

use crate::{invited, scanned, signed_in_by_password, site_with};

/// Where logins may be approved.
const ALLOWED: &str = "[service.sshd]\nportal_approval = \"allowed\"\n\
                       [service.sudo]\nportal_approval = \"allowed\"\n";

/// sudo as it is shipped, for everybody, without a memory, and with one try.
const SUDOERS: &str = "Defaults passwd_tries=1, timestamp_timeout=0\nALL ALL=(ALL) ALL\n";

pub const CODE: &str =
    "Code from your device, or a backup code: (Enter to approve it on the portal)";

/// Alice with a phone, and a browser that has a passkey of hers.
pub struct Scene {
    pub site: Site,
    pub portal: Portal,
    pub browser: Chromium,
    pub phone: Device,
}

impl Scene {
    #[track_caller]
    pub fn new(backend: Backend) -> Self {
        let (site, portal, code) = site_with(backend);
        site.write_settings(&format!("{SETTINGS}{ALLOWED}"));
        site.reload_if_resident();
        let mut first = portal.browser();
        invited(&mut first, &code);
        let phone = scanned(&first);
        let confirm = first.link("/confirm");
        first.open(&confirm);
        first.send(&confirm, &[("code", &phone.confirmation()), ("name", "Phone")]);
        site.world.add_system_user("alice");
        site.install_example("sudo-directory-password/sudo", "/etc/pam.d/sudo");
        site.world.write("/etc/sudoers", SUDOERS, 0o440);
        let browser = Chromium::start(&site.world);
        browser.plug_in(&json!({}));
        let scene = Self { site, portal, browser, phone };
        signed_in_by_password(&scene.browser, &scene.phone);
        scene.browser.open(&format!("{ORIGIN}/passkeys/new"));
        scene.browser.click("form[data-passkey] button");
        scene.browser.wait_for("[role=status]");
        scene.signs_out();
        scene
    }

    #[track_caller]
    pub fn signs_out(&self) {
        self.browser.open(&format!("{ORIGIN}/methods"));
        self.browser.click("form[action='/sign-out'] button");
        self.browser.wait_for("a[href='/sign-in']");
    }

    /// Opens the page that the terminal names, with the passkey where it is asked for.
    #[track_caller]
    pub fn opens_the_page(&self) {
        let browser = &self.browser;
        browser.open(&format!("{ORIGIN}/approve"));
        if browser.text("h1") == "Approve a login" {
            browser.click("form[data-passkey] button");
            browser.wait("the passkey", || browser.text("h1") != "Approve a login");
        }
    }

    /// Chooses a number; the heading afterwards.
    #[track_caller]
    pub fn chooses(&self, number: u8) -> String {
        self.browser.click(&format!("button[name=number][value='{number}']"));
        self.browser.wait("an answer", || !self.browser.shows("fieldset.numbers"));
        self.browser.text("h1")
    }

    /// The numbers of the page.
    pub fn numbers(&self) -> Vec<u8> {
        let script =
            "return [...document.querySelectorAll('button[name=number]')].map(b => +b.value);";
        let shown = self.browser.script(script, &[]);
        let shown = shown.as_array().cloned().unwrap_or_default();
        shown.iter().filter_map(Value::as_u64).filter_map(|one| u8::try_from(one).ok()).collect()
    }

    pub fn ssh(&self, sshd: &Sshd) -> String {
        ssh_of(sshd, "alice")
    }

    /// Alice logs in, presses Enter in place of a code, and does something with the number that she sees.
    #[track_caller]
    pub fn logs_in(&self, command: &str, does: impl FnOnce(u8)) -> Screen {
        log_in(&self.site.world, command, "secret", does)
    }

    /// The lines of the audit about answers on the page, by their reasons.
    pub fn answers(&self) -> Vec<String> {
        let lines = self.site.world.log();
        let lines = lines.iter().filter(|line| line.text.starts_with("approval "));
        let reason =
            |text: &str| text.split("reason=").nth(1)?.split(' ').next().map(str::to_owned);
        lines.filter_map(|line| reason(&line.text)).collect()
    }
}

pub fn ssh_of(sshd: &Sshd, user: &str) -> String {
    format!(
        "ssh -F none -p {} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
         -o NumberOfPasswordPrompts=1 {user}@127.0.0.1 id -un",
        sshd.port()
    )
}

/// sudo, as alice. Its first question is its own, and the others are monk's: not with `-p`, which replaces all of them.
pub const SUDO: &str = "setpriv --reuid alice --regid alice --init-groups env HOME=/ sudo id -un";

pub fn log_in(world: &World, command: &str, password: &str, does: impl FnOnce(u8)) -> Screen {
    let typist = Typist::new(world, command).answer("assword", password).answer(CODE, "");
    let typist = typist.answer_with("then press Enter: ", |screen| {
        does(number_on(screen));
        String::new()
    });
    // A user who is not let in by then sees the question twice more.
    typist.answer("Not approved yet", "").answer("Not approved yet", "").run()
}

pub fn number_on(screen: &str) -> u8 {
    let (_, rest) = screen.rsplit_once("/approve, choose ").unwrap_or_else(|| panic!("{screen}"));
    rest.split(',').next().and_then(|number| number.parse().ok()).expect("two digits")
}

pub fn is_in(screen: &Screen, name: &str) -> bool {
    screen.status == Status::Code(0) && screen.text().trim_end().ends_with(name)
}

/// What is said to somebody who has not approved it.
#[track_caller]
pub fn is_refused(screen: &Screen) {
    assert_ne!(screen.status, Status::Code(0), "{screen:?}");
    assert!(screen.unasked.is_empty(), "all three questions came: {screen:?}");
}
