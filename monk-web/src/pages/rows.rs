//! One row of My methods, and the words about when it was used.

use std::net::IpAddr;

use maud::{Markup, html};
use monk_terms::kind::Kind;
use monk_wire::manage::CredentialStatus;

use super::addresses::address;
use super::icons::Icon;
use super::when::When;
use super::{Frame, service_name};
use crate::texts::phrase::{rich, say};

/// Days without use after which an app password is worth a question.
const IDLE_DAYS: i64 = 180;

/// Backup codes that are few.
pub const FEW_CODES: u32 = 2;

/// A badge beside a name.
fn badge(class: Option<&str>, words: &str) -> Markup {
    let class = class.map_or_else(|| "badge".to_owned(), |class| format!("badge {class}"));
    html! { " " span class=(class) { (words) } }
}

/// A row for what is there.
#[must_use]
pub fn row(frame: &Frame<'_>, when: &When, one: &CredentialStatus, here: Option<&str>) -> Markup {
    let texts = &frame.texts.methods;
    let (icon, name) = match one.kind {
        Kind::Totp => (Icon::PHONE, one.label.clone()),
        Kind::AppPassword => (Icon::MAIL, one.label.clone()),
        Kind::Email => (Icon::AT, one.label.clone()),
        Kind::Passkey => (Icon::FINGERPRINT, one.label.clone()),
        Kind::BackupCodes => {
            let (left, all) = one.codes_left.unwrap_or_default();
            let values = [("left", &*left.to_string()), ("all", &*all.to_string())];
            (Icon::SHEET, say(texts.codes_left, &values))
        }
        Kind::EnrolmentCode | Kind::PortalCode | Kind::PortalTicket | Kind::Unknown => {
            (Icon::SHEET, texts.set_up_code.to_owned())
        }
    };
    html! {
        li {
            span.ico { (icon.show()) }
            div.what {
                h3 { (name) (badges(frame, when, one)) }
                p { (made(frame, when, one)) }
                p { (used(frame, when, one, here)) }
            }
            div.acts { (acts(frame, one, &name)) }
        }
    }
}

fn badges(frame: &Frame<'_>, when: &When, one: &CredentialStatus) -> Markup {
    let texts = &frame.texts.methods;
    if !one.usable {
        return badge(Some("warn"), texts.badge_unusable);
    }
    if one.pending && one.expires.is_none_or(|end| end > when.seconds()) {
        return badge(Some("warn"), texts.badge_pending);
    }
    if let Some((left, all)) = one.codes_left {
        return match left {
            0 => badge(Some("bad"), texts.badge_none),
            left if left <= FEW_CODES => badge(Some("warn"), texts.badge_few),
            left if left == all => badge(Some("ok"), texts.badge_fresh),
            _ => html! {},
        };
    }
    match one.kind {
        Kind::Email => badge(Some("ok"), texts.badge_confirmed),
        Kind::Totp if one.last_used.is_none() && when.is_today(one.created) => {
            badge(Some("ok"), texts.badge_new)
        }
        _ => match one.expires {
            Some(end) if end <= when.seconds() => badge(Some("bad"), texts.badge_ended),
            Some(end) => {
                html! { " " span.badge { (rich(texts.badge_until, &[("date", &when.day(end))], &[])) } }
            }
            None if is_idle(when, one) => {
                let since = when.month(one.last_used.unwrap_or(one.created));
                badge(Some("warn"), &say(texts.badge_idle, &[("month", since)]))
            }
            None => html! {},
        },
    }
}

/// Whether a program has probably been given up.
fn is_idle(when: &When, one: &CredentialStatus) -> bool {
    let since = one.last_used.unwrap_or(one.created);
    one.kind == Kind::AppPassword && when.days_since(since) > IDLE_DAYS
}

fn made(frame: &Frame<'_>, when: &When, one: &CredentialStatus) -> Markup {
    let texts = &frame.texts.methods;
    let moment = when.moment(one.created);
    match one.kind {
        Kind::BackupCodes => rich(texts.made, &[("when", &moment)], &[]),
        Kind::AppPassword => {
            let mut names: Vec<_> = one.services.iter().map(|name| service_name(name)).collect();
            names.dedup();
            let services = names.join(", ");
            let words =
                rich(texts.for_services, &[("services", &services), ("when", &moment)], &[]);
            html! { (words) @if one.expires.is_none() { " · " (texts.no_end) } }
        }
        Kind::EnrolmentCode => html! { (texts.set_up_code_what) },
        _ => rich(texts.added, &[("when", &moment)], &[]),
    }
}

fn used(frame: &Frame<'_>, when: &When, one: &CredentialStatus, here: Option<&str>) -> Markup {
    let texts = &frame.texts.methods;
    match one.kind {
        Kind::EnrolmentCode => html! {
            @if let Some(end) = one.expires { (rich(texts.badge_until, &[("date", &when.day(end))], &[])) }
        },
        Kind::Email if one.last_used.is_none() => html! {},
        Kind::BackupCodes if one.last_used.is_none() => html! { (texts.none_used) },
        Kind::AppPassword if one.usable && is_idle(when, one) => html! { (texts.idle_what) },
        _ => last_used(frame, when, one, here),
    }
}

/// When it was used, for what, and from where: a network that is this browser's is called so.
#[must_use]
pub fn last_used(
    frame: &Frame<'_>,
    when: &When,
    one: &CredentialStatus,
    here: Option<&str>,
) -> Markup {
    let texts = &frame.texts.methods;
    let Some(at) = one.last_used else { return html! { (texts.not_used) } };
    let moment = when.moment(at);
    let service = one.last_service.as_deref().map(service_name);
    match (service, &one.last_address) {
        (Some(service), Some(address)) => {
            let address = match here.is_some_and(|here| is_same_network(here, address)) {
                true => say(texts.this_network, &[("address", address)]),
                false => address.clone(),
            };
            let values: [(&str, &dyn maud::Render); 3] =
                [("when", &moment), ("service", &service), ("address", &address)];
            rich(texts.last_used_from, &values, &[])
        }
        (Some(service), None) => {
            rich(texts.last_used_for, &[("when", &moment), ("service", &service)], &[])
        }
        (None, Some(address)) if here.is_some_and(|here| is_same_network(here, address)) => {
            let address = say(texts.this_network, &[("address", address)]);
            html! { (rich(texts.last_used, &[("when", &moment)], &[])) ", " (address) }
        }
        (None, _) => rich(texts.last_used, &[("when", &moment)], &[]),
    }
}

/// Whether two addresses are those of one household: the same, or the first 64 bits with IPv6.
pub(super) fn is_same_network(one: &str, other: &str) -> bool {
    match (one.parse(), other.parse()) {
        (Ok(IpAddr::V6(one)), Ok(IpAddr::V6(other))) => {
            one.segments()[..4] == other.segments()[..4]
        }
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

fn acts(frame: &Frame<'_>, one: &CredentialStatus, name: &str) -> Markup {
    let texts = &frame.texts.methods;
    let link = |href: &str, class: &str, words: &str| {
        html! { a class=(class) href=(href) { (words) span.vh { ": " (name) } } " " }
    };
    let has_name = matches!(one.kind, Kind::Totp | Kind::AppPassword | Kind::Passkey);
    html! {
        @match one.kind {
            Kind::Totp if one.pending && one.expires.is_none() => (link("/phones/add", "quiet", texts.finish_set_up)),
            Kind::Email if one.pending => (link("/email/confirm", "quiet", texts.enter_mail_code)),
            Kind::Email => (link("/email/new", "quiet", texts.change)),
            Kind::BackupCodes => (link("/backup-codes/new", "quiet", texts.replace)),
            _ => {}
        }
        @if has_name && !one.pending { (link(&address(one, "rename"), "quiet", texts.rename)) }
        @if !matches!(one.kind, Kind::EnrolmentCode | Kind::PortalCode | Kind::PortalTicket | Kind::Unknown) {
            (link(&address(one, "remove"), "quiet danger", texts.remove))
        }
    }
}
