//! The audit: one line for each login, which nobody can forge, and nothing secret in any log.

use monk_tests::clients::{PamAnswer, Ssh};
use monk_tests::in_every_setup;
use monk_tests::site::{Backend, Running, Setup, Site};
use monk_tests::{SshdOptions, World};

const QUICK: &str = "[engine]\nrefusal_ms = 0\n";

in_every_setup!(
    a_login_is_one_line_with_user_service_address_verdict_reason_and_credential,
    nothing_secret_is_in_any_log,
);

fn a_login_is_one_line_with_user_service_address_verdict_reason_and_credential(setup: Setup) {
    let site = setup.site_with(QUICK);
    site.pam_service("imap", "");
    let phone = site.user_with_device("alice", "secret");
    let device = site.enroll(&["status", "alice"])["credentials"][0]["id"].clone();
    let device = device.as_str().expect("the id of the device");
    let code = phone.code();
    let login = |typed: String| {
        let (_, line) = site
            .audited(|| site.pam("imap", "alice").from("192.0.2.7").types(typed).authenticate());
        line.text.rsplit_once(" ms=").expect("the time it took").0.to_owned()
    };
    let start = "login user=alice service=imap address=192.0.2.7";
    assert_eq!(
        login(format!("secret;{code}")),
        format!("{start} verdict=granted reason=totp credential={device} how=asked+code")
    );
    assert_eq!(
        login(format!("secret;{code}")),
        format!("{start} verdict=refused reason=replayed-code credential={device}")
    );
    assert_eq!(
        login(format!("wrong;{code}")),
        format!("{start} verdict=refused reason=wrong-password credential=-")
    );
    let made = site.enroll(&["app-password", "create", "alice", "--name", "Mail"]);
    let (id, password) = (made["id"].as_str(), made["password"].as_str());
    assert_eq!(
        login(password.expect("an app password").to_owned()),
        format!(
            "{start} verdict=granted reason=app-password credential={} how=asked",
            id.expect("its id")
        )
    );
}

#[test]
fn given_a_mail_program_its_address_is_in_the_audit() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let phone = site.user_with_device("alice", "secret");
    let imap = site.imap();
    let typed = format!("secret;{}", phone.code());
    let (_, line) = site.audited(|| site.imap_login(&imap, "alice", &typed));
    let stated = [line.user, line.service, line.address].join(" ");
    assert_eq!(stated, "alice imap 127.0.0.1");
}

#[test]
fn given_forged_user_names_and_addresses_the_audit_stays_one_line_of_fields() {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, QUICK);
    site.pam_service("imap", "");
    let forged = "user=root service=sshd address=- verdict=granted reason=totp credential=-";
    for name in [
        format!("x\nlogin {forged}"),
        format!("x\r\n<38>Nov 21 18:00:00 monkd: login {forged}"),
        format!("x {forged}"),
        format!("x\" {forged} \""),
        format!("x\\\" {forged}"),
        "\u{202e}toor\u{2028}login\u{85}".to_owned(),
        "x".repeat(250),
        "x".repeat(5000),
    ] {
        let pam = site.pam("imap", &name).from(&format!("192.0.2.7\nlogin {forged}")).types("a");
        let (login, line) = site.audited(|| pam.authenticate());
        assert_ne!(login.answer, PamAnswer::Success);
        let verdict = if line.reason == "bad-name" { "refused" } else { "ignored" };
        assert_eq!(line.verdict_behind_quotes(), verdict, "{}", line.text);
        // Nor finds one a reader who knows nothing of quotes.
        assert_eq!(line.text.matches("verdict=").count(), 1, "{}", line.text);
        assert!(!line.text.contains(char::is_control), "{}", line.text);
        assert!(line.text.len() < 1000, "{}", line.text);
    }
    let lines = site.world.log();
    let strange = |text: &str| text.contains(char::is_control) || text.starts_with("<38>");
    assert!(!lines.iter().any(|line| strange(&line.text)), "{lines:#?}");
}

trait Fields {
    /// The verdict as a reader finds it who knows that quoted text is one field.
    fn verdict_behind_quotes(&self) -> String;
}

impl Fields for monk_tests::site::AuditLine {
    fn verdict_behind_quotes(&self) -> String {
        let (mut bare, mut quoted, mut escaped) = (String::new(), false, false);
        for character in self.text.chars() {
            match character {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ if quoted => {}
                _ => bare.push(character),
            }
        }
        let verdicts: Vec<_> = bare.split(' ').filter_map(|f| f.strip_prefix("verdict=")).collect();
        verdicts.join(" and ")
    }
}

/// What must be in no log, as it is and as it could be written otherwise.
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    #[track_caller]
    fn are_not_in(&self, log_name: &str, log: &str) {
        let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "");
        let log = plain(log);
        for (name, secret) in &self.0 {
            assert!(!log.contains(&plain(secret)), "the {name} is in the log of {log_name}");
        }
    }
}

fn log_of(world: &World) -> String {
    world.log().iter().map(|line| format!("{line}\n")).collect()
}

fn nothing_secret_is_in_any_log(setup: Setup) {
    let site = setup.site_with(QUICK);
    site.world.add_system_user("alice");
    site.add_user("alice", "CanaryPassword");
    // Eight digits are in no log by chance.
    let added = site.enroll(&["totp", "add", "alice", "--name", "Other"]);
    let seed = added["secret"].as_str().expect("the secret").to_owned();
    let token = site.device_with("alice", "Token", &["--digits", "8"]);
    let app_password = site.app_password("alice", "Mail", &["--scope", "*"]);
    let backup = site.backup_codes("alice");
    let imap = site.imap();
    let sshd = site.sshd(SshdOptions::default());
    for service in ["imap", "sshd", "imap-debug"] {
        site.pam_service(service, "debug forward_pass");
    }
    let codes = [token.code(), token.code()];

    for typed in [
        format!("CanaryPassword;{}", codes[0]),
        format!("CanaryPassword;{}", codes[0]),
        format!("CanaryMistake;{}", backup[0]),
        "CanaryPassword".to_owned(),
        format!("CanaryPassword;{}", backup[0]),
        app_password.clone(),
        app_password[..20].to_owned(),
    ] {
        site.imap_login(&imap, "alice", &typed);
    }
    site.imap_login(&imap, "mallory", &format!("CanaryPassword;{}", backup[1]));
    for (password, code) in
        [("CanaryPassword", codes[1].as_str()), ("CanaryMistake", &backup[1]), (&app_password, "")]
    {
        let ssh = Ssh::new(&site.world, &sshd, "alice").answer("Password", password);
        let _ = ssh.answer("Code", code).run("true");
    }
    // Without its directory and without its engine there is more to complain about.
    if site.is_in_ldap() {
        site.with_slapd(|slapd| slapd.stop());
    } else {
        site.world.command("chmod").args(["0644", "/var/lib/monk/monk.db"]).run().expect_success();
    }
    let typed = format!("CanaryPassword;{}", backup[2]);
    let _ = site.pam("imap-debug", "alice").types(&typed).authenticate();
    site.pam_service("imap-debug", "debug engine=/bin/cat socket=/nonexistent/socket");
    let _ = site.pam("imap-debug", "alice").types(&typed).authenticate();

    let key = "cat /etc/monk/keys/*.key";
    let key = site.world.command("sh").args(["-c", key]).run().stdout.trim().to_owned();
    let mut secrets = Secrets(vec![
        ("password", "CanaryPassword".to_owned()),
        ("mistyped password", "CanaryMistake".to_owned()),
        ("seed", seed),
        ("app password", app_password),
        ("host key", key),
    ]);
    secrets.0.extend(codes.into_iter().map(|code| ("code", code)));
    secrets.0.extend(backup.into_iter().map(|code| ("backup code", code)));
    let log = log_of(&site.world);
    // The log is the right one, and something is in it.
    assert!(log.contains("reason=totp") && log.contains("pam_monk: granted"), "{log}");
    assert!(log.contains("user=mallory"), "{log}");
    secrets.are_not_in("the world", &log);
    secrets.are_not_in("Dovecot", &imap.log());
    secrets.are_not_in("sshd", &sshd.log());
    if setup.running == Running::Resident {
        secrets.are_not_in("monkd", &site.engine_log());
    }
}
