//! Pages: functions of what they show to HTML. They ask nobody anything.

pub mod addresses;
pub mod app_password;
pub mod approve;
pub mod attention;
pub mod backup_codes;
pub mod changes;
pub mod email;
pub mod icons;
pub mod invitations;
pub mod login_code;
pub mod methods;
pub mod passkeys;
pub mod password;
pub mod people;
pub mod people_changes;
pub mod profile;
pub mod program;
pub mod proof;
mod qr;
pub mod refused;
mod rows;
pub mod second_step;
pub mod setup;
pub mod sign_in;
pub mod tickets;
pub mod trouble;
pub mod when;

use maud::{DOCTYPE, Markup, html};
use monk_wire::portal::Site;

use self::icons::Icon;
use crate::settings::organisation::Organisation;
use crate::texts::{Language, Texts, phrase};

/// What all pages have around them.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The texts.
    pub texts: &'static Texts,
    /// The language of the texts.
    pub language: Language,
    /// Whose portal this is.
    pub organisation: &'a Organisation,
    /// What the engine says of the portal; `None` where it does not answer.
    pub site: Option<&'a Site>,
    /// Where the same can be seen again, in the other language.
    pub here: &'a str,
    /// The token of forms.
    pub token: &'a str,
    /// Whether the user looks after others.
    pub is_administrator: bool,
    /// What the style sheet and the script are called, so that a new one is fetched.
    pub version: &'a str,
}

impl Frame<'_> {
    /// The field of each form that shows that it is ours.
    #[must_use]
    pub fn token_field(&self) -> Markup {
        html! { input type="hidden" name="token" value=(self.token); }
    }

    /// A page with one card and no menu.
    #[must_use]
    pub fn focus(&self, title: &str, body: &Markup) -> Markup {
        self.card(title, "page", body)
    }

    /// The same, wider.
    #[must_use]
    pub fn focus_wide(&self, title: &str, body: &Markup) -> Markup {
        self.card(title, "page mid", body)
    }

    fn card(&self, title: &str, class: &str, body: &Markup) -> Markup {
        let inner = html! {
            header.top { span.brand { span.logo {} (self.organisation.name) } }
            main #main class=(class) { div .card.pad.stack { (body) } }
        };
        self.document(title, Some("focus"), &inner)
    }

    /// A page with the menu, for somebody who is signed in.
    #[must_use]
    pub fn menu(&self, title: &str, user: &str, body: &Markup) -> Markup {
        let common = &self.texts.common;
        let inner = html! {
            a .skip.vh href="#main" { (common.skip) }
            header.top {
                a.brand href="/methods" { span.logo {} (self.organisation.name) }
                nav aria-label=(common.main_nav) {
                    ul { @for (href, words) in self.places() { li { a href=(href) aria-current=[self.mark(href)] { (words) } } } }
                }
                div.who {
                    span.soft translate="no" { (user) }
                    form method="post" action="/sign-out" {
                        (self.token_field())
                        button.quiet { (common.sign_out) }
                    }
                }
            }
            main #main .page { (body) }
        };
        self.document(title, None, &inner)
    }

    /// Where the menu leads.
    fn places(&self) -> Vec<(&'static str, &'static str)> {
        let mut places = vec![
            ("/methods", self.texts.common.my_methods),
            ("/login-code", self.texts.login_code.nav),
            ("/password", self.texts.password.nav),
        ];
        if self.is_administrator {
            places.push(("/people", self.texts.people.nav));
        }
        places
    }

    /// How the place of the menu is marked that this page belongs to.
    fn mark(&self, place: &str) -> Option<&'static str> {
        let is_elsewhere = self.places().iter().any(|(other, _)| *other == self.here);
        let is_here = if is_elsewhere { place == self.here } else { place == "/methods" };
        is_here.then_some("page")
    }

    fn document(&self, title: &str, class: Option<&str>, inner: &Markup) -> Markup {
        let other = self.language.other();
        html! {
            (DOCTYPE)
            html lang=(self.language.code()) {
                head {
                    meta charset="utf-8";
                    title { (title) " · " (self.organisation.name) }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    link rel="icon" href="/logo";
                    link rel="stylesheet" href={ "/style.css?v=" (self.version) };
                    script src={ "/portal.js?v=" (self.version) } defer {}
                }
                body class=[class] {
                    (inner)
                    footer.foot {
                        @if let Some(link) = self.organisation.help_link() {
                            span { (self.texts.common.need_a_hand) " " a href=(link) { (self.help_name()) } }
                        } @else {
                            span {}
                        }
                        a href={ (self.here) "?lang=" (other.code()) } lang=(other.code()) hreflang=(other.code()) {
                            (other.own_name())
                        }
                    }
                }
            }
        }
    }

    /// The name above codes in authenticator apps.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.site.map_or(&*self.organisation.name, |site| &*site.issuer)
    }

    /// What the link to help is called.
    #[must_use]
    pub fn help_name(&self) -> &str {
        let organisation = self.organisation;
        organisation.help_text.as_deref().or(organisation.help.as_deref()).unwrap_or_default()
    }

    /// The title of a page that wants to be looked at again.
    #[must_use]
    pub fn checked_title(&self, title: &str, note: Option<&Note<'_>>) -> String {
        match note {
            Some(note) if note.is_alert => {
                phrase::say(self.texts.common.please_check, &[("title", title)])
            }
            _ => title.to_owned(),
        }
    }
}

/// Something to tell on top of a page.
#[derive(Clone, Copy, Debug)]
pub struct Note<'a> {
    /// `bad`, `warn` or `ok`; nothing where it is only to know.
    pub class: &'a str,
    /// The picture.
    pub icon: Icon,
    /// What.
    pub title: &'a str,
    /// Why, and what to do.
    pub text: &'a str,
    /// Whether it is said at once.
    pub is_alert: bool,
}

impl<'a> Note<'a> {
    /// Something is not as it should be.
    #[must_use]
    pub fn bad(title: &'a str, text: &'a str) -> Self {
        Self { class: "note bad", icon: Icon::CROSS, title, text, is_alert: true }
    }

    /// Something is to be looked at.
    #[must_use]
    pub fn warn(title: &'a str, text: &'a str) -> Self {
        Self { class: "note warn", icon: Icon::WARNING, title, text, is_alert: true }
    }

    /// The note.
    #[must_use]
    pub fn show(&self) -> Markup {
        html! {
            div class=(self.class) role=[self.is_alert.then_some("alert")] {
                (self.icon.show())
                div.tight { h2 { (self.title) } p { (self.text) } }
            }
        }
    }
}

/// What people call a PAM service.
#[must_use]
pub fn service_name(service: &str) -> String {
    match service {
        "imap" | "imaps" | "pop3" | "pop3s" | "smtp" | "smtps" => {
            service.trim_end_matches('s').to_uppercase()
        }
        "submission" | "submissions" => "SMTP".to_owned(),
        "sshd" => "ssh".to_owned(),
        other => other.to_owned(),
    }
}

/// A field for a code of digits.
#[must_use]
pub fn code_field(label: &str, hint: &str) -> Markup {
    html! {
        div.field {
            label for="code" { (label) }
            p.hint #code-hint { (hint) }
            input #code .code name="code" type="text" inputmode="numeric" autocomplete="one-time-code"
                maxlength="20" required aria-describedby="code-hint";
        }
    }
}

#[cfg(test)]
pub(crate) mod fixtures;

#[cfg(test)]
mod tests;
