//! What a user can type into the one box of a mail program, and what it opens.

use monk_tests::in_every_setup;
use monk_tests::site::{Setup, pass_where_monk_is_installed};

/// Refusals that come at once: here none is about its time.
const QUICK: &str = "[engine]\nrefusal_ms = 0\n";

const OPEN_SERVICES: &str = "\
[engine]
refusal_ms = 0
[service.free]
mfa = \"off\"
[service.enrolled]
mfa = \"when-enrolled\"
";

in_every_setup!(
    an_app_password_opens_imap_alone_however_it_is_typed,
    a_password_with_a_code_of_six_digits_opens_imap_once,
    a_password_with_a_code_of_eight_digits_opens_imap_once,
    a_code_may_be_typed_with_a_blank_in_its_middle,
    a_password_with_a_backup_code_opens_imap_once,
    a_password_that_contains_a_semicolon_opens_imap_with_a_code,
    a_password_alone_does_not_open_what_asks_for_a_second_factor,
    a_password_alone_opens_what_asks_for_nothing_more,
    a_password_without_separator_opens_only_what_allows_it,
);

fn an_app_password_opens_imap_alone_however_it_is_typed(setup: Setup) {
    let site = setup.site_with(QUICK);
    site.add_user("alice", "secret");
    let shown = site.app_password("alice", "iPhone Mail", &[]);
    let imap = site.imap();
    for typed in [
        shown.clone(),
        shown.to_uppercase(),
        shown.replace('-', ""),
        format!(" {} ", shown.replace('-', " ")),
    ] {
        assert_eq!(site.opens(&imap, "alice", &typed), "app-password");
    }
}

fn a_password_with_a_code_of_six_digits_opens_imap_once(setup: Setup) {
    let site = setup.site_with(QUICK);
    let phone = site.user_with_device("alice", "secret");
    let imap = site.imap();
    let typed = format!("secret;{}", phone.code());
    assert_eq!(site.opens(&imap, "alice", &typed), "totp");
    assert_eq!(site.refuses(&imap, "alice", &typed), "replayed-code");
}

fn a_password_with_a_code_of_eight_digits_opens_imap_once(setup: Setup) {
    let site = setup.site_with(QUICK);
    site.add_user("alice", "secret");
    let token = site.device_with("alice", "Token", &["--digits", "8", "--algorithm", "sha256"]);
    let imap = site.imap();
    let typed = format!("secret;{}", token.code());
    assert_eq!(site.opens(&imap, "alice", &typed), "totp");
    assert_eq!(site.refuses(&imap, "alice", &typed), "replayed-code");
}

fn a_code_may_be_typed_with_a_blank_in_its_middle(setup: Setup) {
    let site = setup.site_with(QUICK);
    let phone = site.user_with_device("alice", "secret");
    let token = site.device_with("alice", "Token", &["--digits", "8"]);
    let imap = site.imap();
    for code in [phone.code(), token.code()] {
        let (one, other) = code.split_at(code.len() / 2);
        assert_eq!(site.opens(&imap, "alice", &format!("secret;{one} {other}")), "totp");
    }
}

fn a_password_with_a_backup_code_opens_imap_once(setup: Setup) {
    let site = setup.site_with(QUICK);
    site.add_user("alice", "secret");
    let codes = site.backup_codes("alice");
    let imap = site.imap();
    let typed = format!("secret;{}", codes[0]);
    assert_eq!(site.opens(&imap, "alice", &typed), "backup-code");
    assert_eq!(site.refuses(&imap, "alice", &typed), "replayed-code");
    let other = codes[5].replace('-', " ").to_uppercase();
    assert_eq!(site.opens(&imap, "alice", &format!("secret;{other}")), "backup-code");
}

fn a_password_that_contains_a_semicolon_opens_imap_with_a_code(setup: Setup) {
    let site = setup.site_with(OPEN_SERVICES);
    let phones = [
        ("alice", "se;cret;"),
        // The end of this one has the shape of a code.
        ("bob", "secret;123456"),
    ]
    .map(|(user, password)| (user, password, site.user_with_device(user, password)));
    // Without a second factor nothing is split off, whatever it looks like.
    site.add_user("carol", "secret;123456");
    let imap = site.imap_of("enrolled");
    for (user, password, phone) in phones {
        let typed = format!("{password};{}", phone.code());
        assert_eq!(site.opens(&imap, user, &typed), "totp");
    }
    assert_eq!(site.opens(&imap, "carol", "secret;123456"), "password");
}

/// Dovecot answers every question with what was typed, so that there is no second screen.
fn a_password_alone_does_not_open_what_asks_for_a_second_factor(setup: Setup) {
    let site = setup.site_with(OPEN_SERVICES);
    let _phone = site.user_with_device("alice", "secret");
    site.add_user("bob", "secret");
    let strict = site.imap();
    assert_eq!(site.refuses(&strict, "alice", "secret"), "code-missing");
    assert_eq!(site.refuses(&strict, "bob", "secret"), "not-enrolled");
    let enrolled = site.imap_of("enrolled");
    assert_eq!(site.refuses(&enrolled, "alice", "secret"), "code-missing");
}

fn a_password_alone_opens_what_asks_for_nothing_more(setup: Setup) {
    let site = setup.site_with(OPEN_SERVICES);
    let phone = site.user_with_device("alice", "secret");
    site.add_user("bob", "secret");
    let free = site.imap_of("free");
    assert_eq!(site.opens(&free, "alice", "secret"), "password");
    assert_eq!(site.refuses(&free, "alice", "wrong"), "wrong-password");
    // A code that is typed all the same must be right.
    let typed = format!("secret;{}", phone.wrong_code());
    assert_eq!(site.refuses(&free, "alice", &typed), "wrong-code");
    let enrolled = site.imap_of("enrolled");
    assert_eq!(site.opens(&enrolled, "bob", "secret"), "password");
}

fn a_password_without_separator_opens_only_what_allows_it(setup: Setup) {
    let site =
        setup.site_with("[engine]\nrefusal_ms = 0\n[service.joined]\nseparator = \"optional\"\n");
    let phone = site.user_with_device("alice", "secret");
    let typed = format!("secret{}", phone.code());
    let strict = site.imap();
    assert_eq!(site.refuses(&strict, "alice", &typed), "wrong-password");
    let joined = site.imap_of("joined");
    assert_eq!(site.opens(&joined, "alice", &typed), "totp");
    assert_eq!(site.refuses(&joined, "alice", &typed), "replayed-code");
    assert_eq!(site.opens(&joined, "alice", &format!("secret;{}", phone.code())), "totp");
}

#[test]
fn on_a_machine_with_monk_itself() {
    pass_where_monk_is_installed(&[
        "a_password_with_a_code_of_six_digits_opens_imap_once::embedded_resident",
        "a_password_with_a_code_of_six_digits_opens_imap_once::ldap_one_shot",
    ]);
}
