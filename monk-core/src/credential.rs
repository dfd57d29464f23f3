//! What a user has enrolled, and what has been used of it.
//!
//! A credential is one immutable record. Its *use* (highest step, codes spent, last used) is
//! another record, so that a host that only checks logins needs no right to write credentials.
//! Both are JSON texts with a MAC of their user, kept as values of two sets: two attributes of the
//! user's entry in LDAP, two tables in the embedded store. A record is changed by removing the very
//! text that was read and adding a new one, which makes every change a compare-and-swap.
//!
//! There is no way to a [`Credential`] or a [`Use`] of a directory but through its MAC. Whatever
//! cannot be read counts as *there, but unusable*: it never makes a user look as if no second factor
//! were enrolled.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::app_password::AppPasswordRecord;
use crate::backup_codes::BackupCodesRecord;
use crate::emailed::{self, EmailRecord, Emailed};
use crate::enrolment_code::{Door, EnrolmentCodeRecord};
use crate::mac::{self, Author, Flaw, Kind};
use crate::random::Random;
use crate::record;
use crate::register::{self, Register};
pub use crate::set::{Change, CredentialSet, Stored, UseSwap};
use crate::text;
use crate::totp::TotpRecord;

/// The version of the records that this code writes and reads.
pub(crate) const VERSION: u8 = 1;

/// Most records of one kind that a user may have. Each costs some microseconds a login.
pub const MAX_CREDENTIALS: usize = 200;

/// Longest name that a credential may have, in characters.
pub const MAX_LABEL: usize = 64;

/// Names one credential for ever: 64 random bits in hex. Not secret; it stands in the audit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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

    /// The id of the record that says what belongs to a user: the same for every user.
    #[must_use]
    pub fn register() -> Self {
        Self(register::ID.to_owned())
    }

    /// The id that [`CredentialId::as_str`] gave.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let is_random = text.len() == 16 && HEXLOWER.decode(text.as_bytes()).is_ok();
        let is_fixed = [emailed::STATE, register::ID].contains(&text);
        (is_random || is_fixed).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CredentialId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_text(&text).ok_or("not the id of a credential")
    }
}

impl From<CredentialId> for String {
    fn from(id: CredentialId) -> Self {
        id.0
    }
}

/// Whether a user may give a credential this name.
#[must_use]
pub fn is_label(text: &str) -> bool {
    (1..=MAX_LABEL).contains(&text.chars().count()) && text::is_plain(text)
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
    pub fn kind(&self) -> monk_terms::kind::Kind {
        use monk_terms::kind::Kind;
        match self {
            Self::Totp(_) => Kind::Totp,
            Self::AppPassword(_) => Kind::AppPassword,
            Self::BackupCodes(_) => Kind::BackupCodes,
            Self::EnrolmentCode(_) => Kind::EnrolmentCode,
            Self::Email(_) => Kind::Email,
            Self::Unknown => Kind::Unknown,
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
    pub fn to_record(&self, author: Author<'_>) -> String {
        let fields = serde_json::to_string(self).expect("a credential has no maps with odd keys");
        mac::signed(Kind::Credential, &fields, author)
    }

    /// Reads a record of that user.
    ///
    /// # Errors
    /// [`Flaw`] says why it cannot be used.
    pub fn from_record(record: &str, author: Author<'_>) -> Result<Self, Flaw> {
        mac::check(Kind::Credential, record, author)?;
        record::credential(record).ok_or(Flaw::Unreadable)
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
    /// Its number among the uses that took each other's place: the higher one is the later.
    pub n: u64,
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
    /// No use of one credential, but what belongs to the user.
    Register(Register),
    /// Written by a newer monk.
    Unknown,
}

impl Spent {
    /// Where an app password was used. Both names come from the program; what would not be read back
    /// from a record is left out of them.
    #[must_use]
    pub fn app_password(service: &str, from: Option<&str>) -> Self {
        Self::AppPassword {
            service: text::made_plain(service, text::MAX_NAME),
            from: from.map(|from| text::made_plain(from, text::MAX_NAME)),
        }
    }
}

impl Use {
    /// The first record of use.
    #[must_use]
    pub fn new(id: CredentialId, at: u64, spent: Spent) -> Self {
        Self { v: VERSION, id, at, n: 0, spent }
    }

    /// The same as one that takes the place of others.
    #[must_use]
    pub(crate) fn after<'a>(self, before: impl IntoIterator<Item = &'a Stored<Self>>) -> Self {
        let last = before.into_iter().map(|stored| stored.value.n).max();
        self.numbered(last.map_or(0, |last| last.saturating_add(1)))
    }

    /// The same with this number.
    #[must_use]
    pub(crate) fn numbered(self, n: u64) -> Self {
        Self { n, ..self }
    }

    /// The record as it is stored.
    #[must_use]
    pub fn to_record(&self, author: Author<'_>) -> String {
        let fields = serde_json::to_string(self).expect("a use has no maps with odd keys");
        mac::signed(Kind::Use, &fields, author)
    }

    /// Whose use a record is that was just written, and its number. Says nothing of who wrote it.
    #[must_use]
    pub fn number_of(record: &str) -> Option<(CredentialId, u64)> {
        record::usage(record).map(|used| (used.id, used.n))
    }

    /// Reads a record of that user.
    ///
    /// # Errors
    /// [`Flaw`] says why it cannot be used.
    pub fn from_record(record: &str, author: Author<'_>) -> Result<Self, Flaw> {
        mac::check(Kind::Use, record, author)?;
        record::usage(record).ok_or(Flaw::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Counter;

    #[test]
    fn ids_are_sixty_four_random_bits_in_hex() {
        let (one, two) =
            (CredentialId::generate(&mut Counter(1)), CredentialId::generate(&mut Counter(2)));
        // What the source of randomness gave, and nothing else.
        assert_eq!(one.as_str(), "0176bf2c4df22b48");
        assert_ne!(one, two);
        assert_eq!(CredentialId::from_text(one.as_str()), Some(one));
    }

    #[test]
    fn what_is_no_id_is_not_taken_for_one() {
        for fixed in [CredentialId::emailed(), CredentialId::register()] {
            assert_eq!(CredentialId::from_text(fixed.as_str()), Some(fixed));
        }
        for odd in [
            "",
            "00ff",
            "0123456789ABCDEF",
            "0123456789abcdeg",
            "0123456789abcdef0",
            "x\ny",
            "Email",
        ] {
            assert_eq!(CredentialId::from_text(odd), None, "{odd:?}");
            assert!(serde_json::from_value::<CredentialId>(odd.into()).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn where_an_app_password_was_used_can_always_be_read_again() {
        let long = "x".repeat(1000);
        for odd in ["imap\nlogin user=root", "\u{202e}imap", &long] {
            let Spent::AppPassword { service, from } = Spent::app_password(odd, Some(odd)) else {
                panic!("a use of an app password")
            };
            assert!(text::is_short_and_plain(&service, text::MAX_NAME), "{service:?}");
            assert_eq!(from, Some(service));
        }
    }

    #[test]
    fn names_are_short_and_plain() {
        let (longest, longer) = ("ü".repeat(MAX_LABEL), "ü".repeat(MAX_LABEL + 1));
        assert!(is_label("Phone") && is_label(&longest));
        for odd in ["", &longer, "a\nb", "\u{202e}enohP"] {
            assert!(!is_label(odd), "{odd:?}");
        }
    }
}
