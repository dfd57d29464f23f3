//! Dovecot and sshd, with their real configurations.

use monk_tests::{Dovecot, DovecotOptions, Sshd, SshdOptions};

use super::*;

/// A site whose Dovecot is configured so.
#[track_caller]
fn dovecot(options: DovecotOptions) -> Site {
    let site = embedded();
    site.install_recipe("imap");
    let _dovecot = Dovecot::start(&site.world, options);
    site
}

fn of_imap() -> DovecotOptions {
    DovecotOptions { pam_service: "imap".to_owned(), ..DovecotOptions::default() }
}

#[test]
fn dovecots_cache_is_found_and_half_of_it_is_a_note() {
    let cache = "auth_cache_size = 10 M\n".to_owned();
    let args = "cache_key=%u%s".to_owned();
    let site = dovecot(DovecotOptions { passdb_args: args, config: cache.clone(), ..of_imap() });
    Visit::to(&site, &[]).finds("dovecot-auth-cache", "error");
    let site = dovecot(DovecotOptions { config: cache, ..of_imap() });
    Visit::to(&site, &[]).finds("dovecot-cache-setting", "note");
}

#[test]
fn another_way_into_dovecot_is_found() {
    let config = "passdb {\n  driver = passwd-file\n  args = /etc/dovecot/users\n}\n".to_owned();
    let site = dovecot(DovecotOptions { config, ..of_imap() });
    Visit::to(&site, &[]).finds("dovecot-password-alone", "error");
    let config = "auth_mechanisms = plain cram-md5\n".to_owned();
    let site = dovecot(DovecotOptions { config, ..of_imap() });
    Visit::to(&site, &[]).finds("dovecot-mechanism", "warning");
}

#[test]
fn the_wrong_service_of_dovecot_is_found() {
    let site = dovecot(DovecotOptions { pam_service: "imapp".to_owned(), ..of_imap() });
    Visit::to(&site, &[]).finds("dovecot-service-missing", "error");
    let site = dovecot(DovecotOptions { pam_service: "login".to_owned(), ..of_imap() });
    Visit::to(&site, &[]).finds("dovecot-service-without-monk", "warning");
}

#[test]
fn a_dovecot_that_cannot_be_read_is_a_note() {
    let site = dovecot(of_imap());
    site.world.write("/etc/dovecot/dovecot.conf", "passdb {\n", 0o644);
    Visit::to(&site, &[]).finds("dovecot-not-examined", "note");
}

/// A site whose sshd is configured so.
#[track_caller]
fn sshd(options: SshdOptions) -> Visit {
    let site = embedded();
    site.install_recipe("sshd");
    let _sshd = Sshd::start(&site.world, options);
    Visit::to(&site, &[])
}

#[test]
fn settings_of_sshd_that_go_round_monk_are_found() {
    let with = |config: &str| {
        let config = format!("{config}\n");
        sshd(SshdOptions { config, ..SshdOptions::default() })
    };
    with("PubkeyAuthentication no").is_clean();
    with("AuthenticationMethods publickey,keyboard-interactive").is_clean();
    with("").finds("sshd-key-alone", "warning");
    with("UsePAM no").finds("sshd-pam-off", "error");
    with("PubkeyAuthentication no\nKbdInteractiveAuthentication no\nPasswordAuthentication yes")
        .finds("sshd-no-second-screen", "warning");
    with("PubkeyAuthentication no\nPasswordAuthentication yes")
        .finds("sshd-password-and-screens", "note");
    with("PubkeyAuthentication no\nPermitEmptyPasswords yes")
        .finds("sshd-empty-passwords", "warning");
    with("PubkeyAuthentication no\nPermitRootLogin yes").finds("sshd-root-login", "note");
}

#[test]
fn a_key_alone_is_a_note_where_the_policy_does_not_want_more() {
    let site =
        site(Backend::Embedded, Running::Resident, "[service.sshd]\nmfa = \"when-enrolled\"\n");
    site.install_recipe("sshd");
    let _sshd = Sshd::start(&site.world, SshdOptions::default());
    Visit::to(&site, &[]).finds("sshd-key-alone", "note");
}

#[test]
fn a_missing_account_line_of_sshd_is_found() {
    let site = embedded();
    site.world.write(
        "/etc/pam.d/sshd",
        "auth required pam_monk.so\n@include common-account\n",
        0o644,
    );
    let config = "PubkeyAuthentication no\n".to_owned();
    let _sshd = Sshd::start(&site.world, SshdOptions { config, ..SshdOptions::default() });
    Visit::to(&site, &[]).finds("pam-account-missing", "warning");
}
