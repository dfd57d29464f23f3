//! The keys that users log in to ssh with.

use monk_core::authorized_key::AuthorizedKey;
use monk_wire::manage::{Failure, Outcome, SshKey, SshKeyCommand, SshKeyOutcome, Unfit};
use monk_wire::ssh_keys::KeyLines;

use super::Task;
use crate::directory::Account;
use crate::directory::users::KeysAdded;

/// Most keys that a user of the embedded directory can have: more than anybody has devices.
const MAX_KEYS: usize = 32;

impl Task<'_> {
    /// Adds, lists or removes keys.
    pub(super) async fn ssh_key(&self, command: SshKeyCommand) -> Result<Outcome, Failure> {
        let account = self.find().await?.0;
        let outcome = match command {
            SshKeyCommand::List => self.list_keys(&account).await?,
            SshKeyCommand::Add { lines } => self.add_keys(&account, &lines).await?,
            SshKeyCommand::Remove { key } => self.remove_key(&account, &key).await?,
        };
        Ok(Outcome::SshKeys(outcome))
    }

    /// Refuses what would be refused after the proof as well.
    pub(super) async fn check_ssh_key(
        &self,
        account: &Account,
        command: &SshKeyCommand,
    ) -> Result<(), Failure> {
        if !matches!(command, SshKeyCommand::List) {
            self.users()?;
        }
        match command {
            SshKeyCommand::List => Ok(()),
            SshKeyCommand::Add { lines } => {
                let mut all = self.keys(account).await?;
                let before = all.len();
                for key in read(lines)? {
                    if !all.contains(&key) {
                        all.push(key);
                    }
                }
                let is_too_much = all.len() > MAX_KEYS && all.len() > before;
                if is_too_much { Err(too_many()) } else { Ok(()) }
            }
            SshKeyCommand::Remove { key } => meant(self.keys(account).await?, key).map(drop),
        }
    }

    /// All keys of the user.
    async fn keys(&self, account: &Account) -> Result<Vec<SshKey>, Failure> {
        let lines = self.engine.directory.ssh_keys(account, self.deadline).await?;
        Ok(lines.into_iter().map(described).collect())
    }

    /// Those that sshd gets.
    async fn list_keys(&self, account: &Account) -> Result<SshKeyOutcome, Failure> {
        let lines = self.engine.directory.ssh_keys(account, self.deadline).await?;
        let (lines, left_out) = KeyLines::of(lines);
        let keys = lines.iter().map(|line| described(line.to_owned())).collect();
        Ok(SshKeyOutcome::List { keys, left_out: u64::try_from(left_out).unwrap_or(u64::MAX) })
    }

    async fn add_keys(
        &self,
        account: &Account,
        lines: &[String],
    ) -> Result<SshKeyOutcome, Failure> {
        let (users, keys) = (self.users()?, read(lines)?);
        let lines = keys.iter().map(|key| key.line.clone()).collect();
        match users.add_ssh_keys(&account.id, lines, MAX_KEYS, self.deadline).await?? {
            KeysAdded::TooMany => Err(too_many()),
            KeysAdded::Done(are_new) => {
                let (mut added, mut already_there) = (Vec::new(), Vec::new());
                for (key, is_new) in keys.into_iter().zip(are_new) {
                    if is_new { added.push(key) } else { already_there.push(key) }
                }
                Ok(SshKeyOutcome::Added { added, already_there })
            }
        }
    }

    async fn remove_key(&self, account: &Account, wanted: &str) -> Result<SshKeyOutcome, Failure> {
        let users = self.users()?;
        let key = meant(self.keys(account).await?, wanted)?;
        match users.remove_ssh_key(&account.id, &key.line, self.deadline).await? {
            true => Ok(SshKeyOutcome::Removed(key)),
            false => Err(Failure::NoSuchSshKey),
        }
    }
}

fn too_many() -> Failure {
    Unfit::TooManySshKeys { limit: MAX_KEYS }.into()
}

/// The keys of lines that were given.
fn read(lines: &[String]) -> Result<Vec<SshKey>, Unfit> {
    let mut keys = Vec::with_capacity(lines.len());
    for (line, number) in lines.iter().zip(1..) {
        let key = described(line.trim().to_owned());
        if key.fingerprint.is_none() {
            return Err(Unfit::SshKey { number });
        }
        keys.push(key);
    }
    Ok(keys)
}

/// The one key that is meant.
fn meant(mut keys: Vec<SshKey>, wanted: &str) -> Result<SshKey, Failure> {
    keys.retain(|key| is_meant(key, wanted.trim()));
    match (keys.pop(), keys.is_empty()) {
        (None, _) => Err(Failure::NoSuchSshKey),
        (Some(_), false) => Err(Failure::SeveralSshKeys),
        (Some(key), true) => Ok(key),
    }
}

fn described(line: String) -> SshKey {
    SshKey { fingerprint: AuthorizedKey::read(&line).map(|key| key.fingerprint), line }
}

/// Whether a key is named by its line, fingerprint or comment.
fn is_meant(key: &SshKey, wanted: &str) -> bool {
    let has_comment = || {
        let read = AuthorizedKey::read(&key.line);
        read.is_some_and(|read| !read.comment.is_empty() && read.comment == wanted)
    };
    key.line == wanted || key.fingerprint.as_deref() == Some(wanted) || has_comment()
}
