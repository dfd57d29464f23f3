//! What people do once they are signed in.

use hyper::StatusCode;
use monk_terms::kind::Kind;
use monk_wire::Reply;
use monk_wire::manage::{Algorithm, Command, CredentialStatus, Failure, Outcome, TotpParameters};
use monk_wire::portal::{PortalAsk, PortalReply};

use super::fake::{Browser, World, secret};
use crate::pages::fixtures::{app_password, backup_codes, email, overview, phone};

/// An engine whose user has this, and that answers commands like this. The proof is fresh for so many seconds.
fn engine(
    credentials: Vec<CredentialStatus>,
    fresh: u32,
    mut says: impl FnMut(&Command) -> Reply + Send + 'static,
) -> World {
    let mut overview = overview(credentials);
    overview.fresh_seconds = fresh;
    World::new(move |ask| match ask {
        PortalAsk::Overview => Reply::Portal(PortalReply::Overview(Box::new(overview.clone()))),
        PortalAsk::Prove { typed } => Reply::Portal(match typed.expose_str() {
            Some("right") => PortalReply::Screen { step: secret("proof") },
            _ => PortalReply::Refused,
        }),
        PortalAsk::Answer { typed, .. } => Reply::Portal(match typed.expose_str() {
            Some("123456") => PortalReply::Proven,
            _ => PortalReply::Refused,
        }),
        PortalAsk::Own(command) => says(command),
        other => panic!("{other:?}"),
    })
}

fn commands(world: &World) -> Vec<Command> {
    let own = |ask| match ask {
        PortalAsk::Own(command) => Some(command),
        _ => None,
    };
    world.asked().into_iter().filter_map(|one| own(one.ask)).collect()
}

fn pending(command: &Command) -> Reply {
    Reply::Done(match command {
        Command::TotpAdd { .. } | Command::TotpShow { .. } => Outcome::TotpPending {
            credential: "p9".to_owned(),
            secret: secret("J5XW4ZLEN5SSA3LP"),
            uri: secret("otpauth://totp/Example:zebra?secret=J5XW4ZLEN5SSA3LP&issuer=Example"),
            label: "My phone".to_owned(),
            parameters: TotpParameters { algorithm: Algorithm::Sha1, digits: 6, period: 30 },
        },
        Command::BackupCodesGenerate => Outcome::BackupCodes {
            codes: vec![secret("k4tn-9wpx-m2rd"), secret("h7qe-3vza-8ncu")],
            replaced: false,
        },
        _ => Outcome::Done,
    })
}

#[tokio::test]
async fn a_phone_is_set_up_in_three_steps() {
    let world = engine(vec![], 300, pending);
    let mut browser = Browser::signed_in(&world);
    assert!(browser.get("/methods").await.text.contains("What you need now: your phone"));
    let page = browser.get("/phones/add").await;
    assert!(!page.text.contains("type=\"password\""), "the proof is fresh");
    assert!(commands(&world).is_empty(), "a GET makes nothing");
    let page = browser.post("/phones/add", &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("<svg viewBox=\"-1 -1 ") && page.text.contains("<span>J5XW</span>"));
    assert!(page.text.contains("href=\"otpauth://totp/Example:zebra?secret="));
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.text.contains("href=\"/phones/p9/confirm\""));

    let waiting = CredentialStatus { pending: true, id: "p9".to_owned(), ..phone() };
    let world = engine(vec![waiting], 300, pending);
    let mut browser = Browser::signed_in(&world);
    browser.get("/phones/p9/confirm").await;
    let fields = [("code", "123 456"), ("name", "Maria’s phone")];
    let page = browser.post("/phones/p9/confirm", &fields).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("k4tn-9wpx-m2rd") && page.text.contains("3. <span>Backup codes"));
    let rename = Command::Rename {
        kind: Kind::Totp,
        credential: "p9".to_owned(),
        label: "Maria’s phone".to_owned(),
    };
    assert_eq!(commands(&world)[1..], [rename, Command::BackupCodesGenerate]);

    let codes = [("code", "k4tn-9wpx-m2rd"), ("code", "h7qe-3vza-8ncu"), ("code", "<x>")];
    let file = browser.post("/backup-codes/download", &codes).await;
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert!(file.text.contains("\r\nh7qe-3vza-8ncu\r\n") && !file.text.contains("<x>"));
    let sent = browser.post("/backup-codes/saved", &[("saved", "yes"), ("step", "3")]).await;
    assert_eq!(sent.location(), "/methods?new=1");
}

#[tokio::test]
async fn loading_the_picture_again_makes_no_other_phone() {
    let waiting = CredentialStatus { pending: true, id: "p9".to_owned(), ..phone() };
    let world = engine(vec![waiting], 300, pending);
    let mut browser = Browser::signed_in(&world);
    browser.get("/phones/add").await;
    browser.post("/phones/add", &[]).await;
    assert_eq!(commands(&world), [Command::TotpShow { credential: Some("p9".to_owned()) }]);
}

#[tokio::test]
async fn a_code_of_another_time_is_told_with_the_difference() {
    let waiting = CredentialStatus { pending: true, id: "p9".to_owned(), ..phone() };
    let clock = monk_wire::manage::ClockOffset { seconds: 240, ahead: false };
    let world = engine(vec![waiting], 300, move |_| {
        Reply::Failed(Failure::WrongCode { clock: Some(clock) })
    });
    let mut browser = Browser::signed_in(&world);
    browser.get("/phones/p9/confirm").await;
    let page = browser.post("/phones/p9/confirm", &[("code", "111111"), ("name", "x")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("4 minutes slow") && !page.text.contains("111111"));
    let names = [("code", "111111"), ("name", " ")];
    let page = browser.post("/phones/p9/confirm", &names).await;
    assert!(page.text.contains("can’t be a name"));
    assert_eq!(commands(&world).len(), 1, "no code is spent on a name that does not do");
}

#[tokio::test]
async fn without_an_invitation_the_first_phone_says_what_is_missing() {
    let mut none = overview(vec![]);
    none.may_enrol_first = false;
    let world = World::new(move |_| Reply::Portal(PortalReply::Overview(Box::new(none.clone()))));
    let mut browser = Browser::signed_in(&world);
    let page = browser.get("/phones/add").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text.contains("href=\"/invitation\""));
}

#[tokio::test]
async fn a_removal_asks_for_a_proof_on_its_own_page() {
    let world = engine(vec![phone(), app_password()], 0, |_| Reply::Done(Outcome::Done));
    let mut browser = Browser::signed_in(&world);
    let page = browser.get("/app-passwords/a1/remove").await;
    assert!(page.text.contains("Remove “Zebra mail”?") && page.text.contains("name=\"proof\""));
    for (password, proof) in [("wrong", "123456"), ("right", "000000")] {
        let fields = [("password", password), ("proof", proof)];
        let page = browser.post("/app-passwords/a1/remove", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text.contains("That didn’t match") && !page.text.contains("123456"));
    }
    assert!(commands(&world).is_empty());
    let fields = [("password", "right"), ("proof", "123456")];
    assert_eq!(browser.post("/app-passwords/a1/remove", &fields).await.location(), "/methods");
    let kind = Kind::AppPassword;
    assert_eq!(commands(&world), [Command::Remove { kind, credential: Some("a1".to_owned()) }]);
    // Neither another kind nor another id leads anywhere.
    for path in ["/phones/a1/remove", "/app-passwords/p1/remove", "/other/a1/rename"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_proof_that_grew_old_meanwhile_is_asked_for_again() {
    let world = engine(vec![phone(), app_password(), backup_codes(3), email()], 300, |_| {
        Reply::Portal(PortalReply::ProofNeeded)
    });
    let mut browser = Browser::signed_in(&world);
    for path in [
        "/phones/add",
        "/backup-codes/new",
        "/app-passwords/new",
        "/email/new",
        "/phones/p1/rename",
        "/phones/p1/remove",
    ] {
        assert!(!browser.get(path).await.text.contains("name=\"proof\""), "{path}");
        let fields = [("name", "x"), ("scope", "imap"), ("email", "a@example.net")];
        let page = browser.post(path, &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(page.text.contains("name=\"proof\""), "{path}");
    }
}

#[tokio::test]
async fn the_last_factor_stays_and_the_page_says_why() {
    let world = engine(vec![phone()], 0, |_| panic!("nothing is asked"));
    let page = Browser::signed_in(&world).get("/phones/p1/remove").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text.contains("has to stay for now") && page.text.contains("IMAP asks for one"));
    assert!(!page.text.contains("type=\"password\""), "nobody proves anything in vain");
    // Where only the engine knows.
    let all = vec![phone(), backup_codes(6)];
    let world = engine(all, 300, |_| Reply::Failed(Failure::LastFactor));
    let mut browser = Browser::signed_in(&world);
    browser.get("/phones/p1/remove").await;
    let page = browser.post("/phones/p1/remove", &[]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text.contains("has to stay for now"));
}

#[tokio::test]
async fn a_session_that_is_over_leads_to_the_sign_in_from_everywhere() {
    for path in ["/methods", "/phones/add", "/backup-codes/new", "/app-passwords/a1/state"] {
        let world = World::new(|_| Reply::Portal(PortalReply::NoSession));
        let mut browser = Browser::signed_in(&world);
        assert_eq!(browser.get(path).await.location(), "/sign-in?why=over", "{path}");
        assert!(!browser.cookies.contains_key("__Host-monk-session"));
    }
}

#[tokio::test]
async fn an_address_is_confirmed_by_the_code_that_was_sent_there() {
    let waiting = CredentialStatus { pending: true, ..email() };
    let world = engine(vec![phone(), waiting], 300, |command| match command {
        Command::Email(monk_wire::manage::EmailCommand::Confirm { code })
            if code == &secret("222222") =>
        {
            Reply::Failed(Failure::WrongEmailedCode(monk_wire::manage::EmailedCodeFault::Wrong))
        }
        _ => Reply::Done(Outcome::Done),
    });
    let mut browser = Browser::signed_in(&world);
    browser.get("/email/new").await;
    let sent = browser.post("/email/new", &[("email", "zebra@example.net")]).await;
    assert_eq!(sent.location(), "/email/confirm");
    assert!(browser.get("/email/confirm").await.text.contains("zebra@example.net"));
    assert_eq!(browser.post("/email/again", &[]).await.location(), "/email/confirm");
    let page = browser.post("/email/confirm", &[("code", "222222")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.post("/email/confirm", &[("code", "333333")]).await.location(), "/methods");
}

#[tokio::test]
async fn what_needs_the_first_phone_says_so() {
    let world = engine(vec![], 300, |_| Reply::Failed(Failure::FirstDeviceNeeded { hours: 24 }));
    let mut browser = Browser::signed_in(&world);
    browser.get("/backup-codes/new").await;
    let page = browser.post("/backup-codes/new", &[]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text.contains("Your first phone comes first"), "{}", page.text);
}
