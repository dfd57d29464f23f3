//! Why a mail program was refused while its owner waits for the first login.

use maud::{Markup, html};
use monk_terms::verdict::Refusal;
use monk_wire::manage::CredentialStatus;
use monk_wire::portal::{RefusalDetail, RefusalRow};

use super::icons::Icon;
use super::when::When;
use super::{Frame, service_name};
use crate::texts::RefusedTexts;
use crate::texts::phrase::{rich, say};

/// Services of mail programs, beside those that the app password opens.
const MAIL: [&str; 7] = ["dovecot", "imap", "pop3", "smtp", "submission", "sieve", "managesieve"];

/// Services by which mail is sent.
const SENDING: [&str; 5] = ["smtp", "smtps", "submission", "submissions", "postfix"];

/// The refusal that tells most: the last one of a mail program since the app password was made. The latest is the first.
#[must_use]
pub fn last<'a>(all: &'a [RefusalRow], of: &CredentialStatus) -> Option<&'a RefusalRow> {
    let is_mail =
        |service: &str| MAIL.contains(&service) || of.services.iter().any(|one| one == service);
    all.iter().find(|one| one.at >= of.created && is_mail(&one.service))
}

/// What to read at the place of the first login. It waits on: the next try may be right.
///
/// `id` is the app password that is waited for; `all` is what the user has.
#[must_use]
pub fn show(
    frame: &Frame<'_>,
    when: &When,
    id: &str,
    one: &RefusalRow,
    all: &[CredentialStatus],
) -> Markup {
    let texts = &frame.texts.refused;
    let moment = when.moment(one.at);
    let words = match &one.address {
        Some(address) => rich(texts.when_from, &[("when", &moment), ("address", address)], &[]),
        None => rich(texts.when, &[("when", &moment)], &[]),
    };
    let about = one.credential.as_ref().and_then(|id| all.iter().find(|other| other.id == *id));
    let (why, what) = reason(texts, when, one, about);
    html! {
        section .note.bad #live role="status" data-state={ "/app-passwords/" (id) "/state" } {
            (Icon::CROSS.show())
            div.tight {
                h2 { (texts.heading) }
                p {
                    (words) " "
                    @if let Some(other) = about.filter(|other| other.id != id) {
                        (say(texts.another, &[("name", &other.label)])) " "
                    }
                    (why)
                }
                p { (say(texts.to_do, &[("what", &what)])) }
            }
        }
    }
}

/// Why, and what to do.
fn reason(
    texts: &RefusedTexts,
    when: &When,
    one: &RefusalRow,
    about: Option<&CredentialStatus>,
) -> (String, String) {
    let plain = |why: &str, what: &str| (why.to_owned(), what.to_owned());
    match (one.reason, one.detail) {
        (Refusal::CodeMissing | Refusal::NotEnrolled | Refusal::AppPasswordNeeded, _) => {
            plain(texts.normal, texts.normal_do)
        }
        (
            Refusal::WrongPassword
            | Refusal::WrongPasswordAgain
            | Refusal::UnexpectedCode
            | Refusal::ReplayedCode
            | Refusal::ExpiredCode
            | Refusal::TicketScope
            | Refusal::TicketNotAllowed
            | Refusal::TicketRevoked,
            _,
        ) => plain(texts.wrong, texts.wrong_do),
        (Refusal::WrongAppPassword, Some(RefusalDetail::Mistyped)) => {
            plain(texts.typo, texts.typo_do)
        }
        (Refusal::WrongAppPassword, Some(RefusalDetail::Removed)) => {
            plain(texts.removed, texts.removed_do)
        }
        (Refusal::WrongAppPassword, _) => plain(texts.unknown, texts.unknown_do),
        (Refusal::AppPasswordExpired, _) => match about.and_then(|about| about.expires) {
            Some(end) => {
                (say(texts.ended_on, &[("date", &when.date(end))]), texts.ended_do.to_owned())
            }
            None => plain(texts.ended, texts.ended_do),
        },
        (Refusal::AppPasswordScope, _) => scope(texts, &one.service, about),
        (Refusal::Throttled, Some(RefusalDetail::Until(end))) => {
            let time = when.clock(end);
            let fill = |text| say(text, &[("time", &time)]);
            (fill(texts.locked_until), fill(texts.locked_until_do))
        }
        (Refusal::Throttled, _) => plain(texts.throttled, texts.throttled_do),
        (Refusal::Locked, _) => plain(texts.locked, texts.locked_do),
        (Refusal::Expired, _) => plain(texts.account_ended, texts.account_do),
        _ => plain(texts.account, texts.account_do),
    }
}

/// The app password is right, and opens something else, or from somewhere else.
fn scope(
    texts: &RefusedTexts,
    service: &str,
    about: Option<&CredentialStatus>,
) -> (String, String) {
    let opens = |about: &CredentialStatus| {
        let services = &mut about.services.iter();
        services.any(|one| one == "*" || one.eq_ignore_ascii_case(service))
    };
    let name = service_name(service);
    let fill = |text| say(text, &[("service", &name)]);
    match about {
        Some(about) if opens(about) && !about.networks.is_empty() => {
            let networks = about.networks.join(", ");
            (say(texts.from_there, &[("networks", &networks)]), texts.from_there_do.to_owned())
        }
        _ if SENDING.contains(&service) => (texts.not_sending.to_owned(), fill(texts.not_for_do)),
        _ => (fill(texts.not_for), fill(texts.not_for_do)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::fixtures::{NOW, app_password};
    use crate::texts::{Language, Texts};

    fn refused(at: u64, service: &str) -> RefusalRow {
        let (reason, service) = (Refusal::WrongAppPassword, service.to_owned());
        RefusalRow { at, service, address: None, reason, credential: None, detail: None }
    }

    #[test]
    fn the_last_try_of_a_mail_program_since_the_password_was_made_is_told() {
        let one = app_password();
        let made = one.created;
        let all = [refused(made + 9, "sshd"), refused(made + 5, "imap"), refused(made + 5, "smtp")];
        assert_eq!(last(&all, &one), Some(&all[1]), "of one second, the later one");
        assert_eq!(last(&[refused(made - 1, "imap")], &one), None);
    }

    #[test]
    fn each_reason_has_its_own_words_and_one_thing_to_do() {
        let texts = Texts::of(Language::English);
        let when = When::at(NOW.parse().expect("a moment"), &texts.methods);
        let now = when.seconds();
        let limited = CredentialStatus {
            services: vec!["imap".to_owned()],
            networks: vec!["192.0.2.0/24".to_owned()],
            expires: Some(now - 3 * 24 * 3600),
            ..app_password()
        };
        let (typo, removed) = (Some(RefusalDetail::Mistyped), Some(RefusalDetail::Removed));
        let mut seen = Vec::new();
        for (reason, detail, service, words) in [
            (Refusal::CodeMissing, None, "imap", "your normal password"),
            (Refusal::WrongPassword, None, "imap", "not yours"),
            (Refusal::WrongAppPassword, typo, "imap", "had a typing mistake."),
            (Refusal::WrongAppPassword, removed, "imap", "has been removed."),
            (Refusal::WrongAppPassword, None, "imap", "typing mistake in it, or it is an old one"),
            (Refusal::AppPasswordExpired, None, "imap", "It ended on "),
            (Refusal::AppPasswordScope, None, "imap", "from 192.0.2.0/24 only"),
            (Refusal::AppPasswordScope, None, "smtp", "not for sending mail"),
            (Refusal::AppPasswordScope, None, "sshd", "not for ssh"),
            (Refusal::Throttled, Some(RefusalDetail::Until(now + 600)), "imap", "locked until "),
            (Refusal::Throttled, None, "imap", "too many wrong tries"),
            (Refusal::Locked, None, "imap", "Your account is locked."),
            (Refusal::Expired, None, "imap", "Your account has ended"),
            (Refusal::Disabled, None, "imap", "may not log in"),
        ] {
            let one = RefusalRow { reason, detail, ..refused(now, service) };
            let (why, what) = super::reason(&texts.refused, &when, &one, Some(&limited));
            assert!(why.contains(words), "{reason:?}: {why}");
            assert!(!what.contains('{') && !why.contains('{') && !what.is_empty());
            assert!(!seen.contains(&why), "{why}");
            seen.push(why);
        }
    }
}
