//! `invite`: enrolment codes for users who have no second factor yet.

use std::io::Write;

use monk_wire::manage::{Command, Invitation, InvitationMail, Invited, Listing, Outcome, UserRow};
use serde::Serialize;

use crate::cli::InviteArgs;
use crate::commands::list;
use crate::error::Error;
use crate::exit::Exit;
use crate::input::{self, Links};
use crate::json::document;
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::talk::unexpected;
use crate::when::Moment;

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

/// Most users of a file, as for `user import`.
const MOST_USERS: usize = 20_000;

/// A user who is invited.
#[derive(Serialize)]
struct InvitedUser {
    user: String,
    code: Option<String>,
    link: Option<String>,
    expires: Moment,
    mail: Option<String>,
    removed: u32,
    error: Option<String>,
}

/// A user who is not.
#[derive(Serialize)]
struct LeftOut {
    user: String,
    error: String,
}

/// Invites users one after the other. One who cannot be invited keeps no other from it.
pub fn invite(session: &mut Session, args: &InviteArgs) -> Result<Exit, Error> {
    let users = users(session, args)?;
    if args.reset {
        session.agree("Users who have a second factor lose everything. Go on?")?;
    }
    let invitation =
        Invitation { seconds: u64::from(args.days) * DAY, send: args.mail, reset: args.reset };
    let (mut invited, mut left_out, mut exit) = (Vec::new(), Vec::new(), Exit::Done);
    for user in users {
        let one = match session.manage(&user, Command::Invite(invitation)) {
            Ok(Outcome::Invited(one)) => read(user, one)?,
            Ok(_) => return Err(unexpected()),
            // The same for everybody: nobody is invited.
            Err(error) if error.exit == Exit::Unavailable => return Err(error),
            Err(error) => {
                exit = error.exit;
                let error = error.message;
                if !session.json {
                    writeln!(session.errors, "monk-enroll: {}: {}", Plain(&user), Plain(&error))?;
                }
                left_out.push(LeftOut { user, error });
                continue;
            }
        };
        if one.error.is_some() {
            exit = Exit::Unavailable;
        }
        if !session.json {
            show(session, &one)?;
        }
        invited.push(one);
    }
    if session.json {
        session.out.json(&document! { invited, left_out })?;
    } else if invited.iter().any(|one| one.code.is_some()) {
        let out = &mut session.out;
        writeln!(
            out,
            "Hand each code to its user, and to nobody else. With the password, it stands for the"
        )?;
        writeln!(out, "second factor once: on the portal, or in monk-enroll totp add.")?;
    }
    Ok(exit)
}

/// Whom the command names, each once.
fn users(session: &mut Session, args: &InviteArgs) -> Result<Vec<String>, Error> {
    let mut users = args.users.clone();
    if let Some(file) = &args.csv {
        let text = input::read(file, Links::Followed)?;
        let read = monk_import::csv::parse(&text, MOST_USERS);
        if let Some(problem) = read.problems.first() {
            let message = format!("line {}: {}; nobody was invited", problem.line, problem.message);
            return Err(Error::new(Exit::Invalid, message));
        }
        users.extend(read.rows.into_iter().map(|row| row.user.name));
    }
    if !args.group.is_empty() {
        let listing = Listing {
            without_second_factor: !args.reset,
            groups: args.group.clone(),
            only_members: true,
        };
        list::each(session, listing, |UserRow { name, .. }| users.push(name))?;
    }
    let mut seen = std::collections::HashSet::new();
    users.retain(|user| seen.insert(user.clone()));
    if users.is_empty() {
        return Err(Error::new(Exit::NotFound, "there is nobody to be invited"));
    }
    Ok(users)
}

/// A code that was sent is not shown as well.
fn read(user: String, invited: Invited) -> Result<InvitedUser, Error> {
    let Invited { code, link, expires, removed, mail } = invited;
    let text = |secret: &monk_wire::Secret| secret.expose_str().map(str::to_owned);
    let (mail, error) = match mail {
        Some(InvitationMail::Sent { address }) => (Some(address), None),
        Some(InvitationMail::NotSent(failure)) => (None, Some(failure.to_string())),
        None => (None, None),
    };
    let (mut code, mut link) =
        (Some(text(&code).ok_or_else(unexpected)?), link.as_ref().and_then(text));
    if mail.is_some() {
        (code, link) = (None, None);
    }
    Ok(InvitedUser { user, code, link, expires: Moment(expires), mail, removed, error })
}

fn show(session: &mut Session, one: &InvitedUser) -> Result<(), Error> {
    let InvitedUser { user, code, link, expires, mail, error, .. } = one;
    if let Some(error) = error {
        let (user, error) = (Plain(user), Plain(error));
        writeln!(session.errors, "monk-enroll: {user}: the mail was not sent: {error}")?;
    }
    let out = &mut session.out;
    if let Some(address) = mail {
        writeln!(out, "{}: sent to {}, good until {expires} UTC", Plain(user), Plain(address))?;
    }
    if let Some(code) = code {
        let code = out.screen.paint(Style::Strong, Plain(code));
        writeln!(out, "{}: {code}, good until {expires} UTC", Plain(user))?;
    }
    if let Some(link) = link {
        writeln!(out, "    {}", Plain(link))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use monk_terms::account_state::AccountState;
    use monk_wire::Secret;
    use monk_wire::manage::{Failure, MailFailure, Part};

    use super::*;
    use crate::commands::list::tests::row;
    use crate::scripted::{Scene, Step, done, failed, part};

    fn invited(link: Option<&str>, mail: Option<InvitationMail>) -> Step {
        done(Outcome::Invited(Invited {
            code: Secret::new(b"k3tn-p7wq-2mzx"),
            link: link.map(|link| Secret::new(link.as_bytes())),
            expires: 1_795_284_000,
            removed: 0,
            mail,
        }))
    }

    const LINK: &str = "https://login.example.org/invitation#user=alice&code=k3tn-p7wq-2mzx";

    #[test]
    fn an_invitation_shows_code_link_and_end() {
        let seen = Scene::new([invited(Some(LINK), None)]).run("invite alice --days 3");
        let invitation = Invitation { seconds: 3 * DAY, send: false, reset: false };
        assert_eq!(seen.commands(), [Command::Invite(invitation)]);
        assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
        let first = format!("alice: k3tn-p7wq-2mzx, good until 2026-11-21 18:00 UTC\n    {LINK}\n");
        assert!(seen.out.starts_with(&first), "{}", seen.out);
    }

    #[test]
    fn what_was_sent_is_not_shown_and_what_was_not_is() {
        let sent = InvitationMail::Sent { address: "alice@example.org".into() };
        let seen = Scene::new([invited(Some(LINK), Some(sent))]).run("invite alice --mail");
        assert_eq!(seen.out, "alice: sent to alice@example.org, good until 2026-11-21 18:00 UTC\n");
        let not = InvitationMail::NotSent(MailFailure::Timeout);
        let seen = Scene::new([invited(None, Some(not))]).run("invite alice --mail");
        assert_eq!(seen.exit, Exit::Unavailable);
        assert!(seen.out.contains("k3tn-p7wq-2mzx") && seen.errors.contains("not sent"));
    }

    #[test]
    fn one_who_has_a_second_factor_keeps_nobody_else_from_an_invitation() {
        let has = || failed(Failure::HasSecondFactor { user: "bob".into() });
        let seen = Scene::new([has(), invited(None, None)]).run("invite bob alice");
        assert_eq!(seen.exit, Exit::Exists);
        assert!(seen.errors.starts_with("monk-enroll: bob: "), "{}", seen.errors);
        assert!(seen.out.starts_with("alice: k3tn"), "{}", seen.out);
        let json = Scene::new([invited(Some(LINK), None), has()]).run("--json invite alice bob");
        json.assert_documented("invite");
    }

    #[test]
    fn a_group_is_those_of_it_without_a_second_factor() {
        let rows = || part(Part::Users(vec![row("alice", AccountState::Enabled, false)]));
        let listed = done(Outcome::Listed { rows: 1, users: 2 });
        let seen = Scene::new([rows(), listed, invited(None, None)]).run("invite --group staff");
        assert_eq!(seen.exit, Exit::Done, "{}", seen.errors);
        assert!(seen.out.starts_with("alice: k3tn"), "{}", seen.out);
    }

    #[test]
    fn a_reset_is_asked_for() {
        let seen = Scene::new([]).answers(["n"]).run("invite --reset alice");
        assert_eq!(seen.exit, Exit::Cancelled);
    }
}
