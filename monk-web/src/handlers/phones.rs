//! Setting up a phone.

use monk_terms::kind::Kind;
use monk_terms::label;
use monk_wire::manage::{Algorithm, Command, CredentialStatus, Failure, Outcome, TotpParameters};
use monk_wire::portal::Overview;

use super::{backup_codes, proof};
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::proof::Proof;
use crate::pages::setup::{self as page, Unconfirmed, Waiting};
use crate::pages::when::When;
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// What every authenticator app understands.
const USUAL: TotpParameters = TotpParameters { algorithm: Algorithm::Sha1, digits: 6, period: 30 };

/// Before a phone is added.
pub async fn show_add(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    if !overview.may_enrol_first {
        return Err(Trouble::Failed(Failure::InvitationNeeded));
    }
    Ok(Answer::page(add_page(visit, &overview, proof::needed(&overview), None)))
}

fn add_page(
    visit: &Visit<'_>,
    overview: &Overview,
    proof: Proof,
    note: Option<&Note<'_>>,
) -> maud::Markup {
    let token = visit.token(Binding::State);
    let is_first = !phones(overview).any(|one| !one.pending);
    let frame = visit.frame("/phones/add", &token);
    page::add(&frame, &overview.status.user, proof, is_first, note)
}

fn phones(overview: &Overview) -> impl Iterator<Item = &CredentialStatus> {
    overview.status.credentials.iter().filter(|one| one.kind == Kind::Totp)
}

/// Whether it waits to be confirmed here. A device that was handed out by letter has an end: only its letter shows it, and a
/// sign-in confirms it.
fn may_be_shown(one: &CredentialStatus) -> bool {
    one.pending && one.expires.is_none()
}

/// Adds a phone, and shows its secret. If one waits already, it is that one: loading the page again makes no other.
pub async fn add(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    if !proof::is_given(visit).await? {
        let note = proof::note(Texts::of(visit.language));
        return Ok(Answer::again(add_page(visit, &overview, proof::asked(&overview), Some(&note))));
    }
    match scan(visit, &overview).await {
        Err(Trouble::ProofNeeded) => {
            Ok(Answer::again(add_page(visit, &overview, proof::asked(&overview), None)))
        }
        answered => answered,
    }
}

/// Adds the phone of somebody who has come with an invitation, which is a fresh proof.
pub(super) async fn add_first(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    if phones(&overview).any(|one| !one.pending) {
        return Err(Trouble::NotFound);
    }
    scan(visit, &overview).await
}

/// The picture of a new phone, or of the one that waits.
async fn scan(visit: &Visit<'_>, overview: &Overview) -> Result<Answer, Trouble> {
    let waiting = phones(overview).filter(|one| may_be_shown(one)).max_by_key(|one| one.created);
    let command = match waiting {
        Some(one) => Command::TotpShow { credential: Some(one.id.clone()) },
        None => Command::TotpAdd { label: free_name(visit, overview), parameters: USUAL },
    };
    let Outcome::TotpPending { credential, secret, uri, parameters, .. } =
        visit.own(command).await?
    else {
        return Err(NoAnswer::Unexpected.into());
    };
    let (Some(secret), Some(uri)) = (secret.expose_str(), uri.expose_str()) else {
        return Err(NoAnswer::Unexpected.into());
    };
    let token = visit.token(Binding::State);
    let device = Waiting { id: &credential, secret, uri, digits: parameters.digits };
    Ok(Answer::page(page::scan(&visit.frame("/phones/add", &token), &device)))
}

/// `My phone`, or `My phone 2` if there is one.
fn free_name(visit: &Visit<'_>, overview: &Overview) -> String {
    let usual = Texts::of(visit.language).setup.my_phone;
    let is_free = |name: &String| phones(overview).all(|one| one.label != *name);
    let names = (2..=99).map(|n| format!("{usual} {n}"));
    std::iter::once(usual.to_owned()).chain(names).find(is_free).unwrap_or_default()
}

/// The page for a code of the phone, while it waits for one.
pub async fn show_confirm(visit: &Visit<'_>, id: &str) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let Some(one) = waiting(&overview, id) else { return Ok(Answer::see("/methods")) };
    Ok(Answer::page(confirm_page(visit, one, &one.label, None)))
}

fn waiting<'a>(overview: &'a Overview, id: &str) -> Option<&'a CredentialStatus> {
    phones(overview).find(|one| may_be_shown(one) && one.id == id)
}

fn confirm_page(
    visit: &Visit<'_>,
    one: &CredentialStatus,
    name: &str,
    why: Option<&Unconfirmed<'_>>,
) -> maud::Markup {
    let token = visit.token(Binding::State);
    let here = format!("/phones/{}/confirm", one.id);
    let frame = visit.frame(&here, &token);
    page::confirm(&frame, &When::now(&frame.texts.methods), (&one.id, name), why)
}

/// Confirms a phone with its code. The first one leads on to backup codes.
pub async fn confirm(visit: &Visit<'_>, id: &str) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let Some(one) = waiting(&overview, id) else { return Ok(Answer::see("/methods")) };
    let name = visit.form.text("name").trim();
    // Before the code is spent.
    if let Some(note) = unfit(visit, &overview, one, name) {
        let why = Unconfirmed::Name(note);
        return Ok(Answer::again(confirm_page(visit, one, name, Some(&why))));
    }
    let command = Command::TotpConfirm { credential: id.to_owned(), code: visit.form.code() };
    match visit.own(command).await {
        Ok(_) => {}
        Err(Trouble::Failed(Failure::WrongCode { clock })) => {
            let why = Unconfirmed::Code(clock);
            return Ok(Answer::again(confirm_page(visit, one, name, Some(&why))));
        }
        Err(trouble) => return Err(trouble),
    }
    if name != one.label {
        let (kind, credential) = (Kind::Totp, id.to_owned());
        let command = Command::Rename { kind, credential, label: name.to_owned() };
        // The phone is set up whatever it is called, and can be renamed later.
        let _keeps_its_name = visit.own(command).await;
    }
    let has_codes =
        overview.status.credentials.iter().any(|one| one.codes_left.is_some_and(|left| left.0 > 0));
    if has_codes {
        return Ok(Answer::see("/methods"));
    }
    match backup_codes::make(visit, &overview.status.user, true).await {
        // The phone is set up; My methods says what is missing.
        Err(Trouble::ProofNeeded | Trouble::Failed(_)) => Ok(Answer::see("/methods")),
        made => made,
    }
}

/// What is wrong with a name for a phone.
fn unfit(
    visit: &Visit<'_>,
    overview: &Overview,
    one: &CredentialStatus,
    name: &str,
) -> Option<Note<'static>> {
    let texts = &Texts::of(visit.language).changes;
    if label::check(name).is_err() {
        return Some(Note::bad(texts.name_unfit, texts.name_unfit_why));
    }
    let is_taken = phones(overview).any(|other| other.id != one.id && other.label == name);
    is_taken.then(|| Note::bad(texts.name_taken, texts.name_taken_why))
}
