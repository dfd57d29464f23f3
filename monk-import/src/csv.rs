//! Users for the embedded directory, as comma-separated values (RFC 4180) with a header line.

use csv_core::{ReadRecordResult, Reader};
use monk_wire::Secret;
use monk_wire::manage::{PosixWish, PrimaryGroup, RowPassword, UserEntry};
use time::Date;
use time::format_description::well_known::Iso8601;
use zeroize::Zeroizing;

use crate::parsed::{MOST_PROBLEMS, Problem};

/// Columns that are known.
const COLUMNS: [&str; 12] = [
    "name",
    "mail",
    "password",
    "password_hash",
    "disabled",
    "expires",
    "uid",
    "gid",
    "group",
    "home",
    "shell",
    "full_name",
];

/// Most columns of a file.
const MOST_COLUMNS: usize = 32;

/// A user, and the line it stands in.
pub struct Row {
    /// The line, counted from 1.
    pub line: usize,
    /// The user.
    pub user: UserEntry,
}

/// What a file holds.
#[derive(Default)]
pub struct Rows {
    /// The users.
    pub rows: Vec<Row>,
    /// What is wrong. If there is anything, nobody may be added.
    pub problems: Vec<Problem>,
}

/// Reads a file of at most so many users.
#[must_use]
pub fn parse(text: &str, most: usize) -> Rows {
    let mut rows = Rows::default();
    let mut records = Records::new(text.as_bytes());
    let header = match records.next() {
        Some((line, fields)) => Header::read(&fields).map_err(|message| (line, message)),
        None => Err((1, "the file is empty: its first line names the columns".to_owned())),
    };
    let header = match header {
        Ok(header) => header,
        Err((line, message)) => {
            rows.problems.push(Problem::new(line, message));
            return rows;
        }
    };
    while let Some((line, fields)) = records.next() {
        match header.row(&fields) {
            Ok(user) => rows.rows.push(Row { line, user }),
            Err(message) => rows.problems.push(Problem::new(line, message)),
        }
        if rows.rows.len() > most {
            let message = format!("more than {most} users: cut the file into several");
            rows.problems.push(Problem::new(line, message));
            return rows;
        }
        if rows.problems.len() >= MOST_PROBLEMS {
            let message = "too many problems: the file was not read any further";
            rows.problems.push(Problem::new(line, message));
            return rows;
        }
    }
    rows
}

/// The records of a text. The `csv` crate would keep copies of passwords in buffers of its own.
pub(super) struct Records<'a> {
    reader: Reader,
    rest: &'a [u8],
    fields: Zeroizing<Vec<u8>>,
}

impl<'a> Records<'a> {
    /// Those of `text`.
    pub(super) fn new(text: &'a [u8]) -> Self {
        // Fields are never longer than what they are read from.
        Self { reader: Reader::new(), rest: text, fields: Zeroizing::new(vec![0; text.len() + 1]) }
    }

    /// The next record and its line; too many columns are cut off, which no header has.
    pub(super) fn next(&mut self) -> Option<(usize, Vec<&str>)> {
        let mut ends = [0; MOST_COLUMNS + 1];
        let (mut written, mut ended) = (0, 0);
        let mut line = self.reader.line();
        // Empty lines are passed over, and belong to no record.
        while let Some(rest) = self.rest.strip_prefix(b"\n").or(self.rest.strip_prefix(b"\r\n")) {
            self.rest = rest;
            line += 1;
        }
        self.reader.set_line(line);
        loop {
            let (result, read, wrote, more) =
                self.reader.read_record(self.rest, &mut self.fields[written..], &mut ends[ended..]);
            self.rest = &self.rest[read..];
            written += wrote;
            ended += more;
            match result {
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return None,
                // The reader wants to be told that there is no more.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => return None,
                // Read on over the columns that there is no room for.
                ReadRecordResult::OutputEndsFull => ended = MOST_COLUMNS,
            }
        }
        let mut start = 0;
        let fields = ends[..ended].iter().map(|&end| {
            let field = self.fields.get(start..end).unwrap_or_default();
            start = end;
            std::str::from_utf8(field).unwrap_or_default()
        });
        Some((usize::try_from(line).unwrap_or(usize::MAX), fields.collect()))
    }
}

/// Where each column stands.
struct Header {
    columns: usize,
    places: [Option<usize>; COLUMNS.len()],
}

impl Header {
    fn read(fields: &[&str]) -> Result<Self, String> {
        let known = COLUMNS.join(", ");
        if fields.len() > MOST_COLUMNS {
            return Err(format!("more than {MOST_COLUMNS} columns"));
        }
        let mut places = [None; COLUMNS.len()];
        for (place, field) in fields.iter().enumerate() {
            let name = field.trim().to_ascii_lowercase();
            let column = COLUMNS.iter().position(|known| *known == name);
            // A misspelt column must not be passed over: it may say who is disabled. Nor is it
            // repeated: without a header, the first line has somebody's password.
            let column = column.ok_or_else(|| {
                let place = place + 1;
                format!("column {place} of the header is none of {known}: the first line names the columns")
            })?;
            if places[column].replace(place).is_some() {
                return Err(format!("the header names \"{}\" twice", COLUMNS[column]));
            }
        }
        if places[0].is_none() {
            return Err(format!("the header names no column \"name\"; the columns are {known}"));
        }
        Ok(Self { columns: fields.len(), places })
    }

    fn row(&self, fields: &[&str]) -> Result<UserEntry, String> {
        if fields.len() != self.columns {
            return Err(format!("{} fields instead of {}", fields.len(), self.columns));
        }
        if fields.iter().any(|field| field.contains(['\n', '\r', '\0'])) {
            return Err("a field with a line end in it: is a quotation mark not closed?".to_owned());
        }
        let field = |column: usize| self.places[column].map_or("", |place| fields[place]);
        let (name, mail) = (field(0).trim(), field(1).trim());
        if name.is_empty() {
            return Err("the name is empty".to_owned());
        }
        let password = match (field(2), field(3).trim()) {
            ("", "") => RowPassword::None,
            (password, "") => RowPassword::Plain(Secret::new(password.as_bytes())),
            ("", hash) if hash.starts_with("$argon2id$") => {
                RowPassword::Hash(Secret::new(hash.as_bytes()))
            }
            ("", _) => {
                return Err("the password hash is no Argon2id hash ($argon2id$…), the only kind that monk checks: leave it out, and set a new password".to_owned());
            }
            _ => return Err("both a password and a hash".to_owned()),
        };
        let disabled = match field(4).trim().to_ascii_lowercase().as_str() {
            "" | "0" | "no" | "false" => false,
            "1" | "yes" | "true" => true,
            // Not repeated: with a comma too many it is the end of a password.
            _ => {
                return Err(
                    "disabled is yes or no: is a comma in a field without quotes?".to_owned()
                );
            }
        };
        let expires =
            match field(5).trim() {
                "" | "never" => None,
                day => Some(end_of_day(day).ok_or_else(|| {
                    "expires is the last day, as in 2026-12-31, or never".to_owned()
                })?),
            };
        let mail = (!mail.is_empty()).then(|| mail.to_owned());
        let text = |column| Some(field(column).trim().to_owned()).filter(|text| !text.is_empty());
        let posix = PosixWish {
            uid: number(field(6), "uid")?,
            group: match (number(field(7), "gid")?, text(8)) {
                (None, None) => None,
                (Some(gid), None) => Some(PrimaryGroup::Numbered(gid)),
                (None, Some(group)) => Some(PrimaryGroup::Named(group)),
                (Some(_), Some(_)) => return Err("both a gid and a group".to_owned()),
            },
            home: text(9),
            shell: text(10),
            full_name: text(11),
        };
        Ok(UserEntry { name: name.to_owned(), mail, password, disabled, expires, posix })
    }
}

/// A number, where there is one. What else stands there is not repeated: see `disabled`.
fn number(field: &str, column: &str) -> Result<Option<u32>, String> {
    match field.trim() {
        "" => Ok(None),
        number => number.parse().map(Some).map_err(|_| format!("{column} is a number")),
    }
}

/// The end of a day in UTC, in seconds since 1970. A day is written as in 2026-12-31; `None` for everything
/// else, and for days before 1970.
#[must_use]
pub fn end_of_day(text: &str) -> Option<u64> {
    // Not the other forms of ISO 8601 that the format takes: weeks, and days of the year.
    let is_plain = |text: &&str| text.bytes().all(|one| one.is_ascii_digit() || one == b'-');
    let is_day = |text: &&str| text.len() == "2026-12-31".len() && is_plain(text);
    let day = Date::parse(Some(text).filter(is_day)?, &Iso8601::DATE).ok()?;
    let end = day.next_day()?.midnight().assume_utc().unix_timestamp();
    u64::try_from(end).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(rows: &Rows) -> Vec<usize> {
        rows.problems.iter().map(|problem| problem.line).collect()
    }

    #[test]
    fn what_users_are_for_hosts_has_columns_of_its_own() {
        let text = "name,uid,gid,group,home,shell,full_name\nalice,70000,100,,/srv/a,/bin/zsh,Alice Smith\nbob,,,staff,,,\n";
        let rows = parse(text, 100);
        assert_eq!(rows.problems, []);
        let some = |text: &str| Some(text.to_owned());
        let alice = PosixWish {
            uid: Some(70_000),
            group: Some(PrimaryGroup::Numbered(100)),
            home: some("/srv/a"),
            shell: some("/bin/zsh"),
            full_name: some("Alice Smith"),
        };
        let group = Some(PrimaryGroup::Named("staff".into()));
        let bob = PosixWish { group, ..PosixWish::default() };
        let read: Vec<_> = rows.rows.into_iter().map(|row| row.user.posix).collect();
        assert_eq!(read, [alice, bob]);
        let wrong = parse("name,uid,gid,group\na,x,,\nb,1,2,c\nc,-1,,\n", 100);
        assert_eq!(lines(&wrong), [2, 3, 4]);
    }

    #[test]
    fn columns_stand_in_any_order_and_may_be_quoted() {
        let text = "\u{feff}Mail,name,password,disabled,expires\r\nalice@example.org,alice,\"pass,\"\"word\",no,2026-12-31\r\n\r\n,bob,,yes,\r\n";
        let rows = parse(text, 100);
        assert_eq!(rows.problems, []);
        let users: Vec<_> = rows.rows.iter().map(|row| (row.line, row.user.clone())).collect();
        let alice = UserEntry {
            name: "alice".into(),
            mail: Some("alice@example.org".into()),
            password: RowPassword::Plain(Secret::new(b"pass,\"word")),
            disabled: false,
            // The first moment of 2027, by date -u -d @….
            expires: Some(1_798_761_600),
            posix: PosixWish::default(),
        };
        let bob = UserEntry {
            name: "bob".into(),
            mail: None,
            password: RowPassword::None,
            disabled: true,
            expires: None,
            posix: PosixWish::default(),
        };
        assert_eq!(users, [(2, alice), (4, bob)]);
    }

    #[test]
    fn an_account_ends_with_a_day_that_there_is() {
        for (day, end) in [
            ("1970-01-01", Some(86_400)),
            ("2028-02-29", Some(1_835_481_600)),
            ("2027-02-29", None),
            ("2026-W52-1", None),
            ("2026-12-31T00:00:00Z", None),
            ("31.12.2026", None),
            ("1969-12-30", None),
            ("tomorrow", None),
        ] {
            assert_eq!(end_of_day(day), end, "{day}");
        }
        let rows = parse("name,expires\na,never\nb,soon\n", 100);
        assert_eq!((rows.rows[0].user.expires, lines(&rows)), (None, vec![3]));
        assert!(rows.problems[0].message.contains("2026-12-31"));
    }

    #[test]
    fn a_hash_is_taken_over_if_it_is_argon2id() {
        let rows = parse("name,password_hash\na,$argon2id$v=19$x\nb,{SSHA}x\nc,$6$x$y\n", 100);
        assert!(matches!(rows.rows[0].user.password, RowPassword::Hash(_)));
        assert_eq!(lines(&rows), [3, 4]);
        assert!(rows.problems[0].message.contains("Argon2id"));
        assert!(!rows.problems[0].message.contains("SSHA"), "nothing of it is shown");
    }

    #[test]
    fn every_bad_line_is_told() {
        let text =
            "name,password,disabled\nalice,x,no\n,x,no\nbob,x\ncarol,x,perhaps\ndave,x,no,no\n";
        let rows = parse(text, 100);
        assert_eq!((rows.rows.len(), lines(&rows)), (1, vec![3, 4, 5, 6]));
        let unclosed = parse("name,password\nalice,\"x\nbob,y\n", 100);
        assert_eq!((unclosed.rows.len(), lines(&unclosed)), (0, vec![2]));
    }

    #[test]
    fn a_header_is_needed_and_every_column_known() {
        for (text, says) in [
            ("", "empty"),
            ("alice,x\n", "column 1"),
            ("mail,password\n", "no column \"name\""),
            ("name,name\n", "twice"),
            ("name,disbled\n", "column 2"),
        ] {
            let rows = parse(text, 100);
            assert!(rows.rows.is_empty() && rows.problems[0].message.contains(says), "{text:?}");
        }
        let wide = format!("name{}\n", ",mail".repeat(100));
        assert_eq!(parse(&wide, 100).problems.len(), 1);
    }

    #[test]
    fn no_password_in_a_wrong_place_is_repeated() {
        for text in [
            "hunter2,alice\n",
            "alice,hunter2\n",
            "name,mail,password,disabled\nalice,a@x,pass,hunter2\n",
            "name,password\nalice,pass,hunter2\n",
            "name,password_hash\nalice,hunter2\n",
        ] {
            let rows = parse(text, 100);
            assert_eq!(rows.problems.len(), 1, "{text}");
            assert!(!rows.problems[0].message.contains("hunter2"), "{:?}", rows.problems);
        }
    }

    #[test]
    fn reading_ends_where_there_are_too_many_users_or_problems() {
        let many = format!("name\n{}", "a\n".repeat(100));
        let rows = parse(&many, 10);
        assert_eq!((rows.rows.len(), lines(&rows)), (11, vec![12]));
        let wrong = format!("name\n{}", "a,b\n".repeat(10_000));
        assert_eq!(parse(&wrong, 10).problems.len(), MOST_PROBLEMS + 1);
    }
}
