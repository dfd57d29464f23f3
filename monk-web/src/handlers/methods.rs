//! My methods.

use maud::html;

use crate::guard::Binding;
use crate::visit::{Answer, Trouble, Visit};

/// What the user has.
pub async fn show(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let overview = visit.overview().await?;
    let token = visit.token(Binding::State);
    let frame = visit.frame("/methods", &token);
    let common = &frame.texts.common;
    let body = html! { h1 { (common.my_methods) } };
    Ok(Answer::page(frame.menu(common.my_methods, &overview.status.user, &body)))
}
