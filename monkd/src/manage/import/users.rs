//! Users of the embedded directory, from a list: all of them, or nobody.

use monk_core::hash;
use monk_wire::Secret;
use monk_wire::manage::{Failure, RowFault, RowPassword, RowVerdict, Unfit, UserEntry};
use zeroize::Zeroizing;

use super::super::Task;
use super::super::posix::{Local, check_host_name, check_wish};
use super::super::users::new_password;
use crate::clock::SystemRandom;
use crate::directory::{HashedUser, Lookup};
use crate::hashing;
use crate::login::check_name;
use crate::outage::Outage;

/// Most rows that are refused in one answer: nobody reads more, and they fit a reply.
const MOST_FAULTS: usize = 100;

impl Task<'_> {
    /// Says what would come of the rows.
    pub(super) async fn check_rows(&self, rows: &[UserEntry]) -> Result<Vec<RowVerdict>, Failure> {
        let (users, local) = (self.users()?, Local::now());
        let mut verdicts = Vec::with_capacity(rows.len());
        for row in rows {
            verdicts.push(match self.look_at(row, &local).await? {
                Err(why) => RowVerdict::Refused(why),
                Ok(()) if self.is_taken(row).await? => RowVerdict::Exists,
                Ok(()) => RowVerdict::New,
            });
        }
        // What stands in the way of its numbers is known only where they are given.
        let new = || verdicts.iter().zip(rows).filter(|(verdict, _)| **verdict == RowVerdict::New);
        let tried = new().map(|(_, row)| hashed(row, None)).collect();
        let tried = users.try_all(tried, self.deadline).await?;
        let new = verdicts.iter_mut().filter(|verdict| **verdict == RowVerdict::New);
        for (verdict, tried) in new.zip(tried) {
            if let Err(clash) = tried {
                *verdict = RowVerdict::Refused(clash.into());
            }
        }
        Ok(verdicts)
    }

    /// Says which of the rows could not be added together, by their places; the first ones, if there are many.
    /// Each of them can be added alone.
    pub(super) async fn try_rows(
        &self,
        rows: &[UserEntry],
    ) -> Result<Vec<(u32, RowFault)>, Failure> {
        let users = self.users()?;
        let tried = rows.iter().map(|row| hashed(row, None)).collect();
        let tried = users.try_all(tried, self.deadline).await?;
        let refused =
            (0..).zip(tried).filter_map(|(place, tried)| Some((place, tried.err()?.into())));
        Ok(refused.take(MOST_FAULTS).collect())
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
        let local = Local::now();
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let about = |why| in_import(&row.name, why);
            self.look_at(row, &local).await?.map_err(about)?;
            let password = match &row.password {
                RowPassword::None => None,
                RowPassword::Hash(hash) => hash.expose_str().map(str::to_owned),
                RowPassword::Plain(_) => return Err(about(Unfit::PasswordNotHashed.into())),
            };
            all.push(hashed(row, password));
        }
        match users.add_all(all, self.deadline).await? {
            Ok(()) => Ok(()),
            Err((user, clash)) => Err(in_import(&user, clash.into())),
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

    /// Reads a row and compares its numbers with those of this host, or says what is wrong with it.
    async fn look_at(
        &self,
        row: &UserEntry,
        local: &Local,
    ) -> Result<Result<(), RowFault>, Outage> {
        if let Err(fault) = self.read(row) {
            return Ok(Err(fault));
        }
        let checked = self.check_new_local(&row.name, &row.posix, local).await?;
        Ok(checked.map_err(RowFault::from))
    }

    /// Reads a row, or says what is wrong with it.
    fn read(&self, row: &UserEntry) -> Result<(), RowFault> {
        check_name(&row.name).map_err(|_| RowFault::Name)?;
        check_host_name(&row.name)?;
        check_wish(&row.posix, self.primary_gids())?;
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
}

fn in_import(user: &str, why: RowFault) -> Failure {
    Failure::InImport { user: user.to_owned(), why }
}

/// The user of a row, with that hash of the password.
fn hashed(row: &UserEntry, password: Option<String>) -> HashedUser {
    HashedUser {
        name: row.name.clone(),
        mail: row.mail.clone(),
        password,
        disabled: row.disabled,
        expires: row.expires,
        must_change: false,
        posix: row.posix.clone(),
    }
}
