use super::*;
use crate::factors::app_password::LastUse;

/// One record of each kind, with every field that it can have.
const CREDENTIAL_RECORDS: [&str; 6] = [
    r#"{"v":2,"id":"00000000000000ff","label":"Phone","created":5,"factor":{"totp":{"parameters":{"algorithm":"sha256","digits":8,"period":60},"seed":"aabbccdd:AAAA","pending":true}}}"#,
    r#"{"v":2,"id":"00000000000000ff","label":"Mail","created":5,"factor":{"app-password":{"public":"abcd","hash":{"key":"aabbccdd","cost":{"m":1024,"t":1},"salt":"AA==","hashes":["BB=="]},"scope":{"services":["imap"],"networks":["192.0.2.0/24"]},"expires":9}}}"#,
    r#"{"v":2,"id":"00000000000000ff","label":"Paper","created":5,"factor":{"backup-code":{"hashes":{"key":"aabbccdd","cost":{"m":19456,"t":2},"salt":"AA==","hashes":["BB==","CC=="]},"shape":"digits"}}}"#,
    r#"{"v":2,"id":"00000000000000ff","label":"Reset","created":5,"factor":{"enrolment-code":{"hashes":{"key":"aabbccdd","cost":{"m":19456,"t":2},"salt":"AA==","hashes":["BB=="]},"expires":9}}}"#,
    r#"{"v":2,"id":"00000000000000ff","label":"At home","created":5,"factor":{"email":{"address":"a@example.org","pending":true}}}"#,
    r#"{"v":2,"id":"00000000000000ff","label":"Eye","created":5,"factor":{"unknown":null}}"#,
];

const USE_RECORDS: [&str; 7] = [
    r#"{"v":2,"id":"00000000000000ff","at":5,"n":2,"spent":{"totp":{"step":99}},"openings":[{"at":5,"print":"AAAA"}]}"#,
    r#"{"v":2,"id":"00000000000000ff","at":5,"n":2,"spent":{"backup-code":{"codes":[0,3]}}}"#,
    r#"{"v":2,"id":"00000000000000ff","at":5,"n":2,"spent":{"enrolment-code":{"doors":["login","enrolment"]}}}"#,
    r#"{"v":2,"id":"00000000000000ff","at":5,"n":2,"spent":{"app-password":{"service":"imap","from":"192.0.2.7"}}}"#,
    r#"{"v":2,"id":"00000000000000ff","at":5,"n":2,"spent":{"email":{"code":{"hash":{"key":"aabbccdd","cost":{"m":1024,"t":1},"salt":"AA==","hashes":["BB=="]},"sent":3,"expires":9,"tries":2,"used":true,"confirms":"00000000000000ff"},"sent":[3],"opened":4,"begun":"00ff"}}}"#,
    r#"{"v":2,"id":"register","at":5,"n":2,"spent":{"register":{"generation":"00ff","holds":["AAAA"]}}}"#,
    r#"{"v":2,"id":"00000000000000ff","at":5,"n":2,"spent":{"unknown":null}}"#,
];

fn credential(record: &str) -> Option<Credential> {
    Credential::from_fields(record)
}

fn usage(record: &str) -> Option<Use> {
    Use::from_fields(record)
}

/// Every field that is written is read: what is written again is the same.
#[test]
fn a_record_of_every_kind_comes_back_as_it_was() {
    for record in CREDENTIAL_RECORDS {
        let read = credential(record).expect(record);
        assert_eq!(serde_json::to_string(&read).expect("JSON"), record);
    }
    for record in USE_RECORDS {
        let read = usage(record).expect(record);
        assert_eq!(serde_json::to_string(&read).expect("JSON"), record);
    }
}

/// What is missing is never made up: of all fields, only these may be left out.
#[test]
fn a_record_without_one_of_its_fields_cannot_be_read() {
    const OPTIONAL: [&str; 14] = [
        "/openings",
        "/factor/totp/pending",
        "/factor/app-password/scope/networks",
        "/factor/app-password/expires",
        "/factor/backup-code/shape",
        "/factor/email/address",
        "/factor/email/pending",
        "/spent/app-password/from",
        "/spent/email/code",
        "/spent/email/code/tries",
        "/spent/email/code/used",
        "/spent/email/code/confirms",
        "/spent/email/sent",
        "/spent/email/opened",
    ];
    const RANDOM: &str = "/spent/email/begun";
    let mut left_out = 0;
    let mut check = |record: &str, is_read: fn(&str) -> bool| {
        let whole: Value = serde_json::from_str(record).unwrap();
        for path in paths("", &whole) {
            let (parent, field) = path.rsplit_once('/').unwrap();
            let mut part = whole.clone();
            part.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(field);
            let is_optional = OPTIONAL.contains(&path.as_str()) || path == RANDOM;
            assert_eq!(is_read(&part.to_string()), is_optional, "{path}: {part}");
            left_out += 1;
        }
    };
    CREDENTIAL_RECORDS.iter().for_each(|record| check(record, |one| credential(one).is_some()));
    USE_RECORDS.iter().for_each(|record| check(record, |one| usage(one).is_some()));
    assert!(left_out > 90, "{left_out}");
}

/// The paths of all fields.
fn paths(parent: &str, value: &Value) -> Vec<String> {
    let fields = value.as_object().into_iter().flatten();
    let below = fields.flat_map(|(field, value)| {
        let path = format!("{parent}/{field}");
        let mut paths = paths(&path, value);
        paths.push(path);
        paths
    });
    below.collect()
}

#[test]
fn a_record_of_another_version_or_with_a_field_of_another_type_cannot_be_read() {
    for (from, to) in [
        ("\"v\":2", "\"v\":1"),
        ("\"v\":2", "\"v\":3"),
        ("\"v\":2", "\"v\":\"2\""),
        ("\"factor\":{\"totp\":", "\"factor\":{\"totp\":null,\"x\":"),
        ("\"factor\":{\"totp\":", "\"factor\":{\"retina\":{},\"totp\":"),
        ("{\"unknown\":null}", "\"totp\""),
        ("{\"unknown\":null}", "{}"),
        ("{\"unknown\":null}", "null"),
        ("\"pending\":true", "\"pending\":null"),
        ("\"digits\":8", "\"digits\":null"),
        ("\"digits\":8", "\"digits\":\"8\""),
        ("\"digits\":8", "\"digits\":8,\"digits\":6"),
        ("\"digits\":8", "\"digits\":8,\"from\":9"),
        ("\"expires\":9", "\"expires\":9,\"from\":9"),
        ("\"t\":1", "\"t\":1,\"lanes\":2"),
        ("\"networks\":[\"192.0.2.0/24\"]", "\"networks\":null"),
        ("\"expires\":9", "\"expires\":\"never\""),
    ] {
        let changed: Vec<_> = CREDENTIAL_RECORDS.iter().filter(|one| one.contains(from)).collect();
        assert!(!changed.is_empty(), "{from}");
        for record in changed {
            assert_eq!(credential(&record.replace(from, to)), None, "{to}");
        }
    }
}

/// No author can write a record whose text starts a line of its own or turns around the text beside it,
/// or one whose id is not an id.
#[test]
fn a_record_with_odd_text_cannot_be_read() {
    for odd in ["x\\nlogin user=root", "\\u202ex", "\\u001b[2J", "x\\u2028", &"x".repeat(300)] {
        let with = |record: &str, from: &str| {
            let changed = record.replace(from, odd);
            assert_ne!(changed, record, "{from}");
            changed
        };
        for record in CREDENTIAL_RECORDS {
            assert_eq!(credential(&with(record, "00000000000000ff")), None, "{odd}");
        }
        for (record, shown) in
            CREDENTIAL_RECORDS.iter().zip(["Phone", "Mail", "Paper", "Reset", "At home", "Eye"])
        {
            assert_eq!(credential(&with(record, shown)), None, "{odd}");
        }
        assert_eq!(credential(&with(CREDENTIAL_RECORDS[1], "imap")), None, "{odd}");
        assert_eq!(credential(&with(CREDENTIAL_RECORDS[4], "a@example.org")), None, "{odd}");
        for record in &USE_RECORDS[..5] {
            assert_eq!(usage(&with(record, "00000000000000ff")), None, "{odd}");
        }
        assert_eq!(usage(&with(USE_RECORDS[3], "imap")), None, "{odd}");
        assert_eq!(usage(&with(USE_RECORDS[3], "192.0.2.7")), None, "{odd}");
    }
}

/// The field could say that more is used up. Only where an app password was last used decides nothing.
#[test]
fn a_use_with_one_more_field_is_read_only_where_it_opens_nothing_more() {
    for (from, is_read) in [
        ("\"step\":", false),
        ("\"codes\":", false),
        ("\"doors\":", false),
        ("\"service\":", true),
        ("\"code\":", false),
        ("\"hash\":", false),
        ("\"generation\":", false),
    ] {
        let mut changed = USE_RECORDS.iter().filter(|one| one.contains(from));
        let (record, None) = (changed.next().expect(from), changed.next()) else {
            panic!("{from}")
        };
        let longer = record.replace(from, &format!("\"program\":\"mutt\",{from}"));
        assert_eq!(usage(&longer), usage(record).filter(|_| is_read), "{longer}");
    }
}

#[test]
fn fields_beside_a_factor_or_a_use_that_only_a_newer_monk_knows_are_ignored() {
    let with_more = |record: &str| record.replacen('{', "{\"colour\":\"red\",", 1);
    for record in CREDENTIAL_RECORDS {
        assert_eq!(credential(&with_more(record)), credential(record));
    }
    for record in USE_RECORDS {
        assert_eq!(usage(&with_more(record)), usage(record));
    }
}

/// Their letters are not in every table of Unicode, and what was stored stays readable.
#[test]
fn a_record_with_a_private_or_a_newer_character_in_its_names_is_read() {
    for name in ["\u{f8ff} iPhone", "\u{1fae9}", "\u{10ffff}"] {
        for (record, shown) in
            CREDENTIAL_RECORDS.iter().zip(["Phone", "Mail", "Paper", "Reset", "At home", "Eye"])
        {
            let read = credential(&record.replace(shown, name));
            assert_eq!(read.map(|one| one.label).as_deref(), Some(name));
        }
        assert!(usage(&USE_RECORDS[3].replace("imap", name)).is_some(), "{name}");
        assert_eq!(LastUse::new(name, None).service, name);
    }
}

/// Such a record is no reason to refuse what else its user has.
#[test]
fn of_a_kind_that_a_newer_monk_wrote_the_other_fields_do_not_matter() {
    let newer = CREDENTIAL_RECORDS[0].replace("totp", "retina").replace('8', "\"many\"");
    assert_eq!(credential(&newer).map(|one| one.factor), Some(Unknown.into()));
    let newer =
        r#"{"v":2,"id":"00000000000000ff","at":5,"n":2,"spent":{"retina":{"code":"left"}}}"#;
    assert_eq!(usage(newer).map(|one| one.spent), Some(Unknown.into()));
    for (label, is_read) in [("", true), (&*"x".repeat(256), true), (&*"x".repeat(257), false)] {
        let read = credential(&CREDENTIAL_RECORDS[5].replace("Eye", label));
        assert_eq!(read.is_some(), is_read, "{label}");
        assert_eq!(credential(&CREDENTIAL_RECORDS[0].replace("Phone", label)), None);
    }
    for known in ["totp", "app-password", "backup-code", "enrolment-code", "email"] {
        assert_eq!(usage(&newer.replace("retina", known)), None, "{known}");
        let record = CREDENTIAL_RECORDS[0].replace("totp", known).replace('8', "\"many\"");
        assert_eq!(credential(&record), None, "{known}");
    }
    let register = USE_RECORDS[5].replace("\"holds\"", "\"has\"");
    assert_eq!(usage(&register), None);
}
