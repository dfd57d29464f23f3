//! The keys that users log in to ssh with.

use monk_core::authorized_key::AuthorizedKey;
use monk_wire::manage::{Failure, Outcome, SshKey, SshKeyCommand, SshKeyOutcome, Unfit};

use super::Task;
use crate::directory::Account;

/// Most keys of one user: more than anybody has devices. With the longest lines, they fit a reply.
const MAX_KEYS: usize = 32;

impl Task<'_> {
    /// Adds, lists or removes keys.
    pub(super) async fn ssh_key(&self, command: SshKeyCommand) -> Result<Outcome, Failure> {
        let account = self.find().await?.0;
        let outcome = match command {
            SshKeyCommand::List => SshKeyOutcome::List(self.keys(&account).await?),
            SshKeyCommand::Add { line } => self.add_key(&account, &line).await?,
            SshKeyCommand::Remove { key } => self.remove_key(&account, &key).await?,
        };
        Ok(Outcome::SshKeys(outcome))
    }

    async fn keys(&self, account: &Account) -> Result<Vec<SshKey>, Failure> {
        let lines = self.engine.directory.ssh_keys(account, self.deadline).await?;
        Ok(lines.into_iter().map(described).take(MAX_KEYS).collect())
    }

    async fn add_key(&self, account: &Account, line: &str) -> Result<SshKeyOutcome, Failure> {
        let users = self.users()?;
        let key = described(line.trim().to_owned());
        if key.fingerprint.is_none() {
            return Err(Unfit::SshKey.into());
        }
        let keys = self.keys(account).await?;
        if keys.contains(&key) {
            return Ok(SshKeyOutcome::AlreadyThere(key));
        }
        if keys.len() >= MAX_KEYS {
            return Err(Unfit::TooManySshKeys { limit: MAX_KEYS }.into());
        }
        match users.add_ssh_key(&account.id, &key.line, self.deadline).await?? {
            true => Ok(SshKeyOutcome::Added(key)),
            false => Ok(SshKeyOutcome::AlreadyThere(key)),
        }
    }

    async fn remove_key(&self, account: &Account, wanted: &str) -> Result<SshKeyOutcome, Failure> {
        let users = self.users()?;
        let mut keys = self.keys(account).await?;
        keys.retain(|key| is_meant(key, wanted.trim()));
        match (keys.pop(), keys.is_empty()) {
            (None, _) => Err(Failure::NoSuchSshKey),
            (Some(_), false) => Err(Failure::SeveralSshKeys),
            (Some(key), true) => {
                match users.remove_ssh_key(&account.id, &key.line, self.deadline).await? {
                    true => Ok(SshKeyOutcome::Removed(key)),
                    false => Err(Failure::NoSuchSshKey),
                }
            }
        }
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
