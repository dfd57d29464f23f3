//! The address that codes are sent to.

use monk_terms::kind::Kind;
use monk_terms::verdict::Refusal;
use monk_wire::manage::{Command, EmailCommand, Failure};
use monk_wire::portal::Overview;

use super::proof;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::email as page;
use crate::pages::proof::Proof;
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// The page for a new address.
pub async fn show_new(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    Ok(Answer::page(new_page(visit, &overview, proof::needed(&overview), None)))
}

fn new_page(
    visit: &Visit<'_>,
    overview: &Overview,
    proof: Proof,
    note: Option<&Note<'_>>,
) -> maud::Markup {
    let token = visit.token(Binding::State);
    let frame = visit.frame("/email/new", &token);
    page::new(&frame, &overview.status.user, proof, (visit.form.text("email"), note))
}

/// Sends a code to a new address.
pub async fn new(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let asked = proof::asked(&overview);
    let texts = Texts::of(visit.language);
    let again =
        |proof, note: Option<&Note<'_>>| Ok(Answer::again(new_page(visit, &overview, proof, note)));
    if !proof::is_given(visit).await? {
        return again(asked, Some(&proof::note(texts)));
    }
    let address = Some(visit.form.text("email").trim().to_owned());
    let changes = &texts.changes;
    match visit.own(Command::Email(EmailCommand::Set { address })).await {
        Ok(_) => Ok(Answer::see("/email/confirm")),
        Err(Trouble::ProofNeeded) => again(asked, None),
        Err(Trouble::Failed(Failure::Unfit(_))) => {
            again(Proof::Fresh, Some(&Note::bad(changes.mail_unfit, changes.mail_unfit_why)))
        }
        Err(Trouble::Failed(Failure::Refused(Refusal::TooManySends))) => {
            again(Proof::Fresh, Some(&Note::warn(changes.mail_often, changes.mail_often_why)))
        }
        Err(trouble) => Err(trouble),
    }
}

/// The address that waits to be confirmed.
fn waiting(overview: &Overview) -> Option<&str> {
    let mut all = overview.status.credentials.iter();
    all.find(|one| one.kind == Kind::Email && one.pending).map(|one| &*one.label)
}

/// The page for the code that was sent.
pub async fn show_confirm(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let Some(address) = waiting(&overview) else { return Ok(Answer::see("/methods")) };
    let token = visit.token(Binding::State);
    Ok(Answer::page(page::confirm(&visit.frame("/email/confirm", &token), address, None)))
}

/// Sends another code to the address that waits. Where the proof is not fresh any more, the page of a new address asks
/// for one.
pub async fn again(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let Some(address) = waiting(&overview) else { return Ok(Answer::see("/methods")) };
    let command = Command::Email(EmailCommand::Set { address: Some(address.to_owned()) });
    match visit.own(command).await {
        Ok(_) => Ok(Answer::see("/email/confirm")),
        Err(Trouble::ProofNeeded) => Ok(Answer::see("/email/new")),
        Err(Trouble::Failed(Failure::Refused(Refusal::TooManySends))) => {
            let texts = &Texts::of(visit.language).changes;
            let note = Note::warn(texts.mail_often, texts.mail_often_why);
            let token = visit.token(Binding::State);
            let frame = visit.frame("/email/confirm", &token);
            Ok(Answer::again(page::confirm(&frame, address, Some(&note))))
        }
        Err(trouble) => Err(trouble),
    }
}

/// Confirms the address.
pub async fn confirm(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let Some(address) = waiting(&overview) else { return Ok(Answer::see("/methods")) };
    let command = Command::Email(EmailCommand::Confirm { code: visit.form.code() });
    match visit.own(command).await {
        Ok(_) => Ok(Answer::see("/methods")),
        Err(Trouble::Failed(Failure::WrongEmailedCode(_) | Failure::Refused(_))) => {
            let texts = &Texts::of(visit.language).changes;
            let note = Note::bad(texts.mail_wrong, texts.mail_wrong_why);
            let token = visit.token(Binding::State);
            let frame = visit.frame("/email/confirm", &token);
            Ok(Answer::again(page::confirm(&frame, address, Some(&note))))
        }
        Err(trouble) => Err(trouble),
    }
}
