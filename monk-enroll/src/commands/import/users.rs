//! `user import`: users for the embedded directory, all of them or nobody.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use monk_wire::manage::{
    Command, Import, Imported, Outcome, RowPassword, RowVerdict, UserEntry, UserStep,
};

use crate::cli::UserImportArgs;
use crate::commands::progress::Progress;
use crate::error::Error;
use crate::exit::Exit;
use crate::input::{self, Links};
use crate::json::document;
use crate::json::import::{Result as Word, UserLine};
use crate::new_password;
use crate::output::Plain;
use crate::session::Session;
use crate::table::Table;
use crate::talk::unexpected;
use crate::when::Moment;
use crate::words::failures;
use monk_import::csv::{self, Row};
use monk_import::{Problem, passwd, shown};

/// Users of one file: they are added in one transaction, which one message has to carry.
const MOST_USERS: usize = 20_000;

/// Users who are checked with one command.
const CHECKED_AT_ONCE: usize = 100;

/// Passwords that are hashed with one command: each costs the engine some 20 ms, and it has 20 s.
const HASHED_AT_ONCE: usize = 50;

/// A row, and whether the user is there already.
struct Line {
    row: Row,
    exists: bool,
}

/// Imports users.
pub fn users(session: &mut Session, args: &UserImportArgs) -> Result<Exit, Error> {
    let text = input::read(Path::new(&args.file), Links::Followed)?;
    let read = if args.passwd { passwd::parse } else { csv::parse };
    let csv::Rows { rows, mut problems } = read(&text, MOST_USERS);
    drop(text);
    if rows.len() > MOST_USERS {
        return tell_problems(session, &args.file, problems);
    }
    find_same_names(&rows, &mut problems);
    let mut lines: Vec<Line> = rows.into_iter().map(|row| Line { row, exists: false }).collect();
    match check(session, &mut lines, &mut problems, args) {
        // What is wrong with the file is told, whether or not the engine answers.
        Err(_) if !problems.is_empty() => {}
        checked => checked?,
    }
    if !problems.is_empty() {
        return tell_problems(session, &args.file, problems);
    }
    if lines.is_empty() {
        return Err(Error::new(Exit::Invalid, "there is nobody to import"));
    }
    try_together(session, &lines, &mut problems)?;
    if !problems.is_empty() {
        return tell_problems(session, &args.file, problems);
    }
    if !args.dry_run {
        let rows = hash(session, &mut lines)?;
        commit(session, rows)?;
    }
    done(session, &lines, args.dry_run)
}

/// Names and mail addresses that come twice, as the directory compares them.
fn find_same_names(rows: &[Row], problems: &mut Vec<Problem>) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for Row { line, user } in rows {
        let mail = user.mail.as_ref().filter(|mail| !mail.eq_ignore_ascii_case(&user.name));
        for name in [Some(&user.name), mail].into_iter().flatten() {
            if let Some(first) = seen.insert(name.to_ascii_lowercase(), *line) {
                let message = format!("{} stands in line {first} already", shown(name));
                problems.push(Problem::new(*line, message));
            }
        }
    }
}

fn check(
    session: &mut Session,
    lines: &mut [Line],
    problems: &mut Vec<Problem>,
    args: &UserImportArgs,
) -> Result<(), Error> {
    let mut progress = Progress::new("checked", lines.len());
    let mut done = 0;
    for part in lines.chunks_mut(CHECKED_AT_ONCE) {
        let rows = part.iter().map(|line| line.row.user.clone()).collect();
        let Imported::Checked(verdicts) = send(session, UserStep::Check, rows)? else {
            return Err(unexpected());
        };
        for (line, verdict) in part.iter_mut().zip(verdicts) {
            let message = match verdict {
                RowVerdict::New if args.force || !has_short_password(&line.row.user) => continue,
                RowVerdict::New => {
                    format!("{}: --force takes it all the same", new_password::too_short())
                }
                RowVerdict::Exists if args.skip_existing => {
                    line.exists = true;
                    continue;
                }
                RowVerdict::Exists => {
                    "a user has this name or mail address already: --skip-existing leaves it out"
                        .to_owned()
                }
                RowVerdict::Refused(why) => failures::sentence(&why.into()),
            };
            let message = format!("{}: {message}", shown(&line.row.user.name));
            problems.push(Problem::new(line.row.line, message));
        }
        done += part.len();
        progress.show(session, done);
    }
    progress.clear(session);
    Ok(())
}

/// Finds rows that are in each other's way, with numbers or groups.
fn try_together(
    session: &mut Session,
    lines: &[Line],
    problems: &mut Vec<Problem>,
) -> Result<(), Error> {
    let new: Vec<&Row> = lines.iter().filter(|line| !line.exists).map(|line| &line.row).collect();
    if new.is_empty() {
        return Ok(());
    }
    let without_password =
        |row: &&Row| UserEntry { password: RowPassword::None, ..row.user.clone() };
    let rows = new.iter().map(without_password).collect();
    let Imported::Tried(refused) = send(session, UserStep::Try, rows)? else {
        return Err(unexpected());
    };
    for (place, why) in refused {
        let row = usize::try_from(place).ok().and_then(|place| new.get(place));
        let Row { line, user } = row.ok_or_else(unexpected)?;
        let why = failures::sentence(&why.into());
        problems.push(Problem::new(*line, format!("{}: {why}", shown(&user.name))));
    }
    Ok(())
}

fn has_short_password(user: &UserEntry) -> bool {
    matches!(&user.password, RowPassword::Plain(password) if new_password::is_short(password))
}

/// The rows that are new, with hashes in place of passwords.
fn hash(session: &mut Session, lines: &mut [Line]) -> Result<Vec<UserEntry>, Error> {
    let mut rows: Vec<UserEntry> =
        lines.iter().filter(|line| !line.exists).map(|line| line.row.user.clone()).collect();
    let plain = |row: &&mut UserEntry| matches!(row.password, RowPassword::Plain(_));
    let mut open: Vec<&mut UserEntry> = rows.iter_mut().filter(plain).collect();
    let mut progress = Progress::new("passwords hashed", open.len());
    let mut done = 0;
    for part in open.chunks_mut(HASHED_AT_ONCE) {
        let sent = part.iter().map(|row| (**row).clone()).collect();
        match send(session, UserStep::Hash, sent)? {
            Imported::Hashed(hashes) if hashes.len() == part.len() => {
                for (row, hash) in part.iter_mut().zip(hashes) {
                    row.password = RowPassword::Hash(hash.ok_or_else(unexpected)?);
                }
            }
            _ => return Err(unexpected()),
        }
        done += part.len();
        progress.show(session, done);
    }
    progress.clear(session);
    Ok(rows)
}

fn commit(session: &mut Session, rows: Vec<UserEntry>) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    match send(session, UserStep::Commit, rows) {
        Ok(Imported::Committed) => Ok(()),
        Ok(_) => Err(unexpected()),
        Err(error) => Err(match error.exit {
            // The transaction may have been on its way.
            Exit::Unavailable => error.or_remedy(
                "See with monk-enroll status whether one of them is there: all, or none.",
            ),
            _ => error,
        }),
    }
}

fn send(session: &mut Session, step: UserStep, rows: Vec<UserEntry>) -> Result<Imported, Error> {
    match session.manage("", Command::Import(Import::Users { step, rows }))? {
        Outcome::Imported(imported) => Ok(imported),
        _ => Err(unexpected()),
    }
}

fn tell_problems(
    session: &mut Session,
    file: &str,
    mut problems: Vec<Problem>,
) -> Result<Exit, Error> {
    problems.sort_by_key(|one| one.line);
    if session.json {
        let users = problems
            .iter()
            .map(|one| UserLine {
                line: one.line,
                user: None,
                mail: None,
                result: Word::Error,
                message: Some(&one.message),
            })
            .collect::<Vec<_>>();
        session.out.json(&document! { dry_run: false, imported: 0, users })?;
        return Ok(Exit::Invalid);
    }
    for Problem { line, message, .. } in &problems {
        let _ = writeln!(session.errors, "{}:{line}: {}", Plain(file), Plain(message));
    }
    let count = problems.len();
    let lines = if count == 1 { "1 line is wrong" } else { &format!("{count} lines are wrong") };
    Err(Error::new(Exit::Invalid, format!("{lines}; nobody was added")))
}

fn done(session: &mut Session, lines: &[Line], dry_run: bool) -> Result<Exit, Error> {
    let added = lines.iter().filter(|line| !line.exists).count();
    let word = |line: &Line| match (line.exists, dry_run) {
        (true, _) => Word::AlreadyThere,
        (false, true) => Word::WouldAdd,
        (false, false) => Word::Added,
    };
    if session.json {
        let users = lines
            .iter()
            .map(|line| UserLine {
                line: line.row.line,
                user: Some(&line.row.user.name),
                mail: line.row.user.mail.as_deref(),
                result: word(line),
                message: None,
            })
            .collect::<Vec<_>>();
        session.out.json(&document! { dry_run, imported: added, users })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["LINE", "USER", "MAIL", "WHAT"]);
    for line in lines {
        let UserEntry { name, mail, password, disabled, expires, posix } = &line.row.user;
        let mut what = match word(line) {
            Word::AlreadyThere => "already there".to_owned(),
            Word::WouldAdd => "would be added".to_owned(),
            _ => "added".to_owned(),
        };
        if !line.exists && *password == RowPassword::None {
            what.push_str(", without a password");
        }
        if !line.exists && *disabled {
            what.push_str(", disabled");
        }
        if let (false, Some(end)) = (line.exists, expires) {
            what.push_str(&format!(", ends on {:#}", Moment(*end)));
        }
        if let (false, Some(uid)) = (line.exists, posix.uid) {
            what.push_str(&format!(", uid {uid}"));
        }
        let mail = mail.as_deref().unwrap_or_default();
        table.row([line.row.line.to_string().into(), name.into(), mail.into(), what.into()]);
    }
    table.write(&mut session.out)?;
    let users = if added == 1 { "1 user".to_owned() } else { format!("{added} users") };
    let verb = if dry_run { "would be added" } else { "added" };
    writeln!(session.out, "\n{users} {verb}.")?;
    if dry_run {
        writeln!(session.out, "This was a dry run: nothing was changed.")?;
    } else if added > 0 {
        writeln!(
            session.out,
            "They have no second factor yet. Next: monk-enroll totp add USER, or"
        )?;
        writeln!(session.out, "monk-enroll import for the devices that they have elsewhere.")?;
    }
    Ok(Exit::Done)
}
