//! One-time codes for other programs.

use monk_wire::Reply;
use monk_wire::manage::Outcome;
use monk_wire::portal::{Overview, PortalAsk};

use super::proof;
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::login_code as page;
use crate::pages::proof::Proof;
use crate::pages::when::When;
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// Before a code is made.
pub async fn show(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let note = (!overview.may_take_codes).then(|| needs_more(visit));
    let proof = proof::needed(&overview);
    Ok(Answer::page(start_page(visit, &overview, proof, note.as_ref())))
}

/// What is said to people without a second factor.
fn needs_more(visit: &Visit<'_>) -> Note<'static> {
    let texts = &Texts::of(visit.language).login_code;
    Note { is_alert: false, ..Note::warn(texts.needs_more, texts.needs_more_why) }
}

fn start_page(
    visit: &Visit<'_>,
    overview: &Overview,
    proof: Proof,
    note: Option<&Note<'_>>,
) -> maud::Markup {
    let token = visit.token(Binding::State);
    page::start(&visit.frame("/login-code", &token), &overview.status.user, proof, note)
}

/// Makes a code, and shows it.
pub async fn make(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    if !proof::is_given(visit).await? {
        let note = proof::note(Texts::of(visit.language));
        let page = start_page(visit, &overview, proof::asked(&overview), Some(&note));
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
            Ok(Answer::again(start_page(visit, &overview, proof, note.as_ref())))
        }
        Err(trouble) => Err(trouble),
    }
}
