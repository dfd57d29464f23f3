//! My methods.

use crate::guard::Binding;
use crate::pages::methods::{self as page, Methods};
use crate::pages::when::When;
use crate::visit::{Answer, Trouble, Visit};

/// What the user has.
pub async fn show(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let token = visit.token(Binding::State);
    let frame = visit.frame("/methods", &token);
    let is_new = !visit.query.text("new").is_empty();
    let methods = Methods { overview: &overview, here: visit.address.as_deref(), is_new };
    Ok(Answer::page(page::page(&frame, &When::now(&frame.texts.methods), methods)))
}
