//! `cargo xtask bench portal`: how big pages are, how soon they come, and what a sign-in costs beside the same login
//! through PAM.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use monk_client::Conversation;
use monk_tests::chromium::Chromium;
use monk_tests::portal::{ACCOUNT, ORIGIN, Portal, SETTINGS};
use monk_tests::site::{Backend, Device, PamLoad, PamLogin, Running, Site, monk_socket};
use monk_wire::portal::{Portal as Question, PortalAsk};
use monk_wire::{Request, Secret};
use serde_json::json;

use super::portal_browser::{Browser, Reply};
use super::statistics::Rounds;
use super::{conclude, machine};
use crate::failure::{Outcome, guarded};
use crate::prepare::heading;

/// Most bytes of a page, and of the script.
const GOALS_OF_SIZE: (usize, usize) = (30 * 1024, 6 * 1024);

/// Most milliseconds from a request to the first byte, without what the engine takes, and to the first paint.
const GOALS_OF_TIME: (f64, f64) = (5.0, 100.0);

/// Users, each with a phone and a set of backup codes: seven logins.
const USERS: usize = 200;

/// Rounds: PAM and the portal take turns.
const ROUNDS: usize = 5;

/// How often a page is asked for, and painted.
const PAGES: usize = 200;
const PAINTS: usize = 15;

/// How long the engine may take for a question.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measures, and prints the tables. True where the goals are met.
pub fn run() -> Outcome {
    guarded(measure)
}

fn measure() -> bool {
    heading(&format!("A directory with {USERS} users"));
    let site = Site::with_settings(Backend::Ldap, Running::Resident, SETTINGS);
    site.world.add_system_user(ACCOUNT);
    site.pam_service("webmail", "");
    let people: Vec<Person> = (0..USERS).map(|number| Person::new(&site, number)).collect();
    let portal = Portal::start(&site);
    let before = [portal.pid(), site.engine_pid()].map(resident);
    heading("Logins and sign-ins, in turns");
    let mut signed = SignIns::default();
    for round in 0..ROUNDS {
        signed.round(&site, &people, round);
    }
    let after = [portal.pid(), site.engine_pid()].map(resident);
    heading("Pages");
    let session = signed.session.clone();
    let pages = Pages::of(&site, &session);
    let paints = paints(&site, &session);
    print_tables(&signed, &pages, paints, before, after);
    let beyond = pages.beyond_engine();
    let goals = [
        (
            pages.largest <= GOALS_OF_SIZE.0 && pages.script <= GOALS_OF_SIZE.1,
            format!(
                "these pages have at most {} bytes and the script {}; the goals are {} and {}",
                pages.largest, pages.script, GOALS_OF_SIZE.0, GOALS_OF_SIZE.1
            ),
        ),
        (
            beyond <= GOALS_OF_TIME.0,
            format!(
                "the first byte comes {beyond:.2} ms after what the engine takes; the goal is {}",
                GOALS_OF_TIME.0
            ),
        ),
        (
            paints.iter().all(|paint| *paint <= GOALS_OF_TIME.1),
            format!(
                "first paint after {:.0} and {:.0} ms; the goal is {}",
                paints[0], paints[1], GOALS_OF_TIME.1
            ),
        ),
    ];
    conclude(&[], &goals)
}

/// A user, and what is typed behind the password.
struct Person {
    name: String,
    phone: Device,
    codes: Vec<String>,
}

impl Person {
    fn new(site: &Site, number: usize) -> Self {
        let name = format!("user{number}");
        let phone = site.user_with_device(&name, "secret");
        let codes = site.backup_codes(&name);
        Self { name, phone, codes }
    }

    /// The password with the code that the phone shows next, which is good already and not spent.
    fn with_phone(&self) -> String {
        format!("secret;{}", self.phone.code_of_clock(30))
    }

    fn with_backup_code(&self, which: usize) -> String {
        format!("secret;{}", self.codes[which])
    }
}

fn print_tables(
    signed: &SignIns,
    pages: &Pages,
    paints: [f64; 2],
    before: [f64; 2],
    after: [f64; 2],
) {
    println!(
        "\n### The portal\n\nPassword and code in one string, over ldaps, one caller; the form of a sign-in was fetched \
         before. Backup codes are kept as slow hashes.\n\n| | PAM, p50 ms | portal, p50 ms | portal, p95 ms | portal, a \
         second | portal to PAM |\n|---|---|---|---|---|---|"
    );
    for (words, [pam, portal]) in
        [("code of a phone", &signed.phone), ("backup code", &signed.backup)]
    {
        let (slow, fast) = (millis(portal, 50), millis(pam, 50));
        println!(
            "| {words} | {fast:.2} | {slow:.2} | {:.2} | {:.0} | {:.2} × |",
            millis(portal, 95),
            1000.0 / slow,
            slow / fast
        );
    }
    println!();
    println!(
        "| page | bytes | first byte, ms | of that the engine | first paint, ms |\n|---|---|---|---|---|\n\
         | sign in | {} | {:.2} | 0 | {:.0} |\n| my methods | {} | {:.2} | {:.2} | {:.0} |\n\n\
         The script has {} bytes, the style sheet {}.\n",
        pages.sign_in_bytes,
        millis(&pages.sign_in, 50),
        paints[0],
        pages.largest,
        millis(&pages.methods, 50),
        millis(&pages.engine, 50),
        paints[1],
        pages.script,
        pages.style,
    );
    println!(
        "| memory in RAM, MiB | monk-web | monkd |\n|---|---|---|\n| just started | {:.1} | {:.1} |\n\
         | with {} sessions | {:.1} | {:.1} |\n\nMedians of {ROUNDS} rounds, in turns, in one machine: {}.",
        before[0],
        before[1],
        signed.sessions,
        after[0],
        after[1],
        machine::description()
    );
}

/// What logins through PAM took, and sign-ins at the portal, in nanoseconds.
#[derive(Default)]
struct SignIns {
    phone: [Rounds; 2],
    backup: [Rounds; 2],
    /// How many are signed in.
    sessions: usize,
    /// The cookies of one of them.
    session: String,
}

impl SignIns {
    /// A fifth of the users logs in with the phone, half of them at the portal; with backup codes the whole fifth
    /// through PAM, and everybody at the portal.
    fn round(&mut self, site: &Site, people: &[Person], round: usize) {
        let fifth: Vec<&Person> = people.iter().skip(round).step_by(ROUNDS).collect();
        let (one, other) = fifth.split_at(fifth.len() / 2);
        let typed = |person: &&Person| (person.name.clone(), person.with_phone());
        self.phone[0].add(through_pam(site, one.iter().map(typed).collect()));
        let took = self.at_portal(site, &other.iter().map(typed).collect::<Vec<_>>());
        self.phone[1].add(took);
        let typed = |person: &&Person| (person.name.clone(), person.with_backup_code(0));
        self.backup[0].add(through_pam(site, fifth.iter().map(typed).collect()));
        let typed = |person: &Person| (person.name.clone(), person.with_backup_code(round + 1));
        let took = self.at_portal(site, &people.iter().map(typed).collect::<Vec<_>>());
        self.backup[1].add(took);
    }

    fn at_portal(&mut self, site: &Site, typed: &[(String, String)]) -> Vec<u64> {
        let (nanos, session) = site.world.inside(|| {
            let mut session = String::new();
            let mut nanos = Vec::new();
            for (user, password) in typed {
                let mut browser = Browser::default();
                let token = browser.get("/sign-in").value("token");
                let fields =
                    [("username", user.as_str()), ("password", password), ("token", &token)];
                let reply = browser.post("/sign-in", &fields);
                assert!(reply.head.contains("monk-session="), "{}", reply.head);
                nanos.push(reply.nanos());
                session = browser.cookies();
            }
            (nanos, session)
        });
        self.sessions += nanos.len();
        self.session = session;
        nanos
    }
}

fn through_pam(site: &Site, typed: Vec<(String, String)>) -> Vec<u64> {
    let logins: Vec<PamLogin> =
        typed.into_iter().map(|(name, typed)| PamLogin::new(name, typed)).collect();
    let outcome = PamLoad::of("webmail").run(&site.world, &logins);
    assert_eq!(outcome.refused(), 0, "{:?}", outcome.refusals);
    outcome.nanos
}

/// Sizes, and times to the first byte in nanoseconds.
struct Pages {
    sign_in: Rounds,
    methods: Rounds,
    engine: Rounds,
    sign_in_bytes: usize,
    largest: usize,
    script: usize,
    style: usize,
}

impl Pages {
    fn of(site: &Site, cookies: &str) -> Self {
        let (sign_in, methods, script, style) = site.world.inside(|| {
            let mut browser = Browser::with(cookies);
            let times = |replies: &[Reply]| replies.iter().map(Reply::nanos).collect::<Vec<_>>();
            let mut get = |path: &str, count: usize| -> Vec<Reply> {
                (0..count).map(|_| browser.get(path)).collect()
            };
            let (sign_in, methods) = (get("/sign-in", PAGES), get("/methods", PAGES));
            let page = &methods[0].body;
            assert!(page.contains("/sign-out"), "{page}");
            let at = |start: &str| {
                let rest = page.split_once(start).expect("a link").1;
                format!("{start}{}", rest.split('"').next().unwrap_or_default())
            };
            let (script, style) = (at("/portal.js"), at("/style.css"));
            let sizes = [script, style].map(|path| get(&path, 1)[0].body.len());
            (
                (times(&sign_in), sign_in[0].body.len()),
                (times(&methods), methods[0].body.len()),
                sizes[0],
                sizes[1],
            )
        });
        let engine = engine(site, cookies);
        let [sign_in_rounds, methods_rounds, engine] =
            [sign_in.0, methods.0, engine].map(|nanos| {
                let mut rounds = Rounds::default();
                rounds.add(nanos);
                rounds
            });
        Self {
            sign_in: sign_in_rounds,
            methods: methods_rounds,
            engine,
            sign_in_bytes: sign_in.1,
            largest: methods.1.max(sign_in.1),
            script,
            style,
        }
    }

    fn beyond_engine(&self) -> f64 {
        millis(&self.methods, 50) - millis(&self.engine, 50)
    }
}

/// What the engine takes for the page with everything that a user has, asked as the portal asks.
fn engine(site: &Site, cookies: &str) -> Vec<u64> {
    let cookie = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("monk-session="));
    let session = cookie.expect("a session").to_owned();
    let uid = site.world.command("id").args(["-u", ACCOUNT]).run().expect_success().stdout;
    let uid = uid.trim().parse().expect("a uid");
    site.world.inside_as(uid, || {
        let ask = || {
            let session = Some(Secret::new(session.as_bytes()));
            let question = Question { address: None, session, ask: PortalAsk::Overview };
            let start = Instant::now();
            let answer = Conversation::open(Path::new(monk_socket()), PATIENCE)
                .and_then(|mut engine| engine.call(&Request::Portal(Box::new(question))));
            let took = start.elapsed();
            assert!(format!("{answer:?}").contains("Overview"), "the engine does not answer");
            u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)
        };
        (0..PAGES).map(|_| ask()).collect()
    })
}

/// Milliseconds to the first paint of both pages in a browser that has them in no cache.
fn paints(site: &Site, cookies: &str) -> [f64; 2] {
    let browser = Chromium::start(&site.world);
    browser.open(&format!("{ORIGIN}/sign-in"));
    for cookie in cookies.split("; ") {
        let (name, value) = cookie.split_once('=').expect("a cookie");
        browser.set_cookie(&json!({ "name": name, "value": value }));
    }
    let mut first = [Vec::new(), Vec::new()];
    for _ in 0..PAINTS {
        for (path, all) in ["/sign-in?why=over", "/methods"].into_iter().zip(&mut first) {
            browser.open(&format!("{ORIGIN}{path}"));
            let paint = "const p = performance.getEntriesByName('first-contentful-paint')[0];\
                         return p ? p.startTime * 1000 : 0;";
            let mut micros = 0;
            browser.wait("a paint", || {
                micros = browser.script(paint, &[]).as_f64().unwrap_or_default() as u64;
                micros > 0
            });
            all.push(micros);
        }
    }
    first.map(|all| {
        let mut rounds = Rounds::default();
        rounds.add(all);
        rounds.percentile(50).unwrap_or_default() as f64 / 1000.0
    })
}

fn millis(rounds: &Rounds, percent: usize) -> f64 {
    rounds.percentile(percent).unwrap_or_default() as f64 / 1e6
}

/// What a process has in RAM, in MiB.
fn resident(process: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or_else(|| panic!("process {process} has no memory")) / 1024.0
}
