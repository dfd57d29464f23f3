//! The walk through a stack against libpam itself: the same stacks, the same verdicts.
//!
//! `pam_debug.so auth=CODE` answers as it is told, so that each stack has one way, and one verdict.

use monk_tests::site::built;
use monk_tests::{World, packages};

use super::control::Code;
use super::phase::Phase;
use super::stack::{Files, Library, Stack};
use super::walk::{Budget, Course, EVERYBODY};

/// Stacks that are made up at random, beside those that are written down.
const RANDOM_STACKS: usize = 400;

/// The answers that modules are told to give, most often yes.
const ANSWERS: [&str; 9] = [
    "success",
    "success",
    "success",
    "success",
    "auth_err",
    "authinfo_unavail",
    "user_unknown",
    "ignore",
    "new_authtok_reqd",
];

/// Control fields, of which random stacks are made.
const CONTROLS: [&str; 16] = [
    "required",
    "requisite",
    "sufficient",
    "optional",
    "[success=ok default=ignore]",
    "[success=done default=die]",
    "[success=1 default=ignore]",
    "[success=2 default=bad]",
    "[success=ok auth_err=1 default=ignore]",
    "[success=reset default=ignore]",
    "[default=reset]",
    "[user_unknown=ignore success=ok authinfo_unavail=ignore default=die]",
    "[success=9 default=1]",
    "[success=ok]",
    "[ignore=ok success=done default=bad]",
    "[success=ignore ignore=done default=0]",
];

fn world() -> World {
    packages::ensure(&["pamtester"]).unwrap_or_else(|error| panic!("{error}"));
    World::new()
}

/// What libpam says of a service.
fn libpam(world: &World, service: &str) -> bool {
    world.command("pamtester").args([service, "root", "authenticate"]).run().success()
}

/// What we say.
fn ours(files: &Files, service: &str) -> bool {
    let library = Library::of(files);
    let stack = Stack::load(&library, service, Phase::Auth);
    // libpam reads the one file for every service.
    let other = Stack::load(&library, "other", Phase::Auth);
    if files.contains_key("other") && other.aborts {
        return false;
    }
    let installed =
        |module: &str| ["pam_debug.so", "pam_permit.so", "pam_deny.so"].contains(&module);
    let course =
        Course { stack: &stack, phase: Phase::Auth, uid: EVERYBODY, installed: &installed };
    let endings = course.walk(&|_| false, &Budget::default()).endings;
    assert!(endings.len() <= 1, "a stack whose modules are told has one way");
    endings.first().is_some_and(|ending| ending.granted)
}

/// Writes the files, and compares the verdicts on one of them.
#[track_caller]
fn agree(world: &World, texts: &[(&str, String)]) -> bool {
    let files: Files =
        texts.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
    for (name, text) in texts {
        world.write(format!("/etc/pam.d/{name}"), text, 0o644);
    }
    let granted = libpam(world, texts[0].0);
    assert_eq!(ours(&files, texts[0].0), granted, "libpam says {granted} of {texts:#?}");
    granted
}

/// A generator that gives the same stacks in every run (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    /// Up to six rules, some of them substacks and includes of `inner`.
    fn rules(&mut self, inner: Option<&str>) -> String {
        let mut text = String::new();
        for _ in 0..=self.below(6) {
            text.push_str(&match (self.below(6), inner) {
                (0, Some(inner)) => format!("auth substack {inner}\n"),
                (1, Some(inner)) => format!("auth include {inner}\n"),
                _ => {
                    let control = CONTROLS[self.below(CONTROLS.len())];
                    let answer = ANSWERS[self.below(ANSWERS.len())];
                    format!("auth {control} pam_debug.so auth={answer}\n")
                }
            });
        }
        text
    }
}

#[test]
fn stacks_made_up_at_random_end_as_libpam_ends_them() {
    let world = world();
    let mut dice = Dice(1);
    let mut granted = 0;
    for _ in 0..RANDOM_STACKS {
        let texts = [
            ("doctor-outer", dice.rules(Some("doctor-middle"))),
            ("doctor-middle", dice.rules(Some("doctor-inner"))),
            ("doctor-inner", dice.rules(None)),
        ];
        granted += usize::from(agree(&world, &texts));
    }
    // Neither verdict is so rare that agreeing on it would mean little.
    assert!((RANDOM_STACKS / 10..RANDOM_STACKS * 9 / 10).contains(&granted), "{granted} granted");
}

#[test]
fn stacks_with_odd_lines_end_as_libpam_ends_them() {
    let world = world();
    for (text, granted) in [
        ("auth required pam_debug.so\n", true),
        ("-auth required pam_debug.so # comment\n", true),
        ("auth \\\n required \\\n pam_debug.so\n", true),
        ("AUTH REQUIRED pam_debug.so\n", true),
        ("auth [ success = ok  default=die ] pam_debug.so\n", true),
        ("auth required pam_nowhere.so\nauth required pam_debug.so\n", false),
        ("auth sufficient pam_nowhere.so\nauth required pam_debug.so\n", true),
        ("-auth optional pam_nowhere.so\nauth required pam_debug.so\n", true),
        ("auth needed pam_debug.so\n", false),
        ("auth required pam_debug.so\nauth required\n", false),
        ("oauth required pam_debug.so\nauth required pam_debug.so\n", false),
        ("auth required pam_debug.so\nauth include nowhere\n", false),
        ("auth required pam_debug.so\n@include nowhere\n", false),
        ("auth [success=ok succes=ok] pam_debug.so\n", false),
        ("auth required pam_debug.so [auth=success]\n", true),
        ("auth required pam_debug.so auth=new_authtok_reqd\n", false),
        ("", false),
    ] {
        let texts =
            [("doctor-odd", text.to_owned()), ("other", "auth required pam_deny.so\n".into())];
        assert_eq!(agree(&world, &texts), granted, "{text}");
    }
}

/// Bytes that editors, other systems and accidents leave in files, and lines that are too long.
#[test]
fn files_with_odd_bytes_are_read_as_libpam_reads_them() {
    let world = world();
    let yes = "auth required pam_debug.so";
    let long = |between: &str, count: usize| format!("{yes} {}", between.repeat(count));
    for (text, granted) in [
        (format!("{yes}\r\n"), false),
        (format!("{yes}\n\r\n"), false),
        (format!("{yes}\n# why\r\n"), true),
        (format!("{yes} debug\r\n"), true),
        (format!("\u{feff}{yes}\n"), false),
        ("auth\u{a0}required pam_debug.so\n".into(), false),
        ("auth\u{b}required pam_debug.so\n".into(), false),
        (format!("{yes}\0 nothing\n{yes}\n"), true),
        (format!("{yes} \\\n"), false),
        ("auth sufficient pam_debug.so\nauth \\".into(), false),
        (format!("{yes} \\\n# in between\n\n debug\n"), true),
        ("auth required \\ # why\n pam_debug.so\n".into(), false),
        ("auth required \\\r\n pam_debug.so\n".into(), false),
        (long(" ", 1_100) + "\n", true),
        (long(" ", 2_000) + "auth\n", false),
        (long("abc ", 400) + "\n", false),
        (format!("auth required \\\n{}pam_debug.so\n", " ".repeat(1_010)), true),
        ("[auth] [required] pam_debug.so\n".into(), true),
        ("auth success=ok pam_debug.so\n".into(), true),
        ("auth [success=okdefault=bad] pam_debug.so\n".into(), true),
        ("auth [default=ok default=bad] pam_debug.so\n".into(), true),
        ("auth [] pam_debug.so\n".into(), false),
        ("auth sufficient pam_debug.so\nauth include nowhere\n".into(), true),
        ("auth sufficient pam_debug.so\n@include nowhere\n".into(), false),
        ("auth sufficient pam_debug.so\nauth required .so\n".into(), false),
        ("auth sufficient pam_debug.so\naccount required .so\n".into(), false),
        (format!("{yes}\naccount include nowhere\n"), true),
        (format!("{yes}\n--auth required pam_deny.so\n"), false),
    ] {
        let texts = [("doctor-odd", text.clone()), ("other", "auth required pam_deny.so\n".into())];
        assert_eq!(agree(&world, &texts), granted, "{text:?}");
    }
    // Files that are included for one phase, and one that every service reads.
    for (inner, other, granted) in [
        ("@include nowhere\n", "", false),
        ("session required pam_deny.so\nnonsense\n", "", false),
        ("auth required pam_debug.so \\\n", "", false),
        ("auth required pam_debug.so\n", "@include nowhere\n", false),
        ("auth required pam_debug.so\n", "auth include nowhere\n", true),
        ("auth required pam_debug.so\n", "auth required pam_deny.so \\\n", false),
    ] {
        let texts = [
            ("doctor-outer", "auth include doctor-inner\n".to_owned()),
            ("doctor-inner", inner.to_owned()),
            ("other", format!("auth required pam_deny.so\n{other}")),
        ];
        assert_eq!(agree(&world, &texts), granted, "{inner:?} {other:?}");
    }
}

/// Pieces of lines, of which random files are made.
const PIECES: [&str; 20] = [
    "auth ",
    "auth\t",
    "required ",
    "sufficient ",
    "pam_debug.so",
    "pam_debug.so ",
    "pam_permit.so",
    "\n",
    "\n",
    "\n",
    "\\\n",
    " \\ \n",
    "# ",
    "\r",
    "[",
    "] ",
    "success=ok ",
    "auth=success ",
    "\\",
    "account ",
];

#[test]
fn files_made_of_pieces_are_read_as_libpam_reads_them() {
    let world = world();
    let mut dice = Dice(3);
    let mut granted = 0;
    for _ in 0..RANDOM_STACKS {
        let mut text = "auth required pam_debug.so\n".to_owned();
        for _ in 0..dice.below(12) {
            text.push_str(PIECES[dice.below(PIECES.len())]);
        }
        let texts = [("doctor-odd", text), ("other", "auth required pam_deny.so\n".into())];
        granted += usize::from(agree(&world, &texts));
    }
    assert!((RANDOM_STACKS / 20..RANDOM_STACKS * 19 / 20).contains(&granted), "{granted}");
}

/// Where a file includes itself, libpam does not come to an end: it crashes, or stops at its limit of
/// substacks.
#[test]
fn a_circle_of_includes_logs_nobody_in_whatever_comes_behind_it() {
    let world = world();
    for include in
        ["@include doctor-circle", "auth include doctor-circle", "auth substack doctor-circle"]
    {
        let text = format!("{include}\nauth required pam_debug.so\n");
        assert!(!agree(&world, &[("doctor-circle", text)]), "{include}");
    }
}

#[test]
fn the_names_of_all_answers_are_those_of_libpam() {
    let world = world();
    for name in ["success", "perm_denied", "auth_err", "module_unknown", "incomplete", "open_err"] {
        assert!(Code::named(name).is_some(), "{name}");
        let text = format!("auth [{name}=ok default=die] pam_debug.so auth={name}\n");
        agree(&world, &[("doctor-name", text)]);
    }
}

/// The rule of monk that random stacks get, whose engine is nowhere.
const MONK: &str = "pam_monk.so minimum_uid=1000 socket=/nonexistent/monk engine=/nonexistent/monk";

/// Its control fields: that of the profile most often, as it tells the two users apart.
const CONTROLS_OF_MONK: [&str; 6] = [
    "[success=2 ignore=ignore user_unknown=ignore default=die]",
    "[success=ok ignore=ignore default=die]",
    "[ignore=1 default=bad]",
    "required",
    "requisite",
    "sufficient",
];

/// What libpam says of a user, and what we say of one with this uid: of all answers that monk could
/// give, only the one counts that it gives without an engine.
#[track_caller]
fn agree_about_monk(world: &World, user: &str, uid: u32, text: &str) -> bool {
    let service = "doctor-monk";
    world.write(format!("/etc/pam.d/{service}"), text, 0o644);
    let granted = world.command("pamtester").args([service, user, "authenticate"]).run().success();
    let files = Files::from([(service.to_owned(), text.to_owned())]);
    let stack = Stack::load(&Library::of(&files), service, Phase::Auth);
    let course = Course { stack: &stack, phase: Phase::Auth, uid, installed: &|_| true };
    let endings = course.walk(&|_| false, &Budget::default()).endings;
    let given = [Code::IGNORE, Code::AUTHINFO_UNAVAIL];
    let mut possible = endings.iter().filter(|ending| {
        ending
            .way
            .iter()
            .all(|&(position, code)| !stack.rules[position].is_monk() || given.contains(&code))
    });
    let ours = possible.next().is_some_and(|ending| ending.granted);
    assert!(possible.next().is_none(), "monk has one answer for the user {user} in {text}");
    assert_eq!(ours, granted, "libpam says {granted} of the user {user} in {text}");
    granted
}

#[test]
fn stacks_with_a_least_uid_end_as_libpam_ends_them() {
    let world = world();
    world.install_pam_module(built("libpam_monk.so"), "pam_monk.so");
    world.add_system_user("alice");
    let mut dice = Dice(2);
    let (mut granted, mut differ) = (0, 0);
    for _ in 0..RANDOM_STACKS / 2 {
        let control = CONTROLS_OF_MONK[dice.below(CONTROLS_OF_MONK.len())];
        let rules = dice.rules(None);
        let text = format!("auth {control} {MONK}\nauth required pam_debug.so\n{rules}");
        let root = agree_about_monk(&world, "root", 0, &text);
        let alice = agree_about_monk(&world, "alice", 1000, &text);
        granted += usize::from(root);
        differ += usize::from(root != alice);
    }
    let enough = RANDOM_STACKS / 20;
    assert!(granted > enough && differ > enough, "{granted} of root, {differ} differ");
}
