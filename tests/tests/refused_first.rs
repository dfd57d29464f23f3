//! Commands that cannot succeed are refused before anybody is asked for anything.

use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Screen, Status, Typist, in_every_setup};

/// Somebody types a command of `monk-enroll` at a terminal, and would answer nothing.
fn types(site: &Site, user: &str, line: &str) -> Screen {
    let runuser = format!("runuser -u {user} -- monk-enroll {line}");
    Typist::new(&site.world, &runuser).answer("assword", "never asked").run()
}

#[track_caller]
fn is_refused_unasked(screen: &Screen, exit: i32, words: &[&str]) {
    let text = screen.text();
    assert_eq!(screen.status, Status::Code(exit), "{text}");
    assert_eq!(screen.unasked, ["assword"], "{text}");
    for word in words {
        assert!(text.contains(word), "{word} in {text}");
    }
}

fn who_is_not_in_monk_is_told_so(setup: monk_tests::site::Setup) {
    let site = setup.site();
    if setup.running == Running::OneShot {
        // Programs that are not root's need a resident engine.
        site.start_engine();
    }
    site.world.add_system_user("bob");
    for line in ["totp add", "backup-codes generate", "app-password create --name Mail", "status"] {
        let screen = types(&site, "bob", line);
        is_refused_unasked(&screen, 4, &["monk does not know you", "ask your administrator"]);
    }
}

in_every_setup!(who_is_not_in_monk_is_told_so);

#[test]
fn what_is_for_root_is_refused_before_the_question() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    site.world.add_system_user("alice");
    site.add_user("alice", "secret");
    for line in [
        "user add bob",
        "user remove alice",
        "reset alice",
        "key rotate 00",
        "import /dev/null",
        "user import /dev/null",
        "check alice --service imap --password-stdin",
    ] {
        is_refused_unasked(&types(&site, "alice", line), 3, &["only root may do this", "sudo"]);
    }
    // Her own password she may change.
    let another = types(&site, "alice", "user passwd bob");
    is_refused_unasked(&another, 3, &["only root may name somebody else"]);
}

#[test]
fn what_is_not_there_or_taken_is_refused_before_the_question() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    site.world.add_system_user("alice");
    site.add_user("alice", "secret");
    let _phone = site.device("alice", "Phone");
    for (user, line, exit) in [
        ("root", "user passwd bob", 4),
        ("root", "user add alice", 5),
        ("root", "user remove bob", 4),
        ("root", "totp remove alice Tablet", 4),
        ("root", "totp confirm alice --name Phone", 4),
        ("root", "key retire 00", 4),
        ("alice", "totp add --name Phone", 5),
        ("alice", "totp remove Tablet", 4),
        ("alice", "app-password create --name Mail --network home", 8),
        ("alice", "email remove", 4),
    ] {
        is_refused_unasked(&types(&site, user, line), exit, &[]);
    }
}

#[test]
fn root_sets_no_password_that_is_too_short_or_that_nobody_could_log_in_with() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    site.add_user("alice", "secret");
    let set = |arguments: &[&str], password: &str| {
        let command = site.world.command("monk-enroll").args(arguments).arg("--password-stdin");
        command.stdin(format!("{password}\n")).run()
    };
    let passwd = ["user", "passwd", "alice"];
    for (password, status) in [("", 8), ("x", 8), ("1234", 8), ("k3tn-p7wq-2mzx-c9dh-v4ra", 8)] {
        for arguments in [&passwd[..], &["user", "add", "bob"]] {
            let output = set(arguments, password);
            assert_eq!(output.status, Status::Code(status), "{password:?} {output}");
        }
    }
    let imap = site.imap();
    let policy = "[policy]\nmfa = \"off\"\n";
    site.write_settings(policy);
    site.reload_engine();
    assert!(site.imap_login(&imap, "alice", "secret"), "nothing was changed");
    let forced = set(&["user", "passwd", "alice", "--force"], "x");
    assert!(forced.success(), "{forced}");
    assert!(site.imap_login(&imap, "alice", "x"));
    let noted = set(&passwd, "geheim;123456");
    assert!(noted.success() && noted.stdout.contains("after another semicolon"), "{noted}");
    for (file, is_taken) in [
        ("name,password\nbob,x\n", false),
        ("name,password\nbob,\"k3tn-p7wq-2mzx-c9dh-v4ra\"\n", false),
    ] {
        site.world.write("/root/users.csv", file, 0o600);
        let output =
            site.world.command("monk-enroll").args(["user", "import", "/root/users.csv"]).run();
        assert_eq!(output.success(), is_taken, "{output}");
    }
    site.world.write("/root/users.csv", "name,password\nbob,x\n", 0o600);
    site.enroll(&["user", "import", "--force", "/root/users.csv"]);
}
