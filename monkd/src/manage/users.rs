//! Users of the embedded directory, and the passwords of all.

use monk_core::typed::Password;
use monk_terms::verdict::Refusal;
use monk_wire::Secret;
use monk_wire::manage::{self, Failure, Outcome, Unfit, UserCommand, UserRow};

use super::Task;
use super::list::row;
use super::posix::{Local, check_host_name, check_wish};
use crate::directory::change::{Changed, Changer};
use crate::directory::{NewUser, Users};
use crate::engine::Found;
use crate::login::check_name;
use crate::outage::Outage;
use crate::password_change::{self, NewPassword};

impl Task<'_> {
    /// Adds the user.
    pub(super) async fn add_user(&self, user: manage::NewUser) -> Result<Outcome, Failure> {
        let manage::NewUser { mail, password, posix, must_change, even_local } = user;
        let users = self.users()?;
        check_host_name(&self.user)?;
        if let Some(mail) = &mail {
            check_name(mail).map_err(|_| Unfit::Mail)?;
        }
        check_wish(&posix, self.primary_gids())?;
        let local = Local::now();
        if !even_local {
            self.check_new_local(&self.user, &posix, &local).await??;
        }
        let (password, note) = new_password(&password)?;
        let (mail, password) = (mail.as_deref(), Some(&password));
        let user = NewUser { name: &self.user, mail, password, must_change, posix };
        Ok(Outcome::UserAdded {
            posix: users.add(user, self.deadline).await??,
            like_code: note == Outcome::PasswordLikeCode,
            is_local: local.has_account(&self.user),
        })
    }

    /// Changes a user, or tells of one.
    pub(super) async fn user(&self, command: UserCommand) -> Result<Outcome, Failure> {
        if let UserCommand::Password { password, must_change } = &command {
            return self.change_password(password, *must_change).await;
        }
        let (users, deadline) = (self.users()?, self.deadline);
        let command = match command {
            UserCommand::Find => return self.one().await,
            UserCommand::Posix { wish, even_local } => {
                return self.set_posix(&wish, even_local).await;
            }
            command => command,
        };
        let id = self.find().await?.0.id;
        let done = match command {
            UserCommand::Enable { enabled } => {
                self.forget_logins(&id).await;
                users.set_disabled(&id, !enabled, deadline).await?
            }
            UserCommand::Expire { at } => users.set_expiry(&id, at, deadline).await?,
            UserCommand::MustChange { must } => users.set_must_change(&id, must, deadline).await?,
            UserCommand::Remove => {
                self.forget_logins(&id).await;
                users.remove(&id, deadline).await?
            }
            // They have been carried out.
            UserCommand::Find | UserCommand::Posix { .. } | UserCommand::Password { .. } => false,
        };
        if done { Ok(Outcome::Done) } else { Err(Failure::UserGone) }
    }

    /// Changes the user's own password, which was proven, or sets another one for root.
    async fn change_password(&self, typed: &Secret, must_change: bool) -> Result<Outcome, Failure> {
        let (new, outcome) = new_password(typed)?;
        let changer = match self.old {
            Some(old) => Changer::User { old },
            None if self.caller.is_root() => Changer::Administrator { must_change },
            None => return Err(Failure::OnlyRoot { uid: self.caller.uid }),
        };
        let account = self.find().await?.0;
        match password_change::change(self.engine, &account, changer, &new, self.deadline).await {
            Ok(Changed::Done) => Ok(outcome),
            Ok(Changed::WrongOld) => Err(Failure::NotProved),
            Ok(Changed::NotTaken { why, said }) => Err(Failure::PasswordNotTaken { why, said }),
            Err(Outage::Timeout(_)) => Err(Failure::PasswordUnknown),
            Err(outage) => Err(outage.into()),
        }
    }

    async fn one(&self) -> Result<Outcome, Failure> {
        let rows = match self.engine.find(&self.user, self.deadline).await? {
            Found::One(mut account, set) => {
                account.credentials = Some(set);
                let posix = self.posix(vec![account.id.clone()]).await?.pop().flatten();
                vec![UserRow { posix, ..row(*account) }]
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
