//! The factors: one file for each, which answers everything that the rest of monk asks of it.
//!
//! The questions stand in `questions.rs`, and this is the only file that knows which factors there are. To add one: its file, its line in each list below, and its word in
//! [`monk_terms::kind`].

pub mod app_password;
pub mod approval;
pub mod backup_codes;
pub mod email;
pub mod enrolment_code;
pub mod passkey;
pub mod portal_code;
mod questions;
pub mod shapes;
pub mod ticket;
pub mod totp;
pub mod unknown;

use monk_terms::kind::Kind;
use monk_terms::verdict::{Grant, Refusal};
use serde::{Deserialize, Serialize};

pub(crate) use self::questions::Attempt;
pub use self::questions::{Case, Defect, Details, Door, NeededKey};
use self::questions::{Questions, Used};

use self::app_password::{AppPasswordRecord, LastUse};
use self::approval::Approvals;
use self::backup_codes::{BackupCodesRecord, SpentCodes};
use self::email::{EmailRecord, Emailed};
use self::enrolment_code::{EnrolmentCodeRecord, OpenedDoors};
use self::passkey::{PasskeyRecord, PasskeyUse};
use self::portal_code::{PortalCodeRecord, PortalCodeUse};
use self::shapes::Shapes;
use self::ticket::{TicketRecord, TicketUse};
use self::totp::{Step, TotpRecord};
use self::unknown::Unknown;
use crate::generation::Register;
use crate::id::CredentialId;
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::seal::SealError;

/// What somebody has enrolled, by its kind. A record whose factor has a field that this version does not know
/// cannot be read: the field could say what the credential must not open. Beside the factor, such fields are
/// ignored: a restriction belongs inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factor {
    /// A device that shows codes (RFC 6238).
    Totp(TotpRecord),
    /// A generated password for one program.
    AppPassword(AppPasswordRecord),
    /// A set of codes on paper.
    #[serde(rename = "backup-code")]
    BackupCodes(BackupCodesRecord),
    /// What stands for a second factor after a reset, until there is another.
    EnrolmentCode(EnrolmentCodeRecord),
    /// An address that codes are sent to.
    Email(EmailRecord),
    /// A key of WebAuthn.
    Passkey(PasskeyRecord),
    /// A one-time code of the portal.
    PortalCode(PortalCodeRecord),
    /// A ticket of the portal.
    #[serde(rename = "portal-ticket")]
    Ticket(TicketRecord),
    /// A kind that a newer monk wrote. Counts as a second factor that this host cannot check.
    Unknown(Unknown),
}

/// What is used up of a credential. A field that this version does not know could say that more is used up, so
/// a record with one cannot be read. [`LastUse`] uses nothing up, and ignores such fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spent {
    /// The highest accepted time step of a device.
    Totp(Step),
    /// Where an app password was last used.
    AppPassword(LastUse),
    /// Backup codes that are spent.
    #[serde(rename = "backup-code")]
    BackupCodes(SpentCodes),
    /// What an enrolment code has opened.
    EnrolmentCode(OpenedDoors),
    /// Codes that were sent by mail.
    Email(Emailed),
    /// How far a passkey was used.
    Passkey(PasskeyUse),
    /// What became of a one-time code of the portal.
    PortalCode(PortalCodeUse),
    /// Logins that ask for an approval on the portal: no use of one credential, but of all passkeys.
    Approvals(Approvals),
    /// What became of a ticket of the portal.
    #[serde(rename = "portal-ticket")]
    Ticket(TicketUse),
    /// No use of one credential, but what belongs to the user.
    Register(Register),
    /// Written by a newer monk.
    Unknown(Unknown),
}

/// Asks the one that it is.
macro_rules! ask {
    ($factor:expr, $one:ident => $answer:expr) => {
        match $factor {
            Factor::Totp($one) => $answer,
            Factor::AppPassword($one) => $answer,
            Factor::BackupCodes($one) => $answer,
            Factor::EnrolmentCode($one) => $answer,
            Factor::Email($one) => $answer,
            Factor::Passkey($one) => $answer,
            Factor::PortalCode($one) => $answer,
            Factor::Ticket($one) => $answer,
            Factor::Unknown($one) => $answer,
        }
    };
}

/// Says which type stands in which variant.
macro_rules! holds {
    ($outer:ident: $($variant:ident($inner:ty)),+) => {
        $(
            impl From<$inner> for $outer {
                fn from(inner: $inner) -> Self {
                    Self::$variant(inner)
                }
            }

            impl<'a> TryFrom<&'a $outer> for &'a $inner {
                type Error = ();

                fn try_from(outer: &'a $outer) -> Result<Self, ()> {
                    match outer {
                        $outer::$variant(inner) => Ok(inner),
                        _ => Err(()),
                    }
                }
            }
        )+
    };
}

holds!(Factor: Totp(TotpRecord), AppPassword(AppPasswordRecord), BackupCodes(BackupCodesRecord),
    EnrolmentCode(EnrolmentCodeRecord), Email(EmailRecord), Passkey(PasskeyRecord),
    PortalCode(PortalCodeRecord), Ticket(TicketRecord), Unknown(Unknown));
holds!(Spent: Totp(Step), AppPassword(LastUse), BackupCodes(SpentCodes), EnrolmentCode(OpenedDoors),
    Email(Emailed), Passkey(PasskeyUse), PortalCode(PortalCodeUse), Ticket(TicketUse),
    Approvals(Approvals), Register(Register), Unknown(Unknown));

/// What is used of one credential, of whatever kind, as its user's records say.
pub(crate) struct Uses<'a> {
    /// When, in seconds since 1970, and what.
    pub(crate) records: Vec<(u64, &'a Spent)>,
    /// Whether the user has records of use that cannot be read.
    pub(crate) some_unreadable: bool,
}

impl<'a> Uses<'a> {
    /// Those of one kind.
    pub(crate) fn of<T>(&self) -> Used<'a, T>
    where
        &'a T: TryFrom<&'a Spent>,
    {
        let fitting = |&(at, spent): &(u64, &'a Spent)| Some((at, spent.try_into().ok()?));
        let records = self.records.iter().filter_map(fitting).collect();
        Used { records, some_unreadable: self.some_unreadable }
    }
}

impl Factor {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        fn of<T: Questions>(_: &T) -> Kind {
            T::KIND
        }
        ask!(self, one => of(one))
    }

    /// The record of a factor of that kind, if it is one.
    #[must_use]
    pub fn get<'a, T>(&'a self) -> Option<&'a T>
    where
        &'a T: TryFrom<&'a Self>,
    {
        self.try_into().ok()
    }

    /// Whether this is a second factor: anything but an app password, a code or ticket of the portal, an unconfirmed device or an
    /// unconfirmed address.
    #[must_use]
    pub fn is_second_factor(&self) -> bool {
        ask!(self, one => one.is_second_factor())
    }

    /// Whether it is a second factor that opens something now: not one whose delay goes on.
    #[must_use]
    pub fn counts(&self, now: u64) -> bool {
        ask!(self, one => one.is_second_factor() && !one.waits(now))
    }

    /// The key that it was made with.
    #[must_use]
    pub fn key(&self) -> Option<NeededKey> {
        ask!(self, one => one.key())
    }

    /// The same, sealed with the primary key; `None` where nothing of it needs that.
    ///
    /// # Errors
    /// [`SealError`] when its secret does not open.
    pub fn resealed(
        &self,
        owner: Owner<'_>,
        keys: &Keyring,
        random: &mut dyn Random,
    ) -> Result<Option<Self>, SealError> {
        ask!(self, one => Ok(one.resealed(owner, keys, random)?.map(Self::from)))
    }

    pub(crate) fn uses_of(&self, credential: &CredentialId) -> CredentialId {
        fn of<T: Questions>(_: &T, credential: &CredentialId) -> CredentialId {
            T::uses_of(credential)
        }
        ask!(self, one => of(one, credential))
    }

    pub(crate) fn may_be_shown(&self, label: &str) -> bool {
        ask!(self, one => one.may_be_shown(label))
    }

    pub(crate) fn add_shape(&self, shapes: &mut Shapes) {
        ask!(self, one => one.add_shape(shapes));
    }

    pub(crate) fn is_usable(&self, case: Case<'_>, uses: &Uses<'_>) -> bool {
        ask!(self, one => one.is_usable(case, &uses.of()))
    }

    pub(crate) fn verify(
        &self,
        attempt: &mut Attempt<'_>,
        case: Case<'_>,
        uses: &Uses<'_>,
    ) -> Result<(Grant, Spent), Refusal> {
        ask!(self, one => {
            let (grant, spent) = one.verify_code(attempt, case, &uses.of())?;
            Ok((grant, spent.into()))
        })
    }

    pub(crate) fn all_spent(&self, uses: &Uses<'_>, now: u64) -> Option<Spent> {
        ask!(self, one => one.all_spent(&uses.of(), now).map(Spent::from))
    }

    pub(crate) fn details(&self, created: u64, uses: &Uses<'_>) -> Details {
        ask!(self, one => one.details(created, &uses.of()))
    }

    pub(crate) fn defects(&self, case: Case<'_>, uses: &Uses<'_>) -> Vec<Defect> {
        ask!(self, one => one.defects(case, &uses.of()))
    }
}
