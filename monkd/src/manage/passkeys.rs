//! Passkeys that were made in the portal.

use monk_core::credential::{Change, Credential, CredentialId, Use};
use monk_core::factors::passkey::{PasskeyRecord, PasskeyUse};
use monk_core::passkeys;
use monk_terms::kind::Kind;
use monk_wire::manage::{Failure, Outcome};

use super::{Task, check_label};
use crate::clock::{self, SystemRandom};
use crate::outage::Outage;

impl Task<'_> {
    /// Keeps one: its record and its first use.
    pub(super) async fn add_passkey(&self, label: &str, made: &str) -> Result<Outcome, Failure> {
        check_label(label)?;
        let (record, used): (PasskeyRecord, PasskeyUse) = serde_json::from_str(made)
            .map_err(|error| Outage::Unclear(format!("no passkey: {error}")))?;
        self.change(|account, set| {
            let taken = set.all_of::<PasskeyRecord>().find(|(stored, one)| {
                stored.value.label == label || passkeys::is_same(one, &record)
            });
            if let Some((stored, _)) = taken {
                let label = stored.value.label.clone();
                return Err(Failure::LabelTaken { kind: Kind::Passkey, label });
            }
            let (id, now) = (CredentialId::generate(&mut SystemRandom), clock::now());
            let used = Use::new(id.clone(), now, used.clone());
            let credential = Credential::new(id, label, now, record.clone());
            let change = Change {
                add_credentials: vec![credential.to_record(self.author(account))],
                add_uses: vec![used.to_record(self.author(account))],
                ..Change::default()
            };
            Ok((change, Outcome::Done))
        })
        .await
    }
}
