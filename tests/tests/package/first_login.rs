//! From a Debian that has never seen monk to the first logins with a code, with the commands of docs/install.md, and on
//! with those of docs/enrolment.md and docs/doctor.md.

use std::time::{Duration, Instant};

use monk_tests::fresh::{Debian, Machine, package};
use monk_tests::site::Device;
use monk_tests::{Status, Typist, World, figures};

use crate::guarded::{Guarded, PASSWORD, apt_get, bring, sshd_reloads, systemctl, trust_dovecot};
use crate::pages::{Blocks, Reader};

monk_tests::on_each_debian!(somebody_who_follows_the_pages_has_a_first_login_with_a_code);

/// What the test here carries out.
pub const BLOCKS: Blocks = &[
    ("docs/install.md", INSTALL),
    ("docs/install.md", FIRST_USER),
    ("docs/install.md", TURN_ON),
    ("docs/install.md", WIPE),
    ("docs/doctor.md", DOCTOR),
    ("docs/enrolment.md", ENROL),
    ("docs/enrolment.md", BY_HERSELF),
    ("docs/enrolment.md", INVITE),
];

const INSTALL: &str = "apt install ./monk_*.deb";
const FIRST_USER: &str = "monk-enroll user add alice\n";
const TURN_ON: &str = "pam-auth-update --enable monk";
const WIPE: &str = "rm -r /etc/monk";
const DOCTOR: &str = "monk-enroll doctor\n";
const ENROL: &str = "monk-enroll user add alice --mail";
const BY_HERSELF: &str = "monk-enroll totp add --name Tablet";
const INVITE: &str = "monk-enroll invite alice";

/// Types a line at a terminal, and answers what a person is asked; returns the screen, and the device that was enrolled.
#[track_caller]
fn types(machine: &World, line: &str, answers: &[(&str, &str)]) -> (String, Option<Device>) {
    let mut device = None;
    let mut typist = Typist::new(machine, line).env("NO_COLOR", "1");
    for (question, answer) in answers {
        typist = typist.answer(question, answer);
    }
    if line.contains("totp add") {
        typist = typist.answer_with("Type the code that it shows now", |screen| {
            let address = &screen[screen.find("otpauth://").expect("an address")..];
            let scanned = Device::from_uri(address.split_whitespace().next().unwrap_or_default());
            device.insert(scanned).confirmation()
        });
    }
    let screen = typist.run();
    let text = screen.text();
    assert_eq!((screen.status, screen.unasked), (Status::Code(0), Vec::new()), "{line}\n{text}");
    (text, device)
}

/// What a new user is asked.
const NEW_PASSWORD: &[(&str, &str)] = &[("New password", PASSWORD), ("The same again", PASSWORD)];

/// Writes down how long somebody took who types without a pause.
fn took(debian: Debian, what: &str, commands: usize, since: Instant) {
    let seconds = format!("{:.1} s", since.elapsed().as_secs_f64());
    let cells = [&format!("{debian:?}: {what}"), &commands.to_string(), &seconds];
    figures::row("first login", &cells.map(String::as_str));
    assert!(since.elapsed() < FIRST_LOGIN_LIMIT, "{what}: {seconds}");
}

/// How long the commands may take up to the first login, while other tests run, too.
const FIRST_LOGIN_LIMIT: Duration = Duration::from_secs(120);

fn somebody_who_follows_the_pages_has_a_first_login_with_a_code(debian: Debian) {
    let deb = package().current;
    let machine = Machine::new(debian);
    machine.add_system_user("alice");
    machine.add_system_user("bob");
    trust_dovecot(&machine);
    bring(&machine, &deb);
    let world = World::clone(&machine);
    let reader = Reader::new(&world, BLOCKS);

    let begin = Instant::now();
    reader.follows(INSTALL);
    let mut phone = None;
    for line in reader.lines(FIRST_USER) {
        let answers = if line.contains("user add") { NEW_PASSWORD } else { &[] };
        phone = types(&machine, &line, answers).1.or(phone);
    }
    let typed = 1 + reader.lines(FIRST_USER).len();
    // The first of these lines is all that Dovecot needs, the others are sshd's.
    let turn_on = reader.lines(TURN_ON);
    types(&machine, &turn_on[0], &[]);
    // The phone is carried on to where others log in.
    let guarded = Guarded::of(machine, phone.expect("a phone"));
    assert!(guarded.imap(&guarded.password_and_code()));
    took(debian, "Dovecot", typed + 1, begin);
    sshd_reloads(&world, || {
        for line in &turn_on[1..] {
            types(&world, line, &[]);
        }
    });
    assert!(guarded.ssh(PASSWORD, &guarded.phone.code()));
    took(debian, "ssh", typed + turn_on.len(), begin);
    assert!(!guarded.imap(PASSWORD) && !guarded.ssh(PASSWORD, ""), "without a code");

    decides_about_keys(&reader, &world);
    enrols_bob(&reader, &guarded);
    apt_get(&world, &["purge", "monk"]);
    reader.follows(WIPE);
    assert!(!world.exists("/var/lib/monk"));
    reader.has_read_all();
}

/// doctor has one warning, until somebody has said that a key alone is enough.
#[track_caller]
fn decides_about_keys(reader: &Reader, world: &World) {
    let warned = reader.tries_with(DOCTOR, &[]);
    assert_eq!(warned.status, Status::Code(11), "{warned}");
    assert!(warned.stdout.contains("[sshd-key-alone]"), "{warned}");
    reader.puts("docs/install.md", "sshd-key-alone", "/etc/monk/monk.toml");
    systemctl(world, &["reload", "monk"]);
    reader.follows(DOCTOR);
}

/// Bob enrols, loses everything, and enrols himself with the code that he is handed.
#[track_caller]
fn enrols_bob(reader: &Reader, guarded: &Guarded) {
    let world: &World = &guarded.machine;
    let mut phone: Option<Device> = None;
    let mut last = String::new();
    for line in reader.lines(ENROL) {
        let typed = || format!("{PASSWORD};{}", phone.as_ref().expect("a phone").code());
        let typed = if line.contains(" check ") { typed() } else { String::new() };
        let answers: &[(&str, &str)] = match line.split(' ').nth(1) {
            Some("user") => NEW_PASSWORD,
            Some("check") => &[("What would be typed", &typed)],
            Some("reset") => &[("Go on?", "y")],
            _ => &[],
        };
        let (screen, device) = types(world, &line.replace("alice", "bob"), answers);
        phone = device.or(phone);
        last = screen;
    }
    let code = last.lines().find_map(|line| line.strip_prefix("    ")).expect("a code").trim();
    let by_himself = format!("runuser -u bob -- {}", reader.lines(BY_HERSELF)[0]);
    types(world, &by_himself, &[("Password:", PASSWORD), ("Code", code)]);
    let devices = guarded.site().enroll(&["totp", "list", "bob"]);
    assert!(devices.to_string().contains("Tablet"), "{devices}");
    guarded.site().add_user("carol", PASSWORD);
    reader.follows_with(INVITE, &[("alice", "carol")]);
}
