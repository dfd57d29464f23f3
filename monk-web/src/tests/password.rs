//! The change of the password.

use hyper::StatusCode;
use monk_terms::not_taken::NotTaken;
use monk_wire::Reply;
use monk_wire::manage::{Failure, Outcome};
use monk_wire::portal::{PortalAsk, PortalReply};

use super::fake::{Browser, World};
use crate::pages::fixtures::{overview, phone};

const FORM: [(&str, &str); 3] = [("current", "old one"), ("new", "new one"), ("again", "new one")];

fn engine(says: impl Fn() -> Reply + Send + 'static) -> World {
    World::new(move |ask| match ask {
        PortalAsk::Overview => {
            Reply::Portal(PortalReply::Overview(Box::new(overview(vec![phone()]))))
        }
        PortalAsk::ChangePassword { current, new } => {
            assert_eq!((current.expose(), new.expose()), (&b"old one"[..], &b"new one"[..]));
            says()
        }
        other => panic!("{other:?}"),
    })
}

#[tokio::test]
async fn the_server_s_own_words_are_shown_and_no_password_is() {
    let world = engine(|| {
        let said = "Password is in <history>".to_owned();
        Reply::Failed(Failure::PasswordNotTaken { why: NotTaken::InHistory, said })
    });
    let mut browser = Browser::signed_in(&world);
    browser.get("/password").await;
    let page = browser.post("/password", &FORM).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("You have used this password before."), "{}", page.text);
    assert!(
        page.text.contains("<q lang=\"en\" translate=\"no\">Password is in &lt;history&gt;</q>")
    );
    assert!(!page.text.contains("new one") && !page.text.contains("old one"));
}

#[tokio::test]
async fn two_different_new_passwords_reach_no_engine() {
    let world = engine(|| panic!("nothing is asked"));
    let mut browser = Browser::signed_in(&world);
    browser.get("/password").await;
    let page = browser.post("/password", &[FORM[0], FORM[1], ("again", "another")]).await;
    assert!(page.text.contains("The two new passwords differ"), "{}", page.text);
}

#[tokio::test]
async fn each_end_of_a_change_has_its_words() {
    for (reply, words) in [
        (Reply::Done(Outcome::Done), "Your password is changed"),
        (Reply::Done(Outcome::PasswordLikeCode), "It ends in digits"),
        (Reply::Failed(Failure::NotProved), "The current password doesn’t match"),
        (Reply::Failed(Failure::PasswordUnknown), "may have been changed"),
        (Reply::Portal(PortalReply::ProofNeeded), "name=\"proof\""),
    ] {
        let world = engine(move || reply.clone());
        let mut browser = Browser::signed_in(&world);
        browser.get("/password").await;
        let page = browser.post("/password", &FORM).await;
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
}
