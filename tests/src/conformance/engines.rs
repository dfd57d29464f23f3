//! A program where no resident engine runs.

use super::Door;
use crate::site::Site;

/// The user who logs in. A program with users of its own must know her.
const ALICE: &str = "alice";

/// Her password in the directory.
const PASSWORD: &str = "secret";

/// What the log says where a program that is not root finds no engine.
const WHY: &str = "; only root may start one";

/// A program of root's, which shows screens, starts an engine for each login: it grants and
/// refuses as well as a resident one. Starts at a site without one.
///
/// # Panics
/// When a login ended otherwise.
#[track_caller]
pub fn starts_its_own(site: &Site, door: &dyn Door) {
    assert!(!site.is_resident() && door.about().shows_screens);
    if door.about().needs_account {
        site.world.add_system_user(ALICE);
    }
    let phone = site.user_with_device(ALICE, PASSWORD);
    let code = phone.code();
    let log_in = |password| door.log_in(site, ALICE, password, Some(&code));
    assert!(!log_in("wrong"), "{}", door.log());
    assert!(log_in(PASSWORD), "{}", door.log());
    assert!(!log_in(PASSWORD), "{}", door.log());
    let reasons: Vec<_> = site.logins().into_iter().map(|line| line.reason).collect();
    assert_eq!(reasons, ["wrong-password", "totp", "replayed-code"]);
}

/// A program that is not root may start no engine: it refuses, the log says why, and the code is
/// as good as before. Kills the resident engine of the site, and starts another one.
///
/// # Panics
/// When the client got in, nobody was told why, or the code was lost.
#[track_caller]
pub fn refuses_without(site: &Site, door: &dyn Door) {
    if door.about().needs_account {
        site.world.add_system_user(ALICE);
    }
    let phone = site.user_with_device(ALICE, PASSWORD);
    let typed = format!("{PASSWORD};{}", phone.code());
    let log_in = || door.log_in(site, ALICE, &typed, None);
    site.kill_engine();
    assert!(!log_in(), "{}", door.log());
    site.world.wait_for_log(|line| line.text.contains(WHY));
    assert!(site.logins().is_empty());
    // The same code is good as soon as an engine runs.
    site.start_engine();
    let (is_in, _) = site.audited(log_in);
    assert!(is_in, "{}", door.log());
}
