//! The change of the password.

use monk_wire::manage::{Failure, Outcome, PasswordFault, Unfit};
use monk_wire::portal::{Overview, PortalAsk};
use monk_wire::{Reply, Secret};

use super::proof;
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::password::{self as page, Unchanged};
use crate::pages::proof::Proof;
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// The form.
pub async fn show(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let unchanged = (!overview.may_change_password).then_some(Unchanged::NotTaken {
        why: monk_terms::not_taken::NotTaken::NotAllowed,
        said: "",
    });
    Ok(Answer::page(form(visit, &overview, proof::needed(&overview), unchanged)))
}

fn form(
    visit: &Visit<'_>,
    overview: &Overview,
    proof: Proof,
    unchanged: Option<Unchanged<'_>>,
) -> maud::Markup {
    let token = visit.token(Binding::State);
    page::change(&visit.frame("/password", &token), &overview.status.user, proof, unchanged)
}

/// Changes it. The current password is a part of the proof where one is asked for, and typed alone where not.
pub async fn change(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let (asked, texts) = (proof::asked(&overview), Texts::of(visit.language));
    let words = &texts.password;
    let again =
        |proof, unchanged| Ok(Answer::again(form(visit, &overview, proof, Some(unchanged))));
    let new = visit.form.secret("new");
    if new != visit.form.secret("again") {
        let note = Note::bad(words.differ, words.differ_why);
        return again(proof::needed(&overview), Unchanged::Note(note));
    }
    if !proof::is_given(visit).await? {
        return again(asked, Unchanged::Note(proof::note(texts)));
    }
    match visit.ask(PortalAsk::ChangePassword { current: current(visit), new }).await {
        Ok(Reply::Done(outcome)) => {
            let is_like_code = outcome == Outcome::PasswordLikeCode;
            let token = visit.token(Binding::State);
            let frame = visit.frame("/password", &token);
            Ok(Answer::page(page::done(&frame, &overview.status.user, is_like_code)))
        }
        Ok(_) => Err(NoAnswer::Unexpected.into()),
        Err(Trouble::ProofNeeded) => Ok(Answer::again(form(visit, &overview, asked, None))),
        Err(Trouble::Failed(Failure::NotProved)) => {
            let note = Note::bad(words.wrong, words.wrong_why);
            again(Proof::Fresh, Unchanged::Note(note))
        }
        Err(Trouble::Failed(Failure::PasswordNotTaken { why, said })) => {
            again(Proof::Fresh, Unchanged::NotTaken { why, said: &said })
        }
        Err(Trouble::Failed(Failure::Unfit(Unfit::Password(fault)))) => {
            let why = match fault {
                PasswordFault::LikeAppPassword => words.like_app,
                PasswordFault::Input(_) => words.unfit,
            };
            again(Proof::Fresh, Unchanged::Note(Note::bad(words.choose, why)))
        }
        Err(Trouble::Failed(Failure::PasswordUnknown)) => {
            let note = Note::warn(words.unknown, words.unknown_why);
            again(Proof::Fresh, Unchanged::Note(note))
        }
        Err(trouble) => Err(trouble),
    }
}

fn current(visit: &Visit<'_>) -> Secret {
    match visit.form.text("current") {
        "" => visit.form.secret("password"),
        _ => visit.form.secret("current"),
    }
}
