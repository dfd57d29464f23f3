//! What a user has.

use monk_core::credential::{Credential, CredentialSet, Factor, Spent, Use};
use monk_core::emailed::{self, is_placeholder};
use monk_core::keys::{Keyring, Owner};
use monk_wire::manage::{CredentialStatus, Failure, Outcome, Status};

use super::Task;

impl Task<'_> {
    /// Tells what the user has.
    pub(super) async fn status(&self) -> Result<Outcome, Failure> {
        let (account, set) = self.find().await?;
        let mut credentials: Vec<_> = set
            .credentials
            .iter()
            .filter(|stored| !is_placeholder(&stored.value))
            .map(|stored| describe(&stored.value, &account.id, &set, &self.engine.keys))
            .collect();
        credentials.sort_by_key(|one| (one.kind.as_str(), one.created));
        let unreadable = set.unreadable_credentials + set.unreadable_uses;
        Ok(Outcome::Status(Status {
            user: account.name,
            mail: account.mail,
            disabled: account.disabled,
            credentials,
            unreadable: u32::try_from(unreadable).unwrap_or(u32::MAX),
        }))
    }
}

/// One credential, as it stands.
pub(super) fn describe(
    credential: &Credential,
    user: &str,
    set: &CredentialSet,
    keys: &Keyring,
) -> CredentialStatus {
    let uses: Vec<_> = set.uses_of(&credential.id).map(|stored| &stored.value).collect();
    let last = uses.iter().max_by_key(|used| used.at);
    let (last_service, last_address) = match last.map(|used| &used.spent) {
        Some(Spent::AppPassword { service, from }) => (Some(service.clone()), from.clone()),
        _ => (None, None),
    };
    let mut status = CredentialStatus {
        id: credential.id.as_str().to_owned(),
        kind: credential.factor.kind(),
        label: credential.label.clone(),
        created: credential.created,
        last_used: last.filter(|used| is_use(used, credential.created)).map(|used| used.at),
        last_address,
        last_service,
        pending: false,
        usable: usable(credential, user, set, keys),
        services: Vec::new(),
        networks: Vec::new(),
        expires: None,
        codes_left: None,
    };
    match &credential.factor {
        Factor::Totp(record) => status.pending = record.pending,
        Factor::AppPassword(record) => {
            status.services.clone_from(&record.scope.services);
            status.networks = record.scope.networks.iter().map(ToString::to_string).collect();
            status.expires = record.expires;
        }
        Factor::BackupCodes(record) => {
            let mut spent: Vec<usize> = Vec::new();
            for used in &uses {
                if let Spent::BackupCodes { codes } = &used.spent {
                    spent.extend(codes);
                }
            }
            spent.sort_unstable();
            spent.dedup();
            let all = record.hashes.len();
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            status.codes_left = Some((count(all.saturating_sub(spent.len())), count(all)));
        }
        Factor::EnrolmentCode(record) => status.expires = Some(record.expires),
        Factor::Email(record) => {
            status.pending = record.pending;
            // One record for all addresses: a code that opened a login went to the confirmed one.
            let opened = emailed::state(set).0.opened.filter(|_| record.is_confirmed());
            status.last_used = opened.filter(|&at| at >= credential.created);
        }
        Factor::Unknown => {}
    }
    status
}

/// Whether a record is more than the first one, which confirming a device and making a set of
/// backup codes write.
fn is_use(record: &Use, created: u64) -> bool {
    match &record.spent {
        Spent::BackupCodes { codes } => !codes.is_empty(),
        Spent::EnrolmentCode { doors } => !doors.is_empty(),
        Spent::AppPassword { .. } => true,
        _ => record.at > created,
    }
}

/// Whether this host can check the credential.
fn usable(credential: &Credential, user: &str, set: &CredentialSet, keys: &Keyring) -> bool {
    let owner = Owner { user, credential: credential.id.as_str() };
    let has_use = |fits: fn(&Spent) -> bool| {
        set.unreadable_uses == 0 && set.uses_of(&credential.id).any(|u| fits(&u.value.spent))
    };
    match &credential.factor {
        Factor::Totp(record) => {
            record.open(owner, keys).is_ok()
                && (record.pending || has_use(|spent| matches!(spent, Spent::Totp { .. })))
        }
        Factor::BackupCodes(record) => {
            keys.get(record.hashes.key()).is_some()
                && has_use(|spent| matches!(spent, Spent::BackupCodes { .. }))
        }
        Factor::EnrolmentCode(record) => {
            keys.get(record.hashes.key()).is_some()
                && has_use(|spent| matches!(spent, Spent::EnrolmentCode { .. }))
        }
        Factor::AppPassword(record) => keys.get(record.hash.key()).is_some(),
        Factor::Email(_) => set.unreadable_uses == 0,
        Factor::Unknown => false,
    }
}
