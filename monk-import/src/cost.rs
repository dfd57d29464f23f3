//! The cost of reading a file grows no faster than its size, whatever is in it.
//!
//! Each input is read in two sizes, the second [`TIMES`] times as long as the first, and the processor's
//! time for this thread is taken: other programs do not count in it. Work that grows with the size takes
//! [`TIMES`] times as long, work that grows with its square 256 times. The limit lies far from both, and
//! the least of several times counts, which nothing but the work itself can raise.

use std::time::{Duration, SystemTime};

use monk_terms::label;
use rustix::time::{ClockId, clock_gettime};

use crate::pskc::PresharedKey;
use crate::{
    Format, Leniency, base32, csv, google_authenticator, ldif, names, otpauth, owners, pam_oath,
    pskc,
};

/// Bytes of the shorter texts. What grows much too fast is found with the first one.
const SMALL: [usize; 2] = [1024, 16 * 1024];

/// The same where the square hides behind what is done for each part.
const LARGER: [usize; 3] = [1024, 16 * 1024, 64 * 1024];

/// How much longer the other one is.
const TIMES: usize = 16;

/// How many times as long reading may take then.
const MOST_TIMES: u32 = 64;

/// How often each is read at most. Once is enough where the machine is quiet.
const ATTEMPTS: usize = 10;

/// Below this, the clock and the memory of the process are measured.
const TOO_SHORT: Duration = Duration::from_micros(100);

fn processor_time(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(
            u64::try_from(time.tv_sec).unwrap_or_default(),
            u32::try_from(time.tv_nsec).unwrap_or_default(),
        )
    };
    let before = now();
    work();
    now().saturating_sub(before)
}

/// Compares the costs of reading what `of` makes in two sizes.
#[track_caller]
fn linear(name: &str, of: impl Fn(usize) -> String, read: impl Fn(&str)) {
    for size in SMALL {
        compare(name, size, &of, &read);
    }
}

#[track_caller]
fn compare(name: &str, size: usize, of: impl Fn(usize) -> String, read: impl Fn(&str)) {
    let (small, large) = (of(size), of(size * TIMES));
    assert!(small.len() >= size && large.len() >= size * TIMES, "{name}");
    let (mut least_small, mut least_large) = (Duration::MAX, Duration::MAX);
    for _ in 0..ATTEMPTS {
        least_small = least_small.min(processor_time(|| read(&small)));
        least_large = least_large.min(processor_time(|| read(&large)));
        if least_large <= least_small.max(TOO_SHORT) * MOST_TIMES {
            return;
        }
    }
    panic!(
        "{name}: {least_small:?} for {} bytes, {least_large:?} for {}",
        small.len(),
        large.len()
    );
}

/// A piece of a text, by its number.
type Piece = fn(usize) -> String;

/// `piece` again and again, each with its number, between two ends.
fn pieces<P: Fn(usize) -> String>(
    start: &str,
    piece: P,
    end: &str,
) -> impl Fn(usize) -> String + use<P> {
    let (start, end) = (start.to_owned(), end.to_owned());
    move |size| {
        let mut text = start.clone();
        for number in 0.. {
            if text.len() >= size {
                break;
            }
            text.push_str(&piece(number));
        }
        text + &end
    }
}

fn lenient() -> Leniency {
    Leniency { skip_hotp: true, skip_steam: true, skip_expired: true, ..Leniency::default() }
}

fn read(text: &str) {
    for key in [None, PresharedKey::from_hex("12345678901234567890123456789012").ok()] {
        drop(pskc::parse(text, key, lenient(), SystemTime::UNIX_EPOCH));
    }
}

const CONTAINER: &str = "<KeyContainer xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">";
const SECRET: &str = "JBSWY3DPEHPK3PXPGEZDGNBVGY3TQOJQ";

fn key(number: usize) -> String {
    format!(
        "<KeyPackage><DeviceInfo><SerialNo>{number}</SerialNo></DeviceInfo>\n<Key Id=\"{number}\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><AlgorithmParameters><ResponseFormat Length=\"6\" Encoding=\"DECIMAL\"/></AlgorithmParameters><Data><Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret><TimeInterval><PlainValue>30</PlainValue></TimeInterval></Data></Key></KeyPackage>\n"
    )
}

#[test]
fn of_pskc() {
    let close = "</KeyContainer>";
    let in_container = |piece: fn(usize) -> String| pieces(CONTAINER, piece, close);
    let in_package = |piece: fn(usize) -> String| {
        pieces(&format!("{CONTAINER}<KeyPackage>"), piece, "</KeyPackage></KeyContainer>")
    };
    linear("tokens", in_container(key), read);
    linear("keys without anything", in_package(|_| "<Key/>".into()), read);
    linear("lines", in_package(|_| "\n<Key/>\n\n\n".into()), read);
    linear("empty packages", in_container(|_| "<KeyPackage/>\n".into()), read);
    linear(
        "keys of one device, which comes last",
        pieces(
            &format!("{CONTAINER}<KeyPackage>"),
            |_| "<Key Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:hotp\"/>".into(),
            "<DeviceInfo/></KeyPackage></KeyContainer>",
        ),
        read,
    );
    linear(
        "policy",
        pieces(
            &format!(
                "{CONTAINER}<KeyPackage><Key Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><Policy>"
            ),
            |_| "<KeyUsage>CR</KeyUsage><StartDate>2012-08-01T00:00:00Z</StartDate>".into(),
            "</Policy></Key></KeyPackage></KeyContainer>",
        ),
        read,
    );
    linear(
        "namespaces of one element",
        pieces("<KeyContainer", |n| format!(" xmlns:a{n:x}=\"{n:x}\""), "/>"),
        read,
    );
    linear(
        "default namespaces of one element",
        pieces("<KeyContainer", |_| " xmlns=\"x\"".into(), "><a xmlns:b=\"c\"/></KeyContainer>"),
        read,
    );
    linear(
        "namespaces of many elements",
        in_container(|n| format!("<a xmlns:b{n:x}=\"c\"/>")),
        read,
    );
    linear(
        "namespaces in each other",
        in_container(|n| format!("<a xmlns:b{}=\"c\">", n % 30)),
        read,
    );
    linear("addresses of namespaces", in_container(|n| format!("<a xmlns=\"{n}\"/>")), read);
    linear("attributes", pieces("<a", |n| format!(" b{n}='1'"), "/>"), read);
    linear("elements in each other", in_container(|_| "<a>".into()), read);
    linear("comments", in_container(|_| "<!-- = ' -->".into()), read);
    linear("sections", in_package(|_| "a<![CDATA[b]]>&lt;\r\n".into()), read);
    linear("brackets", pieces("", |_| "<".into(), ""), read);
    linear("open comments", pieces("", |_| "<!--".into(), ""), read);
    linear("open sections", pieces(CONTAINER, |_| "<![CDATA[".into(), ""), read);
    linear("quotation marks", pieces("<a ", |_| "b='".into(), ""), read);
    linear("equals signs", pieces(CONTAINER, |_| "=".into(), close), read);
}

#[test]
fn of_addresses() {
    let read = |text: &str| drop(otpauth::parse(text, lenient()));
    let address = |number| format!("otpauth://totp/Shop:u{number}?secret={SECRET}&issuer=Shop");
    let front = format!("otpauth://totp/x?secret={SECRET}");
    linear("lines", pieces("", |n| address(n) + "\n", ""), read);
    linear("addresses of a line", pieces("", |n| address(n) + ",", ""), read);
    linear("parameters", pieces(&front, |n| format!("&{n:x}"), ""), read);
    linear("entities", pieces(&front, |n| format!("&amp;{n:x}&#38;"), ""), read);
    linear("nonsense", pieces("", |n| format!("{n}\n"), ""), read);
    linear("steam", pieces("", |_| "steam://A ".into(), ""), read);
    linear("half an address", pieces("", |_| "otpauth://".into(), ""), read);
    linear("colons", pieces("otpauth://totp/", |_| ":a".into(), "?secret=A&issuer=:"), read);
    linear("issuers", pieces("otpauth://totp/", |_| "a:".into(), "b?secret=AA&issuer=a"), read);
    linear(
        "long issuers",
        |size| format!("otpauth://totp/{0}:{0}:b?secret=AA&issuer={0}", "a".repeat(size)),
        read,
    );
    linear("percent signs", pieces("otpauth://totp/", |_| "%25".into(), "?secret=AA"), read);
    linear("question marks", pieces("otpauth://totp/", |_| "?".into(), "="), read);
    linear("a secret", pieces("otpauth://totp/x?secret=", |_| "A".into(), ""), read);
}

#[test]
fn of_google_exports() {
    let read = |text: &str| drop(otpauth::parse(text, lenient()));
    // {batch_size: 2, batch_index: 0, batch_id: n}
    let part = |size: [u8; 5], number: usize| {
        let mut bytes = vec![0x18];
        bytes.extend(size);
        bytes.extend([
            0x28,
            (number & 0x7f) as u8 | 0x80,
            (number >> 7 & 0x7f) as u8 | 0x80,
            (number >> 14) as u8,
        ]);
        let data = data_encoding::BASE64.encode(&bytes).replace('+', "%2B");
        format!("otpauth-migration://offline?data={data}\n")
    };
    let (two, endless) = ([0x82, 0x80, 0x80, 0x80, 0], [0xff, 0xff, 0xff, 0xff, 7]);
    for size in LARGER {
        compare("parts of many exports", size, pieces("", |n| part(two, n), ""), read);
    }
    linear("parts of one export", pieces("", |_| part(two, 1), ""), read);
    linear("parts that are missing", pieces("", |n| part(endless, n), ""), read);
    // An account without anything is two bytes.
    linear(
        "accounts",
        |size| {
            let data = data_encoding::BASE64.encode(&[0x0a, 0].repeat(size * 3 / 8 + 1));
            format!("otpauth-migration://offline?data={data}")
        },
        read,
    );
    linear(
        "parameters",
        pieces("otpauth-migration://offline?", |n| format!("a{n}&"), "data=AA"),
        read,
    );
}

#[test]
fn of_users_files() {
    let read = |text: &str| drop(pam_oath::parse(text, lenient()));
    let line = |n| format!("HOTP/T30 u{n} - 3132333435363738393031323334353637383930\n");
    linear("lines", pieces("", line, ""), read);
    linear("tokens that count", pieces("", |n| format!("HOTP u{n} - 00\n"), ""), read);
    linear("nonsense", pieces("", |n| format!("{n}\n"), ""), read);
    linear("fields", pieces("HOTP/T30", |n| format!(" {n}"), ""), read);
    linear("parts of a type", pieces("HOTP", |_| "/T".into(), " a - 00"), read);
    linear("a secret", pieces("HOTP/T30 a - ", |_| "00".into(), ""), read);
    let read = |text: &str| drop(google_authenticator::parse(text, lenient()));
    let front = "XRWYRHZFUWQF55DG47O7WI4QPI\n\" TOTP_AUTH\n";
    linear("scratch codes", pieces(front, |_| "26216815\n".into(), ""), read);
    linear("options", pieces(front, |n| format!("\" OPTION{n}\n"), ""), read);
    linear("wrong lines", pieces(front, |n| format!("{n}\n"), ""), read);
    linear("a secret", pieces("", |_| "A".into(), ""), read);
}

#[test]
fn of_exports() {
    let read = |text: &str| drop(ldif::parse(text, lenient(), SystemTime::UNIX_EPOCH));
    let token = |n| {
        format!(
            "dn: cn={n},dc=x\noathSecret: {SECRET}\noathTOTPParams: cn=p,dc=x\n\ndn: uid=u{n},dc=x\noathTOTPToken: cn={n},dc=x\n\n"
        )
    };
    let params = "dn: cn=p,dc=x\noathOTPLength: 6\noathTOTPTimeStepPeriod: 30\noathHMACAlgorithm: 1.2.840.113549.2.7\n";
    linear("tokens", pieces("", token, params), read);
    let one = "dn: cn=t,dc=x\noathSecret: 1\n\n";
    let user = |n| format!("dn: uid=u{n},dc=x\noathTOTPToken: cn=t,dc=x\n\n");
    linear("users of one token", pieces(one, user, "\n"), read);
    let name = "dn: uid=a,dc=x\n";
    linear("attributes", pieces(name, |n| format!("a{n}: x\n"), ""), read);
    linear("values", pieces(name, |_| "totpScratchCode: 12345678\n".into(), ""), read);
    linear("classes", pieces(name, |n| format!("objectClass: a{n}\n"), ""), read);
    linear("tokens of one user", pieces(name, |_| "oathToken: cn=t\n".into(), ""), read);
    linear("folds", pieces("dn: uid=a\noathSecret: ", |_| "\n a".into(), "\n"), read);
    linear("folds of nothing", pieces("dn: uid=a\noathSecret: ", |_| "\n ".into(), "\n"), read);
    linear("comments", pieces("", |_| "#\n a\n".into(), "\n"), read);
    linear("empty lines", pieces(name, |_| "\n".into(), ""), read);
    linear("wrong lines", pieces("", |n| format!("{n}\n"), ""), read);
    linear("the same name", pieces("", |_| "dn: uid=a\nuid: a\n\n".into(), ""), read);
    linear("names", pieces("dn: dc=x", |n| format!(",dc=x{n}"), "\nuid: a\n"), read);
    linear("names in one part", pieces("dn: dc=x", |n| format!("+dc=x{n}"), "\nuid: a\n"), read);
    linear("escapes", pieces("dn: dc=", |_| "\\2c".into(), "\nuid: a\n"), read);
    linear("colons", pieces(name, |_| ":".into(), "\n"), read);
    linear("options", pieces("dn: uid=a\nuid", |_| ";a".into(), ": a\n"), read);
}

#[test]
fn of_tables() {
    let read = |text: &str| drop(csv::parse(text, 20_000));
    let names = "name,mail,password\n";
    linear("users", pieces(names, |n| format!("u{n},,x\n"), ""), read);
    linear("empty lines", pieces(names, |_| "\r\n".into(), "a,,\n"), read);
    linear("columns", pieces("", |_| "name,".into(), "\n"), read);
    linear("fields", pieces(names, |_| ",".into(), "\n"), read);
    linear("wrong lines", pieces(names, |_| "a\n".into(), ""), read);
    linear("quotation marks", pieces(names, |_| "\"".into(), ""), read);
    linear("an open field", pieces("name\n\"", |n| format!("{n}\n"), ""), read);
    let read = |text: &str| {
        let mut owners = owners::Owners::default();
        owners.read(text);
        drop(owners.all());
    };
    linear("owners", pieces("", |n| format!("{n},u{n}\n"), ""), read);
    linear("one owner", pieces("", |_| "1,alice\n".into(), ""), read);
    linear("wrong owners", pieces("", |n| format!("{n};\n"), ""), read);
    linear("fields of an owner", pieces("1", |_| ";1".into(), ""), read);
}

#[test]
fn of_single_texts() {
    let texts: [(&str, Piece); 6] = [
        ("letters", |_| "a".into()),
        ("groups", |n| format!("{:04} ", n % 10_000)),
        ("pairs", |_| "ab ".into()),
        ("words", |n| format!("word{n} ")),
        ("colons", |_| ": ".into()),
        ("signs", |_| "+/=".into()),
    ];
    for (name, piece) in texts {
        linear(name, pieces("", piece, ""), |text| {
            let _ = (label::looks_secret(text), label::check(text), names::user(text));
        });
        linear(name, pieces("", piece, ""), |text| {
            let _ = (names::of_label(text, "a"), names::of_label(text, text));
        });
        linear(name, pieces("", piece, ""), |text| {
            let _ = (Format::of(text), base32::decode(text));
        });
    }
}
