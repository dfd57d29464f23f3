//! Profiles for iPhones: a link on the computer, a button on the phone, and a file once.

use hyper::StatusCode;
use monk_wire::Reply;
use monk_wire::manage::{Command, MailProgram, Outcome};
use monk_wire::portal::{PortalAsk, PortalReply, Profile};

use super::fake::{Browser, World, mail_servers, secret};
use crate::pages::fixtures::{overview, phone};

const PATH: &str = "/profile";

const LINK: &str = "abcdefghijklmnopqrstuvwxyz";

const PASSWORD: &str = "h7kq-m3vd-9xpr-t2wn-6fbz";

fn mail() -> MailProgram {
    MailProgram { user: "zebra".to_owned(), servers: mail_servers() }
}

/// An engine that keeps profiles if it `keeps` any, and gives the one behind the link once.
fn engine(settings: &str, keeps: bool) -> World {
    let mut is_taken = false;
    World::with(settings, Some(super::fake::ORIGIN), move |ask| {
        Reply::Portal(match ask {
            PortalAsk::Overview => PortalReply::Overview(Box::new(overview(vec![phone()]))),
            PortalAsk::Own(Command::AppPasswordCreate { .. }) => {
                return Reply::Done(Outcome::AppPassword {
                    credential: "a1".to_owned(),
                    password: secret(PASSWORD),
                    services: vec!["imap".to_owned(), "smtp".to_owned()],
                    mail: Some(mail()),
                });
            }
            PortalAsk::KeepProfile { credential, password } if keeps => {
                assert_eq!((&**credential, password), ("a1", &secret(PASSWORD)));
                PortalReply::ProfileKept { link: secret(LINK), until: 1_795_000_000 }
            }
            PortalAsk::TakeProfile { link } if !is_taken && *link == secret(LINK) => {
                is_taken = true;
                PortalReply::Profile(Box::new(Profile {
                    credential: "a1".to_owned(),
                    password: secret(PASSWORD),
                    mail: mail(),
                    email: "zebra@example.org".to_owned(),
                }))
            }
            PortalAsk::KeepProfile { .. } | PortalAsk::TakeProfile { .. } => PortalReply::NoProfile,
            other => panic!("{other:?}"),
        })
    })
}

const FORM: [(&str, &str); 5] =
    [("for", "iphone"), ("name", "Phone"), ("until", "0"), ("scope", "imap"), ("scope", "smtp")];

#[tokio::test]
async fn the_page_of_a_new_app_password_shows_the_link_as_a_picture_and_as_a_button() {
    let world = engine("", true);
    let mut browser = Browser::signed_in(&world);
    browser.get("/app-passwords/new").await;
    let page = browser.post("/app-passwords/new", &FORM).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("aria-label=\"QR code with a link to your mail profile\""));
    assert!(page.text.contains(&format!("name=\"link\" value=\"{LINK}\"")), "{}", page.text);
    assert!(page.text.contains("Works once, until ") && page.text.contains("Or type it yourself"));
    assert!(!page.text.contains(PASSWORD), "it stands there in parts, and in no field");
}

#[tokio::test]
async fn without_a_link_the_app_password_is_shown_all_the_same() {
    let world = engine("", false);
    let mut browser = Browser::signed_in(&world);
    browser.get("/app-passwords/new").await;
    let page = browser.post("/app-passwords/new", &FORM).await;
    assert!(page.text.contains("<span data-part>h7kq</span>"), "{}", page.text);
    assert!(page.text.contains("Add Mail Account") && !page.text.contains("/profile"));
}

#[tokio::test]
async fn a_phone_without_a_session_gets_the_profile_by_a_button_and_once() {
    let world = engine("", true);
    let mut phone = Browser::new(&world);
    for _ in 0..3 {
        let page = phone.get(PATH).await;
        assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
        assert!(page.text.contains("Download the profile") && page.text.contains("not signed"));
        assert!(!page.text.contains("zebra"), "it says nothing of whose it is");
    }
    assert!(world.asked().is_empty(), "a link that is followed asks nothing");
    let file = phone.post(PATH, &[("link", LINK)]).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text);
    assert_eq!(file.header("content-type"), "application/x-apple-aspen-config");
    assert!(file.header("content-disposition").contains("mail.mobileconfig"));
    assert_eq!(file.header("cache-control"), "no-store");
    assert!(file.text.contains(&format!("<string>{PASSWORD}</string>")), "{}", file.text);
    assert!(file.text.contains("<string>zebra@example.org</string>"));
    let page = phone.post(PATH, &[("link", LINK)]).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.text.contains("leads nowhere any more") && !page.text.contains(PASSWORD));
}

#[tokio::test]
async fn a_button_of_another_page_or_browser_consumes_nothing() {
    let world = engine("", true);
    let mut phone = Browser::new(&world);
    phone.get(PATH).await;
    let mut other = Browser::new(&world);
    other.get(PATH).await;
    other.token.clone_from(&phone.token);
    let page = other.post(PATH, &[("link", LINK)]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let field = format!("name=\"link\" value=\"{LINK}\"");
    assert!(page.text.contains(&field), "the button again: {}", page.text);
    let mut elsewhere = Browser::new(&world);
    elsewhere.get(PATH).await;
    elsewhere.headers[0].1 = "https://example.net".to_owned();
    assert_eq!(elsewhere.post(PATH, &[("link", LINK)]).await.status, StatusCode::FORBIDDEN);
    assert!(world.asked().is_empty());
    assert_eq!(phone.post(PATH, &[("link", LINK)]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn texts_that_are_no_links_ask_nothing() {
    let world = engine("", true);
    let mut browser = Browser::new(&world);
    browser.get(PATH).await;
    let upper = LINK.to_uppercase();
    for text in
        ["", "x", &LINK[1..], &upper, "abcdefghijklmnopqrstuvwxy1", "<bcdefghijklmnopqrstuvwxyz"]
    {
        let page = browser.post(PATH, &[("link", text)]).await;
        assert_eq!(page.status, StatusCode::GONE, "{text}");
    }
    assert!(world.asked().is_empty());
    let page = browser.post(PATH, &[("link", &LINK.replace('a', "b"))]).await;
    assert_eq!((page.status, world.asked().len()), (StatusCode::GONE, 1));
}
