//! The system users of a world.

use crate::World;
use crate::uninstalled::SYSTEM_USERS;

/// User and group ids of people begin here (`UID_MIN` in login.defs).
const FIRST_PERSON: u32 = 1000;

/// Keeps nobody and nogroup, which are above all people.
const NOBODY: u32 = 65534;

/// Leaves the people of this machine out of the world, so that a test's alice is never somebody's
/// own account, and the users of the package as well, whom a test adds where it wants them.
#[track_caller]
pub(crate) fn leave_out_people_and_monk(world: &World) {
    for (names, secrets) in [("/etc/passwd", "/etc/shadow"), ("/etc/group", "/etc/gshadow")] {
        let is_left_out = |line: &str| {
            is_person(line) || name(line).is_some_and(|name| SYSTEM_USERS.contains(&name))
        };
        let kept: Vec<String> =
            lines(world, names).into_iter().filter(|line| !is_left_out(line)).collect();
        let secrets_kept: Vec<String> = lines(world, secrets)
            .into_iter()
            .filter(|secret| kept.iter().any(|line| name(line) == name(secret)))
            .collect();
        world.write(names, join(&kept), 0o644);
        world.write(secrets, join(&secrets_kept), 0o640);
    }
}

/// What `/etc/passwd` says about a user.
pub(crate) struct Account {
    /// The user's number, in decimal.
    pub(crate) uid: String,
    /// The number of the user's first group, in decimal.
    pub(crate) gid: String,
    /// The user's home.
    pub(crate) home: String,
}

/// Looks up a system user.
#[track_caller]
pub(crate) fn account(world: &World, user: &str) -> Account {
    let lines = lines(world, "/etc/passwd");
    let line = lines.iter().find(|line| name(line) == Some(user));
    let line = line.unwrap_or_else(|| panic!("the world has no system user {user}"));
    let field = |number| line.split(':').nth(number).unwrap_or_default().to_owned();
    Account { uid: field(2), gid: field(3), home: field(5) }
}

#[track_caller]
pub(crate) fn add(world: &World, name: &str) {
    world
        .command("useradd")
        .args(["--create-home", "--user-group", "--shell", "/bin/bash", name])
        .run()
        .expect_success();
}

/// Sets a SHA-512 hash with few rounds: tests measure monk, not crypt(3).
#[track_caller]
pub(crate) fn set_password(world: &World, name: &str, password: &str) {
    let input = format!("{name}:{password}\n");
    let command =
        world.command("chpasswd").args(["--crypt-method", "SHA512", "--sha-rounds", "1000"]);
    command.stdin(input).run().expect_success();
}

fn lines(world: &World, file: &str) -> Vec<String> {
    world.read(file).lines().map(str::to_owned).collect()
}

fn join(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn name(line: &str) -> Option<&str> {
    line.split(':').next()
}

/// Reads `name:password:id:…`, the form of both passwd and group.
fn is_person(line: &str) -> bool {
    let id = line.split(':').nth(2).and_then(|id| id.parse::<u32>().ok());
    id.is_some_and(|id| id >= FIRST_PERSON && id != NOBODY)
}
