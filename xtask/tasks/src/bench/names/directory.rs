//! Who is looked up: the users of the bench, their groups, and names that nobody has.

use monk_tests::{Slapd, World};

use super::super::people::Person;
use super::what::What;

/// Users that are looked up: an `ls -l` has seldom more owners.
pub const KNOWN: u32 = 1000;

/// The uid of the first user, as the directory has it.
pub const FIRST_UID: u32 = 10_000;

/// The gid of the first group.
const FIRST_GID: u32 = 5_000_000;

/// The same of the files: what is in the files, monk never serves.
pub const FIRST_UID_OF_FILES: u32 = 3_000_000;
const FIRST_GID_OF_FILES: u32 = 6_000_000;

/// How many groups there are: one user is in all of them, another in the first ten.
const GROUPS: u32 = 100;
const FEW: u32 = 10;

/// The user with many groups, and that with few.
const IN_MANY: Person = Person(1);
const IN_FEW: Person = Person(2);

/// Names that nobody has, for misses that were looked up before.
const STRANGERS: u32 = 100;

/// Adds the groups.
#[track_caller]
pub fn add_groups(slapd: &Slapd) {
    let group = |number: u32| {
        let mut entry = format!(
            "dn: cn=group{number},{}\nobjectClass: posixGroup\ncn: group{number}\ngidNumber: {}\nmemberUid: {}\n",
            Slapd::SUFFIX,
            FIRST_GID + number,
            IN_MANY.name()
        );
        if number < FEW {
            entry.push_str(&format!("memberUid: {}\n", IN_FEW.name()));
        }
        entry.push('\n');
        entry
    };
    slapd.add(&(0..GROUPS).map(group).collect::<String>());
}

/// Gives the machine's own files the same first users, for the rows of the service `files`. Programs that ask
/// another service do not see them.
#[track_caller]
pub fn fill_files(world: &World) {
    let mut passwd = world.read("/etc/passwd");
    let mut group = world.read("/etc/group");
    for person in (0..KNOWN).map(Person) {
        let (name, uid) = (person.name(), FIRST_UID_OF_FILES + person.0);
        passwd.push_str(&format!("file{name}:x:{uid}:{uid}::/home/{name}:/bin/sh\n"));
    }
    for number in 0..GROUPS {
        let few = if number < FEW { format!(",file{}", IN_FEW.name()) } else { String::new() };
        group.push_str(&format!(
            "filegroup{number}:x:{}:file{}{few}\n",
            FIRST_GID_OF_FILES + number,
            IN_MANY.name()
        ));
    }
    world.write("/etc/passwd", passwd, 0o644);
    world.write("/etc/group", group, 0o644);
}

/// The lookups of a round.
pub fn lines(what: What, samples: u32, round: u32, is_files: bool) -> Vec<String> {
    let prefix = if is_files { "file" } else { "" };
    let first_uid = if is_files { FIRST_UID_OF_FILES } else { FIRST_UID };
    let name = |person: Person| format!("{prefix}{}", person.name());
    let line = |number: u32| {
        let person = Person(number % KNOWN);
        match what {
            What::User => format!("user {}", name(person)),
            What::Uid => format!("uid {}", first_uid + person.0),
            What::Miss => format!("user stranger{}", number % STRANGERS),
            What::FirstMiss => format!("user new{round}x{number}"),
            What::FewGroups => format!("groups {}", name(IN_FEW)),
            What::ManyGroups => format!("groups {}", name(IN_MANY)),
        }
    };
    (0..samples).map(line).collect()
}
