//! Backup codes.

use bytes::Bytes;
use monk_terms::kind::Kind;
use monk_wire::Secret;
use monk_wire::manage::{Command, Outcome};
use monk_wire::portal::Overview;

use super::proof;
use crate::engine::NoAnswer;
use crate::guard::Binding;
use crate::pages::Note;
use crate::pages::attention::{self, Attention};
use crate::pages::backup_codes::{self as page, Codes};
use crate::pages::proof::Proof;
use crate::pages::when::When;
use crate::texts::Texts;
use crate::texts::phrase::say;
use crate::visit::{Answer, Trouble, Visit};

/// Most codes that a file is made of, and the longest of them: what comes is what a page has shown, and no more.
const MOST_CODES: usize = 20;
const LONGEST_CODE: usize = 20;

/// Before codes are made.
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
    let frame = visit.frame("/backup-codes/new", &token);
    let has_some = overview.status.credentials.iter().any(|one| one.kind == Kind::BackupCodes);
    page::renew(&frame, &overview.status.user, proof, has_some, note)
}

/// Makes codes, and shows them.
pub async fn new(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let asked = proof::asked(&overview);
    if !proof::is_given(visit).await? {
        let note = proof::note(Texts::of(visit.language));
        return Ok(Answer::again(new_page(visit, &overview, asked, Some(&note))));
    }
    match make(visit, &overview.status.user, false).await {
        Err(Trouble::ProofNeeded) => Ok(Answer::again(new_page(visit, &overview, asked, None))),
        made => made,
    }
}

/// The page with new codes.
pub(super) async fn make(visit: &Visit<'_>, user: &str, is_step: bool) -> Result<Answer, Trouble> {
    match visit.own(Command::BackupCodesGenerate).await? {
        Outcome::BackupCodes { codes, replaced } => {
            let codes: Vec<_> = codes.iter().filter_map(Secret::expose_str).collect();
            let token = visit.token(Binding::State);
            let frame = visit.frame("/methods", &token);
            let codes = Codes { user, codes: &codes, replaced, is_step };
            Ok(Answer::page(page::show(&frame, &When::now(&frame.texts.methods), &codes)))
        }
        _ => Err(NoAnswer::Unexpected.into()),
    }
}

/// The codes of a page as a file. They come with the form: nobody has kept them.
pub async fn download(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let is_code = |code: &&str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !code.is_empty() && code.len() <= LONGEST_CODE && code.bytes().all(fits)
    };
    let codes: Vec<_> = visit.form.all("code").filter(is_code).take(MOST_CODES).collect();
    let texts = Texts::of(visit.language);
    let when = When::now(&texts.methods);
    let organisation = &*visit.shared.settings.organisation.name;
    let values = [("organisation", organisation), ("user", &overview.status.user)];
    let lines = [
        say(texts.setup.paper, &values),
        say(texts.setup.paper_how, &[("date", &when.today())]),
        texts.setup.paper_once.to_owned(),
        visit.site.origin.clone().unwrap_or_default(),
    ];
    let text = format!("{}\r\n\r\n{}\r\n", lines.join("\r\n"), codes.join("\r\n"));
    let (name, kind) = ("backup-codes.txt", "text/plain; charset=utf-8");
    Ok(Answer::File { name, kind, bytes: Bytes::from(text) })
}

/// Somebody says that the codes are saved. What a new user needs next for mail follows at once.
pub async fn saved(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    if visit.form.text("step") != "3" {
        return Ok(Answer::see("/methods"));
    }
    let overview = visit.overview().await?;
    let when = When::now(&Texts::of(visit.language).methods);
    Ok(Answer::see(match attention::first(&overview, &when) {
        Attention::AppPassword => "/app-passwords/new?new=1",
        _ => "/methods?new=1",
    }))
}
