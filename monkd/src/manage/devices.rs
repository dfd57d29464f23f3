//! Devices that show codes: added, and active only after a code of theirs confirmed them.

use monk_core::credential::{Change, Credential, CredentialSet, Stored, Use};
use monk_core::enrol::{self, NewDevice};
use monk_core::factors::totp::{Algorithm, Parameters, Seed, Step, TotpRecord};
use monk_core::keys::Owner;
use monk_wire::Secret;
use monk_wire::manage::{self, Failure, FailureKind, Outcome, TotpParameters};

use super::clock_hint::Off;
use super::{Task, check_label, failure, pick};
use crate::clock::{self, SystemRandom};
use crate::directory::Account;

impl Task<'_> {
    /// Makes a device, still to be confirmed. One that waits under the same name is replaced.
    pub(super) async fn add_device(
        &self,
        label: &str,
        parameters: TotpParameters,
    ) -> Result<Outcome, Failure> {
        let wanted = parameters;
        let parameters = from_wire(wanted);
        self.change(|account, set| {
            check_new(set, label, wanted)?;
            let new = NewDevice { user: &account.id, label, parameters, now: clock::now() };
            let (credential, seed) = enrol::device(&new, &self.engine.keys, &mut SystemRandom);
            let change = Change {
                remove_credentials: pending_devices(set, label),
                add_credentials: vec![credential.to_record(self.author(account))],
                ..Change::default()
            };
            Ok((change, self.shown(account, &credential, parameters, &seed)))
        })
        .await
    }

    /// Shows a waiting device again: whoever lost the sheet need not begin anew. What is active is
    /// never shown, so that nobody can copy it later.
    pub(super) async fn show_device(&self, wanted: Option<&str>) -> Result<Outcome, Failure> {
        let (account, set) = self.find().await?;
        let stored = waiting(&set, wanted)?;
        let record = device(&stored.value)?;
        let owner = Owner { user: &account.id, credential: stored.value.id.as_str() };
        let seed = record.open(owner, &self.engine.keys).map_err(|why| {
            failure(FailureKind::Invalid, format!("the device cannot be shown: {why}"))
        })?;
        Ok(self.shown(&account, &stored.value, record.parameters, &seed))
    }

    /// What is shown of a device that waits.
    fn shown(
        &self,
        account: &Account,
        credential: &Credential,
        parameters: Parameters,
        seed: &Seed,
    ) -> Outcome {
        let issuer = &self.engine.settings.enrolment.issuer;
        let name = account.mail.as_deref().unwrap_or(&account.name);
        Outcome::TotpPending {
            credential: credential.id.as_str().to_owned(),
            secret: Secret::new(seed.to_base32().as_bytes()),
            uri: Secret::new(seed.to_uri(parameters, issuer, name).as_bytes()),
            label: credential.label.clone(),
            parameters: to_wire(parameters),
        }
    }

    /// Makes a waiting device active, if it shows this code now.
    pub(super) async fn confirm_device(
        &self,
        credential: &str,
        code: &Secret,
    ) -> Result<Outcome, Failure> {
        let digits: String = code
            .expose_str()
            .unwrap_or_default()
            .chars()
            .filter(|character| !character.is_whitespace())
            .collect();
        self.change(|account, set| {
            let stored = pick(set, credential, "device that waits to be confirmed", is_pending)?;
            let record = device(&stored.value)?;
            let owner = Owner { user: &account.id, credential: stored.value.id.as_str() };
            let seed = record.open(owner, &self.engine.keys).map_err(|why| {
                failure(FailureKind::Invalid, format!("the device cannot be confirmed: {why}"))
            })?;
            let now = clock::now();
            let steps = seed.matching_steps(record.parameters, &digits, now);
            let Some(&step) = steps.last() else {
                return Err(wrong_code(&seed, record.parameters, &digits, now));
            };
            let active = TotpRecord { pending: false, ..record.clone() };
            let active = stored.value.with_factor(active);
            // The code that confirmed the device is spent by that.
            let used = Use::new(active.id.clone(), now, Step { step });
            let change = Change {
                remove_credentials: vec![stored.raw.clone()],
                add_credentials: vec![active.to_record(self.author(account))],
                add_uses: vec![used.to_record(self.author(account))],
                ..Change::default()
            };
            Ok((change, Outcome::Done))
        })
        .await
    }
}

/// Refuses a new device that makes no sense, or that has the name of another one.
pub(super) fn check_new(
    set: &CredentialSet,
    label: &str,
    parameters: TotpParameters,
) -> Result<(), Failure> {
    check_label(label)?;
    if !from_wire(parameters).are_valid() {
        return Err(failure(
            FailureKind::Invalid,
            "a code has 6 or 8 digits and is shown for 1 to 300 seconds",
        ));
    }
    match has_active_device(set, label) {
        true => Err(failure(
            FailureKind::Exists,
            format!("there is a device {label:?} already: give this one another name"),
        )),
        false => Ok(()),
    }
}

/// The device that is meant among those that wait to be confirmed.
pub(super) fn waiting<'a>(
    set: &'a CredentialSet,
    wanted: Option<&str>,
) -> Result<&'a Stored<Credential>, Failure> {
    let mut waiting = set.credentials.iter().filter(|stored| is_pending(&stored.value));
    match (wanted, waiting.next(), waiting.next()) {
        (Some(wanted), ..) => pick(set, wanted, "device that waits to be confirmed", is_pending),
        (None, Some(only), None) => Ok(only),
        (None, None, _) => Err(failure(
            FailureKind::NotFound,
            "no device waits to be confirmed; one that is active is not shown again",
        )),
        (None, Some(_), Some(_)) => {
            Err(failure(FailureKind::Invalid, "several devices wait: name one"))
        }
    }
}

fn device(credential: &Credential) -> Result<&TotpRecord, Failure> {
    credential.factor.get().ok_or_else(|| failure(FailureKind::NotFound, "not a device"))
}

fn is_pending(credential: &Credential) -> bool {
    credential.factor.get().is_some_and(|device: &TotpRecord| device.pending)
}

fn has_active_device(set: &CredentialSet, label: &str) -> bool {
    set.all_of::<TotpRecord>()
        .any(|(stored, device)| stored.value.label == label && !device.pending)
}

fn pending_devices(set: &CredentialSet, label: &str) -> Vec<String> {
    set.credentials
        .iter()
        .filter(|stored| stored.value.label == label && is_pending(&stored.value))
        .map(|stored| stored.raw.clone())
        .collect()
}

/// Why the code is wrong: by how much the device's clock is off, if that is it.
fn wrong_code(seed: &Seed, parameters: Parameters, digits: &str, now: u64) -> Failure {
    let message = match Off::of(seed, parameters, digits, now) {
        Some(off) => format!(
            "the device's clock is {}: set it to network time, and try the next code",
            off.words()
        ),
        None => "the code is not right: type the one that the device shows now".to_owned(),
    };
    failure(FailureKind::WrongCode, message)
}

fn to_wire(parameters: Parameters) -> TotpParameters {
    TotpParameters {
        algorithm: match parameters.algorithm {
            Algorithm::Sha1 => manage::Algorithm::Sha1,
            Algorithm::Sha256 => manage::Algorithm::Sha256,
            Algorithm::Sha512 => manage::Algorithm::Sha512,
        },
        digits: parameters.digits,
        period: u32::try_from(parameters.period).unwrap_or(u32::MAX),
    }
}

pub(super) fn from_wire(parameters: TotpParameters) -> Parameters {
    Parameters {
        algorithm: match parameters.algorithm {
            manage::Algorithm::Sha1 => Algorithm::Sha1,
            manage::Algorithm::Sha256 => Algorithm::Sha256,
            manage::Algorithm::Sha512 => Algorithm::Sha512,
        },
        digits: parameters.digits,
        period: parameters.period.into(),
    }
}
