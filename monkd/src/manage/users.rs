//! Users of the embedded directory.

use monk_core::typed::{Password, Typed};
use monk_wire::Secret;
use monk_wire::manage::{Failure, FailureKind, Outcome};

use super::{Task, failure};
use crate::directory::NewUser;
use crate::login::check_name;

impl Task<'_> {
    /// Adds the user.
    pub(super) async fn add_user(
        &self,
        mail: Option<String>,
        password: &Secret,
    ) -> Result<Outcome, Failure> {
        let users = self.engine.directory.users().ok_or_else(|| {
            failure(
                FailureKind::Invalid,
                "the users are in LDAP: add them there; monk keeps users only in its embedded directory",
            )
        })?;
        if let Some(mail) = &mail {
            check_name(mail).map_err(|_| {
                failure(FailureKind::Invalid, "the mail address is empty, too long or not text")
            })?;
        }
        let password = Typed::new(password.expose())
            .map_err(|why| failure(FailureKind::Invalid, format!("the password is {why}")))
            .and_then(|typed| {
                Password::new(typed.as_str())
                    .ok_or_else(|| failure(FailureKind::Invalid, "the password is empty"))
            })?;
        let user = NewUser { name: &self.user, mail: mail.as_deref(), password: Some(&password) };
        if users.add(user, self.deadline).await? {
            Ok(Outcome::Done)
        } else {
            Err(failure(FailureKind::Exists, "a user has this name or mail address already"))
        }
    }
}
