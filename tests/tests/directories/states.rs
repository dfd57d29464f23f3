//! Each means by which a directory closes an account, and each way in.

use std::fmt;
use std::time::Duration;

use monk_tests::clients::{Pam, PamAnswer};
use monk_tests::directories::{RealDirectory, State};
use monk_tests::{Status, Typist, figures, until};

use crate::scene::{HOME, Member, PASSWORD, Scene};

/// The string in the environment by which sshd says that it has accepted a key.
const KEY: &str = "publickey ssh-ed25519 AAAA";

/// How long the line of a refusal may be on its way.
const LOG_LIMIT: Duration = Duration::from_secs(10);

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    PasswordAndCode,
    SecondScreen,
    Remembered,
    AppPassword,
    KeyAndCode,
    CodeAlone,
    Account,
    SelfService,
}

impl Way {
    const ALL: [Self; 8] = [
        Self::PasswordAndCode,
        Self::SecondScreen,
        Self::Remembered,
        Self::AppPassword,
        Self::KeyAndCode,
        Self::CodeAlone,
        Self::Account,
        Self::SelfService,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::PasswordAndCode => "password;code",
            Self::SecondScreen => "second screen",
            Self::Remembered => "remembered",
            Self::AppPassword => "app password",
            Self::KeyAndCode => "key and code",
            Self::CodeAlone => "elsewhere",
            Self::Account => "account rule",
            Self::SelfService => "own change",
        }
    }
}

/// What comes of it.
#[derive(Clone, PartialEq, Eq)]
enum End {
    Opens,
    /// The account rule asks for another password first.
    WantsNewPassword,
    /// With the reason in the audit.
    Refused(String),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opens => f.write_str("opens"),
            Self::WantsNewPassword => f.write_str("new password"),
            Self::Refused(reason) => f.write_str(reason),
        }
    }
}

/// What docs/account-state.md says. `taken` is whether the directory itself takes the password.
fn documented(way: Way, state: State, taken: bool) -> End {
    let refused = || End::Refused(state.as_str().to_owned());
    match (state, way) {
        (State::Enabled, _) => End::Opens,
        (State::Disabled | State::Expired | State::Locked, _) => refused(),
        (State::PasswordExpired | State::MustChange, Way::Account) => End::WantsNewPassword,
        (State::PasswordExpired | State::MustChange, Way::KeyAndCode | Way::CodeAlone) => {
            End::Opens
        }
        (
            State::PasswordExpired | State::MustChange,
            Way::PasswordAndCode | Way::SecondScreen | Way::Remembered,
        ) if taken => End::Opens,
        (State::PasswordExpired | State::MustChange, _) => refused(),
    }
}

/// Every means of the directory and every way in end as documented. `taken` are the means after which the
/// directory goes on taking the password.
#[track_caller]
pub fn every_means_closes_every_way<D: RealDirectory>(taken: &[&str]) {
    let scene = Scene::<D>::start();
    let mut differing = Vec::new();
    let means = [("nothing", State::Enabled)].into_iter().chain(scene.directory.means().to_vec());
    for (number, (means, state)) in means.enumerate() {
        let person = Person::of(&scene, &format!("user{number}"));
        if state != State::Enabled {
            scene.directory.put(&person.member.name, means);
        }
        let ends = Way::ALL.map(|way| person.tries(&scene, way));
        for (way, end) in Way::ALL.iter().zip(&ends) {
            let expected = documented(*way, state, taken.contains(&means));
            if *end != expected {
                let way = way.name();
                differing.push(format!("{means}, {way}: {end}, and not {expected}"));
            }
        }
        let mut cells = vec![D::NAME.to_owned(), means.to_owned(), state.to_string()];
        cells.extend(ends.iter().map(End::to_string));
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        figures::row("directory states", &cells);
    }
    assert!(differing.is_empty(), "{}:\n{}", D::NAME, differing.join("\n"));
}

/// Somebody who has come in by each way before.
struct Person {
    member: Member,
    /// A string that is remembered.
    remembered: String,
}

impl Person {
    #[track_caller]
    fn of<D: RealDirectory>(scene: &Scene<D>, name: &str) -> Self {
        let member = scene.member(name);
        scene.site.world.add_system_user(name);
        let remembered = member.typed();
        assert_eq!(scene.login("webmail", name, &remembered), "totp");
        Self { member, remembered }
    }

    #[track_caller]
    fn tries<D: RealDirectory>(&self, scene: &Scene<D>, way: Way) -> End {
        let (site, member) = (&scene.site, &self.member);
        let pam = |service: &str| site.pam(service, &member.name).from(HOME);
        let login = |pam: Pam, opens: &str| {
            let (login, line) = site.audited(|| pam.authenticate());
            assert_eq!(login.answer == PamAnswer::Success, line.verdict == "granted", "{line:?}");
            match login.answer {
                PamAnswer::Success => {
                    assert_eq!(line.reason, opens, "{}", line.text);
                    End::Opens
                }
                // Like any refusal, whatever the reason.
                PamAnswer::AuthErr => End::Refused(line.reason),
                other => panic!("{other:?}: {}", line.text),
            }
        };
        match way {
            Way::PasswordAndCode => login(pam("imap").types(member.typed()), "totp"),
            Way::SecondScreen => login(pam("imap").types(PASSWORD).types(member.code()), "totp"),
            Way::Remembered => login(pam("webmail").types(&self.remembered), "remembered"),
            Way::AppPassword => login(pam("imap").types(&member.app_password), "app-password"),
            Way::KeyAndCode => {
                login(pam("key").env("SSH_AUTH_INFO_0", KEY).types(member.code()), "totp")
            }
            Way::CodeAlone => login(pam("elsewhere").types(member.code()), "totp"),
            Way::Account => self.account(scene),
            Way::SelfService => self.changes(scene),
        }
    }

    /// The account rule alone, as after a key.
    #[track_caller]
    fn account<D: RealDirectory>(&self, scene: &Scene<D>) -> End {
        let before = scene.site.world.log().len();
        let pam = scene.site.pam("account", &self.member.name).from(HOME);
        match pam.account().answer {
            PamAnswer::Success => End::Opens,
            PamAnswer::Other(said) if said.contains("new one required") => End::WantsNewPassword,
            _ => reason_since(scene, before),
        }
    }

    /// A change of one's own factors, proved as a login is.
    #[track_caller]
    fn changes<D: RealDirectory>(&self, scene: &Scene<D>) -> End {
        let before = scene.site.world.log().len();
        let name = &self.member.name;
        let line = format!("runuser -u {name} -- monk-enroll backup-codes generate");
        let typed = self.member.typed();
        let screen = Typist::new(&scene.site.world, &line).answer("Password:", &typed).run();
        match screen.status {
            Status::Code(0) => End::Opens,
            _ => reason_since(scene, before),
        }
    }
}

/// Why somebody was refused, as the audit has it after so many lines of the log.
#[track_caller]
fn reason_since<D: RealDirectory>(scene: &Scene<D>, before: usize) -> End {
    let reason = |text: &str| {
        let reason = text.split(" reason=").nth(1)?;
        Some(reason.split(' ').next().unwrap_or(reason).to_owned())
    };
    let reasons = || {
        let lines = scene.site.world.log_since(before);
        lines.iter().rev().find_map(|line| reason(&line.text))
    };
    let reason = until(LOG_LIMIT, reasons);
    End::Refused(reason.expect("a refusal has a line with its reason"))
}
