//! What all credentials have in common: a name that can be changed, and an end.

use monk_core::credential::{Change, Credential, CredentialSet, Stored};
use monk_core::factors::app_password::AppPasswordRecord;
use monk_core::policy::{Mfa, Policy};
use monk_core::ticket;
use monk_terms::kind::Kind;
use monk_wire::manage::{Failure, Outcome};

use super::{Task, check_label};
use crate::clock;

impl Task<'_> {
    /// Gives a credential another name. What it opens stays as it is.
    pub(super) async fn rename(
        &self,
        kind: Kind,
        wanted: &str,
        label: &str,
    ) -> Result<Outcome, Failure> {
        self.change(|account, set| {
            let stored = to_rename(set, kind, wanted, label)?;
            if stored.value.label == label {
                return Ok((Change::default(), Outcome::Done));
            }
            let renamed = stored.value.with_label(label);
            let change = Change {
                remove_credentials: vec![stored.raw.clone()],
                add_credentials: vec![renamed.to_record(self.author(account))],
                ..Change::default()
            };
            Ok((change, Outcome::Done))
        })
        .await
    }

    /// Removes a credential with its use. No host asks anything but the store, so it is dead at
    /// once everywhere.
    pub(super) async fn remove(
        &self,
        kind: Kind,
        wanted: Option<&str>,
    ) -> Result<Outcome, Failure> {
        let removal = self.change(|account, set| {
            let (stored, last) = self.to_remove(set, kind, wanted)?;
            let app_password = stored.value.factor.get::<AppPasswordRecord>();
            let old = app_password.map(|record| (account.id.clone(), record.public.clone()));
            let outcome = Outcome::Removed {
                credential: stored.value.id.as_str().to_owned(),
                label: stored.value.label.clone(),
                last,
            };
            let mut change = set.removal(stored);
            for ticket in ticket::taken_with(&stored.value.id, set) {
                change.also(set.removal(ticket));
            }
            Ok((change, (outcome, old)))
        });
        let (outcome, old) = removal.await?;
        if let Some((user, public)) = old {
            self.engine.portal.removed.note(&user, &public, clock::now());
        }
        Ok(outcome)
    }

    /// The credential that is meant, if it may go, and whether it is the last second factor.
    pub(super) fn to_remove<'a>(
        &self,
        set: &'a CredentialSet,
        kind: Kind,
        wanted: Option<&str>,
    ) -> Result<(&'a Stored<Credential>, bool), Failure> {
        let stored = pick(set, is_removable, kind, wanted)?;
        let last = self.leaves_without_a_factor(set, |one| one.id == stored.value.id)?;
        Ok((stored, last))
    }

    /// Whether the user has no second factor any more without those that are `gone`. Users may not bring
    /// themselves there where a service asks for one: they would be locked out.
    pub(super) fn leaves_without_a_factor(
        &self,
        set: &CredentialSet,
        gone: impl Fn(&Credential) -> bool,
    ) -> Result<bool, Failure> {
        let mut rest = set.clone();
        rest.credentials.retain(|other| !gone(&other.value));
        let now = clock::now();
        let last = set.has_second_factor_at(now) && !rest.has_second_factor_at(now);
        if last && !self.caller.is_root() && self.a_factor_is_required() {
            return Err(Failure::LastFactor);
        }
        Ok(last)
    }

    fn a_factor_is_required(&self) -> bool {
        let settings = &self.engine.settings;
        let required = |policy: Policy| policy.mfa == Mfa::Required;
        required(settings.default_policy())
            || settings.service.keys().any(|name| required(settings.policy_for(name)))
    }
}

/// The credential that is meant, if it may be called `label`.
pub(super) fn to_rename<'a>(
    set: &'a CredentialSet,
    kind: Kind,
    wanted: &str,
    label: &str,
) -> Result<&'a Stored<Credential>, Failure> {
    check_label(label)?;
    let stored = pick(set, is_of, kind, Some(wanted))?;
    let taken =
        |other: &&Stored<Credential>| other.value.label == label && is_of(kind, &other.value);
    if set.credentials.iter().any(|other| taken(&other) && other.raw != stored.raw) {
        return Err(Failure::LabelTaken { kind, label: label.to_owned() });
    }
    Ok(stored)
}

/// Whether a credential is of that kind, and has a name that can be given and taken. Addresses and enrolment
/// codes go in ways of their own.
fn is_of(kind: Kind, credential: &Credential) -> bool {
    let is_named =
        matches!(kind, Kind::Totp | Kind::AppPassword | Kind::BackupCodes | Kind::Passkey);
    is_named && credential.factor.kind() == kind
}

/// Whether a credential is of that kind, and can be removed by itself. What opens one login has no name of its own.
fn is_removable(kind: Kind, credential: &Credential) -> bool {
    is_of(kind, credential) || (kind.opens_once() && credential.factor.kind() == kind)
}

/// The one credential of a kind with this id or name, or the only one, of those that `may` be meant.
fn pick<'a>(
    set: &'a CredentialSet,
    may: fn(Kind, &Credential) -> bool,
    kind: Kind,
    wanted: Option<&str>,
) -> Result<&'a Stored<Credential>, Failure> {
    let mut found = set.credentials.iter().filter(|stored| {
        let Credential { id, label, .. } = &stored.value;
        may(kind, &stored.value)
            && wanted.is_none_or(|wanted| id.as_str() == wanted || label == wanted)
    });
    let wanted = wanted.map(str::to_owned);
    match (found.next(), found.next()) {
        (Some(stored), None) => Ok(stored),
        (None, _) => Err(Failure::NoSuchCredential { kind, wanted }),
        (Some(_), Some(_)) => Err(Failure::Ambiguous { kind, wanted }),
    }
}
