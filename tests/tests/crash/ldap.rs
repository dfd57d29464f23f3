//! In LDAP the moments are exact: a proxy holds the message between two steps.

use std::time::{Duration, Instant};

use monk_tests::site::{Backend, Device, PamOutcome, Running, Setup, Site};
use monk_tests::{Held, LdapOperation, LdapProxy, Signal, until};

/// Longest time until the program hears that its engine is dead.
const AT_ONCE: Duration = Duration::from_secs(5);

monk_tests::test_for_each!([
    killed_after_the_password_was_right_the_code_is_still_good_once,
    killed_before_the_server_was_told_the_code_is_still_good_once,
    killed_while_the_server_is_being_told_the_code_is_never_good_again,
    killed_after_the_code_was_spent_it_is_never_good_again,
    killed_after_a_backup_code_was_spent_it_is_never_good_again,
] {
    resident: monk_tests::site::Setup::LDAP_RESIDENT,
    one_shot: monk_tests::site::Setup::LDAP_ONE_SHOT,
    store_resident: monk_tests::site::Setup::LDAP_STORE_RESIDENT,
    store_one_shot: monk_tests::site::Setup::LDAP_STORE_ONE_SHOT,
});

/// A site whose engine talks to slapd through a proxy, and a user with a device.
struct Scene {
    site: Site,
    proxy: LdapProxy,
    phone: Device,
    resident: bool,
    /// What stands in messages about alice's records.
    records: &'static str,
}

impl Scene {
    #[track_caller]
    fn set(setup: Setup) -> Self {
        let Setup { backend, running } = setup;
        let site = Site::new(backend, Running::OneShot);
        let phone = site.user_with_device("alice", "secret");
        let proxy = site.through_proxy();
        let resident = running == Running::Resident;
        if resident {
            site.start_engine();
        }
        let records = if backend == Backend::LdapStore { "ou=monk" } else { "uid=alice" };
        Self { site, proxy, phone, resident, records }
    }

    /// Logs in, and kills the engine while it waits for a message about alice.
    #[track_caller]
    fn login_killed_at(&self, held: Held, operation: LdapOperation, typed: &str) -> PamOutcome {
        let mut host = self.site.pam_host("imap");
        let about = if operation == LdapOperation::Bind { "uid=alice" } else { self.records };
        self.proxy.hold(held, operation, about);
        host.begin("alice", &[typed]);
        self.proxy.wait_until_held();
        let killed = Instant::now();
        match self.resident {
            true => self.site.kill_engine(),
            false => assert_eq!(self.site.signal_one_shots(Signal::SIGKILL), 1),
        }
        let outcome = host.outcome();
        assert!(killed.elapsed() < AT_ONCE, "the program waits for a dead engine");
        assert_eq!(outcome.name, "PAM_AUTHINFO_UNAVAIL");
        outcome
    }

    /// The engine comes back, as a service manager would see to.
    #[track_caller]
    fn restart(&self) {
        if self.resident {
            self.site.start_engine();
        }
    }

    /// Logs in with `typed` three times, and says for each what the audit says.
    #[track_caller]
    fn reasons(&self, typed: &str) -> Vec<String> {
        let mut host = self.site.pam_host("imap");
        let mut login = || {
            let (outcome, line) = self.site.audited(|| host.login("alice", &[typed]));
            assert_eq!(outcome.is_success(), line.verdict == "granted", "{}", line.text);
            line.reason
        };
        [(); 3].map(|()| login()).to_vec()
    }
}

const OPENS_ONCE: [&str; 3] = ["totp", "replayed-code", "replayed-code"];
const IS_SPENT: [&str; 3] = ["replayed-code"; 3];

#[track_caller]
fn killed_after_the_password_was_right_the_code_is_still_good_once(setup: Setup) {
    let scene = Scene::set(setup);
    let typed = format!("secret;{}", scene.phone.code());
    scene.login_killed_at(Held::Response, LdapOperation::Bind, &typed);
    scene.proxy.release();
    scene.restart();
    assert_eq!(scene.reasons(&typed), OPENS_ONCE);
}

#[track_caller]
fn killed_before_the_server_was_told_the_code_is_still_good_once(setup: Setup) {
    let scene = Scene::set(setup);
    let typed = format!("secret;{}", scene.phone.code());
    scene.login_killed_at(Held::Request, LdapOperation::Modify, &typed);
    scene.proxy.lose();
    scene.restart();
    assert_eq!(scene.reasons(&typed), OPENS_ONCE);
}

/// The server is told only after the engine has died: what was on its way arrives all the same.
#[track_caller]
fn killed_while_the_server_is_being_told_the_code_is_never_good_again(setup: Setup) {
    let scene = Scene::set(setup);
    let typed = format!("secret;{}", scene.phone.code());
    let before = uses_in_ldap(&scene.site);
    scene.login_killed_at(Held::Request, LdapOperation::Modify, &typed);
    scene.proxy.release();
    let told = || (uses_in_ldap(&scene.site) != before).then_some(());
    until(Duration::from_secs(5), told).expect("the message arrives");
    scene.restart();
    assert_eq!(scene.reasons(&typed), IS_SPENT);
}

#[track_caller]
fn killed_after_the_code_was_spent_it_is_never_good_again(setup: Setup) {
    let scene = Scene::set(setup);
    let typed = format!("secret;{}", scene.phone.code());
    scene.login_killed_at(Held::Response, LdapOperation::Modify, &typed);
    scene.proxy.release();
    scene.restart();
    assert_eq!(scene.reasons(&typed), IS_SPENT);
    // The next one is.
    let typed = format!("secret;{}", scene.phone.code());
    assert_eq!(scene.reasons(&typed), OPENS_ONCE);
}

#[track_caller]
fn killed_after_a_backup_code_was_spent_it_is_never_good_again(setup: Setup) {
    let scene = Scene::set(setup);
    let codes = scene.site.backup_codes("alice");
    let typed = format!("secret;{}", codes[0]);
    scene.login_killed_at(Held::Response, LdapOperation::Modify, &typed);
    scene.proxy.release();
    scene.restart();
    assert_eq!(scene.reasons(&typed), IS_SPENT);
    let another = format!("secret;{}", codes[1]);
    assert_eq!(scene.reasons(&another), ["backup-code", "replayed-code", "replayed-code"]);
}

fn uses_in_ldap(site: &Site) -> Vec<String> {
    let filter = "(&(objectClass=monkUser)(!(cn=sentinel)))";
    let found = site.slapd().search("dc=example,dc=org", filter, &["monkUse"]);
    found.iter().flat_map(|entry| entry.values("monkUse")).collect()
}
