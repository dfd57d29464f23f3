//! Users who look after their own second factors, on a terminal as people do.

use monk_tests::clients::Ssh;
use monk_tests::site::{Backend, Device, Running, Setup, Site};
use monk_tests::{Screen, SshdOptions, Status, Typist, in_both_ways, in_every_setup};

/// A site with a resident engine, and alice, who has an account on the machine, too.
fn site(backend: Backend, more: &str) -> Site {
    let site = Site::with_settings(backend, Running::Resident, more);
    site.world.add_system_user("alice");
    site.add_user("alice", "secret");
    site
}

/// The enrolment code of an invitation for alice.
fn invitation(site: &Site) -> String {
    let invited = site.enroll(&["invite", "alice"]);
    invited["invited"][0]["code"].as_str().expect("a code").to_owned()
}

/// Alice types a command of `monk-enroll`.
fn alice<'a>(site: &Site, line: &str) -> Typist<'a> {
    Typist::new(&site.world, &format!("runuser -u alice -- monk-enroll {line}"))
}

/// The device whose QR code is on the screen, from the address above it.
fn scan(screen: &str) -> Device {
    let start = screen.find("otpauth://").expect("an address");
    Device::from_uri(screen[start..].split_whitespace().next().unwrap_or_default())
}

/// What was shown, where the command ended well.
#[track_caller]
fn done(screen: &Screen) -> String {
    assert_eq!(screen.status, Status::Code(0), "{}", screen.text());
    assert_eq!(screen.unasked, Vec::<String>::new(), "{}", screen.text());
    screen.text()
}

/// Alice enrols a device, with these answers to what she is asked before.
fn enrol(site: &Site, line: &str, proof: &[(&str, &str)]) -> (Screen, Option<Device>) {
    let mut device = None;
    let mut typist = alice(site, line);
    for (question, answer) in proof {
        typist = typist.answer(question, answer);
    }
    let screen = typist
        .answer_with("Type the code that it shows now", |screen| {
            let scanned = scan(screen);
            let code = scanned.confirmation();
            device = Some(scanned);
            // As apps show it.
            format!("{} {}", &code[..3], &code[3..])
        })
        .run();
    (screen, device)
}

monk_tests::in_every_store!(a_user_enrols_and_logs_in);

fn a_user_enrols_and_logs_in(backend: Backend) {
    let site = site(backend, "");
    let imap = site.imap();
    let unasked = alice(&site, "totp add").run();
    assert_eq!(unasked.status, Status::Code(3), "{}", unasked.text());
    assert!(unasked.text().contains("ask your administrator"), "{}", unasked.text());
    let code = invitation(&site);
    let proof = [("Password:", "secret"), ("Code", code.as_str())];
    let (screen, phone) = enrol(&site, "totp add", &proof);
    assert!(done(&screen).contains("alice logs in with PASSWORD;CODE"), "{}", screen.text());
    assert!(screen.text().contains("use the next code for your first login"), "{}", screen.text());
    let phone = phone.expect("a device");
    assert!(site.imap_login(&imap, "alice", &format!("secret;{}", phone.code())));

    let code = phone.code();
    let proof = [("Password:", "secret"), ("Code", code.as_str())];
    let (screen, tablet) = enrol(&site, "totp add --name Tablet", &proof);
    done(&screen);
    let tablet = tablet.expect("a device");
    assert!(site.imap_login(&imap, "alice", &format!("secret;{}", tablet.code())));

    let list = done(&alice(&site, "totp list").run());
    assert!(list.contains("Phone") && list.contains("Tablet"), "{list}");
    let code = format!("secret;{}", tablet.code());
    let made = alice(&site, "backup-codes generate").answer("Password:", &code).run();
    assert!(done(&made).contains("Each is good for one login"), "{}", made.text());
    assert!(done(&alice(&site, "backup-codes status").run()).contains("6 of 6 left"));
}

#[test]
fn without_password_or_code_nothing_changes_and_the_log_says_why() {
    let site = site(Backend::Embedded, "");
    invitation(&site);
    let wrong = alice(&site, "totp add").answer("Password:", "guess").run();
    assert_eq!(wrong.status, Status::Code(3), "{}", wrong.text());
    assert!(wrong.text().contains("nothing was changed"), "{}", wrong.text());
    site.world.wait_for_log(|line| {
        line.text.contains("proof user=alice service=monk-enroll")
            && line.text.contains("reason=wrong-password")
    });

    let phone = site.device("alice", "Phone");
    for line in
        ["totp add --name X", "totp rename Phone --to Tablet", "app-password create --name X"]
    {
        let screen = alice(&site, line)
            .answer("Password:", "secret")
            .answer("Code", &phone.wrong_code())
            .run();
        assert_eq!(screen.status, Status::Code(3), "{line}: {}", screen.text());
    }
    assert_eq!(site.enroll(&["status", "alice"])["credentials"].as_array().unwrap().len(), 1);
}

#[test]
fn a_code_that_has_proved_who_it_was_opens_nothing_more() {
    let site = site(Backend::Embedded, "");
    let imap = site.imap();
    let phone = site.device("alice", "Phone");
    let typed = format!("secret;{}", phone.code());
    done(&alice(&site, "app-password create --name Mail").answer("Password:", &typed).run());
    assert!(!site.imap_login(&imap, "alice", &typed));
    assert_eq!(site.last_login().reason, "replayed-code");
}

#[test]
fn the_last_second_factor_stays_where_logins_ask_for_one() {
    let site = site(Backend::Embedded, "");
    let phone = site.device("alice", "Phone");
    let remove = |site: &Site| {
        alice(site, "totp remove Phone")
            .answer("Remove the device", "y")
            .answer("Password:", &format!("secret;{}", phone.code()))
            .run()
    };
    let screen = remove(&site);
    assert_eq!(screen.status, Status::Code(8), "{}", screen.text());
    assert!(screen.text().contains("add another first"), "{}", screen.text());

    site.kill_engine();
    site.write_settings("[policy]\nmfa = \"when-enrolled\"\n");
    site.start_engine();
    assert!(done(&remove(&site)).contains("Phone of alice is gone"));
}

#[test]
fn an_app_password_is_shown_with_what_to_type_into_the_mail_program() {
    let more = "[enrolment]\nfirst_factor = \"password\"\nimap = \"imap.example.org:993\"\nsmtp = \"smtp.example.org:465\"\nmail_user = \"mail\"\n";
    let site = site(Backend::Embedded, more);
    let screen =
        alice(&site, "app-password create --name 'iPhone Mail' --scope imap --expires 90d")
            .answer("Password:", "secret")
            .run();
    let text = done(&screen);
    assert!(text.contains("imap.example.org") && text.contains("993"), "{text}");
    assert!(text.contains("alice@example.org"), "{text}");
    assert!(!text.contains("smtp.example.org"), "it does not open smtp: {text}");
    let list = site.enroll(&["app-password", "list", "alice"]);
    assert_eq!(list["app_passwords"][0]["services"][0], "imap", "{list}");
    assert!(!list["app_passwords"][0]["expires"].is_null(), "{list}");
}

#[test]
fn a_clock_that_is_wrong_is_told_by_how_much() {
    let site = site(Backend::Embedded, "[enrolment]\nfirst_factor = \"password\"\n");
    let screen = alice(&site, "totp add")
        .answer("Password:", "secret")
        .answer_with("Type the code that it shows now", |screen| scan(screen).old_code(6))
        .answer("The next code:", "")
        .run();
    let text = screen.text();
    assert!(text.contains("seconds behind"), "{text}");
    assert!(text.contains("It is not active yet"), "{text}");
}

fn a_user_who_was_reset_enrols_anew(setup: Setup) {
    let site = setup.site();
    let imap = site.imap();
    site.world.add_system_user("alice");
    site.add_user("alice", "secret");
    let sshd = site.sshd(SshdOptions::default());
    let phone = site.device("alice", "Phone");
    let app_password = site.app_password("alice", "Mail", &["--scope", "*"]);
    assert!(site.imap_login(&imap, "alice", &app_password));

    let reset = site.enroll(&["reset", "alice"]);
    assert_eq!(reset["removed"], 2, "{reset}");
    let code = reset["code"].as_str().expect("a code").to_owned();
    site.world
        .wait_for_log(|line| line.text.contains("reset user=alice") && line.text.contains("by=0"));
    for typed in [app_password, format!("secret;{}", phone.code()), "secret".to_owned()] {
        assert!(!site.imap_login(&imap, "alice", &typed), "{typed}");
    }

    let login = |code: &str| {
        Ssh::new(&site.world, &sshd, "alice")
            .answer("Password", "secret")
            .answer("Code", code)
            .run("true")
            .logged_in()
    };
    assert!(login(&code), "once");
    assert!(!login(&code), "and no more");
    if setup.running == Running::OneShot {
        // Programs that are not root's need a resident engine.
        site.start_engine();
    }
    let (screen, phone) =
        enrol(&site, "totp add", &[("Password:", "secret"), ("Code", code.as_str())]);
    done(&screen);
    let phone = phone.expect("a device");
    assert!(site.imap_login(&imap, "alice", &format!("secret;{}", phone.code())));
    let status = site.enroll(&["status", "alice"]);
    assert_eq!(status["credentials"].as_array().unwrap().len(), 1, "{status}");
}

in_every_setup!(a_user_who_was_reset_enrols_anew);

fn a_disabled_user_is_refused_and_a_removed_one_is_unknown(running: Running) {
    let site = Site::new(Backend::Embedded, running);
    let imap = site.imap();
    let phone = site.user_with_device("alice", "secret");
    site.enroll(&["user", "disable", "alice"]);
    assert!(!site.imap_login(&imap, "alice", &format!("secret;{}", phone.code())));
    assert_eq!(site.last_login().reason, "disabled");
    site.enroll(&["user", "enable", "alice"]);
    assert!(site.imap_login(&imap, "alice", &format!("secret;{}", phone.code())));
    site.enroll(&["user", "remove", "alice"]);
    assert!(!site.imap_login(&imap, "alice", &format!("secret;{}", phone.code())));
    assert_eq!(site.last_login().reason, "unknown-user");
}

in_both_ways!(a_disabled_user_is_refused_and_a_removed_one_is_unknown);

fn the_host_key_is_changed_while_people_log_in(setup: Setup) {
    let site = setup.site();
    let imap = site.imap();
    let phone = site.user_with_device("alice", "secret");
    let old = site.enroll(&["key", "list"])["keys"][0]["id"].as_str().unwrap().to_owned();
    let new = site.enroll(&["key", "create"])["id"].as_str().unwrap().to_owned();
    assert!(site.imap_login(&imap, "alice", &format!("secret;{}", phone.code())));
    let rotated = site.enroll(&["key", "rotate", &new]);
    assert_eq!((&rotated["sealed"], rotated["failed"].as_array().unwrap().len()), (&1.into(), 0));
    assert!(site.imap_login(&imap, "alice", &format!("secret;{}", phone.code())));
    site.enroll(&["key", "retire", &old]);
    assert!(site.imap_login(&imap, "alice", &format!("secret;{}", phone.code())));
    let keys = site.enroll(&["key", "list"]);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1, "{keys}");
    assert_eq!(keys["keys"][0]["id"].as_str(), Some(new.as_str()));
}

in_every_setup!(the_host_key_is_changed_while_people_log_in);

#[test]
fn settings_are_shown_as_they_are_in_force_and_checked_before_they_are() {
    let site =
        Site::with_settings(Backend::Embedded, Running::Resident, "[policy]\nmfa = \"off\"\n");
    let shown = site.enroll(&["config", "show"]);
    let shown = shown["settings"].as_str().unwrap();
    assert!(shown.contains("mfa = \"off\"") && shown.contains("refusal_ms"), "{shown}");
    site.enroll(&["config", "check"]);
    site.write_settings("[policy]\nmfaa = \"off\"\n");
    let (said, output) = site.try_enroll(&["config", "check"]);
    assert_eq!(output.status, Status::Code(8), "{output}");
    let message = said["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("line 2") && message.contains("did you mean `mfa`"), "{message}");
}

#[test]
fn root_says_what_a_user_is_for_hosts_and_the_user_adds_an_ssh_key() {
    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINDNlh0dRHa+riPsGunUE8Ebzd6wF3KaAo4Nm+ykPs4L";
    let site = site(Backend::Embedded, "");
    let status = site.enroll(&["status", "alice"]);
    assert_eq!((&status["uid"], &status["gid"]), (&65_536.into(), &65_536.into()), "{status}");
    site.enroll(&["group", "add", "staff", "alice", "--gid", "70001"]);
    let wanted = ["--uid", "70000", "--group", "staff", "--shell", "/bin/zsh"];
    let set = site.enroll(&[&["user", "set", "alice"], &wanted[..]].concat());
    assert_eq!((&set["uid"], &set["gid"]), (&70_000.into(), &70_001.into()), "{set}");
    let status = site.enroll(&["status", "alice"]);
    assert_eq!(
        (&status["uid"], &status["shell"]),
        (&70_000.into(), &"/bin/zsh".into()),
        "{status}"
    );
    let (said, output) = site.try_enroll(&["user", "set", "alice", "--uid", "999"]);
    assert_eq!(output.status, Status::Code(8), "{said}");

    let screen = alice(&site, &format!("user ssh-key add alice '{KEY}'"))
        .answer("Password:", "secret")
        .run();
    assert!(done(&screen).contains("is added"), "{}", screen.text());
    let keys = site.enroll(&["user", "ssh-key", "list", "alice"]);
    assert_eq!(keys["keys"][0]["key"].as_str(), Some(KEY), "{keys}");
    let keys = site.enroll(&[
        "user",
        "ssh-key",
        "remove",
        "alice",
        keys["keys"][0]["fingerprint"].as_str().unwrap(),
    ]);
    assert_eq!(keys["removed"]["key"].as_str(), Some(KEY), "{keys}");
}

#[test]
fn numbers_of_this_hosts_groups_are_left_to_them() {
    let site = site(Backend::Embedded, "");
    let groups = format!("{}devs:x:65537:\nops:x:70000:\n", site.world.read("/etc/group"));
    site.world.write("/etc/group", groups, 0o644);
    site.add_user("bob", "secret");
    assert_eq!(site.enroll(&["status", "bob"])["uid"], 65_538, "65537 is passed over");
    for command in [
        &["group", "add", "staff", "--gid", "70000"][..],
        &["user", "set", "bob", "--gid", "70000"],
    ] {
        let (said, output) = site.try_enroll(command);
        assert_eq!(output.status, Status::Code(5), "{said}");
        let message = said["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains("the group ops in /etc/group"), "{message}");
    }
    site.enroll(&["group", "add", "ops", "bob", "--gid", "70000"]);
    site.enroll(&["user", "set", "bob", "--gid", "70000"]);
}

#[test]
fn a_user_whose_new_password_is_not_taken_chooses_another_with_the_same_code() {
    let site = site(Backend::Embedded, "");
    let phone = site.device("alice", "Phone");
    let screen = alice(&site, "user passwd")
        .answer("New password for", "secret")
        .answer("same again", "secret")
        .answer("assword:", &format!("secret;{}", phone.code()))
        .answer("New password:", "newest")
        .answer("same again", "newest")
        .run();
    assert!(done(&screen).contains("has a new password"), "{}", screen.text());
}
