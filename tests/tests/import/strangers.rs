//! Files as other programs and vendors write them: their users log in afterwards, and no secret is seen
//! where names are.

use monk_tests::Status;
use monk_tests::site::{Backend, Running, Setup, Site};
use monk_tests::{in_both_ways, in_every_setup};
use serde_json::Value;

use super::broken_off::everything;
use super::{QUICK, oathtool};

/// Secrets of two devices in base 32.
const ALICE: &str = "JBSWY3DPEHPK3PXPGEZDGNBVGY3TQOJQ";
const BOB: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// Secrets of two tokens in base 64, and in hex for oathtool.
const TOKENS: [(&str, &str, &str); 2] = [
    ("2600100000001", "SGVsbG8h3q2+7zEyMzQ1Njc4OTA=", "48656c6c6f21deadbeef31323334353637383930"),
    ("2600100000002", "MDk4NzY1NDMyMe++rd4hb2xsZUg=", "30393837363534333231efbeadde216f6c6c6548"),
];

in_every_setup!(two_addresses_on_a_line_open_for_two_users_and_no_secret_is_a_name);

in_both_ways!(
    users_log_in_whose_labels_other_programs_wrote,
    tokens_of_a_delivery_open_for_those_whom_the_list_names,
);

fn site(running: Running) -> Site {
    let site = Site::with_settings(Backend::Embedded, running, QUICK);
    site.add_user("alice", "secret");
    site.add_user("bob", "secret");
    site
}

#[track_caller]
fn log_in(site: &Site, user: &str, code: &[&str]) {
    let code = oathtool(&site.world, code);
    assert_eq!(site.opens(&site.imap(), user, &format!("secret;{code}")), "totp");
}

fn two_addresses_on_a_line_open_for_two_users_and_no_secret_is_a_name(setup: Setup) {
    let site = setup.site_with(QUICK);
    site.add_user("alice", "secret");
    site.add_user("bob", "secret");
    let line = format!(
        "otpauth://totp/Shop:alice?secret={ALICE}&issuer=Shop,otpauth://totp/Work:bob?secret={BOB}\n"
    );
    site.world.write("/root/comma.txt", line, 0o600);
    assert_eq!(site.enroll(&["import", "/root/comma.txt"])["imported"], 2);
    for (user, name, secret) in [("alice", "Shop", ALICE), ("bob", "Work", BOB)] {
        let status = site.enroll(&["status", user]);
        assert_eq!(status["credentials"][0]["name"], name, "{status}");
        log_in(&site, user, &["--base32", secret, "--now", "30 seconds"]);
    }
    // A secret in the place of a name: from a file, or typed.
    let stray = format!("otpauth://totp/alice?secret={BOB}&issuer={ALICE}\n");
    site.world.write("/root/stray.txt", stray, 0o600);
    for words in [
        &["import", "/root/stray.txt"][..],
        &["import", "--name", ALICE, "/root/comma.txt"],
        &["app-password", "create", "alice", "--name", ALICE],
        &["totp", "rename", "alice", "Shop", "--to", ALICE],
    ] {
        let output = site.world.command("monk-enroll").args(words).run();
        assert_ne!(output.status, Status::Code(0), "{words:?}: {output:?}");
        assert!(output.stderr.contains("looks like a secret"), "{words:?}: {output:?}");
        for text in [&output.stdout, &output.stderr] {
            assert!(!text.contains(ALICE) && !text.contains(BOB), "{words:?}: {output:?}");
        }
    }
    for text in everything(&site) {
        assert!(!text.contains(ALICE) && !text.contains(BOB), "{text}");
    }
}

fn users_log_in_whose_labels_other_programs_wrote(running: Running) {
    for label in [
        "Office%3A%20Main:alice?issuer=Office%3A%20Main&",
        "Office%253A%2520Main%253Aalice?issuer=Office%253A%2520Main&amp;",
        "Contoso:Example%20GmbH:alice?issuer=Contoso&",
        "alice@web1?",
    ] {
        let site = site(running);
        let address = format!("otpauth://totp/{label}secret={ALICE}\n");
        site.world.write("/root/one.txt", address, 0o600);
        assert_eq!(site.enroll(&["import", "/root/one.txt"])["imported"], 1, "{label}");
        log_in(&site, "alice", &["--base32", ALICE, "--now", "30 seconds"]);
    }
}

fn delivery(policy: &str) -> String {
    let token = |(serial, secret, _): (&str, &str, &str)| {
        format!(
            "<KeyPackage><DeviceInfo><Manufacturer>oath.Acme</Manufacturer><SerialNo>{serial}</SerialNo></DeviceInfo>\n<Key Id=\"{serial}\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><AlgorithmParameters><ResponseFormat Length=\"6\" Encoding=\"DECIMAL\"/></AlgorithmParameters>\n<Data><Secret><PlainValue>{secret}</PlainValue></Secret><Time><PlainValue>0</PlainValue></Time><TimeInterval><PlainValue>60</PlainValue></TimeInterval></Data>{policy}</Key></KeyPackage>\n"
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">\n{}</KeyContainer>\n",
        TOKENS.map(token).concat()
    )
}

fn tokens_of_a_delivery_open_for_those_whom_the_list_names(running: Running) {
    let site = site(running);
    let policy = "<Policy><StartDate>2012-08-01T00:00:00Z</StartDate><ExpiryDate>2099-12-31T00:00:00Z</ExpiryDate></Policy>";
    site.world.write("/root/two.xml", delivery(policy), 0o600);
    let list = format!("{},bob\n{},alice\n", TOKENS[1].0, TOKENS[0].0);
    site.world.write("/root/list.csv", list, 0o600);
    let (_, without) = site.try_enroll(&["import", "/root/two.xml"]);
    assert!(!without.success() && without.stdout.contains("--owner"), "{without:?}");
    let (_, all) = site.try_enroll(&["import", "--user", "alice", "/root/two.xml"]);
    assert!(!all.success() && all.stdout.contains("--all-tokens"), "{all:?}");
    let (_, guessed) = site.try_enroll(&["import", "alice=/root/two.xml"]);
    assert!(!guessed.success() && guessed.stdout.contains("--format pskc"), "{guessed:?}");

    let imported = site.enroll(&["import", "--owners", "/root/list.csv", "/root/two.xml"]);
    assert_eq!(imported["imported"], 2);
    let warning = &imported["devices"][0]["warnings"][0];
    assert!(warning.as_str().is_some_and(|text| text.contains("2099-12-31")), "{imported}");
    for (user, (_, _, secret)) in ["alice", "bob"].into_iter().zip(TOKENS) {
        log_in(&site, user, &["--time-step-size", "60s", secret, "--now", "60 seconds"]);
    }

    let past = "<Policy><ExpiryDate>2020-01-01T00:00:00Z</ExpiryDate></Policy>";
    site.world.write("/root/past.xml", delivery(past), 0o600);
    let skip = ["import", "--owners", "/root/list.csv", "--skip-expired", "/root/past.xml"];
    let (_, refused) = site.try_enroll(&["import", "--owners", "/root/list.csv", "/root/past.xml"]);
    assert!(!refused.success() && refused.stdout.contains("2020-01-01"), "{refused:?}");
    let (document, left) = site.try_enroll(&skip);
    assert!(left.success(), "{left:?}");
    let named = |device: &Value| device["name"].as_str().unwrap_or_default().to_owned();
    let devices = document["devices"].as_array().expect("a list");
    assert_eq!(
        devices.iter().map(named).collect::<Vec<_>>(),
        ["Acme 2600100000001", "Acme 2600100000002"]
    );
}
