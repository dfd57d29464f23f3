//! What people read who are invited to enrol the first factor.

use lettre::{Address, Message};
use monk_wire::Secret;
use monk_wire::manage::MailFailure;

use super::Mailer;
use super::content::{Content, readable, shown};
use crate::settings::mail::Language;

/// An invitation by mail.
pub struct InvitationLetter<'a> {
    /// The login name in the directory's spelling.
    pub user: &'a str,
    /// The enrolment code.
    pub code: &'a Secret,
    /// Where the portal takes it, if there is one.
    pub link: Option<&'a Secret>,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
    /// Seconds since 1970.
    pub now: u64,
}

impl Mailer {
    /// The mail with an invitation; `help` says where people get help.
    ///
    /// # Errors
    /// [`MailFailure::Malformed`] when no mail can be made of it.
    pub fn compose_invitation(
        &self,
        letter: &InvitationLetter<'_>,
        help: Option<&str>,
        to: Address,
    ) -> Result<Message, MailFailure> {
        let language = self.settings.language;
        let content = of(letter, help, &self.settings.name, language);
        let subject = match language {
            Language::En => "Set up your second step",
            Language::De => "Zweiten Schritt einrichten",
        };
        self.message(&content, subject, to, letter.now)
    }
}

fn of<'a>(
    letter: &InvitationLetter<'a>,
    help: Option<&str>,
    name: &str,
    language: Language,
) -> Content<'a> {
    let link = letter.link.and_then(Secret::expose_str);
    let (account, until) = (shown(letter.user), readable(letter.expires));
    let (greeting, use_it, facts, warning) = match (language, link) {
        (Language::En, Some(_)) => (
            format!("Please set up the second step of your sign-in at {name}. This is your code:"),
            "Open this page, and type your password. If the form is not filled in, type your name and the code too.",
            [("Account", account), ("Good until", until)],
            "Give this code to nobody who asks for it. If you have questions, contact",
        ),
        (Language::En, None) => (
            format!("Please set up the second step of your sign-in at {name}. This is your code:"),
            "You are asked for it when you set up your authenticator app.",
            [("Account", account), ("Good until", until)],
            "Give this code to nobody who asks for it. If you have questions, contact",
        ),
        (Language::De, Some(_)) => (
            format!(
                "Bitte richten Sie den zweiten Schritt Ihrer Anmeldung bei {name} ein. Ihr Code:"
            ),
            "Öffnen Sie diese Seite und geben Sie Ihr Passwort ein. Ist das Formular leer, geben Sie auch Namen und \
             Code ein.",
            [("Konto", account), ("Gültig bis", until)],
            "Geben Sie diesen Code niemandem, der danach fragt. Bei Fragen hilft Ihnen",
        ),
        (Language::De, None) => (
            format!(
                "Bitte richten Sie den zweiten Schritt Ihrer Anmeldung bei {name} ein. Ihr Code:"
            ),
            "Sie werden danach gefragt, wenn Sie Ihre Authenticator-App einrichten.",
            [("Konto", account), ("Gültig bis", until)],
            "Geben Sie diesen Code niemandem, der danach fragt. Bei Fragen hilft Ihnen",
        ),
    };
    let whom = help.unwrap_or(match language {
        Language::En => "your administrator",
        Language::De => "Ihre Administration",
    });
    Content {
        language,
        greeting,
        code: letter.code.expose_str(),
        use_it: use_it.to_owned(),
        link,
        facts: facts.into(),
        warning: format!("{warning} {whom}."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Mailers;
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn an_invitation_has_the_code_the_link_and_its_end_in_both_languages() {
        for (language, subject, end) in
            [("en", "Set up", "Good until: Thu"), ("de", "Zweiten", "=FCltig bis: Thu")]
        {
            let text = format!("[mail]\nfrom = \"a@example.org\"\nlanguage = \"{language}\"\n");
            let settings = Settings::parse(&text).expect("valid settings");
            let mailers = Mailers::new(&settings).expect("no files are named");
            let (code, link) =
                ("k3tn-p7wq-2mzx", "https://login.example.org/invitation#user=alice");
            let (code, link) = (Secret::new(code.as_bytes()), Secret::new(link.as_bytes()));
            let letter = InvitationLetter {
                user: "alice",
                code: &code,
                link: Some(&link),
                expires: 0,
                now: 0,
            };
            let mailer = mailers.of_the_administration().expect("mail is on");
            let mail = mailer.compose_invitation(
                &letter,
                Some("help@example.org"),
                "a@example.net".parse().unwrap(),
            );
            let text = String::from_utf8(mail.unwrap().formatted()).unwrap().replace("=\r\n", "");
            assert!(text.contains(&format!("Subject: {subject}")), "{text}");
            for (part, times) in [
                ("k3tn-p7wq-2mzx", 2),
                ("login.example.org/invitation#user", 3),
                ("help@example.org", 2),
            ] {
                assert_eq!(text.matches(part).count(), times, "{part} in\n{text}");
            }
            assert!(text.replace("=C3=BC", "=FC").contains(end), "{text}");
        }
    }
}
