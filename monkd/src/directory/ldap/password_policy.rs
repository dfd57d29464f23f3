//! What servers add to the answer of a bind, and of a change of a password: the controls of password policies.
//!
//! | control | from |
//! |---|---|
//! | 1.3.6.1.4.1.42.2.27.8.5.1 | draft-behera-ldap-password-policy-10 §6: OpenLDAP, 389; only if asked for |
//! | 2.16.840.1.113730.3.4.4, .5 | draft-vchu-ldap-pwd-policy-00: 389, always |
//!
//! They never make a right password of a wrong one.

use ldap3::LdapResult;
use ldap3::asn1::{PL, StructureTag, TagClass, parse_tag};
use ldap3::controls::RawControl;
use monk_terms::not_taken::NotTaken;
use monk_terms::verdict::Refusal;

use crate::directory::{Advice, Answer};
use crate::outage::Outage;

const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";
const PASSWORD_EXPIRED: &str = "2.16.840.1.113730.3.4.4";
const PASSWORD_EXPIRING: &str = "2.16.840.1.113730.3.4.5";

/// Longest value that is read, in bytes. The longest one that a policy can say has 13; each level of nesting
/// takes two, and the parser calls itself for each.
const LONGEST: usize = 64;

/// Errors of the control (§6.2) that say something of the account. The others are about new passwords.
const ERROR_EXPIRED: u32 = 0;
const ERROR_LOCKED: u32 = 1;
const ERROR_CHANGE: u32 = 2;
const LAST_ERROR: u32 = 8;

/// Errors that say something of a new password.
const ERRORS_OF_A_CHANGE: [(u32, NotTaken); 6] = [
    // passwordModNotAllowed.
    (3, NotTaken::NotAllowed),
    // mustSupplyOldPassword: an administrator has none.
    (4, NotTaken::NotAllowed),
    (5, NotTaken::TooWeak),
    (6, NotTaken::TooShort),
    (7, NotTaken::TooYoung),
    (LAST_ERROR, NotTaken::InHistory),
];

/// Asks the server to say what its policy thinks. It is not critical: a server that knows no such control
/// ignores it (RFC 4511 §4.1.11).
pub(super) fn request() -> RawControl {
    RawControl { ctype: PASSWORD_POLICY.to_owned(), crit: false, val: None }
}

/// What the controls of an answer say together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Said {
    /// Seconds until the password expires.
    expires: Option<u32>,
    /// How many logins are left with a password that has expired.
    grace: Option<u32>,
    /// A number of the draft.
    error: Option<u32>,
}

/// What is added to the answer of a bind that succeeded.
///
/// # Errors
/// [`Outage::Unclear`] when a control cannot be read: it could say that the password has to be changed first.
pub(super) fn of_success(result: &LdapResult) -> Result<Answer, Outage> {
    let said = read(result).ok_or_else(|| {
        Outage::Unclear(
            "the bind as the user brought a password policy that is malformed".to_owned(),
        )
    })?;
    Ok(match (said.error, said.grace, said.expires) {
        // A server that lets in whom it calls locked contradicts itself.
        (Some(ERROR_LOCKED), ..) => Answer::Closed(Refusal::Locked),
        (Some(ERROR_CHANGE), ..) => Answer::Right(Advice::MustChange),
        (_, Some(left), _) => Answer::Right(Advice::GraceLogins(left)),
        (Some(ERROR_EXPIRED), ..) => Answer::Right(Advice::MustChange),
        (_, _, Some(seconds)) => Answer::Right(Advice::Expires(seconds)),
        _ => Answer::Right(Advice::Nothing),
    })
}

/// Why a bind was refused, if a control says so.
pub(super) fn of_refusal(result: &LdapResult) -> Option<Refusal> {
    match read(result)?.error? {
        ERROR_EXPIRED => Some(Refusal::PasswordExpired),
        ERROR_LOCKED => Some(Refusal::Locked),
        ERROR_CHANGE => Some(Refusal::MustChange),
        _ => None,
    }
}

/// Why a new password is not taken, if a control says so.
pub(super) fn of_change(result: &LdapResult) -> Option<NotTaken> {
    let error = read(result)?.error?;
    ERRORS_OF_A_CHANGE.iter().find(|(number, _)| *number == error).map(|(_, why)| *why)
}

/// What all controls say; `None` when one of them is malformed.
fn read(result: &LdapResult) -> Option<Said> {
    let mut said = Said::default();
    for control in &result.ctrls {
        let RawControl { ctype, val, .. } = &control.1;
        let value = val.as_deref();
        match ctype.as_str() {
            PASSWORD_POLICY => {
                let behera = response(value?)?;
                said.expires = behera.expires.or(said.expires);
                said.grace = behera.grace.or(said.grace);
                said.error = behera.error.or(said.error);
            }
            PASSWORD_EXPIRED => said.error = said.error.or(Some(ERROR_EXPIRED)),
            PASSWORD_EXPIRING => {
                let seconds = std::str::from_utf8(value?).ok()?.trim().parse().ok()?;
                said.expires = said.expires.or(Some(seconds));
            }
            _ => {}
        }
    }
    Some(said)
}

/// `SEQUENCE { warning [0] CHOICE { timeBeforeExpiration [0] INTEGER, graceAuthNsRemaining [1] INTEGER } OPTIONAL,
/// error [1] ENUMERATED OPTIONAL }`.
fn response(value: &[u8]) -> Option<Said> {
    if value.len() > LONGEST {
        return None;
    }
    let (rest, tag) = parse_tag(value).ok()?;
    let PL::C(parts) = tag.payload else { return None };
    if !rest.is_empty() || (tag.class, tag.id) != (TagClass::Universal, 16) {
        return None;
    }
    let mut said = Said::default();
    for part in parts {
        if part.class != TagClass::Context {
            return None;
        }
        match (part.id, part.payload) {
            (0, PL::C(warning)) => {
                let [warning] = <[StructureTag; 1]>::try_from(warning).ok()?;
                let PL::P(number) = warning.payload else { return None };
                match warning.id {
                    0 => said.expires = Some(count(&number)?),
                    1 => said.grace = Some(count(&number)?),
                    _ => return None,
                }
            }
            (1, PL::P(number)) => {
                said.error = Some(count(&number).filter(|error| *error <= LAST_ERROR)?);
            }
            _ => return None,
        }
    }
    Some(said)
}

/// A whole number that is not less than 0 (X.690 §8.3), as far as it can be one of the draft.
fn count(bytes: &[u8]) -> Option<u32> {
    let digits = match bytes {
        [] => return None,
        [first, ..] if first & 0x80 != 0 => return None,
        [0, rest @ ..] => rest,
        all => all,
    };
    if digits.len() > 4 {
        return None;
    }
    Some(digits.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use ldap3::controls::Control;
    use proptest::collection::vec;
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    fn result(controls: &[(&str, Option<&[u8]>)]) -> LdapResult {
        let control = |(ctype, value): &(&str, Option<&[u8]>)| {
            let (ctype, val) = ((*ctype).to_owned(), value.map(<[u8]>::to_vec));
            Control(None, RawControl { ctype, crit: false, val })
        };
        LdapResult {
            rc: 0,
            matched: String::new(),
            text: String::new(),
            refs: Vec::new(),
            ctrls: controls.iter().map(control).collect(),
        }
    }

    #[test]
    fn controls_of_a_good_bind_are_read() {
        use Advice::{Expires, GraceLogins, MustChange, Nothing};
        for (value, wanted) in [
            (&[0x30, 0][..], Answer::Right(Nothing)),
            (&[0x30, 5, 0xa0, 3, 0x80, 1, 60], Answer::Right(Expires(60))),
            (&[0x30, 7, 0xa0, 5, 0x80, 3, 0, 0xff, 0xff], Answer::Right(Expires(65535))),
            (&[0x30, 5, 0xa0, 3, 0x81, 1, 2], Answer::Right(GraceLogins(2))),
            (&[0x30, 8, 0xa0, 3, 0x81, 1, 0, 0x81, 1, 0], Answer::Right(GraceLogins(0))),
            (&[0x30, 3, 0x81, 1, 0], Answer::Right(MustChange)),
            (&[0x30, 3, 0x81, 1, 1], Answer::Closed(Refusal::Locked)),
            (&[0x30, 3, 0x81, 1, 2], Answer::Right(MustChange)),
            (&[0x30, 8, 0xa0, 3, 0x81, 1, 2, 0x81, 1, 2], Answer::Right(MustChange)),
            (&[0x30, 3, 0x81, 1, 8], Answer::Right(Nothing)),
        ] {
            let result = result(&[(PASSWORD_POLICY, Some(value))]);
            assert_eq!(of_success(&result), Ok(wanted), "{value:?}");
        }
        for (controls, wanted) in [
            (&[][..], Nothing),
            (&[("1.2.3", Some(&b"x"[..]))], Nothing),
            (&[(PASSWORD_EXPIRED, Some(b"0"))], MustChange),
            (&[(PASSWORD_EXPIRED, None)], MustChange),
            (&[(PASSWORD_EXPIRING, Some(b"86400"))], Expires(86400)),
        ] {
            assert_eq!(of_success(&result(controls)), Ok(Answer::Right(wanted)), "{controls:?}");
        }
        // 389 says an expired password with grace logins twice.
        let grace = [0x30, 5, 0xa0, 3, 0x81, 1, 4];
        let both = [(PASSWORD_EXPIRED, Some(&b"0"[..])), (PASSWORD_POLICY, Some(&grace[..]))];
        assert_eq!(of_success(&result(&both)), Ok(Answer::Right(GraceLogins(4))));
    }

    #[test]
    fn a_control_that_cannot_be_read_makes_no_good_bind() {
        let deep = [0x30, 0x80].repeat(40);
        for value in [
            &b""[..],
            &[0x30],
            &[0x30, 3, 0x81, 1],
            &[0x30, 0, 0],
            &[0x31, 0],
            &[0x04, 0],
            &[0x30, 3, 0x81, 1, 9],
            &[0x30, 3, 0x81, 1, 0xff],
            &[0x30, 2, 0x81, 0],
            &[0x30, 3, 0x82, 1, 0],
            &[0x30, 3, 0x01, 1, 0],
            &[0x30, 2, 0xa0, 0],
            &[0x30, 5, 0xa0, 3, 0x82, 1, 0],
            &[0x30, 10, 0xa0, 8, 0x80, 6, 0, 1, 1, 1, 1, 1],
            &[0x30, 8, 0xa0, 6, 0x80, 1, 0, 0x81, 1, 0],
            &deep,
        ] {
            let result = result(&[(PASSWORD_POLICY, Some(value))]);
            assert!(matches!(of_success(&result), Err(Outage::Unclear(_))), "{value:?}");
            assert_eq!(of_refusal(&result), None, "{value:?}");
        }
        for control in [(PASSWORD_POLICY, None), (PASSWORD_EXPIRING, Some(&b"soon"[..]))] {
            assert!(of_success(&result(&[control])).is_err(), "{control:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_control_holds_is_read_or_refused(value in vec(any::<u8>(), 0..80)) {
            let result = result(&[(PASSWORD_POLICY, Some(&value))]);
            prop_assert_eq!(of_success(&result).is_err(), response(&value).is_none());
        }
    }

    #[test]
    fn controls_of_a_bind_that_failed_say_why() {
        for (error, wanted) in [
            (0, Some(Refusal::PasswordExpired)),
            (1, Some(Refusal::Locked)),
            (2, Some(Refusal::MustChange)),
            (5, None),
        ] {
            let value = [0x30, 3, 0x81, 1, error];
            assert_eq!(of_refusal(&result(&[(PASSWORD_POLICY, Some(&value))])), wanted, "{error}");
        }
        let expired = result(&[(PASSWORD_EXPIRED, Some(b"0"))]);
        assert_eq!(of_refusal(&expired), Some(Refusal::PasswordExpired));
        assert_eq!(of_refusal(&result(&[])), None);
    }
}
