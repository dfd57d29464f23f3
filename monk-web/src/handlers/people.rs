//! Pages for administrators: finding people, and looking after one.

use std::time::{Duration, Instant};

use monk_wire::Reply;
use monk_wire::manage::{
    Command, Failure, Invitation, InvitationMail, Outcome, Status, Unfit, UserCommand,
};
use monk_wire::portal::{Overview, PortalAsk, PortalReply};

use super::proof;
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::people as page;
use crate::pages::people_changes::{self as changes, DAYS};
use crate::pages::proof::Proof;
use crate::pages::when::When;
use crate::pages::{Note, people_changes};
use crate::texts::Texts;
use crate::texts::phrase::say;
use crate::visit::{Answer, Trouble, Visit};

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

/// Days that the link of a reset works.
const RESET_DAYS: u64 = 1;

/// Most people who are invited with one form: their mails are sent while the browser waits.
const MOST_INVITED: usize = 50;

/// How long a form may take for them; the rest is told as not sent.
const INVITE_TIME: Duration = Duration::from_secs(20);

/// The session's own user, who looks after others. For everybody else there is no such page.
async fn admin(visit: &Visit<'_>) -> Result<Overview, Trouble> {
    let overview = visit.overview().await?;
    if overview.is_administrator { Ok(overview) } else { Err(Trouble::NotFound) }
}

/// Has a command carried out about somebody.
async fn about(visit: &Visit<'_>, user: &str, command: Command) -> Result<Outcome, Trouble> {
    match visit.ask(PortalAsk::Administer { user: user.to_owned(), command }).await? {
        Reply::Done(outcome) => Ok(outcome),
        _ => Err(NoAnswer::Unexpected.into()),
    }
}

async fn status_of(visit: &Visit<'_>, user: &str) -> Result<Status, Trouble> {
    match about(visit, user, Command::Status).await {
        Ok(Outcome::Status(status)) => Ok(status),
        Ok(_) => Err(NoAnswer::Unexpected.into()),
        Err(Trouble::Failed(_)) => Err(Trouble::NotFound),
        Err(trouble) => Err(trouble),
    }
}

async fn look_for(
    visit: &Visit<'_>,
    search: &str,
    without: bool,
) -> Result<monk_wire::portal::People, Trouble> {
    match visit.ask(PortalAsk::People { search: search.to_owned(), without }).await? {
        Reply::Portal(PortalReply::People(people)) => Ok(people),
        _ => Err(NoAnswer::Unexpected.into()),
    }
}

/// People whose name or address has this in it.
pub async fn show(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = admin(visit).await?;
    let (search, without) = (visit.query.text("q").trim(), !visit.query.text("without").is_empty());
    let people = match search.is_empty() && !without {
        true => None,
        false => Some(look_for(visit, search, without).await?),
    };
    let token = visit.token(Binding::State);
    let frame = visit.frame("/people", &token);
    Ok(Answer::page(page::find(&frame, &overview.status.user, search, people.as_ref())))
}

/// One of them.
pub async fn show_person(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = admin(visit).await?;
    let status = status_of(visit, visit.query.text("user")).await?;
    let asked = PortalAsk::Refusals { user: Some(status.user.clone()) };
    let Reply::Portal(PortalReply::Refusals(refusals)) = visit.ask(asked).await? else {
        return Err(NoAnswer::Unexpected.into());
    };
    let token = visit.token(Binding::State);
    let frame = visit.frame("/people", &token);
    let when = When::now(&frame.texts.methods);
    let own = &overview.status.user;
    Ok(Answer::page(page::person(&frame, &when, own, &status, &refusals)))
}

/// What is done for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Everything that is enrolled goes, and a link comes.
    Reset,
    /// Every way in closes.
    Disable,
    /// It opens again.
    Enable,
}

/// The page before it.
pub async fn show_act(visit: &Visit<'_>, act: Act) -> Result<Answer, Trouble> {
    let overview = admin(visit).await?;
    let status = status_of(visit, visit.query.text("user")).await?;
    Ok(Answer::page(act_page(visit, act, &overview, &status, (proof::needed(&overview), None))))
}

fn act_page(
    visit: &Visit<'_>,
    act: Act,
    overview: &Overview,
    status: &Status,
    (proof, note): (Proof, Option<&Note<'_>>),
) -> maud::Markup {
    let token = visit.token(Binding::State);
    let frame = visit.frame("/people", &token);
    let (own, user) = (&*overview.status.user, &*status.user);
    match act {
        Act::Reset => changes::reset(&frame, own, proof, (user, status.mail.as_deref()), note),
        Act::Disable => changes::turn(&frame, own, proof, (user, false), note),
        Act::Enable => changes::turn(&frame, own, proof, (user, true), note),
    }
}

/// Does it.
pub async fn act(visit: &Visit<'_>, act: Act) -> Result<Answer, Trouble> {
    let overview = admin(visit).await?;
    let status = status_of(visit, visit.form.text("user")).await?;
    let again = |proof, note: Option<&Note<'_>>| {
        Ok(Answer::again(act_page(visit, act, &overview, &status, (proof, note))))
    };
    if !proof::is_given(visit).await? {
        let note = proof::note(Texts::of(visit.language));
        return again(proof::asked(&overview), Some(&note));
    }
    let command = match act {
        Act::Reset => Command::Invite(Invitation {
            seconds: RESET_DAYS * DAY,
            send: visit.form.text("how") == "mail",
            reset: true,
        }),
        Act::Disable => Command::User(UserCommand::Enable { enabled: false }),
        Act::Enable => Command::User(UserCommand::Enable { enabled: true }),
    };
    match about(visit, &status.user, command).await {
        Ok(Outcome::Invited(invited)) => {
            let frame = visit.frame("/people", "");
            let when = When::now(&frame.texts.methods);
            Ok(Answer::page(changes::reset_done(&frame, &when, &status.user, &invited)))
        }
        Ok(_) => Ok(Answer::See(page::address("user", &status.user))),
        Err(Trouble::ProofNeeded) => again(proof::asked(&overview), None),
        Err(trouble) => Err(trouble),
    }
}

/// The page for a list of people to invite. It can be filled with those who have no second factor yet.
pub async fn show_invite(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = admin(visit).await?;
    let mut names = String::new();
    if !visit.query.text("missing").is_empty() {
        let people = look_for(visit, "", true).await?;
        let some: Vec<String> = people.found.into_iter().map(|one| one.name).collect();
        names = some.join("\n");
    }
    let given = (&*names, DAYS[1], proof::needed(&overview), None);
    Ok(Answer::page(invite_page(visit, &overview, given)))
}

fn invite_page(
    visit: &Visit<'_>,
    overview: &Overview,
    (names, days, proof, note): (&str, u32, Proof, Option<&Note<'_>>),
) -> maud::Markup {
    let token = visit.token(Binding::State);
    let frame = visit.frame("/people", &token);
    let own = &overview.status.user;
    people_changes::invite(&frame, own, proof, (names, days, MOST_INVITED), note)
}

/// Invites them, one after the other.
pub async fn invite(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = admin(visit).await?;
    let words = &Texts::of(visit.language).people;
    let text = visit.form.text("names");
    let days = visit.form.text("days").parse().ok().filter(|days| DAYS.contains(days));
    let days = days.unwrap_or(DAYS[1]);
    let again = |proof, note: Option<&Note<'_>>| {
        Ok(Answer::again(invite_page(visit, &overview, (text, days, proof, note))))
    };
    // The first column of each line.
    let names = text.lines().filter_map(|line| line.split([',', ';', '\t']).next());
    let mut names: Vec<&str> = names.map(str::trim).filter(|name| !name.is_empty()).collect();
    names.dedup();
    if names.is_empty() {
        return again(
            proof::needed(&overview),
            Some(&Note::bad(words.no_names, words.no_names_why)),
        );
    }
    if names.len() > MOST_INVITED {
        let why = say(words.too_many_why, &[("most", &MOST_INVITED.to_string())]);
        return again(proof::needed(&overview), Some(&Note::bad(words.too_many, &why)));
    }
    if !proof::is_given(visit).await? {
        let note = proof::note(Texts::of(visit.language));
        return again(proof::asked(&overview), Some(&note));
    }
    let (started, mut rows) = (Instant::now(), Vec::with_capacity(names.len()));
    for name in names {
        let row = match started.elapsed() < INVITE_TIME {
            true => match one(visit, name, u64::from(days) * DAY).await {
                Err(Trouble::ProofNeeded) if rows.is_empty() => {
                    return again(proof::asked(&overview), None);
                }
                row => row?,
            },
            false => Err(words.not_sent),
        };
        rows.push((name.to_owned(), row));
    }
    let token = visit.token(Binding::State);
    let frame = visit.frame("/people", &token);
    Ok(Answer::page(people_changes::invited(&frame, &overview.status.user, &rows)))
}

/// Invites one; where to, or why not.
async fn one(
    visit: &Visit<'_>,
    name: &str,
    seconds: u64,
) -> Result<Result<String, &'static str>, Trouble> {
    let words = &Texts::of(visit.language).people;
    let invitation = Invitation { seconds, send: true, reset: false };
    Ok(match about(visit, name, Command::Invite(invitation)).await {
        Ok(Outcome::Invited(invited)) => match invited.mail {
            Some(InvitationMail::Sent { address }) => Ok(address),
            _ => Err(words.not_sent),
        },
        Ok(_) => return Err(NoAnswer::Unexpected.into()),
        Err(Trouble::Failed(Failure::HasSecondFactor { .. })) => Err(words.has_one),
        Err(Trouble::Failed(Failure::Unfit(Unfit::NoDirectoryAddress { .. } | Unfit::Address))) => {
            Err(words.no_address)
        }
        Err(Trouble::Failed(Failure::NoSuchUser { .. } | Failure::Refused(_))) => {
            Err(words.no_user)
        }
        Err(Trouble::Failed(_)) => Err(words.not_sent),
        Err(trouble) => return Err(trouble),
    })
}
