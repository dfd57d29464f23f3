//! Signing in and out.

use hyper::StatusCode;
use monk_wire::portal::{PortalAsk, PortalReply};
use monk_wire::{Reply, Secret};

use super::phones;
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::second_step;
use crate::pages::sign_in::{self as page, Why};
use crate::session::Step;
use crate::visit::{Answer, Trouble, Visit};

/// The word that asks for a code by mail on the screen for a code, as in every program.
const EMAIL: &[u8] = b"email";

/// What a sign-in has come to.
enum Come {
    /// To a session.
    SignedIn,
    /// To another screen.
    Screen,
    /// To nothing.
    Refused,
}

/// The page for name and password.
pub fn show(visit: &Visit<'_>, why: Option<Why>) -> Answer {
    let why = why.or_else(|| (visit.query.text("why") == "over").then_some(Why::Over));
    let token = visit.token(Binding::Browser);
    let page = page::page(&visit.frame("/sign-in", &token), visit.form.text("username"), why);
    Answer::Page(status(why), page)
}

fn status(why: Option<Why>) -> StatusCode {
    match why {
        Some(Why::Refused | Why::Stale) => StatusCode::FORBIDDEN,
        Some(Why::Over | Why::NoPasskey) | None => StatusCode::OK,
    }
}

/// Name and password.
pub async fn send(visit: &mut Visit<'_>) -> Result<Answer, Trouble> {
    match begin(visit).await? {
        Come::SignedIn => Ok(Answer::see("/methods")),
        Come::Screen => Ok(Answer::see("/second-step")),
        Come::Refused => Ok(show(visit, Some(Why::Refused))),
    }
}

/// The page for the first visit.
pub fn show_invitation(visit: &Visit<'_>, why: Option<Why>) -> Answer {
    let token = visit.token(Binding::Browser);
    let user = match visit.form.text("username") {
        "" => visit.query.text("user"),
        typed => typed,
    };
    let page = page::invitation(&visit.frame("/invitation", &token), user, why);
    Answer::Page(status(why), page)
}

/// Name, password and the code of an invitation. The code is the answer to the second screen, so that no password is
/// read as one with a code behind it.
pub async fn send_invitation(visit: &mut Visit<'_>) -> Result<Answer, Trouble> {
    let mut come = begin(visit).await?;
    if let (Come::Screen, Some(step)) = (&come, visit.cookies.step.take()) {
        come = match reply_to(visit, &step, visit.form.code()).await? {
            Come::Screen => Come::Refused,
            come => come,
        };
    }
    match come {
        // The invitation was the form of a change, so that the phone is added at once; if that does not work, its own
        // page says why.
        Come::SignedIn => match phones::add_first(visit).await {
            Ok(page) => Ok(page),
            Err(_) => Ok(Answer::see("/phones/add")),
        },
        Come::Screen | Come::Refused => {
            visit.new_cookies.no_step();
            Ok(show_invitation(visit, Some(Why::Refused)))
        }
    }
}

async fn begin(visit: &mut Visit<'_>) -> Result<Come, Trouble> {
    let user = visit.form.text("username").trim().to_owned();
    let typed = visit.form.secret("password");
    let reply = visit.ask(PortalAsk::SignIn { user: user.clone(), typed }).await?;
    if visit.cookies.session.is_some() && is_signed_in(&reply) {
        // The browser forgets the old session; whether the engine does at once matters little.
        let _ends_by_itself = visit.ask(PortalAsk::SignOut).await;
    }
    come_of(visit, reply, user)
}

fn is_signed_in(reply: &Reply) -> bool {
    matches!(reply, Reply::Portal(PortalReply::SignedIn { .. }))
}

async fn reply_to(visit: &mut Visit<'_>, step: &Step, typed: Secret) -> Result<Come, Trouble> {
    let reply = visit.ask(PortalAsk::Answer { step: step.token.clone(), typed }).await?;
    come_of(visit, reply, step.user.clone())
}

fn come_of(visit: &mut Visit<'_>, reply: Reply, user: String) -> Result<Come, Trouble> {
    match reply {
        Reply::Portal(PortalReply::SignedIn { session, .. }) => {
            visit.sign_in(&session);
            Ok(Come::SignedIn)
        }
        Reply::Portal(PortalReply::Screen { step: token }) => {
            let step = Step { token, user };
            visit.new_cookies.step(&step);
            visit.cookies.step = Some(step);
            Ok(Come::Screen)
        }
        Reply::Portal(PortalReply::Refused) => {
            visit.new_cookies.no_step();
            visit.cookies.step = None;
            Ok(Come::Refused)
        }
        _ => Err(NoAnswer::Unexpected.into()),
    }
}

/// Which page of the second step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// A code of the phone.
    Phone,
    /// A backup code.
    Backup,
    /// A code that comes by mail.
    Email,
}

/// The page for a code, if a sign-in waits for one.
pub fn show_second(visit: &Visit<'_>, screen: Screen) -> Answer {
    let Some(step) = &visit.cookies.step else { return Answer::see("/sign-in") };
    let token = visit.token(Binding::State);
    Answer::page(match screen {
        Screen::Phone => second_step::page(&visit.frame("/second-step", &token), &step.user),
        Screen::Backup => second_step::backup(&visit.frame("/second-step/backup", &token)),
        Screen::Email => second_step::email(&visit.frame("/second-step/email", &token)),
    })
}

/// A code.
pub async fn send_second(visit: &mut Visit<'_>) -> Result<Answer, Trouble> {
    let code = visit.form.code();
    second(visit, code).await
}

/// The wish for a code by mail. The answer is the same whether or not there is an address.
pub async fn send_email(visit: &mut Visit<'_>) -> Result<Answer, Trouble> {
    second(visit, Secret::new(EMAIL)).await
}

async fn second(visit: &mut Visit<'_>, typed: Secret) -> Result<Answer, Trouble> {
    // An old tab: in another one the screen was answered, and its user stays signed in.
    let Some(step) = visit.cookies.step.clone() else { return Ok(Answer::see("/methods")) };
    match reply_to(visit, &step, typed).await? {
        Come::SignedIn => Ok(Answer::see("/methods")),
        Come::Screen => Ok(Answer::see("/second-step/email")),
        Come::Refused => {
            let token = visit.token(Binding::Browser);
            let frame = visit.frame("/sign-in", &token);
            let page = page::page(&frame, &step.user, Some(Why::Refused));
            Ok(Answer::Page(StatusCode::FORBIDDEN, page))
        }
    }
}

/// The end of the session. It is over for the browser even if the engine does not answer.
pub async fn sign_out(visit: &mut Visit<'_>) -> Result<Answer, Trouble> {
    let reply = match visit.cookies.session {
        Some(_) => visit.ask(PortalAsk::SignOut).await.map(|_| ()),
        None => Ok(()),
    };
    visit.sign_out();
    match reply {
        Ok(()) | Err(Trouble::NoSession) => Ok(Answer::see("/signed-out")),
        Err(trouble) => Err(trouble),
    }
}

/// The page after that.
pub fn show_signed_out(visit: &Visit<'_>) -> Answer {
    Answer::page(page::signed_out(&visit.frame("/signed-out", "")))
}
