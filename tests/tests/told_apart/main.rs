//! What somebody who guesses can find out from a refusal: neither from its words nor from its time
//! does he learn whether there is such a user, and what it was that failed.

mod timing;
mod words;

use monk_tests::site::{Backend, Device, Running, Site};

/// Why a login is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// The password is wrong: all others are compared with this.
    WrongPassword,
    /// There is no such user.
    UnknownUser,
    /// The password is right, and the code behind it is wrong.
    WrongCode,
    /// The password is right, and the user has enrolled nothing.
    NotEnrolled,
    /// The user has failed too often, and what was typed is not looked at.
    Throttled,
}

const CLASSES: [Class; 5] = [
    Class::WrongPassword,
    Class::UnknownUser,
    Class::WrongCode,
    Class::NotEnrolled,
    Class::Throttled,
];

impl Class {
    fn name(self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong password",
            Self::UnknownUser => "unknown user",
            Self::WrongCode => "wrong code",
            Self::NotEnrolled => "nothing enrolled",
            Self::Throttled => "throttled",
        }
    }

    /// The word in the audit.
    fn reason(self, form: Form) -> &'static str {
        match (self, form) {
            // Of a string that ends in a wrong code, monk cannot tell whether the rest is right.
            (Self::WrongPassword, Form::OneString) => "wrong-code",
            (Self::WrongPassword, Form::TwoScreens) => "wrong-password",
            (Self::UnknownUser, _) => "unknown-user",
            (Self::WrongCode, _) => "wrong-code",
            // Who has no device has no code either, so that the whole string is the password.
            (Self::NotEnrolled, Form::OneString) => "unexpected-code",
            (Self::NotEnrolled, Form::TwoScreens) => "not-enrolled",
            (Self::Throttled, _) => "throttled",
        }
    }

    /// The attempt of that number, which is like no other.
    fn attempt(self, number: usize, form: Form) -> Attempt {
        let (user, password) = match self {
            Self::WrongPassword => ("alice".into(), format!("wrong {number}")),
            Self::UnknownUser => (format!("nobody{number}"), format!("wrong {number}")),
            Self::WrongCode => ("alice".into(), "secret".into()),
            Self::NotEnrolled => ("bob".into(), "secret".into()),
            Self::Throttled => ("carol".into(), format!("wrong {number}")),
        };
        // Of 10^8 codes some five are right at any time.
        let code = format!("{:08}", 31 * number);
        let answers = match form {
            Form::OneString => vec![format!("{password};{code}")],
            Form::TwoScreens => vec![password, code],
        };
        Attempt { user, answers }
    }
}

/// What is typed where. Whoever guesses knows which of the two he has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `PASSWORD;CODE`
    OneString,
    /// A password, and a code on the second screen, which everybody is shown.
    TwoScreens,
}

/// What somebody tries.
#[derive(Clone)]
struct Attempt {
    user: String,
    answers: Vec<String>,
}

impl Attempt {
    fn answers(&self) -> Vec<&str> {
        self.answers.iter().map(String::as_str).collect()
    }
}

/// A site in which every class can be had without an end: only carol has failed too often.
#[track_caller]
fn given_users(backend: Backend, refusal_ms: u32) -> (Site, Device) {
    let settings = format!("[engine]\nrefusal_ms = {refusal_ms}\n[throttle]\nfree = 1000000\n");
    let site = Site::with_settings(backend, Running::Resident, &settings);
    for user in ["bob", "carol"] {
        site.add_user(user, "secret");
    }
    site.add_user("alice", "secret");
    let token = site.device_with("alice", "Token", &["--digits", "8"]);
    site.device_with("carol", "Token", &["--digits", "8"]);
    site.pam_service("imap", "");
    // One failure of carol, of which many more are made.
    site.denies(site.pam("imap", "carol").types("wrong"));
    site.world.inside(|| {
        let counters = rusqlite::Connection::open("/var/lib/monk/throttle.db");
        let counters = counters.expect("the file of the counters");
        let failures =
            "UPDATE counters SET failures = 2000000, next = at + 900 WHERE name = 'carol'";
        assert_eq!(counters.execute(failures, []).expect("the counter of carol"), 1);
    });
    for class in CLASSES {
        for form in [Form::OneString, Form::TwoScreens] {
            let Attempt { user, answers } = class.attempt(0, form);
            let login = answers.iter().fold(site.pam("imap", &user), |pam, typed| pam.types(typed));
            assert_eq!(site.denies(login), class.reason(form));
        }
    }
    (site, token)
}
