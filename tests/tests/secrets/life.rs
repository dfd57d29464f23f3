//! A site with everything that monk can do, in good days and bad ones.

use data_encoding::BASE32_NOPAD;
use monk_tests::clients::PamAnswer;
use monk_tests::site::{Backend, Device, Running, Setup, Site, person};
use monk_tests::{Dovecot, MailServer, MailServerOptions};

use crate::canaries::Canaries;

const PASSWORD: &str = "CanaryPassword";
const MISTAKE: &str = "CanaryMistake";
const MAIL_PASSWORD: &str = "CanaryMailPassword";
const LDAP_PASSWORD: &str = "service;secret";

/// A site, and the secrets that are in use there.
pub struct Life {
    /// The site.
    pub site: Site,
    /// Its secrets.
    pub canaries: Canaries,
    token: Device,
    app_password: String,
    backup: Vec<String>,
    mail: MailServer,
    imap: Dovecot,
}

impl Life {
    /// Installs everything, and enrols alice.
    #[track_caller]
    pub fn new(setup: Setup) -> Self {
        let site = setup.site_with("");
        let login = Some(("monk".to_owned(), MAIL_PASSWORD.to_owned()));
        let mail =
            MailServer::start(&site.world, &MailServerOptions { login, ..Default::default() });
        site.world.write("/etc/monk/mail.password", format!("{MAIL_PASSWORD}\n"), 0o600);
        site.write_settings(&format!(
            "[engine]\nrefusal_ms = 0\n[mail]\nfrom = \"monk@example.org\"\ndirectory_address = true\nport = {}\nusername = \"monk\"\npassword_file = \"/etc/monk/mail.password\"\n",
            mail.port()
        ));
        site.reload_if_resident();
        add_alice(&site);

        let mut canaries = Canaries::default();
        for (name, secret) in [
            ("password", PASSWORD),
            ("mistyped password", MISTAKE),
            ("mail password", MAIL_PASSWORD),
        ] {
            canaries.add(name, secret);
        }
        if setup.backend == Backend::Ldap {
            canaries.add("LDAP password", LDAP_PASSWORD);
        }
        let key = site.world.command("sh").args(["-c", "cat /etc/monk/keys/*.key"]).run().stdout;
        canaries.add("host key", key.trim());

        let added = site.enroll(&["totp", "add", "alice", "--name", "Token", "--digits", "8"]);
        let seed = added["secret"].as_str().expect("the seed");
        canaries.add("seed", seed);
        canaries.add_bytes("seed", &BASE32_NOPAD.decode(seed.as_bytes()).expect("base 32"));
        let token = Device::from_uri(added["uri"].as_str().expect("the URI"));
        let id = added["id"].as_str().expect("the id");
        let confirmation = token.confirmation();
        canaries.add("code", &confirmation);
        site.world
            .command("monk-enroll")
            .args(["totp", "confirm", "alice", "--name", id, "--code-stdin"])
            .stdin(format!("{confirmation}\n"))
            .run()
            .expect_success();
        let app_password = site.app_password("alice", "Mail", &["--scope", "*"]);
        canaries.add("app password", &app_password);
        let backup = site.backup_codes("alice");
        for code in &backup {
            canaries.add("backup code", code);
        }
        let imap = site.imap();
        site.pam_service("imap", "debug forward_pass");
        site.pam_service("sshd", "debug forward_pass");
        Self { site, canaries, token, app_password, backup, mail, imap }
    }

    /// Logins of all kinds, most of which go wrong.
    #[track_caller]
    pub fn live(&mut self, setup: Setup) {
        let codes = [self.token.code(), self.token.code()];
        for code in &codes {
            self.canaries.add("code", code);
        }
        let (site, backup) = (&self.site, &self.backup);
        let app_password = &self.app_password;
        for typed in [PASSWORD, MISTAKE, app_password, &format!("{PASSWORD};{}", backup[3])] {
            site.imap_login(&self.imap, "alice", typed);
        }
        for typed in [
            PASSWORD.to_owned(),
            MISTAKE.to_owned(),
            format!("{MISTAKE};{}", codes[0]),
            format!("{PASSWORD};{}", codes[0]),
            format!("{PASSWORD};{}", codes[0]),
            format!("{PASSWORD}{}", codes[0]),
            format!("{PASSWORD};{}", backup[0]),
            format!("{MISTAKE};{}", backup[1]),
            format!("{};{PASSWORD}", backup[1]),
            app_password.clone(),
            app_password[..20].to_owned(),
            format!("{app_password}x"),
            format!("{app_password};{}", backup[1]),
            format!("{PASSWORD};").repeat(40),
            format!("{PASSWORD}\u{7f}\u{1b}[2J"),
        ] {
            let _ = site.pam("imap", "alice").types(&typed).authenticate();
        }
        site.imap_login(&self.imap, "mallory", &format!("{PASSWORD};{}", backup[1]));
        for (first, second) in [
            (PASSWORD, codes[1].as_str()),
            (PASSWORD, codes[1].as_str()),
            (MISTAKE, &backup[1]),
            (app_password, ""),
        ] {
            let _ = site.pam("sshd", "alice").types(first).types(second).authenticate();
        }
        self.a_code_by_mail();
        self.bad_days(setup);
    }

    fn a_code_by_mail(&mut self) {
        let site = &self.site;
        let _ = site.pam("sshd", "alice").types(format!("{PASSWORD};email")).authenticate();
        let code = self.mail.mail(1).code();
        // Six digits are in some file by chance, but not behind the password.
        let typed = format!("{PASSWORD};{code}");
        self.canaries.add("code sent by mail", &typed);
        assert_eq!(site.grants(site.pam("sshd", "alice").types(&typed)), "emailed-code");
    }

    /// Directory, engine and store are missing, and everybody complains.
    fn bad_days(&self, setup: Setup) {
        let site = &self.site;
        let typed = format!("{PASSWORD};{}", self.backup[2]);
        let try_it = || site.pam("sshd", "alice").types(&typed).authenticate();
        if setup.backend == Backend::Ldap {
            site.with_slapd(|slapd| slapd.stop());
            assert_eq!(try_it().answer, PamAnswer::AuthInfoUnavail);
            site.with_slapd(|slapd| slapd.restart());
        }
        site.pam_service("sshd", "debug engine=/bin/cat socket=/nonexistent/socket");
        assert_eq!(try_it().answer, PamAnswer::AuthInfoUnavail);
        site.pam_service("sshd", "debug unknown_argument");
        let _ = try_it();
        site.pam_service("sshd", "debug");
        let check = ["check", "alice", "--service", "sshd", "--password-stdin"];
        let check = site.world.command("monk-enroll").args(check);
        let _ = check.stdin(format!("{typed}\n")).run();
    }

    /// Everything that somebody has logged.
    pub fn logs(&self) -> Vec<(&'static str, String)> {
        let world =
            self.site.world.log().iter().map(|line| format!("{line}\n")).collect::<String>();
        // It is the right log, and there is something in it.
        for known in ["reason=totp", "reason=wrong-password", "pam_monk: granted", "user=mallory"] {
            assert!(world.contains(known), "{known}: {world}");
        }
        let mut logs = vec![("the world", world), ("Dovecot", self.imap.log())];
        if self.site.is_resident() {
            logs.push(("monkd", self.site.engine_log()));
        }
        if self.site.is_in_ldap() {
            logs.push(("slapd", self.site.slapd().log()));
        }
        logs
    }

    /// Whether a secret is in use.
    pub fn has(&self, setup: Setup, secret: &str) -> bool {
        match secret {
            "LDAP password" => setup.backend == Backend::Ldap,
            // It is looked for behind the password, as it was typed.
            "code sent by mail" => false,
            _ => true,
        }
    }

    /// How many kinds of secrets there are.
    pub fn count(&self) -> usize {
        self.canaries.names().len()
    }
}

/// Adds alice, whose password the directory knows as a hash.
#[track_caller]
pub fn add_alice(site: &Site) {
    if !site.is_in_ldap() {
        return site.add_user("alice", PASSWORD);
    }
    site.world.write("/run/new-password", PASSWORD, 0o600);
    let hash = site.world.command("slappasswd").args(["-h", "{SSHA}", "-T", "/run/new-password"]);
    let hash = hash.run().expect_success().stdout;
    site.world.remove("/run/new-password");
    site.slapd().add(&person("alice", hash.trim()));
}

/// Both ways of running, for tests that need only one directory.
pub fn embedded(running: Running) -> Setup {
    Setup { backend: Backend::Embedded, running }
}
