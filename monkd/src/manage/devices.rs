//! Devices that show codes: added, and active only after a code of theirs confirmed them.

use monk_core::credential::{Change, Credential, CredentialSet, Stored, Use};
use monk_core::enrol::{self, NewDevice};
use monk_core::factors::totp::{Algorithm, Delay, Parameters, Seed, Step, TotpRecord};
use monk_core::keys::Owner;
use monk_core::seal::SealError;
use monk_terms::kind::Kind;
use monk_wire::Secret;
use monk_wire::manage::{self, Failure, Outcome, SecretFault, TotpParameters, Unfit};

use super::{Task, check_label, clock_hint};
use crate::clock::{self, SystemRandom};
use crate::directory::Account;
use crate::settings::enrolment::FirstFactor;

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
            let credential = delayed(credential, self.first_device_delay(set))?;
            let change = Change {
                remove_credentials: pending_devices(set, label),
                add_credentials: vec![credential.to_record(self.author(account))],
                ..Change::default()
            };
            Ok((change, self.shown(account, &credential, parameters, &seed)))
        })
        .await
    }

    /// Shows a waiting device again, so that a lost sheet does not mean a new start. An active device is
    /// never shown, so that nobody can copy it later.
    pub(super) async fn show_device(&self, wanted: Option<&str>) -> Result<Outcome, Failure> {
        let (account, set) = self.find().await?;
        let stored = waiting(&set, wanted)?;
        let record = device(&stored.value)?;
        let owner = Owner { user: &account.id, credential: stored.value.id.as_str() };
        let seed = record.open(owner, &self.engine.keys).map_err(|why| unreadable(&why))?;
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
        Outcome::TotpPending {
            credential: credential.id.as_str().to_owned(),
            secret: Secret::new(seed.to_base32().as_bytes()),
            uri: self.address_of(account, parameters, seed),
            label: credential.label.clone(),
            parameters: to_wire(parameters),
        }
    }

    /// What an authenticator app reads from a QR code.
    pub(super) fn address_of(
        &self,
        account: &Account,
        parameters: Parameters,
        seed: &Seed,
    ) -> Secret {
        let issuer = &self.engine.settings.enrolment.issuer;
        let name = account.mail.as_deref().unwrap_or(&account.name);
        Secret::new(seed.to_uri(parameters, issuer, name).as_bytes())
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
            let stored = self.to_confirm(set, credential)?;
            let record = device(&stored.value)?;
            let owner = Owner { user: &account.id, credential: stored.value.id.as_str() };
            let seed = record.open(owner, &self.engine.keys).map_err(|why| unreadable(&why))?;
            let now = clock::now();
            let steps = seed.matching_steps(record.parameters, &digits, now);
            let Some(&step) = steps.last() else {
                let clock = clock_hint::offset(&seed, record.parameters, &digits, now);
                return Err(Failure::WrongCode { clock });
            };
            if set.waiting_letter(&stored.value).is_some() {
                return Ok((self.confirmation(account, set, stored, step, now)?, Outcome::Done));
            }
            let delay = record.delay.map(|delay| delay.begun(now));
            let active = TotpRecord { pending: false, delay, ..record.clone() };
            let usable_from = active.waits_until(now);
            let active = stored.value.with_factor(active);
            // The code that confirmed the device is spent by that.
            let used = Use::new(active.id.clone(), now, Step::at(step));
            let change = Change {
                remove_credentials: vec![stored.raw.clone()],
                add_credentials: vec![active.to_record(self.author(account))],
                add_uses: vec![used.to_record(self.author(account))],
                ..Change::default()
            };
            Ok((change, usable_from.map_or(Outcome::Done, Outcome::UsableFrom)))
        })
        .await
    }

    /// For how long a device opens nothing that a user makes with the password alone.
    fn first_device_delay(&self, set: &CredentialSet) -> Option<Delay> {
        let settings = &self.engine.settings.enrolment;
        let is_proven = self.caller.is_root()
            || settings.first_factor == FirstFactor::Invitation
            || set.has_second_factor_at(clock::now())
            || set.is_invited(clock::now());
        let seconds = u64::from(settings.first_factor_delay_hours) * 3600;
        (!is_proven && seconds > 0).then(|| Delay::new(seconds))
    }
}

/// The same device with a delay.
fn delayed(credential: Credential, delay: Option<Delay>) -> Result<Credential, Failure> {
    let record = TotpRecord { delay, ..device(&credential)?.clone() };
    Ok(credential.with_factor(record))
}

/// Refuses a new device that makes no sense, or that has the name of another one.
pub(super) fn check_new(
    set: &CredentialSet,
    label: &str,
    parameters: TotpParameters,
) -> Result<(), Failure> {
    check_label(label)?;
    if !from_wire(parameters).are_valid() {
        return Err(Unfit::TotpParameters.into());
    }
    match has_active_device(set, label) {
        true => Err(Failure::LabelTaken { kind: Kind::Totp, label: label.to_owned() }),
        false => Ok(()),
    }
}

/// The device that is meant among those that wait to be confirmed.
pub(super) fn waiting<'a>(
    set: &'a CredentialSet,
    wanted: Option<&str>,
) -> Result<&'a Stored<Credential>, Failure> {
    let mut waiting = set.credentials.iter().filter(|stored| {
        let Credential { id, label, .. } = &stored.value;
        is_pending(&stored.value)
            && wanted.is_none_or(|wanted| id.as_str() == wanted || label == wanted)
    });
    match (waiting.next(), waiting.next(), wanted) {
        (Some(only), None, _) => Ok(only),
        (None, ..) => Err(none_pending(wanted)),
        (Some(_), Some(_), None) => Err(Failure::SeveralPending),
        (Some(_), Some(_), Some(wanted)) => {
            Err(Failure::Ambiguous { kind: Kind::Totp, wanted: Some(wanted.to_owned()) })
        }
    }
}

pub(super) fn device(credential: &Credential) -> Result<&TotpRecord, Failure> {
    credential.factor.get().ok_or_else(|| none_pending(None))
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

fn none_pending(wanted: Option<&str>) -> Failure {
    Failure::NonePending { kind: Kind::Totp, wanted: wanted.map(str::to_owned) }
}

fn unreadable(why: &SealError) -> Failure {
    Failure::SecretUnreadable(match why {
        SealError::UnknownKey(key) => SecretFault::KeyNotHeld { key: key.to_string() },
        SealError::Malformed => SecretFault::Malformed,
        SealError::Forged => SecretFault::Forged,
    })
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
