//! Moving to monk: files that other systems have made are imported, and their devices log in.

mod broken_off;
mod exports;
mod strangers;
mod users;

use monk_tests::site::{Backend, Running, Setup, Site};
use monk_tests::{Command, World, in_every_setup};

/// Refusals that come at once: here none is about its time.
const QUICK: &str = "[engine]\nrefusal_ms = 0\n";

/// Secrets of devices, in hex.
const SECRETS: [&str; 2] =
    ["00112233445566778899aabbccddeeff00112233", "3132333435363738393031323334353637383930"];

in_every_setup!(
    a_file_of_google_authenticator_goes_on_working_with_its_scratch_codes,
    a_users_file_of_pam_oath_goes_on_working,
);

fn a_file_of_google_authenticator_goes_on_working_with_its_scratch_codes(setup: Setup) {
    let site = setup.site_with(QUICK);
    site.add_user("alice", "secret");
    let file = google_authenticator(&site.world, "alice");
    let mut lines = file.lines();
    let secret = lines.next().expect("the secret is the first line").to_owned();
    let codes: Vec<&str> = lines.filter(|line| !line.starts_with('"')).collect();
    assert_eq!(codes.len(), 5, "{file}");

    let imported = site.enroll(&["import", "alice=/home/alice.google_authenticator"]);
    assert_eq!(imported["imported"], 1);
    assert_eq!(imported["devices"][0]["scratch_codes"], 5);

    let imap = site.imap();
    // The code of now may have been typed at the old system.
    let now = oathtool(&site.world, &["--base32", &secret]);
    let next = oathtool(&site.world, &["--base32", &secret, "--now", "30 seconds"]);
    let typed = format!("secret;{next}");
    assert_eq!(site.opens(&imap, "alice", &typed), "totp");
    assert_eq!(site.refuses(&imap, "alice", &typed), "replayed-code");
    assert_eq!(site.refuses(&imap, "alice", &format!("secret;{now}")), "replayed-code");
    let typed = format!("secret;{}", codes[2]);
    assert_eq!(site.opens(&imap, "alice", &typed), "backup-code");
    assert_eq!(site.refuses(&imap, "alice", &typed), "replayed-code");
    assert_eq!(site.opens(&imap, "alice", &format!("secret;{}", codes[0])), "backup-code");
    assert_eq!(site.refuses(&imap, "alice", "secret;00000000"), "wrong-code");
    assert_eq!(site.refuses(&imap, "alice", &format!("wrong;{}", codes[1])), "wrong-password");
}

fn a_users_file_of_pam_oath_goes_on_working(setup: Setup) {
    let site = setup.site_with(QUICK);
    site.add_user("alice", "secret");
    site.add_user("bob", "secret");
    let file =
        format!("# users\nHOTP/T30/6\talice\t-\t{}\nHOTP/T60/8 bob - {}\n", SECRETS[0], SECRETS[1]);
    site.world.write("/etc/users.oath", file, 0o600);
    assert_eq!(site.enroll(&["import", "/etc/users.oath"])["imported"], 2);
    let imap = site.imap();
    let six = oathtool(&site.world, &[SECRETS[0], "--now", "30 seconds"]);
    assert_eq!(site.opens(&imap, "alice", &format!("secret;{six}")), "totp");
    let eight = ["--digits", "8", "--time-step-size", "60s", SECRETS[1], "--now", "60 seconds"];
    let eight = format!("secret;{}", oathtool(&site.world, &eight));
    assert_eq!(site.opens(&imap, "bob", &eight), "totp");
    assert_eq!(site.refuses(&imap, "bob", &eight), "replayed-code");
    // Again, and there is nothing left to do.
    let again = site.enroll(&["import", "/etc/users.oath"]);
    assert_eq!(
        (&again["imported"], &again["devices"][1]["result"]),
        (&0.into(), &"already-there".into())
    );
}

/// A container as vendors of tokens send it, which libpskc reads the same way.
#[test]
fn a_pskc_file_that_pskctool_reads_goes_on_working() {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, QUICK);
    site.add_user("alice", "secret");
    let file = "<?xml version=\"1.0\"?>\n<KeyContainer Version=\"1.0\" Id=\"c\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">\n<KeyPackage><DeviceInfo><Manufacturer>oath.Acme</Manufacturer><SerialNo>42</SerialNo></DeviceInfo>\n<Key Id=\"1\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><AlgorithmParameters><ResponseFormat Length=\"8\" Encoding=\"DECIMAL\"/></AlgorithmParameters>\n<Data><Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret><TimeInterval><PlainValue>30</PlainValue></TimeInterval></Data>\n<UserId>UID=alice,DC=example,DC=org</UserId></Key></KeyPackage>\n</KeyContainer>\n";
    site.world.write("/root/tokens.xml", file, 0o600);
    site.world.command("pskctool").args(["--validate", "/root/tokens.xml"]).run().expect_success();
    let info = site.world.command("pskctool").args(["--info", "/root/tokens.xml"]).run();
    assert!(info.stdout.contains("Key Secret (base64): MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="), "{info:?}");
    site.enroll(&["import", "/root/tokens.xml"]);
    let code = oathtool(&site.world, &["--digits", "8", SECRETS[1], "--now", "30 seconds"]);
    let imap = site.imap();
    assert_eq!(site.opens(&imap, "alice", &format!("secret;{code}")), "totp");
}

/// RFC 6030 figure 6, whose key counts; here for TOTP.
#[test]
fn an_encrypted_pskc_file_opens_with_its_key_alone() {
    let site = Site::with_settings(Backend::Embedded, Running::OneShot, QUICK);
    site.add_user("alice", "secret");
    let figure = include_str!("../../../monk-import/src/fixtures/rfc6030-figure6.xml");
    site.world.write("/root/figure6.xml", figure, 0o600);
    site.world.command("pskctool").args(["--validate", "/root/figure6.xml"]).run().expect_success();
    let totp = figure
        .replace("pskc:hotp", "pskc:totp")
        .replace("Counter>", "TimeInterval>")
        .replace("<PlainValue>0<", "<PlainValue>30<");
    site.world.write("/root/tokens.xml", totp, 0o600);
    site.world.write("/root/wrong", "00345678901234567890123456789012\n", 0o600);
    let import = ["import", "/root/tokens.xml", "--user", "alice"];
    let (_, without) = site.try_enroll(&import);
    assert!(!without.success() && without.stdout.contains("--key-file"), "{without:?}");
    let (_, wrong) = site.try_enroll(&[&import[..], &["--key-file", "/root/wrong"]].concat());
    assert!(!wrong.success() && wrong.stdout.contains("key is wrong"), "{wrong:?}");
    assert_eq!(site.enroll(&["status", "alice"])["credentials"], serde_json::json!([]));

    site.world
        .command("monk-enroll")
        .args(import)
        .args(["--key-file", "-"])
        .stdin("12345678901234567890123456789012\n")
        .run()
        .expect_success();
    let code = oathtool(&site.world, &["--digits", "8", SECRETS[1], "--now", "30 seconds"]);
    let imap = site.imap();
    assert_eq!(site.opens(&imap, "alice", &format!("secret;{code}")), "totp");
}

#[test]
fn addresses_are_read_from_standard_input() {
    let site = Site::with_settings(Backend::Embedded, Running::OneShot, QUICK);
    site.add_user("alice", "secret");
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let output = site
        .world
        .command("monk-enroll")
        .args(["import", "-"])
        .stdin(format!("otpauth://totp/Old%20Mail:alice?secret={secret}&issuer=Old%20Mail\n"))
        .run()
        .expect_success();
    assert!(output.stdout.contains("alice  Old Mail  added"), "{output:?}");
    assert!(!output.stdout.contains(secret) && !output.stderr.contains(secret));
    let code = oathtool(&site.world, &["--base32", secret, "--now", "30 seconds"]);
    let imap = site.imap();
    assert_eq!(site.opens(&imap, "alice", &format!("secret;{code}")), "totp");
}

/// A user of the machine could point root at another user's secret.
#[test]
fn a_link_in_a_home_is_not_followed() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    site.add_user("alice", "secret");
    google_authenticator(&site.world, "victim");
    let (file, link) = ("/home/victim.google_authenticator", "/home/link");
    site.world.command("ln").args(["-s", file, link]).run().expect_success();
    let (_, output) = site.try_enroll(&["import", &format!("alice={link}")]);
    assert!(!output.success() && output.stdout.contains("symbolic link"), "{output:?}");
}

/// Has the real program make a file, and returns what is in it.
#[track_caller]
fn google_authenticator(world: &World, user: &str) -> String {
    let file = format!("/home/{user}.google_authenticator");
    world
        .command("google-authenticator")
        .args(["-t", "-d", "-f", "-r3", "-R30", "-w3", "-C", "-q", "-s", &file])
        .run()
        .expect_success();
    world.read(&file)
}

/// A code as the real oathtool computes it.
#[track_caller]
fn oathtool(world: &World, arguments: &[&str]) -> String {
    let tool: Command = world.command("oathtool").arg("--totp").args(arguments);
    tool.run().expect_success().stdout.trim().to_owned()
}
