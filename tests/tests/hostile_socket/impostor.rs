//! Somebody else in the engine's place: nothing that was typed may reach him, and his yes is worth
//! nothing.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use monk_tests::clients::PamAnswer;
use monk_tests::site::{Backend, Running, Site, monk_socket};
use monk_tests::{Status, figures};
use monk_wire::frame::{self, MAX_REPLY};
use monk_wire::{Reply, VERSION};

use crate::{BOB, QUICK};

/// Where bob can make what he likes.
const DEN: &str = "/home/den";

/// An engine of bob's, which says yes to everything and keeps what it hears.
struct Impostor {
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Impostor {
    /// Listens at `path` until the test ends.
    #[track_caller]
    fn listen(site: &Site, uid: u32, path: &str) -> Self {
        let bind = || UnixListener::bind(path).expect("bob may make a socket there");
        let listener = site.world.inside_as(uid, bind);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        let yes = frame::encode(
            &Reply::Granted { forward: None, notice: None, new_password: false },
            VERSION,
            MAX_REPLY,
        );
        let yes = yes.expect("a short reply");
        thread::spawn(move || {
            for mut caller in listener.incoming().map_while(Result::ok) {
                let _ = caller.set_read_timeout(Some(Duration::from_secs(1)));
                let mut said = [0; 4096];
                if let Ok(length @ 1..) = caller.read(&mut said) {
                    kept.lock().expect("nobody panics with it").extend(&said[..length]);
                    let _ = caller.write_all(&yes);
                }
            }
        });
        Self { heard }
    }

    #[track_caller]
    fn has_heard_nothing(&self) {
        assert_eq!(self.heard.lock().expect("nobody panics with it").len(), 0);
    }
}

fn shell(site: &Site, command: &str) {
    site.world.command("sh").args(["-c", command]).run().expect_success();
}

/// A site without a resident engine, in whose place somebody else can put things.
fn given_bob() -> Site {
    let site = Site::with_settings(Backend::Embedded, Running::OneShot, QUICK);
    site.world.command("useradd").args(["--uid", "5001", "bob"]).run().expect_success();
    site.world.add_system_user("carol");
    site.add_user("alice", "secret");
    site.pam_service("imap", "");
    shell(&site, &format!("mkdir -p -m 0755 /run/monk {DEN}; chown bob {DEN}"));
    site
}

/// Root's programs start an engine of their own; everybody else's have no answer.
#[track_caller]
fn is_not_believed(site: &Site, place: &str) {
    let wrong = || site.pam("imap", "alice").types("CanaryPassword");
    let root = wrong().authenticate();
    assert_eq!(root.answer, PamAnswer::AuthErr, "{place}: {}", root.shown);
    let carol = wrong().as_user("carol").authenticate();
    assert_eq!(carol.answer, PamAnswer::AuthInfoUnavail, "{place}: {}", carol.shown);
    let enroll = site.world.command("monk-enroll").args(["--json", "status", "carol"]);
    let status = enroll.as_user("carol").run();
    assert_eq!(status.status, Status::Code(7), "{place}: {status}");
    // Root's own is told by an engine that was started for it, where alice is known.
    site.enroll(&["status", "alice"]);
}

#[test]
fn given_another_users_socket_in_the_place_of_the_engines_nothing_is_said_to_it() {
    let site = given_bob();
    let socket = monk_socket();
    let den = format!("{DEN}/monkd.sock");
    let impostor = Impostor::listen(&site, BOB, &den);
    shell(&site, &format!("chmod 0666 {den}"));

    shell(&site, &format!("ln -s {den} {socket}"));
    is_not_believed(&site, "a link to bob's socket");
    impostor.has_heard_nothing();

    shell(&site, &format!("rm {socket}; mv {den} {socket}"));
    is_not_believed(&site, "bob's socket in root's folder");
    impostor.has_heard_nothing();

    shell(&site, "chown -h root:root /run/monk/monkd.sock");
    is_not_believed(&site, "bob's socket, given to root");
    impostor.has_heard_nothing();

    shell(&site, "rm -r /run/monk; ln -s /home/den /run/monk");
    let impostor = Impostor::listen(&site, BOB, &den);
    shell(&site, &format!("chmod 0666 {den}"));
    is_not_believed(&site, "a link to bob's folder");
    impostor.has_heard_nothing();
    figures::row(
        "hostile",
        &[
            "the engine's socket replaced by another user's, and by links",
            "0 bytes said to it",
            "0",
        ],
    );
}

#[test]
fn given_a_folder_that_others_can_write_or_have_made_nothing_is_said_there() {
    let site = given_bob();
    for (place, prepare) in [
        ("/run/monk/monkd.sock", "chmod 0777 /run/monk"),
        // Root's settings name a place that bob was the first to make.
        ("/tmp/monk/monkd.sock", "mkdir -m 0755 /tmp/monk; chown bob /tmp/monk"),
    ] {
        shell(&site, prepare);
        let impostor = Impostor::listen(&site, BOB, place);
        shell(&site, &format!("chmod 0666 {place}"));
        site.pam_service("imap", &format!("socket={place}"));
        let wrong = || site.pam("imap", "alice").types("CanaryPassword");
        assert_eq!(wrong().authenticate().answer, PamAnswer::AuthErr, "{place}");
        let carol = wrong().as_user("carol").authenticate();
        assert_eq!(carol.answer, PamAnswer::AuthInfoUnavail, "{place}");
        impostor.has_heard_nothing();
    }
}

#[test]
fn given_something_that_is_no_socket_in_its_place_no_login_hangs() {
    let site = given_bob();
    let socket = monk_socket();
    for prepare in ["mkfifo", "mkdir", "touch", "ln -s /nonexistent", "ln -s /dev/zero"] {
        shell(&site, &format!("{prepare} {socket}"));
        is_not_believed(&site, prepare);
        shell(&site, &format!("rm -r {socket}"));
    }
    // The engine does not start over it, either, and removes nothing.
    shell(&site, &format!("touch {socket}"));
    let said = site.world.command("monkd").timeout(Duration::from_secs(10)).run();
    assert_eq!(said.status, Status::Code(1), "{said}");
    assert!(said.stderr.contains("is in the way, and no socket"), "{said}");
    assert!(site.world.exists(socket));
}
