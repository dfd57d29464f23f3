//! Logins that are approved on the portal's page: who sees which screens, and what comes of them.

use monk_core::approvals::waiting;
use monk_core::factors::approval::{Answered, Request};
use monk_core::factors::passkey::{PasskeyRecord, PasskeyUse};

use super::*;
use crate::approvals;

const SETTINGS: &str = "[portal]\norigin = \"https://login.example.org\"\n\
                        [policy]\nportal_approval = \"allowed\"\n";
const CODE: &str = "Code from your device, or a backup code: (Enter to approve it on the portal) ";

/// Alice with a device and a passkey.
fn bench(more: &str) -> Bench {
    let bench = Bench::new(&format!("{SETTINGS}{more}"));
    let id = CredentialId::generate(&mut SystemRandom);
    let record = PasskeyRecord { rp: "login.example.org".to_owned(), credential: true.into() };
    let used = PasskeyUse { counter: 0, backed_up: false, signed_in: None };
    let author = Author { user: "u1", keys: &bench.engine.keys };
    let credential = Credential::new(id.clone(), "Laptop", clock::now(), record);
    bench.alice.credentials.lock().unwrap().push(credential.to_record(author));
    bench.alice.uses.lock().unwrap().push(Use::new(id, 0, used).to_record(author));
    bench
}

/// What the person does on the page before an Enter.
#[derive(Clone, Copy, PartialEq)]
enum Page {
    Right,
    Wrong,
    Denies,
    Nothing,
}

/// Somebody at a terminal who presses Enter, and does something on the page before the answer to the third screen.
struct Person<'a> {
    bench: &'a Bench,
    page: Page,
    /// What is typed on the third screen, once; none hangs up there.
    third: Option<&'static str>,
    prompts: Vec<String>,
    waited: Vec<Option<Request>>,
}

impl<'a> Person<'a> {
    fn who(bench: &'a Bench, page: Page) -> Self {
        Self { bench, page, third: Some(""), prompts: Vec::new(), waited: Vec::new() }
    }

    async fn logs_in(&mut self, user: &str, password: &str) -> Ending {
        let login = login(user, Some(password));
        run(&self.bench.engine, ROOT, &login, Mode::Real, self).await.ending
    }

    /// The screens, without their numbers.
    fn screens(&self) -> Vec<String> {
        let shown = self.prompts.iter();
        shown.map(|text| text.replace(|c: char| c.is_ascii_digit(), "#")).collect()
    }
}

fn number_in(prompt: &str) -> u8 {
    let (_, rest) = prompt.split_once("choose ").expect("a number");
    rest.split(',').next().and_then(|number| number.parse().ok()).expect("two digits")
}

impl Ask for Person<'_> {
    async fn ask(&mut self, text: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        self.prompts.push(text.to_owned());
        if !text.contains("/approve") {
            return Ok(Some(Secret::new(b"")));
        }
        let request = self.bench.waiting();
        self.waited.push(request.clone());
        if let Some(request) = request {
            let right = number_in(text);
            let wrong = request.numbers.into_iter().find(|&one| one != right);
            let answer = match self.page {
                Page::Right => Some(Some(right)),
                Page::Wrong => Some(wrong),
                Page::Denies => Some(None),
                Page::Nothing => None,
            };
            if let Some(number) = answer {
                self.bench.answers(&request.id, number).await.expect("it waits");
            }
        }
        self.third.map(|typed| Some(Secret::new(typed.as_bytes()))).ok_or(HungUp)
    }

    fn has_left(&mut self) -> bool {
        false
    }
}

impl Bench {
    fn waiting(&self) -> Option<Request> {
        waiting(&self.alice.set(), clock::now())
    }

    async fn account(&self) -> Box<Account> {
        match self.engine.directory.find("alice", soon()).await {
            Ok(Lookup::One(account)) => account,
            _ => panic!("alice is there"),
        }
    }

    async fn answers(&self, id: &str, number: Option<u8>) -> Result<Answered, Refusal> {
        let account = self.account().await;
        approvals::answer(&self.engine, &account, (id, number), soon()).await.expect("it works")
    }

    async fn code_failures(&self) -> u32 {
        let slowed = self.slowed().await;
        slowed.iter().filter(|one| one.scope == "user").map(|one| one.failures).max().unwrap_or(0)
    }
}

#[tokio::test]
async fn the_right_number_opens_the_login_once_it_is_on_record() {
    let bench = bench("");
    let mut person = Person::who(&bench, Page::Right);
    assert_eq!(person.logs_in("alice", "secret").await, Ending::Granted(Grant::Approval));
    let shown = person.waited[0].as_ref().expect("it waited");
    assert_eq!(shown.asker.service, "imap");
    assert_eq!(shown.asker.address.as_deref(), Some("192.0.2.7"));
    let third = format!(
        "Open https://login.example.org/approve, choose {}, then press Enter: ",
        number_in(&person.prompts[1])
    );
    assert_eq!(person.prompts, [CODE.to_owned(), third]);
    assert_eq!(bench.waiting(), None);
    assert_eq!(bench.code_failures().await, 0);
    // Not a second time, and not for anybody else.
    let late = bench.answers(&shown.id, Some(number_in(&person.prompts[1]))).await;
    assert_eq!(late, Err(Refusal::ApprovalOver));
    let mut next = Person::who(&bench, Page::Nothing);
    next.third = None;
    assert_eq!(next.logs_in("alice", "secret").await, Ending::Abandoned);
}

/// The same screens, and an answer at the same moment, for everybody who gets no approval.
#[tokio::test]
async fn the_screens_and_their_moments_tell_nothing() {
    let (bench, without) = (bench(""), Bench::new(SETTINGS));
    let (wrong, denies) = (self::bench(""), self::bench(""));
    let (other, grouped) = (self::bench(""), self::bench("groups = [\"staff\"]\n"));
    let mut people = [
        (&other, "alice", "wrong", Page::Right, Refusal::WrongPassword),
        (&bench, "nobody", "secret", Page::Nothing, Refusal::UnknownUser),
        (&without, "alice", "secret", Page::Right, Refusal::NoPasskey),
        (&wrong, "alice", "secret", Page::Wrong, Refusal::WrongNumber),
        (&denies, "alice", "secret", Page::Denies, Refusal::ApprovalDenied),
        (&bench, "alice", "secret", Page::Nothing, Refusal::NotApproved),
        (&grouped, "alice", "secret", Page::Right, Refusal::NotInGroup),
    ]
    .map(|(bench, user, password, page, expected)| {
        (Person::who(bench, page), user, password, expected)
    });
    let logs_in =
        async |(person, user, password, expected): &mut (Person<'_>, &str, &str, Refusal)| {
            let started = Instant::now();
            let ending = person.logs_in(user, password).await;
            assert_eq!(ending, refused(*expected), "{user} {password}");
            started.elapsed().as_millis()
        };
    let [a, b, c, d, e, f, g] = &mut people;
    let took = tokio::join!(
        logs_in(a),
        logs_in(b),
        logs_in(c),
        logs_in(d),
        logs_in(e),
        logs_in(f),
        logs_in(g)
    );
    let took = [took.0, took.1, took.2, took.3, took.4, took.5, took.6];
    let again =
        "Not approved yet. Open https://login.example.org/approve, choose ##, then press Enter: ";
    let (again, first) = (again.to_owned(), again.replace("Not approved yet. ", ""));
    for (person, user, password, _) in &people {
        let expected = [CODE.to_owned(), first.clone(), again.clone(), again.clone()];
        assert_eq!(person.screens(), expected, "{user} {password}");
    }
    let (least, most) = (took.iter().min(), took.iter().max());
    let (least, most) = (*least.expect("some"), *most.expect("some"));
    // Less than one look: a screen that somebody is spared would show.
    assert!(least >= 4500 && most - least < 1400, "{took:?}");
    // Nobody is bothered with a login that is refused in any case.
    for (person, user, password, _) in [&people[0], &people[2], &people[6]] {
        assert!(person.waited.iter().all(Option::is_none), "{user} {password}");
    }
}

/// Somebody who has to wait since the screen for a code sees the next one all the same. Otherwise the third screen would
/// come after a right password, which counts nothing, and after no wrong one.
#[tokio::test]
async fn a_wrong_password_that_makes_everybody_wait_ends_no_screens() {
    let bench = bench("[throttle]\nfree = 1\n");
    let wrong = (0..5).map(|n| ("alice", format!("wrong {n}")));
    for (user, password) in wrong.chain([("alice", "secret".into()), ("nobody", "secret".into())]) {
        let mut person = Person { third: None, ..Person::who(&bench, Page::Nothing) };
        let ending = person.logs_in(user, &password).await;
        assert!(!matches!(ending, Ending::Granted(_)), "{user} {password} {ending:?}");
        assert_eq!(person.prompts.len(), 2, "{user} {password}: {:?}", person.prompts);
    }
}

#[tokio::test]
async fn what_was_not_approved_is_counted_and_closes_the_way() {
    for (page, reason) in
        [(Page::Wrong, Refusal::WrongNumber), (Page::Denies, Refusal::ApprovalDenied)]
    {
        let bench = bench("");
        let mut person = Person::who(&bench, page);
        assert_eq!(person.logs_in("alice", "secret").await, refused(reason));
        assert_eq!(bench.code_failures().await, 1);
        let mut again = Person::who(&bench, Page::Right);
        let ending = again.logs_in("alice", "secret").await;
        assert_eq!(ending, refused(Refusal::ApprovalsClosed));
        assert!(again.waited.iter().all(Option::is_none));
        // Other factors are as good as ever.
        let code = bench.code();
        let ending = bench.login("alice", &format!("secret;{code}")).await;
        assert_eq!(ending, Ending::Granted(Grant::Totp));
    }
}

#[tokio::test]
async fn whoever_hangs_up_leaves_nothing_on_the_page_and_is_counted() {
    let bench = bench("");
    for _ in 0..5 {
        let mut person = Person::who(&bench, Page::Nothing);
        person.third = None;
        person.logs_in("alice", "secret").await;
        assert!(person.waited[0].is_some() && bench.waiting().is_none());
    }
    assert!(bench.code_failures().await >= 3, "{:?}", bench.slowed().await);
}

#[tokio::test]
async fn a_code_may_be_typed_in_place_of_the_enter() {
    let bench = bench("");
    let code: &'static str = bench.code().leak();
    let mut person = Person { third: Some(code), ..Person::who(&bench, Page::Nothing) };
    assert_eq!(person.logs_in("alice", "secret").await, Ending::Granted(Grant::Totp));
    assert!(person.waited[0].is_some() && bench.waiting().is_none());
    let wrong = Person { third: Some("000000"), ..Person::who(&bench, Page::Nothing) };
    let ending = { wrong }.logs_in("alice", "secret").await;
    assert_eq!(ending, refused(Refusal::WrongCode));
    // A program that answers every question with the password.
    let program = Person { third: Some("secret"), ..Person::who(&bench, Page::Nothing) };
    let ending = { program }.logs_in("alice", "secret").await;
    assert_eq!(ending, refused(Refusal::CodeMissing));
}

#[tokio::test]
async fn a_second_login_waits_for_the_end_of_the_first_and_disturbs_it_not() {
    let bench = bench("");
    let (account, set) = (bench.account().await, Arc::new(bench.alice.set()));
    let asker = monk_core::factors::approval::Asker {
        service: "sudo".to_owned(),
        host: "web1".to_owned(),
        address: None,
        terminal: None,
    };
    let first = approvals::ask(&bench.engine, &account, set, &asker, soon()).await;
    let first = first.expect("written").expect("nothing else waits");
    let mut person = Person::who(&bench, Page::Nothing);
    assert_eq!(person.logs_in("alice", "secret").await, refused(Refusal::ApprovalWaits));
    assert_eq!(bench.waiting().map(|request| request.id), Some(first.id.clone()));
    let answered = bench.answers(&first.id, Some(first.number)).await;
    assert_eq!(answered, Ok(Answered::Approved));
    let spend = || approvals::spend(&bench.engine, &account, &first.id, soon());
    let (one, other) = tokio::join!(spend(), spend());
    let mut came = [one.expect("written"), other.expect("written")];
    came.sort_by_key(Result::is_err);
    assert_eq!(came, [Ok(()), Err(Refusal::ReplayedCode)]);
}

#[tokio::test]
async fn an_approval_that_cannot_be_spent_opens_nothing() {
    let bench = bench("");
    let outage = Outage::Timeout("a test");
    let account = bench.account().await;
    let ask = || async {
        let set = Arc::new(bench.alice.set());
        let asker = monk_core::factors::approval::Asker {
            service: "sudo".to_owned(),
            host: "web1".to_owned(),
            address: None,
            terminal: None,
        };
        approvals::ask(&bench.engine, &account, set, &asker, soon()).await
    };
    bench.alice.troubles.lock().unwrap().push_back(Err(outage.clone()));
    assert!(matches!(ask().await, Err(Outage::Timeout(_))));
    let asked = ask().await.expect("written").expect("nothing waits");
    bench.answers(&asked.id, Some(asked.number)).await.expect("it waits");
    bench.alice.troubles.lock().unwrap().push_back(Err(outage));
    let spent = approvals::spend(&bench.engine, &account, &asked.id, soon()).await;
    assert!(matches!(spent, Err(Outage::Timeout(_))), "{spent:?}");
    // Somebody else was faster with another record of the user's.
    bench.alice.troubles.lock().unwrap().push_back(Ok(Swapped::Conflict));
    let spent = approvals::spend(&bench.engine, &account, &asked.id, soon()).await;
    assert_eq!(spent, Ok(Ok(())));
}

#[tokio::test]
async fn where_it_is_not_allowed_an_enter_is_a_wrong_code() {
    let origin = "[portal]\norigin = \"https://login.example.org\"\n";
    let allowed = "[policy]\nportal_approval = \"allowed\"\n";
    for settings in
        [origin.to_owned(), allowed.to_owned(), format!("{SETTINGS}prompt = \"never\"\n")]
    {
        let bench = Bench::new(&settings);
        let (ending, prompts, _) = bench.screens(Some("secret"), &["", "", "", ""]).await;
        let expected = match settings.contains("never") {
            true => (refused(Refusal::CodeMissing), 0),
            false => (refused(Refusal::WrongCode), 1),
        };
        assert_eq!((ending, prompts.len()), expected, "{settings}");
        assert!(prompts.iter().all(|text| !text.contains("portal")), "{prompts:?}");
    }
    // Of programs that are not root's, nobody knows which service they are.
    let bench = bench("");
    let stranger = Caller { uid: 1000 };
    let login = login("alice", Some("secret"));
    let (ending, prompts, _) = bench.login_as(stranger, &login, &["", "", "", ""]).await;
    assert_eq!((ending, prompts.len()), (refused(Refusal::WrongCode), 1));
    assert!(!prompts[0].contains("portal"));
}

#[tokio::test]
async fn users_who_have_time_to_enrol_press_enter_twice() {
    let alice = Alice { created: Some(clock::now()), ..Alice::default() };
    let bench = Bench::with(&format!("{SETTINGS}grace_days = 7\n"), alice);
    bench.alice.credentials.lock().unwrap().clear();
    bench.alice.uses.lock().unwrap().clear();
    let (ending, prompts, _) = bench.screens(Some("secret"), &["", ""]).await;
    assert_eq!(ending, Ending::Granted(Grant::Grace));
    assert!(prompts[0].contains("(Enter if you have none yet, or to approve it on the portal)"));
    assert!(prompts[1].contains("/approve"));
    let (ending, prompts, _) = bench.screens(Some("wrong"), &["", "", "", ""]).await;
    assert_eq!((ending, prompts.len()), (refused(Refusal::WrongPassword), 4));
}

#[tokio::test]
async fn after_a_key_the_first_screen_leads_there_too() {
    let bench = bench("password = \"skip-after-publickey\"\n");
    let mut person = Person::who(&bench, Page::Right);
    let login = Login { publickey: true, ..login("alice", None) };
    let verdict = run(&bench.engine, ROOT, &login, Mode::Real, &mut person).await;
    assert_eq!(verdict.ending, Ending::Granted(Grant::Approval));
    assert_eq!(person.prompts.len(), 2);
}

/// Strangers whose strings hold no code are not the only ones who get to the third screen.
#[tokio::test]
async fn a_refused_string_leads_to_the_same_screens() {
    let bench = bench("");
    for (user, typed) in [("alice", "wrong;000000"), ("nobody", "wrong;000000")] {
        let (ending, prompts, _) = {
            let login = login(user, Some(typed));
            bench.login_as(ROOT, &login, &["", "", "", ""]).await
        };
        assert_eq!(prompts.len(), 4, "{user}: {ending:?} {prompts:?}");
    }
}
