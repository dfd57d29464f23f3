//! `invitations`: users who were invited and have not enrolled, and mails that came back.

use std::collections::HashMap;
use std::io::Write;

use monk_terms::delivery::Delivery;
use monk_wire::manage::{Command, InvitationMailed, InvitationState, Listing, Outcome, UserRow};
use serde::Serialize;

use crate::cli::{BouncedArgs, InvitationListArgs};
use crate::commands::list as users;
use crate::error::Error;
use crate::exit::Exit;
use crate::input::{self, Links};
use crate::json::document;
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::table::{Cell, Table};
use crate::talk::unexpected;
use crate::when::Moment;

/// Everybody in a few numbers.
#[derive(Default)]
struct Counts {
    users: u32,
    second_factor: u32,
    never_invited: u32,
}

/// Lists users who were invited and have not enrolled.
pub fn list(session: &mut Session, args: &InvitationListArgs) -> Result<Exit, Error> {
    let groups = args.group.clone();
    let listing =
        Listing { without_second_factor: false, only_members: !groups.is_empty(), groups };
    let (mut counts, mut invited) = (Counts::default(), Vec::new());
    users::each(session, listing, |UserRow { name, second_factor, invitation, .. }| {
        counts.users += 1;
        match invitation {
            Some(invitation) => invited.push((name, invitation)),
            None if second_factor => counts.second_factor += 1,
            None => counts.never_invited += 1,
        }
    })?;
    invited.sort_by(|one, other| one.0.cmp(&other.0));
    let now = Moment::now();
    let Counts { users, second_factor, never_invited } = counts;
    if session.json {
        let rows = invited.iter().map(|(user, state)| {
            let InvitationState { first, expires, reminders, mail } = state;
            let (invited, ended) = (Moment(*first), *expires <= now.0);
            let expires = Moment(*expires);
            let mail = mail.as_ref().map(|mail| {
                let InvitationMailed { to, at, became } = mail;
                document! { to, at: Moment(*at), state: became.as_str() }
            });
            document! { user, invited, expires, ended, reminders, mail }
        });
        let invitations: Vec<_> = rows.collect();
        session.out.json(&document! { invitations, users, second_factor, never_invited })?;
        return Ok(Exit::Done);
    }
    if !invited.is_empty() {
        let mut table =
            Table::new(["NAME", "INVITED", "GOOD UNTIL", "REMINDERS", "MAIL", "LAST MAIL", "TO"]);
        invited.iter().for_each(|(user, state)| table.row(row(user, state, now)));
        table.write(&mut session.out)?;
    }
    let waiting = invited.len();
    writeln!(
        session.out,
        "Invited and not enrolled: {waiting}. Enrolled: {second_factor}. Never invited: {never_invited}."
    )?;
    Ok(Exit::Done)
}

fn row(user: &str, state: &InvitationState, now: Moment) -> [Cell; 7] {
    let InvitationState { first, expires, reminders, mail } = state;
    let expires = match *expires <= now.0 {
        true => Cell::styled(Style::Warning, "ended"),
        false => format!("{:#}", Moment(*expires)).as_str().into(),
    };
    let (became, at, to) = match mail {
        None => ("none".into(), String::new(), ""),
        Some(mail) => {
            let word = mail.became.as_str();
            let cell = match mail.became {
                Delivery::Sent => word.into(),
                Delivery::Refused | Delivery::Bounced => Cell::styled(Style::Bad, word),
                Delivery::Sending | Delivery::Later => Cell::styled(Style::Warning, word),
            };
            (cell, format!("{:#}", Moment(mail.at)), mail.to.as_str())
        }
    };
    let first = format!("{:#}", Moment(*first));
    [
        user.into(),
        first.as_str().into(),
        expires,
        reminders.to_string().as_str().into(),
        became,
        at.as_str().into(),
        to.into(),
    ]
}

/// An address from which a mail came back.
#[derive(Serialize)]
struct CameBack {
    address: String,
    user: Option<String>,
    /// Whether that user has an invitation, which now says so.
    noted: bool,
}

/// Notes which mails came back.
pub fn bounced(session: &mut Session, args: &BouncedArgs) -> Result<Exit, Error> {
    let text = input::read(&args.file, Links::Followed)?;
    let read = monk_import::bounces::read(text.as_bytes())
        .map_err(|_| Error::new(Exit::Invalid, "this is no mail and no mbox file"))?;
    if read.reports == 0 {
        let error = Error::new(Exit::Invalid, "there is no report of a mail server in this");
        return Err(error.remedy("A report has a part message/delivery-status (RFC 3464)."));
    }
    let mut owners: HashMap<String, Vec<String>> = HashMap::new();
    users::each(session, Listing::default(), |UserRow { name, mail, .. }| {
        if let Some(mail) = mail {
            owners.entry(mail.trim().to_lowercase()).or_default().push(name);
        }
    })?;
    let mut bounced = Vec::new();
    for address in read.addresses {
        // Users may share a mailbox.
        let users = owners.remove(&address.to_lowercase()).unwrap_or_default();
        if users.is_empty() {
            bounced.push(CameBack { address: address.clone(), user: None, noted: false });
        }
        for user in users {
            let command = Command::InvitationBounced { address: address.clone() };
            let noted = match session.manage(&user, command)? {
                Outcome::Done => true,
                Outcome::InvitationKept(_) => false,
                _ => return Err(unexpected()),
            };
            bounced.push(CameBack { address: address.clone(), user: Some(user), noted });
        }
    }
    let (reports, other_mails) = (read.reports, read.others);
    if session.json {
        session.out.json(&document! { bounced, reports, other_mails })?;
        return Ok(Exit::Done);
    }
    for CameBack { address, user, noted } in &bounced {
        let out = &mut session.out;
        let address = Plain(address);
        match (user, noted) {
            (Some(user), true) => {
                writeln!(out, "{}: the mail to {address} came back", Plain(user))?
            }
            (Some(user), false) => writeln!(out, "{}: no mail to {address} is known", Plain(user))?,
            (None, _) => writeln!(out, "{address}: nobody has this address")?,
        }
    }
    writeln!(session.out, "Reports: {reports}. Other mails: {other_mails}.")?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use monk_terms::account_state::AccountState;
    use monk_wire::manage::Part;

    use super::*;
    use crate::commands::list::tests::row;
    use crate::scripted::{Scene, Step, done, part};

    const DAY: u64 = 24 * 3600;
    const FIRST: u64 = 1_763_748_000;

    fn listed(rows: Vec<UserRow>) -> [Step; 2] {
        let count = rows.len() as u64;
        [part(Part::Users(rows)), done(Outcome::Listed { rows: count, users: count })]
    }

    fn invited(name: &str, became: Option<Delivery>) -> UserRow {
        let to = "a…@example.org".to_owned();
        let mail = became.map(|became| InvitationMailed { to, at: FIRST + 3 * DAY, became });
        let state = InvitationState { first: FIRST, expires: FIRST + 7 * DAY, reminders: 1, mail };
        UserRow { invitation: Some(state), ..row(name, AccountState::Enabled, false) }
    }

    #[test]
    fn who_was_invited_and_has_not_enrolled_is_listed_with_the_mail() {
        let others =
            [row("carol", AccountState::Enabled, true), row("dave", AccountState::Enabled, false)];
        let mut rows = vec![invited("bob", Some(Delivery::Refused)), invited("alice", None)];
        rows.extend(others.clone());
        let seen = Scene::new(listed(rows)).run("invitations list");
        let expected = "\
NAME   INVITED     GOOD UNTIL  REMINDERS  MAIL     LAST MAIL   TO
alice  2025-11-21  ended       1          none
bob    2025-11-21  ended       1          refused  2025-11-24  a…@example.org
Invited and not enrolled: 2. Enrolled: 1. Never invited: 1.
";
        assert_eq!(seen.out, expected);
        let mut rows = vec![invited("alice", Some(Delivery::Sent))];
        rows.extend(others);
        Scene::new(listed(rows))
            .run("--json invitations list")
            .assert_documented("invitations list");
    }

    const REPORT: &str = "Content-Type: multipart/report; boundary=A\n\n--A\n\
        Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail\n\n\
        Final-Recipient: rfc822; Bob@example.org\nAction: failed\n\n\
        Final-Recipient: rfc822; eve@example.net\nAction: failed\n\n--A--\n";

    #[test]
    fn an_address_from_which_a_mail_came_back_is_noted_with_its_user() {
        let script = || {
            let mut script = listed(vec![invited("bob", Some(Delivery::Sent))]).to_vec();
            script.push(done(Outcome::Done));
            script
        };
        let file = |text: &str| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file
        };
        let path = |file: &tempfile::NamedTempFile| file.path().display().to_string();
        let (report, one) = (
            file(REPORT),
            file(
                &REPORT
                    .replace("Bob@example.org", "bob@example.org")
                    .replace("eve@example.net", "bob@example.org"),
            ),
        );
        let other = file("Subject: Hello\n\nBob\n");
        let seen = Scene::new(script()).run_words(&["invitations", "bounced", &path(&report)]);
        let noted = Command::InvitationBounced { address: "Bob@example.org".into() };
        assert_eq!(seen.commands()[1..], [noted]);
        assert_eq!(
            seen.out,
            "bob: the mail to Bob@example.org came back\neve@example.net: nobody has this address\n\
             Reports: 1. Other mails: 0.\n"
        );
        let json =
            Scene::new(script()).run_words(&["--json", "invitations", "bounced", &path(&one)]);
        json.assert_documented("invitations bounced");
        let seen = Scene::new([]).run_words(&["invitations", "bounced", &path(&other)]);
        assert_eq!((seen.exit, seen.commands()), (Exit::Invalid, vec![]));
    }
}
