//! Names never take a connection from a login.

use std::sync::{Arc, Condvar, Mutex};

use monkd::directory::names::Key;
use monkd::directory::{Directory, Lookup};

use super::soon;
use crate::scripted::{Request, SUCCESS, Scripted};
use crate::setup::{ALICE, Host, world};

/// More look-ups than a login's connections to one server.
const FLOOD: usize = 40;

/// A server that says nothing about uids until it is let go.
fn answer(request: &Request, gate: &(Mutex<bool>, Condvar)) -> Vec<u8> {
    if !request.is_search() {
        return Vec::new();
    }
    if request.says("uidNumber") {
        let open = gate.0.lock().expect("no panic");
        drop(gate.1.wait_while(open, |open| !*open).expect("no panic"));
        return request.done(SUCCESS, &[]);
    }
    let alice: [(&str, &[u8]); 3] =
        [("uid", b"alice"), ("employeeNumber", b"alice"), ("objectClass", b"person")];
    [request.entry(ALICE, &alice), request.done(SUCCESS, &[])].concat()
}

#[test]
fn a_flood_of_names_leaves_logins_their_connections() {
    let world = world();
    let gate: Arc<(Mutex<bool>, Condvar)> = Arc::default();
    let shared = Arc::clone(&gate);
    let server = Scripted::start(&world, move |request| answer(request, &shared));
    let host = Host::with(&world, &[&server.uri], "");
    let look_up = |number| {
        host.start(move |ldap| async move { ldap.names().user(Key::Number(number), soon()).await })
    };
    let flood: Vec<_> = (5000..).map(look_up).take(FLOOD).collect();
    let hang = || server.requests().iter().filter(|request| request.says("uidNumber")).count();
    monk_tests::until(crate::setup::DEADLINE, || (hang() > 0).then_some(())).expect("a look-up");

    assert!(matches!(host.find("alice"), Ok(Lookup::One(_))));
    assert!(hang() < FLOOD, "most of them wait here, and not at the server");
    *gate.0.lock().expect("no panic") = true;
    gate.1.notify_all();
    for look_up in flood {
        assert_eq!(host.wait(look_up), Ok(None));
    }
    drop(host);
    server.stop(&world);
}
