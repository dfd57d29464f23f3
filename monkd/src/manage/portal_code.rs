//! One-time codes of the portal.

use monk_core::credential::{Change, Credential, CredentialId, Use};
use monk_core::factors::portal_code::{PortalCodeRecord, PortalCodeUse};
use monk_core::keys::Owner;
use monk_wire::Secret;
use monk_wire::manage::{Failure, Outcome};

use super::Task;
use crate::clock::{self, SystemRandom};

/// What it is called in tables.
const LABEL: &str = "One-time code";

impl Task<'_> {
    /// Makes a code; one that was made before is good no longer.
    pub(super) async fn make_portal_code(&self) -> Result<Outcome, Failure> {
        self.change(|account, set| {
            let (id, now) = (CredentialId::generate(&mut SystemRandom), clock::now());
            let owner = Owner { user: &account.id, credential: id.as_str() };
            let keys = &self.engine.keys;
            let (record, code) = PortalCodeRecord::generate(now, owner, keys, &mut SystemRandom);
            let expires = record.expires;
            let used = Use::new(id.clone(), now, PortalCodeUse::default());
            let credential = Credential::new(id, LABEL, now, record);
            let mut change = Change {
                add_credentials: vec![credential.to_record(self.author(account))],
                add_uses: vec![used.to_record(self.author(account))],
                ..Change::default()
            };
            for (old, _) in set.all_of::<PortalCodeRecord>() {
                let removal = set.removal(old);
                change.remove_credentials.extend(removal.remove_credentials);
                change.remove_uses.extend(removal.remove_uses);
            }
            let code = Secret::new(code.as_bytes());
            Ok((change, Outcome::PortalCode { code, expires }))
        })
        .await
    }
}
