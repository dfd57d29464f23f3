//! Every page, without an engine: well formed, small, and without words of its own.

mod approvals;
mod once;
mod people;
mod programs;
mod states;

use std::collections::BTreeSet;

use maud::Markup;
use monk_wire::manage::{ClockOffset, CredentialStatus};
use monk_wire::portal::Site;

use super::attention::Attention;
use super::fixtures::{
    NOW, app_password, backup_codes as sheet, email as address, overview, phone,
};
use super::methods::Methods;
use super::proof::Proof;
use super::setup::{Unconfirmed, Waiting};
use super::sign_in::Why;
use super::trouble::DeadEnd;
use super::when::When;
use super::{Frame, Note};
use super::{
    attention, backup_codes, changes, email, methods, passkeys, second_step, setup, sign_in,
    trouble,
};
use crate::settings::organisation::Organisation;
use crate::texts::{Language, MARKED, Texts};

/// Words that are data, or names of languages. All others come from the table.
const DATA: [&str; 11] = [
    "Zebra key",
    "Zebra Ltd",
    "zebra",
    "Zebra phone",
    "Zebra mail",
    "English",
    "Deutsch",
    "IMAP",
    "SMTP",
    "SSL/TLS",
    "imap, smtp",
];

fn all(texts: &'static Texts, language: Language) -> Vec<(&'static str, String)> {
    let organisation = Organisation {
        name: "Zebra Ltd".to_owned(),
        help: Some("zebra@example.org".to_owned()),
        ..Organisation::default()
    };
    let site = Site {
        origin: Some("https://zebra.example.org".to_owned()),
        issuer: "Zebra Ltd".to_owned(),
        sends_codes: true,
        sends_invitations: true,
        has_passkeys: true,
        has_own_directory: true,
        mail_servers: Vec::new(),
        mail_user_is_address: false,
    };
    let (here, token, version) = ("/methods", "0123456789", "0123456789ab");
    let site = Some(&site);
    let is_administrator = true;
    let frame = &Frame {
        texts,
        language,
        organisation: &organisation,
        site,
        here,
        token,
        is_administrator,
        version,
    };
    let when = &When::at(NOW.parse().expect("a moment"), &texts.methods);
    let mut pages = Vec::new();
    let mut add = |name, page: Markup| pages.push((name, page.into_string()));
    entry(frame, &mut add);
    setting_up(frame, when, &mut add);
    changing(frame, when, &mut add);
    programs::add(frame, when, &mut add);
    elsewhere(frame, when, &mut add);
    people::add(frame, when, &mut add);
    pages
}

fn entry(frame: &Frame<'_>, add: &mut impl FnMut(&'static str, Markup)) {
    for why in [None, Some(Why::Refused), Some(Why::Over), Some(Why::Stale), Some(Why::NoPasskey)] {
        add("sign-in", sign_in::page(frame, "zebra", why));
        add("invitation", sign_in::invitation(frame, "zebra", why));
    }
    add("signed-out", sign_in::signed_out(frame));
    add("second-step", second_step::page(frame, "zebra"));
    add("second-step-backup", second_step::backup(frame));
    add("second-step-email", second_step::email(frame));
    add("on-us", trouble::on_us(frame, "7F3A-2C91", true));
    add("once-more", trouble::once_more(frame, "/methods"));
    let texts = &frame.texts.trouble;
    let end = DeadEnd {
        heading: texts.wrong_host,
        lead: texts.wrong_host_lead,
        link: "https://zebra.example.org",
        way_out: Some(("/methods", texts.go_home)),
    };
    add("dead-end", trouble::dead_end(frame, &end));
}

fn setting_up(frame: &Frame<'_>, when: &When, add: &mut impl FnMut(&'static str, Markup)) {
    let common = &frame.texts.common;
    let note = &Note::bad(common.not_proven, common.not_proven_why);
    for proof in
        [Proof::Fresh, Proof::Password, Proof::PasswordAndCode, Proof::PasswordAndSetUpCode]
    {
        add("add", setup::add(frame, "zebra", proof, proof == Proof::Fresh, Some(note)));
        add("renew", backup_codes::renew(frame, "zebra", proof, proof == Proof::Fresh, None));
    }
    let secret = "J5XW4ZLEN5SSA3LPNZVQ7TKBJ5XW4ZLE";
    let uri = format!(
        "otpauth://totp/Zebra%20Ltd:zebra@zebra.example.org?secret={secret}&issuer=Zebra%20Ltd"
    );
    add("scan", setup::scan(frame, &Waiting { id: "p1", secret, uri: &uri, digits: 6 }));
    let off = |seconds, ahead| Unconfirmed::Code(Some(ClockOffset { seconds, ahead }));
    for why in [None, Some(Unconfirmed::Code(None)), Some(off(240, false)), Some(off(9000, true))] {
        add("confirm", setup::confirm(frame, when, ("p1", "Zebra phone"), why.as_ref()));
    }
    add("confirm", setup::confirm(frame, when, ("p1", ""), Some(&Unconfirmed::Name(*note))));
    for is_step in [true, false] {
        let codes = ["0000-0000-0000"; 6];
        let codes =
            backup_codes::Codes { user: "zebra", codes: &codes, replaced: !is_step, is_step };
        add("codes", backup_codes::show(frame, when, &codes));
    }
}

fn changing(frame: &Frame<'_>, when: &When, add: &mut impl FnMut(&'static str, Markup)) {
    let asked = Proof::PasswordAndCode;
    let waiting = CredentialStatus { pending: true, id: "p2".to_owned(), ..phone() };
    let ending = CredentialStatus {
        expires: Some(when.seconds() + 1),
        id: "a2".to_owned(),
        last_used: None,
        ..app_password()
    };
    let full = overview(vec![phone(), waiting, app_password(), ending, sheet(1), address()]);
    for (overview, is_new) in [(&full, false), (&overview(vec![]), true)] {
        let methods = Methods { overview, here: Some("192.0.2.44"), is_new };
        add("methods", methods::page(frame, when, methods));
    }
    for what in [
        Attention::Invitation,
        Attention::NoCodes,
        Attention::AppPassword,
        Attention::FewCodes(1, 6),
        Attention::EndsSoon(&app_password(), when.seconds()),
        Attention::Nothing,
    ] {
        add(
            "attention",
            frame.menu(frame.texts.common.my_methods, "zebra", &attention::show(frame, when, what)),
        );
    }
    for one in [phone(), app_password(), sheet(6), address()] {
        add("rename", changes::rename(frame, "zebra", asked, &one, ("Zebra phone", None)));
        add("remove", changes::remove(frame, when, "zebra", asked, (&one, None)));
        add("last", changes::last(frame, &one, &["imap".to_owned()]));
    }
    use super::password::{Unchanged, change, done};
    use monk_terms::not_taken::NotTaken;
    let refusals = [NotTaken::TooShort, NotTaken::InHistory, NotTaken::TooYoung];
    let refusals = refusals.map(|why| Some(Unchanged::NotTaken { why, said: "zebra" }));
    for unchanged in refusals.into_iter().chain([None]) {
        for proof in [Proof::Fresh, asked, Proof::Passkey] {
            add("password", change(frame, "zebra", proof, unchanged));
        }
    }
    add("password-done", done(frame, "zebra", true));
    add("email", email::new(frame, "zebra", asked, ("zebra@example.net", None)));
    add("email-confirm", email::confirm(frame, "zebra@example.net", None));
}

fn elsewhere(frame: &Frame<'_>, when: &When, add: &mut impl FnMut(&'static str, Markup)) {
    let common = &frame.texts.common;
    let note = &Note::bad(common.not_proven, common.not_proven_why);
    for proof in [Proof::Fresh, Proof::PasskeyOrCode, Proof::Passkey] {
        add("passkey", passkeys::new(frame, "zebra", proof, "Zebra key", (false, None)));
        add("passkey", passkeys::new(frame, "zebra", proof, "Zebra key", (true, Some(note))));
    }
    approvals::add(frame, when, add);
    add("passkey-added", passkeys::added(frame, "Zebra key"));
    once::add(frame, when, add);
}

/// HTML as XML, so that a parser can say whether it is well formed.
fn as_xml(page: &str) -> String {
    let mut xml = String::new();
    let page = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    for (n, piece) in page.split('<').enumerate() {
        if n == 0 {
            continue;
        }
        let (tag, rest) = piece.split_once('>').expect("a tag ends");
        let name = tag.split([' ', '/']).next().unwrap();
        let mut tag = tag.to_owned();
        for flag in [
            "required",
            "hidden",
            "checked",
            "selected",
            "defer",
            "readonly",
            "open",
            "data-part",
            "data-print",
        ] {
            tag = tag.replace(&format!(" {flag} "), &format!(" {flag}=\"\" "));
            if let Some(begin) = tag.strip_suffix(&format!(" {flag}")) {
                tag = format!("{begin} {flag}=\"\"");
            }
        }
        let is_void = ["meta", "link", "input", "br"].contains(&name);
        xml.push_str(&format!("<{tag}{}>{rest}", if is_void { "/" } else { "" }));
    }
    xml
}

#[test]
fn every_page_is_well_formed_small_and_its_labels_lead_somewhere() {
    for language in Language::ALL {
        for (name, page) in all(Texts::of(language), language) {
            assert!(page.len() <= 30 * 1024, "{name}: {} bytes", page.len());
            let xml = as_xml(&page);
            let document =
                roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{name}: {error}"));
            let mut ids = BTreeSet::new();
            let values = |attribute: &'static str| {
                document.descendants().filter_map(move |node| node.attribute(attribute))
            };
            assert!(values("id").all(|id| ids.insert(id)), "{name}: an id twice");
            let named = ["for", "aria-describedby", "aria-labelledby", "form", "data-copy"];
            for id in named.into_iter().flat_map(values).flat_map(|ids| ids.split(' ')) {
                assert!(ids.contains(id), "{name}: nothing has the id {id}");
            }
            let headings = document.descendants().filter(|node| node.has_tag_name("h1")).count();
            assert!(headings <= 1, "{name}: {headings} headings");
            for form in document.descendants().filter(|node| node.has_tag_name("form")) {
                // A search changes nothing.
                if form.attribute("role") == Some("search") {
                    assert_eq!(form.attribute("method"), Some("get"), "{name}");
                    continue;
                }
                assert_eq!(form.attribute("method"), Some("post"), "{name}");
                let mut fields = form.descendants();
                let has_token = fields.any(|node| node.attribute("name") == Some("token"));
                assert!(has_token, "{name}: a form without a token");
            }
            assert!(values("style").next().is_none(), "{name}: style in the page");
        }
    }
}

/// What stands in a page and in no text.
fn literals(page: &str) -> String {
    let mut words = String::new();
    for piece in page.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("a tag ends");
        for attribute in ["aria-label", "data-done", "alt", "title", "placeholder"] {
            if let Some((_, value)) = tag.split_once(&format!(" {attribute}=\"")) {
                words.push_str(value.split('"').next().unwrap());
                words.push('\n');
            }
        }
        if !tag.starts_with("time ") {
            words.push_str(text);
        }
    }
    let mut rest = String::new();
    let mut depth = 0;
    for c in words.chars() {
        match c {
            '⟦' => depth += 1,
            '⟧' => depth -= 1,
            c if depth == 0 => rest.push(c),
            _ => {}
        }
    }
    rest
}

#[test]
fn no_page_has_words_that_stand_outside_the_table() {
    for (name, page) in all(&MARKED, Language::English) {
        let mut rest = literals(&page);
        for data in DATA.iter().rev() {
            rest = rest.replace(data, "");
        }
        let words: Vec<_> = rest
            .split(|c: char| c.is_whitespace())
            .filter(|word| word.chars().any(char::is_alphabetic))
            .filter(|word| {
                !word.contains("zebra") && !word.contains("example") && !word.contains("7F3A")
            })
            .filter(|word| !["J5XW", "4ZLE", "N5SS", "A3LP", "NZVQ", "7TKB"].contains(word))
            .collect();
        assert!(words.is_empty(), "{name}: {words:?}");
    }
}
