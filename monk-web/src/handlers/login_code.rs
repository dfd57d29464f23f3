//! One-time codes for other programs, and what is offered beside them.

use maud::{Markup, html};
use monk_terms::kind::Kind;
use monk_wire::Reply;
use monk_wire::manage::{CredentialStatus, Outcome};
use monk_wire::portal::{Overview, PortalAsk, PortalReply};

use super::proof;
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::login_code as page;
use crate::pages::proof::Proof;
use crate::pages::tickets as tickets_page;
use crate::pages::when::When;
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// Before a code is made.
pub async fn show(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let note = (!overview.may_take_codes).then(|| needs_more(visit));
    let proof = proof::needed(&overview);
    Ok(Answer::page(start_page(visit, &overview, proof, note.as_ref()).await?))
}

/// What is said to people without a second factor.
fn needs_more(visit: &Visit<'_>) -> Note<'static> {
    let texts = &Texts::of(visit.language).login_code;
    Note { is_alert: false, ..Note::warn(texts.needs_more, texts.needs_more_why) }
}

async fn start_page(
    visit: &Visit<'_>,
    overview: &Overview,
    proof: Proof,
    note: Option<&Note<'_>>,
) -> Result<Markup, Trouble> {
    let token = visit.token(Binding::State);
    let (frame, user) = (visit.frame("/login-code", &token), &overview.status.user);
    let tickets = tickets(visit, overview).await?;
    let when = When::now(&frame.texts.methods);
    let is_open = |one: &&CredentialStatus| {
        one.kind.opens_once()
            && one.last_used.is_none()
            && one.expires.is_some_and(|end| end > when.seconds())
    };
    let open: Vec<_> = overview.status.credentials.iter().filter(is_open).collect();
    let beside = html! { (tickets) (tickets_page::open(&frame, &when, &open)) };
    Ok(page::start(&frame, user, proof, note, &beside))
}

/// The same page, after something that was not done.
pub async fn again(
    visit: &Visit<'_>,
    overview: &Overview,
    note: Option<&Note<'_>>,
) -> Result<Answer, Trouble> {
    let page = start_page(visit, overview, proof::needed(overview), note).await?;
    Ok(Answer::again(page))
}

/// What is offered beside the code: nothing to people without a passkey, and where no service
/// takes tickets.
async fn tickets(visit: &Visit<'_>, overview: &Overview) -> Result<Markup, Trouble> {
    let mut methods = overview.status.credentials.iter();
    if !methods.any(|one| one.kind == Kind::Passkey) {
        return Ok(html! {});
    }
    let tickets = match visit.ask(PortalAsk::Tickets).await? {
        Reply::Portal(PortalReply::Tickets(tickets)) => tickets,
        _ => return Err(NoAnswer::Unexpected.into()),
    };
    if tickets.services.is_empty() {
        return Ok(html! {});
    }
    let token = visit.token(Binding::State);
    let is_fresh = tickets.fresh_seconds >= proof::ENOUGH;
    Ok(tickets_page::offer(&visit.frame("/login-code", &token), &tickets, is_fresh))
}

/// Makes a code, and shows it.
pub async fn make(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    if !proof::is_given(visit).await? {
        let note = proof::note(Texts::of(visit.language));
        let page = start_page(visit, &overview, proof::asked(&overview), Some(&note)).await?;
        return Ok(Answer::again(page));
    }
    match visit.ask(PortalAsk::PortalCode).await {
        Ok(Reply::Done(Outcome::PortalCode { code, expires })) => {
            let code = code.expose_str().ok_or(NoAnswer::Unexpected)?;
            let token = visit.token(Binding::State);
            let frame = visit.frame("/login-code", &token);
            let when = When::now(&frame.texts.methods);
            let user = &overview.status.user;
            Ok(Answer::page(page::code(&frame, &when, user, (code, expires))))
        }
        Ok(_) => Err(NoAnswer::Unexpected.into()),
        Err(Trouble::ProofNeeded) => {
            let note = (!overview.may_take_codes).then(|| needs_more(visit));
            let proof = proof::asked(&overview);
            Ok(Answer::again(start_page(visit, &overview, proof, note.as_ref()).await?))
        }
        Err(trouble) => Err(trouble),
    }
}
