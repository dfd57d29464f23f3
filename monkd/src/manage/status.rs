//! What a user has.

use monk_core::credential::{Credential, CredentialSet};
use monk_core::emailed::is_placeholder;
use monk_core::keys::Keyring;
use monk_wire::manage::{CredentialStatus, Failure, Outcome, Status};

use super::Task;
use crate::clock;

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
            state: account.state,
            credentials,
            unreadable: u32::try_from(unreadable).unwrap_or(u32::MAX),
            posix: self.posix(vec![account.id]).await?.pop().flatten(),
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
    let (details, now) = (set.details(credential), clock::now());
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    CredentialStatus {
        id: credential.id.as_str().to_owned(),
        kind: credential.factor.kind(),
        label: credential.label.clone(),
        created: credential.created,
        last_used: details.last_used,
        last_address: details.last_address,
        last_service: details.last_service,
        pending: details.pending,
        usable_from: details.usable_from.filter(|from| now < *from),
        usable: set.is_usable(credential, credential.case(user, keys, now)),
        services: details.services,
        networks: details.networks.iter().map(ToString::to_string).collect(),
        expires: details.expires,
        codes_left: details.codes_left.map(|(left, all)| (count(left), count(all))),
    }
}
