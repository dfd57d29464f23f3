//! `cargo xtask bench module`: what a login costs the program that logs people in, in figures that come out the
//! same on every run: instructions in user space, counted by callgrind.

use monk_tests::host_cost::{HostCost, instructions, rules};
use monk_tests::site::{PamHost, PamHostOptions, Running};

use super::size::grouped;
use super::typed::Typed;
use super::world::{BenchWorld, Contents};
use super::{conclude, machine};
use crate::failure::{Outcome, guarded};
use crate::prepare::heading;

/// Users of the directory: enough for every login to have its own.
const USERS: u32 = 1000;

/// Instructions of a login beyond libpam's own.
const GOAL: i64 = 100_000;

/// Libraries of libpam and its own dependencies, and of every program.
const OF_LIBPAM: [&str; 6] =
    ["ld-linux", "libc.so", "libpam.so", "libaudit.so", "libcap-ng.so", "libgcc_s.so"];

/// What is typed.
const TYPED: [Typed; 2] = [Typed::PasswordAndCode, Typed::AppPassword];

/// The PAM service with libpam's own work alone.
const PERMIT: &str = "counted-permit";

const HEAD: &str = "
### What a login costs the program

Instructions in user space of the program that logs people in, beyond those of libpam with \
pam_permit alone; resident engine, directory over ldaps. The first login of a program, such as the only \
one of sshd's, also loads the module.

| typed | first login | each further login |
|---|---|---|
";

/// Measures, and prints the table. True where the goals are met.
///
/// # Errors
/// When the machine cannot be set up.
pub fn run() -> Outcome {
    guarded(|| {
        let bench = BenchWorld::new(&Contents::of(USERS));
        bench.become_known();
        heading("Counting the module's instructions");
        let goals = tell(&bench);
        println!("\nMeasured on {}.", machine::description());
        conclude(&[], &goals)
    })
}

/// Prints the table, and returns which goals are met.
#[track_caller]
fn tell(bench: &BenchWorld) -> Vec<(bool, String)> {
    let rules = rules("pam_permit.so");
    bench.world().write(format!("/etc/pam.d/{PERMIT}"), rules, 0o644);
    let permit = count(bench, PERMIT, Typed::AppPassword);
    let line = |words: &str, cost: [i64; 2]| {
        let [first, further] = cost.map(|count| grouped(count.unsigned_abs()));
        format!("| {words} | {first} | {further} |\n")
    };
    let (mut text, mut goals) = (HEAD.to_owned(), Vec::new());
    for typed in TYPED {
        let monk = count(bench, &service(bench, typed), typed);
        let (first, further) = (monk.first - permit.first, monk.further - permit.further);
        text.push_str(&line(typed.words(), [first, further]));
        let words =
            format!("{}: {further} instructions; the goal is at most {GOAL}", typed.words());
        goals.push((further <= GOAL, words));
    }
    print!("{text}{}", line("(libpam with pam_permit)", [permit.first, permit.further]));
    goals.push(libraries(bench));
    goals
}

/// Writes a PAM service with monk in it, and returns its name.
#[track_caller]
fn service(bench: &BenchWorld, typed: Typed) -> String {
    let name = bench.monk_service(Running::Resident, typed.policy());
    let rules = bench.world().read(format!("/etc/pam.d/{name}"));
    let permit = "auth required pam_permit.so\naccount required pam_permit.so\n";
    let counted = format!("counted-{name}");
    bench.world().write(format!("/etc/pam.d/{counted}"), format!("{rules}{permit}"), 0o644);
    counted
}

/// One login of somebody new.
#[track_caller]
fn log_in(bench: &BenchWorld, typed: Typed, host: &mut PamHost) {
    let login = bench.batch(typed, 1).remove(0);
    let answers: Vec<&str> = login.answers.iter().map(String::as_str).collect();
    let outcome = host.login(&login.user, &answers);
    assert!(outcome.is_success(), "{} is not let in: {outcome:?}", login.user);
}

#[track_caller]
fn count(bench: &BenchWorld, service: &str, typed: Typed) -> HostCost<i64> {
    instructions(bench.world(), service, &mut |host| log_in(bench, typed, host))
}

/// Whether the module brings no library along.
#[track_caller]
fn libraries(bench: &BenchWorld) -> (bool, String) {
    let typed = Typed::AppPassword;
    let options = PamHostOptions { service: service(bench, typed), ..PamHostOptions::default() };
    let mut host = PamHost::start(bench.world(), &options);
    log_in(bench, typed, &mut host);
    let mapped = host.finish().mapped_libraries;
    let strangers: Vec<_> = mapped
        .iter()
        .filter_map(|file| file.rsplit('/').next())
        .filter(|name| !name.starts_with("pam_"))
        .filter(|name| !OF_LIBPAM.iter().any(|own| name.starts_with(own)))
        .collect();
    let words = match strangers.as_slice() {
        [] => "the module maps no library but libpam and libc into the program".to_owned(),
        strangers => format!("{} mapped into the program by the module", strangers.join(", ")),
    };
    (strangers.is_empty(), words)
}
