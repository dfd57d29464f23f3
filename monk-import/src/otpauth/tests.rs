use monk_wire::manage::Algorithm;

use super::*;
use crate::names::Device;

const SECRET: &str = "JBSWY3DPEHPK3PXPGEZDGNBVGY3TQOJQ";
const OTHER: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn all(text: &str) -> Vec<Entry> {
    let parsed = parse(text, Leniency::default());
    assert_eq!(parsed.problems, [], "{text}");
    parsed.entries
}

fn one(address: &str) -> Entry {
    let mut entries = all(address);
    assert_eq!(entries.len(), 1, "{address}");
    entries.pop().unwrap()
}

fn problem(address: &str) -> String {
    let parsed = parse(address, Leniency::default());
    assert!(parsed.entries.is_empty(), "{address}");
    parsed.problems[0].message.clone()
}

fn user(entry: &Entry) -> &str {
    entry.who.user.as_deref().unwrap_or_default()
}

fn name(entry: &Entry) -> &str {
    match &entry.who.device {
        Device::Called(name) => name,
        Device::Unsaid => "",
        Device::Hidden => "hidden",
    }
}

#[test]
fn user_device_and_parameters_come_from_the_address() {
    let device = one(
        "otpauth://totp/Example%20Mail:%20alice?secret=gezdgnbvgy3tqojq&issuer=Mail&algorithm=SHA256&digits=8&period=60&image=x",
    );
    assert_eq!((user(&device), name(&device)), ("alice", "Mail"));
    assert_eq!(device.seed.expose(), b"1234567890");
    let expected = TotpParameters { algorithm: Algorithm::Sha256, digits: 8, period: 60 };
    assert_eq!(device.parameters, expected);
}

#[test]
fn what_is_left_out_is_as_usual() {
    // As google-authenticator prints it.
    let device = one("OTPAUTH://totp/root@host?secret=XRWYRHZFUWQF55DG47O7WI4QPI&issuer=host");
    assert_eq!((user(&device), name(&device), device.parameters), ("root", "host", USUAL));
    let device = one("otpauth://totp/Acme%3Abob?secret=GEZD%20GNBV%20GY3T%20QOJQ");
    assert_eq!((user(&device), name(&device)), ("bob", "Acme"));
    assert_eq!(device.seed.expose(), b"1234567890");
}

/// The findings of the field, and their kind.
#[test]
fn labels_may_be_encoded_once_twice_or_not_at_all() {
    for (address, device) in [
        ("Office%3A%20Main:alice?issuer=Office%3A%20Main", "Office: Main"),
        ("Office: Main:alice?issuer=Office: Main", "Office: Main"),
        ("Office%253A%2520Main%3Aalice?issuer=Office%253A%2520Main", "Office: Main"),
        ("Office%3A+Main:alice?issuer=Office%3A+Main", "Office: Main"),
        ("Office%3A%20Main%3A%20alice", "Office: Main"),
        ("Contoso:Example%20GmbH:alice?issuer=Contoso", "Contoso"),
        ("Who%3F:alice?issuer=Who%3F", "Who?"),
        ("Who?:alice?issuer=Who?", "Who?"),
        ("AT&amp;T:alice?issuer=AT%26T", "AT&T"),
        ("100%:alice?issuer=100%", "100%"),
        ("Mail/Work:alice?issuer=Mail/Work", "Mail/Work"),
    ] {
        let sign = if address.ends_with("alice") { '?' } else { '&' };
        let found = one(&format!("otpauth://totp/{address}{sign}secret={SECRET}"));
        assert_eq!((user(&found), name(&found)), ("alice", device), "{address}");
    }
    for entity in ["&amp;", "&#38;", "&#x26;"] {
        let found = one(&format!(
            "otpauth://totp/alice?secret={SECRET}{entity}issuer=Shop{entity}digits=8"
        ));
        assert_eq!((name(&found), found.parameters.digits), ("Shop", 8));
    }
}

#[test]
fn several_addresses_of_a_line_are_several_devices() {
    let address = |name: &str, secret: &str| {
        format!("otpauth://totp/Shop:{name}?secret={secret}&issuer=Shop")
    };
    for between in [",", ";", " ", "\t", ", ", "\",\"", " | "] {
        let line = format!("{}{between}{},", address("alice", SECRET), address("bob", OTHER));
        let found = all(&line);
        let users: Vec<_> = found.iter().map(|one| (user(one), name(one), one.line)).collect();
        assert_eq!(users, [("alice", "Shop", 1), ("bob", "Shop", 1)], "{line}");
        assert_ne!(found[0].seed, found[1].seed);
    }
    // The finding of the field.
    let line = format!(
        "otpauth://totp/Shop:alice?secret={SECRET}&issuer=Shop,otpauth://totp/Work:bob?secret={OTHER}"
    );
    let found = all(&line);
    let users: Vec<_> = found.iter().map(|one| (user(one), name(one))).collect();
    assert_eq!(users, [("alice", "Shop"), ("bob", "Work")]);
}

#[test]
fn no_secret_becomes_a_name_wherever_it_stands() {
    for (address, hidden) in [
        (format!("Shop:alice?secret={SECRET}&issuer={OTHER}"), true),
        (format!("Shop:alice?secret={SECRET}&issuer=Shop%2Cotpauth%3A%2F%2Ftotp"), true),
        (format!("Shop:alice?secret={SECRET}&issuer=Shop%252Cotpauth%253A%252F%252Ftotp"), true),
        (format!("Shop:alice?secret={SECRET}&issuer=Shop,bob,{OTHER}"), true),
        (format!("{OTHER}:alice?secret={SECRET}"), true),
        (
            format!("Shop:alice?secret={SECRET}&issuer=3132333435363738393031323334353637383930"),
            true,
        ),
        (format!("Shop:{OTHER}?secret={SECRET}&issuer=Shop"), false),
    ] {
        let found = one(&format!("otpauth://totp/{address}"));
        assert_eq!(found.who.device == Device::Hidden, hidden, "{address}");
        assert!(!format!("{:?}", found.who).contains(OTHER), "{address}");
    }
    for line in [
        format!("otpauth://totp/x?secret={SECRET}&issuer=otpauth://totp/y?secret={OTHER}"),
        format!("{OTHER} otpauth://totp/x?secret={SECRET}"),
    ] {
        let parsed = parse(&line, Leniency::default());
        assert_eq!((parsed.entries.len(), parsed.problems.len()), (0, 1), "{line}");
    }
}

#[test]
fn devices_of_other_kinds_are_refused_or_left_out_and_named() {
    let text = format!(
        "otpauth://hotp/Shop:alice?secret={SECRET}&counter=1\n\
         otpauth://steam/Steam:bob?secret={SECRET}\n\
         otpauth://totp/Steam:carol?secret={SECRET}&encoder=steam\n\
         otpauth://totp/Steam:dave?secret={SECRET}&issuer=Steam&digits=5\n\
         steam://{SECRET}\n\
         otpauth://totp/Shop:erin?secret={SECRET}\n"
    );
    let strict = parse(&text, Leniency::default());
    assert_eq!((strict.entries.len(), strict.problems.len()), (1, 5));
    assert!(strict.problems[0].message.contains("--skip-hotp"));
    assert!(strict.problems[1..].iter().all(|one| one.message.contains("--skip-steam")));
    let lenient = Leniency { skip_hotp: true, skip_steam: true, ..Leniency::default() };
    let parsed = parse(&text, lenient);
    assert_eq!((parsed.entries.len(), parsed.problems.len()), (1, 0));
    let named: Vec<_> = parsed
        .left_out
        .iter()
        .map(|one| (one.line, one.user.as_deref(), one.device.as_deref()))
        .collect();
    let steam = Some("Steam");
    assert_eq!(
        named,
        [
            (1, Some("alice"), Some("Shop")),
            (2, Some("bob"), steam),
            (3, Some("carol"), steam),
            (4, Some("dave"), steam),
            (5, None, None),
        ]
    );
    assert!(!format!("{:?}{:?}", parsed.left_out, strict.problems).contains(SECRET));
}

#[test]
fn what_makes_no_sense_is_refused_without_the_secret_in_the_words() {
    for (address, says) in [
        ("http://totp/x?secret=GEZDGNBVGY3TQOJQ", "no otpauth"),
        ("otpauth://totp/x", "without a secret"),
        ("otpauth://totp/x?issuer=y", "without a secret"),
        ("otpauth://totp?secret=GEZDGNBVGY3TQOJQ", "without a name"),
        ("otpauth://yaotp/x?secret=GEZDGNBVGY3TQOJQ", "neither"),
        ("otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQ&counter=1", "--skip-hotp"),
        ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJ1", "base 32"),
        ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&secret=AA", "twice"),
        ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&a&GEZDGNBVGY3TQOJQ&GEZDGNBVGY3TQOJQ", "twice"),
        ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&algorithm=MD5", "MD5"),
        ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&algorithm=GEZDGNBVGY3TQOJQ", "not shown"),
        ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&digits=six", "no number"),
        ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&digits=5", "5 digits"),
        ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&encoder=other", "other"),
        ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&encoder=GEZDGNBVGY3TQOJQ", "not shown"),
        ("otpauth://totp/%ff?secret=GEZDGNBVGY3TQOJQ", "UTF-8"),
    ] {
        let message = problem(address);
        assert!(message.contains(says), "{address}: {message}");
        assert!(!message.contains("GEZDGNBV"), "{message}");
    }
}

#[test]
fn an_address_has_a_bounded_number_of_parameters() {
    let many: String = (0..40).map(|number| format!("&{number}")).collect();
    assert!(problem(&format!("otpauth://totp/x?secret={SECRET}{many}")).contains("32 parameters"));
}
