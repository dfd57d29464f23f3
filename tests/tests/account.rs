//! Account management, credentials, and stacks that are written wrongly.

use monk_tests::clients::PamAnswer;
use monk_tests::in_every_setup;
use monk_tests::site::{Backend, Running, Setup, Site};

in_every_setup!(
    a_known_user_is_let_in_and_an_unknown_one_is_not,
    given_local_users_ignore_unknown_users_are_left_to_other_modules,
    setting_credentials_succeeds_after_a_login,
);

/// A PAM service `imap`, in which monk alone decides about accounts.
fn account_rule(site: &Site, rules: &str) {
    site.world.write("/etc/pam.d/imap", format!("auth required pam_deny.so\n{rules}"), 0o644);
}

fn a_known_user_is_let_in_and_an_unknown_one_is_not(setup: Setup) {
    let site = setup.site();
    site.add_user("alice", "secret");
    account_rule(&site, "account required pam_monk.so\n");
    assert_eq!(site.pam("imap", "alice").account().answer, PamAnswer::Success);
    for stranger in ["mallory", "*", "alice)(uid=*"] {
        assert_eq!(site.pam("imap", stranger).account().answer, PamAnswer::UserUnknown);
    }
}

fn given_local_users_ignore_unknown_users_are_left_to_other_modules(setup: Setup) {
    let site = setup.site();
    site.add_user("alice", "secret");
    for (others, stranger) in
        [("pam_permit.so", PamAnswer::Success), ("pam_deny.so", PamAnswer::AuthErr)]
    {
        account_rule(
            &site,
            &format!(
                "account sufficient pam_monk.so local_users=ignore\naccount required {others}\n"
            ),
        );
        assert_eq!(site.pam("imap", "alice").account().answer, PamAnswer::Success);
        assert_eq!(site.pam("imap", "local").account().answer, stranger);
    }
    // Refused users are not left to anybody.
    account_rule(
        &site,
        "account required pam_monk.so local_users=ignore\naccount required pam_permit.so\n",
    );
    assert_eq!(site.pam("imap", "local\u{1}").account().answer, PamAnswer::AuthErr);
}

/// pam_unix ends the account rules where a local password has expired: whoever has one would come past
/// a rule of monk's behind it.
#[test]
fn given_the_profile_an_expired_local_password_leads_nobody_past_monk() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    site.switch_on_profile();
    site.add_user("alice", "secret");
    site.world.add_system_user("alice");
    site.world.set_password("alice", "local;secret");
    account_rule(&site, "@include common-account\n");
    let account = || site.pam("imap", "alice").account().answer;
    assert_eq!(account(), PamAnswer::Success);
    site.world.command("passwd").args(["--expire", "alice"]).run().expect_success();
    assert!(matches!(account(), PamAnswer::Other(said) if said.contains("Authentication token")));
    site.enroll(&["user", "disable", "alice"]);
    assert_eq!(account(), PamAnswer::AuthErr);
}

fn setting_credentials_succeeds_after_a_login(setup: Setup) {
    let site = setup.site();
    let phone = site.user_with_device("alice", "secret");
    site.pam_service("imap", "");
    let login = site.pam("imap", "alice").types(format!("secret;{}", phone.code()));
    let everything = ["authenticate", "acct_mgmt", "setcred(PAM_ESTABLISH_CRED)", "open_session"];
    assert_eq!(login.run(&everything).answer, PamAnswer::Success);
    // A stack of monk alone: whatever else it answered would be the answer of the stack.
    assert_eq!(site.pam("imap", "alice").run(&["setcred"]).answer, PamAnswer::Success);
}

#[test]
fn given_no_engine_every_user_is_unavailable_and_nobody_is_ignored() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    site.add_user("alice", "secret");
    site.kill_engine();
    for arguments in ["engine=/nonexistent", "engine=/nonexistent local_users=ignore"] {
        site.pam_service("imap", arguments);
        for user in ["alice", "mallory"] {
            let account = site.pam("imap", user).account();
            assert_eq!(account.answer, PamAnswer::AuthInfoUnavail, "{user} {arguments}");
            let login = site.pam("imap", user).types("secret;123456").authenticate();
            assert_eq!(login.answer, PamAnswer::AuthInfoUnavail, "{user} {arguments}");
        }
    }
}

#[test]
fn given_no_directory_every_user_is_unavailable_and_nobody_is_ignored() {
    let site = Site::new(Backend::Ldap, Running::Resident);
    let phone = site.user_with_device("alice", "secret");
    site.with_slapd(|slapd| slapd.stop());
    site.pam_service("imap", "local_users=ignore");
    for user in ["alice", "mallory"] {
        let account = site.pam("imap", user).account();
        assert_eq!(account.answer, PamAnswer::AuthInfoUnavail, "{user}");
    }
    let login = site.pam("imap", "alice").types(format!("secret;{}", phone.code()));
    let (login, line) = site.audited(|| login.authenticate());
    assert_eq!(login.answer, PamAnswer::AuthInfoUnavail);
    assert_eq!(line.verdict, "unavailable");
}

#[test]
fn given_a_mistake_in_the_arguments_everybody_is_refused() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let phone = site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    for mistake in ["try_frist_pass", "prompt=sometimes", "local_users=yes", "nullok", "socket=x"] {
        site.pam_service("imap", &format!("try_first_pass {mistake}"));
        let login = site.pam("imap", "alice").types(&typed).authenticate();
        assert_eq!(login.answer, PamAnswer::ServiceErr, "{mistake}");
        assert_eq!(login.shown.matches("Password").count(), 0, "{}", login.shown);
        assert_eq!(site.pam("imap", "alice").account().answer, PamAnswer::ServiceErr, "{mistake}");
        site.world.wait_for_log(|line| {
            line.text.contains(&format!("unknown argument {mistake:?}; known are"))
        });
    }
    site.pam_service("imap", "try_first_pass");
    assert_eq!(site.grants(site.pam("imap", "alice").types(&typed)), "totp");
}

#[test]
fn given_a_user_name_that_is_no_text_nobody_is_asked() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let site = Site::new(Backend::Embedded, Running::Resident);
    site.add_user("alice", "secret");
    site.pam_service("imap", "");
    let arguments = [b"imap", &b"alice\xff"[..], b"authenticate"].map(OsStr::from_bytes);
    let output = site.world.command("pamtester").args(arguments).stdin("secret\n").run();
    assert!(output.stderr.ends_with("Authentication failure\n"), "{output}");
    assert!(site.logins().is_empty());
}
