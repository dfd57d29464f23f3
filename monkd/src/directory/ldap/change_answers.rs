//! What servers say of a new password.
//!
//! The result code says whether it is taken. Why it is not stands in the control of the password policy
//! ([`password_policy`]), else in the server's own text: OpenLDAP's, 389 Directory Server's, `FreeIPA`'s and Samba's are
//! told apart here; Active Directory's own says nothing that is worth repeating.

use ldap3::LdapResult;
use monk_core::typed::Password;
use monk_terms::not_taken::NotTaken;
use monk_terms::printable::is_printable;

use super::{codes, password_policy};
use crate::directory::change::Changed;
use crate::outage::Outage;

/// Longest text of a server that is repeated, in characters: two lines of a terminal hold it.
const MAX_SAID: usize = 200;

/// What texts contain, in lower case, and what that means. The first that fits counts.
const TEXTS: [(&str, NotTaken); 17] = [
    ("history", NotTaken::InHistory),
    ("reuse", NotTaken::InHistory),
    ("already used", NotTaken::InHistory),
    ("too young", NotTaken::TooYoung),
    ("minimum age", NotTaken::TooYoung),
    ("too soon", NotTaken::TooYoung),
    ("too short", NotTaken::TooShort),
    ("characters long", NotTaken::TooShort),
    ("quality", NotTaken::TooWeak),
    ("invalid password syntax", NotTaken::TooWeak),
    ("complexity", NotTaken::TooWeak),
    ("character classes", NotTaken::TooWeak),
    ("dictionary", NotTaken::TooWeak),
    ("palindrome", NotTaken::TooWeak),
    ("not allowed", NotTaken::NotAllowed),
    ("not permitted", NotTaken::NotAllowed),
    ("insufficient access", NotTaken::NotAllowed),
];

/// OpenLDAP's text, with code 53, where the old password is another one by now.
const OLD_IS_WRONG: &str = "unwilling to verify old password";

/// Errors of Windows (MS-ERREF §2.2), as Active Directory and Samba begin their texts with them: `0000052D: …`.
const ERROR_INVALID_PASSWORD: &str = "00000056";
const ERROR_GEN_FAILURE: &str = "0000001F";

/// How Active Directory's own explanations begin: source files and numbers.
const JARGON: [&str; 4] = ["SvcErr:", "AtrErr:", "SecErr:", "LdapErr:"];

/// What Samba says first.
const SAMBA: [&str; 2] = ["Constraint violation - ", "check_password_restrictions: "];

/// What the result of a Password Modify (RFC 3062) means.
pub(super) fn of_rfc3062(result: &LdapResult) -> Result<Changed, Outage> {
    match result.rc {
        codes::INVALID_CREDENTIALS => Ok(Changed::WrongOld),
        codes::UNWILLING_TO_PERFORM if result.text == OLD_IS_WRONG => Ok(Changed::WrongOld),
        codes::PROTOCOL_ERROR => Err(Outage::Refused(format!(
            "the server does not know how to change a password ({}): see password_change in [ldap]",
            codes::describe(result)
        ))),
        _ => of_any(result, &result.text),
    }
}

/// What the result of a change of `unicodePwd` means.
pub(super) fn of_unicode_pwd(result: &LdapResult) -> Result<Changed, Outage> {
    let (number, mut text) = windows(&result.text);
    if number == Some(ERROR_INVALID_PASSWORD) {
        return Ok(Changed::WrongOld);
    }
    if number == Some(ERROR_GEN_FAILURE) || text.contains("encrypted connection") {
        return Err(no_tls(result));
    }
    for start in SAMBA {
        text = text.strip_prefix(start).unwrap_or(text);
    }
    if JARGON.iter().any(|start| text.starts_with(start)) {
        text = "";
    }
    of_any(result, text)
}

/// What a result means whose text is `text`.
fn of_any(result: &LdapResult, text: &str) -> Result<Changed, Outage> {
    let why = codes::describe(result);
    match result.rc {
        codes::SUCCESS => Ok(Changed::Done),
        codes::INSUFFICIENT_ACCESS_RIGHTS => Ok(not_taken(NotTaken::NotAllowed, text)),
        codes::CONSTRAINT_VIOLATION | codes::UNWILLING_TO_PERFORM => {
            let by_control = password_policy::of_change(result);
            Ok(not_taken(by_control.unwrap_or_else(|| by_text(text)), text))
        }
        codes::STRONGER_AUTH_REQUIRED | codes::CONFIDENTIALITY_REQUIRED => Err(no_tls(result)),
        codes::REFERRAL => Err(Outage::Refused(format!(
            "the server takes no changes ({why}): set write_uri in [ldap] to the one that does"
        ))),
        codes::NO_SUCH_OBJECT => Err(Outage::Refused(format!(
            "the entry is gone, or monk's account may not see it ({why})"
        ))),
        _ => Err(Outage::Unclear(format!("the change of the password failed ({why})"))),
    }
}

fn no_tls(result: &LdapResult) -> Outage {
    Outage::Refused(format!(
        "the server takes no password without TLS ({}): use ldaps:// or starttls",
        codes::describe(result)
    ))
}

/// A password that is not taken, with what the server said.
pub(super) fn not_taken(why: NotTaken, text: &str) -> Changed {
    Changed::NotTaken { why, said: said(text) }
}

fn by_text(text: &str) -> NotTaken {
    let text = text.to_lowercase();
    let meant = TEXTS.iter().find(|(part, _)| text.contains(part));
    meant.map_or(NotTaken::Other, |(_, why)| *why)
}

/// A server's text, fit to be shown.
fn said(text: &str) -> String {
    let printable: String = text.chars().map(|c| if is_printable(c) { c } else { ' ' }).collect();
    let words: Vec<&str> = printable.split_whitespace().collect();
    words.join(" ").chars().take(MAX_SAID).collect()
}

/// Whether a server repeats a password or not, nobody sees it.
pub(super) fn without(changed: Changed, passwords: [Option<&Password>; 2]) -> Changed {
    match changed {
        Changed::NotTaken { why, said }
            if passwords.iter().flatten().any(|password| said.contains(password.expose())) =>
        {
            Changed::NotTaken { why, said: String::new() }
        }
        changed => changed,
    }
}

/// The number of a Windows error, and the text after it.
fn windows(text: &str) -> (Option<&str>, &str) {
    let text = text.trim_end_matches('\0');
    match text.split_once(": ") {
        Some((number, rest))
            if number.len() == 8 && number.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            (Some(number), rest)
        }
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use ldap3::controls::{Control, RawControl};

    use super::*;

    fn result(rc: u32, text: &str) -> LdapResult {
        let (matched, text) = (String::new(), text.to_owned());
        LdapResult { rc, matched, text, refs: Vec::new(), ctrls: Vec::new() }
    }

    fn no(why: NotTaken, said: &str) -> Result<Changed, Outage> {
        Ok(Changed::NotTaken { why, said: said.to_owned() })
    }

    #[test]
    fn a_password_is_changed_with_code_0_alone() {
        for rc in 0..200 {
            for of in [of_rfc3062, of_unicode_pwd] {
                assert_eq!(of(&result(rc, "")) == Ok(Changed::Done), rc == 0, "{rc}");
            }
        }
        assert_eq!(of_rfc3062(&result(49, "")), Ok(Changed::WrongOld));
        assert_eq!(of_rfc3062(&result(53, OLD_IS_WRONG)), Ok(Changed::WrongOld));
        for (rc, part) in [(2, "password_change"), (10, "write_uri"), (13, "TLS"), (32, "gone")] {
            let Err(Outage::Refused(why)) = of_rfc3062(&result(rc, "words")) else {
                panic!("{rc}")
            };
            assert!(why.contains(part) && why.contains("words"), "{why}");
        }
        assert!(matches!(of_rfc3062(&result(80, "")), Err(Outage::Unclear(_))));
    }

    #[test]
    fn the_control_says_why_before_the_text_does() {
        for (error, why) in [
            (3, NotTaken::NotAllowed),
            (4, NotTaken::NotAllowed),
            (5, NotTaken::TooWeak),
            (6, NotTaken::TooShort),
            (7, NotTaken::TooYoung),
            (8, NotTaken::InHistory),
        ] {
            let ctype = password_policy::request().ctype;
            let raw = RawControl { ctype, crit: false, val: Some(vec![0x30, 3, 0x81, 1, error]) };
            let mut result = result(19, "Password fails quality checking policy");
            result.ctrls.push(Control(None, raw));
            assert_eq!(of_rfc3062(&result), no(why, "Password fails quality checking policy"));
        }
    }

    #[test]
    fn the_texts_of_servers_are_told_apart() {
        for (rc, text, why) in [
            (19, "Password fails quality checking policy", NotTaken::TooWeak),
            (19, "Password is in history of old passwords", NotTaken::InHistory),
            (19, "Password is too young to change", NotTaken::TooYoung),
            (50, "User alteration of password is not allowed", NotTaken::NotAllowed),
            (
                19,
                "invalid password syntax: password must be at least 8 characters long",
                NotTaken::TooShort,
            ),
            (19, "invalid password syntax: password based off of user entry", NotTaken::TooWeak),
            (19, "password in history", NotTaken::InHistory),
            (19, "within password minimum age", NotTaken::TooYoung),
            (53, "user is not allowed to change password", NotTaken::NotAllowed),
            (19, "Password reuse not permitted", NotTaken::InHistory),
            (19, "Too soon to change password", NotTaken::TooYoung),
            (19, "", NotTaken::Other),
        ] {
            assert_eq!(of_rfc3062(&result(rc, text)), no(why, text), "{text}");
        }
    }

    #[test]
    fn active_directory_speaks_in_numbers_and_samba_in_words() {
        let restrictions = "0000052D: Constraint violation - check_password_restrictions: ";
        for (rc, text, wanted) in [
            (19, "00000056: AtrErr: DSID-03191083, #1:\n\t0: …\n\0", Ok(Changed::WrongOld)),
            (19, "00000056: Constraint violation - old one is wrong", Ok(Changed::WrongOld)),
            (19, "0000052D: SvcErr: DSID-031A12D2, problem 5003", no(NotTaken::Other, "")),
            (53, "0000052D: SvcErr: DSID-031A124C, problem 5003\0", no(NotTaken::Other, "")),
            (50, "00000005: SecErr: DSID-031A1256, problem 4003", no(NotTaken::NotAllowed, "")),
        ] {
            assert_eq!(of_unicode_pwd(&result(rc, text)), wanted, "{text}");
        }
        for (words, why) in [
            (
                "the password is too short. It should be equal to or longer than 7 characters!",
                NotTaken::TooShort,
            ),
            ("the password does not meet the complexity criteria!", NotTaken::TooWeak),
            ("the password was already used (in history)!", NotTaken::InHistory),
            ("password is too young to change!", NotTaken::TooYoung),
        ] {
            let result = result(19, &format!("{restrictions}{words}"));
            assert_eq!(of_unicode_pwd(&result), no(why, words), "{words}");
        }
        for text in [
            "0000001F: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0",
            "Password modification over LDAP must be over an encrypted connection",
        ] {
            assert!(matches!(of_unicode_pwd(&result(53, text)), Err(Outage::Refused(_))), "{text}");
        }
    }

    #[test]
    fn what_a_server_says_is_printable_and_short_and_repeats_no_password() {
        assert_eq!(said("too\n\u{1b}[31m short\0"), "too [31m short");
        assert_eq!(said(&"é".repeat(300)).chars().count(), MAX_SAID);
        let (old, new) = (Password::new("geheim"), Password::new("neu-geheim"));
        let told = not_taken(NotTaken::TooWeak, "\"neu-geheim\" is too easy");
        let wanted = not_taken(NotTaken::TooWeak, "");
        assert_eq!(without(told, [old.as_ref(), new.as_ref()]), wanted);
        let told = not_taken(NotTaken::TooWeak, "too easy");
        assert_eq!(without(told.clone(), [old.as_ref(), new.as_ref()]), told);
    }
}
