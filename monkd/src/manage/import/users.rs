//! Users of the embedded directory, from a list: all of them, or nobody.

use monk_core::hash;
use monk_wire::Secret;
use monk_wire::manage::{Failure, RowFault, RowPassword, RowVerdict, Unfit, UserEntry};
use zeroize::Zeroizing;

use super::super::Task;
use super::super::users::new_password;
use crate::clock::SystemRandom;
use crate::directory::{HashedUser, Lookup};
use crate::hashing;
use crate::login::check_name;

impl Task<'_> {
    /// Says what would come of the rows.
    pub(super) async fn check_rows(&self, rows: &[UserEntry]) -> Result<Vec<RowVerdict>, Failure> {
        self.users()?;
        let mut verdicts = Vec::with_capacity(rows.len());
        for row in rows {
            verdicts.push(match read(row) {
                Err(why) => RowVerdict::Refused(why),
                Ok(()) if self.is_taken(row).await? => RowVerdict::Exists,
                Ok(()) => RowVerdict::New,
            });
        }
        Ok(verdicts)
    }

    /// Hashes the passwords, one after the other, so that logins meanwhile wait for one at most.
    pub(super) async fn hash_rows(
        &self,
        rows: &[UserEntry],
    ) -> Result<Vec<Option<Secret>>, Failure> {
        let mut hashes = Vec::with_capacity(rows.len());
        for row in rows {
            hashes.push(match &row.password {
                RowPassword::None => None,
                RowPassword::Hash(hash) => Some(hash.clone()),
                RowPassword::Plain(secret) => {
                    let (typed, _) = new_password(secret)?;
                    let hash = hashing::run(self.deadline, move || {
                        hash::hash_password(&typed, &mut SystemRandom)
                    });
                    Some(Secret::new(Zeroizing::new(hash.await?).as_bytes()))
                }
            });
        }
        Ok(hashes)
    }

    /// Adds all of them, or nobody.
    pub(super) async fn commit_rows(&self, rows: &[UserEntry]) -> Result<(), Failure> {
        let users = self.users()?;
        let mut hashed = Vec::with_capacity(rows.len());
        for row in rows {
            let about = |why| in_import(&row.name, why);
            read(row).map_err(about)?;
            let password = match &row.password {
                RowPassword::None => None,
                RowPassword::Hash(hash) => hash.expose_str().map(str::to_owned),
                RowPassword::Plain(_) => return Err(about(Unfit::PasswordNotHashed.into())),
            };
            hashed.push(HashedUser {
                name: row.name.clone(),
                mail: row.mail.clone(),
                password,
                disabled: row.disabled,
                expires: row.expires,
            });
        }
        match users.add_all(hashed, self.deadline).await? {
            None => Ok(()),
            Some(taken) => Err(in_import(&taken, RowFault::Taken)),
        }
    }

    async fn is_taken(&self, row: &UserEntry) -> Result<bool, Failure> {
        for name in [Some(&row.name), row.mail.as_ref()].into_iter().flatten() {
            match self.engine.directory.find(name, self.deadline).await? {
                Lookup::None => {}
                Lookup::One(_) | Lookup::Several => return Ok(true),
            }
        }
        Ok(false)
    }
}

fn in_import(user: &str, why: RowFault) -> Failure {
    Failure::InImport { user: user.to_owned(), why }
}

/// Reads a row, or says what is wrong with it.
fn read(row: &UserEntry) -> Result<(), RowFault> {
    check_name(&row.name).map_err(|_| RowFault::Name)?;
    if row.mail.as_ref().is_some_and(|mail| check_name(mail).is_err()) {
        return Err(Unfit::Mail.into());
    }
    match &row.password {
        RowPassword::None => Ok(()),
        RowPassword::Plain(secret) => Ok(new_password(secret).map(drop)?),
        RowPassword::Hash(hash) => {
            let usable = hash.expose_str().is_some_and(hash::is_usable_password_hash);
            usable.then_some(()).ok_or_else(|| Unfit::PasswordHash.into())
        }
    }
}
