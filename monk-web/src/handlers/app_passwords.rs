//! App passwords.

use monk_terms::kind::Kind;
use monk_wire::Reply;
use monk_wire::manage::{Command, Failure, Outcome, Unfit};
use monk_wire::portal::{Overview, PortalAsk, PortalReply, RefusalRow};

use super::{profile, proof};
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::app_password::{self as page, DAYS, Program, Wish};
use crate::pages::profile::{Link, PATH};
use crate::pages::program::{self, Made};
use crate::pages::proof::Proof;
use crate::pages::refused;
use crate::pages::when::When;
use crate::texts::Texts;
use crate::visit::{Answer, Trouble, Visit};

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

/// What stands for every service in the settings.
const ANY_SERVICE: &str = "*";

/// The page for a new one.
pub async fn show_new(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let services = choices(&overview);
    let wish = Wish {
        program: Program::Iphone,
        name: Texts::of(visit.language).programs.usual_name,
        days: DAYS[0],
        services: &services,
        chosen: &services,
        is_first: !visit.query.text("new").is_empty(),
    };
    Ok(Answer::page(new_page(visit, &overview, proof::needed(&overview), &wish, None)))
}

/// The services that somebody can choose from.
fn choices(overview: &Overview) -> Vec<String> {
    let services = &overview.app_password_services;
    if services.iter().any(|one| one == ANY_SERVICE) { Vec::new() } else { services.clone() }
}

fn new_page(
    visit: &Visit<'_>,
    overview: &Overview,
    proof: Proof,
    wish: &Wish<'_>,
    note: Option<&Note<'_>>,
) -> maud::Markup {
    let token = visit.token(Binding::State);
    let frame = visit.frame("/app-passwords/new", &token);
    page::new(&frame, &overview.status.user, proof, wish, note)
}

/// Makes one, and shows it. The same form sent twice makes one: the second has a name that is taken.
pub async fn new(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let (services, asked) = (choices(&overview), proof::asked(&overview));
    let chosen: Vec<String> = visit
        .form
        .all("scope")
        .filter(|one| services.iter().any(|service| service == one))
        .map(str::to_owned)
        .collect();
    let days = visit.form.text("until").parse().ok().filter(|days| DAYS.contains(days));
    let wish = Wish {
        program: Program::of(visit.form.text("for")),
        name: visit.form.text("name").trim(),
        days: days.unwrap_or(DAYS[0]),
        services: &services,
        chosen: &chosen,
        is_first: false,
    };
    let texts = Texts::of(visit.language);
    let again = |proof, note: Option<&Note<'_>>| {
        Ok(Answer::again(new_page(visit, &overview, proof, &wish, note)))
    };
    let has_choice = services.len() > 1;
    if has_choice && chosen.is_empty() {
        let programs = &texts.programs;
        let note = Note::bad(programs.nothing_chosen, programs.nothing_chosen_why);
        return again(proof::needed(&overview), Some(&note));
    }
    if !proof::is_given(visit).await? {
        return again(asked, Some(&proof::note(texts)));
    }
    let now = When::now(&texts.methods).seconds();
    let command = Command::AppPasswordCreate {
        label: wish.name.to_owned(),
        services: (has_choice && chosen != services).then(|| chosen.clone()),
        networks: Vec::new(),
        expires: (wish.days > 0).then(|| now + u64::from(wish.days) * DAY),
    };
    let changes = &texts.changes;
    match visit.own(command).await {
        Ok(outcome) => made(visit, &overview, wish.program, &outcome).await,
        Err(Trouble::ProofNeeded) => again(asked, None),
        Err(Trouble::Failed(Failure::LabelTaken { .. })) => {
            again(Proof::Fresh, Some(&Note::bad(changes.name_taken, changes.name_taken_why)))
        }
        Err(Trouble::Failed(Failure::Unfit(Unfit::Label(_)))) => {
            again(Proof::Fresh, Some(&Note::bad(changes.name_unfit, changes.name_unfit_why)))
        }
        Err(trouble) => Err(trouble),
    }
}

async fn made(
    visit: &Visit<'_>,
    overview: &Overview,
    program: Program,
    outcome: &Outcome,
) -> Result<Answer, Trouble> {
    let Outcome::AppPassword { credential, password, mail, .. } = outcome else {
        return Err(NoAnswer::Unexpected.into());
    };
    let email = overview.status.mail.as_deref();
    let waiting = match (program, email) {
        (Program::Iphone, Some(_)) => {
            profile::keep(visit, credential, password, mail.as_ref()).await
        }
        _ => None,
    };
    let texts = Texts::of(visit.language);
    let until = waiting.as_ref().map(|one| When::now(&texts.methods).clock(one.until));
    let origin = visit.site.origin.as_deref().unwrap_or_default();
    let address = waiting.as_ref().map(|one| format!("{origin}{PATH}#{}", one.link));
    let form_token = visit.token(Binding::Browser);
    let profile = waiting.as_ref().zip(address.as_deref()).zip(until.as_deref());
    let made = Made {
        user: &overview.status.user,
        id: credential,
        program,
        secret: password.expose_str().ok_or(NoAnswer::Unexpected)?,
        mail: mail.as_ref(),
        email,
        profile: profile.map(|((one, address), until)| Link {
            link: &one.link,
            address,
            until,
            token: &form_token,
        }),
    };
    let token = visit.token(Binding::State);
    Ok(Answer::page(program::made(&visit.frame("/methods", &token), &made)))
}

/// Whether a program has logged in with it.
pub async fn state(visit: &Visit<'_>, id: &str) -> Result<Answer, Trouble> {
    let Outcome::Status(status) = visit.own(Command::Status).await? else {
        return Err(NoAnswer::Unexpected.into());
    };
    let mut all = status.credentials.iter();
    let one = all.find(|one| one.kind == Kind::AppPassword && one.id == id);
    let one = one.ok_or(Trouble::NotFound)?;
    let here = format!("/app-passwords/{}/state", one.id);
    let frame = visit.frame(&here, "");
    let when = When::now(&frame.texts.methods);
    let refusals = match one.last_used {
        Some(_) => Vec::new(),
        None => refusals(visit).await?,
    };
    let known = (refused::last(&refusals, one), visit.address.as_deref());
    Ok(Answer::page(program::state(&frame, &when, one, known, &status.credentials)))
}

/// Why the user was refused lately.
async fn refusals(visit: &Visit<'_>) -> Result<Vec<RefusalRow>, Trouble> {
    match visit.ask(PortalAsk::Refusals { user: None }).await? {
        Reply::Portal(PortalReply::Refusals(all)) => Ok(all),
        _ => Err(NoAnswer::Unexpected.into()),
    }
}
