//! Logins of ssh and sudo that are approved on the page, in a real browser with a passkey.

mod fleet;
mod scene;

use std::cell::RefCell;

use monk_tests::portal::ORIGIN;
use monk_tests::site::Backend;
use monk_tests::tour::access::complaints;
use monk_tests::{SshdOptions, Status, Typist};

use scene::{CODE, SUDO, Scene, is_in, is_refused, log_in, number_on, ssh_of};

#[test]
fn the_right_number_opens_that_one_login_of_ssh_and_of_sudo() {
    for backend in [Backend::Embedded, Backend::Ldap] {
        let scene = Scene::new(backend);
        let (site, browser) = (&scene.site, &scene.browser);
        let sshd = site.sshd(SshdOptions::default());
        browser.open(&format!("{ORIGIN}/approve"));
        assert_eq!(complaints(browser, "en"), Vec::<String>::new());
        scene.opens_the_page();
        assert_eq!(browser.text("h1"), "No login waits for you");
        for (command, program, name) in
            [(scene.ssh(&sshd), "ssh", "alice"), (SUDO.to_owned(), "sudo", "root")]
        {
            let login = scene.logs_in(&command, |number| {
                scene.opens_the_page();
                assert_eq!(browser.text("h1"), "Is this you logging in?");
                let facts = browser.text("dl.facts");
                for words in ["alice", program, "just now"] {
                    assert!(facts.contains(words), "{facts}");
                }
                let from = if program == "ssh" { "127.0.0.1" } else { "the machine itself (pts/" };
                assert!(facts.contains(from), "{facts}");
                assert_eq!(complaints(browser, "en"), Vec::<String>::new());
                let shown = scene.numbers();
                assert!(shown.len() == 3 && shown.contains(&number), "{shown:?} {number}");
                assert_eq!(scene.chooses(number), "Back to your terminal");
            });
            assert!(is_in(&login, name), "{login:?} {}", sshd.log());
            let line = site.last_login();
            assert_eq!((line.verdict.as_str(), line.reason.as_str()), ("granted", "approval"));
        }
        assert_eq!(scene.answers(), ["approval", "approval"]);
        // It was good for those, and the next one waits for its own.
        let next = scene.logs_in(&scene.ssh(&sshd), |_| {});
        is_refused(&next);
        assert_eq!(site.last_login().reason, "not-approved");
    }
}

#[test]
fn a_wrong_number_refuses_the_login_and_closes_the_way_for_a_while() {
    let scene = Scene::new(Backend::Embedded);
    let sshd = scene.site.sshd(SshdOptions::default());
    scene.opens_the_page();
    let login = scene.logs_in(&scene.ssh(&sshd), |number| {
        scene.opens_the_page();
        let wrong = scene.numbers().into_iter().find(|&one| one != number).expect("three");
        assert_eq!(scene.chooses(wrong), "That was another number");
        assert!(scene.browser.shows("a[href='/password']"));
    });
    is_refused(&login);
    assert_eq!(scene.site.last_login().reason, "wrong-number");
    assert_eq!(scene.answers(), ["wrong-number"]);
    let next = scene.logs_in(&scene.ssh(&sshd), |_| {
        scene.opens_the_page();
        assert_eq!(scene.browser.text("h1"), "No login waits for you");
    });
    is_refused(&next);
    assert_eq!(scene.site.last_login().reason, "approvals-closed");
}

#[test]
fn that_s_not_me_refuses_the_login_and_advises_another_password() {
    let scene = Scene::new(Backend::Ldap);
    let sshd = scene.site.sshd(SshdOptions::default());
    scene.opens_the_page();
    let login = scene.logs_in(&scene.ssh(&sshd), |_| {
        scene.opens_the_page();
        scene.browser.click("button[name=deny]");
        scene.browser.wait_for_heading("That login was refused");
        assert!(scene.browser.text("main").contains("someone may know your password"));
    });
    is_refused(&login);
    assert_eq!(scene.site.last_login().reason, "approval-denied");
    assert_eq!(scene.answers(), ["approval-denied"]);
    // The phone opens what it always did.
    let command = scene.ssh(&sshd);
    let code = scene.phone.code();
    let typist = Typist::new(&scene.site.world, &command);
    let login = typist.answer("Password: ", "secret").answer(CODE, &code).run();
    assert!(is_in(&login, "alice"), "{login:?}");
}

/// The session, the request and the time have to fit, whatever the number.
#[test]
fn others_a_password_a_second_page_and_a_late_answer_are_refused() {
    let scene = Scene::new(Backend::Embedded);
    let (site, browser) = (&scene.site, &scene.browser);
    let sshd = site.sshd(SshdOptions::default());
    // Bob is signed in, with a phone of his.
    let phone = site.user_with_device("bob", "geheim");
    let mut bob = scene.portal.browser();
    bob.sign_in("bob", "geheim", &phone.code());
    assert!(bob.cookie("monk-session").is_some());
    // So is somebody who knows alice's password and has her phone for a moment.
    let mut with_password = scene.portal.browser();
    with_password.sign_in("alice", "secret", &scene.phone.code());
    assert!(with_password.cookie("monk-session").is_some());
    scene.opens_the_page();
    let seen = RefCell::new((String::new(), 0));
    let login = scene.logs_in(&scene.ssh(&sshd), |number| {
        scene.opens_the_page();
        let request = browser.value("input[name=request]");
        let fields = [("request", request.as_str()), ("number", &number.to_string())];
        for (other, name) in [(&mut bob, "bob"), (&mut with_password, "alice")] {
            other.open("/methods");
            let page = other.send("/approve", &fields);
            assert!(page.heading() == "Approve a login", "{name}: {}", page.text);
        }
        // A form from elsewhere has no token.
        let mut nobody = scene.portal.browser();
        nobody.open("/sign-in");
        assert_eq!(nobody.send("/approve", &fields).status, 403);
        // Two pages: the first answer counts.
        let first = browser.tab();
        let second = browser.new_tab();
        scene.opens_the_page();
        browser.switch_to(&first);
        let wrong = scene.numbers().into_iter().find(|&one| one != number).expect("three");
        assert_eq!(scene.chooses(wrong), "That was another number");
        browser.switch_to(&second);
        assert_eq!(scene.chooses(number), "That login waits no longer");
        *seen.borrow_mut() = (request, number);
    });
    is_refused(&login);
    assert_eq!(site.last_login().reason, "wrong-number");
    let expected = ["no-passkey", "no-passkey", "wrong-number", "approval-over"];
    assert_eq!(scene.answers(), expected);
}

#[test]
fn an_answer_comes_too_late_once_the_terminal_is_closed() {
    let scene = Scene::new(Backend::Embedded);
    let sshd = scene.site.sshd(SshdOptions::default());
    scene.opens_the_page();
    let typist = Typist::new(&scene.site.world, &format!("exec {}", scene.ssh(&sshd)));
    let typist = typist.answer("Password: ", "secret").answer(CODE, "");
    let login = typist
        .answer_with("then press Enter: ", |screen| {
            scene.opens_the_page();
            assert!(scene.numbers().contains(&number_on(screen)));
            // Ctrl-C.
            "\u{3}".to_owned()
        })
        .run();
    assert_ne!(login.status, Status::Code(0), "{login:?}");
    scene.site.world.wait_for_log(|line| line.text.contains("verdict=abandoned"));
    let number = scene.numbers()[0];
    assert_eq!(scene.chooses(number), "That login waits no longer");
    assert_eq!(scene.answers(), ["approval-over"]);
}

/// The questions, and an answer after the same time, with a wrong password, for nobody, and without a passkey.
#[test]
fn strangers_and_wrong_passwords_see_the_same_screens() {
    let scene = Scene::new(Backend::Embedded);
    let sshd = scene.site.sshd(SshdOptions::default());
    scene.site.user_with_device("bob", "geheim");
    for user in ["bob", "nobody-here"] {
        scene.site.world.add_system_user(user);
    }
    scene.opens_the_page();
    let mut screens = Vec::new();
    for (user, password, reason) in [
        ("alice", "wrong", "wrong-password"),
        ("bob", "geheim", "no-passkey"),
        ("nobody-here", "secret", "unknown-user"),
        ("alice", "secret", "not-approved"),
    ] {
        let login = log_in(&scene.site.world, &ssh_of(&sshd, user), password, |_| {
            scene.opens_the_page();
            let waits = scene.browser.text("h1") == "Is this you logging in?";
            assert_eq!(waits, reason == "not-approved", "{user} {password}");
        });
        is_refused(&login);
        assert_eq!(scene.site.last_login().reason, reason);
        let text = login.text().replace(&format!("({user}@127.0.0.1) "), "").replace(user, "USER");
        screens.push(text.replace(|c: char| c.is_ascii_digit(), "#"));
    }
    screens.dedup();
    assert_eq!(screens.len(), 1, "{screens:#?}");
}
