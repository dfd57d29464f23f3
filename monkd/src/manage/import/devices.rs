//! Devices of other systems: checked, enrolled, and taken back where an import breaks off.

use std::sync::Arc;
use std::time::Instant;

use monk_core::credential::{Change, Credential, CredentialSet, MAX_CREDENTIALS, Use};
use monk_core::factors::totp::{IMPORTED_BYTES, Parameters, Seed};
use monk_core::import::{self, Item, MAX_SCRATCH_CODES, Plan, TOKEN_BYTES};
use monk_terms::kind::Kind;
use monk_terms::verdict::Refusal;
use monk_wire::Secret;
use monk_wire::manage::{DeviceItem, DeviceResult, DeviceVerdict, Failure, ScratchCodes, Unfit};
use zeroize::Zeroizing;

use super::super::devices::from_wire;
use super::super::{Task, access, check_label};
use crate::audit::{self, Ending};
use crate::clock::{self, SystemRandom};
use crate::directory::{Account, Advice};
use crate::engine::Found;
use crate::hashing;
use crate::login::check_name;

/// The import that a command is a part of.
type Token = [u8; TOKEN_BYTES];

/// What an item says, found to make sense.
struct Device<'a> {
    item: &'a DeviceItem,
    parameters: Parameters,
    seed: Seed,
    scratch_codes: Vec<&'a str>,
}

/// A device whose user is in the directory.
struct Checked<'a> {
    device: Device<'a>,
    account: Box<Account>,
    plan: Plan,
}

impl Task<'_> {
    /// Says what would come of the items.
    pub(super) async fn check_devices(
        &self,
        token: &Token,
        items: &[DeviceItem],
    ) -> Result<Vec<DeviceResult>, Failure> {
        Ok(self.check_all(token, items).await?.into_iter().map(|(result, _)| result).collect())
    }

    /// Enrols the items, if none of them is refused.
    pub(super) async fn enrol_devices(
        &self,
        token: &Token,
        items: &[DeviceItem],
    ) -> Result<Vec<DeviceResult>, Failure> {
        let checked = self.check_all(token, items).await?;
        let refused = |result: &DeviceResult| {
            matches!(result.verdict, DeviceVerdict::Refused(_) | DeviceVerdict::UnknownUser)
        };
        if !checked.iter().any(|(result, _)| refused(result)) {
            for (_, checked) in &checked {
                if let Some(Checked { device, account, plan: Plan::Enrol { scratch_codes } }) =
                    checked
                {
                    self.enrol(token, device, account, *scratch_codes).await?;
                }
            }
        }
        Ok(checked.into_iter().map(|(result, _)| result).collect())
    }

    /// Takes back what this import has enrolled of the items.
    pub(super) async fn withdraw_devices(
        &self,
        token: &Token,
        items: &[DeviceItem],
    ) -> Result<Vec<DeviceResult>, Failure> {
        let mut results = Vec::new();
        for item in items {
            let verdict = match Device::read(item) {
                Ok(device) => {
                    let found = self.engine.find(&item.user, self.deadline).await?;
                    // Who is not there any more has nothing left.
                    if let Found::One(account, set) = found
                        && device.of(token, &account).withdrawal(&set) != Change::default()
                    {
                        let task = self.about(&item.user);
                        task.change(|account, set| {
                            Ok((device.of(token, account).withdrawal(set), ()))
                        })
                        .await?;
                    }
                    DeviceVerdict::Withdrawn
                }
                Err(why) => DeviceVerdict::Refused(why),
            };
            results.push(result(&item.user, verdict, ScratchCodes::None));
        }
        Ok(results)
    }

    async fn check_all<'i>(
        &self,
        token: &Token,
        items: &'i [DeviceItem],
    ) -> Result<Vec<(DeviceResult, Option<Checked<'i>>)>, Failure> {
        let mut all: Vec<(DeviceResult, Option<Checked<'i>>)> = Vec::with_capacity(items.len());
        for item in items {
            let one = match self.check_one(token, item).await? {
                Ok(checked) => {
                    match refusal(&checked, all.iter().filter_map(|(_, c)| c.as_ref())) {
                        Some(why) => (refused(&checked.account.name, why), None),
                        None => (checked.result(), Some(checked)),
                    }
                }
                Err(verdict) => (result(&item.user, verdict, ScratchCodes::None), None),
            };
            all.push(one);
        }
        Ok(all)
    }

    async fn check_one<'i>(
        &self,
        token: &Token,
        item: &'i DeviceItem,
    ) -> Result<Result<Checked<'i>, DeviceVerdict>, Failure> {
        let device = match Device::read(item) {
            Ok(device) => device,
            Err(why) => return Ok(Err(DeviceVerdict::Refused(why))),
        };
        let (account, set) = match self.engine.find(&item.user, self.deadline).await? {
            Found::One(account, set) => (account, set),
            Found::None => return Ok(Err(DeviceVerdict::UnknownUser)),
            Found::Local => {
                let why = Failure::Refused(Refusal::LocalAccount);
                return Ok(Err(DeviceVerdict::Refused(why)));
            }
            Found::Several => {
                let why = Failure::Refused(Refusal::AmbiguousUser);
                return Ok(Err(DeviceVerdict::Refused(why)));
            }
        };
        let plan = device.of(token, &account).plan(&set, &self.engine.keys);
        Ok(Ok(Checked { device, account, plan }))
    }

    async fn enrol(
        &self,
        token: &Token,
        device: &Device<'_>,
        account: &Account,
        with_codes: bool,
    ) -> Result<(), Failure> {
        let started = Instant::now();
        let item = device.of(token, account);
        let codes = match with_codes && !device.scratch_codes.is_empty() {
            true => Some(self.hash_scratch_codes(&item, &device.scratch_codes).await?),
            false => None,
        };
        let plan = |_: &Account, set: &CredentialSet| {
            // Read again: somebody may have been faster.
            let Plan::Enrol { scratch_codes } = item.plan(set, &self.engine.keys) else {
                return Err(Failure::ChangedMeanwhile { user: account.name.clone() });
            };
            let mut change =
                item.enrolment(set, clock::now(), &self.engine.keys, &mut SystemRandom);
            if let Some((set, used)) = codes.as_ref().filter(|_| scratch_codes) {
                let author = self.author(account);
                change.add_credentials.push(set.to_record(author));
                change.add_uses.push(used.to_record(author));
            }
            Ok((change, ()))
        };
        self.about(&account.name).change(plan).await?;
        let id = item.device_id();
        audit::record(&audit::Line {
            event: "import",
            user: &account.name,
            service: access::SERVICE,
            terminal: None,
            by: Some(self.caller.uid),
            address: None,
            ending: &Ending::Done,
            credential: Some(id.as_str()),
            password: Advice::Nothing,
            how: None,
            would: None,
            took: started.elapsed(),
        });
        Ok(())
    }

    async fn hash_scratch_codes(
        &self,
        item: &Item<'_>,
        codes: &[&str],
    ) -> Result<(Credential, Use), Failure> {
        let (id, user, now) = (item.scratch_id(), item.user.to_owned(), clock::now());
        let keys = Arc::clone(&self.engine.keys);
        let codes: Vec<Zeroizing<String>> =
            codes.iter().map(|&code| Zeroizing::new(code.to_owned())).collect();
        Ok(hashing::run(self.deadline, move || {
            let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
            import::scratch_codes(id, &user, &codes, now, &keys, &mut SystemRandom)
        })
        .await?)
    }

    /// The same task for one of the users whom it concerns.
    fn about(&self, user: &str) -> Task<'_> {
        Task { user: user.to_owned(), ..*self }
    }
}

impl<'a> Device<'a> {
    /// Reads an item, or says what is wrong with it, no matter who the user is.
    fn read(item: &'a DeviceItem) -> Result<Self, Failure> {
        check_name(&item.user).map_err(Failure::Refused)?;
        check_label(&item.label)?;
        let parameters = from_wire(item.parameters);
        if !parameters.are_valid() {
            return Err(Unfit::TotpParameters.into());
        }
        let bytes = item.seed.expose();
        let seed = Seed::imported(bytes).ok_or_else(|| Unfit::SeedLength {
            bytes: bytes.len(),
            least: *IMPORTED_BYTES.start(),
            most: *IMPORTED_BYTES.end(),
        })?;
        let codes: Option<Vec<&str>> = item.scratch_codes.iter().map(Secret::expose_str).collect();
        let scratch_codes = codes
            .filter(|codes| codes.len() <= MAX_SCRATCH_CODES)
            .filter(|codes| codes.iter().all(|code| import::is_scratch_code(code)))
            .ok_or(Unfit::ScratchCodes { limit: MAX_SCRATCH_CODES })?;
        Ok(Self { item, parameters, seed, scratch_codes })
    }

    fn of<'b>(&'b self, token: &'b Token, account: &'b Account) -> Item<'b> {
        Item {
            token,
            user: &account.id,
            label: &self.item.label,
            parameters: self.parameters,
            seed: &self.seed,
        }
    }
}

impl Checked<'_> {
    fn result(&self) -> DeviceResult {
        let (verdict, scratch_codes) = match self.plan {
            Plan::AlreadyThere => (DeviceVerdict::AlreadyThere, ScratchCodes::None),
            _ if self.device.scratch_codes.is_empty() => {
                (DeviceVerdict::Enrolled, ScratchCodes::None)
            }
            Plan::Enrol { scratch_codes: true } => {
                (DeviceVerdict::Enrolled, ScratchCodes::Enrolled)
            }
            _ => (DeviceVerdict::Enrolled, ScratchCodes::LeftOut),
        };
        result(&self.account.name, verdict, scratch_codes)
    }
}

/// Why this device cannot be enrolled, or not after those `before` it.
fn refusal<'a>(
    one: &Checked<'_>,
    before: impl Iterator<Item = &'a Checked<'a>>,
) -> Option<Failure> {
    let label = &one.device.item.label;
    match one.plan {
        Plan::LabelTaken => {
            return Some(Failure::LabelTaken { kind: Kind::Totp, label: label.clone() });
        }
        Plan::Full => return Some(Failure::TooManyCredentials { limit: MAX_CREDENTIALS }),
        Plan::Enrol { .. } | Plan::AlreadyThere => {}
    }
    let mut same_user = before.filter(|other| other.account.id == one.account.id);
    same_user.find_map(|other| {
        if other.device.seed.is(&one.device.seed) {
            Some(Unfit::SameSeedTwice.into())
        } else if &other.device.item.label == label {
            Some(Unfit::SameLabelTwice { label: label.clone() }.into())
        } else {
            None
        }
    })
}

fn refused(user: &str, why: Failure) -> DeviceResult {
    result(user, DeviceVerdict::Refused(why), ScratchCodes::None)
}

fn result(user: &str, verdict: DeviceVerdict, scratch_codes: ScratchCodes) -> DeviceResult {
    DeviceResult { user: user.to_owned(), verdict, scratch_codes }
}
