//! Signing in, and everything that is refused before a page is asked.

use hyper::{Method, StatusCode};
use monk_wire::Reply;
use monk_wire::portal::{PortalAsk, PortalReply};

use super::fake::{Browser, ORIGIN, World, secret};

/// An engine that knows `maria` with the password `right` and the code `123456`.
fn engine() -> World {
    World::new(says)
}

fn says(ask: &PortalAsk) -> Reply {
    let portal = match ask {
        PortalAsk::SignIn { user, typed } if user == "maria" && typed == &secret("right") => {
            PortalReply::Screen { step: secret("first-step") }
        }
        PortalAsk::Answer { step, typed } if step == &secret("first-step") => {
            match typed.expose_str() {
                Some("123456") => signed_in(),
                Some("email") => PortalReply::Screen { step: secret("second-step") },
                _ => PortalReply::Refused,
            }
        }
        PortalAsk::Answer { step, typed } if step == &secret("second-step") => {
            match typed.expose_str() {
                Some("654321") => signed_in(),
                Some("email") => PortalReply::Screen { step: secret("second-step") },
                _ => PortalReply::Refused,
            }
        }
        PortalAsk::Answer { .. } => PortalReply::NoSession,
        PortalAsk::SignIn { .. } => PortalReply::Refused,
        PortalAsk::SignOut => PortalReply::SignedOut,
        _ => PortalReply::NoSession,
    };
    Reply::Portal(portal)
}

fn signed_in() -> PortalReply {
    PortalReply::SignedIn { session: secret("the-session"), user: "maria".to_owned() }
}

const RIGHT: [(&str, &str); 2] = [("username", "maria"), ("password", "right")];

#[tokio::test]
async fn a_password_and_a_code_on_two_screens_sign_in() {
    let world = engine();
    let mut browser = Browser::new(&world);
    assert_eq!(browser.get("/").await.location(), "/methods");
    assert_eq!(browser.get("/methods").await.location(), "/sign-in");
    let page = browser.get("/sign-in").await;
    assert_eq!(page.status, StatusCode::OK);
    let sent = browser.post("/sign-in", &RIGHT).await;
    assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, "/second-step"));
    let page = browser.get("/second-step").await;
    assert!(page.text.contains("<strong>maria</strong>"), "{}", page.text);
    let sent = browser.post("/second-step", &[("code", " 123456 ")]).await;
    assert_eq!(sent.location(), "/methods");
    let cookies = sent.cookies();
    let session = "__Host-monk-session=the-session; HttpOnly; SameSite=Strict; Secure; Path=/";
    assert!(cookies.contains(&session), "{cookies:?}");
    assert!(!browser.cookies.contains_key("__Host-monk-step"));
    let address = world.asked()[0].address.clone();
    assert_eq!(address.as_deref(), Some("192.0.2.7"));
}

#[tokio::test]
async fn a_code_by_mail_is_asked_for_with_the_word_of_every_program() {
    let world = engine();
    let mut browser = Browser::new(&world);
    browser.get("/sign-in").await;
    browser.post("/sign-in", &RIGHT).await;
    browser.get("/second-step").await;
    let sent = browser.post("/second-step/email", &[]).await;
    assert_eq!(sent.location(), "/second-step/email");
    let page = browser.get("/second-step/email").await;
    assert!(page.text.contains("Send it again"), "{}", page.text);
    let sent = browser.post("/second-step/email", &[]).await;
    assert_eq!(sent.location(), "/second-step/email");
    browser.get("/second-step/email").await;
    let sent = browser.post("/second-step", &[("code", "654321")]).await;
    assert_eq!(sent.location(), "/methods");
}

#[tokio::test]
async fn an_invitation_takes_name_password_and_code_at_once() {
    let world = engine();
    let mut browser = Browser::new(&world);
    let page = browser.get("/invitation?user=maria").await;
    assert!(page.text.contains("value=\"maria\""));
    let fields = |code| [RIGHT[0], RIGHT[1], ("code", code)];
    let sent = browser.post("/invitation", &fields("wrong")).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
    let sent = browser.post("/invitation", &fields("123456")).await;
    assert_eq!(sent.location(), "/phones/add");
    assert!(browser.cookies.contains_key("__Host-monk-session"));
}

#[tokio::test]
async fn every_refusal_is_the_same_page_and_fills_in_nothing_secret() {
    let world = engine();
    let mut pages = Vec::new();
    for (user, password, code) in
        [("maria", "right", "000000"), ("maria", "wrong", ""), ("nobody", "wrong", "")]
    {
        let mut browser = Browser::new(&world);
        browser.get("/sign-in").await;
        let fields = [("username", user), ("password", password)];
        let mut sent = browser.post("/sign-in", &fields).await;
        if !code.is_empty() {
            browser.get("/second-step").await;
            sent = browser.post("/second-step", &[("code", code)]).await;
        }
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
        assert!(!sent.text.contains(password) || password == "right", "{}", sent.text);
        assert!(!browser.cookies.contains_key("__Host-monk-step"));
        pages.push(sent.text.replace(user, "USER").replace(&sent.field("token"), "TOKEN"));
    }
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_screen_that_is_gone_leads_back_to_the_sign_in() {
    let world = engine();
    let mut browser = Browser::new(&world);
    browser.get("/sign-in").await;
    assert_eq!(browser.get("/second-step").await.location(), "/sign-in");
    browser.cookies.insert("__Host-monk-step".to_owned(), "gone.NVQXE2LB".to_owned());
    browser.get("/second-step").await;
    let sent = browser.post("/second-step", &[("code", "123456")]).await;
    assert_eq!(sent.location(), "/sign-in?why=over");
    assert!(browser.get("/sign-in?why=over").await.text.contains("You were signed out"));
}

#[tokio::test]
async fn signing_out_ends_the_session_and_the_cookie() {
    let world = engine();
    let mut browser = Browser::signed_in(&world);
    browser.get("/sign-in").await;
    browser.token = {
        // The token of a page for somebody who is signed in.
        browser.cookies.insert("__Host-monk-step".to_owned(), "x.NVQXE2LB".to_owned());
        browser.get("/second-step").await.field("token")
    };
    let sent = browser.post("/sign-out", &[]).await;
    assert_eq!(sent.location(), "/signed-out");
    assert!(!browser.cookies.contains_key("__Host-monk-session"));
    assert_eq!(world.asked()[0].ask, PortalAsk::SignOut);
}

#[tokio::test]
async fn a_change_from_elsewhere_is_refused_before_the_engine_hears_of_it() {
    let world = engine();
    for headers in [
        vec![],
        vec![("origin", "https://evil.example".to_owned())],
        vec![("origin", "null".to_owned())],
        vec![("origin", ORIGIN.to_owned()), ("sec-fetch-site", "cross-site".to_owned())],
    ] {
        let mut browser = Browser::new(&world);
        browser.get("/sign-in").await;
        browser.headers.retain(|(name, _)| *name == "host");
        browser.headers.extend(headers);
        let sent = browser.post("/sign-in", &RIGHT).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
        assert!(sent.text.contains("came from another page"));
    }
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn a_form_without_the_right_token_changes_nothing_and_can_be_sent_once_more() {
    let world = engine();
    let mut other = Browser::new(&world);
    other.get("/sign-in").await;
    for token in ["", "x", &other.token] {
        let mut browser = Browser::new(&world);
        browser.get("/sign-in").await;
        browser.token = token.to_owned();
        let sent = browser.post("/sign-in", &RIGHT).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
        assert!(sent.text.contains("This page was out of date"));
        assert!(world.asked().is_empty());
    }
    // A browser whose cookies were removed meanwhile.
    let mut browser = Browser::new(&world);
    browser.get("/sign-in").await;
    browser.cookies.clear();
    assert_eq!(browser.post("/sign-in", &RIGHT).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.post("/sign-in", &RIGHT).await.location(), "/second-step");
}

#[tokio::test]
async fn a_get_of_what_a_form_does_is_no_page() {
    let world = engine();
    let mut browser = Browser::signed_in(&world);
    for path in ["/sign-out", "/none", "/methods/x", "/..", "/style.css/x"] {
        let seen = browser.get(path).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn other_methods_hosts_and_sizes_are_refused() {
    let world = engine();
    let mut browser = Browser::new(&world);
    let seen = browser.send(Method::PUT, "/sign-in", "").await;
    assert_eq!(
        (seen.status, seen.header("allow")),
        (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD, POST")
    );
    let long = format!("password={}", "x".repeat(3 * 1024));
    let seen = browser.send(Method::POST, "/sign-in", &long).await;
    assert_eq!(seen.status, StatusCode::PAYLOAD_TOO_LARGE);
    for host in ["evil.example", "login.example.org:8080", ""] {
        browser.headers = vec![("host", host.to_owned())];
        let seen = browser.get("/sign-in").await;
        assert_eq!(seen.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert!(seen.text.contains("href=\"https://login.example.org\""));
        assert!(host.is_empty() || !seen.text.contains(host), "nothing of it is shown");
    }
}

#[tokio::test]
async fn each_answer_has_the_headers_that_keep_others_out() {
    let world = engine();
    let mut browser = Browser::new(&world);
    for path in ["/sign-in", "/methods", "/none"] {
        let seen = browser.get(path).await;
        let policy = seen.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; ") && !policy.contains("-inline"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
        assert_eq!(seen.header("cache-control"), "no-store", "{path}");
        assert_eq!(seen.header("x-content-type-options"), "nosniff");
        assert_eq!(seen.header("referrer-policy"), "same-origin");
        assert_eq!(seen.header("cross-origin-opener-policy"), "same-origin");
        assert!(seen.header("strict-transport-security").starts_with("max-age="));
        assert!(!seen.text.contains(" style=") && !seen.text.contains("onclick"));
    }
    let style = browser.get("/style.css").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.header("cache-control").contains("max-age"));
}

#[tokio::test]
async fn the_language_is_chosen_by_a_link_and_remembered() {
    let world = engine();
    let mut browser = Browser::new(&world);
    assert!(browser.get("/sign-in").await.text.contains("<html lang=\"en\">"));
    browser.headers.push(("accept-language", "de-AT,de;q=0.9,en;q=0.5".to_owned()));
    assert!(browser.get("/sign-in").await.text.contains("Anmelden"));
    assert!(browser.get("/sign-in?lang=en").await.text.contains("<html lang=\"en\">"));
    assert!(browser.get("/sign-in").await.text.contains("<html lang=\"en\">"));
    assert!(browser.get("/sign-in?lang=fr").await.text.contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn an_engine_that_does_not_answer_is_our_fault_and_has_a_number() {
    let world = World::new(|_| Reply::Unavailable);
    let mut browser = Browser::new(&world);
    browser.get("/sign-in").await;
    let sent = browser.post("/sign-in", &RIGHT).await;
    assert_eq!(sent.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(sent.text.contains("That’s on us"), "{}", sent.text);
    assert!(sent.text.contains("Nothing was changed"), "a sign-in changes nothing");
    let mut signed_in = Browser::signed_in(&world);
    signed_in.cookies.insert("__Host-monk-step".to_owned(), "x.NVQXE2LB".to_owned());
    signed_in.get("/second-step").await;
    let sent = signed_in.post("/backup-codes/new", &[]).await;
    assert!(sent.text.contains("We can’t tell whether"), "{}", sent.text);
    std::fs::remove_file(&world.socket).unwrap();
    let world = World::with("engine_socket = \"/nowhere\"", Some(ORIGIN), says);
    std::fs::remove_file(&world.socket).unwrap();
    let seen = Browser::new(&world).get("/sign-in").await;
    assert_eq!(seen.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(seen.header("cache-control"), "no-store");
}

#[tokio::test]
async fn without_a_public_origin_there_is_no_sign_in() {
    let world = World::with("", None, says);
    let seen = Browser::new(&world).get("/sign-in").await;
    assert_eq!(seen.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(seen.text.contains("isn’t set up yet") && !seen.text.contains("<form"));
}

#[tokio::test]
async fn on_localhost_cookies_need_no_tls() {
    let world = World::with("", Some("http://localhost:8080"), says);
    let mut browser = Browser::new(&world);
    browser.headers =
        vec![("host", "localhost:8080".to_owned()), ("origin", "http://localhost:8080".to_owned())];
    let seen = browser.get("/sign-in").await;
    assert!(seen.cookies()[0].starts_with("monk-form=") && !seen.cookies()[0].contains("Secure"));
    assert_eq!(seen.header("strict-transport-security"), "");
    assert_eq!(browser.post("/sign-in", &RIGHT).await.location(), "/second-step");
}

#[tokio::test]
async fn a_link_on_another_site_signs_nobody_out_and_leads_to_the_page() {
    let world = engine();
    let mut browser = Browser::new(&world);
    // The browser is signed in, and keeps its strict cookies to itself.
    browser.headers.push(("sec-fetch-site", "cross-site".to_owned()));
    let seen = browser.get("/methods").await;
    assert_eq!(seen.status, StatusCode::OK);
    assert_eq!(seen.header("refresh"), "0");
    assert!(seen.text.contains("href=\"/methods\""));
    assert!(seen.cookies().iter().all(|line| !line.contains("monk-session")), "it stays");
    let seen = browser.get("//methods").await;
    assert!(seen.text.contains("href=\"/methods\""), "never another host: {}", seen.text);
    // Its second request comes from our own page.
    browser.headers.pop();
    browser.headers.push(("sec-fetch-site", "same-origin".to_owned()));
    let seen = browser.get("/methods").await;
    assert_eq!(seen.location(), "/sign-in");
    assert!(seen.cookies().iter().all(|line| !line.contains("monk-session")));
}
