//! `invite`: enrolment codes for users who have no second factor yet.

mod round;
mod whom;

use std::io::Write;

use monk_wire::manage::Invitation;
use serde::Serialize;

use crate::cli::InviteArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::json::document;
use crate::output::{Plain, Style};
use crate::session::Session;
use crate::when::Moment;
pub use round::Round;
pub use whom::{Person, Whom, people};

/// Seconds of a day.
pub const DAY: u64 = 24 * 3600;

/// A user who is invited.
#[derive(Serialize)]
pub struct InvitedUser {
    /// The login name.
    pub user: String,
    /// The enrolment code, unless it was sent.
    pub code: Option<String>,
    /// Where the portal takes it.
    pub link: Option<String>,
    /// When it ends.
    pub expires: Moment,
    mail: Option<String>,
    removed: u32,
    error: Option<String>,
}

/// A user who is not.
#[derive(Serialize)]
pub struct LeftOut {
    user: String,
    error: String,
}

impl LeftOut {
    /// Somebody who is left out, and the caller is told.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub fn told(session: &mut Session, user: String, error: String) -> Result<Self, Error> {
        if !session.json {
            writeln!(session.errors, "monk-enroll: {}: {}", Plain(&user), Plain(&error))?;
        }
        Ok(Self { user, error })
    }
}

/// Invites users one after the other. One who cannot be invited keeps no other from it.
pub fn invite(session: &mut Session, args: &InviteArgs) -> Result<Exit, Error> {
    let people = people(session, &Whom::of_invitations(args))?;
    if args.reset {
        session.agree("Users who have a second factor lose everything. Go on?")?;
    }
    let invitation = Invitation {
        seconds: u64::from(args.days) * DAY,
        send: args.mail,
        reset: args.reset,
        even_unread: args.force,
        ..Invitation::default()
    };
    let most = args.wave.map_or(usize::MAX, |wave| usize::try_from(wave).unwrap_or(usize::MAX));
    let names = people.len();
    let round =
        Round::run(session, people, invitation, most, &mut |session, one| match session.json {
            true => Ok(()),
            false => show(session, one),
        })?;
    let Round { invited, left_out, kept, left, stopped, exit } = &round;
    if session.json {
        session.out.json(&document! { invited, left_out, kept, left, stopped })?;
        return Ok(*exit);
    }
    if let Some(why) = stopped {
        writeln!(session.errors, "monk-enroll: stopped: {}", Plain(why))?;
    }
    if names > 1 || args.wave.is_some() || args.remind || invited.is_empty() {
        let what = if args.remind { "Reminded" } else { "Invited" };
        let (out, left_out) = (&mut session.out, left_out.len());
        write!(
            out,
            "{what}: {}. Left out: {left_out}. Keep their invitation: {kept}.",
            invited.len()
        )?;
        match left {
            0 => writeln!(out)?,
            _ => writeln!(out, " Still to come: {left}. Run the same command again.")?,
        }
    }
    if invited.iter().any(|one| one.code.is_some()) {
        let out = &mut session.out;
        writeln!(
            out,
            "Hand each code to its user, and to nobody else. With the password, it stands for the"
        )?;
        writeln!(out, "second factor once: on the portal, or in monk-enroll totp add.")?;
    }
    Ok(*exit)
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
mod tests;
