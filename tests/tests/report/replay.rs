//! `monk-enroll report --policy`: logins of real programs, decided once more under other settings.

use monk_tests::clients::Ssh;
use monk_tests::site::{SETTINGS, Setup, Site};
use monk_tests::{SshdOptions, Status, in_every_setup};
use serde_json::{Value, json};

use super::{DAYS, LOG, written_log};

in_every_setup!(logins_of_real_programs_are_replayed_under_other_settings);

const TODAY: &str = "[engine]\nrefusal_ms = 0\n[service.imap]\nmfa = \"when-enrolled\"\n";

const OTHER: &str =
    "[engine]\nrefusal_ms = 0\n[service.imap]\nmfa = \"required\"\n[service.sshd]\nmfa = \"off\"\n";

/// Where the other settings are put.
const NEW: &str = "/root/new.toml";

/// Writes other settings beside those in force.
#[track_caller]
fn write_new(site: &Site) {
    site.write_settings(OTHER);
    let text = site.world.read(SETTINGS);
    site.write_settings(TODAY);
    site.world.write(NEW, text, 0o600);
}

/// What a replay must leave as it is.
fn state(site: &Site) -> (Value, Value, Vec<String>) {
    let engine = site.world.log().into_iter().filter(|line| line.tag == "monkd");
    let logins = engine.map(|line| line.text).filter(|text| text.starts_with("login "));
    let (alice, slowed) = (site.enroll(&["status", "alice"]), site.enroll(&["throttle", "list"]));
    (alice, slowed, logins.collect())
}

fn logins_of_real_programs_are_replayed_under_other_settings(setup: Setup) {
    let site = setup.site_with(TODAY);
    let phone = site.user_with_device("alice", "secret");
    site.add_user("bob", "other");
    let for_mail = site.app_password("alice", "Mail", &[]);
    let codes = site.backup_codes("alice");
    for user in ["alice", "bob"] {
        site.world.add_system_user(user);
    }
    let (imap, sshd) = (site.imap(), site.sshd(SshdOptions::default()));
    let ssh = |user: &str, password: &str, code: &str| {
        let ssh = Ssh::new(&site.world, &sshd, user).answer("Password", password);
        site.audited(|| ssh.answer("Code", code).run("true")).1.reason
    };
    let with_code = |code: &String| format!("secret;{code}");

    assert_eq!(site.opens(&imap, "alice", &for_mail), "app-password");
    assert_eq!(site.opens(&imap, "alice", &with_code(&codes[0])), "backup-code");
    assert_eq!(site.opens(&imap, "bob", "other"), "password");
    assert_eq!(site.refuses(&imap, "bob", "wrong"), "wrong-password");
    assert_eq!(ssh("alice", "secret", &phone.code()), "totp");
    assert_eq!(ssh("bob", "other", "123456"), "not-enrolled");

    write_new(&site);
    written_log(&site);
    let before = state(&site);
    let (told, output) =
        site.try_enroll(&["report", "--policy", NEW, "--days", DAYS, "--log", LOG]);
    assert_eq!(output.status, Status::Code(1), "{output:?}");
    assert_eq!(state(&site), before);
    let of = |key: &str| told[key].as_u64();
    let [lost, gained, same, unknown] = ["lost", "gained", "unchanged", "unknown"].map(of);
    assert_eq!((lost, gained, unknown), (Some(1), Some(1), Some(0)), "{told}");
    // Where sshd asks about bob's account after all, he has another line.
    assert!(same >= Some(3), "{told}");
    let changes = told["changes"].as_array().expect("changes").iter().map(|one| {
        json!([one["user"], one["service"], one["change"], one["before"], one["after"]])
    });
    let expected = [
        json!(["bob", "imap", "lost", "password", "not-enrolled"]),
        json!(["bob", "sshd", "gained", "not-enrolled", "granted"]),
    ];
    assert_eq!(changes.collect::<Vec<_>>(), expected, "{told}");

    // It is as it said.
    site.write_settings(OTHER);
    site.reload_if_resident();
    assert_eq!(site.refuses(&imap, "bob", "other"), "not-enrolled");
    assert_eq!(site.opens(&imap, "alice", &for_mail), "app-password");
    assert_eq!(site.opens(&imap, "alice", &with_code(&codes[1])), "backup-code");
    assert_eq!(ssh("bob", "other", ""), "password");
}

#[test]
fn settings_that_are_wrong_are_told_with_their_line_and_a_forged_line_asks_for_nothing() {
    let site = Setup::EMBEDDED_RESIDENT.site_with(TODAY);
    site.add_user("bob", "other");
    let imap = site.imap();
    assert_eq!(site.opens(&imap, "bob", "other"), "password");
    written_log(&site);
    let report = |settings: &str| {
        site.world.write(NEW, settings, 0o600);
        site.try_enroll(&["report", "--policy", NEW, "--days", DAYS, "--log", LOG])
    };
    let (told, output) = report("[policy]\n\nmfaa = \"off\"\n");
    assert_eq!(output.status, Status::Code(8), "{output:?}");
    let message = told["error"]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("/root/new.toml: line 3: unknown key `mfaa`"), "{told}");

    // Lines that monk has not written, in a file that is believed: they lead to nothing but unknown logins.
    let long = "x".repeat(5000);
    let lines = ["string+string", "code", &*long].map(|how| {
        format!(
            "2026-11-21T18:00:00Z mail monkd[7]: login user=bob service=imap address=\"{how}\" verdict=granted \
             reason=password credential=- how={how} ms=4\n"
        )
    });
    site.world.write(LOG, site.world.read(LOG) + &lines.concat(), 0o600);
    let (told, output) = report("[service.imap]\nmfa = \"off\"\n");
    assert_eq!(output.status, Status::Code(0), "{output:?}");
    assert_eq!((&told["unchanged"], &told["unknown"]), (&json!(1), &json!(2)), "{told}");

    // Bob is gone, and so are his logins.
    site.enroll(&["user", "remove", "bob"]);
    let (_, output) = report("[service.imap]\nmfa = \"off\"\n");
    assert_eq!(output.status, Status::Code(4), "{output:?}");
}
