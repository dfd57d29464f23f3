//! Backup codes: a new set replaces the old one.

use std::sync::Arc;

use monk_core::credential::{Change, Use};
use monk_core::enrol;
use monk_core::factors::backup_codes::{BackupCodesRecord, SpentCodes};
use monk_wire::Secret;
use monk_wire::manage::{Failure, Outcome};

use super::Task;
use crate::clock::{self, SystemRandom};
use crate::hashing;

impl Task<'_> {
    /// Makes a new set.
    pub(super) async fn generate_backup_codes(&self) -> Result<Outcome, Failure> {
        let (account, _) = self.find().await?;
        let (user, keys) = (account.id, Arc::clone(&self.engine.keys));
        let now = clock::now();
        // Six hashes: not again after a conflict.
        let (credential, codes) = hashing::run(self.deadline, move || {
            enrol::backup_codes(&user, now, &keys, &mut SystemRandom)
        })
        .await?;
        let used = Use::new(credential.id.clone(), now, SpentCodes::default());
        let replaced = self
            .change(|account, set| {
                let mut change = Change {
                    add_credentials: vec![credential.to_record(self.author(account))],
                    add_uses: vec![used.to_record(self.author(account))],
                    ..Change::default()
                };
                for (old, _) in set.all_of::<BackupCodesRecord>() {
                    let removal = set.removal(old);
                    change.remove_credentials.extend(removal.remove_credentials);
                    change.remove_uses.extend(removal.remove_uses);
                }
                let replaced = !change.remove_credentials.is_empty();
                Ok((change, replaced))
            })
            .await?;
        let codes = codes.iter().map(|code| Secret::new(code.as_bytes())).collect();
        Ok(Outcome::BackupCodes { codes, replaced })
    }
}
