//! One entry of a directory, with the attributes that are of interest here.

use std::cell::OnceCell;

use monk_wire::Secret;
use time::{Date, Month, OffsetDateTime, Time};

use super::dn::Dn;
use crate::parsed::Flaw;

/// The name of an attribute in its usual spelling.
pub(super) type Attribute = &'static str;

/// The classes of an entry.
pub(super) const OBJECT_CLASS: Attribute = "objectClass";

/// The login name in a user's entry (RFC 4519 §2.39).
pub(super) const UID: Attribute = "uid";

/// What is in many entries, and says nothing of a token.
pub(super) const DESCRIPTION: Attribute = "description";

/// One value of an attribute.
pub(super) struct Value {
    bytes: Secret,
    /// Whether it may have lost bytes on its way: it is not in base 64, and has more than ASCII in it,
    /// which RFC 2849 does not allow.
    is_doubtful: bool,
}

impl Value {
    /// One that stands there as it is.
    pub(super) fn plain(text: &str) -> Self {
        Self { bytes: Secret::new(text.as_bytes()), is_doubtful: !text.is_ascii() }
    }

    /// One that was in base 64.
    pub(super) fn encoded(bytes: &[u8]) -> Self {
        Self { bytes: Secret::new(bytes), is_doubtful: false }
    }

    /// Its bytes.
    pub(super) fn into_bytes(self) -> Secret {
        self.bytes
    }

    /// The text, without blanks around it.
    pub(super) fn text(&self) -> Option<&str> {
        self.bytes.expose_str().map(str::trim)
    }
}

/// An entry.
pub(super) struct Record {
    /// The line of its name, counted from 1.
    pub(super) line: usize,
    /// Its name.
    pub(super) dn: Dn,
    attributes: Vec<(Attribute, Value)>,
    classes: OnceCell<Vec<String>>,
}

impl Record {
    /// An entry without attributes.
    ///
    /// # Errors
    /// In words for people: the text is no name.
    pub(super) fn new(line: usize, dn: &str) -> Result<Self, String> {
        let dn = Dn::read(dn).ok_or("the name of this entry is no DN (RFC 4514)")?;
        Ok(Self { line, dn, attributes: Vec::new(), classes: OnceCell::new() })
    }

    /// Adds a value.
    pub(super) fn add(&mut self, attribute: Attribute, value: Value) {
        self.attributes.push((attribute, value));
    }

    /// Whether it may be a token, its parameters or its user.
    pub(super) fn is_of_interest(&self) -> bool {
        self.attributes.iter().any(|(name, _)| ![OBJECT_CLASS, DESCRIPTION].contains(name))
            || self.classes().iter().any(|class| {
                class.starts_with("ipatoken")
                    || class.starts_with("oath")
                    || class.starts_with("totp")
            })
    }

    /// All values of an attribute.
    pub(super) fn all(&self, attribute: Attribute) -> impl Iterator<Item = &Value> {
        self.attributes.iter().filter(move |(name, _)| *name == attribute).map(|(_, value)| value)
    }

    /// Whether it has a value of that attribute.
    pub(super) fn has(&self, attribute: Attribute) -> bool {
        self.all(attribute).next().is_some()
    }

    /// Whether it is of that class, which is given in small letters.
    pub(super) fn is_of(&self, class: &str) -> bool {
        self.classes().iter().any(|own| own == class)
    }

    fn classes(&self) -> &[String] {
        self.classes.get_or_init(|| {
            let classes = self.all(OBJECT_CLASS).filter_map(Value::text);
            classes.map(str::to_ascii_lowercase).collect()
        })
    }

    /// The only value of an attribute.
    pub(super) fn one(&self, attribute: Attribute) -> Result<Option<&Value>, Flaw> {
        let mut values = self.all(attribute);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(format!(
                "it has several values of {attribute}, so that nobody knows which counts: remove all but one"
            )
            .into()),
            (one, None) => Ok(one),
        }
    }

    /// The only value of an attribute as a text that is not empty.
    pub(super) fn text(&self, attribute: Attribute) -> Result<Option<&str>, Flaw> {
        let Some(value) = self.one(attribute)? else { return Ok(None) };
        let text = value.text().filter(|text| !text.is_empty());
        text.map(Some).ok_or_else(|| format!("its {attribute} is no text").into())
    }

    /// The only value of an attribute as a number.
    pub(super) fn number(&self, attribute: Attribute) -> Result<Option<i64>, Flaw> {
        let Some(text) = self.text(attribute)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("its {attribute} is no number").into())
    }

    /// The only value of an attribute as a number of a type that has no others.
    pub(super) fn count<T: TryFrom<i64>>(&self, attribute: Attribute) -> Result<Option<T>, Flaw> {
        let number = self.number(attribute)?.map(T::try_from).transpose();
        number.map_err(|_| format!("its {attribute} is out of range").into())
    }

    /// The only value of an attribute as a name.
    pub(super) fn dn(&self, attribute: Attribute) -> Result<Option<Dn>, Flaw> {
        let Some(text) = self.text(attribute)? else { return Ok(None) };
        let dn = Dn::read(text).ok_or_else(|| Flaw::from(format!("its {attribute} is no DN")))?;
        Ok(Some(dn))
    }

    /// The bytes of a secret.
    pub(super) fn secret(&self, attribute: Attribute) -> Result<Option<Secret>, Flaw> {
        match self.one(attribute)? {
            Some(value) if value.is_doubtful => Err(format!(
                "its {attribute} has bytes beyond ASCII and is not in base 64, so that it may be altered: export it with ldapsearch or slapcat"
            )
            .into()),
            Some(value) if value.bytes.expose().is_empty() => {
                Err(format!("its {attribute} is empty").into())
            }
            Some(value) => Ok(Some(value.bytes.clone())),
            None => Ok(None),
        }
    }

    /// The only value of an attribute as a moment.
    pub(super) fn moment(&self, attribute: Attribute) -> Result<Option<OffsetDateTime>, Flaw> {
        let Some(text) = self.text(attribute)? else { return Ok(None) };
        let moment = moment(text).ok_or_else(|| {
            Flaw::from(format!("its {attribute} is no time such as 20371231235959Z"))
        })?;
        Ok(Some(moment))
    }

    /// The login name: that in the entry's own name, or the only `uid`.
    ///
    /// # Errors
    /// If it has several, and its name says none of them.
    pub(super) fn login_name(&self) -> Result<Option<&str>, Flaw> {
        match self.dn.uid() {
            Some(name) => Ok(Some(name)),
            None => self.text(UID),
        }
    }
}

/// Generalized Time (RFC 4517 §3.3.13) in UTC, to the second, as servers write it.
fn moment(text: &str) -> Option<OffsetDateTime> {
    let digits = text.strip_suffix('Z')?;
    // A fraction of a second decides nothing here.
    let digits = digits.split_once(['.', ',']).map_or(digits, |(seconds, _)| seconds);
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| digits[range].parse::<u8>().ok();
    let year = digits[..4].parse().ok()?;
    let month = Month::try_from(part(4..6)?).ok()?;
    let date = Date::from_calendar_date(year, month, part(6..8)?).ok()?;
    // A leap second is the one before it.
    let time = Time::from_hms(part(8..10)?, part(10..12)?, part(12..14)?.min(59)).ok()?;
    Some(OffsetDateTime::new_utc(date, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_servers_write_it() {
        for text in ["20371231235959Z", "20371231235959.0Z", "20371231235960Z"] {
            assert_eq!(moment(text).map(|one| one.unix_timestamp()), Some(2_145_916_799), "{text}");
        }
        for text in [
            "",
            "Z",
            "2037",
            "20371231Z",
            "20371331000000Z",
            "20371231240000Z",
            "2037123123595xZ",
            "20371231235959+0100",
            "２０３７1231Z",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn the_login_name_is_in_the_name_or_the_only_uid() {
        let record = |dn: &str, uids: &[&str]| {
            let mut record = Record::new(1, dn).expect("a DN");
            uids.iter().for_each(|uid| record.add(UID, Value::plain(uid)));
            record
        };
        let name = |record: &Record| record.login_name().ok().flatten().map(str::to_owned);
        assert_eq!(name(&record("uid=alice,dc=x", &["al", "alice"])).as_deref(), Some("alice"));
        assert_eq!(name(&record("cn=Alice,dc=x", &["alice"])).as_deref(), Some("alice"));
        assert_eq!(name(&record("cn=Alice,dc=x", &[])), None);
        assert!(record("cn=Alice,dc=x", &["al", "alice"]).login_name().is_err());
    }
}
