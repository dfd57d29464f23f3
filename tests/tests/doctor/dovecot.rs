//! Dovecot, with its real configuration: what is found opens or refuses, and the remedy mends it.

use monk_tests::clients::{Curl, Login};
use monk_tests::site::Device;
use monk_tests::{Dovecot, DovecotOptions};

use super::*;

/// A file of Dovecot that knows alice by another password than monk.
const USERS: &str = "/etc/dovecot/users";

/// A passdb that asks that file.
const OF_USERS: &str = "passdb {\n  driver = passwd-file\n  args = /etc/dovecot/users\n}\n";

const PASSWORD: &str = "alice;password";

/// A site with a mail user, and no Dovecot yet.
struct Mail {
    site: Site,
    phone: Device,
}

impl Mail {
    #[track_caller]
    fn new() -> Self {
        let site = Site::new(Backend::Embedded, Running::Resident);
        let phone = site.user_with_device("alice", PASSWORD);
        site.install_recipe("imap");
        site.world.write(USERS, "alice:{PLAIN}filepw\n", 0o644);
        Self { site, phone }
    }

    #[track_caller]
    fn start(&self, options: DovecotOptions) -> Dovecot {
        Dovecot::start(&self.site.world, options)
    }

    /// Starts one whose passdbs these are.
    #[track_caller]
    fn with_passdbs(&self, passdbs: &str) -> Dovecot {
        let file = "/etc/dovecot/passdbs";
        self.site.world.write(file, passdbs, 0o644);
        self.start(DovecotOptions {
            passdb_file: Some(file.to_owned()),
            ..DovecotOptions::default()
        })
    }

    #[track_caller]
    fn opens(&self, imap: &Dovecot, typed: &str) -> bool {
        self.site.imap_login(imap, "alice", typed)
    }

    /// A password and a code that was never used.
    fn right(&self) -> String {
        format!("{PASSWORD};{}", self.phone.code())
    }

    /// Asserts that a setup is right: for doctor, and for those who log in.
    #[track_caller]
    fn is_right_with(&self, passdbs: &str) {
        let imap = self.with_passdbs(passdbs);
        Visit::to(&self.site, &[]).is_clean();
        assert!(self.opens(&imap, &self.right()), "{passdbs}");
        for wrong in ["filepw", "x"] {
            assert!(!self.opens(&imap, wrong), "{wrong}: {passdbs}");
        }
    }
}

/// passdb pam with these settings.
fn pam(settings: &str) -> String {
    format!("passdb {{\n  driver = pam\n  args = imap\n{settings}}}\n")
}

/// The passdb of the file with these settings.
fn of_users(settings: &str) -> String {
    OF_USERS.replace("}\n", &format!("{settings}}}\n"))
}

fn of_imap() -> DovecotOptions {
    DovecotOptions { pam_service: "imap".to_owned(), ..DovecotOptions::default() }
}

/// What doctor says of a site whose Dovecot is configured so.
#[track_caller]
fn visit(options: DovecotOptions) -> Visit {
    let mail = Mail::new();
    let _dovecot = mail.start(options);
    Visit::to(&mail.site, &[])
}

/// Does what a remedy says, which ends with a command.
#[track_caller]
fn follow(site: &Site, remedy: &str) {
    let (_, command) = remedy.split_once(": ").unwrap_or_else(|| panic!("{remedy}"));
    site.world.command("sh").args(["-c", command]).run().expect_success();
}

#[test]
fn dovecots_cache_is_found_and_half_of_it_is_a_note() {
    let cache = "auth_cache_size = 10 M\n".to_owned();
    let args = "cache_key=%u%s".to_owned();
    visit(DovecotOptions { passdb_args: args, config: cache.clone(), ..of_imap() })
        .finds("dovecot-auth-cache", "error");
    visit(DovecotOptions { config: cache, ..of_imap() }).finds("dovecot-cache-setting", "note");
}

#[test]
fn a_password_of_another_passdb_is_found_where_it_opens() {
    let mail = Mail::new();
    let both = [OF_USERS, &pam("")].concat();
    for passdbs in [
        both.clone(),
        [&pam(""), OF_USERS].concat(),
        [&pam(""), "protocol imap {\n", OF_USERS, "}\n"].concat(),
        [&pam(""), "protocol !pop3 {\n", OF_USERS, "}\n"].concat(),
        [of_users("  result_success = continue-ok\n"), pam("")].concat(),
        [of_users(""), pam("  result_success = return-fail\n")].concat(),
    ] {
        let imap = mail.with_passdbs(&passdbs);
        assert!(mail.opens(&imap, "filepw"), "{passdbs}");
        let visit = Visit::to(&mail.site, &[]);
        let found = visit.of("dovecot-password-alone");
        let found = found.unwrap_or_else(|| panic!("{passdbs}: {}", visit.shown()));
        assert_eq!(text(found, "severity"), "error");
        let remedy = text(found, "remedy");
        assert!(remedy.starts_with("Remove passdb passwd-file"), "{remedy}");
    }
    mail.is_right_with(&both.replace(OF_USERS, ""));
}

#[test]
fn settings_that_let_anybody_in_are_found_where_they_do() {
    let mail = Mail::new();
    for setting in ["result_failure = continue-ok", "result_failure = return-ok"] {
        let passdbs = pam(&format!("  {setting}\n"));
        let imap = mail.with_passdbs(&passdbs);
        assert!(mail.opens(&imap, "x"), "{passdbs}");
        let visit = Visit::to(&mail.site, &[]);
        let found = visit.finds("dovecot-any-password", "error");
        assert_eq!(text(found, "remedy"), format!("Remove {setting}, and restart Dovecot."));
        drop(imap);
        mail.is_right_with(&passdbs.replace(setting, ""));
    }
}

#[test]
fn settings_that_keep_everybody_out_are_found() {
    let mail = Mail::new();
    for setting in
        ["result_success = continue", "result_success = return-fail", "skip = unauthenticated"]
    {
        let passdbs = pam(&format!("  {setting}\n"));
        let imap = mail.with_passdbs(&passdbs);
        let curl = Curl::new(&mail.site.world, &imap.imaps_url(), "alice", &mail.right());
        assert_ne!(curl.login(), Login::LoggedIn, "{passdbs}");
        let visit = Visit::to(&mail.site, &[]);
        let remedy = text(visit.finds("dovecot-nobody-gets-in", "error"), "remedy").to_owned();
        assert!(
            remedy.contains("take skip and the result_ settings out of passdb pam"),
            "{remedy}"
        );
    }
    mail.is_right_with(&pam(""));
}

#[test]
fn a_second_passdb_that_opens_nothing_by_itself_is_right() {
    let mail = Mail::new();
    let fails = "  result_failure = return-fail\n  result_internalfail = return-fail\n";
    for passdbs in [
        [pam("  result_success = continue\n"), of_users("  skip = unauthenticated\n")].concat(),
        [of_users("  skip = unauthenticated\n"), pam("")].concat(),
        [of_users("  mechanisms = xoauth2\n"), pam("")].concat(),
        [pam(fails), of_users("")].concat(),
    ] {
        mail.is_right_with(&passdbs);
    }
    // Both passwords would have to be right, and are not the same.
    let imap = mail.with_passdbs(&[of_users("  result_success = continue\n"), pam("")].concat());
    Visit::to(&mail.site, &[]).is_clean();
    assert!(!mail.opens(&imap, "filepw"));
}

#[test]
fn mechanisms_that_never_come_to_pam_are_found_where_clients_choose_them() {
    let mail = Mail::new();
    // Without a stored password somewhere Dovecot would not start at all.
    let stored = of_users("  mechanisms = login\n");
    for mechanisms in ["plain cram-md5", "cram-md5"] {
        let passdbs = [&pam(""), stored.as_str(), "auth_mechanisms = ", mechanisms, "\n"].concat();
        let imap = mail.with_passdbs(&passdbs);
        // curl prefers what hides the password.
        let curl = Curl::new(&mail.site.world, &imap.imaps_url(), "alice", &mail.right());
        assert_ne!(curl.login(), Login::LoggedIn, "{mechanisms}");
        let visit = Visit::to(&mail.site, &[]);
        let remedy = text(visit.finds("dovecot-mechanism", "error"), "remedy").to_owned();
        assert_eq!(remedy, "Write: auth_mechanisms = plain login");
    }
    mail.is_right_with(&[&pam(""), "auth_mechanisms = plain login\n"].concat());
}

#[test]
fn a_login_without_a_mailbox_is_found() {
    let mail = Mail::new();
    let without = DovecotOptions { userdb: String::new(), ..of_imap() };
    let imap = mail.start(without.clone());
    let curl = Curl::new(&mail.site.world, &imap.imaps_url(), "alice", &mail.right());
    assert_ne!(curl.login(), Login::LoggedIn);
    Visit::to(&mail.site, &[]).finds("dovecot-userdb-missing", "error");
    drop(imap);
    let config = "mail_uid = mail\nmail_gid = mail\nmail_home = /var/mail/dovecot/%u\n".to_owned();
    let imap = mail.start(DovecotOptions { config, ..without });
    Visit::to(&mail.site, &[]).is_clean();
    assert!(mail.opens(&imap, &mail.right()));
}

#[test]
fn the_wrong_service_of_dovecot_is_found_and_its_remedy_makes_it_ask_monk() {
    for (service, id) in
        [("imapp", "dovecot-service-missing"), ("login", "dovecot-service-without-monk")]
    {
        let mail = Mail::new();
        let options =
            DovecotOptions { pam_service: service.to_owned(), ..DovecotOptions::default() };
        let imap = mail.start(options);
        let visit = Visit::to(&mail.site, &[]);
        follow(&mail.site, text(visit.finds(id, "error"), "remedy"));
        Visit::to(&mail.site, &[]).is_clean();
        assert!(mail.opens(&imap, &mail.right()), "{service}");
    }
}

/// Postfix asks Dovecot by a name of its own.
#[test]
fn a_submission_server_whose_service_has_no_file_is_found() {
    let mail = Mail::new();
    let site = &mail.site;
    let _dovecot = site.mail_server("imap", true);
    let _postfix = site.submission_server("postfix");
    Visit::to(site, &[]).is_clean();
    site.world.remove("/etc/pam.d/smtp");
    site.world.add_system_user("alice");
    site.world.set_password("alice", "unix;secret");
    let other = "auth required pam_unix.so nodelay\naccount required pam_unix.so\n";
    site.world.write("/etc/pam.d/other", other, 0o644);
    let url = "smtp://mail.example.org:587";
    assert!(site.curl_login(url, "alice", "unix;secret"), "a password alone");
    let visit = Visit::to(site, &[]);
    let found = visit.finds("dovecot-service-missing", "error");
    assert!(text(found, "subject").ends_with("smtp"), "{found:#}");
    follow(site, text(found, "remedy"));
    Visit::to(site, &[]).is_clean();
    assert!(!site.curl_login(url, "alice", "unix;secret"));
    assert!(site.curl_login(url, "alice", &mail.right()));
}

#[test]
fn a_configuration_that_dovecot_refuses_is_found() {
    let mail = Mail::new();
    let _dovecot = mail.start(of_imap());
    let for_some = "protocols = imap\nlocal 127.0.0.1 {\npassdb {\ndriver = pam\n}\n}\n";
    for wrong in ["passdb {\n", for_some] {
        mail.site.world.write("/etc/dovecot/dovecot.conf", wrong, 0o644);
        let visit = Visit::to(&mail.site, &[]);
        let found = visit.finds("dovecot-broken", "error");
        assert!(text(found, "evidence").contains("/etc/dovecot/dovecot.conf"), "{found:#}");
    }
}
