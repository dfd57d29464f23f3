//! sshd with a key first, and then a code and no password (`skip-after-publickey`).

use monk_tests::clients::{Ssh, SshLogin};
use monk_tests::conformance::TABLE;
use monk_tests::site::{Backend, Device, Running, SETTINGS, Site, refusal};
use monk_tests::{Sshd, SshdOptions, figures, in_both_ways};

use crate::sshd::{example, is_in};

in_both_ways!(after_a_key_the_code_alone_is_asked);

/// The key of everybody here.
const KEY: &str = "/root/key";

/// The table's name of this program.
const DOOR: &str = "sshd, key and code";

/// What has to come of one login.
struct Case {
    name: &'static str,
    user: &'static str,
    has_key: bool,
    typed: String,
    /// The reason in the audit; `None` where monk is not even asked.
    reason: Option<&'static str>,
    is_in: bool,
}

/// Adds an account that the key opens.
#[track_caller]
fn add_account(site: &Site, name: &str) {
    site.world.add_system_user(name);
    let public = site.world.read(format!("{KEY}.pub"));
    site.world.write(format!("/home/{name}/.ssh/authorized_keys"), public, 0o644);
}

#[track_caller]
fn given_users(running: Running) -> (Site, Sshd, Device, Vec<String>) {
    let site = Site::new(Backend::Embedded, running);
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-f", KEY];
    site.world.command("ssh-keygen").args(keygen).run().expect_success();
    site.install_example("sshd-key-and-code/monk.toml", SETTINGS);
    site.reload_if_resident();
    let sshd = example(&site, "sshd-key-and-code", SshdOptions::default());
    for name in ["alice", "bob", "carol", "nobody-of-monks"] {
        add_account(&site, name);
    }
    let phone = site.user_with_device("alice", "secret");
    let codes = site.backup_codes("alice");
    site.add_user("bob", "secret");
    let _disabled = site.user_with_device("carol", "secret");
    site.enroll(&["user", "disable", "carol"]);
    (site, sshd, phone, codes)
}

fn log_in(site: &Site, sshd: &Sshd, case: &Case) -> SshLogin {
    let ssh = Ssh::new(&site.world, sshd, case.user);
    // The password is right, should it be asked for.
    let ssh = ssh.answer("Password", "secret").answer("Code", &case.typed);
    let ssh = if case.has_key { ssh.key(KEY) } else { ssh };
    ssh.run("id -un")
}

fn after_a_key_the_code_alone_is_asked(running: Running) {
    let (site, sshd, phone, codes) = given_users(running);
    let right = phone.code();
    let case = |name, user, typed: &str, reason, is_in| Case {
        name,
        user,
        has_key: true,
        typed: typed.to_owned(),
        reason: Some(reason),
        is_in,
    };
    let app_password = site.app_password("alice", "Laptop", &["--scope", "sshd"]);
    let cases = [
        case("key, wrong code", "alice", &phone.wrong_code(), "wrong-code", false),
        Case {
            name: "no key, right password and code",
            user: "alice",
            has_key: false,
            typed: right.clone(),
            reason: None,
            is_in: false,
        },
        case("key, right code", "alice", &right, "totp", true),
        case("key, the same code again", "alice", &right, "replayed-code", false),
        case("key, backup code", "alice", &codes[0], "backup-code", true),
        case("key, backup code again", "alice", &codes[0], "replayed-code", false),
        case("key, the password for a code", "alice", "secret", "wrong-code", false),
        case("key, an app password for a code", "alice", &app_password, "wrong-code", false),
        case("key, nothing enrolled", "bob", "123456", "not-enrolled", false),
        case("key, account switched off", "carol", "123456", "disabled", false),
        case("key, unknown user", "nobody-of-monks", "123456", "unknown-user", false),
    ];
    for case in cases {
        let before = site.logins().len();
        let login = log_in(&site, &sshd, &case);
        assert_eq!(is_in(&login, &sshd), case.is_in, "{}: {login:?}\n{}", case.name, sshd.log());
        match case.reason {
            Some(reason) => {
                let one = |prompt: &String| prompt.contains("Code");
                assert!(login.prompts.len() == 1 && login.prompts.iter().all(one), "{login:?}");
                site.world.wait_for_log(|_| site.logins().len() > before);
                assert_eq!(site.last_login().reason, reason, "{}", case.name);
            }
            None => assert_eq!(site.logins().len(), before, "{}", case.name),
        }
        if running == Running::Resident {
            let reason = case.reason.unwrap_or("sshd asks for the key");
            let verdict = if case.is_in { "granted" } else { refusal(reason) };
            let seen = format!("{verdict}: {reason}");
            figures::row(TABLE, &[case.name, DOOR, &seen]);
        }
    }
}

/// Where a key alone opens, PAM is asked about the account and for no code: that much monk sees to.
#[test]
fn a_key_alone_opens_to_those_whom_monk_knows_and_who_are_not_switched_off() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-f", KEY];
    site.world.command("ssh-keygen").args(keygen).run().expect_success();
    site.install_recipe("sshd");
    let sshd = Sshd::start(&site.world, SshdOptions::default());
    for name in ["alice", "carol", "nobody-of-monks"] {
        add_account(&site, name);
    }
    let _phones = ["alice", "carol"].map(|name| site.user_with_device(name, "secret"));
    site.enroll(&["user", "disable", "carol"]);
    let log_in = |name: &str| {
        let login = Ssh::new(&site.world, &sshd, name).key(KEY).run("id -un");
        assert_eq!(login.prompts, Vec::<String>::new(), "{login:?}");
        login.logged_in()
    };
    assert!(log_in("alice"));
    assert!(!log_in("carol") && !log_in("nobody-of-monks"));
    for (name, reason) in [("carol", "disabled"), ("nobody-of-monks", "unknown-user")] {
        let start = format!("account user={name} service=sshd");
        let line = site.world.wait_for_log(|line| line.text.starts_with(&start));
        assert!(line.text.contains(&format!("reason={reason}")), "{line}");
    }
    site.kill_engine();
    site.world.remove("/usr/sbin/monkd");
    assert!(!log_in("alice"), "while nobody can say who she is, nobody gets in");
}
