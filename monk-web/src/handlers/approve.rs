//! Approving a login of another program.

use hyper::StatusCode;
use monk_wire::Reply;
use monk_wire::portal::{ApprovalEnd, PortalAsk, PortalReply, WaitingLogin};

use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::approve as page;
use crate::pages::when::When;
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// The login that waits, or the passkey first.
pub async fn show(visit: &mut Visit<'_>) -> Result<Answer, Trouble> {
    if !visit.site.has_passkeys {
        return Err(Trouble::NotFound);
    }
    if visit.cookies.session.is_none() {
        // A link on another site has left the cookie behind: the page is asked for once more then.
        return if visit.is_from_elsewhere {
            Err(Trouble::NoSession)
        } else {
            Ok(sign_in(visit, None))
        };
    }
    match visit.ask(PortalAsk::Approval).await {
        Ok(Reply::Portal(PortalReply::Approval(login))) => Ok(waiting(visit, login.as_deref())),
        Ok(_) => Err(NoAnswer::Unexpected.into()),
        Err(Trouble::ProofNeeded) => Ok(sign_in(visit, None)),
        Err(Trouble::NoSession) => {
            visit.sign_out();
            Ok(sign_in(visit, None))
        }
        Err(trouble) => Err(trouble),
    }
}

/// The page for the passkey.
pub fn sign_in(visit: &Visit<'_>, note: Option<&Note<'_>>) -> Answer {
    let status = if note.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    let token = visit.token(Binding::Browser);
    Answer::Page(status, page::sign_in(&visit.frame("/approve", &token), note))
}

fn waiting(visit: &Visit<'_>, login: Option<&WaitingLogin>) -> Answer {
    let token = visit.token(Binding::State);
    let frame = visit.frame("/approve", &token);
    Answer::page(match login {
        Some(login) => {
            let when = When::now(&frame.texts.methods);
            page::waiting(&frame, &when, login, visit.address.as_deref())
        }
        None => page::nothing(&frame),
    })
}

/// A number, or "That's not me".
pub async fn answer(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let number = match visit.form.text("deny") {
        "" => Some(visit.form.text("number").parse().map_err(|_| Trouble::NotFound)?),
        _ => None,
    };
    let request = visit.form.text("request").to_owned();
    let frame = visit.frame("/approve", "");
    match visit.ask(PortalAsk::AnswerApproval { request, number }).await {
        Ok(Reply::Portal(PortalReply::ApprovalAnswered(end))) => Ok(match end {
            ApprovalEnd::Approved { service, host } => {
                Answer::page(page::approved(&frame, &service, &host))
            }
            ApprovalEnd::Over => Answer::again(page::over(&frame)),
            end @ (ApprovalEnd::WrongNumber | ApprovalEnd::Denied) => {
                // The answer counts, whatever the rest of the page would say.
                let overview = visit.overview().await;
                let may_change = overview.is_ok_and(|overview| overview.may_change_password);
                let is_wrong = end == ApprovalEnd::WrongNumber;
                let page = page::refused(&visit.frame("/approve", ""), is_wrong, may_change);
                if is_wrong { Answer::again(page) } else { Answer::page(page) }
            }
        }),
        Ok(_) => Err(NoAnswer::Unexpected.into()),
        Err(Trouble::ProofNeeded) => {
            let texts = &Texts::of(visit.language).approve;
            Ok(sign_in(visit, Some(&Note::warn(texts.over, texts.passkey_lead))))
        }
        Err(trouble) => Err(trouble),
    }
}
