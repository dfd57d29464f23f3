//! Exports of directories that keep second factors: their users log in afterwards.

use monk_tests::in_every_setup;
use monk_tests::site::{Backend, Running, Setup, Site};
use monk_tests::{Slapd, World};

use super::QUICK;

in_every_setup!(tokens_of_every_old_directory_go_on_working);

/// A token of FreeIPA, one of OATH-LDAP and one of ldap-user-manager.
const TOKENS: &str = include_str!("../../../monk-import/src/fixtures/tokens.ldif");

/// The key of FreeIPA's token, which is no text, in hex.
const FREEIPA: &str = "852ff66b40d705228c24894870025b05f08264dd";

/// The key of OATH-LDAP's token in hex.
const OATH: &str = "3132333435363738393031323334353637383930";

/// A key with bytes beyond ASCII, in base 64 and in hex.
const KEY: [&str; 2] = ["hS/2a0DXBSKMJIlIcAJbBfCCZN0=", FREEIPA];

/// A code as the real oathtool computes it.
#[track_caller]
fn code(world: &World, arguments: &[&str]) -> String {
    world.command("oathtool").args(arguments).run().expect_success().stdout.trim().to_owned()
}

fn tokens_of_every_old_directory_go_on_working(setup: Setup) {
    let site = setup.site_with(QUICK);
    for user in ["alice", "bob", "carol"] {
        site.add_user(user, "secret");
    }
    let disabled = "\ndn: ipatokenuniqueid=old,cn=otp,dc=example,dc=org\nobjectClass: ipatokenTOTP\nipatokenDisabled: TRUE\nipatokenOwner: uid=bob,cn=users,cn=accounts,dc=example,dc=org\n";
    site.world.write("/root/tokens.ldif", format!("{TOKENS}{disabled}"), 0o600);
    let imported = site.enroll(&["import", "/root/tokens.ldif"]);
    assert_eq!(imported["imported"], 3);
    let systems = serde_json::json!(["freeipa", "oath-ldap", "ldap-user-manager"]);
    assert_eq!(imported["old_systems"], systems);
    assert_eq!(imported["devices"][3]["result"], "left-out");
    assert_eq!(imported["devices"][2]["scratch_codes"], 1);

    let imap = site.imap();
    for (user, arguments) in [
        (
            "alice",
            &["--totp=sha256", "--digits=8", "--time-step-size=60s", "--now=60 seconds", FREEIPA][..],
        ),
        ("bob", &["--totp", "--now=30 seconds", OATH]),
        ("carol", &["--totp", "--now=30 seconds", "--base32", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"]),
    ] {
        let typed = format!("secret;{}", code(&site.world, arguments));
        assert_eq!(site.opens(&imap, user, &typed), "totp", "{user}");
        assert_eq!(site.refuses(&imap, user, &typed), "replayed-code", "{user}");
    }
    assert_eq!(site.opens(&imap, "carol", "secret;12345678"), "backup-code");
}

/// The real overlay, what `ldapsearch` prints of it, and what docs/import.md says to do.
#[test]
fn a_token_of_the_real_slapo_otp_opens_once_the_overlay_leaves_the_bind_alone() {
    let overlay = "dn: olcOverlay=otp,olcDatabase={1}mdb,cn=config\nobjectClass: olcOverlayConfig\nolcOverlay: otp\n";
    let site = Site::with_slapd_options(Backend::Ldap, Running::Resident, QUICK, |mut options| {
        options.modules.push("otp".to_owned());
        options.config.push(overlay.to_owned());
        options
    });
    site.add_user("alice", "secret");
    let (suffix, [key, hex]) = (Slapd::SUFFIX, KEY);
    let user = format!("uid=alice,{suffix}");
    site.slapd().add(&format!(
        "dn: cn=usual,{suffix}\nobjectClass: applicationProcess\nobjectClass: oathTOTPParams\ncn: usual\noathOTPLength: 8\noathTOTPTimeStepPeriod: 60\noathHMACAlgorithm: 1.2.840.113549.2.9\n\ndn: cn=phone,{suffix}\nobjectClass: applicationProcess\nobjectClass: oathTOTPToken\ncn: phone\noathTOTPParams: cn=usual,{suffix}\noathSecret:: {key}\n"
    ));
    let pointer = |user: &str| {
        format!(
            "dn: uid={user},{suffix}\nchangetype: modify\nadd: objectClass\nobjectClass: oathTOTPUser\n-\nadd: oathTOTPToken\noathTOTPToken: CN=Phone, {suffix}\n"
        )
    };
    site.slapd().modify(&pointer("alice"));
    let code = |now: &str| {
        let now = format!("--now={now}");
        let how = ["--totp=sha256", "--digits=8", "--time-step-size=60s", &now, hex];
        code(&site.world, &how)
    };
    // The overlay itself says that this is the token, and that a password alone is not enough.
    assert!(site.slapd().binds(&user, &format!("secret{}", code("0 seconds"))));
    assert!(!site.slapd().binds(&user, "secret"));

    let ldapi = site.slapd().ldapi_uri();
    let search = ["-Q", "-Y", "EXTERNAL", "-H", &ldapi, "-b", suffix];
    let export = site.world.command("ldapsearch").args(search).run().expect_success().stdout;
    assert!(export.contains("oathTOTPLastTimeStep: ") && export.contains("result: 0 Success"));
    let output = site
        .world
        .command("monk-enroll")
        .args(["import", "-"])
        .stdin(export)
        .run()
        .expect_success();
    assert!(output.stdout.contains("alice  OATH token  added"), "{output:?}");
    assert!(output.stdout.contains("Remove oathTOTPToken"), "{output:?}");

    // What the import warns of: while the overlay checks, monk finds no password right.
    site.add_user("bob", "secret");
    site.slapd().modify(&pointer("bob"));
    let imap = site.imap();
    assert_eq!(site.refuses(&imap, "bob", "secret"), "wrong-password");
    site.slapd().modify(&format!(
        "dn: {user}\nchangetype: modify\ndelete: oathTOTPToken\n-\ndelete: objectClass\nobjectClass: oathTOTPUser\n"
    ));
    assert!(site.slapd().binds(&user, "secret"));
    let typed = format!("secret;{}", code("60 seconds"));
    assert_eq!(site.opens(&imap, "alice", &typed), "totp");
    assert_eq!(site.refuses(&imap, "alice", &typed), "replayed-code");
}
