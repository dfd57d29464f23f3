//! One table of cases, and the programs it is run through.
//!
//! A [`Door`] is a host program with its real client. A [`Case`] says what a user has enrolled,
//! what the policy asks, what is typed, and what has to come of it: whether the client gets in, and
//! the reason in the audit. [`run`] carries out all cases ([`cases::ALL`]) at one door, each with a
//! user of its own, and writes down what came of each.

pub mod cases;
mod engines;
mod outage;

use crate::figures;
use crate::site::{Device, Site};

pub use cases::{Case, Enrolled, Typing, Verdict};
pub use engines::{refuses_without, starts_its_own};
pub use outage::outage;

/// The name of the table in the figures.
pub const TABLE: &str = "programs";

/// What there is to know of a host program.
#[derive(Clone, Copy, Debug, Default)]
pub struct About {
    /// What people call it: `Dovecot IMAP`.
    pub name: &'static str,
    /// Its PAM service.
    pub service: &'static str,
    /// The address that it has to hand on to PAM, where it has to hand on one.
    pub address: Option<&'static str>,
    /// Whether a person at it can be asked a second question. Where not, everything comes in one
    /// string.
    pub shows_screens: bool,
    /// Whether its users need an account of the machine.
    pub needs_account: bool,
}

/// A host program with its real client.
pub trait Door {
    /// Which program.
    fn about(&self) -> About;

    /// Logs in with the real client: `first` is what is typed where a password is asked for, and
    /// `second` what is answered if another question comes. Whether the client is in.
    ///
    /// Anything but a login or a clear refusal is a failure of the test, and panics.
    fn log_in(&self, site: &Site, user: &str, first: &str, second: Option<&str>) -> bool;

    /// What the program has logged, for a test that failed.
    fn log(&self) -> String {
        String::new()
    }
}

/// A user who has what a case says is enrolled.
pub struct Person {
    /// The login name.
    pub name: String,
    /// The directory password.
    pub password: String,
    /// The device, where there is one.
    pub phone: Option<Device>,
    /// Backup codes, where there are some.
    pub backup_codes: Vec<String>,
    /// The app password, where there is one.
    pub app_password: Option<String>,
}

/// Carries out every case at `door`. The site's settings are written anew for each policy.
///
/// # Panics
/// After all cases, when the outcome of one was not the expected one: all of those are named.
#[track_caller]
pub fn run(site: &Site, door: &dyn Door) {
    let mut wrong = Vec::new();
    let mut policy = None;
    for (number, case) in cases::ALL.iter().enumerate() {
        if !case.applies_to(door) {
            figures::row(TABLE, &[case.name, door.about().name, "–"]);
            continue;
        }
        if policy != Some(case.policy) {
            policy = Some(case.policy);
            let section = match case.policy {
                "" => String::new(),
                lines => format!("[service.{}]\n{lines}\n", door.about().service),
            };
            site.write_settings(&section);
            site.reload_if_resident();
        }
        let person = case.enrol(site, door, number);
        match case.carry_out(site, door, &person) {
            Ok(seen) => figures::row(TABLE, &[case.name, door.about().name, &seen]),
            Err(why) => {
                figures::row(TABLE, &[case.name, door.about().name, "FAILED"]);
                wrong.push(format!("{}: {why}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}\n{}", door.about().name, wrong.join("\n"), door.log());
}
