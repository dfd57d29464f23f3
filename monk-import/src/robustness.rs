//! Whatever a file holds, reading it ends with a list of problems, never with a panic.

use std::time::SystemTime;

use monk_terms::label;
use proptest::prelude::*;

use crate::names::Device;
use crate::pskc::PresharedKey;
use crate::{
    Entry, Format, Leniency, Parsed, base32, csv, google_authenticator, ldif, names, otpauth,
    owners, pam_oath, pskc,
};

/// Pieces that lead deep into each parser.
const PIECES: [&str; 46] = [
    "XRWYRHZFUWQF55DG47O7WI4QPI",
    "\n",
    "\r\n",
    "\" TOTP_AUTH",
    "\" STEP_SIZE ",
    "26216815",
    "HOTP/T30/6 ",
    "alice - 00112233",
    "otpauth://totp/",
    "otpauth-migration://offline?data=",
    "CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC",
    "?secret=",
    ",otpauth://totp/Work:bob?secret=GEZDGNBVGY3TQOJQ",
    "&issuer=",
    "&amp;",
    "JBSW Y3DP EHPK 3PXP",
    "&digits=",
    "%",
    "99999999999999999999",
    "-1",
    "<KeyContainer xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">",
    "</KeyContainer>",
    "<KeyPackage>",
    "</KeyPackage>",
    "<Key Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\">",
    "</Key>",
    "<Data><Secret><PlainValue>",
    "</PlainValue></Secret></Data>",
    "name,mail,password\n",
    ",",
    "\"",
    "é\u{feff}\0",
    "version: 1\n",
    "dn: uid=alice,dc=x\nuid: alice\n",
    "dn:: dWlkPWE=\n",
    "\n\n",
    "\n ",
    "dn: cn=t+ou=\\2c\\C3\\A9,dc=x\n",
    "ipatokenOTPkey:: hS/2a0DXBSKMJIlIcAJb\n",
    "objectClass: ipatokenTOTP\nipatokenOTPdigits: 6\nipatokenNotAfter: 99991231235959Z\n",
    "ipatokenOwner: uid=a,dc=x\nipatokenTOTPclockOffset: -9223372036854775808\n",
    "oathSecret: 1234567890\noathTOTPParams: uid=alice,dc=x\noathTOTPToken: uid=alice,dc=x\n",
    "oathOTPLength: 6\noathTOTPTimeStepPeriod: 30\noathHMACAlgorithm: 1.2.840.113549.2.7\n",
    "oathTOTPTimeStepDrift: 9223372036854775807\noathSecretMaxAge: 4294967295\n",
    "oathSecretTime: 99991231235959Z\n",
    "totpSecret: JBSWY3DPEHPK3PXP\ntotpStatus: active\ntotpScratchCode: 12345678\n",
];

fn read_as_everything(text: &str) {
    let lenient = Leniency {
        skip_hotp: true,
        skip_steam: true,
        skip_expired: true,
        ignore_pins: true,
        ignore_expiry: true,
    };
    let _ = Format::of(text);
    let _ = base32::decode(text);
    for leniency in [Leniency::default(), lenient] {
        let key = PresharedKey::from_hex("12345678901234567890123456789012").ok();
        let now = SystemTime::UNIX_EPOCH;
        for parsed in [
            google_authenticator::parse(text, leniency),
            pam_oath::parse(text, leniency),
            otpauth::parse(text, leniency),
            pskc::parse(text, key, leniency, now),
            pskc::parse(text, None, leniency, now),
            ldif::parse(text, leniency, now),
        ] {
            every_name_may_be_shown(parsed);
        }
    }
    let lines = text.lines().count() + 1;
    for problem in csv::parse(text, 100).problems {
        assert!((1..=lines).contains(&problem.line), "{problem:?}");
    }
    owners::Owners::default().read(text);
}

/// What a file says is shown, sent or stored only if a credential may have it as its name, or if it may be a
/// login name.
fn every_name_may_be_shown(parsed: Parsed) {
    for Entry { who, .. } in &parsed.entries {
        if let Device::Called(name) = &who.device {
            assert_eq!(label::check(name), Ok(()), "{name}");
        }
        if let Some(user) = &who.user {
            assert_eq!(names::user(user).as_ref(), Some(user));
        }
    }
    for problem in parsed.problems.into_iter().chain(parsed.left_out) {
        let texts = [problem.user, problem.device, Some(problem.message)];
        for text in texts.into_iter().flatten() {
            // What is quoted must not be taken together with the words around it; and the messages
            // themselves have this word.
            let text = text.replace("otpauth", "");
            assert!(!text.split('"').any(label::looks_secret), "{text}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC{0,200}") {
        read_as_everything(&text);
    }

    #[test]
    fn no_mixture_of_pieces_makes_a_parser_panic(
        pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..20)
    ) {
        read_as_everything(&pieces.concat());
    }

    #[test]
    fn no_altered_character_of_a_good_file_makes_a_parser_panic(
        place in 0_usize..2_300, character in any::<char>()
    ) {
        let mut text: Vec<char> = include_str!("fixtures/rfc6030-figure6.xml").chars().collect();
        let place = place % text.len();
        text[place] = character;
        read_as_everything(&text.into_iter().collect::<String>());
    }
}

proptest! {
    #[test]
    fn no_altered_character_of_a_good_export_makes_a_parser_panic(
        place in 0_usize..1_000, character in any::<char>()
    ) {
        let mut text: Vec<char> = include_str!("fixtures/tokens.ldif").chars().collect();
        let place = place % text.len();
        text[place] = character;
        read_as_everything(&text.into_iter().collect::<String>());
    }
}

#[test]
fn elements_in_elements_without_end_are_no_overflow() {
    read_as_everything(&"<a>".repeat(200_000));
    let deep = format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000));
    read_as_everything(&deep);
}
