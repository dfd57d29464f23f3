//! sshd, with its real configuration.

use monk_tests::{Sshd, SshdOptions};

use super::*;

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
