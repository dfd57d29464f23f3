//! Users of the embedded directory.

use monk_core::typed::Password;
use monk_terms::verdict::Refusal;
use monk_wire::Secret;
use monk_wire::manage::{Failure, Outcome, Unfit, UserCommand};

use super::Task;
use super::list::row;
use crate::directory::{NewUser, Users};
use crate::engine::Found;
use crate::login::check_name;
use crate::password_change::{self, NewPassword};

impl Task<'_> {
    /// Adds the user.
    pub(super) async fn add_user(
        &self,
        mail: Option<String>,
        password: &Secret,
    ) -> Result<Outcome, Failure> {
        let users = self.users()?;
        if let Some(mail) = &mail {
            check_name(mail).map_err(|_| Unfit::Mail)?;
        }
        let (password, note) = new_password(password)?;
        let user = NewUser { name: &self.user, mail: mail.as_deref(), password: Some(&password) };
        if users.add(user, self.deadline).await? { Ok(note) } else { Err(Failure::UserExists) }
    }

    /// Changes a user, or tells of one.
    pub(super) async fn user(&self, command: UserCommand) -> Result<Outcome, Failure> {
        let users = self.users()?;
        let (deadline, mut outcome) = (self.deadline, Outcome::Done);
        let done = match command {
            UserCommand::Find => return self.one().await,
            UserCommand::Password { password: typed, must_change } => {
                let password;
                (password, outcome) = new_password(&typed)?;
                let id = self.find().await?.0.id;
                let done = users.set_password(&id, &password, must_change, deadline).await?;
                self.forget_logins(&id).await;
                done
            }
            UserCommand::Enable { enabled } => {
                let id = self.find().await?.0.id;
                self.forget_logins(&id).await;
                users.set_disabled(&id, !enabled, deadline).await?
            }
            UserCommand::Expire { at } => {
                let id = self.find().await?.0.id;
                users.set_expiry(&id, at, deadline).await?
            }
            UserCommand::MustChange { must } => {
                let id = self.find().await?.0.id;
                users.set_must_change(&id, must, deadline).await?
            }
            UserCommand::Remove => {
                let id = self.find().await?.0.id;
                self.forget_logins(&id).await;
                users.remove(&id, deadline).await?
            }
        };
        if done { Ok(outcome) } else { Err(Failure::UserGone) }
    }

    async fn one(&self) -> Result<Outcome, Failure> {
        let rows = match self.engine.find(&self.user, self.deadline).await? {
            Found::One(mut account, set) => {
                account.credentials = Some(set);
                vec![row(*account)]
            }
            Found::None => Vec::new(),
            Found::Local => return Err(Failure::Refused(Refusal::LocalAccount)),
            Found::Several => return Err(Failure::Refused(Refusal::AmbiguousUser)),
        };
        Ok(Outcome::Users(rows))
    }

    /// Forgets what this host keeps of the user's logins.
    pub(super) async fn forget_logins(&self, id: &str) {
        password_change::forget(self.engine, id, self.deadline).await;
    }

    pub(super) fn users(&self) -> Result<&dyn Users, Failure> {
        self.engine.directory.users().ok_or(Failure::UsersInLdap)
    }
}

/// A password that somebody sets, and how the command ends with it.
pub(super) fn new_password(typed: &Secret) -> Result<(Password, Outcome), Unfit> {
    let new = NewPassword::new(typed.expose()).map_err(Unfit::Password)?;
    let outcome = if new.ends_like_a_code { Outcome::PasswordLikeCode } else { Outcome::Done };
    Ok((new.password, outcome))
}
