//! Why a mail program was refused while its owner waits for the first login.

use maud::{Markup, html};
use monk_terms::verdict::Refusal;
use monk_wire::manage::CredentialStatus;
use monk_wire::portal::RefusalRow;

use super::icons::Icon;
use super::when::When;
use super::{Frame, service_name};
use crate::texts::RefusedTexts;
use crate::texts::phrase::{rich, say};

/// Services of mail programs, beside those that the app password opens.
const MAIL: [&str; 7] = ["dovecot", "imap", "pop3", "smtp", "submission", "sieve", "managesieve"];

/// The refusal that tells most: the last one of a mail program since the app password was made.
#[must_use]
pub fn last<'a>(all: &'a [RefusalRow], of: &CredentialStatus) -> Option<&'a RefusalRow> {
    let is_mail =
        |service: &str| MAIL.contains(&service) || of.services.iter().any(|one| one == service);
    let since = all.iter().filter(|one| one.at >= of.created && is_mail(&one.service));
    since.max_by_key(|one| one.at)
}

/// What to read at the place of the first login. It waits on: the next try may be right.
#[must_use]
pub fn show(frame: &Frame<'_>, when: &When, id: &str, one: &RefusalRow) -> Markup {
    let texts = &frame.texts.refused;
    let moment = when.moment(one.at);
    let words = match &one.address {
        Some(address) => rich(texts.when_from, &[("when", &moment), ("address", address)], &[]),
        None => rich(texts.when, &[("when", &moment)], &[]),
    };
    let service = service_name(&one.service);
    let (why, what) = reason(texts, one.reason);
    let fill = |text| say(text, &[("service", &service)]);
    html! {
        section .note.bad #live role="status" data-state={ "/app-passwords/" (id) "/state" } {
            (Icon::CROSS.show())
            div.tight {
                h2 { (texts.heading) }
                p { (words) " " (fill(why)) }
                p { (say(texts.to_do, &[("what", &fill(what))])) }
            }
        }
    }
}

fn reason(texts: &RefusedTexts, why: Refusal) -> (&'static str, &'static str) {
    match why {
        Refusal::CodeMissing | Refusal::NotEnrolled | Refusal::AppPasswordNeeded => {
            (texts.normal, texts.normal_do)
        }
        Refusal::WrongPassword
        | Refusal::WrongPasswordAgain
        | Refusal::UnexpectedCode
        | Refusal::ReplayedCode
        | Refusal::ExpiredCode
        | Refusal::TicketScope
        | Refusal::TicketNotAllowed
        | Refusal::TicketRevoked => (texts.wrong, texts.wrong_do),
        Refusal::WrongAppPassword => (texts.typo, texts.typo_do),
        Refusal::AppPasswordExpired => (texts.ended, texts.ended_do),
        Refusal::AppPasswordScope => (texts.not_for, texts.not_for_do),
        Refusal::Throttled | Refusal::Locked => (texts.locked, texts.locked_do),
        _ => (texts.account, texts.account_do),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::fixtures::app_password;

    fn refused(at: u64, service: &str) -> RefusalRow {
        let reason = Refusal::WrongAppPassword;
        RefusalRow { at, service: service.to_owned(), address: None, reason }
    }

    #[test]
    fn the_last_try_of_a_mail_program_since_the_password_was_made_is_told() {
        let one = app_password();
        let made = one.created;
        let all = [refused(made + 9, "sshd"), refused(made + 5, "imap"), refused(made + 2, "smtp")];
        assert_eq!(last(&all, &one), Some(&all[1]));
        assert_eq!(last(&[refused(made - 1, "imap")], &one), None);
    }
}
