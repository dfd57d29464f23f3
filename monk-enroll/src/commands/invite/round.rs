//! A round of invitations: one user after the other, as fast as the mail server takes the mails.
//!
//! The engine keeps what has become of each mail, so a round that ends early is no loss: the next one goes on with
//! those who have got none.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use monk_terms::delivery::Delivery;
use monk_wire::manage::{
    Command, Invitation, InvitationMail, Invited, MailFailure, Outcome, Repeat,
};

use super::whom::Person;
use super::{InvitedUser, LeftOut};
use crate::commands::progress::Progress;
use crate::error::Error;
use crate::exit::Exit;
use crate::session::Session;
use crate::talk::unexpected;

/// The first pause after the mail server has said "not now". Each that follows is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause: servers that limit the rate count by the minute, and begin to take mails again in between.
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// How often those are tried again to whom the server has said "not now", within one round. With the pauses it takes two
/// minutes, which is enough for most limits. A later round tries again.
const TRIES: u32 = 11;

/// Mails that fail one after the other, not for their address, before a round ends: the mail server takes none.
const MOST_FAILURES: u32 = 3;

/// Users who are left out one after the other for the same reason before a round ends: it holds for everybody.
const MOST_ALIKE: u32 = 3;

/// What has become of a round.
#[derive(Default)]
pub struct Round {
    /// Users who are invited.
    pub invited: Vec<InvitedUser>,
    /// Users who are not.
    pub left_out: Vec<LeftOut>,
    /// Users who keep the invitation that they have.
    pub kept: u32,
    /// Users who are left for another round.
    pub left: usize,
    /// Why it ended early.
    pub stopped: Option<String>,
    /// How the command ends.
    pub exit: Exit,
}

/// What has become of one user.
enum Became {
    Invited(InvitedUser),
    Kept,
    LeftOut(String, Exit),
    /// The mail server may take the mail later.
    Later(String),
    /// It takes none.
    Down(String),
}

impl Round {
    /// Invites these people, but no more than `most`; `hear` is told of each as it happens, unless a line shows how far
    /// the round has come and there is nothing to hand over.
    ///
    /// # Errors
    /// Where the engine cannot be asked, and nothing was done.
    pub fn run(
        session: &mut Session,
        people: Vec<Person>,
        invitation: Invitation,
        most: usize,
        hear: &mut dyn FnMut(&mut Session, &InvitedUser) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut round = Self::default();
        let total = people.len().min(most);
        let mut progress = Progress::new("invited", total);
        let (mut queue, mut later) = (VecDeque::from(people), VecDeque::new());
        let (mut pause, mut tries, mut failures, mut alike) = (FIRST_PAUSE, 0, 0, 0);
        while round.stopped.is_none() && round.invited.len() < most {
            let Some(person) = queue.pop_front() else {
                if later.is_empty() || tries == TRIES {
                    break;
                }
                tries += 1;
                wait(session, &mut pause);
                queue.append(&mut later);
                continue;
            };
            let one = match ask(session, &person, invitation) {
                Ok(one) => one,
                // The same for everybody.
                Err(error) if round.invited.is_empty() => return Err(error),
                Err(error) => {
                    (round.stopped, round.exit) = (Some(error.message), error.exit);
                    queue.push_front(person);
                    break;
                }
            };
            match one {
                Became::Invited(one) => {
                    (pause, failures, alike) = (FIRST_PAUSE, 0, 0);
                    if one.error.is_some() {
                        round.exit = Exit::Unavailable;
                    }
                    if one.code.is_some() || !progress.is_wanted() {
                        progress.clear(session);
                        hear(session, &one)?;
                    }
                    round.invited.push(one);
                    progress.show(session, round.invited.len());
                }
                Became::Kept => round.kept += 1,
                Became::LeftOut(error, exit) => {
                    round.exit = exit;
                    let is_alike = round.left_out.last().is_some_and(|last| last.error == error);
                    alike = if is_alike { alike + 1 } else { 1 };
                    round.leave_out(session, &mut progress, person.name, error)?;
                    if alike == MOST_ALIKE && round.invited.is_empty() && !queue.is_empty() {
                        round.stopped = Some("the same holds for everybody".to_owned());
                    }
                }
                Became::Later(why) => {
                    round.later(&mut later, person, why, tries);
                    wait(session, &mut pause);
                }
                Became::Down(why) => {
                    failures += 1;
                    if failures == MOST_FAILURES {
                        (round.stopped, round.exit) = (Some(why), Exit::Unavailable);
                        queue.push_front(person);
                    } else {
                        later.push_back(person);
                        wait(session, &mut pause);
                    }
                }
            }
        }
        progress.clear(session);
        round.left = queue.len() + later.len();
        Ok(round)
    }

    fn later(&mut self, later: &mut VecDeque<Person>, person: Person, why: String, tries: u32) {
        if tries == TRIES {
            self.exit = Exit::Unavailable;
            self.stopped.get_or_insert(why);
        }
        later.push_back(person);
    }

    fn leave_out(
        &mut self,
        session: &mut Session,
        progress: &mut Progress,
        user: String,
        error: String,
    ) -> Result<(), Error> {
        progress.clear(session);
        self.left_out.push(LeftOut::told(session, user, error)?);
        Ok(())
    }
}

/// Waits, and makes the next pause longer. No conversation of the engine is held meanwhile.
fn wait(session: &mut Session, pause: &mut Duration) {
    session.engine.hang_up();
    thread::sleep(*pause);
    *pause = (*pause * 2).min(LONGEST_PAUSE);
}

fn ask(session: &mut Session, person: &Person, invitation: Invitation) -> Result<Became, Error> {
    let Person { name, repeat } = person;
    let command = Command::Invite(Invitation { repeat: *repeat, ..invitation });
    let invited = match session.manage(name, command) {
        Ok(Outcome::Invited(invited)) => invited,
        // Another run is at it, or was broken off just now.
        Ok(Outcome::InvitationKept(Some(state)))
            if state.mail.as_ref().is_some_and(|mail| mail.became == Delivery::Sending) =>
        {
            return Ok(Became::Later("the mail is being sent by another run".to_owned()));
        }
        Ok(Outcome::InvitationKept(_)) => return Ok(Became::Kept),
        Ok(_) => return Err(unexpected()),
        Err(error) if error.exit == Exit::Unavailable => return Err(error),
        Err(error) => return Ok(Became::LeftOut(error.message, error.exit)),
    };
    if let Some(InvitationMail::NotSent(failure)) = &invited.mail
        && *repeat != Repeat::Again
    {
        let why = failure.to_string();
        return Ok(match failure {
            MailFailure::Recipient(_) => Became::LeftOut(why, Exit::Unavailable),
            MailFailure::Deferred(_) | MailFailure::Timeout => Became::Later(why),
            _ => Became::Down(why),
        });
    }
    Ok(Became::Invited(read(name.clone(), invited)?))
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
    Ok(InvitedUser {
        user,
        code,
        link,
        expires: crate::when::Moment(expires),
        mail,
        removed,
        error,
    })
}
