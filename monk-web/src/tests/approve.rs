//! The page on which logins are approved.

use hyper::StatusCode;
use monk_wire::Reply;
use monk_wire::portal::{ApprovalEnd, PortalAsk, PortalReply, WaitingLogin};

use super::fake::{Browser, World, secret};
use crate::pages::fixtures::{overview, phone};

fn waits() -> Reply {
    Reply::Portal(PortalReply::Approval(Some(Box::new(WaitingLogin {
        request: "a-request".to_owned(),
        user: "maria".to_owned(),
        service: "sshd".to_owned(),
        host: "web2<b>".to_owned(),
        address: Some("192.0.2.7".to_owned()),
        terminal: None,
        asked: 1_795_000_000,
        seconds_left: 100,
        numbers: [17, 42, 86],
    }))))
}

fn engine(end: ApprovalEnd) -> World {
    World::new(move |ask| match ask {
        PortalAsk::Approval => waits(),
        PortalAsk::AnswerApproval { .. } => {
            Reply::Portal(PortalReply::ApprovalAnswered(end.clone()))
        }
        PortalAsk::Overview => {
            Reply::Portal(PortalReply::Overview(Box::new(overview(vec![phone()]))))
        }
        other => panic!("{other:?}"),
    })
}

#[tokio::test]
async fn whoever_is_not_signed_in_with_a_passkey_is_asked_for_it_and_comes_back() {
    let world = World::new(|ask| match ask {
        PortalAsk::Approval => Reply::Portal(PortalReply::ProofNeeded),
        PortalAsk::PasskeySignIn { .. } => {
            let (session, user) = (secret("a-new-token"), "maria".to_owned());
            Reply::Portal(PortalReply::SignedIn { session, user })
        }
        other => panic!("{other:?}"),
    });
    for mut browser in [Browser::new(&world), Browser::signed_in(&world)] {
        let page = browser.get("/approve").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("name=\"next\" value=\"approve\""), "{}", page.text);
        assert!(!page.text.contains("name=\"number\""));
        let nothing = [("next", "approve"), ("answer", "")];
        let page = browser.post("/passkey", &nothing).await;
        assert!(page.text.contains("No passkey was used") && page.text.contains("name=\"next\""));
        let answer = [("next", "approve"), ("step", "s"), ("answer", "{}")];
        assert_eq!(browser.post("/passkey", &answer).await.location(), "/approve");
        // Nobody is led anywhere else.
        let elsewhere = [("next", "//evil.example"), ("step", "s"), ("answer", "{}")];
        let place = browser.post("/passkey", &elsewhere).await.location().to_owned();
        assert!(place == "/methods" || place.is_empty(), "{place}");
    }
}

#[tokio::test]
async fn a_number_reaches_the_engine_with_its_request_and_only_from_the_own_form() {
    let world = engine(ApprovalEnd::Approved { service: "sshd".into(), host: "web2".into() });
    let mut browser = Browser::signed_in(&world);
    let page = browser.get("/approve").await;
    assert!(page.text.contains("web2&lt;b&gt;") && !page.text.contains("web2<b>"));
    assert!(page.text.contains("your address, too"), "{}", page.text);
    assert_eq!(page.text.matches("name=\"number\"").count(), 3);
    let token = std::mem::take(&mut browser.token);
    let fields = [("request", "a-request"), ("number", "42")];
    assert_eq!(browser.post("/approve", &fields).await.status, StatusCode::FORBIDDEN);
    browser.token = token;
    let page = browser.post("/approve", &fields).await;
    assert!(page.text.contains("can go ahead"), "{}", page.text);
    browser.get("/approve").await;
    browser.post("/approve", &[("request", "a-request"), ("deny", "1")]).await;
    browser.get("/approve").await;
    for odd in ["", "x", "256", "-1", "4 2"] {
        let page = browser.post("/approve", &[("request", "a-request"), ("number", odd)]).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{odd}");
    }
    let asked: Vec<_> = world
        .asked()
        .into_iter()
        .filter_map(|portal| match portal.ask {
            PortalAsk::AnswerApproval { request, number } => Some((request, number)),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [("a-request".to_owned(), Some(42)), ("a-request".to_owned(), None)]);
}

#[tokio::test]
async fn each_end_has_its_words() {
    for (end, status, words) in [
        (ApprovalEnd::WrongNumber, StatusCode::UNPROCESSABLE_ENTITY, "That was another number"),
        (ApprovalEnd::Denied, StatusCode::OK, "someone may know your password"),
        (ApprovalEnd::Over, StatusCode::UNPROCESSABLE_ENTITY, "waits no longer"),
    ] {
        let world = engine(end);
        let mut browser = Browser::signed_in(&world);
        browser.get("/approve").await;
        let page = browser.post("/approve", &[("request", "a-request"), ("number", "17")]).await;
        assert_eq!(page.status, status);
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
}
