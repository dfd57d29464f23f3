//! Whatever was checked and missed counts, and a success takes back only what it proved.

use monk_terms::proof::Proof;
use tokio::task::JoinHandle;

use super::*;

/// Where nobody has logged in before.
fn at(service: &str, typed: &str) -> Login {
    Login { service: service.into(), ..login("alice", Some(typed)) }
}

impl Bench {
    /// Failures at a proof under a scope.
    async fn failures(&self, scope: &str, proof: Proof) -> u32 {
        let slowed = self.slowed().await;
        let one = slowed.iter().find(|one| one.scope == scope && one.proof == proof.as_str());
        one.map_or(0, |one| one.failures)
    }

    /// Codes that are wrong now and for the next minutes.
    fn wrong_codes(&self) -> impl Iterator<Item = String> + use<> {
        let now = clock::now();
        let near: Vec<String> =
            (0..40).map(|n| self.seed.code_at(Parameters::default(), now + n * 30 - 300)).collect();
        (0..).map(|n: u32| format!("{:06}", 100_000 + n * 7)).filter(move |c| !near.contains(c))
    }

    /// How many of these logins were looked at: the others were refused for what came before.
    async fn looked_at(&self, logins: impl Iterator<Item = Login>) -> usize {
        let mut count = 0;
        for login in logins {
            match self.login_as(ROOT, &login, &[]).await.0 {
                Ending::Refused(Refusal::Throttled) => {}
                Ending::Refused(_) => count += 1,
                other => panic!("{other:?}"),
            }
        }
        count
    }

    fn app_password(&self, services: &[&str]) -> String {
        let (credential, password) = self.new_app_password(services, None);
        self.enrol(&credential);
        password.shown().to_string()
    }
}

/// Free guesses, and one or two for which a slow test has waited long enough.
const FEW: std::ops::RangeInclusive<usize> = 10..=14;

#[tokio::test]
async fn cycling_a_few_codes_is_slowed_like_any_other_guessing() {
    let bench = Bench::new("");
    let codes: Vec<_> = bench.wrong_codes().take(8).collect();
    let mut steps_seen = 0;
    let mut before = clock::now() / 30;
    // Within one step, the eight count once each; in the next one, again.
    for _ in 0..40 {
        for code in &codes {
            let ending = bench.login("alice", &format!("secret;{code}")).await;
            assert!(matches!(ending, Ending::Refused(Refusal::WrongCode | Refusal::Throttled)));
        }
        let step = clock::now() / 30;
        steps_seen += u32::from(step != before);
        before = step;
    }
    let failures = bench.failures("user", Proof::Code).await;
    assert!((8..=8 + 8 * steps_seen).contains(&failures), "{failures} in {steps_seen} more steps");
}

#[tokio::test]
async fn a_weaker_login_takes_back_no_failure_of_a_code() {
    let settings = "[service.imap]\nmfa = \"off\"\n";
    let bench = Bench::new(settings);
    assert_eq!(bench.login("alice", "secret").await, Ending::Granted(Grant::Password));
    let mut looked_at = 0;
    let codes: Vec<_> = bench.wrong_codes().take(90).collect();
    for chunk in codes.chunks(9) {
        let guesses = chunk.iter().map(|code| at("sshd", &format!("secret;{code}")));
        looked_at += bench.looked_at(guesses).await;
        let _ = bench.login("alice", "secret").await;
    }
    assert!(FEW.contains(&looked_at), "{looked_at}");
}

#[tokio::test]
async fn an_app_password_takes_back_no_failure_of_a_password_and_makes_no_network_known_for_it() {
    let bench = Bench::new("");
    let app = bench.app_password(&["imap"]);
    let mut looked_at = 0;
    for round in 0..10 {
        assert_eq!(bench.login("alice", &app).await, Ending::Granted(Grant::AppPassword));
        let guesses = (0..9).map(|n| at("sshd", &format!("guess-{round}-{n};123456")));
        looked_at += bench.looked_at(guesses).await;
    }
    assert!(FEW.contains(&looked_at), "{looked_at}");
    assert_eq!(bench.failures("known", Proof::Password).await, 0, "the network is not known");
    let app = bench.login("alice", &app).await;
    assert_eq!(app, Ending::Granted(Grant::AppPassword), "the phone goes on");
}

#[tokio::test]
async fn a_trusted_network_and_a_key_take_back_nothing() {
    let trusted = "[service.imap]\ntrusted_networks = [\"192.0.2.0/24\"]\n";
    let key = "[service.imap]\npassword = \"skip-after-publickey\"\nmfa = \"off\"\n";
    for settings in [trusted, key] {
        let bench = Bench::new(settings);
        let weak = Login { publickey: true, ..at("imap", "secret") };
        let mut looked_at = 0;
        let codes: Vec<_> = bench.wrong_codes().take(45).collect();
        for chunk in codes.chunks(9) {
            let guesses = chunk.iter().map(|code| at("sshd", &format!("secret;{code}")));
            looked_at += bench.looked_at(guesses).await;
            let _ = bench.login_as(ROOT, &weak, &[]).await;
        }
        assert!(FEW.contains(&looked_at), "{settings}: {looked_at}");
    }
}

#[tokio::test]
async fn a_record_that_this_host_cannot_open_switches_no_counting_off() {
    for junk in [false, true] {
        let bench = Bench::new("");
        let other = Keyring::new(HostKey::generate(&mut SystemRandom), Vec::new());
        let parameters = Parameters::default();
        let device = NewDevice { user: "u1", label: "Old", parameters, now: clock::now() };
        let (credential, _) = enrol::device(&device, &other, &mut SystemRandom);
        let record: &TotpRecord = credential.factor.get().expect("a device");
        let record = TotpRecord { pending: false, ..record.clone() };
        let author = Author { user: "u1", keys: &other };
        let foreign = credential.with_factor(record).to_record(author);
        let unusable = if junk { "{\"v\":2}".to_owned() } else { foreign };
        bench.alice.credentials.lock().unwrap().push(unusable);
        let code = bench.code();
        let guesses: Vec<_> = bench.wrong_codes().take(60).collect();
        let guesses = guesses.iter().map(|code| at("imap", &format!("secret;{code}")));
        assert!(FEW.contains(&bench.looked_at(guesses).await), "junk: {junk}");
        bench.engine.throttle.clear(None, soon()).await.unwrap();
        let right = bench.login("alice", &format!("secret;{code}")).await;
        assert_eq!(right, Ending::Granted(Grant::Totp), "the other device goes on");
    }
}

#[tokio::test]
async fn digits_behind_a_password_without_a_separator_are_guesses_at_a_code() {
    let bench = Bench::new("[policy]\nseparator = \"optional\"\n");
    let codes: Vec<_> = bench.wrong_codes().take(5).collect();
    for code in &codes {
        let ending = bench.login("alice", &format!("secret{code}")).await;
        assert_eq!(ending, refused(Refusal::WrongPassword));
    }
    assert_eq!(bench.failures("user", Proof::Code).await, 5);
}

#[tokio::test]
async fn a_code_where_a_password_alone_is_enough_is_a_guess_at_a_code() {
    let bench = Bench::new("[policy]\nmfa = \"off\"\n");
    for code in bench.wrong_codes().take(5) {
        let ending = bench.login("alice", &format!("secret;{code}")).await;
        assert_eq!(ending, refused(Refusal::WrongCode));
    }
    assert_eq!(bench.failures("user", Proof::Code).await, 5);
}

#[tokio::test]
async fn what_is_on_record_does_not_depend_on_a_callers_budget_or_patience() {
    let slow = Alice { slow_wrong: Duration::from_secs(2), ..Alice::default() };
    let bench = Bench::with("[policy]\nmfa = \"when-enrolled\"\n", slow);
    let guess = |n: u32| Login { budget_ms: 550, ..at("imap", &format!("guess-{n}")) };
    let (ending, ..) = bench.login_as(Caller { uid: 1000 }, &guess(0), &[]).await;
    assert_eq!(ending, refused(Refusal::WrongPassword), "others do not choose their budget");
    let (ending, ..) = bench.login_as(ROOT, &guess(1), &[]).await;
    assert!(matches!(ending, Ending::Unavailable(Outage::Timeout(_))), "{ending:?}");
    assert_eq!(bench.failures("user", Proof::Password).await, 2);
}

#[tokio::test]
async fn screens_that_are_left_open_keep_nobody_out() {
    let bench = Bench::new("");
    let (ask, mut opened) = Open::new();
    let engine = Arc::new(bench.engine);
    let mut open = Vec::new();
    for _ in 0..50 {
        let (engine, mut ask) = (Arc::clone(&engine), ask.clone());
        open.push(tokio::spawn(async move {
            run(&engine, ROOT, &at("imap", "secret"), Mode::Real, &mut ask).await.ending
        }));
        opened.recv().await.expect("the screen");
    }
    let typed = format!("secret;{}", bench.seed.code_at(Parameters::default(), clock::now()));
    let mut nobody = Answers::default();
    let owner = run(&engine, ROOT, &at("imap", &typed), Mode::Real, &mut nobody).await;
    assert_eq!(owner.ending, Ending::Granted(Grant::Totp));
    open.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn screens_that_are_answered_together_are_admitted_one_after_the_other() {
    let bench = Bench::new("");
    let (ask, mut opened) = Open::new();
    let (engine, mut open) = (Arc::new(bench.engine), Vec::new());
    for _ in 0..40 {
        let (engine, mut ask) = (Arc::clone(&engine), ask.clone());
        open.push(tokio::spawn(async move {
            run(&engine, ROOT, &at("imap", "secret"), Mode::Real, &mut ask).await.ending
        }));
        opened.recv().await.expect("the screen");
    }
    ask.answer.send(true).unwrap();
    let mut looked_at = 0;
    for one in open {
        looked_at += usize::from(one.await.unwrap() == refused(Refusal::WrongCode));
    }
    assert!(FEW.contains(&looked_at), "{looked_at}");
}

/// A person who thinks until told to answer; each answer is another wrong code.
#[derive(Clone)]
struct Open {
    opened: tokio::sync::mpsc::UnboundedSender<()>,
    answer: Arc<tokio::sync::watch::Sender<bool>>,
}

impl Open {
    fn new() -> (Self, tokio::sync::mpsc::UnboundedReceiver<()>) {
        let (opened, receiver) = tokio::sync::mpsc::unbounded_channel();
        (Self { opened, answer: Arc::new(tokio::sync::watch::Sender::new(false)) }, receiver)
    }
}

impl Ask for Open {
    async fn ask(&mut self, _: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        self.opened.send(()).unwrap();
        self.answer.subscribe().wait_for(|&answer| answer).await.unwrap();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Ok(Some(Secret::new(format!("{:07}", number).as_bytes())))
    }

    fn has_left(&mut self) -> bool {
        false
    }
}

#[tokio::test]
async fn guesses_through_a_program_without_addresses_keep_nobody_out_of_another() {
    let bench = Bench::new("");
    let of = |service: &str, person, typed: &str| Login {
        service: service.into(),
        address: None,
        person,
        ..login("alice", Some(typed))
    };
    let guesses: Vec<_> = (0..80).map(|n| of("smtp", None, &format!("guess {n}"))).collect();
    assert!(FEW.contains(&bench.looked_at(guesses.into_iter()).await));
    let bobs: Vec<_> = (0..80).map(|n| of("su", Some(1001), &format!("bob {n}"))).collect();
    bench.looked_at(bobs.into_iter()).await;
    // alice has used sudo before, and is not slowed; she would be had the network been the same.
    bench.engine.throttle.clear(None, soon()).await.unwrap();
    let typed = format!("secret;{}", bench.code());
    let (ending, ..) = bench.login_as(ROOT, &of("sudo", Some(1000), &typed), &[]).await;
    assert_eq!(ending, Ending::Granted(Grant::Totp));
    for n in 0..80 {
        let _ = bench.login_as(ROOT, &of("smtp", None, &format!("again {n}")), &[]).await;
        let _ = bench.login_as(ROOT, &of("su", Some(1001), &format!("bob again {n}")), &[]).await;
    }
    let next = bench.seed.code_at(Parameters::default(), clock::now() + 30);
    let typed = format!("secret;{next}");
    let (ending, ..) = bench.login_as(ROOT, &of("sudo", Some(1000), &typed), &[]).await;
    assert_eq!(ending, Ending::Granted(Grant::Totp));
}

#[tokio::test]
async fn a_caller_that_is_not_roots_can_claim_no_person() {
    let bench = Bench::new("");
    let of = |person, typed: &str| Login { address: None, person, ..login("alice", Some(typed)) };
    let bob = Caller { uid: 1001 };
    for n in 0..5 {
        let _ = bench.login_as(bob, &of(Some(1000 + n), &format!("guess {n}")), &[]).await;
    }
    let networks: Vec<_> = bench.slowed().await.into_iter().filter_map(|one| one.network).collect();
    assert_eq!(networks, ["service imap by uid 1001"]);
}

#[tokio::test]
async fn what_has_the_shape_of_an_app_password_reaches_no_directory() {
    let bench = Bench::new("");
    let app = bench.app_password(&["imap"]);
    let revoked = "0000-abcd-efgh-jkmn-pqrs";
    let almost = format!("{}-zzzz-zzzz-zzzz-zzzz", &app[..4]);
    for typed in [revoked, &revoked.to_uppercase().replace('-', " "), &almost] {
        let ending = bench.login("alice", typed).await;
        assert_eq!(ending, refused(Refusal::WrongAppPassword), "{typed}");
    }
    let stranger = bench.login("nobody", revoked).await;
    assert_eq!(stranger, refused(Refusal::UnknownUser), "another module may know that name");
    assert_eq!(bench.counts().0, 0);
    assert_eq!(bench.failures("user", Proof::AppPassword).await, 3);
    assert_eq!(bench.failures("user", Proof::Password).await, 0);
}

#[tokio::test]
async fn a_password_that_was_just_refused_is_not_sent_to_the_directory_again() {
    let bench = Bench::new("");
    assert_eq!(bench.login("alice", "old").await, refused(Refusal::WrongPassword));
    for _ in 0..5 {
        assert_eq!(bench.login("alice", "old").await, refused(Refusal::WrongPasswordAgain));
    }
    // With whatever code: the password is wrong.
    let with_a_code = bench.login("alice", &format!("old;{}", bench.code())).await;
    assert_eq!(with_a_code, refused(Refusal::WrongPasswordAgain));
    assert_eq!(bench.counts().0, 1);
    assert_eq!(bench.failures("user", Proof::Password).await, 1, "it counts once");
    let right = bench.login("alice", &format!("secret;{}", bench.code())).await;
    assert_eq!(right, Ending::Granted(Grant::Totp));
    bench.engine.throttle.forget_refused("u1", soon()).await.unwrap();
    assert_eq!(bench.login("alice", "old").await, refused(Refusal::WrongPassword));
    assert_eq!(bench.counts().0, 3);
}

#[tokio::test]
async fn an_outage_is_no_refusal_of_the_password() {
    let slow = Alice { slow_wrong: Duration::from_secs(1), ..Alice::default() };
    let bench = Bench::with("[policy]\nmfa = \"off\"\n", slow);
    let hasty = |typed| Login { budget_ms: 550, ..at("imap", typed) };
    for _ in 0..2 {
        let (ending, ..) = bench.login_as(ROOT, &hasty("unanswered"), &[]).await;
        assert!(matches!(ending, Ending::Unavailable(_)), "{ending:?}");
    }
    assert_eq!(bench.counts().0, 2, "nobody has said that it is wrong");
}
