//! Who gets which token: tokens are delivered with serial numbers and without users.
//!
//! ```text
//! 2600100000001,alice
//! 2600100000002,bob
//! ```

use std::collections::HashMap;

use crate::csv::Records;
use crate::names;
use crate::parsed::{MOST_PROBLEMS, Problem, shown};

/// Who gets a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Login name.
    pub user: String,
    /// The line that says so, counted from 1; 0 for the command line.
    pub line: usize,
}

/// The owners of tokens, by serial number.
#[derive(Default)]
pub struct Owners {
    owners: HashMap<String, Owner>,
    /// What is wrong with the list.
    pub problems: Vec<Problem>,
}

impl Owners {
    /// Adds what is said as `SERIAL=USER`.
    ///
    /// # Errors
    /// In words for people.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let (serial, user) = text.split_once('=').ok_or("--owner wants SERIAL=USER")?;
        self.insert(serial, user, 0)
    }

    /// Adds a list, one `SERIAL,USER` a line.
    pub fn read(&mut self, text: &str) {
        let mut records = Records::new(text.trim_start_matches('\u{feff}').as_bytes());
        let mut is_first = true;
        while let Some((line, fields)) = records.next() {
            let fields: Vec<String> = match &fields[..] {
                // As spreadsheets write it where a comma is in numbers.
                [one] => one.split([';', '\t']).map(str::to_owned).collect(),
                several => several.iter().map(|&field| field.to_owned()).collect(),
            };
            let is_comment = fields.first().is_some_and(|field| field.trim().starts_with('#'));
            let is_blank = fields.iter().all(|field| field.trim().is_empty());
            let is_header = std::mem::take(&mut is_first)
                && fields
                    .first()
                    .is_some_and(|field| field.trim().to_ascii_lowercase().starts_with("serial"));
            if is_comment || is_blank || is_header {
                continue;
            }
            let added = match &fields[..] {
                [serial, user] => self.insert(serial, user, line),
                _ => Err("a line is a serial number and a login name: SERIAL,USER".to_owned()),
            };
            if let Err(message) = added {
                self.problems.push(Problem::new(line, message));
            }
            if self.problems.len() >= MOST_PROBLEMS {
                let message = "too many problems: the list was not read any further";
                self.problems.push(Problem::new(line, message));
                return;
            }
        }
    }

    fn insert(&mut self, serial: &str, user: &str, line: usize) -> Result<(), String> {
        let serial = serial.trim();
        if serial.is_empty() {
            return Err("the serial number is empty".to_owned());
        }
        let user = names::user(user)
            .ok_or_else(|| format!("{}: no login name stands beside it", shown(serial)))?;
        let owner = Owner { user, line };
        match self.owners.insert(serial.to_owned(), owner) {
            Some(before) if before.user != self.owners[serial].user => {
                let (one, other) = (shown(&before.user), shown(&self.owners[serial].user));
                Err(format!("{}: given to {one} and to {other}: remove one of them", shown(serial)))
            }
            _ => Ok(()),
        }
    }

    /// Who gets the token with this serial number.
    #[must_use]
    pub fn of(&self, serial: &str) -> Option<&Owner> {
        self.owners.get(serial)
    }

    /// All of them, in the order of the list.
    #[must_use]
    pub fn all(&self) -> Vec<(&str, &Owner)> {
        let mut all: Vec<_> =
            self.owners.iter().map(|(serial, owner)| (serial.as_str(), owner)).collect();
        all.sort_by_key(|(serial, owner)| (owner.line, *serial));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Owners {
        let mut owners = Owners::default();
        owners.read(text);
        owners
    }

    #[test]
    fn a_list_is_a_serial_number_and_a_name_a_line() {
        for text in [
            "1,alice\n2,bob\n",
            "\u{feff}Serial,User\r\n1,alice\r\n\r\n2,bob",
            "serial number;user\n1;alice\n2;bob\n",
            "# tokens\n1\talice\n\"2\",\" bob \"\n,\n",
        ] {
            let owners = read(text);
            assert_eq!(owners.problems, [], "{text}");
            let all: Vec<_> = owners.all().iter().map(|(s, o)| (*s, o.user.as_str())).collect();
            assert_eq!(all, [("1", "alice"), ("2", "bob")], "{text}");
        }
        let mut owners = Owners::default();
        assert_eq!((owners.add("1=alice"), owners.of("1").map(|one| one.line)), (Ok(()), Some(0)));
        assert!(owners.add("alice").is_err() && owners.add("=alice").is_err());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line) in [
            ("1,alice\n1,bob\n", 2),
            ("1\n", 1),
            ("1,alice\n2,\n", 2),
            ("1,alice,x\n", 1),
            (",alice\n", 1),
            ("1,a\u{202e}b\n", 1),
        ] {
            let lines: Vec<_> = read(text).problems.into_iter().map(|one| one.line).collect();
            assert_eq!(lines, [line], "{text}");
        }
        assert_eq!(read("1,alice\n1,alice\n").problems, []);
    }
}
