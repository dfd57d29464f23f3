//! What a user has enrolled, and what has been used of it.
//!
//! A credential is one immutable record. Its *use* (highest step, codes spent, last used) is
//! another record, so that a host that only checks logins needs no right to write credentials.
//! Both are JSON texts, kept as values of two sets: two attributes of the user's entry in LDAP,
//! two tables in the embedded store. A record is changed by removing the very text that was read
//! and adding a new one, which makes every change a compare-and-swap.
//!
//! Whatever cannot be read counts as *there, but unusable*: it never makes a user look as if no
//! second factor were enrolled.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::app_password::AppPasswordRecord;
use crate::backup_codes::BackupCodesRecord;
use crate::emailed::{self, EmailRecord, Emailed};
use crate::enrolment_code::{Door, EnrolmentCodeRecord};
use crate::random::Random;
use crate::record;
use crate::totp::TotpRecord;

/// The version of the records that this code writes and reads.
pub(crate) const VERSION: u8 = 1;

/// Most records of one kind that a user may have. Each costs some microseconds a login.
pub const MAX_CREDENTIALS: usize = 200;

/// Longest name that a credential may have, in characters.
pub const MAX_LABEL: usize = 64;

/// Names one credential for ever: 64 random bits in hex. Not secret; it stands in the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialId(String);

impl CredentialId {
    /// A new random id.
    #[must_use]
    pub fn generate(random: &mut dyn Random) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Self::from_bytes(bytes)
    }

    /// The id of these bits.
    pub(crate) fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(HEXLOWER.encode(&bytes))
    }

    /// The id of the record in which emailed codes are kept: the same for every user.
    #[must_use]
    pub fn emailed() -> Self {
        Self(emailed::STATE.to_owned())
    }

    /// The id that [`CredentialId::as_str`] gave.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let is_random = text.len() == 16 && HEXLOWER.decode(text.as_bytes()).is_ok();
        (is_random || text == emailed::STATE).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One thing that a user has enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Credential {
    v: u8,
    /// Its name for ever.
    pub id: CredentialId,
    /// The name that the user gave it ("Phone", "iPhone Mail").
    pub label: String,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// What it is.
    #[serde(flatten)]
    pub factor: Factor,
}

/// The kinds of credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Factor {
    /// A device that shows codes (RFC 6238).
    Totp(TotpRecord),
    /// A generated password for one program.
    AppPassword(AppPasswordRecord),
    /// A set of codes on paper.
    BackupCodes(BackupCodesRecord),
    /// What stands for a second factor after a reset, until there is another.
    EnrolmentCode(EnrolmentCodeRecord),
    /// An address that codes are sent to.
    Email(EmailRecord),
    /// A kind that a newer monk wrote. Counts as a second factor that this host cannot check.
    Unknown,
}

impl Factor {
    /// The kind's name, as it stands in the record, in tables and in the audit.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Totp(_) => "totp",
            Self::AppPassword(_) => "app-password",
            Self::BackupCodes(_) => "backup-code",
            Self::EnrolmentCode(_) => "enrolment-code",
            Self::Email(_) => "email",
            Self::Unknown => "unknown",
        }
    }
}

impl Credential {
    /// A new credential.
    #[must_use]
    pub fn new(id: CredentialId, label: impl Into<String>, created: u64, factor: Factor) -> Self {
        Self { v: VERSION, id, label: label.into(), created, factor }
    }

    /// The same credential with another factor in it: a device that was confirmed.
    #[must_use]
    pub fn with_factor(&self, factor: Factor) -> Self {
        Self { factor, ..self.clone() }
    }

    /// The same credential under another name.
    #[must_use]
    pub fn with_label(&self, label: &str) -> Self {
        Self { label: label.to_owned(), ..self.clone() }
    }

    /// The record as it is stored.
    #[must_use]
    pub fn to_record(&self) -> String {
        serde_json::to_string(self).expect("a credential has no maps with odd keys")
    }

    /// Reads a record; `None` where it cannot be read.
    #[must_use]
    pub fn from_record(record: &str) -> Option<Self> {
        record::credential(record)
    }

    /// Whether this is a second factor: anything but an app password, an unconfirmed device or an
    /// unconfirmed address.
    #[must_use]
    pub fn is_second_factor(&self) -> bool {
        match &self.factor {
            Factor::Totp(totp) => !totp.pending,
            Factor::Email(email) => email.is_confirmed(),
            Factor::BackupCodes(_) | Factor::EnrolmentCode(_) | Factor::Unknown => true,
            Factor::AppPassword(_) => false,
        }
    }
}

/// What has been used of one credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Use {
    v: u8,
    /// The credential that this belongs to.
    pub id: CredentialId,
    /// When it was last used, in seconds since 1970.
    pub at: u64,
    /// What is used up.
    #[serde(flatten)]
    pub spent: Spent,
}

/// What is used up of a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Spent {
    /// The highest accepted time step (RFC 6238 §5.2: each at most once).
    Totp {
        /// The step number: seconds since 1970 divided by the period.
        step: u64,
    },
    /// Backup codes spent, by their index in the set.
    BackupCodes {
        /// Indices in ascending order.
        codes: Vec<usize>,
    },
    /// What an enrolment code has opened.
    EnrolmentCode {
        /// Each at most once.
        doors: Vec<Door>,
    },
    /// Where an app password was last used.
    AppPassword {
        /// The PAM service.
        service: String,
        /// The address, as the host program stated it.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// Codes that were sent by mail.
    Emailed(Emailed),
    /// Written by a newer monk.
    Unknown,
}

impl Use {
    /// A new record of use.
    #[must_use]
    pub fn new(id: CredentialId, at: u64, spent: Spent) -> Self {
        Self { v: VERSION, id, at, spent }
    }

    /// The record as it is stored.
    #[must_use]
    pub fn to_record(&self) -> String {
        serde_json::to_string(self).expect("a use has no maps with odd keys")
    }

    /// Reads a record; `None` where it cannot be read.
    #[must_use]
    pub fn from_record(record: &str) -> Option<Self> {
        record::usage(record)
    }
}

/// A record together with the exact text it was read from, which a change removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// The text as it was read.
    pub raw: String,
    /// What it says.
    pub value: T,
}

/// Everything that one user has enrolled and used.
#[derive(Clone, Debug, Default)]
pub struct CredentialSet {
    /// The credentials that could be read.
    pub credentials: Vec<Stored<Credential>>,
    /// The uses that could be read.
    pub uses: Vec<Stored<Use>>,
    /// How many credentials could not be read.
    pub unreadable_credentials: usize,
    /// How many uses could not be read.
    pub unreadable_uses: usize,
}

/// A compare-and-swap of use: every text of `remove` must still be there, and goes; `add` comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseSwap {
    /// Texts that were read and must go.
    pub remove: Vec<String>,
    /// The text that takes their place.
    pub add: String,
}

/// A change of what is enrolled: all of it happens, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Credentials that must still be there, and go.
    pub remove_credentials: Vec<String>,
    /// Credentials that come.
    pub add_credentials: Vec<String>,
    /// Uses that must still be there, and go.
    pub remove_uses: Vec<String>,
    /// Uses that come.
    pub add_uses: Vec<String>,
}

impl CredentialSet {
    /// Reads the texts of both sets.
    pub fn parse<'a>(
        credentials: impl IntoIterator<Item = &'a [u8]>,
        uses: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        let (credentials, unreadable_credentials) = read_all(credentials, Credential::from_record);
        let (uses, unreadable_uses) = read_all(uses, Use::from_record);
        Self { credentials, uses, unreadable_credentials, unreadable_uses }
    }

    /// Whether the user has a second factor, usable or not.
    #[must_use]
    pub fn has_second_factor(&self) -> bool {
        self.unreadable_credentials > 0
            || self.credentials.iter().any(|stored| stored.value.is_second_factor())
    }

    /// The credential of that id.
    #[must_use]
    pub fn get(&self, id: &CredentialId) -> Option<&Stored<Credential>> {
        self.credentials.iter().find(|stored| stored.value.id == *id)
    }

    /// All uses of one credential: one, or several after replicas were merged.
    pub fn uses_of<'a>(&'a self, id: &'a CredentialId) -> impl Iterator<Item = &'a Stored<Use>> {
        self.uses.iter().filter(move |stored| stored.value.id == *id)
    }

    /// The change that removes one credential and all its uses.
    #[must_use]
    pub fn removal(&self, credential: &Stored<Credential>) -> Change {
        Change {
            remove_credentials: vec![credential.raw.clone()],
            remove_uses: self.uses_of(&credential.value.id).map(|u| u.raw.clone()).collect(),
            ..Change::default()
        }
    }
}

fn read_all<'a, T>(
    texts: impl IntoIterator<Item = &'a [u8]>,
    read: impl Fn(&str) -> Option<T>,
) -> (Vec<Stored<T>>, usize) {
    let (mut stored, mut unreadable) = (Vec::new(), 0);
    for text in texts {
        let raw = std::str::from_utf8(text).ok();
        match raw.and_then(|raw| Some((raw, read(raw)?))) {
            Some((raw, value)) if stored.len() < MAX_CREDENTIALS => {
                stored.push(Stored { raw: raw.to_owned(), value });
            }
            _ => unreadable += 1,
        }
    }
    (stored, unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Counter;

    fn totp(pending: bool) -> Credential {
        let record = format!(
            r#"{{"v":1,"id":"00ff","label":"Phone","created":5,"kind":"totp","algorithm":"sha1","digits":6,"period":30,"seed":"aabbccdd:AAAA","pending":{pending}}}"#
        );
        Credential::from_record(&record).unwrap()
    }

    #[test]
    fn records_come_back_as_they_were_written() {
        let credential = totp(false);
        let used = Use::new(credential.id.clone(), 7, Spent::Totp { step: 99 });
        let (c, u) = (credential.to_record(), used.to_record());
        let set = CredentialSet::parse([c.as_bytes()], [u.as_bytes()]);
        assert_eq!(set.credentials, [Stored { raw: c, value: credential.clone() }]);
        assert_eq!(set.uses_of(&credential.id).next().unwrap().value, used);
        assert_eq!(set.removal(&set.credentials[0]).remove_uses, [u]);
    }

    #[test]
    fn what_cannot_be_read_still_counts_as_a_second_factor() {
        let newer = totp(false).to_record().replace("\"v\":1", "\"v\":2");
        for text in [&b"\xff"[..], b"", b"{}", b"nonsense", newer.as_bytes()] {
            let set = CredentialSet::parse([text], []);
            assert_eq!(set.unreadable_credentials, 1);
            assert!(set.has_second_factor());
        }
        let unknown = totp(false).to_record().replace("\"totp\"", "\"retina\"");
        let set = CredentialSet::parse([unknown.as_bytes()], []);
        assert_eq!(set.credentials[0].value.factor, Factor::Unknown);
        assert!(set.has_second_factor());
    }

    #[test]
    fn an_unconfirmed_device_is_no_second_factor_yet() {
        let (pending, active) = (totp(true).to_record(), totp(false).to_record());
        assert!(!CredentialSet::parse([pending.as_bytes()], []).has_second_factor());
        assert!(CredentialSet::parse([active.as_bytes()], []).has_second_factor());
        assert!(!CredentialSet::default().has_second_factor());
    }

    #[test]
    fn more_records_than_allowed_are_unreadable_not_endless() {
        let record = totp(false).to_record();
        let set = CredentialSet::parse(std::iter::repeat_n(record.as_bytes(), 300), []);
        assert_eq!((set.credentials.len(), set.unreadable_credentials), (200, 100));
    }

    #[test]
    fn ids_are_random_hex() {
        let id = CredentialId::generate(&mut Counter(1));
        assert_eq!(id.as_str().len(), 16);
    }
}
