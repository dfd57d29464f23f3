//! Proving a password: a bind as the user, on a connection that is used for nothing else.

use ldap3::LdapResult;
use monk_core::typed::Password;

use super::connection::{Connection, Failure};
use super::servers::{Operation, Purpose, Repeat};
use super::{codes, diagnostics, password_policy};
use crate::directory::Answer;
use crate::outage::Outage;

/// A bind as a user (RFC 4511 §4.2).
///
/// The connection stays bound as that user until the next bind, which is all that it is ever used
/// for; each bind begins by forgetting the one before (§4.2.1).
pub(super) struct Bind<'a> {
    /// Who.
    pub dn: &'a str,
    /// The password, which is to be proved.
    pub password: &'a Password,
}

impl Operation for Bind<'_> {
    type Answer = LdapResult;
    const NAME: &'static str = "LDAP bind";
    const PURPOSE: Purpose = Purpose::Users;
    // Not freely: each bind may count as a wrong password where the server locks accounts.
    const REPEAT: Repeat = Repeat::AfterIdle;

    async fn run(&self, connection: &mut Connection) -> Result<LdapResult, Failure> {
        let result = connection.simple_bind(self.dn, self.password.expose()).await?;
        if codes::is_out_of_service(result.rc) {
            return Err(Failure::NotDone(Outage::Unreachable(format!(
                "the server does not serve at the moment (code {})",
                result.rc
            ))));
        }
        Ok(result)
    }
}

/// What the result of a bind says of the password, and why an account is refused whose password may be right.
/// The server's own text is not repeated.
pub(super) fn answer(result: &LdapResult) -> Result<Answer, Outage> {
    match result.rc {
        codes::SUCCESS => password_policy::of_success(result),
        // Wrong, or no such user, or no password at all, or refused by the server's password
        // policy (19 and 53 by 389 Directory Server, 50 and 53 by others), which may say why.
        codes::INVALID_CREDENTIALS
        | codes::NO_SUCH_OBJECT
        | codes::INAPPROPRIATE_AUTHENTICATION
        | codes::CONSTRAINT_VIOLATION
        | codes::INSUFFICIENT_ACCESS_RIGHTS
        | codes::UNWILLING_TO_PERFORM => {
            // The text knows more: 389 calls an account that is switched off locked in the control.
            let why = diagnostics::of_refusal(result);
            let why = why.or_else(|| password_policy::of_refusal(result));
            Ok(why.map_or(Answer::Wrong, Answer::Closed))
        }
        codes::STRONGER_AUTH_REQUIRED | codes::CONFIDENTIALITY_REQUIRED => {
            Err(Outage::Refused(format!(
                "the server takes no password without TLS (code {}): use ldaps:// or starttls",
                result.rc
            )))
        }
        code => Err(Outage::Unclear(format!("the bind as the user ended with code {code}"))),
    }
}

#[cfg(test)]
mod tests {
    use ldap3::controls::{Control, RawControl};
    use monk_terms::verdict::Refusal;

    use super::*;
    use crate::directory::Advice;

    #[test]
    fn a_password_is_right_with_code_0_alone_and_wrong_only_where_the_server_says_so() {
        let of = |rc| {
            let (matched, text) = (String::new(), String::new());
            answer(&LdapResult { rc, matched, text, refs: Vec::new(), ctrls: Vec::new() })
        };
        for code in 0..200 {
            match code {
                0 => assert_eq!(of(code), Ok(Answer::Right(Advice::Nothing))),
                19 | 32 | 48 | 49 | 50 | 53 => assert_eq!(of(code), Ok(Answer::Wrong), "{code}"),
                _ => assert!(of(code).is_err(), "{code}"),
            }
        }
    }

    #[test]
    fn a_control_or_a_text_says_why_an_account_is_refused_and_never_lets_anybody_in() {
        let of = |rc, text: &str, error: Option<u8>| {
            let policy = |error| {
                let ctype = password_policy::request().ctype;
                let val = Some(vec![0x30, 3, 0x81, 1, error]);
                Control(None, RawControl { ctype, crit: false, val })
            };
            let ctrls = error.map(policy).into_iter().collect();
            let (matched, text) = (String::new(), text.to_owned());
            answer(&LdapResult { rc, matched, text, refs: Vec::new(), ctrls })
        };
        let locked = "80090308: LdapErr: DSID-0C09, comment: AcceptSecurityContext error, data 775";
        for (rc, text, error, wanted) in [
            (49, "", Some(1), Answer::Closed(Refusal::Locked)),
            (49, "", Some(0), Answer::Closed(Refusal::PasswordExpired)),
            (49, locked, None, Answer::Closed(Refusal::Locked)),
            (49, locked, Some(0), Answer::Closed(Refusal::Locked)),
            (53, "Account inactivated.", Some(1), Answer::Closed(Refusal::Disabled)),
            (53, "another text", Some(1), Answer::Closed(Refusal::Locked)),
            (49, "nothing of that", Some(6), Answer::Wrong),
            (0, "", Some(2), Answer::Right(Advice::MustChange)),
            (0, locked, None, Answer::Right(Advice::Nothing)),
        ] {
            assert_eq!(of(rc, text, error), Ok(wanted), "{rc} {text} {error:?}");
        }
        assert!(of(0, "", Some(200)).is_err(), "a control that cannot be read");
        assert!(of(1, locked, Some(2)).is_err(), "another code is no answer at all");
    }
}
