//! The one thing that My methods says on top: the first that applies.

use maud::{Markup, html};
use monk_terms::kind::Kind;
use monk_wire::manage::CredentialStatus;
use monk_wire::portal::Overview;

use super::Frame;
use super::icons::Icon;
use super::rows::FEW_CODES;
use super::when::When;
use crate::texts::phrase::rich;

/// Days before the end of an app password from which it is told.
const ENDS_SOON: i64 = 14;

/// What needs attention first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention<'a> {
    /// No phone, and none can be set up in this session.
    Invitation,
    /// No phone.
    Phone,
    /// No backup codes.
    NoCodes,
    /// No app password, and a service for them asks for more than the password.
    AppPassword,
    /// Few backup codes: how many of how many.
    FewCodes(u32, u32),
    /// An app password ends soon.
    EndsSoon(&'a CredentialStatus, u64),
    /// Nothing.
    Nothing,
}

/// What needs attention first. What waits to be confirmed, or cannot be checked, is not there yet.
#[must_use]
pub fn first<'a>(overview: &'a Overview, when: &When) -> Attention<'a> {
    let all = || overview.status.credentials.iter().filter(|one| one.usable && !one.pending);
    let has = |kind| all().any(|one| one.kind == kind);
    if !has(Kind::Totp) {
        return match overview.may_enrol_first {
            true => Attention::Phone,
            false => Attention::Invitation,
        };
    }
    let Some(codes) = all().find_map(|one| one.codes_left) else { return Attention::NoCodes };
    if overview.mail_asks_for_more && !has(Kind::AppPassword) {
        return Attention::AppPassword;
    }
    if codes.0 <= FEW_CODES {
        return Attention::FewCodes(codes.0, codes.1);
    }
    let soon = all()
        .filter_map(|one| one.expires.map(|end| (one, end)))
        .find(|(one, end)| one.kind == Kind::AppPassword && -when.days_since(*end) < ENDS_SOON);
    soon.map_or(Attention::Nothing, |(one, end)| Attention::EndsSoon(one, end))
}

/// The note about it.
#[must_use]
pub fn show(frame: &Frame<'_>, when: &When, what: Attention<'_>) -> Markup {
    let texts = &frame.texts.methods;
    let words = |text: &'static str| html! { (text) };
    let (class, icon, title, text, act) = match what {
        Attention::Nothing => {
            return html! { p.lead { (texts.all_set) } };
        }
        Attention::Invitation => {
            let act = ("/invitation", frame.texts.trouble.enter_set_up_code);
            ("note warn", Icon::PHONE, texts.need_phone, words(texts.need_invitation_why), act)
        }
        Attention::Phone => {
            let act = ("/phones/add", texts.need_phone_do);
            ("note warn", Icon::PHONE, texts.need_phone, words(texts.need_phone_why), act)
        }
        Attention::NoCodes => {
            let act = ("/backup-codes/new", texts.need_backup_do);
            ("note warn", Icon::SHEET, texts.need_backup, words(texts.need_backup_why), act)
        }
        Attention::AppPassword => {
            let act = ("/app-passwords/new", texts.need_app_do);
            ("note", Icon::MAIL, texts.need_app, words(texts.need_app_why), act)
        }
        Attention::FewCodes(left, all) => {
            let why = rich(texts.few_codes_why, &[("left", &left), ("all", &all)], &[]);
            let act = ("/backup-codes/new", texts.few_codes_do);
            ("note warn", Icon::SHEET, texts.few_codes, why, act)
        }
        Attention::EndsSoon(one, end) => {
            let values: [(&str, &dyn maud::Render); 2] =
                [("name", &one.label), ("date", &when.day(end))];
            let why = rich(texts.ends_soon_why, &values, &[]);
            let act = ("/app-passwords/new", texts.ends_soon_do);
            ("note warn", Icon::CLOCK, texts.ends_soon, why, act)
        }
    };
    html! {
        section class=(class) aria-labelledby="now" {
            (icon.show())
            div.stack {
                div.tight { h2 #now { (title) } p { (text) } }
                div.acts { a.btn href=(act.0) { (act.1) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::fixtures::{NOW, app_password, backup_codes, overview, phone};
    use crate::texts::{Language, Texts};

    #[test]
    fn the_first_thing_that_applies_is_told_and_nothing_else() {
        let when = When::at(NOW.parse().expect("a moment"), &Texts::of(Language::English).methods);
        let day = 24 * 3600;
        let soon =
            || CredentialStatus { expires: Some(when.seconds() + 13 * day), ..app_password() };
        let later =
            || CredentialStatus { expires: Some(when.seconds() + 15 * day), ..app_password() };
        let waiting = CredentialStatus { pending: true, ..phone() };
        let told = |credentials: Vec<CredentialStatus>, may: bool| {
            let mut overview = overview(credentials);
            overview.may_enrol_first = may;
            format!("{:?}", first(&overview, &when)).split('(').next().unwrap().to_owned()
        };
        for (credentials, may, expected) in [
            (vec![], true, "Phone"),
            (vec![], false, "Invitation"),
            (vec![waiting, backup_codes(6)], true, "Phone"),
            (vec![phone()], true, "NoCodes"),
            (vec![phone(), backup_codes(1)], true, "AppPassword"),
            (vec![phone(), backup_codes(2), soon()], true, "FewCodes"),
            (vec![phone(), backup_codes(3), soon()], true, "EndsSoon"),
            (vec![phone(), backup_codes(3), later()], true, "Nothing"),
        ] {
            assert_eq!(told(credentials, may), expected);
        }
        let mut other = overview(vec![phone(), backup_codes(6)]);
        other.mail_asks_for_more = false;
        assert_eq!(first(&other, &when), Attention::Nothing, "mail asks for no second factor");
    }
}
