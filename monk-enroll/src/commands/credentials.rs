//! What devices, app passwords and backup codes have in common: they are listed, renamed, removed.

use std::io::Write;

use monk_terms::kind::Kind;
use monk_wire::manage::{Command, CredentialStatus, Outcome, Status};

use crate::commands::status::{read_status, state_cell};
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::{Output, Plain, Style};
use crate::session::Session;
use crate::table::Table;
use crate::talk::unexpected;
use crate::when::Moment;
use crate::words::name_of;

/// Those of a kind.
pub fn of_kind(status: &Status, kind: Kind) -> Vec<&CredentialStatus> {
    status.credentials.iter().filter(|one| one.kind == kind).collect()
}

/// Shows devices or passkeys. The last column is left out where nobody knows from where they were used.
pub fn write_table(
    out: &mut Output,
    ours: &[&CredentialStatus],
    now: Moment,
) -> Result<Exit, Error> {
    let mut table = Table::new(["NAME", "ID", "STATE", "CREATED", "LAST USED", "FROM"]);
    for one in ours {
        table.row([
            (&one.label).into(),
            (&one.id).into(),
            state_cell(one, now),
            format!("{:#}", Moment(one.created)).into(),
            one.last_used.map_or_else(|| "never".into(), |used| Moment(used).to_string()).into(),
            one.last_address.as_deref().unwrap_or_default().into(),
        ]);
    }
    table.write(out)?;
    Ok(Exit::Done)
}

/// Gives a credential another name.
pub fn rename(
    session: &mut Session,
    user: &str,
    kind: Kind,
    wanted: &str,
    name: &str,
) -> Result<Exit, Error> {
    let (credential, label) = (wanted.to_owned(), name.to_owned());
    let Outcome::Done = session.manage(user, Command::Rename { kind, credential, label })? else {
        return Err(unexpected());
    };
    if session.json {
        session.out.json(&document! { user, renamed: wanted, name })?;
    } else {
        let (wanted, name, user) = (Plain(wanted), Plain(name), Plain(user));
        writeln!(session.out, "“{wanted}” of {user} is called “{name}” now.")?;
    }
    Ok(Exit::Done)
}

/// Refuses to remove what is not there, before a person is asked whether to.
fn look_before_asking(
    session: &mut Session,
    user: &str,
    kind: Kind,
    wanted: Option<&str>,
) -> Result<(), Error> {
    let name = name_of(kind);
    let status = read_status(session, user)?;
    let is_meant = |one: &&CredentialStatus| {
        wanted.is_none_or(|wanted| one.id == wanted || one.label == wanted)
    };
    if of_kind(&status, kind).iter().any(is_meant) {
        return Ok(());
    }
    let message = match wanted {
        Some(wanted) => format!("no {name} of {user} is called {wanted:?}"),
        None => format!("{user} has no {name}"),
    };
    Err(Error::new(Exit::NotFound, message)
        .remedy(format!("monk-enroll status {user} shows what there is.")))
}

/// Removes a credential, after the question.
pub fn remove(
    session: &mut Session,
    user: &str,
    kind: Kind,
    wanted: Option<&str>,
    question: &str,
) -> Result<Exit, Error> {
    if session.will_ask() {
        look_before_asking(session, user, kind, wanted)?;
    }
    session.agree(question)?;
    let command = Command::Remove { kind, credential: wanted.map(str::to_owned) };
    let Outcome::Removed { credential, label, last } = session.manage(user, command)? else {
        return Err(unexpected());
    };
    let out = &mut session.out;
    if session.json {
        let (id, name, last_factor) = (credential.as_str(), label.as_str(), last);
        out.json(&document! { user, id, name, last_factor })?;
        return Ok(Exit::Done);
    }
    writeln!(out, "{} of {} is gone; it opens nothing now.", Plain(&label), Plain(user))?;
    if last {
        let mark = out.screen.paint(Style::Warning, "!");
        writeln!(
            out,
            "{mark} It was the last second factor: services that ask for one refuse now."
        )?;
    }
    Ok(Exit::Done)
}
