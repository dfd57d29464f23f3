//! The address that codes are sent to: kept once a code that was sent there has come back.

use std::sync::Arc;

use lettre::Address;
use monk_core::code::Context;
use monk_core::credential::{Change, Credential, CredentialId, CredentialSet, Stored};
use monk_core::emailed::{self, Checked};
use monk_core::factors::Door;
use monk_core::factors::email::{Aim, EmailRecord};
use monk_core::factors::shapes::{Code, Shapes};
use monk_core::mac::Author;
use monk_terms::kind::Kind;
use monk_terms::verdict::Refusal;
use monk_wire::Secret;
use monk_wire::manage::{EmailCommand, EmailOutcome, EmailedCodeFault, Failure, Outcome, Unfit};

use super::{MAX_ROUNDS, Task, drop_enrolment_codes, planned};
use crate::clock::{self, SystemRandom};
use crate::directory::{Account, Swapped};
use crate::mail::{self, Mailer, Occasion, Purpose, Recorded};
use crate::outage::Outage;
use crate::sent_codes;

/// Longest address (RFC 5321 §4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

/// The service that stands in the mails of the administration.
const SERVICE: &str = "monk-enroll";

impl Task<'_> {
    /// Carries out a command about the address.
    pub(super) async fn email(&self, command: EmailCommand) -> Result<Outcome, Failure> {
        let outcome = match command {
            EmailCommand::Set { address } => self.set_address(address).await?,
            EmailCommand::Confirm { code } => self.confirm_address(&code).await?,
            EmailCommand::Test { service } => self.test_mail(service.as_deref()).await?,
            EmailCommand::Remove => self.remove_address().await?,
        };
        Ok(Outcome::Email(outcome))
    }

    /// Refuses what makes no sense for these records.
    pub(super) fn check_email(
        &self,
        command: &EmailCommand,
        account: &Account,
        set: &CredentialSet,
    ) -> Result<(), Failure> {
        match command {
            EmailCommand::Set { address } => {
                self.mailer(None)?;
                parse(address.clone().or_else(|| account.mail.clone()), account).map(drop)
            }
            EmailCommand::Test { service } => {
                let mailer = self.mailer(service.as_deref())?;
                mailer
                    .address_of(account, set)
                    .map(drop)
                    .ok_or(Failure::Refused(Refusal::NoAddress))
            }
            EmailCommand::Remove => self.to_remove_address(set).map(drop),
            EmailCommand::Confirm { .. } => Ok(()),
        }
    }

    async fn set_address(&self, wanted: Option<String>) -> Result<EmailOutcome, Failure> {
        let mailer = self.mailer(None)?;
        let (account, set) = self.find().await?;
        let address = parse(wanted.or_else(|| account.mail.clone()), &account)?;
        let minutes = u32::try_from(mailer.settings.minutes()).unwrap_or(u32::MAX);
        let pending = EmailOutcome::Pending { address: address.to_string(), minutes };
        let is_same = |record: &EmailRecord| {
            record.pending && record.address.as_deref() == Some(&*address.to_string())
        };
        if let Some(waiting) = one(&set, is_same) {
            // Once more: if this is one too many, the code that was sent before stays good.
            let id = waiting.value.id.clone();
            self.send_confirmation(&account, mailer, &address, &id).await?;
            return Ok(pending);
        }
        let id = self
            .change(|account, set| {
                let id = CredentialId::generate(&mut SystemRandom);
                let record = EmailRecord { address: Some(address.to_string()), pending: true };
                let label = address.to_string();
                let credential = Credential::new(id.clone(), &label, clock::now(), record);
                let remove_credentials = raw(set, |record| record.pending);
                let add_credentials = vec![credential.to_record(self.author(account))];
                Ok((Change { remove_credentials, add_credentials, ..Change::default() }, id))
            })
            .await?;
        let sent = self.send_confirmation(&account, mailer, &address, &id).await;
        if sent.is_err() {
            // It could never be confirmed.
            let is_it = |stored: &Stored<Credential>, _: &EmailRecord| stored.value.id == id;
            self.change(|account, set| Ok((removal(set, is_it, self.author(account)), ()))).await?;
        }
        sent?;
        Ok(pending)
    }

    async fn send_confirmation(
        &self,
        account: &Account,
        mailer: &Mailer,
        to: &Address,
        id: &CredentialId,
    ) -> Result<(), Failure> {
        let set = Arc::new(self.engine.store.load(account, self.deadline).await?);
        let aim = (Aim::Confirmation(id), mailer.settings.limits);
        let Recorded { code, sent } =
            sent_codes::record(self.engine, account, set, aim, self.deadline)
                .await?
                .map_err(Failure::Refused)?;
        let purpose = Purpose::Confirmation(code.expose());
        let result = self.send(account, mailer, purpose, SERVICE, to).await;
        if result.is_err() {
            mail::give_back(&*self.engine.store, self.author(account), account, sent).await;
        }
        result.map(drop)
    }

    /// Keeps the address, if this is the code that was sent there. A wrong one counts as in a
    /// login.
    async fn confirm_address(&self, code: &Secret) -> Result<EmailOutcome, Failure> {
        let shapes = Shapes { emailed: true, ..Shapes::default() };
        let code = code.expose_str().and_then(|text| Code::of_shape(text, shapes));
        let code = code.ok_or(Failure::WrongEmailedCode(EmailedCodeFault::Shape))?;
        let (account, mut set) = self.find().await?;
        for _ in 0..MAX_ROUNDS {
            let pending = one(&set, |record| record.pending)
                .ok_or(Failure::NonePending { kind: Kind::Email, wanted: None })?;
            let now = clock::now();
            let (user, keys) = (&account.id, &self.engine.keys);
            let context =
                Context { user, set: &set, keys, now, door: Door::Enrolment, may_confirm: false };
            match emailed::check(&code, Aim::Confirmation(&pending.value.id), context) {
                Checked::Right(accepted) => {
                    let author = context.author();
                    let (mut change, address) = confirmation(&set, pending, author);
                    change.remove_uses = accepted.swap.remove;
                    change.add_uses = vec![accepted.swap.add];
                    drop_enrolment_codes(&mut change, &set, author);
                    let change = planned(&set, change, author)?;
                    if self.engine.store.change(&account, &change, self.deadline).await?
                        == Swapped::Done
                    {
                        return Ok(EmailOutcome::Confirmed { address });
                    }
                }
                Checked::Wrong(swap) => {
                    if self.engine.store.spend(&account, &swap, self.deadline).await?
                        == Swapped::Done
                    {
                        return Err(Failure::WrongEmailedCode(EmailedCodeFault::Wrong));
                    }
                }
                Checked::Refused(refusal) => return Err(Failure::Refused(refusal)),
                Checked::NotOurs => {
                    return Err(Failure::WrongEmailedCode(EmailedCodeFault::NoneLeft));
                }
            }
            set = self.engine.store.load(&account, self.deadline).await?;
        }
        Err(Outage::Contention.into())
    }

    async fn test_mail(&self, service: Option<&str>) -> Result<EmailOutcome, Failure> {
        let mailer = self.mailer(service)?;
        let (account, set) = self.find().await?;
        let to = mailer.address_of(&account, &set).ok_or(Failure::Refused(Refusal::NoAddress))?;
        let limits = mailer.settings.limits;
        sent_codes::count_test(self.engine, &account, Arc::new(set), limits, self.deadline)
            .await?
            .map_err(Failure::Refused)?;
        let service = service.unwrap_or(SERVICE);
        let answer = self.send(&account, mailer, Purpose::Test, service, &to).await?;
        Ok(EmailOutcome::Sent { address: to.to_string(), answer })
    }

    async fn remove_address(&self) -> Result<EmailOutcome, Failure> {
        self.change(|account, set| {
            let (addresses, last) = self.to_remove_address(set)?;
            let author = self.author(account);
            let mut change = removal(set, |_, _| true, author);
            if let Some(swap) = emailed::forget(set, clock::now(), author) {
                change.remove_uses = swap.remove;
                change.add_uses = vec![swap.add];
            }
            Ok((change, EmailOutcome::Removed { addresses, last }))
        })
        .await
    }

    /// The addresses that go, and whether they are the last second factor.
    fn to_remove_address(&self, set: &CredentialSet) -> Result<(Vec<String>, bool), Failure> {
        let addresses: Vec<String> =
            set.all_of::<EmailRecord>().filter_map(|(_, record)| record.address.clone()).collect();
        if addresses.is_empty() {
            return Err(Failure::NoSuchCredential { kind: Kind::Email, wanted: None });
        }
        let is_address = |one: &Credential| one.factor.get::<EmailRecord>().is_some();
        Ok((addresses, self.leaves_without_a_factor(set, is_address)?))
    }

    fn mailer(&self, service: Option<&str>) -> Result<&Mailer, Failure> {
        let mail = &self.engine.mail;
        let found = match service {
            Some(service) => mail.of(service),
            None => mail.of_the_administration(),
        };
        found.map(|mailer| &**mailer).ok_or(Failure::NoMailServer)
    }

    async fn send(
        &self,
        account: &Account,
        mailer: &Mailer,
        purpose: Purpose<'_>,
        service: &str,
        to: &Address,
    ) -> Result<String, Failure> {
        let (user, now) = (account.name.as_str(), clock::now());
        let occasion = Occasion { purpose, user, service, address: None, now };
        let send = async {
            let mail = mailer.compose(&occasion, to.clone())?;
            mailer.send(mail, self.deadline.remaining()).await
        };
        send.await.map_err(Failure::Mail)
    }
}

/// What makes `pending` the address, and the address itself.
fn confirmation(
    set: &CredentialSet,
    pending: &Stored<Credential>,
    author: Author<'_>,
) -> (Change, String) {
    let record: Option<&EmailRecord> = pending.value.factor.get();
    let address = record.and_then(|record| record.address.clone());
    let address = address.unwrap_or_else(|| pending.value.label.clone());
    let record = EmailRecord { address: Some(address.clone()), pending: false };
    let confirmed = pending.value.with_factor(record);
    let change = Change {
        remove_credentials: raw(set, |_| true),
        add_credentials: vec![confirmed.to_record(author)],
        ..Change::default()
    };
    (change, address)
}

/// The change that removes the addresses that fit. What was sent stays on record: otherwise setting
/// and removing addresses would send mails without end.
fn removal(
    set: &CredentialSet,
    fits: impl Fn(&Stored<Credential>, &EmailRecord) -> bool,
    author: Author<'_>,
) -> Change {
    let gone = set.all_of::<EmailRecord>().filter(|(stored, record)| fits(stored, record));
    let remove_credentials: Vec<_> = gone.map(|(stored, _)| stored.raw.clone()).collect();
    let none_left = set.unreadable_credentials == 0
        && set.credentials.iter().all(|one| remove_credentials.contains(&one.raw));
    let mut change = Change { remove_credentials, ..Change::default() };
    if none_left {
        let is_placeholder = |one: &&Stored<Credential>| emailed::is_placeholder(&one.value);
        match set.credentials.iter().find(is_placeholder) {
            Some(there) => change.remove_credentials.retain(|raw| *raw != there.raw),
            None => change.add_credentials.push(emailed::placeholder(author)),
        }
    }
    change
}

/// The texts of the addresses that fit.
fn raw(set: &CredentialSet, fits: impl Fn(&EmailRecord) -> bool) -> Vec<String> {
    let fitting = set.all_of::<EmailRecord>().filter(|(_, record)| fits(record));
    fitting.map(|(stored, _)| stored.raw.clone()).collect()
}

fn one(set: &CredentialSet, fits: impl Fn(&EmailRecord) -> bool) -> Option<&Stored<Credential>> {
    set.all_of::<EmailRecord>().find(|(_, record)| fits(record)).map(|(stored, _)| stored)
}

/// The address as lettre reads it: without display name, comment or list. ASCII only, because few
/// mail servers take anything else.
fn parse(address: Option<String>, account: &Account) -> Result<Address, Failure> {
    let text = address.ok_or_else(|| Unfit::NoDirectoryAddress { user: account.name.clone() })?;
    let fits = text.is_ascii() && text.len() <= MAX_ADDRESS;
    Ok(text.parse().ok().filter(|_| fits).ok_or(Unfit::Address)?)
}
