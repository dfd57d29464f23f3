//! The program that logs people in: what the module costs it.

use monk_tests::World;
use monk_tests::host_cost::{HostCost, instructions, rules};
use monk_tests::site::{PamHost, PamHostOptions, Running};

use super::grouped;
use crate::bench::typed::Typed;
use crate::bench::world::{BenchWorld, Transport};

/// Instructions of a login beyond libpam's own.
const GOAL: i64 = 100_000;

/// Libraries of libpam and its own dependencies, and of every program.
const OF_LIBPAM: [&str; 6] =
    ["ld-linux", "libc.so", "libpam.so", "libaudit.so", "libcap-ng.so", "libgcc_s.so"];

/// What is typed.
const TYPED: [Typed; 2] = [Typed::PasswordAndCode, Typed::AppPassword];

const HEAD: &str = "
### What a login costs the program

Instructions in user space of the program that logs people in, beyond those of libpam with \
pam_permit alone; resident engine, directory over ldaps. The first login of a program, such as the only \
one of sshd's, also loads the module.

| typed | first login | each further login |
|---|---|---|
";

/// The PAM service with libpam's own work alone.
const PERMIT: &str = "counted-permit";

/// The table, and the goals.
#[track_caller]
pub fn table(bench: &BenchWorld) -> (String, Vec<(bool, String)>) {
    let world = bench.world();
    world.write(format!("/etc/pam.d/{PERMIT}"), rules("pam_permit.so"), 0o644);
    let mut text = HEAD.to_owned();
    let mut goals = Vec::new();
    let permit = count(bench, PERMIT, Typed::AppPassword);
    for typed in TYPED {
        let service = service(bench, typed, "pam_monk.so");
        let monk = count(bench, &service, typed);
        let (first, further) = (monk.first - permit.first, monk.further - permit.further);
        let words = typed.words();
        text.push_str(&format!("| {words} | {} | {} |\n", grouped(first), grouped(further)));
        goals.push((
            further <= GOAL,
            format!(
                "{words}: {} instructions; the goal is at most {}",
                grouped(further),
                grouped(GOAL)
            ),
        ));
    }
    text.push_str(&format!(
        "| (libpam with pam_permit) | {} | {} |\n",
        grouped(permit.first),
        grouped(permit.further)
    ));
    goals.push(libraries(bench));
    (text, goals)
}

/// Writes a PAM service with monk in it, and returns its name. `module` is the file.
#[track_caller]
pub fn service(bench: &BenchWorld, typed: Typed, module: &str) -> String {
    let name = bench.monk_service(Transport::Ldaps, Running::Resident, typed.policy());
    let world = bench.world();
    let rules = world.read(format!("/etc/pam.d/{name}")).replace("pam_monk.so", module);
    let permit = "auth required pam_permit.so\naccount required pam_permit.so\n";
    let counted = format!("counted-{name}");
    world.write(format!("/etc/pam.d/{counted}"), format!("{rules}{permit}"), 0o644);
    counted
}

/// One login of somebody new.
#[track_caller]
pub fn log_in(bench: &BenchWorld, typed: Typed, host: &mut PamHost) {
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
    let service = service(bench, typed, "pam_monk.so");
    let mapped = mapped(bench.world(), &service, |host| log_in(bench, typed, host));
    let strangers: Vec<_> = mapped
        .iter()
        .filter_map(|file| file.rsplit('/').next())
        .filter(|name| !name.starts_with("pam_"))
        .filter(|name| !OF_LIBPAM.iter().any(|own| name.starts_with(own)))
        .collect();
    let words = match strangers.as_slice() {
        [] => {
            "nothing is mapped into the program besides the module, libpam and libc, and what the \
               program and libpam bring along themselves"
                .to_owned()
        }
        strangers => format!("{} mapped into the program by the module", strangers.join(", ")),
    };
    (strangers.is_empty(), words)
}

/// The libraries of a program after one login.
#[track_caller]
fn mapped(world: &World, service: &str, log_in: impl Fn(&mut PamHost)) -> Vec<String> {
    let options = PamHostOptions { service: service.to_owned(), ..PamHostOptions::default() };
    let mut host = PamHost::start(world, &options);
    log_in(&mut host);
    host.finish().mapped_libraries
}
