//! Somebody writes into the directory what does not belong there: the login refuses, and asks for
//! no less than before.

use monk_tests::site::{Backend, Device, PamHost, Running, Site};
use monk_tests::{Held, LdapOperation, Slapd};

/// A service that asks a code only of those who have enrolled.
const SETTINGS: &str = "\
[engine]
refusal_ms = 0
[service.enrolled]
mfa = \"when-enrolled\"
";

monk_tests::in_both_ways!(
    a_device_that_was_copied_from_another_entry_opens_nothing,
    other_credentials_that_were_copied_open_nothing,
    a_seed_that_was_moved_to_another_credential_opens_nothing,
    a_value_that_cannot_be_read_is_a_second_factor_all_the_same,
    without_a_record_of_use_no_code_is_good,
    an_entry_that_is_marked_and_shows_nothing_asks_for_a_code,
);

/// Alice with a device, bob without, and programs in which they log in.
struct Scene {
    site: Site,
    phone: Device,
    /// Asks everybody for a code.
    strict: PamHost,
    /// Asks those who have enrolled.
    enrolled: PamHost,
}

/// What is stored in one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stored {
    credentials: Vec<String>,
    uses: Vec<String>,
}

impl Scene {
    #[track_caller]
    fn set(running: Running) -> Self {
        let site = Site::with_settings(Backend::Ldap, running, SETTINGS);
        let phone = site.user_with_device("alice", "secret");
        site.add_user("bob", "bobs");
        let (strict, enrolled) = (site.pam_host("imap"), site.pam_host("enrolled"));
        Self { site, phone, strict, enrolled }
    }

    /// The audit's reason for the answer of the strict service.
    #[track_caller]
    fn strict(&mut self, user: &str, typed: &str) -> String {
        reason(&self.site, &mut self.strict, user, typed)
    }

    /// The audit's reason for the answer of the service that asks those who have enrolled.
    #[track_caller]
    fn enrolled(&mut self, user: &str, typed: &str) -> String {
        reason(&self.site, &mut self.enrolled, user, typed)
    }

    #[track_caller]
    fn stored(&self, user: &str) -> Stored {
        let wanted = ["monkCredential", "monkUse"];
        let found = self.site.slapd().search(&entry(user), "(objectClass=*)", &wanted);
        let values = |name| found.iter().flat_map(|entry| entry.values(name)).collect();
        Stored { credentials: values("monkCredential"), uses: values("monkUse") }
    }

    /// Adds `more` to what is stored in an entry.
    #[track_caller]
    fn add(&self, user: &str, more: &Stored) {
        self.edit(user, "add", more);
    }

    /// Takes it away again.
    #[track_caller]
    fn remove(&self, user: &str, less: &Stored) {
        self.edit(user, "delete", less);
    }

    #[track_caller]
    fn edit(&self, user: &str, how: &str, which: &Stored) {
        let mut changes = String::new();
        for (name, values) in [("monkCredential", &which.credentials), ("monkUse", &which.uses)] {
            if !values.is_empty() {
                changes.push_str(&format!("{how}: {name}\n"));
                values.iter().for_each(|value| changes.push_str(&line(name, value.as_bytes())));
                changes.push_str("-\n");
            }
        }
        self.change(user, &changes);
    }

    /// Puts this in the place of what is stored in an entry.
    #[track_caller]
    fn put(&self, user: &str, stored: &Stored) {
        let mut changes = String::new();
        for (name, values) in [("monkCredential", &stored.credentials), ("monkUse", &stored.uses)] {
            changes.push_str(&format!("replace: {name}\n"));
            values.iter().for_each(|value| changes.push_str(&line(name, value.as_bytes())));
            changes.push_str("-\n");
        }
        self.change(user, &changes);
    }

    /// Marks an entry as one in which something is enrolled.
    #[track_caller]
    fn mark(&self, user: &str) {
        self.change(user, "add: objectClass\nobjectClass: monkUser\n-\n");
    }

    #[track_caller]
    fn change(&self, user: &str, changes: &str) {
        let dn = entry(user);
        self.site.slapd().modify(&format!("dn: {dn}\nchangetype: modify\n{changes}"));
    }
}

/// Logs in; what the audit says of it.
#[track_caller]
fn reason(site: &Site, program: &mut PamHost, user: &str, typed: &str) -> String {
    let (outcome, line) = site.audited(|| program.login(user, &[typed]));
    match outcome.name.as_str() {
        "PAM_SUCCESS" => assert_eq!(line.verdict, "granted", "{}", line.text),
        "PAM_AUTH_ERR" => assert_eq!(line.verdict, "refused", "{}", line.text),
        other => panic!("{other}: {}", line.text),
    }
    line.reason
}

fn entry(user: &str) -> String {
    format!("uid={user},{}", Slapd::SUFFIX)
}

/// A value in LDIF, whatever is in it (RFC 2849).
fn line(name: &str, value: &[u8]) -> String {
    format!("{name}:: {}\n", data_encoding::BASE64.encode(value))
}

/// Bob, who may write his own entry or knows somebody who may, wants to come in as somebody with
/// a device whose codes he has seen, or to get rid of being asked.
fn a_device_that_was_copied_from_another_entry_opens_nothing(running: Running) {
    let mut scene = Scene::set(running);
    let of_alice = scene.stored("alice");
    // With the register.
    assert_eq!((of_alice.credentials.len(), of_alice.uses.len()), (1, 2));
    assert_eq!(scene.enrolled("bob", "bobs"), "password", "bob has nothing enrolled");
    scene.mark("bob");
    scene.add("bob", &of_alice);

    let code = scene.phone.code();
    assert_eq!(scene.strict("bob", &format!("bobs;{code}")), "unusable-factor");
    assert_eq!(scene.enrolled("bob", &format!("bobs;{code}")), "unusable-factor");
    assert_eq!(scene.enrolled("bob", "bobs"), "code-missing");
    assert_eq!(scene.strict("bob", "bobs"), "code-missing");
    // All that has not used up alice's code.
    assert_eq!(scene.strict("alice", &format!("secret;{code}")), "totp");

    // Nothing can be enrolled beside what nobody can tell the origin of; a reset helps.
    let (said, output) = scene.site.try_enroll(&["totp", "add", "bob", "--name", "Tablet"]);
    let message = said["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("monk-enroll reset"), "{output}");
    scene.site.enroll(&["reset", "bob"]);

    // Beside a device of his own it opens nothing either, and does his no harm.
    let own = scene.site.device("bob", "Tablet");
    scene.add("bob", &of_alice);
    let code = scene.phone.code();
    assert_eq!(scene.strict("bob", &format!("bobs;{code}")), "unusable-factor");
    scene.remove("bob", &of_alice);
    assert_eq!(scene.strict("bob", &format!("bobs;{}", own.code())), "totp");
}

/// Every record is bound to its owner.
fn other_credentials_that_were_copied_open_nothing(running: Running) {
    let mut scene = Scene::set(running);
    let codes = scene.site.backup_codes("alice");
    let app_password = scene.site.app_password("alice", "Mail", &[]);
    let of_alice = scene.stored("alice");
    scene.mark("bob");
    scene.add("bob", &of_alice);

    let refused = scene.strict("bob", &app_password);
    assert!(["unusable-factor", "wrong-app-password"].contains(&refused.as_str()), "{refused}");
    let refused = scene.strict("bob", &format!("bobs;{}", codes[0]));
    assert!(["unusable-factor", "wrong-code"].contains(&refused.as_str()), "{refused}");
    assert_eq!(scene.enrolled("bob", "bobs"), "code-missing");
    assert_eq!(scene.strict("alice", &app_password), "app-password");
    assert_eq!(scene.strict("alice", &format!("secret;{}", codes[0])), "backup-code");
}

/// Within one entry a seed is bound to its credential: a device that was removed does not come
/// back under the name, and with the fresh record of use, of another one.
fn a_seed_that_was_moved_to_another_credential_opens_nothing(running: Running) {
    let mut scene = Scene::set(running);
    let old = scene.stored("alice");
    let _tablet = scene.site.device("alice", "Tablet");
    let both = scene.stored("alice");
    let of_tablet = both.credentials.iter().find(|value| !old.credentials.contains(value));
    let of_tablet = of_tablet.expect("the tablet's credential");
    let moved = old.credentials[0].replace(&id(&old.credentials[0]), &id(of_tablet));
    let stored = Stored { credentials: vec![moved], uses: Vec::new() };
    scene.change(
        "alice",
        &format!(
            "delete: monkCredential\n{}{}-\n",
            line("monkCredential", of_tablet.as_bytes()),
            line("monkCredential", old.credentials[0].as_bytes()),
        ),
    );
    // The class goes with the last credential where monk removes it; by hand it stays.
    scene.add("alice", &stored);
    let code = scene.phone.code();
    assert_eq!(scene.strict("alice", &format!("secret;{code}")), "unusable-factor");
    assert_eq!(scene.enrolled("alice", "secret"), "code-missing");
}

fn id(credential: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(credential).expect("a JSON record");
    value["id"].as_str().expect("an id").to_owned()
}

fn a_value_that_cannot_be_read_is_a_second_factor_all_the_same(running: Running) {
    let mut scene = Scene::set(running);
    let good = scene.stored("alice").credentials.pop().expect("a credential");
    let newer = good.replace("\"v\":2", "\"v\":3");
    let unknown = good.replace("\"totp\"", "\"retina\"");
    let cut = &good[..good.len() / 2];
    assert!(newer != good && unknown != good, "{good}");
    scene.mark("bob");
    for value in ["nonsense", "{}", "null", &newer, &unknown, cut] {
        let value = line("monkCredential", value.as_bytes());
        scene.change("bob", &format!("add: monkCredential\n{value}-\n"));
        assert_eq!(scene.enrolled("bob", "bobs"), "code-missing", "{value}");
        let refused = scene.enrolled("bob", "bobs;123456");
        assert!(["unexpected-code", "unusable-factor"].contains(&refused.as_str()), "{refused}");
        scene.change("bob", &format!("delete: monkCredential\n{value}-\n"));
    }
    // Beside a good one it changes nothing.
    scene.change("alice", &format!("add: monkCredential\n{}-\n", line("monkCredential", b"{}")));
    let code = scene.phone.code();
    assert_eq!(scene.strict("alice", &format!("secret;{code}")), "totp");
    assert_eq!(scene.strict("alice", &format!("secret;{code}")), "replayed-code");
}

/// Then nobody knows which steps were accepted.
fn without_a_record_of_use_no_code_is_good(running: Running) {
    let mut scene = Scene::set(running);
    let code = scene.phone.code();
    assert_eq!(scene.strict("alice", &format!("secret;{code}")), "totp");
    let used = scene.stored("alice").uses.pop().expect("a record of use");
    scene.change("alice", "delete: monkUse\n-\n");
    for code in [code, scene.phone.code()] {
        assert_eq!(scene.strict("alice", &format!("secret;{code}")), "unusable-factor");
    }
    let newer = used.replace("\"v\":2", "\"v\":3");
    let other = used.replace("\"totp\"", "\"retina\"");
    for value in ["nonsense", &newer, &other] {
        let value = line("monkUse", value.as_bytes());
        scene.change("alice", &format!("add: monkUse\n{value}-\n"));
        let fresh = scene.phone.old_code(0);
        assert_eq!(scene.strict("alice", &format!("secret;{fresh}")), "unusable-factor", "{value}");
        assert_eq!(scene.enrolled("alice", "secret"), "code-missing");
        scene.change("alice", &format!("delete: monkUse\n{value}-\n"));
    }
}

fn an_entry_that_is_marked_and_shows_nothing_asks_for_a_code(running: Running) {
    let mut scene = Scene::set(running);
    scene.change("alice", "delete: monkCredential\n-\n");
    assert_eq!(scene.enrolled("alice", "secret"), "code-missing");
    assert_eq!(scene.strict("alice", "secret"), "code-missing");
}

/// Whoever can write entries has kept what monk itself wrote there before, and puts it back.
#[test]
fn what_was_there_before_and_is_put_back_is_refused_by_an_engine_that_has_seen_more() {
    let mut scene = Scene::set(Running::Resident);
    let app_password = scene.site.app_password("alice", "Mail", &[]);
    assert_eq!(scene.strict("alice", &app_password), "app-password");
    let code = scene.phone.code();
    let before = scene.stored("alice");
    assert_eq!(scene.strict("alice", &format!("secret;{code}")), "totp");
    let after = scene.stored("alice");
    scene.put("alice", &before);
    assert_eq!(scene.strict("alice", &format!("secret;{code}")), "unusable-factor");
    assert_eq!(scene.enrolled("alice", "secret"), "code-missing");
    scene.site.world.wait_for_log(|line| line.text.contains("were set back to an older state"));
    scene.put("alice", &after);
    assert_eq!(scene.strict("alice", &format!("secret;{code}")), "replayed-code");

    // An app password that was revoked, alone and with the register of then.
    scene.site.enroll(&["app-password", "revoke", "alice", "Mail"]);
    let revoked = scene.stored("alice");
    let put_back = Stored { credentials: before.credentials, uses: revoked.uses.clone() };
    for stored in [&put_back, &after] {
        scene.put("alice", stored);
        let refused = scene.strict("alice", &app_password);
        assert!(["wrong-app-password", "unusable-factor"].contains(&refused.as_str()), "{refused}");
    }
    scene.put("alice", &revoked);
    assert_eq!(scene.strict("alice", &format!("secret;{code}")), "replayed-code");
}

/// What a record says is what monk has written: not what it opens, until when, nor what was used.
#[test]
fn a_record_that_was_edited_opens_nothing() {
    let mut scene = Scene::set(Running::OneShot);
    let app_password = scene.site.app_password("alice", "Mail", &["--scope", "imap"]);
    let code = scene.phone.code();
    assert_eq!(scene.strict("alice", &format!("secret;{code}")), "totp");
    let good = scene.stored("alice");
    let edit = |from: &str, to: &str| {
        let of = |values: &[String]| values.iter().map(|one| one.replace(from, to)).collect();
        let edited = Stored { credentials: of(&good.credentials), uses: of(&good.uses) };
        assert_ne!(edited, good, "{from}");
        edited
    };
    scene.put("alice", &edit("[\"imap\"]", "[\"*\"]"));
    for refused in [scene.strict("alice", &app_password), scene.enrolled("alice", &app_password)] {
        assert!(["wrong-app-password", "unusable-factor"].contains(&refused.as_str()), "{refused}");
    }
    let step = good.uses.iter().find_map(|one| one.split("\"step\":").nth(1)).expect("a step");
    let step = step.split('}').next().expect("a number");
    for edited in [edit(&format!("\"step\":{step}"), "\"step\":1"), edit("\"n\":1", "\"n\":0")] {
        scene.put("alice", &edited);
        let refused = scene.strict("alice", &format!("secret;{code}"));
        assert_eq!(refused, "unusable-factor");
    }
    scene.put("alice", &good);
    assert_eq!(scene.strict("alice", &format!("secret;{code}")), "replayed-code");
    assert_eq!(scene.strict("alice", &app_password), "app-password");
}

/// The login has read what is enrolled, and waits for the password to be checked, while an
/// administrator removes all of it.
#[test]
fn what_is_removed_while_a_login_is_under_way_opens_nothing() {
    let site = Site::with_settings(Backend::Ldap, Running::OneShot, SETTINGS);
    let phone = site.user_with_device("alice", "secret");
    let proxy = site.through_proxy();
    site.start_engine();
    let mut program = site.pam_host("imap");
    proxy.hold(Held::Response, LdapOperation::Bind, "uid=alice");
    let (outcome, line) = site.audited(|| {
        program.begin("alice", &[&format!("secret;{}", phone.code())]);
        proxy.wait_until_held();
        let removed = "delete: monkCredential\n-\ndelete: monkUse\n-\ndelete: objectClass\nobjectClass: monkUser\n-\n";
        let dn = entry("alice");
        site.slapd().modify(&format!("dn: {dn}\nchangetype: modify\n{removed}"));
        proxy.release();
        program.outcome()
    });
    assert_eq!((outcome.name.as_str(), line.verdict.as_str()), ("PAM_AUTH_ERR", "refused"));
    let left = site.slapd().search(&entry("alice"), "(monkUse=*)", &["monkUse"]);
    assert!(left.is_empty(), "nothing is written for what is gone");
}
