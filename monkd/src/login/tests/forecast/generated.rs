//! Generated logins, each on three equal engines: one with today's policy, one that reports another
//! policy, and one that enforces the other one.

use std::collections::BTreeMap;

use super::*;

/// Logins under each pair of policies.
pub(super) const LOGINS: usize = 40;

/// How many forecasts may be unknown, in a hundred. They are those in which the coming policy needs a password or a
/// code that today's does not look at.
const MOST_UNKNOWN: usize = 20;

/// A generator of numbers with a seed (SplitMix64), so that every run has the same logins.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).expect("31 bits") % end
    }

    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// What a policy says, key by key, so that one lies over another completely.
fn any_policy(numbers: &mut Numbers) -> String {
    let keys: [(&str, &[&str]); 9] = [
        ("mfa", &["\"required\"", "\"required\"", "\"when-enrolled\"", "\"off\""]),
        (
            "password",
            &[
                "\"required\"",
                "\"required\"",
                "\"required\"",
                "\"app-passwords-only\"",
                "\"skip-after-publickey\"",
                "\"elsewhere\"",
            ],
        ),
        ("prompt", &["\"auto\"", "\"auto\"", "\"never\""]),
        ("separator", &["\"required\"", "\"optional\""]),
        ("groups", &["[\"*\"]", "[\"staff\"]", "[\"staff\", \"board\"]"]),
        ("trusted_networks", &["[]", "[]", "[\"192.0.2.0/25\"]"]),
        ("grace_until", &["2020-01-01", "2020-01-01", "2999-01-01"]),
        ("remember_minutes", &["0", "5"]),
        ("app_passwords_despite", &["[]", "[\"locked\"]", "[\"password-expired\"]"]),
    ];
    let said = keys.map(|(key, values)| format!("{key} = {}\n", numbers.one(values)));
    said.concat()
}

/// What is typed as the first string.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Password,
    WrongPassword,
    WithCode,
    WithCodeJoined,
    WithWrongCode,
    WrongWithCode,
    WithBackupCode,
    CodeAlone,
    AppPassword,
    ExpiredAppPassword,
    AppPasswordOfAnother,
    ForeignAppPassword,
    Empty,
    NotTyped,
}

const STRINGS: [Kind; 15] = [
    Kind::Password,
    Kind::Password,
    Kind::WrongPassword,
    Kind::WithCode,
    Kind::WithCode,
    Kind::WithCodeJoined,
    Kind::WithWrongCode,
    Kind::WrongWithCode,
    Kind::CodeAlone,
    Kind::AppPassword,
    Kind::ExpiredAppPassword,
    Kind::AppPasswordOfAnother,
    Kind::ForeignAppPassword,
    Kind::Empty,
    Kind::NotTyped,
];

/// What is typed on a screen for a code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum OnScreen {
    RightCode,
    WrongCode,
    Nothing,
    /// As programs do that know the password alone.
    TheSame,
}

/// One login.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) number: usize,
    pub(super) typed: Kind,
    pub(super) answer: OnScreen,
    pub(super) service: &'static str,
    pub(super) user: &'static str,
    pub(super) network: &'static str,
    pub(super) state: AccountState,
    pub(super) is_enrolled: bool,
    pub(super) can_ask: bool,
    pub(super) publickey: bool,
    /// Once more the same, where the first was let in.
    pub(super) is_repeated: bool,
}

impl Attempt {
    pub(super) fn any(numbers: &mut Numbers, number: usize, service: &'static str) -> Self {
        let typed = match numbers.below(60) {
            // It takes a hash that is not cheap.
            0 => Kind::WithBackupCode,
            _ => numbers.one(&STRINGS),
        };
        let answers =
            [OnScreen::RightCode, OnScreen::RightCode, OnScreen::WrongCode, OnScreen::Nothing];
        let states = [
            AccountState::Enabled,
            AccountState::Enabled,
            AccountState::Enabled,
            AccountState::Locked,
            AccountState::Disabled,
            AccountState::MustChange,
        ];
        Self {
            number,
            typed,
            answer: if service == "imap" { OnScreen::TheSame } else { numbers.one(&answers) },
            service,
            user: numbers.one(&["alice", "alice", "alice", "alice", "bob"]),
            network: numbers.one(&["192.0.2", "198.51.100"]),
            state: numbers.one(&states),
            is_enrolled: numbers.below(3) > 0,
            can_ask: numbers.below(4) > 0,
            publickey: numbers.below(4) == 0,
            is_repeated: numbers.below(4) == 0,
        }
    }
}

/// Answers every prompt: with the first string, or with what comes for a code.
struct Person {
    first: Option<String>,
    code: Option<String>,
    has_seen_code_screen: bool,
}

impl Ask for Person {
    async fn ask(&mut self, text: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        let answer = match text.starts_with("Password") {
            true => &self.first,
            false => {
                self.has_seen_code_screen = true;
                &self.code
            }
        };
        Ok(answer.as_ref().map(|answer| Secret::new(answer.as_bytes())))
    }

    fn has_left(&mut self) -> bool {
        false
    }
}

/// An engine, and what alice has there.
pub(super) struct Stage {
    pub(super) bench: Bench,
    device: (Vec<String>, Vec<String>),
    others: Vec<String>,
    app_passwords: [String; 4],
    backup_code: String,
}

impl Stage {
    pub(super) fn set(settings: &str, group: Option<&'static str>) -> Self {
        let patient = format!("[throttle]\nfree = 1000000\n{settings}");
        let bench = Bench::with(&patient, Alice { group, ..Alice::default() });
        let enrolled = |all: &Mutex<Vec<String>>| all.lock().unwrap().clone();
        let device = (enrolled(&bench.alice.credentials), enrolled(&bench.alice.uses));
        let (good, password) = bench.new_app_password(&["imap", "sshd"], None);
        let (old, expired) = bench.new_app_password(&["imap", "sshd"], Some(1));
        let (other, out_of_scope) = bench.new_app_password(&["carddav"], None);
        let (_, foreign) = bench.new_app_password(&["imap"], None);
        let (codes, texts) = enrol::backup_codes("u1", 5, &bench.engine.keys, &mut SystemRandom);
        let author = Author { user: "u1", keys: &bench.engine.keys };
        let others = [good, old, other, codes].map(|one| one.to_record(author)).into();
        let app_passwords =
            [password, expired, out_of_scope, foreign].map(|one| one.shown().to_string());
        let backup_code = texts[0].to_string();
        Self { bench, device, others, app_passwords, backup_code }
    }

    /// Gives alice what she has before the login, whatever came before.
    pub(super) async fn prepare(&self, attempt: Attempt) {
        // What was refused before is not the same on engines with other policies.
        let forgotten = self.bench.engine.throttle.forget_refused("u1", soon()).await;
        forgotten.expect("a file of our own");
        let alice = &self.bench.alice;
        let (mut credentials, mut uses) = self.device.clone();
        if attempt.is_enrolled {
            credentials.extend(self.others.iter().cloned());
        } else {
            (credentials, uses) = (self.others[..3].to_vec(), Vec::new());
        }
        *alice.credentials.lock().unwrap() = credentials;
        *alice.uses.lock().unwrap() = uses;
        *alice.state.lock().unwrap() = attempt.state;
    }

    fn text(&self, attempt: Attempt) -> Option<String> {
        let (code, number) = (self.bench.code(), attempt.number);
        let [password, expired, out_of_scope, foreign] = self.app_passwords.clone();
        Some(match attempt.typed {
            Kind::Password => "secret".to_owned(),
            // Another one each time: the same would not be sent again.
            Kind::WrongPassword => format!("wrong{number}x"),
            Kind::WithCode => format!("secret;{code}"),
            Kind::WithCodeJoined => format!("secret{code}"),
            Kind::WithWrongCode => format!("secret;{}", wrong(&code)),
            Kind::WrongWithCode => format!("wrong{number}x;{code}"),
            Kind::WithBackupCode => format!("secret;{}", self.backup_code),
            Kind::CodeAlone => code,
            Kind::AppPassword => password,
            Kind::ExpiredAppPassword => expired,
            Kind::AppPasswordOfAnother => out_of_scope,
            Kind::ForeignAppPassword => foreign,
            Kind::Empty => String::new(),
            Kind::NotTyped => return None,
        })
    }

    /// The login: how it ends, whether a screen for a code was shown, and the forecast.
    async fn run(&self, attempt: Attempt) -> (Ending, bool, Option<Forecast>) {
        let (verdict, has_seen_code_screen) = self.verdict(attempt).await;
        (verdict.ending, has_seen_code_screen, verdict.forecast)
    }

    /// The address of the login.
    pub(super) fn address(attempt: Attempt) -> String {
        format!("{}.{}", attempt.network, attempt.number % 250)
    }

    /// How the login ends, and whether a screen for a code was shown.
    pub(super) async fn verdict(&self, attempt: Attempt) -> (Verdict, bool) {
        let typed = self.text(attempt);
        let first = typed.clone().or_else(|| Some("secret".to_owned()));
        let code = match attempt.answer {
            OnScreen::RightCode => Some(self.bench.code()),
            OnScreen::WrongCode => Some(wrong(&self.bench.code())),
            OnScreen::Nothing => Some(String::new()),
            OnScreen::TheSame => first.clone(),
        };
        let mut person = Person { first, code, has_seen_code_screen: false };
        let login = Login {
            service: attempt.service.into(),
            address: Some(Self::address(attempt)),
            can_ask: attempt.can_ask,
            publickey: attempt.publickey,
            ..login(attempt.user, typed.as_deref())
        };
        let verdict = run(&self.bench.engine, ROOT, &login, Mode::Real, &mut person).await;
        (verdict, person.has_seen_code_screen)
    }
}

fn wrong(code: &str) -> String {
    let turned = code.chars().map(|digit| if digit == '9' { '0' } else { '9' });
    turned.collect()
}

/// The settings of three engines, and whether only the coming policy remembers.
pub(super) fn any_pair(numbers: &mut Numbers, service: &str) -> ([String; 3], bool) {
    loop {
        let (today, coming) = (any_policy(numbers), any_policy(numbers));
        let section = format!("[service.{service}]\n");
        let days = "enforce = \"report\"\nenforce_from = 2999-01-01\n";
        let all = [
            format!("{section}{today}"),
            format!("{section}{coming}{days}[service.{service}.today]\n{today}"),
            format!("{section}{coming}"),
        ];
        let remembers = |policy: &str| policy.contains("remember_minutes = 5");
        if today != coming && all.iter().all(|text| Settings::parse(text).is_ok()) {
            return (all, remembers(&coming) && !remembers(&today));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_logins_end_under_enforcement_as_the_forecast_said() {
    end_as_forecast(30).await;
}

mod heavy {
    /// Two minutes: `cargo nextest run -p monkd --lib --ignore-default-filter --success-output final ten_thousand`.
    #[tokio::test(flavor = "multi_thread")]
    async fn ten_thousand_logins_end_under_enforcement_as_the_forecast_said() {
        super::end_as_forecast(250).await;
    }
}

/// Compares logins under so many pairs of policies.
async fn end_as_forecast(pairs: usize) {
    let mut numbers = Numbers(20_261_128);
    let (mut forecasts, mut compared, mut number) = (BTreeMap::<&str, usize>::new(), 0, 0);
    for _ in 0..pairs {
        let service = numbers.one(&["imap", "sshd"]);
        let (settings, remembers_later) = any_pair(&mut numbers, service);
        let group = numbers.one(&[None, Some("staff"), Some("board")]);
        let [today, report, enforced] = settings.each_ref().map(|text| Stage::set(text, group));
        for _ in 0..LOGINS {
            number += 1;
            let attempt = Attempt::any(&mut numbers, number, service);
            let stages = [&today, &report, &enforced];
            for stage in stages {
                stage.prepare(attempt).await;
            }
            for round in 0..2 {
                let what = format!("{attempt:?}, round {round}\n{}", settings[1]);
                let as_today = today.run(attempt).await;
                let (ending, has_screen, forecast) = report.run(attempt).await;
                assert_eq!((&ending, has_screen), (&as_today.0, as_today.1), "{what}");
                assert_eq!(report.bench.counts(), today.bench.counts(), "{what}");
                let forecast = forecast.unwrap_or_else(|| panic!("no forecast: {what}"));
                let asks = forecast == Forecast::AsksForCode;
                // Users who have no device press Enter at a screen that they did not see before, as it tells them.
                let answer = match attempt.answer {
                    _ if asks => OnScreen::RightCode,
                    _ if !has_screen && !attempt.is_enrolled => OnScreen::Nothing,
                    answer => answer,
                };
                let (real, shown, _) = enforced.run(Attempt { answer, ..attempt }).await;
                let agrees = match forecast {
                    Forecast::Granted => matches!(real, Ending::Granted(_)),
                    Forecast::AsksForCode => shown && matches!(real, Ending::Granted(_)),
                    Forecast::Refused(refusal) => real == refused(refusal),
                    Forecast::Unknown => true,
                };
                assert!(agrees, "forecast {forecast:?}, and it is {real:?}: {what}");
                *forecasts.entry(forecast.as_str()).or_default() += 1;
                compared += 1;
                // What was let in once comes again in the same words: a code is used then, or remembered.
                let is_let_in = |ending: &Ending| matches!(ending, Ending::Granted(_));
                let goes_on = attempt.is_repeated && ending == real && is_let_in(&ending);
                // What only the coming policy would have remembered, nobody has written down.
                if !goes_on || remembers_later {
                    break;
                }
            }
        }
        let counted = |slowed: Vec<Slowed>| slowed.len();
        assert_eq!(counted(report.bench.slowed().await), counted(today.bench.slowed().await));
    }
    assert!(compared >= pairs * LOGINS);
    let count = |word: &str| forecasts.get(word).copied().unwrap_or_default();
    assert!(count("unknown") * 100 < compared * MOST_UNKNOWN, "{forecasts:?}");
    for word in ["granted", "asks-for-code", "code-missing", "not-enrolled", "not-in-group"] {
        assert!(count(word) > 0, "{word}: {forecasts:?}");
    }
    #[expect(clippy::print_stdout, reason = "the figures of the documentation")]
    {
        println!("{compared} logins: {forecasts:?}");
    }
}
