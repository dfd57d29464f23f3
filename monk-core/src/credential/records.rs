//! The records of credentials and of their uses, and how they are read and written.

use monk_terms::kind::Kind;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::handed_out::HandedOut;
use crate::factors::unknown::Unknown;
use crate::factors::{Factor, Spent};
use crate::id::CredentialId;
use crate::mac::{self, Author, Flaw, RecordKind};
use crate::opening::{self, Opening};

/// The version of the records that this code writes and reads. In version 1, the kind was a field beside the
/// others.
const VERSION: u8 = 2;

/// Most records of one kind that a user may have. Each costs some microseconds a login.
pub const MAX_CREDENTIALS: usize = 200;

/// A record together with the exact text it was read from, which a change removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// The text as it was read.
    pub raw: String,
    /// What it says.
    pub value: T,
}

/// One thing that a user has enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    v: u8,
    /// Its name for ever.
    pub id: CredentialId,
    /// The name that the user gave it ("Phone", "iPhone Mail").
    pub label: String,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// What it is.
    pub factor: Factor,
    /// How it was handed out, where it is an invitation. Beside the factor: it restricts nothing, and a host with an
    /// older monk ignores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_out: Option<HandedOut>,
}

/// What has been used of one credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    v: u8,
    /// The credential that this belongs to.
    pub id: CredentialId,
    /// When it was last used, in seconds since 1970.
    pub at: u64,
    /// Its number among the uses that took each other's place: the higher one is the later.
    pub n: u64,
    /// What is used up.
    pub spent: Spent,
    /// What its codes have opened that goes on being open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    openings: Vec<Opening>,
}

impl Credential {
    /// A new credential.
    #[must_use]
    pub fn new(
        id: CredentialId,
        label: impl Into<String>,
        created: u64,
        factor: impl Into<Factor>,
    ) -> Self {
        Self {
            v: VERSION,
            id,
            label: label.into(),
            created,
            factor: factor.into(),
            handed_out: None,
        }
    }

    /// The same credential with another factor in it: a device that was confirmed.
    #[must_use]
    pub fn with_factor(&self, factor: impl Into<Factor>) -> Self {
        Self { factor: factor.into(), ..self.clone() }
    }

    /// The same credential, with how it was handed out.
    #[must_use]
    pub fn with_handed_out(&self, how: Option<HandedOut>) -> Self {
        Self { handed_out: how, ..self.clone() }
    }

    /// The same credential under another name.
    #[must_use]
    pub fn with_label(&self, label: &str) -> Self {
        Self { label: label.to_owned(), ..self.clone() }
    }

    /// Whether only a newer monk knows its kind. Written again, it would lose what it says.
    pub(crate) fn is_of_newer_kind(&self) -> bool {
        self.factor.get::<Unknown>().is_some()
    }

    /// The record as it is stored.
    #[must_use]
    pub fn to_record(&self, author: Author<'_>) -> String {
        let fields = serde_json::to_string(self).expect("a credential has no maps with odd keys");
        mac::signed(RecordKind::Credential, &fields, author)
    }

    /// Reads a record of that user.
    ///
    /// # Errors
    /// [`Flaw`] says why it cannot be used.
    pub fn from_record(record: &str, author: Author<'_>) -> Result<Self, Flaw> {
        mac::check(RecordKind::Credential, record, author)?;
        Self::from_fields(record).ok_or(Flaw::Unreadable)
    }

    fn from_fields(record: &str) -> Option<Self> {
        let read = serde_json::from_str(record).ok().or_else(|| newer(record, "factor"));
        read.filter(|one: &Self| one.v == VERSION && one.factor.may_be_shown(&one.label))
    }
}

impl Use {
    /// What was used, if it is of this kind.
    #[must_use]
    pub fn spent_on<'a, T>(&'a self) -> Option<&'a T>
    where
        &'a T: TryFrom<&'a Spent>,
    {
        (&self.spent).try_into().ok()
    }

    /// The first record of use.
    #[must_use]
    pub fn new(id: CredentialId, at: u64, spent: impl Into<Spent>) -> Self {
        Self { v: VERSION, id, at, n: 0, spent: spent.into(), openings: Vec::new() }
    }

    /// The same as one that takes the place of others. What they have opened stays open.
    #[must_use]
    pub(crate) fn after<'a>(self, before: impl IntoIterator<Item = &'a Stored<Self>>) -> Self {
        let before: Vec<_> = before.into_iter().map(|stored| &stored.value).collect();
        let all = before.iter().flat_map(|used| &used.openings).chain(&self.openings);
        let openings = opening::kept(all, self.at);
        Self { openings, ..self.numbered_after(before) }
    }

    /// The same as one that takes the place of others, of which nothing stays open.
    #[must_use]
    pub(crate) fn closing_all<'a>(
        self,
        before: impl IntoIterator<Item = &'a Stored<Self>>,
    ) -> Self {
        let before = before.into_iter().map(|stored| &stored.value);
        Self { openings: Vec::new(), ..self.numbered_after(before) }
    }

    fn numbered_after<'a>(self, before: impl IntoIterator<Item = &'a Self>) -> Self {
        let last = before.into_iter().map(|used| used.n).max();
        self.numbered(last.map_or(0, |last| last.saturating_add(1)))
    }

    /// The same as the one that comes after `before`.
    #[must_use]
    pub(crate) fn following(self, before: &Stored<Self>) -> Self {
        self.numbered_after([&before.value])
    }

    /// What its codes have opened that goes on being open.
    pub(crate) fn openings(&self) -> &[Opening] {
        &self.openings
    }

    /// The same with what it opens, too.
    #[must_use]
    pub(crate) fn opening(&self, prints: &[String]) -> Self {
        let new = prints.iter().map(|print| Opening { at: self.at, print: print.clone() });
        let new: Vec<_> = new.collect();
        let before = self.openings.iter().filter(|before| !prints.contains(&before.print));
        Self { openings: opening::kept(before.chain(&new), self.at), ..self.clone() }
    }

    /// The same that has not opened these.
    #[must_use]
    pub(crate) fn closing(&self, prints: &[String]) -> Self {
        let others = self.openings.iter().filter(|one| !prints.contains(&one.print));
        Self { openings: others.cloned().collect(), ..self.clone() }
    }

    /// Whether only a newer monk knows its kind. Written again, it would lose what it says.
    pub(crate) fn is_of_newer_kind(&self) -> bool {
        <&Unknown>::try_from(&self.spent).is_ok()
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
        mac::signed(RecordKind::Use, &fields, author)
    }

    /// Whose use a record is that was just written, and its number. Says nothing of who wrote it.
    #[must_use]
    pub fn number_of(record: &str) -> Option<(CredentialId, u64)> {
        Self::from_fields(record).map(|used| (used.id, used.n))
    }

    /// Reads a record of that user.
    ///
    /// # Errors
    /// [`Flaw`] says why it cannot be used.
    pub fn from_record(record: &str, author: Author<'_>) -> Result<Self, Flaw> {
        mac::check(RecordKind::Use, record, author)?;
        Self::from_fields(record).ok_or(Flaw::Unreadable)
    }

    fn from_fields(record: &str) -> Option<Self> {
        let read = serde_json::from_str(record).ok().or_else(|| {
            newer(record, "spent").filter(|one: &Self| one.id != CredentialId::register())
        });
        read.filter(|one: &Self| one.v == VERSION)
    }
}

/// Reads a record of a kind that only a newer monk knows, without what belongs to that kind.
fn newer<T: DeserializeOwned>(record: &str, field: &str) -> Option<T> {
    let mut fields: Value = serde_json::from_str(record).ok()?;
    let kinds = fields.get(field)?.as_object()?;
    let mut kinds = kinds.keys().map(|word| serde_json::from_value(word.as_str().into()).ok());
    match (kinds.next(), kinds.next()) {
        (Some(Some(Kind::Unknown)), None) => {}
        _ => return None,
    }
    fields[field] = serde_json::to_value(Factor::from(Unknown)).ok()?;
    serde_json::from_value(fields).ok()
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
