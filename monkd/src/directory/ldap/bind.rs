//! Proving a password: a bind as the user, on a connection that is used for nothing else.

use ldap3::LdapResult;
use monk_core::typed::Password;

use super::codes;
use super::connection::{Connection, Failure};
use super::servers::{Operation, Purpose, Repeat};
use crate::directory::{Advice, Answer};
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

/// What the result of a bind says of the password. The server's own text is not repeated.
pub(super) fn answer(result: &LdapResult) -> Result<Answer, Outage> {
    match result.rc {
        codes::SUCCESS => Ok(Answer::Right(Advice::Nothing)),
        // Wrong, or no such user, or no password at all, or locked by the server's password
        // policy (19 and 53 by 389 Directory Server, 50 and 53 by others).
        codes::INVALID_CREDENTIALS
        | codes::NO_SUCH_OBJECT
        | codes::INAPPROPRIATE_AUTHENTICATION
        | codes::CONSTRAINT_VIOLATION
        | codes::INSUFFICIENT_ACCESS_RIGHTS
        | codes::UNWILLING_TO_PERFORM => Ok(Answer::Wrong),
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
    use super::*;

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
}
