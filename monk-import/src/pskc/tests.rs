use std::time::Duration;

use monk_wire::manage::Algorithm;

use super::xml::NAMESPACE;
use super::*;

/// RFC 6030 figure 6: AES-128-CBC with the pre-shared key [`KEY`].
const FIGURE_6: &str = include_str!("../fixtures/rfc6030-figure6.xml");
const KEY: &str = "12345678901234567890123456789012";

/// The same for TOTP, with a user.
fn totp(figure: &str) -> String {
    figure
        .replace("pskc:hotp", "pskc:totp")
        .replace("<Counter>", "<TimeInterval>")
        .replace("</Counter>", "</TimeInterval>")
        .replace("<PlainValue>0</PlainValue>", "<PlainValue>30</PlainValue>")
}

/// 2026-11-21.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_284_000)
}

fn read(text: &str, key: &str) -> Parsed {
    let key = (!key.is_empty()).then(|| PresharedKey::from_hex(key).ok().unwrap());
    parse(text, key, Leniency::default(), now())
}

fn problem(text: &str, key: &str) -> (usize, String) {
    let parsed = read(text, key);
    assert!(parsed.entries.is_empty(), "{text}");
    let [problem] = &parsed.problems[..] else { panic!("{:?}", parsed.problems) };
    (problem.line, problem.message.clone())
}

/// A container with one key, as `pskctool --info` takes it.
fn plain_key(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<KeyContainer Version=\"1.0\" xmlns=\"{NAMESPACE}\">\n<KeyPackage>\n<DeviceInfo><Manufacturer>oath.Acme</Manufacturer><SerialNo>42</SerialNo><UserId>uid=alice,dc=example</UserId></DeviceInfo>\n{inner}\n</KeyPackage>\n</KeyContainer>\n"
    )
}

const PLAIN: &str = "\
<Key Id=\"1\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\">
<AlgorithmParameters><Suite>HMAC-SHA256</Suite><ResponseFormat Length=\"8\" Encoding=\"DECIMAL\"/></AlgorithmParameters>
<Data><Secret><PlainValue>
  MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=
</PlainValue></Secret><TimeInterval><PlainValue>60</PlainValue></TimeInterval></Data>
</Key>";

#[test]
fn the_encrypted_example_of_the_rfc_opens_with_its_key() {
    let (_, message) = problem(FIGURE_6, KEY);
    assert!(message.contains("HOTP"), "{message}");
    let parsed = read(&totp(FIGURE_6), KEY);
    let [device] = &parsed.entries[..] else { panic!("{:?}", parsed.problems) };
    assert_eq!(device.seed.expose(), b"12345678901234567890");
    assert_eq!((device.parameters.digits, device.parameters.period), (8, 30));
    assert_eq!(device.who.device, Device::Called("Manufacturer 987654321".into()));
    assert_eq!(device.who.serial.as_deref(), Some("987654321"));
}

#[test]
fn a_wrong_key_and_an_altered_value_are_told_as_that() {
    let text = totp(FIGURE_6);
    let (_, message) = problem(&text, "02345678901234567890123456789012");
    assert!(message.contains("key is wrong"), "{message}");
    // The last block of the seed, and then the MAC itself.
    for (good, bad) in [("ZqIUqGv", "ZqIUqGw"), ("LRExc=", "LRExd=")] {
        let altered = text.replace(good, bad);
        assert_ne!(altered, text);
        let message = problem(&altered, KEY).1;
        assert!(message.contains("wrong, or") || message.contains("base 64"), "{message}");
    }
    let swapped = text.replace("Su+N", "Su+O");
    assert!(problem(&swapped, KEY).1.contains("altered"));
    assert!(problem(&text, "").1.contains("--key-file"));
    let without_mac = text.replace("ValueMAC", "OtherMAC");
    assert!(problem(&without_mac, KEY).1.contains("without a ValueMAC"));
    let no_method = text.replace("MACMethod", "Method");
    assert!(problem(&no_method, KEY).1.contains("no MACMethod"));
}

#[test]
fn keys_are_128_bits_in_hex() {
    assert!(PresharedKey::from_hex(&format!(" {KEY}\n")).is_ok());
    for wrong in ["", "1234", "123456789012345678901234567890zz"] {
        assert!(PresharedKey::from_hex(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_plain_key_says_its_user_device_and_parameters() {
    let parsed = read(&plain_key(PLAIN), "");
    let [device] = &parsed.entries[..] else { panic!("{:?}", parsed.problems) };
    assert_eq!(device.line, 5);
    assert_eq!(device.who.user.as_deref(), Some("alice"));
    assert_eq!(device.who.device, Device::Called("Acme 42".into()));
    assert_eq!(device.seed.expose(), b"12345678901234567890");
    let expected = TotpParameters { algorithm: Algorithm::Sha256, digits: 8, period: 60 };
    assert_eq!(device.parameters, expected);
}

#[test]
fn the_users_name_is_a_name_or_in_a_dn() {
    for (text, user) in [
        ("alice", Some("alice")),
        ("CN=Alice Example,UID=alice,DC=example", Some("alice")),
        ("cn=bob , dc=example", Some("bob")),
        ("dc=example", None),
        ("uid=a\\2cb,dc=example", None),
        ("", None),
    ] {
        assert_eq!(user_of(text).as_deref(), user, "{text}");
    }
}

#[test]
fn limits_that_cannot_be_kept_forbid_the_import() {
    let with = |policy: &str| {
        plain_key(&PLAIN.replace("</Key>", &format!("<Policy>{policy}</Policy></Key>")))
    };
    assert_eq!(read(&with("<KeyUsage>OTP</KeyUsage>"), "").entries.len(), 1);
    for (policy, says) in [
        ("<KeyUsage>CR</KeyUsage>", "does not allow"),
        ("<StartDate>2030-01-01T00:00:00Z</StartDate>", "begin on 2030-01-01"),
        ("<ExpiryDate>2020-01-01T00:00:00Z</ExpiryDate>", "ended on 2020-01-01"),
        ("<ExpiryDate>soon</ExpiryDate>", "no date"),
        ("<StartDate/>", "no date"),
        ("<NumberOfTransactions>3</NumberOfTransactions>", "NumberOfTransactions"),
        ("<PINPolicy/>", "--ignore-pins"),
    ] {
        let (line, message) = problem(&with(policy), "");
        assert!(line == 5 && message.contains(says), "{message}");
    }
    let lenient = Leniency { ignore_pins: true, ..Leniency::default() };
    assert_eq!(parse(&with("<PINPolicy/>"), None, lenient, now()).entries.len(), 1);
}

/// As vendors write it.
const POLICY: &str =
    "<StartDate>2012-08-01T00:00:00Z</StartDate><ExpiryDate>2037-12-31T00:00:00Z</ExpiryDate>";

fn with_policy(policy: &str) -> String {
    plain_key(&PLAIN.replace("</Key>", &format!("<Policy>{policy}</Policy></Key>")))
}

#[test]
fn an_end_in_the_future_is_a_warning_and_can_be_forgotten() {
    for policy in [
        POLICY,
        "<ExpiryDate>2037-12-31T00:00:00</ExpiryDate>",
        "<ExpiryDate>2037-12-31T01:00:00.5+01:00</ExpiryDate>",
        "<ExpiryDate> 2037-12-31 </ExpiryDate>",
        // The moment itself has begun.
        "<StartDate>2026-11-21T18:00:00Z</StartDate><ExpiryDate>2037-12-31</ExpiryDate>",
    ] {
        let parsed = read(&with_policy(policy), "");
        assert_eq!(parsed.problems, [], "{policy}");
        let [warning] = &parsed.entries[0].warnings[..] else { panic!("{policy}") };
        assert!(warning.contains("ends on 2037-12-3"), "{warning}");
    }
    let lenient = Leniency { ignore_expiry: true, ..Leniency::default() };
    let parsed = parse(&with_policy(POLICY), None, lenient, now());
    assert!(parsed.entries[0].warnings.is_empty());
}

#[test]
fn an_end_in_the_past_is_refused_or_left_out_and_named() {
    let text = with_policy("<ExpiryDate>2026-11-21T18:00:00Z</ExpiryDate>");
    let forgetful = Leniency { ignore_expiry: true, ..Leniency::default() };
    for leniency in [Leniency::default(), forgetful] {
        let parsed = parse(&text, None, leniency, now());
        let [problem] = &parsed.problems[..] else { panic!("{:?}", parsed.problems) };
        assert_eq!(problem.device.as_deref(), Some("Acme 42"));
        assert!(problem.message.contains("--skip-expired"), "{}", problem.message);
    }
    let lenient = Leniency { skip_expired: true, ..Leniency::default() };
    let parsed = parse(&text, None, lenient, now());
    assert_eq!((parsed.entries.len(), parsed.left_out.len()), (0, 1));
    assert_eq!(parsed.left_out[0].user.as_deref(), Some("alice"));
}

#[test]
fn what_a_file_is_encrypted_with_is_told_without_a_key() {
    let preshared = totp(FIGURE_6);
    let inside = |key: &str| {
        let start =
            preshared.find("<EncryptionKey>").or_else(|| preshared.find("<pskc:EncryptionKey>"));
        let start = start.expect("an EncryptionKey");
        let start = start + preshared[start..].find('>').expect("its end") + 1;
        let end =
            preshared.find("</pskc:EncryptionKey>").or_else(|| preshared.find("</EncryptionKey>"));
        format!("{}{key}{}", &preshared[..start], &preshared[end.expect("its end")..])
    };
    for (text, says) in [
        (preshared.clone(), "--key-file"),
        (inside("<DerivedKey xmlns=\"x\"/>"), "passphrase (PBKDF2)"),
        (inside("<X509Data xmlns=\"x\"/>"), "certificate"),
        (preshared.replace("#aes128-cbc", "#aes256-cbc"), "another cipher"),
    ] {
        let message = problem(&text, "").1;
        assert!(message.contains(says), "{message}");
        assert_eq!(message.contains("--key-file"), says == "--key-file", "{message}");
    }
}

#[test]
fn a_delivery_has_serial_numbers_in_place_of_users() {
    let text = plain_key(PLAIN).replace("<UserId>uid=alice,dc=example</UserId>", "");
    let device = &read(&text, "").entries[0];
    assert_eq!((device.who.user.as_ref(), device.who.serial.as_deref()), (None, Some("42")));
    let device = &read(&text.replace("<SerialNo>42</SerialNo>", ""), "").entries[0];
    assert_eq!(device.who.serial.as_deref(), Some("1"), "the Id of the key");
}

#[test]
fn no_secret_becomes_the_name_of_a_token() {
    let secret = "SGVsbG8h3q2+7zEyMzQ1Njc4OTA=";
    for text in [
        plain_key(PLAIN).replace("<SerialNo>42<", &format!("<SerialNo>{secret}<")),
        plain_key(
            &PLAIN.replace("</Key>", &format!("<FriendlyName>{secret}</FriendlyName></Key>")),
        ),
    ] {
        assert_eq!(read(&text, "").entries[0].who.device, Device::Hidden);
    }
    let text = plain_key(PLAIN).replace("uid=alice,dc=example", secret);
    assert_eq!(read(&text, "").entries[0].who.user, None);
}

#[test]
fn each_problem_has_its_own_line() {
    let keys = "<Key/>\n".repeat(50);
    let parsed = read(&plain_key(&keys), "");
    let lines: Vec<_> = parsed.problems.iter().map(|one| one.line).collect();
    assert_eq!(lines, (5..55).collect::<Vec<_>>());
}

#[test]
fn namespaces_without_end_are_refused_before_the_parser_sees_them() {
    let many: String =
        (0..2_000).map(|number| format!(" xmlns:a{number:x}=\"{number:x}\"")).collect();
    let (line, message) = problem(&format!("\n<KeyContainer xmlns=\"{NAMESPACE}\"{many}/>"), "");
    assert_eq!(line, 2);
    assert!(message.contains("attributes"), "{message}");
}

#[test]
fn what_makes_no_sense_is_refused_with_its_line() {
    for (good, bad, says) in [
        ("pskc:totp", "pskc:pin", "neither TOTP"),
        (" Algorithm=", " Algo=", "no Algorithm"),
        ("Length=\"8\"", "Length=\"7\"", "7 digits"),
        ("DECIMAL", "HEXADECIMAL", "not decimal"),
        ("HMAC-SHA256", "MD5", "Suite"),
        ("MTIz", "MT!z", "base 64"),
        ("<PlainValue>60<", "<PlainValue>x<", "TimeInterval"),
        ("<TimeInterval>", "<Time><PlainValue>5</PlainValue></Time><TimeInterval>", "1970"),
        ("<Secret>", "<Public>", "broken"),
    ] {
        let (line, message) = problem(&plain_key(&PLAIN.replace(good, bad)), "");
        assert!(line >= 5 && message.contains(says), "{bad}: {message}");
    }
    for text in ["<a/>", "<", "", "<!DOCTYPE a><a/>", "<KeyContainer/>"] {
        let parsed = read(text, "");
        assert_eq!(parsed.problems.len(), 1, "{text}");
    }
    assert!(problem(&plain_key(PLAIN), KEY).1.contains("nothing in the file is encrypted"));
}
