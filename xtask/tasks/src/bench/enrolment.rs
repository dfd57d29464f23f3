//! `cargo xtask bench enrolment`: how far it is from a new user to the first login with a code.

use std::time::{Duration, Instant};

use clap::Args;
use monk_tests::clients::{Curl, Login};
use monk_tests::site::{Backend, Device, Running, Site};
use monk_tests::{Dovecot, Status, Typist, World};

use super::machine;
use super::statistics::Rounds;
use crate::failure::{Outcome, guarded};
use crate::prepare::heading;

/// The password of the new user.
const PASSWORD: &str = "correct horse";

/// Measure the way from a new user to the first login
#[derive(Args)]
pub struct EnrolmentOptions {
    /// How often it is gone
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
}

/// The steps of the way, each one command that is typed.
const STEPS: [&str; 3] = [
    "`monk-enroll user add NAME`, password typed twice",
    "`monk-enroll totp add NAME`, scanned, code typed",
    "`curl imaps://…` with `PASSWORD;CODE`",
];

/// Measures, and prints the table.
pub fn run(options: &EnrolmentOptions) -> Outcome {
    guarded(|| measure(options.rounds))?;
    Ok(true)
}

fn measure(rounds: u32) {
    heading("Measuring");
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let imap = site.imap();
    let mut steps: [Vec<u64>; 3] = Default::default();
    for round in 0..rounds {
        for (step, took) in steps.iter_mut().zip(once(&site.world, &imap, &format!("user{round}")))
        {
            step.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
    }
    let mut text = "\n### From a new user to the first login\n\n\
                    What the machine takes, with answers typed at once; embedded directory, no \
                    service running, release build. Milliseconds, p50.\n\n\
                    | what is typed | ms |\n|---|---|\n"
        .to_owned();
    let mut sum = 0;
    for (words, step) in STEPS.iter().zip(steps) {
        let mut all = Rounds::default();
        all.add(step);
        let micros = all.percentile(50).unwrap_or_default();
        sum += micros;
        text.push_str(&format!("| {words} | {} |\n", micros / 1000));
    }
    text.push_str(&format!(
        "| **{} commands** | **{}** |\n\nMedians of {rounds} users, on {}.\n",
        STEPS.len(),
        sum / 1000,
        machine::description()
    ));
    print!("{text}");
}

/// The whole way, and what each step took.
fn once(world: &World, imap: &Dovecot, name: &str) -> [Duration; 3] {
    let start = Instant::now();
    let added = Typist::new(world, &format!("monk-enroll user add {name}"))
        .answer("New password", PASSWORD)
        .answer("The same again", PASSWORD)
        .run();
    assert_eq!(added.status, Status::Code(0), "{}", added.text());
    let add = start.elapsed();

    let start = Instant::now();
    // The code of the step before confirms: the current one is for the login. A real app shows
    // the current one, and its next one is good for the login at once, too.
    let mut waited = Duration::ZERO;
    let mut device = None;
    let enrolled = Typist::new(world, &format!("monk-enroll totp add {name}"))
        .answer_with("Type the code", |screen| {
            let begun = Instant::now();
            let uri = screen.split_whitespace().find(|word| word.starts_with("otpauth://"));
            let scanned = device.insert(Device::from_uri(uri.expect("an address")));
            let code = scanned.confirmation();
            waited = begun.elapsed();
            code
        })
        .run();
    assert_eq!(enrolled.status, Status::Code(0), "{}", enrolled.text());
    let enrol = start.elapsed() - waited;

    let device = device.expect("a device");
    let typed = format!("{PASSWORD};{}", device.code());
    let start = Instant::now();
    let login = Curl::new(world, &imap.imaps_url(), name, &typed).login();
    assert_eq!(login, Login::LoggedIn);
    [add, enrol, start.elapsed()]
}
