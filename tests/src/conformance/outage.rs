//! What a program makes of a monk that cannot decide.

use super::{Door, TABLE};
use crate::figures;
use crate::site::Site;

/// Where monk writes down what was used.
const STATE: &str = "/var/lib/monk";

/// What the figures call it.
const NAME: &str = "disk full; then not";

/// Room for what is there and a little more, and room enough.
const SIZES: [&str; 2] = ["16m", "100m"];

/// Fills the disk on which the use of a code would be recorded: the right code opens nothing at
/// `door`, and is good again as soon as there is room.
///
/// # Panics
/// When the client got in, or the code was lost.
#[track_caller]
pub fn outage(site: &Site, door: &dyn Door) {
    site.write_settings("");
    site.reload_if_resident();
    if door.about().needs_account {
        site.world.add_system_user("outage");
    }
    let phone = site.user_with_device("outage", "pass;word");
    let typed = format!("pass;word;{}", phone.code());
    let log_in = || door.log_in(site, "outage", &typed, None);
    resize(site, SIZES[0]);
    let fill = format!("cat /dev/zero >{STATE}/filler");
    assert!(!site.world.command("sh").args(["-c", &fill]).run().success(), "a disk has an end");
    if site.is_resident() {
        let (is_in, line) = site.audited(log_in);
        assert!(!is_in && line.verdict == "unavailable", "{}\n{}", line.text, door.log());
    } else {
        // An engine that cannot open its files ends before there is a login to write down.
        let before = site.logins().len();
        assert!(!log_in() && site.logins().len() == before, "{}", door.log());
    }
    site.world.remove(format!("{STATE}/filler"));
    resize(site, SIZES[1]);
    let (is_in, line) = site.audited(log_in);
    assert!(is_in && line.reason == "totp", "{}\n{}", line.text, door.log());
    figures::row(TABLE, &[NAME, door.about().name, "unavailable, then granted: totp"]);
}

#[track_caller]
fn resize(site: &Site, size: &str) {
    let options = format!("remount,size={size}");
    site.world.command("mount").args(["-o", &options, STATE]).run().expect_success();
}
