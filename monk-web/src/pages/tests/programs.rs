//! New app passwords, and what each program needs of them.

use maud::Markup;
use monk_wire::manage::{MailProgram, MailServer};

use super::super::app_password::{Program, Wish};
use super::super::profile::Link;
use super::super::program::Made;
use super::super::proof::Proof;
use super::super::when::When;
use super::super::{Frame, app_password as form, profile, program};
use super::states;

pub fn add(frame: &Frame<'_>, when: &When, add: &mut impl FnMut(&'static str, Markup)) {
    let services = ["imap".to_owned(), "smtp".to_owned()];
    let server = |protocol: &str, port| MailServer {
        protocol: protocol.to_owned(),
        host: "zebra.example.org".to_owned(),
        port,
        security: "SSL/TLS".to_owned(),
    };
    let mail = MailProgram {
        user: "zebra".to_owned(),
        servers: vec![server("IMAP", 993), server("SMTP", 465)],
    };
    let link = Link {
        link: "abcdefghijklmnopqrstuvwxyz",
        address: "https://zebra.example.org/profile#abcdefghijklmnopqrstuvwxyz",
        until: "14:34",
        token: "0123456789",
    };
    add("profile", profile::offer(frame, None, true));
    add("profile", profile::offer(frame, Some(link.link), false));
    add("profile-gone", profile::gone(frame));
    for program in Program::ALL {
        let wish = Wish {
            program,
            name: "zebra",
            days: 90,
            services: &services,
            chosen: &services,
            is_first: false,
        };
        add("new", form::new(frame, "zebra", Proof::PasswordAndCode, &wish, None));
        let made = Made {
            user: "zebra",
            id: "a1",
            program,
            secret: "0000-0000-0000-0000-0000",
            mail: (program != Program::Other).then_some(&mail),
            email: Some("zebra@example.org"),
            profile: (program == Program::Iphone).then_some(link),
        };
        add("made", program::made(frame, &made));
    }
    states::add(frame, when, add);
}
