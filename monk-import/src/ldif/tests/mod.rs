mod files;

use std::time::{Duration, SystemTime};

use monk_wire::Secret;
use monk_wire::manage::{Algorithm, TotpParameters};

use super::parse;
use crate::names::Device;
use crate::parsed::{Entry, Leniency, Parsed};
use crate::systems::System;
use crate::values::USUAL;

/// A key with bytes that are no text, and what LDIF makes of it.
const KEY: &[u8] =
    &[0x85, 0x2f, 0xf6, 0x6b, 0x40, 0xd7, 5, 0x22, 0x8c, 0x24, 0x89, 0x48, 0x70, 2, 0x5b];
const ENCODED: &str = "hS/2a0DXBSKMJIlIcAJb";

/// What `ldapsearch -D 'cn=Directory Manager' -b cn=otp,…` prints.
fn freeipa(more: &str) -> String {
    format!(
        "# extended LDIF\n#\n# LDAPv3\n\n# 380e27a4-438d-4c94-9dde-a3f6bc64ea1a, otp, example.org\ndn: ipatokenuniqueid=380e27a4-438d-4c94-9dde-a3f6bc64ea1a,cn=otp,dc=example,dc=o\n rg\nobjectClass: top\nobjectClass: ipatoken\nobjectClass: ipatokentotp\nipatokenOTPkey:: {ENCODED}\nipatokenOwner: uid=alice,cn=users,cn=accounts,dc=example,dc=org\nipatokenUniqueID: 380e27a4-438d-4c94-9dde-a3f6bc64ea1a\nipatokenTOTPtimeStep: 60\nipatokenOTPalgorithm: sha256\nipatokenOTPdigits: 8\nipatokenTOTPclockOffset: 0\n{more}\n# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 2\n# numEntries: 1\n"
    )
}

/// What `slapcat` prints of a user, a token and its parameters.
const OATH: &str = "\
dn: uid=alice,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
objectClass: oathTOTPUser
uid: alice
cn: Alice
oathTOTPToken: CN=Token 1, ou=Tokens,dc=EXAMPLE,dc=org

dn: cn=token  1,ou=tokens,dc=example,dc=org
objectClass: oathTOTPToken
oathTOTPParams: cn=usual,ou=tokens,dc=example,dc=org
oathSecret:: hS/2a0DXBSKMJIlIcAJb
oathTOTPLastTimeStep: 58000000

dn: cn=usual,ou=tokens,dc=example,dc=org
objectClass: oathTOTPParams
oathOTPLength: 6
oathTOTPTimeStepPeriod: 30
oathHMACAlgorithm: 1.2.840.113549.2.11
";

const TOTP_SECRET: &str = "\
version: 1
dn: uid=alice,ou=people,dc=example,dc=org
objectClass: totpUser
uid: alice
totpSecret: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
totpStatus: active
totpScratchCode: 12345678
totpScratchCode: TOTP-SCRATCH:87654321
";

/// 2026-11-27.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_737_600)
}

fn read(text: &str) -> Parsed {
    parse(text, Leniency::default(), now())
}

#[track_caller]
fn device(text: &str) -> Entry {
    let mut parsed = read(text);
    assert_eq!((&parsed.problems, &parsed.left_out), (&vec![], &vec![]), "{text}");
    assert_eq!(parsed.entries.len(), 1, "{text}");
    parsed.entries.remove(0)
}

/// Asserts that the text is one problem, or one token that is left out, and that this is said of it.
#[track_caller]
fn says(text: &str, is_left_out: bool, line: usize, message: &str) {
    let parsed = read(text);
    assert!(parsed.entries.is_empty(), "{text}");
    let (told, untold) = match is_left_out {
        true => (parsed.left_out, parsed.problems),
        false => (parsed.problems, parsed.left_out),
    };
    let [one] = &told[..] else { panic!("{told:?} {untold:?} of {text}") };
    assert!(untold.is_empty(), "{untold:?} of {text}");
    assert!(
        one.message.contains(message) && one.line == line,
        "{one:?}, not line {line}: {message}"
    );
}

#[track_caller]
fn refused(text: &str, line: usize, message: &str) {
    says(text, false, line, message);
}

#[test]
fn a_token_of_freeipa_is_a_device_of_its_owner() {
    let device = device(&freeipa(""));
    assert_eq!(device.line, 6);
    assert_eq!(device.who.user.as_deref(), Some("alice"));
    assert_eq!(device.who.device, Device::Called("FreeIPA token".into()));
    assert_eq!(device.who.serial.as_deref(), Some("380e27a4-438d-4c94-9dde-a3f6bc64ea1a"));
    assert_eq!(device.seed.expose(), KEY);
    let parameters = TotpParameters { algorithm: Algorithm::Sha256, digits: 8, period: 60 };
    assert_eq!(device.parameters, parameters);
    assert_eq!(device.warnings, ["its secret has 120 bits only; RFC 4226 wants 128"]);
    assert!(read(&freeipa("")).systems.contains(&System::FreeIpa));
}

#[test]
fn a_token_is_called_what_its_owner_calls_it() {
    let name = |text: &str| device(text).who.device;
    let named = |text: &str| Device::Called(text.into());
    assert_eq!(name(&freeipa("description: My phone\n")), named("My phone"));
    assert_eq!(name(&freeipa("ipatokenVendor: Acme\nipatokenModel: T1\n")), named("Acme T1"));
    let chosen = freeipa("").replace("380e27a4-438d-4c94-9dde-a3f6bc64ea1a", "phone");
    assert_eq!(name(&chosen), named("phone"));
    assert_eq!(name(&freeipa("description: JBSWY3DPEHPK3PXP\n")), Device::Hidden);
}

#[test]
fn freeipas_own_rules_say_what_is_missing_or_odd() {
    let without = |attribute: &str| {
        let kept = |line: &&str| !line.starts_with(attribute);
        let full = freeipa("");
        full.lines().filter(kept).map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_eq!(device(&without("ipatokenOTPalgorithm")).parameters.algorithm, Algorithm::Sha1);
    assert_eq!(device(&without("ipatokenTOTPtimeStep")).parameters.period, 30);
    assert_eq!(device(&freeipa("").replace("Step: 60", "Step: 4")).parameters.period, 30);
    let skewed = device(&freeipa("").replace("Offset: 0", "Offset: -90"));
    assert!(
        skewed.warnings.iter().any(|one| one.contains("90 seconds off")),
        "{:?}",
        skewed.warnings
    );
    assert_eq!(device(&without("ipatokenOwner")).who.user, None);
    let odd = freeipa("").replace("Owner: uid=", "Owner: cn=");
    assert_eq!(device(&odd).who.user, None);
    assert_eq!(
        device(&freeipa("").replace("uid=alice", "uid=al\\2cice")).who.user.as_deref(),
        Some("al,ice")
    );
    for (attribute, message) in
        [("ipatokenOTPkey", "Directory Manager"), ("ipatokenOTPdigits", "no ipatokenOTPdigits")]
    {
        refused(&without(attribute), 6, message);
    }
    refused(
        &without("objectClass").replace("TOTPtimeStep", "TOTPother"),
        6,
        "export its objectClass",
    );
    for (from, to, message) in [
        ("Owner: uid=", "Owner: uid", "ipatokenOwner is no DN"),
        ("sha256", "sha384", "sha384"),
        ("digits: 8", "digits: 7", "7 digits"),
        ("digits: 8", "digits: 300", "out of range"),
        ("Step: 60", "Step: -60", "out of range"),
        ("Step: 60", "Step: 600", "600 seconds"),
        ("Offset: 0", "Offset: none", "no number"),
        (ENCODED, "", "is empty"),
    ] {
        refused(&freeipa("").replace(from, to), 6, message);
    }
    let second = "ipatokenOwner: uid=bob,cn=users,cn=accounts,dc=example,dc=org\n";
    refused(&freeipa(second), 6, "several values of ipatokenOwner");
}

#[test]
fn what_freeipa_itself_does_not_take_is_left_out_and_told() {
    for (more, message) in [
        ("ipatokenDisabled: TRUE\n", "disabled"),
        ("ipatokenNotAfter: 20200101000000Z\n", "ended on 2020-01-01"),
        ("ipatokenNotBefore: 20370101000000Z\n", "from 2037-01-01 on"),
    ] {
        says(&freeipa(more), true, 6, message);
    }
    let ahead = freeipa(
        "ipatokenDisabled: FALSE\nipatokenNotBefore: 20200101000000Z\nipatokenNotAfter: 20370101000000Z\n",
    );
    assert!(device(&ahead).warnings.iter().any(|one| one.contains("ends on 2037-01-01")));
    let lenient = Leniency { ignore_expiry: true, ..Leniency::default() };
    assert_eq!(parse(&ahead, lenient, now()).entries[0].warnings.len(), 1, "of the secret alone");
    refused(&freeipa("ipatokenDisabled: maybe\n"), 6, "neither TRUE nor FALSE");
    refused(&freeipa("ipatokenNotAfter: soon\n"), 6, "is no time");
}

#[test]
fn tokens_that_count_are_refused_or_left_out() {
    let counting = freeipa("ipatokenHOTPcounter: 3\n");
    let of_class = freeipa("").replace("ipatokentotp", "ipatokenhotp");
    let oath = OATH.replace("TOTPToken", "HOTPToken");
    let params = OATH.replace("TOTPParams", "HOTPParams");
    for (text, line) in [(counting, 6), (of_class, 6), (oath, 8), (params, 8)] {
        refused(&text, line, "--skip-hotp");
        let parsed = parse(&text, Leniency { skip_hotp: true, ..Leniency::default() }, now());
        assert_eq!((parsed.problems.len(), parsed.left_out.len()), (0, 1), "{text}");
    }
}

#[test]
fn a_token_of_slapo_otp_belongs_to_the_user_who_points_to_it() {
    let one = device(OATH);
    assert_eq!((one.line, one.who.user.as_deref()), (8, Some("alice")));
    assert_eq!(one.who.device, Device::Called("OATH token".into()));
    assert_eq!(one.seed.expose(), KEY);
    assert_eq!(one.parameters, TotpParameters { algorithm: Algorithm::Sha512, ..USUAL });
    assert!(read(OATH).systems.contains(&System::OathLdap));
    // The user, the token and its parameters are one entry.
    let own = "dn: cn=Alice,dc=x\nuid: alice\noathSecret: 12345678901234567890\noathTOTPParams: CN=alice, DC=x\noathOTPLength: 8\noathTOTPTimeStepPeriod: 60\noathHMACAlgorithm: 1.2.840.113549.2.7\n";
    let one = device(own);
    assert_eq!(one.who.user.as_deref(), Some("alice"));
    assert_eq!(
        one.parameters,
        TotpParameters { algorithm: Algorithm::Sha1, digits: 8, period: 60 }
    );
    let itself = own.replace(
        "oathSecret",
        "oathTOTPToken: cn=alice,dc=x\noathToken: cn=alice,dc=x\noathSecret",
    );
    assert_eq!(device(&itself).who.user.as_deref(), Some("alice"));
    let named = OATH.replace("oathTOTPLast", "oathTokenIdentifier: yubi-7\noathTOTPLast");
    assert_eq!(device(&named).who.device, Device::Called("yubi-7".into()));
    let nobody = OATH.replace("oathTOTPToken: CN=", "seeAlso: CN=");
    assert_eq!(device(&nobody).who.user, None);
}

#[test]
fn what_does_not_fit_together_in_oath_ldap_is_told() {
    let token = |attribute: &str| OATH.replace("oathTOTPLastTimeStep: 58000000", attribute);
    let bob = "\ndn: uid=bob,dc=x\noathTOTPToken: cn=token 1,ou=tokens,dc=example,dc=org\n";
    for (text, line, message) in [
        (format!("{OATH}{bob}"), 8, "alice and bob have this token"),
        (OATH.replace("oathSecret:", "description:"), 8, "has no oathSecret"),
        (
            OATH.replace("oathTOTPParams: cn=usual", "oathTOTPParams: cn=other"),
            8,
            "export them, too",
        ),
        (OATH.replace("oathTOTPParams: cn", "seeAlso: cn"), 8, "has no oathTOTPParams"),
        (OATH.replace("oathOTPLength: 6\n", ""), 8, "no oathOTPLength"),
        (OATH.replace("oathTOTPTimeStepPeriod: 30\n", ""), 8, "no oathTOTPTimeStepPeriod"),
        (OATH.replace("oathHMACAlgorithm", "seeAlso"), 8, "no oathHMACAlgorithm"),
        (OATH.replace(".2.11", ".2.8"), 8, "none that monk knows"),
        (OATH.replace("Length: 6", "Length: 10"), 8, "10 digits"),
        (
            OATH.replace("uid=alice", "cn=alice").replace("cn: Alice", "uid: al"),
            8,
            "several values of uid",
        ),
        (
            OATH.replace("oathSecret:: hS/2a0DXBSKMJIlIcAJb", "oathSecret: {\"ciphertext\":\"x\"}"),
            8,
            "encrypted",
        ),
        (
            OATH.replace("oathSecret:: hS/2a0DXBSKMJIlIcAJb", "oathSecret: eyJ.a.b.c.d"),
            8,
            "encrypted",
        ),
    ] {
        refused(&text, line, message);
    }
    let missing = OATH.replace("CN=Token 1", "cn=another");
    let parsed = read(&missing);
    let [problem] = &parsed.problems[..] else { panic!("{:?}", parsed.problems) };
    assert_eq!((problem.line, problem.user.as_deref()), (1, Some("alice")));
    assert!(problem.message.contains("not in the file"), "{problem:?}");
    let drifted = device(&token("oathTOTPTimeStepDrift: -2"));
    assert!(drifted.warnings.iter().any(|one| one.contains("60 seconds off")));
    let aged = |age: &str| {
        token("oathSecretTime: 20261126000000Z")
            .replace("oathOTPLength", &format!("{age}oathOTPLength"))
    };
    says(&aged("oathSecretMaxAge: 3600\n"), true, 8, "ended on 2026-11-26");
    let ahead = device(&aged("oathSecretMaxAge: 864000\noathMaxUsageCount: 5\n"));
    assert_eq!(ahead.warnings.len(), 3, "{:?}", ahead.warnings);
    assert_eq!(device(&aged("oathMaxUsageCount: -1\n")).warnings.len(), 1);
}

#[test]
fn a_secret_of_ldap_user_manager_comes_with_its_scratch_codes() {
    let one = device(TOTP_SECRET);
    assert_eq!((one.line, one.who.user.as_deref()), (2, Some("alice")));
    assert_eq!(
        (one.parameters, one.seed.expose()),
        (USUAL, &b"Hello!\xde\xad\xbe\xefHello!\xde\xad\xbe\xef"[..])
    );
    let codes: Vec<_> = one.scratch_codes.iter().filter_map(Secret::expose_str).collect();
    assert_eq!(codes, ["12345678", "87654321"]);
    assert!(one.warnings.is_empty());
    assert!(read(TOTP_SECRET).systems.contains(&System::LdapUserManager));
    for secret in
        ["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP======", "jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp"]
    {
        let padded = TOTP_SECRET.replace("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", secret);
        assert_eq!(device(&padded).seed.expose().len(), 20, "{secret}");
    }
    let more: String = (0..12).map(|n| format!("totpScratchCode: 000000{n:02}\n")).collect();
    let many = device(&format!("{TOTP_SECRET}totpScratchCode: $6$x\n{more}"));
    assert_eq!(many.scratch_codes.len(), 10);
    assert!(many.warnings[0].contains("5 of 15 scratch codes"), "{:?}", many.warnings);
}

#[test]
fn a_secret_that_ldap_user_manager_does_not_use_is_left_out() {
    for status in ["disabled", "none", "pending", "BYPASSED"] {
        says(&TOTP_SECRET.replace("active", status), true, 2, "left out");
    }
    assert_eq!(
        device(&TOTP_SECRET.replace("totpStatus: active\n", "")).who.user.as_deref(),
        Some("alice")
    );
    for (from, to, message) in [
        ("totpSecret", "x-totp", "no totpSecret"),
        ("JBSW", "1018", "base 32"),
        ("active", "on", "not known"),
        (
            "totpStatus: active",
            "totpStatus: active\ntotpStatus: none",
            "several values of totpStatus",
        ),
        ("totpSecret", "totpSecret: JBSWY3DP\ntotpSecret", "several values of totpSecret"),
    ] {
        refused(&TOTP_SECRET.replace(from, to), 2, message);
    }
    // Nothing is enrolled, and nothing is missing.
    let nothing = TOTP_SECRET.replace("totpSecret", "x-totp").replace("active", "none");
    assert_eq!((read(&nothing).entries.len(), read(&nothing).problems), (0, vec![]));
}
