//! sshd: what is found is so, sshd starts with what is advised, and people get in.

use monk_tests::clients::Ssh;
use monk_tests::{Sshd, SshdOptions};

use super::*;

const FILE: &str = "/etc/ssh/sshd_config";

/// A site with an sshd that has these lines before the usual ones.
#[track_caller]
fn given(config: &str) -> (Site, Sshd) {
    let site = embedded();
    site.install_recipe("sshd");
    let sshd = start(&site, config);
    (site, sshd)
}

#[track_caller]
fn start(site: &Site, config: &str) -> Sshd {
    Sshd::start(
        &site.world,
        SshdOptions { config: format!("{config}\n"), ..SshdOptions::default() },
    )
}

/// The lines that a remedy wants to be written.
fn advised(found: &Value) -> String {
    let remedy = text(found, "remedy");
    let (_, lines) = remedy.split_once("Write: ").unwrap_or_else(|| panic!("{remedy}"));
    let end = [" (", ". ", ", once"].iter().filter_map(|end| lines.find(end)).min();
    lines[..end.unwrap_or(lines.len())].replace(", and ", "\n")
}

#[test]
fn whatever_is_advised_sshd_starts_with_it() {
    for (config, id, severity) in [
        ("", "sshd-key-alone", "warning"),
        ("AuthenticationMethods publickey", "sshd-key-alone", "warning"),
        ("AuthenticationMethods publickey keyboard-interactive", "sshd-key-alone", "warning"),
        ("PasswordAuthentication yes", "sshd-password-and-screens", "note"),
        ("UsePAM no", "sshd-pam-off", "error"),
        ("PermitRootLogin yes", "sshd-root-login", "note"),
        (
            "PubkeyAuthentication no\nPasswordAuthentication yes\n\
             AuthenticationMethods password,keyboard-interactive",
            "sshd-two-logins",
            "error",
        ),
        (
            "PasswordAuthentication yes\n\
             AuthenticationMethods publickey,password,keyboard-interactive publickey,password",
            "sshd-two-logins",
            "warning",
        ),
        (
            "PasswordAuthentication yes\nAuthenticationMethods password keyboard-interactive",
            "sshd-password-and-screens",
            "note",
        ),
        (
            "PasswordAuthentication yes\nKbdInteractiveAuthentication no\n\
             AuthenticationMethods password",
            "sshd-no-second-screen",
            "warning",
        ),
        ("KbdInteractiveAuthentication no", "sshd-pam-not-asked", "warning"),
        (
            "HostbasedAuthentication yes\nAuthenticationMethods hostbased keyboard-interactive",
            "sshd-method-alone",
            "warning",
        ),
        (
            "HostbasedAuthentication yes\nAuthenticationMethods hostbased",
            "sshd-method-alone",
            "warning",
        ),
        ("GSSAPIAuthentication yes", "sshd-method-alone", "warning"),
        (
            "GSSAPIAuthentication yes\nGSSAPIKeyExchange yes\nPubkeyAuthentication no",
            "sshd-method-alone",
            "warning",
        ),
    ] {
        let (site, _sshd) = given(config);
        let visit = Visit::to(&site, &[]);
        let found = visit.of(id).unwrap_or_else(|| panic!("{config}: {}", visit.shown()));
        assert_eq!(text(found, "severity"), severity, "{config}: {found:#}");
        let lines = advised(found);
        let before = site.world.read(FILE);
        site.world.write(FILE, format!("{lines}\n{before}"), 0o644);
        site.world.command("/usr/sbin/sshd").arg("-t").run().expect_success();
        let visit = Visit::to(&site, &[]);
        assert!(visit.of(id).is_none(), "{config}: {lines}: {}", visit.shown());
        assert!(visit.of("sshd-settings-broken").is_none(), "{config}: {}", visit.shown());
    }
}

#[test]
fn two_logins_in_a_row_let_nobody_in_and_the_remedy_lets_in() {
    let config = "PubkeyAuthentication no\nPasswordAuthentication yes\n\
                  AuthenticationMethods password,keyboard-interactive";
    let site = embedded();
    site.install_recipe("sshd");
    site.world.add_system_user("bob");
    let phone = site.user_with_device("bob", "secret");
    let sshd = start(&site, config);
    let typed = format!("secret;{}", phone.code());
    let login = |sshd: &Sshd, typed: &str| {
        Ssh::new(&site.world, sshd, "bob").answer("assword", typed).run("id -un")
    };
    assert!(!login(&sshd, &typed).logged_in(), "a code opens one");
    let visit = Visit::to(&site, &[]);
    let lines = advised(visit.finds("sshd-two-logins", "error"));
    drop(sshd);
    let sshd = start(&site, &format!("{lines}\n{config}"));
    let codes = site.backup_codes("bob");
    let login = login(&sshd, &format!("secret;{}", codes[0]));
    assert_eq!(login.stdout, "bob\n", "{login:?} {}", sshd.log());
}

/// What the usual settings do not show: somebody whom a block fits comes in otherwise.
#[test]
fn what_match_blocks_open_is_found() {
    let usual = "AuthenticationMethods publickey,keyboard-interactive";
    let (site, sshd) = given(usual);
    Visit::to(&site, &[]).is_clean();
    drop(sshd);
    site.world.add_system_user("bob");
    site.world.command("groupadd").arg("keyholders").run().expect_success();
    site.world.command("usermod").args(["-G", "keyholders", "bob"]).run().expect_success();
    let settings = site.world.read(FILE);
    for (block, id, severity) in [
        ("Match User bob\nAuthenticationMethods publickey\n", "sshd-key-alone", "warning"),
        ("Match Group keyholders\nAuthenticationMethods publickey\n", "sshd-key-alone", "warning"),
        (
            "Match Address 10.0.0.0/8\nHostbasedAuthentication yes\nAuthenticationMethods hostbased\n",
            "sshd-method-alone",
            "warning",
        ),
        (
            "Match User carol\nPasswordAuthentication yes\n\
             AuthenticationMethods password,keyboard-interactive\n",
            "sshd-two-logins",
            "error",
        ),
        (
            "Match Group nobody-is-in-it\nAuthenticationMethods publickey\n",
            "sshd-match-blocks",
            "note",
        ),
        ("Match User bob\nX11Forwarding no\n", "", ""),
    ] {
        site.world.write(FILE, format!("{settings}\n{block}"), 0o644);
        site.world.command("/usr/sbin/sshd").arg("-t").run().expect_success();
        let visit = Visit::to(&site, &[]);
        let Some(found) = visit.of(id) else {
            assert!(id.is_empty(), "{block}: {}", visit.shown());
            visit.is_clean();
            continue;
        };
        assert_eq!(text(found, "severity"), severity, "{block}: {found:#}");
        let told = format!("{found}");
        assert!(told.contains(block.lines().next().unwrap()), "{block}: {found:#}");
    }
}

#[test]
fn settings_that_sshd_has_not_read_are_found_until_it_reads_them() {
    let config = "PubkeyAuthentication no\nPidFile /run/sshd.pid";
    let (site, mut sshd) = given(config);
    Visit::to(&site, &[]).is_clean();
    let settings = site.world.read(FILE);
    site.world.write(FILE, format!("{settings}\nMaxAuthTries 4\n"), 0o644);
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("sshd-settings-old", "warning");
    assert!(text(found, "evidence").contains(FILE), "{found:#}");
    // The process stays, and writes its file again.
    let written = || site.world.command("stat").args(["-c", "%y", "/run/sshd.pid"]).run().stdout;
    let before = written();
    site.world.command("sh").args(["-c", "kill -HUP $(cat /run/sshd.pid)"]).run().expect_success();
    let again = || !["", &before].contains(&written().as_str());
    site.world.wait_for_server(sshd.process(), again);
    Visit::to(&site, &[]).is_clean();
}

#[test]
fn settings_that_sshd_does_not_start_with_are_an_error() {
    let (site, _sshd) = given("PubkeyAuthentication no");
    let settings = site.world.read(FILE);
    for line in ["PasswordAutentication no", "AuthenticationMethods hostbased"] {
        site.world.write(FILE, format!("{line}\n{settings}"), 0o644);
        assert!(!site.world.command("/usr/sbin/sshd").arg("-t").run().success());
        Visit::to(&site, &[]).finds("sshd-settings-broken", "error");
    }
}
