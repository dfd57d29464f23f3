//! What hosts of a fleet, and engines that die, make of approvals.

use monk_tests::site::Backend;
use monk_tests::{SshdOptions, Status, Typist};

use super::scene::{CODE, SUDO, Scene, is_in, is_refused, number_on};

/// Two hosts and one directory: the portal's host answers for the other one, and one login goes on.
#[test]
fn of_two_hosts_of_a_fleet_one_login_is_approved_on_the_portal_s_host() {
    let scene = Scene::new(Backend::Ldap);
    let site = &scene.site;
    let other = site.another_host("web2");
    site.count_apart(&other);
    let _engine = site.start_engine_of(&other);
    let sshd = site.sshd(SshdOptions::default());
    let socket = other.socket.display();
    let module = site.world.read("/etc/pam.d/sshd");
    let rules: String = module
        .lines()
        .map(|line| match line.contains("pam_monk.so") {
            true => format!("{line} socket={socket}\n"),
            false => format!("{line}\n"),
        })
        .collect();
    assert_ne!(module, rules);
    site.world.write("/etc/pam.d/sshd", rules, 0o644);
    scene.opens_the_page();
    let login = scene.logs_in(&scene.ssh(&sshd), |number| {
        scene.opens_the_page();
        assert!(scene.browser.text("dl.facts").contains("ssh"));
        // Meanwhile somebody else tries, with sudo on the first host: it gets no page of its own.
        let second = scene.logs_in(SUDO, |_| scene.opens_the_page());
        is_refused(&second);
        assert_eq!(site.last_login().reason, "approval-waits");
        scene.opens_the_page();
        assert_eq!(scene.chooses(number), "Back to your terminal");
    });
    assert!(is_in(&login, "alice"), "{login:?}");
    let granted: Vec<_> =
        site.logins().into_iter().filter(|line| line.verdict == "granted").collect();
    let approved = granted.iter().filter(|line| line.reason == "approval");
    assert_eq!(approved.count(), 1, "{granted:?}");
}

/// The engine dies between the approval and the Enter: nobody is let in by what was approved, then or later.
#[test]
fn an_approval_ends_with_the_engine_that_has_asked_for_it() {
    let scene = Scene::new(Backend::Embedded);
    let sshd = scene.site.sshd(SshdOptions::default());
    scene.opens_the_page();
    let typist = Typist::new(&scene.site.world, &scene.ssh(&sshd));
    let typist = typist.answer("Password: ", "secret").answer(CODE, "");
    let login = typist
        .answer_with("then press Enter: ", |screen| {
            scene.opens_the_page();
            assert_eq!(scene.chooses(number_on(screen)), "Back to your terminal");
            scene.site.kill_engine();
            scene.site.start_engine();
            String::new()
        })
        .run();
    assert_ne!(login.status, Status::Code(0), "{login:?}");
    let next = scene.logs_in(&scene.ssh(&sshd), |_| {});
    is_refused(&next);
    assert_eq!(scene.site.last_login().reason, "approval-waits", "until its two minutes are over");
}
