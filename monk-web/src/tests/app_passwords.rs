//! App passwords: made once, shown once, and seen to work.

use hyper::StatusCode;
use monk_terms::kind::Kind;
use monk_wire::Reply;
use monk_wire::manage::{Command, CredentialStatus, Failure, Outcome};
use monk_wire::portal::{PortalAsk, PortalReply};

use super::fake::{Browser, World, secret};
use crate::pages::fixtures::{app_password, overview, phone};

fn engine(last_used: Option<u64>) -> World {
    let mut names = Vec::new();
    World::new(move |ask| {
        let overview = overview(vec![phone(), CredentialStatus { last_used, ..app_password() }]);
        match ask {
            PortalAsk::Overview => Reply::Portal(PortalReply::Overview(Box::new(overview))),
            PortalAsk::Own(Command::Status) => Reply::Done(Outcome::Status(overview.status)),
            PortalAsk::Own(Command::AppPasswordCreate { label, .. }) if names.contains(label) => {
                Reply::Failed(Failure::LabelTaken { kind: Kind::AppPassword, label: label.clone() })
            }
            PortalAsk::Own(Command::AppPasswordCreate { label, services, .. }) => {
                names.push(label.clone());
                Reply::Done(Outcome::AppPassword {
                    credential: "a1".to_owned(),
                    password: secret("h7kq-m3vd-9xpr-t2wn-6fbz"),
                    services: services.clone().unwrap_or_default(),
                    mail: None,
                })
            }
            PortalAsk::Refusals { user: None } => Reply::Portal(PortalReply::Refusals(Vec::new())),
            other => panic!("{other:?}"),
        }
    })
}

const FORM: [(&str, &str); 5] = [
    ("for", "thunderbird"),
    ("name", "Thunderbird at home"),
    ("until", "30"),
    ("scope", "imap"),
    ("scope", "smtp"),
];

fn created(world: &World) -> Vec<(Option<Vec<String>>, Option<u64>)> {
    let all = world.asked().into_iter();
    all.filter_map(|one| match one.ask {
        PortalAsk::Own(Command::AppPasswordCreate { services, expires, .. }) => {
            Some((services, expires))
        }
        _ => None,
    })
    .collect()
}

#[tokio::test]
async fn an_app_password_is_in_the_answer_to_its_form_and_is_not_made_twice() {
    let world = engine(None);
    let mut browser = Browser::signed_in(&world);
    browser.get("/app-passwords/new").await;
    assert!(created(&world).is_empty(), "a GET makes nothing");
    let page = browser.post("/app-passwords/new", &FORM).await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
    assert!(
        page.text.contains("<span data-part>h7kq</span>")
            && page.text.contains("Set up Thunderbird")
    );
    assert!(page.text.contains("id=\"live\"") && page.text.contains("zebra@example.org"));
    let (services, expires) = created(&world).remove(0);
    assert!(services.is_none() && expires.is_some(), "the usual services, for 30 days");
    let page = browser.post("/app-passwords/new", &FORM).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("already have one with this name") && !page.text.contains("h7kq"));
}

#[tokio::test]
async fn what_it_opens_can_be_less_and_never_nothing_or_more() {
    let world = engine(None);
    let mut browser = Browser::signed_in(&world);
    browser.get("/app-passwords/new").await;
    for scopes in [&[][..], &[("scope", "sshd")]] {
        let fields = [&FORM[..3], scopes].concat();
        let page = browser.post("/app-passwords/new", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text.contains("It has to open something") && created(&world).is_empty());
    }
    let fields = [&FORM[..4], &[("scope", "sshd")]].concat();
    browser.post("/app-passwords/new", &fields).await;
    assert_eq!(created(&world)[0].0, Some(vec!["imap".to_owned()]));
}

#[tokio::test]
async fn the_first_login_is_told_from_the_engine_s_own_record() {
    let world = engine(None);
    let page = Browser::signed_in(&world).get("/app-passwords/a1/state").await;
    assert!(page.text.contains("Waiting for the first login"));
    let world = engine(Some(1_795_000_000));
    let mut browser = Browser::signed_in(&world);
    let page = browser.get("/app-passwords/a1/state").await;
    assert!(page.text.contains("It worked") && page.text.contains("192.0.2.44"));
    assert!(!page.text.contains("data-state"), "the script looks no more");
    assert_eq!(browser.get("/app-passwords/p1/state").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn mail_programs_are_told_the_servers_by_any_name_and_without_a_session() {
    let world = World::new(|_| panic!("nobody is looked up"));
    let mut browser = Browser::new(&world);
    browser.headers = vec![("host", "autoconfig.example.net".to_owned())];
    let file = browser.get("/mail/config-v1.1.xml?emailaddress=a@example.net").await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.text.contains("<hostname>mail.example.org</hostname>"), "{}", file.text);
    assert!(file.cookies().is_empty());
}
