//! Passkeys. The script asks for options, has the browser answer them, and sends the form.

use hyper::StatusCode;
use monk_wire::manage::{Failure, Unfit};
use monk_wire::portal::{Overview, PortalAsk, PortalReply};
use monk_wire::{Reply, Secret};

use super::proof;
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::approve;
use crate::pages::passkeys as page;
use crate::pages::proof::Proof;
use crate::pages::sign_in::{self as sign_in_page, Why};
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// What the script says where the proof was not right.
const NOT_PROVEN: &str = "proof";

/// The options for a sign-in.
pub async fn options(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    told(visit.ask(PortalAsk::PasskeyOptions { browser: browser(visit) }).await?)
}

/// The options for a proof before a change.
pub async fn proof_options(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    told(visit.ask(PortalAsk::ProofOptions).await?)
}

/// What stands for the browser: it depends on a cookie that only this one has.
fn browser(visit: &Visit<'_>) -> Secret {
    Secret::new(visit.token(Binding::Browser).as_bytes())
}

/// Options for the script.
fn told(reply: Reply) -> Result<Answer, Trouble> {
    match reply {
        Reply::Portal(PortalReply::Passkey { step, options }) => {
            let step = step.expose_str().ok_or(NoAnswer::Unexpected)?;
            // The options are JSON already, and a step has letters and digits alone.
            Ok(Answer::Json(format!("{{\"step\":\"{step}\",\"options\":{options}}}")))
        }
        Reply::Portal(PortalReply::Refused) => Err(Trouble::NotFound),
        _ => Err(NoAnswer::Unexpected.into()),
    }
}

/// What a passkey has signed, to sign in.
pub async fn sign_in(visit: &mut Visit<'_>) -> Result<Answer, Trouble> {
    if visit.form.text("answer").is_empty() {
        return Ok(again(visit, Why::NoPasskey));
    }
    let (step, answer) = (visit.form.secret("step"), visit.form.secret("answer"));
    let browser = browser(visit);
    match visit.ask(PortalAsk::PasskeySignIn { step, browser, answer }).await {
        Ok(Reply::Portal(PortalReply::SignedIn { session, .. })) => {
            visit.sign_in(&session);
            Ok(signed_in(visit))
        }
        Ok(Reply::Portal(PortalReply::Proven)) => Ok(signed_in(visit)),
        Ok(Reply::Portal(PortalReply::Refused)) => Ok(again(visit, Why::Refused)),
        // The options were too old; who is signed in stays so.
        Err(Trouble::NoSession) => Ok(again(visit, Why::NoPasskey)),
        Ok(_) => Err(NoAnswer::Unexpected.into()),
        Err(trouble) => Err(trouble),
    }
}

/// Whether the form stood on the page of a login that waits, and not on that for signing in.
fn is_for_approval(visit: &Visit<'_>) -> bool {
    visit.form.text("next") == approve::NEXT
}

/// Where a sign-in leads.
fn signed_in(visit: &Visit<'_>) -> Answer {
    Answer::see(if is_for_approval(visit) { "/approve" } else { "/methods" })
}

/// The page of the form once more.
fn again(visit: &Visit<'_>, why: Why) -> Answer {
    match is_for_approval(visit) {
        true => {
            let note = sign_in_page::note(Texts::of(visit.language), Some(why));
            super::approve::sign_in(visit, note.as_ref())
        }
        false => super::sign_in::show(visit, Some(why)),
    }
}

/// The page for a new one.
pub async fn show_new(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    if !overview.may_enrol_first {
        return Err(Trouble::Failed(Failure::InvitationNeeded));
    }
    if !visit.site.has_passkeys {
        return Err(Trouble::NotFound);
    }
    let name = Texts::of(visit.language).passkeys.usual_name;
    Ok(Answer::page(new_page(visit, &overview, proof::needed(&overview), name, (false, None))))
}

fn new_page(
    visit: &Visit<'_>,
    overview: &Overview,
    proof: Proof,
    name: &str,
    why: (bool, Option<&Note<'_>>),
) -> maud::Markup {
    let token = visit.token(Binding::State);
    page::new(&visit.frame("/passkeys/new", &token), &overview.status.user, proof, name, why)
}

/// The options for a new one, once its name and the proof are right.
pub async fn new_options(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    if unfit(visit, &overview).is_some() || !proof::is_given(visit).await? {
        // The script sends the form without an answer, and without what was typed, and sees the page that says why.
        let again = new_page(visit, &overview, proof::asked(&overview), "", (false, None));
        return Ok(Answer::again(again));
    }
    let label = visit.form.text("name").trim().to_owned();
    told(visit.ask(PortalAsk::NewPasskeyOptions { label }).await?)
}

/// What is wrong with the name.
fn unfit(visit: &Visit<'_>, overview: &Overview) -> Option<Note<'static>> {
    let (texts, name) = (&Texts::of(visit.language).changes, visit.form.text("name").trim());
    if monk_terms::label::check(name).is_err() {
        return Some(Note::bad(texts.name_unfit, texts.name_unfit_why));
    }
    let mut passkeys = overview.status.credentials.iter();
    let is_taken =
        passkeys.any(|one| one.kind == monk_terms::kind::Kind::Passkey && one.label == name);
    is_taken.then(|| Note::bad(texts.name_taken, texts.name_taken_why))
}

/// Keeps what the browser has made.
pub async fn new(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let name = visit.form.text("name").trim();
    let again = |proof, why: (bool, Option<&Note<'_>>)| {
        let page = new_page(visit, &overview, proof, name, why);
        Ok(Answer::Page(StatusCode::UNPROCESSABLE_ENTITY, page))
    };
    if let Some(note) = unfit(visit, &overview) {
        return again(proof::needed(&overview), (false, Some(&note)));
    }
    if visit.form.text("answer").is_empty() {
        return match visit.form.text("trouble") {
            NOT_PROVEN => {
                let note = proof::note(Texts::of(visit.language));
                again(proof::asked(&overview), (false, Some(&note)))
            }
            _ => again(proof::needed(&overview), (true, None)),
        };
    }
    let (step, answer) = (visit.form.secret("step"), visit.form.secret("answer"));
    match visit.ask(PortalAsk::AddPasskey { step, answer }).await {
        Ok(Reply::Done(_)) => Ok(Answer::page(page::added(&visit.frame("/methods", ""), name))),
        Ok(Reply::Portal(PortalReply::Refused)) => again(proof::needed(&overview), (true, None)),
        Ok(_) => Err(NoAnswer::Unexpected.into()),
        Err(Trouble::Failed(Failure::LabelTaken { .. } | Failure::Unfit(Unfit::Label(_)))) => {
            again(proof::needed(&overview), (true, None))
        }
        Err(trouble) => Err(trouble),
    }
}
