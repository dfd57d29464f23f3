//! Users for the embedded directory, from a file like passwd(5), such as the output of `getent passwd`.

use monk_wire::manage::{PosixWish, PrimaryGroup, RowPassword, UserEntry};

use crate::csv::{Row, Rows};
use crate::parsed::{MOST_PROBLEMS, Problem};

/// Fields of a line.
const FIELDS: usize = 7;

/// Uids of people: those below are the system's own, and 65534 is nobody (Debian policy, 9.2.2).
const FIRST_UID: u32 = 1000;

/// The uid of nobody.
const NOBODY: u32 = 65534;

/// Reads a file of at most so many users. The system's own accounts are left out, and so are comments and lines
/// for nss_compat. Nobody has a password afterwards: the file has none.
#[must_use]
pub fn parse(text: &str, most: usize) -> Rows {
    let mut rows = Rows::default();
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() || text.starts_with(['#', '+', '-']) {
            continue;
        }
        match user(text) {
            Ok(None) => {}
            Ok(Some(user)) => rows.rows.push(Row { line, user }),
            Err(message) => rows.problems.push(Problem::new(line, message)),
        }
        let message = if rows.rows.len() > most {
            format!("more than {most} users: cut the file into several")
        } else if rows.problems.len() >= MOST_PROBLEMS {
            "too many problems: the file was not read any further".to_owned()
        } else {
            continue;
        };
        rows.problems.push(Problem::new(line, message));
        return rows;
    }
    rows
}

/// The user of a line; `None` for the system's own.
fn user(line: &str) -> Result<Option<UserEntry>, String> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, gecos, home, shell] = fields[..] else {
        return Err(format!("{} fields instead of {FIELDS}: see passwd(5)", fields.len()));
    };
    let number = |text: &str, what| text.parse().map_err(|_| format!("the {what} is no number"));
    let (uid, gid): (u32, u32) = (number(uid, "uid")?, number(gid, "gid")?);
    if uid < FIRST_UID || uid == NOBODY {
        return Ok(None);
    }
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    // Rooms and telephones stand behind the name, and commas where there are none.
    let full_name = text(gecos.trim_end_matches(','));
    let group = Some(PrimaryGroup::Numbered(gid));
    let posix =
        PosixWish { uid: Some(uid), group, full_name, home: text(home), shell: text(shell) };
    Ok(Some(UserEntry {
        name: name.to_owned(),
        mail: None,
        password: RowPassword::None,
        disabled: false,
        expires: None,
        posix,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_and_the_systems_own_accounts_are_left_out() {
        let text = "root:x:0:0:root:/root:/bin/bash\n# people\nalice:x:1000:1000:Alice Smith,,,:/home/alice:/bin/bash\n\
            +::::::\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nbob:x:3000000000:100:::\n";
        let rows = parse(text, 10);
        assert_eq!(rows.problems, []);
        let some = |text: &str| Some(text.to_owned());
        let user = |name: &str, posix| UserEntry {
            name: name.into(),
            mail: None,
            password: RowPassword::None,
            disabled: false,
            expires: None,
            posix,
        };
        let alice = PosixWish {
            uid: Some(1000),
            group: Some(PrimaryGroup::Numbered(1000)),
            full_name: some("Alice Smith"),
            home: some("/home/alice"),
            shell: some("/bin/bash"),
        };
        let bob = PosixWish {
            uid: Some(3_000_000_000),
            group: Some(PrimaryGroup::Numbered(100)),
            ..PosixWish::default()
        };
        let read: Vec<_> = rows.rows.into_iter().map(|row| (row.line, row.user)).collect();
        assert_eq!(read, [(3, user("alice", alice)), (6, user("bob", bob))]);
    }

    #[test]
    fn what_is_no_line_of_passwd_is_told_with_its_number() {
        let text = "alice:x:1000:1000::/home/alice:/bin/sh\nbob\ncarol:x:many:1::/:/bin/sh\ndave:x:1001:-1::/:/bin/sh\n";
        let rows = parse(text, 10);
        let lines: Vec<_> = rows.problems.iter().map(|problem| problem.line).collect();
        assert_eq!((lines, rows.rows.len()), (vec![2, 3, 4], 1));
        assert_eq!(parse(text, 0).problems.len(), 1, "more than that many");
    }
}
