//! What administrators read who pass on a code to start again.

use lettre::{Address, Message};
use monk_wire::Secret;
use monk_wire::manage::MailFailure;

use super::Mailer;
use super::content::{Content, readable, shown};
use crate::settings::mail::Language;

/// A code for somebody else, by mail to the administrator.
pub struct HandoverLetter<'a> {
    /// The login name of the user whom the code is for.
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
    /// The mail to the administrator.
    ///
    /// # Errors
    /// [`MailFailure::Malformed`] when no mail can be made of it.
    pub fn compose_handover(
        &self,
        letter: &HandoverLetter<'_>,
        to: Address,
    ) -> Result<Message, MailFailure> {
        let language = self.settings.language;
        let subject = match language {
            Language::En => "A code that you pass on",
            Language::De => "Ein Code zum Weitergeben",
        };
        self.message(&of(letter, &self.settings.name, language), subject, to, letter.now)
    }
}

fn of<'a>(letter: &HandoverLetter<'a>, name: &str, language: Language) -> Content<'a> {
    let (user, until) = (shown(letter.user), readable(letter.expires));
    let (greeting, use_it, facts, warning) = match language {
        Language::En => (
            format!(
                "You have reset the second factor of {user} at {name}. This code lets {user} start again:"
            ),
            format!(
                "Read the code out to {user}, or pass the link on. It works once, together with the password. Make \
                 sure first that it is really {user}: call a number that you know, or meet in person."
            ),
            [("Account", user), ("Good until", until)],
            "If you have not asked for this, somebody acts in your name: change your password now, and tell those who \
             run the server.",
        ),
        Language::De => (
            format!(
                "Sie haben den zweiten Faktor von {user} bei {name} zurückgesetzt. Mit diesem Code fängt {user} neu an:"
            ),
            format!(
                "Lesen Sie {user} den Code vor oder geben Sie den Link weiter. Er gilt einmal, zusammen mit dem \
                 Passwort. Vergewissern Sie sich vorher, dass es wirklich {user} ist: Rufen Sie eine Nummer an, die Sie \
                 kennen, oder treffen Sie sich."
            ),
            [("Konto", user), ("Gültig bis", until)],
            "Wenn Sie das nicht waren, handelt jemand in Ihrem Namen: Ändern Sie jetzt Ihr Passwort und sagen Sie denen \
             Bescheid, die den Server betreiben.",
        ),
    };
    Content {
        language,
        greeting,
        code: letter.code.expose_str(),
        use_it,
        link: letter.link.and_then(Secret::expose_str),
        facts: facts.into(),
        warning: warning.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_administrator_reads_whose_code_it_is_until_when_and_what_to_do_if_nobody_asked() {
        let code = Secret::new(b"k3tn-p7wq-2mzx");
        let letter = HandoverLetter { user: "alice", code: &code, link: None, expires: 0, now: 0 };
        for (language, words) in [
            (Language::En, ["factor of alice at Example", "Read the code", "in your name"]),
            (Language::De, ["Faktor von alice bei Example", "Lesen Sie", "in Ihrem Namen"]),
        ] {
            let content = of(&letter, "Example", language);
            assert_eq!(content.code, Some("k3tn-p7wq-2mzx"));
            let texts = [&content.greeting, &content.use_it, &content.warning];
            for (text, words) in texts.into_iter().zip(words) {
                assert!(text.contains(words), "{words}: {text}");
            }
            assert!(content.facts.iter().any(|(_, value)| value.contains("1970")));
        }
    }
}
