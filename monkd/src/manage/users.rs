//! Users of the embedded directory.

use monk_core::new_password;
use monk_core::typed::{Password, Typed};
use monk_terms::verdict::{BadInput, Refusal};
use monk_wire::Secret;
use monk_wire::manage::{self, Failure, Outcome, PasswordFault, Unfit, UserCommand, UserRow};

use super::Task;
use super::list::row;
use super::posix::{check_host_name, check_local, check_wish, local_accounts};
use crate::audit;
use crate::directory::{NewUser, Users};
use crate::engine::Found;
use crate::login::check_name;

impl Task<'_> {
    /// Adds the user.
    pub(super) async fn add_user(&self, user: manage::NewUser) -> Result<Outcome, Failure> {
        let manage::NewUser { mail, password, posix, must_change, even_local } = user;
        let users = self.users()?;
        check_host_name(&self.user)?;
        if let Some(mail) = &mail {
            check_name(mail).map_err(|_| Unfit::Mail)?;
        }
        check_wish(&posix)?;
        let accounts = local_accounts();
        if !even_local {
            check_local(&self.user, &posix, &accounts)?;
        }
        let (password, note) = new_password(&password)?;
        let (mail, password) = (mail.as_deref(), Some(&password));
        let user = NewUser { name: &self.user, mail, password, must_change, posix };
        Ok(Outcome::UserAdded {
            posix: users.add(user, self.deadline).await??,
            like_code: note == Outcome::PasswordLikeCode,
            is_local: accounts.iter().any(|account| account.name == self.user),
        })
    }

    /// Changes a user, or tells of one.
    pub(super) async fn user(&self, command: UserCommand) -> Result<Outcome, Failure> {
        let users = self.users()?;
        let (deadline, mut outcome) = (self.deadline, Outcome::Done);
        let done = match command {
            UserCommand::Find => return self.one().await,
            UserCommand::Posix { wish, even_local } => {
                return self.set_posix(&wish, even_local).await;
            }
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
                let posix = self.posix(vec![account.id.clone()]).await?.pop().flatten();
                vec![UserRow { posix, ..row(*account) }]
            }
            Found::None => Vec::new(),
            Found::Local => return Err(Failure::Refused(Refusal::LocalAccount)),
            Found::Several => return Err(Failure::Refused(Refusal::AmbiguousUser)),
        };
        Ok(Outcome::Users(rows))
    }

    /// Forgets which strings of the user open logins on this host, and which passwords were refused.
    /// Remembered strings are good for nothing after a change of password or factors anyway; this makes
    /// sure that nothing brings them back.
    pub(super) async fn forget_logins(&self, id: &str) {
        if let Err(outage) = self.engine.throttle.forget_refused(id, self.deadline).await {
            audit::warn(&format!("refused passwords are not forgotten: {outage}"));
        }
        if let Err(outage) = self.engine.remembered.forget_user(id, self.deadline).await {
            audit::warn(&format!("remembered logins are not forgotten: {outage}"));
        }
    }

    pub(super) fn users(&self) -> Result<&dyn Users, Failure> {
        self.engine.directory.users().ok_or(Failure::UsersInLdap)
    }
}

/// A password that somebody sets, and how the command ends with it. One that could never open anything is
/// refused: root would find that out from a user who cannot log in.
pub(super) fn new_password(password: &Secret) -> Result<(Password, Outcome), Unfit> {
    let bad = |why| Unfit::Password(PasswordFault::Input(why));
    let typed = Typed::new(password.expose()).map_err(bad)?;
    if new_password::reads_as_app_password(&typed) {
        return Err(Unfit::Password(PasswordFault::LikeAppPassword));
    }
    let outcome = match new_password::ends_like_a_code(&typed) {
        true => Outcome::PasswordLikeCode,
        false => Outcome::Done,
    };
    let password = Password::new(typed.as_str()).ok_or_else(|| bad(BadInput::Empty))?;
    Ok((password, outcome))
}
