//! Tickets for one login. The page of one-time codes offers them.

use monk_terms::kind::Kind;
use monk_wire::Reply;
use monk_wire::manage::{Command, Failure, Outcome};
use monk_wire::portal::PortalAsk;

use super::login_code;
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::addresses::slug;
use crate::pages::tickets as page;
use crate::pages::when::When;
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// Makes a ticket, and shows it.
pub async fn make(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let service = visit.form.text("service").to_owned();
    let texts = &Texts::of(visit.language).tickets;
    match visit.ask(PortalAsk::PortalTicket { service: service.clone() }).await {
        Ok(Reply::Done(Outcome::PortalTicket { ticket, expires })) => {
            let ticket = ticket.expose_str().ok_or(NoAnswer::Unexpected)?;
            let token = visit.token(Binding::State);
            let frame = visit.frame("/login-code", &token);
            let when = When::now(&frame.texts.methods);
            let user = &overview.status.user;
            Ok(Answer::page(page::ticket(&frame, &when, user, &service, (ticket, expires))))
        }
        Ok(_) => Err(NoAnswer::Unexpected.into()),
        // The offer says that a passkey comes first.
        Err(Trouble::ProofNeeded) => login_code::again(visit, &overview, None).await,
        Err(Trouble::Failed(Failure::Refused(_))) => {
            let note = Note::warn(texts.not_there, texts.not_there_why);
            login_code::again(visit, &overview, Some(&note)).await
        }
        Err(trouble) => Err(trouble),
    }
}

/// Ends a code or a ticket that was taken. One that is gone already is as good.
pub async fn withdraw(visit: &Visit<'_>, what: &str) -> Result<Answer, Trouble> {
    let kinds = [Kind::PortalCode, Kind::PortalTicket];
    let kind = kinds.into_iter().find(|&kind| slug(kind) == what).ok_or(Trouble::NotFound)?;
    match visit.own(Command::Remove { kind, credential: None }).await {
        Ok(_) | Err(Trouble::Failed(Failure::NoSuchCredential { .. })) => {
            Ok(Answer::see("/login-code"))
        }
        Err(trouble) => Err(trouble),
    }
}
