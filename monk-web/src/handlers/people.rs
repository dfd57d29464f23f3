//! Pages for administrators: finding people, and looking after one.

use monk_wire::Reply;
use monk_wire::manage::{Command, Outcome, Status, UserCommand};
use monk_wire::portal::{Overview, PortalAsk, PortalReply, Recipient};

use super::proof;
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::people as page;
use crate::pages::people_changes::{self as changes, Mailboxes};
use crate::pages::proof::Proof;
use crate::pages::when::When;
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// The session's own user, who looks after others. For everybody else there is no such page.
pub(super) async fn admin(visit: &Visit<'_>) -> Result<Overview, Trouble> {
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
    let proof = proof::needed_for_others(&overview);
    Ok(Answer::page(act_page(visit, act, &overview, &status, (proof, None))))
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
        Act::Reset => {
            let mailboxes = mailboxes(visit, overview, status);
            changes::reset(&frame, own, proof, (user, mailboxes), note)
        }
        Act::Disable => changes::turn(&frame, own, proof, (user, false), note),
        Act::Enable => changes::turn(&frame, own, proof, (user, true), note),
    }
}

/// Where the code of a new start can go.
fn mailboxes<'a>(visit: &Visit<'_>, own: &'a Overview, status: &'a Status) -> Mailboxes<'a> {
    match visit.site.sends_invitations {
        true => Mailboxes { user: status.mail.as_deref(), own: own.status.mail.as_deref() },
        false => Mailboxes::default(),
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
    let done = match act {
        Act::Reset => new_start(visit, &status.user).await,
        Act::Disable | Act::Enable => {
            let command = Command::User(UserCommand::Enable { enabled: act == Act::Enable });
            let done = about(visit, &status.user, command).await;
            done.map(|_| Answer::See(page::address("user", &status.user)))
        }
    };
    match done {
        Err(Trouble::ProofNeeded) => again(proof::asked(&overview), None),
        done => done,
    }
}

/// Has somebody start again. The code goes by mail, and the engine tells it nobody else.
async fn new_start(visit: &Visit<'_>, user: &str) -> Result<Answer, Trouble> {
    let to = match visit.form.text("how") {
        "user" => Recipient::User,
        _ => Recipient::Administrator,
    };
    let asked = PortalAsk::NewStart { user: user.to_owned(), to };
    let Reply::Portal(PortalReply::NewStart(start)) = visit.ask(asked).await? else {
        return Err(NoAnswer::Unexpected.into());
    };
    let frame = visit.frame("/people", "");
    let when = When::now(&frame.texts.methods);
    let is_own = to == Recipient::Administrator;
    Ok(Answer::page(changes::reset_done(&frame, &when, (user, is_own), &start)))
}
