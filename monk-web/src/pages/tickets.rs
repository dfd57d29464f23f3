//! A ticket: what is offered beside the one-time code, and the ticket.

use maud::{Markup, html};
use monk_wire::manage::CredentialStatus;
use monk_wire::portal::Tickets;

use super::addresses::slug;
use super::when::When;
use super::{Frame, service_name};
use crate::texts::TicketTexts;
use crate::texts::phrase::{rich, say};

/// What is offered to somebody who may take tickets for these services. `is_fresh`: a passkey has signed a moment ago.
#[must_use]
pub fn offer(frame: &Frame<'_>, tickets: &Tickets, is_fresh: bool) -> Markup {
    let texts = &frame.texts.tickets;
    html! {
        section .card.pad.stack aria-labelledby="ticket" {
            h2 #ticket { (texts.title) }
            p { (texts.how) }
            @if is_fresh { (form(frame, &tickets.services)) } @else {
                p { (rich(texts.passkey_first, &[], &["/sign-in"])) }
            }
        }
    }
}

fn form(frame: &Frame<'_>, services: &[String]) -> Markup {
    let texts = &frame.texts.tickets;
    html! {
        form.stack method="post" action="/login-code/ticket" {
            (frame.token_field())
            @match services {
                [service] => {
                    @let name = name_of(texts, service);
                    input type="hidden" name="service" value=(service);
                    div.acts {
                        button .btn.ghost { (say(texts.get_for, &[("service", &name)])) }
                    }
                }
                services => {
                    fieldset.choices {
                        legend { (texts.where_to) }
                        @for service in services {
                            label.choice {
                                input type="radio" name="service" value=(service) required;
                                " " (name_of(texts, service))
                            }
                        }
                    }
                    div.acts { button .btn.ghost { (texts.get) } }
                }
            }
        }
    }
}

/// What was taken a moment ago and has opened nothing yet, with a way to end it.
#[must_use]
pub fn open(frame: &Frame<'_>, when: &When, open: &[&CredentialStatus]) -> Markup {
    let texts = &frame.texts.tickets;
    html! {
        @if !open.is_empty() {
            section .card.pad.stack aria-labelledby="open" {
                h2 #open { (texts.open) }
                @for one in open {
                    @let time = when.clock(one.expires.unwrap_or_default());
                    form.tight method="post" action={ "/login-code/withdraw/" (slug(one.kind)) } {
                        (frame.token_field())
                        @match one.services.first() {
                            Some(service) => {
                                @let name = name_of(texts, service);
                                p { (rich(texts.open_ticket, &[("service", &name), ("time", &time)], &[])) }
                                button.quiet { (texts.withdraw_ticket) }
                            }
                            None => {
                                p { (say(texts.open_code, &[("time", &time)])) }
                                button.quiet { (texts.withdraw_code) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What people call a service that they log in to.
#[must_use]
pub fn name_of(texts: &TicketTexts, service: &str) -> String {
    let sentence = match service {
        "imap" | "imaps" | "pop3" | "pop3s" | "dovecot" => texts.mail,
        "smtp" | "smtps" | "submission" | "submissions" => texts.sending,
        "sshd" | "login" => texts.shell,
        "sudo" | "sudo-i" | "su" | "su-l" => texts.root,
        _ => return service.to_owned(),
    };
    say(sentence, &[("name", &service_name(service))])
}

/// The ticket. It is in the answer to a form, and is shown once.
#[must_use]
pub fn ticket(
    frame: &Frame<'_>,
    when: &When,
    user: &str,
    service: &str,
    (ticket, expires): (&str, u64),
) -> Markup {
    let (texts, code_texts) = (&frame.texts.tickets, &frame.texts.login_code);
    let (time, name) = (when.clock(expires), name_of(texts, service));
    frame.menu(
        texts.yours,
        user,
        &html! {
            div .set.form {
                div.stack {
                    h1 { (texts.yours) }
                    p.lead { (rich(texts.yours_for, &[("service", &name), ("user", &user)], &[])) }
                }
                section .card.pad.stack aria-labelledby="type" {
                    h2 #type { (texts.type_it) }
                    p .secret.big translate="no" { span { (ticket) } }
                    p { (texts.dashes) }
                    p { (say(code_texts.until, &[("time", &time)])) }
                    p.hint { (say(texts.once, &[("organisation", &frame.organisation.name)])) }
                    div.acts {
                        a.btn href="/methods" { (code_texts.done) } " "
                        a href="/login-code" { (texts.another) }
                    }
                }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{Language, Texts};

    #[test]
    fn services_have_names_that_people_know_and_others_their_own() {
        let names = |language| {
            let texts = &Texts::of(language).tickets;
            ["imap", "submission", "sshd", "sudo", "wiki"].map(|service| name_of(texts, service))
        };
        assert_eq!(
            names(Language::English),
            [
                "Mail (IMAP)",
                "Sending mail (SMTP)",
                "Remote shell (ssh)",
                "Commands as administrator (sudo)",
                "wiki"
            ]
        );
        assert_eq!(names(Language::German)[0], "E-Mail (IMAP)");
    }
}
