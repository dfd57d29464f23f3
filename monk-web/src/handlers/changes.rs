//! Renaming and removing.

use monk_terms::kind::Kind;
use monk_wire::manage::{Command, CredentialStatus, Failure};
use monk_wire::portal::Overview;

use super::proof;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::addresses::{address, slug};
use crate::pages::changes as page;
use crate::pages::proof::Proof;
use crate::pages::when::When;
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// What an address means, among what the user has.
fn find<'a>(overview: &'a Overview, kind: &str, id: &str) -> Result<&'a CredentialStatus, Trouble> {
    let is_it = |one: &&CredentialStatus| {
        let can_change = !matches!(
            one.kind,
            Kind::EnrolmentCode | Kind::PortalCode | Kind::PortalTicket | Kind::Unknown
        );
        can_change && slug(one.kind) == kind && one.id == id
    };
    overview.status.credentials.iter().find(is_it).ok_or(Trouble::NotFound)
}

/// The page for a new name.
pub async fn show_rename(visit: &Visit<'_>, kind: &str, id: &str) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let one = find(&overview, kind, id)?;
    let proof = proof::needed(&overview);
    Ok(Answer::page(rename_page(visit, &overview, one, proof, (&one.label, None))))
}

fn rename_page(
    visit: &Visit<'_>,
    overview: &Overview,
    one: &CredentialStatus,
    proof: Proof,
    filled: (&str, Option<&Note<'_>>),
) -> maud::Markup {
    let (token, here) = (visit.token(Binding::State), address(one, "rename"));
    page::rename(&visit.frame(&here, &token), &overview.status.user, proof, one, filled)
}

/// Gives another name.
pub async fn rename(visit: &Visit<'_>, kind: &str, id: &str) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let one = find(&overview, kind, id)?;
    let (name, asked) = (visit.form.text("name").trim(), proof::asked(&overview));
    let texts = Texts::of(visit.language);
    let again = |proof, note: Option<&Note<'_>>| {
        Ok(Answer::again(rename_page(visit, &overview, one, proof, (name, note))))
    };
    if !proof::is_given(visit).await? {
        return again(asked, Some(&proof::note(texts)));
    }
    let command =
        Command::Rename { kind: one.kind, credential: one.id.clone(), label: name.to_owned() };
    let changes = &texts.changes;
    match visit.own(command).await {
        Ok(_) => Ok(Answer::see("/methods")),
        Err(Trouble::ProofNeeded) => again(asked, None),
        Err(Trouble::Failed(Failure::LabelTaken { .. })) => {
            again(Proof::Fresh, Some(&Note::bad(changes.name_taken, changes.name_taken_why)))
        }
        Err(Trouble::Failed(Failure::Unfit(_))) => {
            again(Proof::Fresh, Some(&Note::bad(changes.name_unfit, changes.name_unfit_why)))
        }
        Err(trouble) => Err(trouble),
    }
}

/// The page that says what is lost.
pub async fn show_remove(visit: &Visit<'_>, kind: &str, id: &str) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let one = find(&overview, kind, id)?;
    if is_last(&overview, one) {
        return Ok(last_page(visit, &overview, one));
    }
    Ok(Answer::page(remove_page(visit, &overview, one, proof::needed(&overview), None)))
}

/// Whether this is certainly all that stands behind a password, while a service asks for something. It saves a proof
/// in vain; the engine decides in any case.
fn is_last(overview: &Overview, one: &CredentialStatus) -> bool {
    let is_factor = |one: &CredentialStatus| {
        one.kind != Kind::AppPassword && !one.kind.opens_once() && !one.pending
    };
    let mut others = overview.status.credentials.iter().filter(|other| other.id != one.id);
    let asks = !overview.services_with_second_factor.is_empty();
    asks && is_factor(one) && overview.status.unreadable == 0 && !others.any(is_factor)
}

fn last_page(visit: &Visit<'_>, overview: &Overview, one: &CredentialStatus) -> Answer {
    let here = address(one, "remove");
    let frame = visit.frame(&here, "");
    let services = &overview.services_with_second_factor;
    Answer::Page(hyper::StatusCode::CONFLICT, page::last(&frame, one, services))
}

fn remove_page(
    visit: &Visit<'_>,
    overview: &Overview,
    one: &CredentialStatus,
    proof: Proof,
    note: Option<&Note<'_>>,
) -> maud::Markup {
    let (token, here) = (visit.token(Binding::State), address(one, "remove"));
    let frame = visit.frame(&here, &token);
    let when = When::now(&frame.texts.methods);
    page::remove(&frame, &when, &overview.status.user, proof, (one, note))
}

/// Removes it. The last factor stays while a service asks for one.
pub async fn remove(visit: &Visit<'_>, kind: &str, id: &str) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let one = find(&overview, kind, id)?;
    let asked = proof::asked(&overview);
    if !proof::is_given(visit).await? {
        let note = proof::note(Texts::of(visit.language));
        return Ok(Answer::again(remove_page(visit, &overview, one, asked, Some(&note))));
    }
    let command = Command::Remove { kind: one.kind, credential: Some(one.id.clone()) };
    match visit.own(command).await {
        Ok(_) => Ok(Answer::see("/methods")),
        Err(Trouble::ProofNeeded) => {
            Ok(Answer::again(remove_page(visit, &overview, one, asked, None)))
        }
        Err(Trouble::Failed(Failure::LastFactor)) => Ok(last_page(visit, &overview, one)),
        Err(trouble) => Err(trouble),
    }
}
