//! Lists in requests: no longer than they may be, and no memory before their elements have come.
//!
//! In the encoding, an empty string is one byte, and a list may announce any number of elements. An
//! engine that believed the announcement, or took any number, would need many times the memory of the
//! frame.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// Services or networks that one app password names.
pub(crate) const MOST_NAMES: usize = 64;

/// Devices in one part of an import. `monk-enroll` sends 100.
pub(crate) const MOST_DEVICES: usize = 256;

/// Codes that come with one device: other systems make five or ten.
pub(crate) const MOST_CODES: usize = 64;

/// Users in one import, which is one transaction.
pub(crate) const MOST_USERS: usize = 20_000;

/// Reads a list of at most `MOST` elements.
pub(crate) fn list<'de, const MOST: usize, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct List<const MOST: usize, T>(PhantomData<T>);

    impl<'de, const MOST: usize, T: Deserialize<'de>> Visitor<'de> for List<MOST, T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MOST}")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(element) = elements.next_element()? {
                if list.len() == MOST {
                    return Err(A::Error::custom("a list is too long"));
                }
                list.push(element);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_seq(List::<MOST, T>(PhantomData))
}

/// Reads a text of at most `MOST` bytes.
pub(crate) fn text<'de, const MOST: usize, D>(deserializer: D) -> Result<String, D::Error>
where
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    match text.len() <= MOST {
        true => Ok(text),
        false => Err(D::Error::custom("a text is too long")),
    }
}

/// The same of a list that may be missing.
pub(crate) fn optional_list<'de, const MOST: usize, T, D>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    #[derive(serde::Deserialize)]
    #[serde(bound = "T: Deserialize<'de>")]
    struct Present<const MOST: usize, T>(#[serde(deserialize_with = "list::<MOST, T, _>")] Vec<T>);

    let list = Option::<Present<MOST, T>>::deserialize(deserializer)?;
    Ok(list.map(|present| present.0))
}
