//! The traps of the other programs that ask PAM, with their real configurations.

use super::*;

/// Debian's own file, shortened: it keeps answers.
const SASLAUTHD: &str = "START=yes\nMECHANISMS=\"pam\"\nOPTIONS=\"-c -m /run/saslauthd\"\n";

/// A Postfix that asks saslauthd, over TLS only.
const POSTFIX: &str = "compatibility_level = 3.6\nsmtpd_sasl_auth_enable = yes\n\
                       smtpd_tls_auth_only = yes\nsmtpd_sasl_type = cyrus\n";

/// A site on which PAM's mail services ask monk, and no program is set up yet.
#[track_caller]
fn given(services: &[&str]) -> Site {
    let site = embedded();
    // Debian's Dovecot is installed everywhere here, and asks this one.
    site.pam_service("dovecot", "");
    for service in services {
        site.pam_service(service, "");
    }
    site
}

#[track_caller]
fn given_postfix(main: &str) -> Site {
    let site = given(&["smtp"]);
    site.world.write("/etc/postfix/main.cf", main, 0o644);
    let master = "smtp inet n - y - - smtpd\npickup unix n - y 60 1 pickup\n";
    site.world.write("/etc/postfix/master.cf", master, 0o644);
    site.world.write(
        "/etc/postfix/sasl/smtpd.conf",
        "pwcheck_method: saslauthd\nmech_list: plain login\n",
        0o644,
    );
    site.world.write("/etc/default/saslauthd", SASLAUTHD.replace("-c ", ""), 0o644);
    site
}

#[test]
fn a_saslauthd_that_keeps_answers_is_found() {
    let site = given_postfix(POSTFIX);
    Visit::to(&site, &[]).is_clean();
    site.world.write("/etc/default/saslauthd", SASLAUTHD, 0o644);
    Visit::to(&site, &[]).finds("saslauthd-cache", "error");
    let shadow = SASLAUTHD.replace("\"pam\"", "\"shadow\"");
    site.world.write("/etc/default/saslauthd", shadow, 0o644);
    Visit::to(&site, &[]).finds("saslauthd-without-pam", "error");
}

#[test]
fn a_saslauthd_is_judged_by_how_it_runs() {
    let site = given(&["smtp"]);
    // Nobody asks it, and its file does not matter.
    site.world.write("/etc/default/saslauthd", SASLAUTHD, 0o644);
    Visit::to(&site, &[]).is_clean();
    site.world.make_folder("/run/saslauthd", 0o755);
    for (arguments, id) in [
        (["-d", "-n0", "-apam", "-c", "-m", "/run/saslauthd"], "saslauthd-cache"),
        (["-d", "-n0", "-ashadow", "-V", "-m", "/run/saslauthd"], "saslauthd-without-pam"),
    ] {
        let mut saslauthd = site.world.spawn("saslauthd", &arguments);
        let mux = || site.world.is_listening_at("/run/saslauthd/mux");
        site.world.wait_for_server(&mut saslauthd, mux);
        Visit::to(&site, &[]).finds(id, "error");
        drop(saslauthd);
        site.world.remove("/run/saslauthd/mux");
    }
}

#[test]
fn a_postfix_that_takes_passwords_in_the_clear_is_found() {
    let site = given_postfix(&POSTFIX.replace("smtpd_tls_auth_only = yes", ""));
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("postfix-cleartext", "warning");
    assert!(text(found, "subject").contains("smtp/inet"), "{found:#}");
    let master = "submission inet n - y - - smtpd\n  -o smtpd_tls_security_level=encrypt\n\
                  smtps inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes\n\
                  smtp inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=no\n";
    site.world.write("/etc/postfix/master.cf", master, 0o644);
    Visit::to(&site, &[]).is_clean();
}

#[test]
fn a_postfix_that_does_not_come_to_pam_is_found() {
    let site = given_postfix(POSTFIX);
    let file = "/etc/postfix/sasl/smtpd.conf";
    for text in ["pwcheck_method: auxprop\nauxprop_plugin: sasldb\n", "mech_list: PLAIN\n"] {
        site.world.write(file, text, 0o644);
        Visit::to(&site, &[]).finds("postfix-without-pam", "error");
    }
    site.world.remove(file);
    Visit::to(&site, &[]).finds("postfix-without-pam", "error");
    let dovecot = POSTFIX.replace("= cyrus", "= dovecot");
    site.world.write("/etc/postfix/main.cf", dovecot, 0o644);
    Visit::to(&site, &[]).is_clean();
}

#[test]
fn the_service_that_postfix_has_saslauthd_ask_is_looked_at() {
    let site = given_postfix(POSTFIX);
    site.world.write(
        "/etc/pam.d/other",
        "auth required pam_unix.so\naccount required pam_unix.so\n",
        0o644,
    );
    Visit::to(&site, &[]).is_clean();
    let follow = |visit: &Visit, id: &str| {
        let remedy = text(visit.finds(id, "error"), "remedy").to_owned();
        let (_, command) = remedy.split_once(": ").expect("a command");
        site.world.command("sh").args(["-c", command]).run().expect_success();
        Visit::to(&site, &[]).is_clean();
    };
    site.world.remove("/etc/pam.d/smtp");
    follow(&Visit::to(&site, &[]), "postfix-service-missing");
    site.world.write("/etc/pam.d/smtp", "@include common-auth\n@include common-account\n", 0o644);
    follow(&Visit::to(&site, &[]), "postfix-service-without-monk");
    // A name that an administrator has chosen.
    site.world.write(
        "/etc/postfix/main.cf",
        format!("{POSTFIX}smtpd_sasl_service = mailout\n"),
        0o644,
    );
    follow(&Visit::to(&site, &[]), "postfix-service-missing");
    assert!(site.world.exists("/etc/pam.d/mailout"));
}

#[test]
fn mechanisms_of_postfix_that_never_come_to_pam_are_found() {
    let site = given_postfix(POSTFIX);
    let sasl = "/etc/postfix/sasl/smtpd.conf";
    for (list, severity) in [
        ("mech_list: plain cram-md5\n", "error"),
        ("mech_list: DIGEST-MD5\n", "error"),
        ("", "warning"),
    ] {
        site.world.write(sasl, format!("pwcheck_method: saslauthd\n{list}"), 0o644);
        Visit::to(&site, &[]).finds("postfix-mechanism", severity);
    }
    site.world.write(sasl, "pwcheck_method: saslauthd\nmech_list: plain login\n", 0o644);
    for (setting, is_wrong) in [
        ("smtpd_sasl_security_options = noanonymous, noplaintext", true),
        (
            "smtpd_sasl_security_options = noanonymous, noplaintext\nsmtpd_sasl_tls_security_options = noanonymous",
            false,
        ),
        ("smtpd_sasl_tls_security_options = noplaintext", true),
        ("smtpd_sasl_mechanism_filter = !plain, !login, static:rest", true),
        ("smtpd_sasl_mechanism_filter = !external, static:rest", false),
    ] {
        site.world.write("/etc/postfix/main.cf", format!("{POSTFIX}{setting}\n"), 0o644);
        let visit = Visit::to(&site, &[]);
        match is_wrong {
            true => drop(visit.finds("postfix-mechanism", "error").clone()),
            false => visit.is_clean(),
        }
    }
}

#[test]
fn a_postgresql_without_tls_or_without_an_engine_is_found() {
    let site = given(&["postgresql"]);
    let file = "/etc/postgresql/15/main/pg_hba.conf";
    let rule = "hostssl all all 0.0.0.0/0 pam pamservice=postgresql\n";
    site.world.write(file, rule, 0o640);
    Visit::to(&site, &[]).is_clean();
    site.world.write(file, rule.replace("hostssl", "host"), 0o640);
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("postgresql-cleartext", "warning");
    assert!(text(found, "subject").ends_with("pg_hba.conf:1"), "{found:#}");
    site.world.write(file, rule, 0o640);
    site.kill_engine();
    Visit::to(&site, &[]).finds("engine-needed", "error");
}

#[test]
fn an_nginx_that_asks_with_each_request_is_told_and_needs_an_engine() {
    let site = given(&["webmail"]);
    // The world has no logs from before.
    site.world.make_folder("/var/log/nginx", 0o755);
    let server = "server {\n  listen 127.0.0.1:8080;\n  auth_pam \"Password\";\n  \
                  auth_pam_service_name \"webmail\";\n}\n";
    site.world.write("/etc/nginx/conf.d/webmail.conf", server, 0o644);
    Visit::to(&site, &[]).finds("nginx-each-request", "note");
    site.kill_engine();
    Visit::to(&site, &[]).finds("engine-needed", "error");
    site.world.write("/etc/nginx/conf.d/webmail.conf", "auth_pam\n", 0o644);
    Visit::to(&site, &[]).finds("nginx-not-examined", "note");
}

#[test]
fn a_vsftpd_without_tls_is_found() {
    let site = given(&["vsftpd"]);
    // Debian's own settings.
    Visit::to(&site, &[]).finds("vsftpd-cleartext", "warning");
    let settings = site.world.read("/etc/vsftpd.conf").replace("ssl_enable=NO", "ssl_enable=YES");
    site.world.write("/etc/vsftpd.conf", &settings, 0o644);
    Visit::to(&site, &[]).is_clean();
    let forgiving = settings + "force_local_logins_ssl=NO\n";
    site.world.write("/etc/vsftpd.conf", forgiving, 0o644);
    Visit::to(&site, &[]).finds("vsftpd-cleartext", "warning");
}

#[test]
fn ways_of_sudo_and_su_round_monk_are_found() {
    let site = given(&[]);
    site.install_example("sudo-directory-password/sudo", "/etc/pam.d/sudo");
    // Debian's own file asks pam_unix alone.
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("pam-sibling-without-monk", "warning");
    assert_eq!(text(found, "subject"), "/etc/pam.d/sudo-i");
    site.install_recipe("sudo-i");
    site.install_recipe("su");
    Visit::to(&site, &[]).is_clean();
    site.world.write("/etc/sudoers", "alice ALL=(ALL) NOPASSWD: /bin/ls\n", 0o440);
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("sudo-not-asked", "note");
    assert!(text(found, "evidence").contains("1 rules with NOPASSWD"), "{found:#}");
    site.world.write("/etc/sudoers", "nonsense\n", 0o440);
    Visit::to(&site, &[]).finds("sudo-not-examined", "note");
}

#[test]
fn the_shipped_rules_of_sudo_su_and_login_are_clean() {
    let settings = "[service.sudo]\npassword = \"elsewhere\"\n";
    let site = site(Backend::Embedded, Running::Resident, settings);
    for recipe in ["sudo", "sudo-i", "su", "su-l", "login"] {
        site.install_recipe(recipe);
    }
    site.world.write("/etc/sudoers", "Defaults env_reset\n%sudo ALL=(ALL:ALL) ALL\n", 0o440);
    let visit = Visit::to(&site, &["--all"]);
    visit.is_clean();
    assert_eq!(visit.of("sudo-not-asked").map(|one| text(one, "severity")), Some("ok"));
}

#[test]
fn the_shipped_files_of_mail_web_and_databases_are_clean() {
    let site = embedded();
    for service in ["nginx", "postgresql", "vsftpd"] {
        site.install_recipe(service);
    }
    let _dovecot = site.mail_server("imap pop3 sieve", true);
    let postfix = site.submission_server("postfix-cyrus");
    for (example, path) in [
        ("postfix-cyrus/smtpd.conf", "/etc/postfix/sasl/smtpd.conf"),
        ("postfix-cyrus/saslauthd", "/etc/default/saslauthd"),
        ("postgresql/pg_hba.conf", "/etc/postgresql/15/main/pg_hba.conf"),
        ("vsftpd/vsftpd.conf", "/etc/vsftpd.conf"),
        ("nginx/monk.conf", "/etc/nginx/snippets/monk.conf"),
    ] {
        site.install_example(example, path);
    }
    site.world.make_folder("/var/log/nginx", 0o755);
    let server = "server {\n  listen 127.0.0.1:8080;\n  include snippets/monk.conf;\n}\n";
    site.world.write("/etc/nginx/conf.d/monk.conf", server, 0o644);
    let visit = Visit::to(&site, &["--all"]);
    visit.is_clean();
    let severity = |id| visit.of(id).map(|one| text(one, "severity"));
    for looked_at in
        ["postfix-cleartext", "saslauthd-cache", "postgresql-cleartext", "vsftpd-cleartext"]
    {
        assert_eq!(severity(looked_at), Some("ok"), "{looked_at}");
    }
    assert_eq!(severity("nginx-each-request"), Some("note"));
    // The other way to set Postfix up asks Dovecot.
    drop(postfix);
    let _postfix = site.submission_server("postfix");
    site.world.remove("/etc/postfix/sasl/smtpd.conf");
    Visit::to(&site, &[]).is_clean();
}
