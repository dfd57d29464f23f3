//! Why a server refuses a bind, in the words of those that say so in no other way.
//!
//! They make a reason for the audit of a refusal, and never a grant. The text itself is not repeated.

use ldap3::LdapResult;
use monk_terms::verdict::Refusal;

use super::codes;

/// What comes before the code of Windows in Active Directory's text, also in Samba's.
const WINDOWS: &str = "AcceptSecurityContext error, data ";

/// How the texts of 389 Directory Server and `FreeIPA` begin, with their result codes.
const TEXTS: [(u32, &str, Refusal); 7] = [
    (codes::UNWILLING_TO_PERFORM, "Account inactivated", Refusal::Disabled),
    (codes::CONSTRAINT_VIOLATION, "Account inactivity limit exceeded", Refusal::Expired),
    (codes::CONSTRAINT_VIOLATION, "Exceed password retry limit", Refusal::Locked),
    (codes::INVALID_CREDENTIALS, "password expired", Refusal::PasswordExpired),
    (codes::UNWILLING_TO_PERFORM, "Entry permanently locked", Refusal::Locked),
    (codes::UNWILLING_TO_PERFORM, "Too many failed logins", Refusal::Locked),
    (codes::UNWILLING_TO_PERFORM, "Account (Kerberos principal) is expired", Refusal::Expired),
];

/// Why a bind was refused, if the text says so.
pub(super) fn of_refusal(result: &LdapResult) -> Option<Refusal> {
    let text = result.text.trim_start();
    if result.rc == codes::INVALID_CREDENTIALS
        && let Some(refusal) = of_windows(text)
    {
        return Some(refusal);
    }
    let begins =
        |start: &str| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    let meant = TEXTS.iter().find(|(code, start, _)| *code == result.rc && begins(start));
    meant.map(|(_, _, refusal)| *refusal)
}

/// The code is that of a Windows error in hexadecimal (MS-ERREF §2.2): `… data 775, v4563`.
fn of_windows(text: &str) -> Option<Refusal> {
    let (_, behind) = text.split_once(WINDOWS)?;
    let digits = behind.split(|c: char| !c.is_ascii_hexdigit()).next()?;
    match u32::from_str_radix(digits, 16).ok()? {
        // ERROR_INVALID_LOGON_HOURS and ERROR_INVALID_WORKSTATION.
        0x530 | 0x531 => Some(Refusal::OutsideHours),
        // ERROR_PASSWORD_EXPIRED.
        0x532 => Some(Refusal::PasswordExpired),
        // ERROR_ACCOUNT_DISABLED.
        0x533 => Some(Refusal::Disabled),
        // ERROR_ACCOUNT_EXPIRED.
        0x701 => Some(Refusal::Expired),
        // ERROR_PASSWORD_MUST_CHANGE.
        0x773 => Some(Refusal::MustChange),
        // ERROR_ACCOUNT_LOCKED_OUT.
        0x775 => Some(Refusal::Locked),
        // Among them 525, no such user, and 52e, a wrong password.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rc: u32, text: &str) -> Option<Refusal> {
        let (matched, text) = (String::new(), text.to_owned());
        of_refusal(&LdapResult { rc, matched, text, refs: Vec::new(), ctrls: Vec::new() })
    }

    #[test]
    fn the_codes_of_active_directory_are_words() {
        for (data, wanted) in [
            ("525", None),
            ("52e", None),
            ("52f", None),
            ("530", Some(Refusal::OutsideHours)),
            ("531", Some(Refusal::OutsideHours)),
            ("532", Some(Refusal::PasswordExpired)),
            ("533", Some(Refusal::Disabled)),
            ("701", Some(Refusal::Expired)),
            ("773", Some(Refusal::MustChange)),
            ("775", Some(Refusal::Locked)),
            ("0", None),
            ("", None),
            ("77577577577", None),
            ("é775", None),
        ] {
            let text = format!(
                "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v4563\0"
            );
            assert_eq!(of(49, &text), wanted, "{data}");
            assert_eq!(of(32, &text), None, "{data}");
        }
        assert_eq!(of(49, "data 775"), None);
    }

    #[test]
    fn the_texts_of_389_and_freeipa_are_words() {
        for (code, text, wanted) in [
            (53, "Account inactivated. Contact system administrator.", Some(Refusal::Disabled)),
            (19, "Exceed password retry limit. Please try later.", Some(Refusal::Locked)),
            (
                19,
                "Account inactivity limit exceeded. Contact system administrator to reset.",
                Some(Refusal::Expired),
            ),
            (49, "password expired!", Some(Refusal::PasswordExpired)),
            (53, "Too many failed logins.\n", Some(Refusal::Locked)),
            (53, "Entry permanently locked.\n", Some(Refusal::Locked)),
            (53, "Account (Kerberos principal) is expired", Some(Refusal::Expired)),
            (49, "Account inactivated. Contact system administrator.", None),
            (53, "", None),
            (49, "é", None),
            (49, "Invalid credentials", None),
        ] {
            assert_eq!(of(code, text), wanted, "{code} {text}");
        }
    }
}
