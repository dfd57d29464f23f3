//! Many people at once.

use std::time::Duration;

use monk_terms::verdict::Grant;

use super::*;

/// Sessions of others.
const MANY: usize = 10_000;

/// What they may take of the memory: some hundred bytes each, and the table is half empty.
const MEMORY: usize = 8 * 1024 * 1024;

/// Memory of this process, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn of_somebody(number: usize) -> Session {
    let (name, id) = (format!("user{number}"), format!("id-of-user{number}"));
    Session::new(name, id, Some("a generation".to_owned()), Grant::Totp, Instant::now())
}

#[tokio::test]
async fn ten_thousand_sessions_take_little_and_end_nobody_elses() {
    let house = House::new("").await;
    let code = house.invited("alice").await;
    let alice = house.signed_in("alice", &format!("alice-secret;{code}")).await;
    let lives = Lives { idle: Duration::from_secs(600), most: Duration::from_secs(3600) };
    let sessions = &house.engine.portal.sessions;
    let before = resident();
    let tokens: Vec<_> =
        (0..MANY).map(|number| sessions.open(of_somebody(number), lives)).collect();
    let took = resident().saturating_sub(before);
    assert!(took <= MEMORY, "{took} bytes");
    assert!(tokens.iter().all(|token| sessions.of(token, lives, Instant::now()).is_some()));
    // She is among them, and is asked and answered as before.
    assert_eq!(house.overview(&alice).await.status.user, "alice");

    // Another ten thousand are too many. Those go that were not used for longest, and she was here just now.
    let more: Vec<_> =
        (MANY..2 * MANY).map(|number| sessions.open(of_somebody(number), lives)).collect();
    assert_eq!(house.overview(&alice).await.status.user, "alice");
    assert!(more.iter().all(|token| sessions.of(token, lives, Instant::now()).is_some()));
    let ended =
        tokens.iter().filter(|token| sessions.of(token, lives, Instant::now()).is_none()).count();
    assert_eq!(ended, 1, "one for hers");
    assert!(sessions.of(&tokens[0], lives, Instant::now()).is_none(), "the oldest one");
}
