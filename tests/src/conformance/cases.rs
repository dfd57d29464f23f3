//! The cases.

use super::{Door, Person};
use crate::site::{Site, refusal};

/// What a user has enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// Nothing.
    Nothing,
    /// A device.
    Device,
    /// A device, and backup codes.
    BackupCodes,
    /// A device, and an app password for the service.
    AppPassword,
    /// A device, and an app password for another service.
    AppPasswordElsewhere,
    /// A device, and a place in the group `staff`.
    Member,
    /// A device, in an account that is switched off.
    Disabled,
    /// A device, in an account whose time is over.
    Expired,
    /// A device and an app password for the service, in an account whose password has to be changed first.
    MustChangeWithAppPassword,
    /// There is no such user.
    NoUser,
}

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// `PASSWORD;CODE` with the device's code.
    PasswordAndCode,
    /// The same, twice: the second login counts. What is remembered is bound to an address, so
    /// where the program states none, the second one is a replay.
    TheSameRemembered,
    /// The same, twice: the second login counts.
    TheSameCodeTwice,
    /// `PASSWORDCODE`.
    Together,
    /// A wrong password with the right code. Afterwards the code must still be good.
    WrongPasswordRightCode,
    /// The right password with a wrong code.
    WrongCode,
    /// The password, and nothing else.
    Password,
    /// The password, and the code on a second screen.
    SecondScreen,
    /// The password, and a wrong code on a second screen.
    WrongSecondScreen,
    /// `PASSWORD;CODE` with a backup code.
    BackupCode,
    /// The app password.
    AppPassword,
}

/// What has to come of it, with the reason in the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The client is in.
    Granted(&'static str),
    /// It is not.
    Refused(&'static str),
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What it shows, as people say it.
    pub name: &'static str,
    /// What the user has enrolled.
    pub enrolled: Enrolled,
    /// The policy of the service, in lines of the settings; empty for the default.
    pub policy: &'static str,
    /// What is typed.
    pub typing: Typing,
    /// What has to come of it.
    pub verdict: Verdict,
}

const fn case(
    name: &'static str,
    enrolled: Enrolled,
    policy: &'static str,
    typing: Typing,
    verdict: Verdict,
) -> Case {
    Case { name, enrolled, policy, typing, verdict }
}

const WHEN_ENROLLED: &str = "mfa = \"when-enrolled\"";
const OFF: &str = "mfa = \"off\"";
const TOGETHER: &str = "separator = \"optional\"";
const ONLY_APPS: &str = "password = \"app-passwords-only\"";
const NO_PROMPT: &str = "prompt = \"never\"";
const GRACE: &str = "grace_days = 14";
const STAFF_ONLY: &str = "groups = [\"board\", \"Staff\"]";
const REMEMBER: &str = "remember_minutes = 10";

/// All cases; those of one policy stand together.
pub const ALL: &[Case] = {
    use Enrolled::{
        AppPassword, AppPasswordElsewhere, BackupCodes, Device, Disabled, Expired, Member,
        MustChangeWithAppPassword, NoUser, Nothing,
    };
    use Verdict::{Granted, Refused};
    &[
        case("password;code", Device, "", Typing::PasswordAndCode, Granted("totp")),
        case("the same code again", Device, "", Typing::TheSameCodeTwice, Refused("replayed-code")),
        case(
            "wrong password, right code",
            Device,
            "",
            Typing::WrongPasswordRightCode,
            Refused("wrong-password"),
        ),
        case("right password, wrong code", Device, "", Typing::WrongCode, Refused("wrong-code")),
        case("password;backup code", BackupCodes, "", Typing::BackupCode, Granted("backup-code")),
        case("app password", AppPassword, "", Typing::AppPassword, Granted("app-password")),
        case(
            "app password of another service",
            AppPasswordElsewhere,
            "",
            Typing::AppPassword,
            Refused("app-password-scope"),
        ),
        case("code on a second screen", Device, "", Typing::SecondScreen, Granted("totp")),
        case(
            "wrong code on a second screen",
            Device,
            "",
            Typing::WrongSecondScreen,
            Refused("wrong-code"),
        ),
        case("unknown user", NoUser, "", Typing::PasswordAndCode, Refused("unknown-user")),
        case("account switched off", Disabled, "", Typing::PasswordAndCode, Refused("disabled")),
        case("account past its end", Expired, "", Typing::PasswordAndCode, Refused("expired")),
        case(
            "app password, password to be changed",
            MustChangeWithAppPassword,
            "",
            Typing::AppPassword,
            Refused("must-change"),
        ),
        case("nothing enrolled", Nothing, "", Typing::Password, Refused("not-enrolled")),
        case(
            "password alone, no second screen",
            Device,
            NO_PROMPT,
            Typing::Password,
            Refused("code-missing"),
        ),
        case(
            "when-enrolled: nothing enrolled",
            Nothing,
            WHEN_ENROLLED,
            Typing::Password,
            Granted("password"),
        ),
        case(
            "when-enrolled: password;code",
            Device,
            WHEN_ENROLLED,
            Typing::PasswordAndCode,
            Granted("totp"),
        ),
        case("mfa off: password", Device, OFF, Typing::Password, Granted("password")),
        case(
            "mfa off: a wrong code all the same",
            Device,
            OFF,
            Typing::WrongCode,
            Refused("wrong-code"),
        ),
        case("passwordcode, where allowed", Device, TOGETHER, Typing::Together, Granted("totp")),
        case(
            "app passwords only: app password",
            AppPassword,
            ONLY_APPS,
            Typing::AppPassword,
            Granted("app-password"),
        ),
        case(
            "app passwords only: password;code",
            Device,
            ONLY_APPS,
            Typing::PasswordAndCode,
            Refused("app-password-needed"),
        ),
        case("in grace: nothing enrolled", Nothing, GRACE, Typing::Password, Granted("grace")),
        case("in grace: a device", Device, GRACE, Typing::PasswordAndCode, Granted("totp")),
        case("in the group", Member, STAFF_ONLY, Typing::PasswordAndCode, Granted("totp")),
        case("in no group", Device, STAFF_ONLY, Typing::PasswordAndCode, Refused("not-in-group")),
        case(
            "in no group: app password",
            AppPassword,
            STAFF_ONLY,
            Typing::AppPassword,
            Refused("not-in-group"),
        ),
        case(
            "remembered: the same code again",
            Device,
            REMEMBER,
            Typing::TheSameRemembered,
            Granted("remembered"),
        ),
    ]
};

impl Case {
    /// Whether it makes sense at `door`: second screens do only where there are some.
    #[must_use]
    pub fn applies_to(&self, door: &dyn Door) -> bool {
        !matches!(self.typing, Typing::SecondScreen | Typing::WrongSecondScreen)
            || door.about().shows_screens
    }

    /// Adds the user of this case. Its password has a `;` in it, as passwords may.
    #[track_caller]
    pub(super) fn enrol(&self, site: &Site, door: &dyn Door, number: usize) -> Person {
        let mut person = Person {
            name: format!("user{number}"),
            password: format!("pass;word{number}"),
            phone: None,
            backup_codes: Vec::new(),
            app_password: None,
        };
        if door.about().needs_account {
            site.world.add_system_user(&person.name);
        }
        if self.enrolled == Enrolled::NoUser {
            return person;
        }
        site.add_user(&person.name, &person.password);
        if self.enrolled == Enrolled::Nothing {
            return person;
        }
        person.phone = Some(site.device(&person.name, "Phone"));
        let app_password = |scope| site.app_password(&person.name, "App", &["--scope", scope]);
        match self.enrolled {
            Enrolled::AppPassword => person.app_password = Some(app_password(door.about().service)),
            Enrolled::AppPasswordElsewhere => person.app_password = Some(app_password("elsewhere")),
            Enrolled::BackupCodes => person.backup_codes = site.backup_codes(&person.name),
            Enrolled::Member => {
                site.enroll(&["group", "add", "staff", &person.name]);
            }
            Enrolled::Disabled => {
                site.enroll(&["user", "disable", &person.name]);
            }
            Enrolled::Expired => {
                site.enroll(&["user", "expire", &person.name, "--at", "2020-01-01"]);
            }
            Enrolled::MustChangeWithAppPassword => {
                person.app_password = Some(app_password(door.about().service));
                site.enroll(&["user", "expire", &person.name, "--password"]);
            }
            Enrolled::Nothing | Enrolled::Device | Enrolled::NoUser => {}
        }
        person
    }

    /// Types it, and compares: what was seen, or what was wrong about it.
    #[track_caller]
    pub(super) fn carry_out(
        &self,
        site: &Site,
        door: &dyn Door,
        person: &Person,
    ) -> Result<String, String> {
        let code = || person.phone.as_ref().map_or("123456".to_owned(), |phone| phone.code());
        let password = &person.password;
        let (mut second, mut verdict) = (None, self.verdict);
        let first = match self.typing {
            Typing::PasswordAndCode => format!("{password};{}", code()),
            Typing::TheSameCodeTwice => {
                let typed = format!("{password};{}", code());
                self.compare(site, door, person, &typed, None, Verdict::Granted("totp"))?;
                typed
            }
            Typing::TheSameRemembered => {
                let typed = format!("{password};{}", code());
                self.compare(site, door, person, &typed, None, Verdict::Granted("totp"))?;
                if site.last_login().address == "-" {
                    verdict = Verdict::Refused("replayed-code");
                }
                typed
            }
            Typing::Together => format!("{password}{}", code()),
            Typing::WrongPasswordRightCode => {
                let code = code();
                let wrong = format!("wrong;{code}");
                let seen = self.compare(site, door, person, &wrong, None, self.verdict)?;
                let right = format!("{password};{code}");
                self.compare(site, door, person, &right, None, Verdict::Granted("totp"))?;
                return Ok(seen);
            }
            Typing::WrongCode => format!("{password};{}", other_than(&code())),
            Typing::Password => password.clone(),
            Typing::SecondScreen => {
                second = Some(code());
                password.clone()
            }
            Typing::WrongSecondScreen => {
                second = Some(other_than(&code()));
                password.clone()
            }
            Typing::BackupCode => format!("{password};{}", person.backup_codes[0]),
            Typing::AppPassword => person.app_password.clone().expect("the case enrols one"),
        };
        self.compare(site, door, person, &first, second.as_deref(), verdict)
    }

    #[track_caller]
    fn compare(
        &self,
        site: &Site,
        door: &dyn Door,
        person: &Person,
        first: &str,
        second: Option<&str>,
        expected: Verdict,
    ) -> Result<String, String> {
        let (is_in, line) = site.audited(|| door.log_in(site, &person.name, first, second));
        let (granted, reason) = match expected {
            Verdict::Granted(reason) => (true, reason),
            Verdict::Refused(reason) => (false, reason),
        };
        let verdict = if granted { "granted" } else { refusal(reason) };
        if is_in != granted || line.verdict != verdict || line.reason != reason {
            return Err(format!(
                "expected {verdict} for {reason}, the client is {}: {}",
                if is_in { "in" } else { "out" },
                line.text
            ));
        }
        if line.service != door.about().service {
            return Err(format!("the service is {}, not {}", line.service, door.about().service));
        }
        if door.about().address.is_some_and(|address| line.address != address) {
            return Err(format!("the address is {}", line.address));
        }
        Ok(format!("{verdict}: {reason}"))
    }
}

/// A code that is not this one, nor a neighbour's by any likely accident.
fn other_than(code: &str) -> String {
    let first = code.as_bytes()[0];
    let other = if first == b'9' { b'0' } else { first + 1 };
    format!("{}{}", other as char, &code[1..])
}
