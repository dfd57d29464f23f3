//! The floor: what the directory and its own library take for a login, where nobody decides
//! anything.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use monk_tests::Slapd;
use monk_tests::site::{PamLoadRunning, PamLogin};

use super::people::{PASSWORD, Person, Role};
use super::row::{Row, Section};
use super::world::BenchWorld;
use crate::cargo::target;
use crate::failure::Failure;
use crate::prepare;

/// The program, which is C as OpenLDAP's library is, and what it is built with.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bench/floor.c");
const NEEDED: [&str; 2] = ["gcc", "libldap-dev"];

/// Where it is in a world.
const PROGRAM: &str = "/usr/local/libexec/ldap_floor";

/// The group of its rows.
pub const GROUP: &str = "libldap";

/// What a login of the floor consists of, as the program and a table call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps(&'static str, pub &'static str);

/// A search for the user by the service account.
pub const SEARCH: Steps = Steps("s", "search");
/// A search, and a bind as the user on another connection.
pub const PASSWORD_ALONE: Steps = Steps("sb", "search, bind");
/// The same, and a change of one value of the user's by the service account.
pub const PASSWORD_AND_CODE: Steps = Steps("sbm", "search, bind, modify");
/// A connection, a bind as the service account, a search, a bind as the user, and the end.
pub const FRESH: Steps = Steps("f", "connection, bind, search, bind");
/// A bind as the user.
pub const BIND: Steps = Steps("b", "bind");

/// Builds the program.
///
/// # Errors
/// When it does not build.
pub fn build() -> Result<(), Failure> {
    prepare::ensure(&NEEDED)?;
    let mut compiler = Command::new("cc");
    compiler.args(["-O2", "-o"]).arg(program()?).args([SOURCE, "-lldap", "-llber"]);
    let status = compiler.status().map_err(|error| Failure::new("cannot run cc", error))?;
    if status.success() { Ok(()) } else { Err(Failure("the floor does not build".to_owned())) }
}

fn program() -> Result<PathBuf, Failure> {
    Ok(target()?.join("ldap_floor"))
}

/// Begins to carry out logins without PAM, whose answers are passwords.
#[track_caller]
pub fn begin(
    bench: &BenchWorld,
    steps: Steps,
    callers: usize,
    logins: &[PamLogin],
) -> PamLoadRunning {
    let world = bench.world();
    if !world.exists(PROGRAM) {
        let program = program().and_then(|file| {
            fs::canonicalize(&file).map_err(|error| Failure::new(file.display(), error))
        });
        world.install(program.unwrap_or_else(|failure| panic!("{}", failure.0)), PROGRAM, 0o755);
    }
    let directory = bench.directory();
    let arguments = [
        &directory.uri,
        &directory.authority,
        Slapd::SUFFIX,
        &directory.account,
        &directory.password,
        steps.0,
        &callers.to_string(),
    ];
    let lines = logins.iter().map(|login| format!("{} {}", login.user, login.answers[0]));
    PamLoadRunning::start(world.command(PROGRAM).args(arguments), lines)
}

/// A row of the floor: everybody logs in.
pub fn row<'a>(
    bench: &'a BenchWorld,
    steps: Steps,
    callers: usize,
    counterpart: Option<(&'static str, &'static str)>,
) -> Row<'a> {
    let logins = move |count: usize| {
        let people = bench.roles.of(Role::Code);
        people.iter().cycle().take(count).map(right).collect()
    };
    let knows_passwords = steps != SEARCH;
    Row {
        section: Section::Floor,
        group: GROUP.to_owned(),
        words: steps.1,
        callers,
        slowness: if steps == FRESH { 2 } else { 1 },
        counterpart,
        batch: Box::new(logins),
        log_in: Box::new(move |logins| begin(bench, steps, callers, logins).outcome()),
        wrong: knows_passwords.then(|| -> Box<dyn Fn() -> PamLogin> {
            Box::new(|| PamLogin::new(bench.roles.of(Role::Code)[0].name(), "wrong"))
        }),
        counted: Some(bench),
    }
}

/// Somebody who types the password.
pub fn right(person: &Person) -> PamLogin {
    PamLogin::new(person.name(), PASSWORD)
}
