//! Pages for administrators: people, and one of them.

use maud::{Markup, html};
use monk_terms::account_state::AccountState;
use monk_terms::kind::Kind;
use monk_terms::verdict::Refusal;
use monk_wire::manage::{CredentialStatus, Status};
use monk_wire::portal::{People, Person, RefusalRow};

use super::when::When;
use super::{Frame, service_name};
use crate::texts::People as Words;
use crate::texts::phrase::say;

/// The address of a page about somebody.
#[must_use]
pub fn address(page: &str, user: &str) -> String {
    let user: String = form_urlencoded::byte_serialize(user.as_bytes()).collect();
    format!("/people/{page}?user={user}")
}

/// The state of an account, in one word.
fn state(words: &Words, state: AccountState) -> (&'static str, &'static str) {
    match state {
        AccountState::Enabled => ("badge ok", words.active),
        AccountState::Disabled => ("badge bad", words.disabled),
        AccountState::Expired => ("badge bad", words.expired),
        AccountState::Locked => ("badge bad", words.locked),
        _ => ("badge bad", words.other_state),
    }
}

fn badge((class, word): (&str, &str)) -> Markup {
    html! { span class=(class) { (word) } " " }
}

fn badges(words: &Words, person: &Person) -> Markup {
    let factor = match (person.has_second_factor, person.is_invited) {
        (true, _) => ("badge ok", words.set_up),
        (false, true) => ("badge warn", words.invited),
        (false, false) => ("badge warn", words.not_set_up),
    };
    html! {
        @if person.state != AccountState::Enabled { (badge(state(words, person.state))) }
        (badge(factor))
    }
}

/// People who were looked for.
#[must_use]
pub fn find(frame: &Frame<'_>, user: &str, search: &str, people: Option<&People>) -> Markup {
    let words = &frame.texts.people;
    frame.menu(
        words.title,
        user,
        &html! {
            div.stack {
                h1 { (words.title) }
                form .acts.end method="get" action="/people" role="search" {
                    div.field {
                        label for="q" { (words.find_label) }
                        input #q name="q" type="search" autocomplete="off" maxlength="100" value=(search);
                    }
                    button.btn { (words.find) }
                }
                @if let Some(people) = people { (found(words, people)) }
                p.hint {
                    a href="/people?without=1" { (words.without) } " · "
                    a href="/people/invite" { (words.invite_them) }
                }
            }
        },
    )
}

fn found(words: &Words, people: &People) -> Markup {
    let count = people.found.len().to_string();
    let caption = if people.is_whole { words.found } else { words.found_cut };
    html! {
        div .card.pad {
            @if people.found.is_empty() { p { (words.nobody) } } @else {
                table.stackable {
                    caption { (say(caption, &[("count", &count)])) }
                    thead { tr {
                        th scope="col" { (words.user_name) }
                        th scope="col" { (words.address) }
                        th scope="col" { (words.state) }
                    } }
                    tbody {
                        @for person in &people.found {
                            tr {
                                th scope="row" { a href=(address("user", &person.name)) { (person.name) } }
                                td data-l=(words.address) { (person.mail.as_deref().unwrap_or("–")) }
                                td data-l=(words.state) { (badges(words, person)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One person.
#[must_use]
pub fn person(
    frame: &Frame<'_>,
    when: &When,
    admin: &str,
    status: &Status,
    refusals: &[RefusalRow],
) -> Markup {
    let words = &frame.texts.people;
    let name = &status.user;
    let is_own = frame.site.is_some_and(|site| site.has_own_directory);
    let is_disabled = status.state == AccountState::Disabled;
    let turn = if is_disabled { ("enable", words.enable) } else { ("disable", words.disable) };
    frame.menu(
        name,
        admin,
        &html! {
            div.stack {
                p { a href="/people" { (words.all) } }
                h1 { (name) }
                p.acts {
                    (badge(state(words, status.state)))
                    span.soft { (status.mail.as_deref().unwrap_or("–")) }
                }
                div .card.pad { (refusal_table(words, when, refusals)) }
                div .card.pad { (method_table(frame, when, status)) }
                div.acts {
                    a .btn.ghost href=(address("reset", name)) { (words.reset) } " "
                    @if is_own { a .quiet.danger[!is_disabled] href=(address(turn.0, name)) { (turn.1) } }
                }
            }
        },
    )
}

fn refusal_table(words: &Words, when: &When, refusals: &[RefusalRow]) -> Markup {
    html! {
        @if refusals.is_empty() { p { (words.no_refusals) } } @else {
            table.stackable {
                caption { (words.refusals) }
                thead { tr {
                    th scope="col" { (words.when) }
                    th scope="col" { (words.service) }
                    th scope="col" { (words.from) }
                    th scope="col" { (words.reason) }
                } }
                tbody {
                    @for one in refusals {
                        tr {
                            th scope="row" { (when.moment(one.at)) }
                            td data-l=(words.service) { (service_name(&one.service)) }
                            td data-l=(words.from) { (one.address.as_deref().unwrap_or("–")) }
                            td data-l=(words.reason) { (reason(words, one.reason)) }
                        }
                    }
                }
            }
        }
    }
}

/// Why a login was refused; what has no words here is told in that of the audit.
fn reason(words: &Words, reason: Refusal) -> &'static str {
    match reason {
        Refusal::WrongPassword | Refusal::WrongPasswordAgain | Refusal::UnexpectedCode => {
            words.r_wrong_password
        }
        Refusal::WrongCode => words.r_wrong_code,
        Refusal::ReplayedCode | Refusal::UsedAhead => words.r_replayed,
        Refusal::ExpiredCode => words.r_expired_code,
        Refusal::CodeMissing => words.r_missing,
        Refusal::WrongAppPassword => words.r_app_wrong,
        Refusal::AppPasswordNeeded => words.r_app_needed,
        Refusal::AppPasswordScope => words.r_app_scope,
        Refusal::AppPasswordExpired => words.r_app_ended,
        Refusal::NotEnrolled => words.r_not_enrolled,
        Refusal::NotInGroup => words.r_group,
        Refusal::Throttled => words.r_throttled,
        Refusal::WrongPasskey | Refusal::CopiedPasskey => words.r_passkey,
        Refusal::NotApproved
        | Refusal::ApprovalWaits
        | Refusal::ApprovalsClosed
        | Refusal::ApprovalOver
        | Refusal::NoPasskey => words.r_not_approved,
        Refusal::ApprovalDenied | Refusal::WrongNumber => words.r_denied,
        Refusal::Disabled
        | Refusal::Expired
        | Refusal::Locked
        | Refusal::PasswordExpired
        | Refusal::MustChange
        | Refusal::OutsideHours => words.r_closed,
        other => other.as_str(),
    }
}

fn method_table(frame: &Frame<'_>, when: &When, status: &Status) -> Markup {
    let words = &frame.texts.people;
    let shown = |one: &&CredentialStatus| !one.kind.opens_once();
    let methods: Vec<_> = status.credentials.iter().filter(shown).collect();
    html! {
        @if methods.is_empty() { p { (words.methods) ": " (words.no_methods) } } @else {
            table.stackable {
                caption { (words.methods) }
                thead { tr {
                    th scope="col" { (words.name) }
                    th scope="col" { (words.kind) }
                    th scope="col" { (words.last_used) }
                } }
                tbody {
                    @for one in methods {
                        tr {
                            th scope="row" { (one.label) }
                            td data-l=(words.kind) { (kind(frame, one.kind)) }
                            td data-l=(words.last_used) {
                                @match one.last_used { Some(at) => (when.moment(at)), None => (words.never) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn kind(frame: &Frame<'_>, kind: Kind) -> &'static str {
    let texts = &frame.texts.changes;
    match kind {
        Kind::Totp => texts.what_phone,
        Kind::AppPassword => texts.what_app,
        Kind::BackupCodes => texts.what_codes,
        Kind::Email => texts.what_mail,
        Kind::Passkey => frame.texts.passkeys.kind,
        Kind::EnrolmentCode | Kind::PortalCode | Kind::PortalTicket | Kind::Unknown => {
            texts.what_other
        }
    }
}
