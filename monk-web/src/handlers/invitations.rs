//! Invitations by administrators. The list is looked at first; what is sent, the engine sends by itself.

use monk_wire::Reply;
use monk_wire::manage::{Failure, Unfit};
use monk_wire::portal::invitations::{MOST_NAMES, Preview, Round, Whom, Wish};
use monk_wire::portal::{Overview, PortalAsk, PortalReply};

use super::people::admin;
use super::proof;
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::invitations::{self as page, DAYS, Filled, Who};
use crate::pages::proof::Proof;
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

/// Where is shown how far they are.
const PROGRESS: &str = "/people/invitations";

/// What stands in the form of a request.
fn filled<'a>(visit: &'a Visit<'_>) -> Filled<'a> {
    let form = &visit.form;
    let who = match form.text("who") {
        "group" => Who::Group,
        "missing" => Who::Missing,
        _ => Who::Names,
    };
    let days = form.text("days").parse().ok().filter(|days| DAYS.contains(days));
    Filled {
        who,
        names: form.text("names"),
        group: form.text("group").trim(),
        days: days.unwrap_or(DAYS[1]),
        again: !form.text("again").is_empty(),
    }
}

/// Whom it means; what is said where it means nobody.
fn whom(visit: &Visit<'_>, filled: &Filled<'_>) -> Result<Whom, Note<'static>> {
    let words = &Texts::of(visit.language).invitations;
    let nobody = || Note::bad(words.nobody, words.nobody_why);
    match filled.who {
        Who::Missing => Ok(Whom::Missing),
        Who::Group if filled.group.is_empty() => Err(nobody()),
        Who::Group => Ok(Whom::Group(filled.group.to_owned())),
        Who::Names => {
            // The first column of each line.
            let lines = filled.names.lines();
            let names = lines.filter_map(|line| line.split([',', ';', '\t']).next());
            let names = names.map(str::trim).filter(|name| !name.is_empty());
            let names: Vec<String> = names.map(str::to_owned).collect();
            match names.len() {
                0 => Err(nobody()),
                1..=MOST_NAMES => Ok(Whom::Names(names)),
                _ => Err(Note::bad(words.too_many, words.too_many_why)),
            }
        }
    }
}

/// The form. It can be filled with those who have no second factor yet.
pub async fn show(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = admin(visit).await?;
    let who = if visit.query.text("missing").is_empty() { Who::Names } else { Who::Missing };
    let empty = Filled { who, names: "", group: "", days: DAYS[1], again: false };
    Ok(Answer::page(form_page(visit, &overview, &empty, None)))
}

fn form_page(
    visit: &Visit<'_>,
    overview: &Overview,
    filled: &Filled<'_>,
    note: Option<&Note<'_>>,
) -> maud::Markup {
    let words = &Texts::of(visit.language).invitations;
    let token = visit.token(Binding::State);
    let frame = visit.frame("/people", &token);
    let no_mail = Note { is_alert: false, ..Note::warn(words.no_mail, words.no_mail_why) };
    let note = note.or((!visit.site.sends_invitations).then_some(&no_mail));
    page::form(&frame, &overview.status.user, filled, note)
}

/// Who will get one.
pub async fn check(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = admin(visit).await?;
    let filled = filled(visit);
    match look(visit, &filled).await? {
        Ok(found) => {
            let given = (proof::needed_for_others(&overview), None);
            Ok(Answer::page(preview_page(visit, &overview, given, &filled, &found)))
        }
        Err(note) => Ok(Answer::again(form_page(visit, &overview, &filled, Some(&note)))),
    }
}

/// Has the engine look, and sends nothing.
async fn look(
    visit: &Visit<'_>,
    filled: &Filled<'_>,
) -> Result<Result<Preview, Note<'static>>, Trouble> {
    let words = &Texts::of(visit.language).invitations;
    let whom = match whom(visit, filled) {
        Ok(whom) => whom,
        Err(note) => return Ok(Err(note)),
    };
    match visit.ask(PortalAsk::PreviewInvitations(whom)).await {
        Ok(Reply::Portal(PortalReply::Preview(found))) => Ok(Ok(found)),
        Ok(_) => Err(NoAnswer::Unexpected.into()),
        Err(Trouble::Failed(Failure::Unfit(Unfit::GroupUnfindable { .. }))) => {
            Ok(Err(Note::bad(words.unfindable, words.unfindable_why)))
        }
        Err(trouble) => Err(trouble),
    }
}

fn preview_page(
    visit: &Visit<'_>,
    overview: &Overview,
    given: (Proof, Option<&Note<'_>>),
    filled: &Filled<'_>,
    found: &Preview,
) -> maud::Markup {
    let token = visit.token(Binding::State);
    let frame = visit.frame("/people", &token);
    page::preview(&frame, &overview.status.user, given, filled, found)
}

/// Has the engine send them.
pub async fn send(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = admin(visit).await?;
    let filled = filled(visit);
    let texts = Texts::of(visit.language);
    let words = &texts.invitations;
    // The form was sent twice: the first one is being carried out.
    if last(visit).await?.is_some_and(|round| round.goes_on()) {
        return Ok(Answer::see(PROGRESS));
    }
    let whom = match whom(visit, &filled) {
        Ok(whom) => whom,
        Err(note) => return Ok(Answer::again(form_page(visit, &overview, &filled, Some(&note)))),
    };
    let note = if proof::is_given(visit).await? {
        let wish = Wish { whom, seconds: u64::from(filled.days) * DAY, again: filled.again };
        match visit.ask(PortalAsk::Invite(wish)).await {
            Ok(Reply::Portal(PortalReply::Round(_))) => return Ok(Answer::see(PROGRESS)),
            Ok(Reply::Portal(PortalReply::Busy)) => Some(Note::warn(words.busy, words.busy_why)),
            Ok(_) => return Err(NoAnswer::Unexpected.into()),
            Err(Trouble::ProofNeeded) => None,
            Err(Trouble::Failed(Failure::NoMailServer)) => {
                Some(Note::warn(words.no_mail, words.no_mail_why))
            }
            Err(trouble) => return Err(trouble),
        }
    } else {
        Some(proof::note(texts))
    };
    let given = (proof::asked(&overview), note.as_ref());
    match look(visit, &filled).await? {
        Ok(found) => Ok(Answer::again(preview_page(visit, &overview, given, &filled, &found))),
        Err(note) => Ok(Answer::again(form_page(visit, &overview, &filled, Some(&note)))),
    }
}

/// How far the last ones are.
async fn last(visit: &Visit<'_>) -> Result<Option<Round>, Trouble> {
    match visit.ask(PortalAsk::Invitations).await? {
        Reply::Portal(PortalReply::Round(round)) => Ok(round),
        _ => Err(NoAnswer::Unexpected.into()),
    }
}

/// Shows how far they are.
pub async fn progress(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = admin(visit).await?;
    let round = last(visit).await?;
    let token = visit.token(Binding::State);
    let frame = visit.frame("/people", &token);
    Ok(Answer::page(page::progress(&frame, &overview.status.user, round.as_ref())))
}

/// The rest gets none.
pub async fn stop(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let _overview = admin(visit).await?;
    visit.ask(PortalAsk::StopInvitations).await?;
    Ok(Answer::see(PROGRESS))
}
