//! People who change their passwords on the page of the portal, and what it tells of the directory's own words.

use monk_tests::directories::{Ds389, Installed, OpenLdap, RealDirectory, Samba};
use monk_tests::portal::{ACCOUNT, Browser, Portal, SETTINGS};

use crate::scene::{Member, PASSWORD, Scene};

/// What every server's policy takes.
const NEW: &str = "N3w-correct-horse";

/// Alice, who is signed in, at a directory with a portal.
struct Page<D> {
    scene: Scene<D>,
    alice: Member,
    browser: Browser,
    _portal: Portal,
}

impl<D: RealDirectory> Page<D> {
    #[track_caller]
    fn open(prepare: impl FnOnce(&D)) -> Self {
        let scene = Scene::<D>::with(|directory| {
            prepare(directory);
            SETTINGS.to_owned()
        });
        scene.site.world.add_system_user(ACCOUNT);
        let portal = Portal::start(&scene.site);
        let alice = scene.member("alice");
        let mut browser = portal.browser();
        browser.sign_in("alice", PASSWORD, &alice.code());
        assert!(browser.page().heading().contains("alice"), "{}", browser.page().text);
        Self { scene, alice, browser, _portal: portal }
    }

    /// The answer to another password.
    #[track_caller]
    fn changes(&mut self, old: &str, new: &str) -> String {
        self.browser.open("/password");
        let fields = [("current", old), ("new", new), ("again", new)];
        self.browser.send("/password", &fields).text.clone()
    }

    /// The page says this, and the old password is good.
    #[track_caller]
    fn refused(&mut self, old: &str, new: &str, words: &[&str]) {
        let text = self.changes(old, new);
        for words in words {
            assert!(text.contains(words), "{words}: {text}");
        }
        let typed = format!("{old};{}", self.alice.code());
        assert_eq!(self.scene.login("imap", "alice", &typed), "totp", "nothing has changed");
    }

    #[track_caller]
    fn changed(&mut self, old: &str, new: &str) {
        let text = self.changes(old, new);
        assert!(text.contains("Your password is changed"), "{text}");
        let typed = format!("{new};{}", self.alice.code());
        assert_eq!(self.scene.login("imap", "alice", &typed), "totp");
        let typed = format!("{old};{}", self.alice.code());
        assert_eq!(self.scene.login("imap", "alice", &typed), "wrong-password");
    }
}

#[test]
fn the_page_tells_what_openldap_says() {
    let mut page = Page::<OpenLdap<Installed>>::open(|directory| {
        let slapd = directory.slapd();
        slapd.modify(
            "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nadd: olcAccess\n\
             olcAccess: {0}to attrs=userPassword by self =xw by * break\n",
        );
        let policy = format!("cn=default,ou=policies,{}", monk_tests::Slapd::SUFFIX);
        slapd.modify(&format!(
            "dn: {policy}\nchangetype: modify\nadd: pwdCheckQuality\npwdCheckQuality: 2\n-\n\
             add: pwdMinLength\npwdMinLength: 8\n-\nadd: pwdInHistory\npwdInHistory: 3\n"
        ));
    });
    let says = "Password fails quality checking policy";
    page.refused(PASSWORD, "S0-xyz", &["It is too short. Take a longer one.", says]);
    page.changed(PASSWORD, NEW);
    page.refused(NEW, NEW, &["You have used this password before."]);
}

#[test]
fn the_page_tells_what_active_directory_says() {
    let rule = |directory: &Samba, rule: &str| {
        directory.tool(&["domain", "passwordsettings", "set", rule]);
    };
    let mut page = Page::<Samba>::open(|directory| rule(directory, "--min-pwd-age=1"));
    let words = ["You changed your password a short time ago", "password is too young to change!"];
    page.refused(PASSWORD, NEW, &words);
    rule(&page.scene.directory, "--min-pwd-age=0");
    rule(&page.scene.directory, "--min-pwd-length=8");
    let words = ["It is too short. Take a longer one.", "the password is too short"];
    page.refused(PASSWORD, "S0-xyz", &words);
    page.changed(PASSWORD, NEW);
}

mod heavy {
    use super::*;

    /// In this operation, the server says why in its control, and not in words.
    #[test]
    fn the_page_tells_what_389_means() {
        let mut page = Page::<Ds389>::open(|directory| {
            directory.modify(
                "dn: ou=people,dc=example,dc=org\nchangetype: modify\nadd: aci\n\
                 aci: (targetattr=\"userPassword\")(version 3.0; acl \"own password\"; allow (write) \
                 userdn=\"ldap:///self\";)\n",
            );
            for (attribute, value) in [
                ("passwordCheckSyntax", "on"),
                ("passwordMinLength", "8"),
                ("passwordHistory", "on"),
            ] {
                directory.set("cn=config", attribute, value);
            }
        });
        page.refused(PASSWORD, "S0-xyz", &["It is too easy to guess, or too short."]);
        page.changed(PASSWORD, NEW);
        page.refused(NEW, PASSWORD, &["You have used this password before."]);
    }
}
