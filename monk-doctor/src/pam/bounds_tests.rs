//! The cost of looking at stacks grows no faster than the files, and has an end. Steps are counted, not
//! time.

use monk_wire::manage::doctor::Facts;
use proptest::prelude::*;

use super::phase::Phase;
use super::stack::{Files, Library, Stack};
use super::walk::{Budget, Course, EVERYBODY};
use super::{Surroundings, examine};
use crate::finding::Findings;

/// Most lines that a stack looks at, and most steps that all walks take together.
const MOST: (usize, usize) = (5_001, 3_000_000);

/// Steps for one rule outside of substacks, if a walk comes by it with everything that can have
/// happened before, and goes on with every answer.
const STEPS_OF_A_RULE: usize = 6 * 6 * 8 * 5;

fn files(texts: &[(String, String)]) -> Files {
    texts.iter().cloned().collect()
}

/// Looks at files as doctor does; the number of findings.
fn look(files: &Files) -> usize {
    let (facts, mut findings) = (Facts::default(), Findings::default());
    let around = Surroundings {
        files,
        facts: &facts,
        installed: &|_| true,
        key_first: false,
        is_told: true,
    };
    examine(&around, &mut findings);
    findings.0.len()
}

fn steps(text: &str) -> usize {
    let files = files(&[("imap".into(), text.into())]);
    let stack = Stack::load(&Library::of(&files), "imap", Phase::Auth);
    assert!(!stack.aborts);
    let budget = Budget::default();
    let course = Course { stack: &stack, phase: Phase::Auth, uid: EVERYBODY, installed: &|_| true };
    course.walk(&|_| false, &budget);
    budget.taken()
}

#[test]
fn a_file_that_includes_itself_is_a_circle_at_once() {
    let text = "@include imap\n@include imap\n@include imap\nauth required pam_monk.so\n";
    for text in [
        text,
        &text.replace("@include", "auth include"),
        &text.replace("@include", "auth substack"),
    ] {
        let files = files(&[("imap".into(), text.into())]);
        let stack = Stack::load(&Library::of(&files), "imap", Phase::Auth);
        assert_eq!((stack.lines, stack.broken.len(), stack.aborts), (1, 1, true), "{text}");
        assert_eq!(look(&files), 1, "{text}");
    }
}

#[test]
fn files_that_include_others_many_times_without_a_circle_come_to_an_end() {
    let mut texts: Vec<(String, String)> = (0..13)
        .map(|depth| {
            (format!("file{depth}"), format!("auth include file{}\n", depth + 1).repeat(30))
        })
        .collect();
    texts.push(("file13".into(), "# nothing\n".into()));
    texts.push(("imap".into(), "auth include file0\nauth required pam_monk.so\n".into()));
    let files = files(&texts);
    let stack = Stack::load(&Library::of(&files), "imap", Phase::Auth);
    assert!(stack.aborts && stack.rules.is_empty(), "{}", stack.lines);
    assert_eq!(stack.lines, MOST.0);
    assert!(look(&files) >= 1);
}

#[test]
fn steps_grow_no_faster_than_the_rules() {
    for rule in [
        "auth [success=1 default=ignore] pam_unix.so use_first_pass\n",
        "auth [success=2 auth_err=3 user_unknown=reset default=bad] pam_unix.so\n",
        "auth [success=ok auth_err=ignore authinfo_unavail=done default=bad] pam_monk.so\n",
        "auth [success=ignore default=2] pam_strange.so\nauth optional pam_mount.so\n",
    ] {
        let of = |count: usize| steps(&rule.repeat(count));
        let (few, many) = (of(40), of(80));
        assert!(many <= 2 * few + STEPS_OF_A_RULE, "{few} and {many}: {rule}");
    }
}

/// Lines that lead into each other in every way, some of them nonsense.
fn line() -> impl Strategy<Value = String> {
    let kind = ["auth", "account", "session", "-auth"].map(str::to_owned);
    let kind = prop_oneof![4 => proptest::sample::select(kind.to_vec()), 1 => "[a-z\\r]{0,5}"];
    let control = prop_oneof![
        Just("required"),
        Just("sufficient"),
        Just("[success=1 default=ignore]"),
        Just("[success=ok auth_err=2 user_unknown=reset default=bad]"),
        Just("[default=done"),
    ];
    let module = prop_oneof![
        Just("pam_monk.so forward_pass"),
        Just("pam_unix.so use_first_pass"),
        Just("pam_succeed_if.so x"),
        Just("pam_strange.so \\"),
        Just(""),
    ];
    let file = 0..6_usize;
    prop_oneof![
        4 => (kind, control, module).prop_map(|(kind, control, module)| format!("{kind} {control} {module}")),
        1 => file.clone().prop_map(|file| format!("@include file{file}")),
        1 => file.clone().prop_map(|file| format!("auth substack file{file}")),
        1 => file.prop_map(|file| format!("account include file{file}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_files_say_there_is_an_end(
        texts in proptest::collection::vec(proptest::collection::vec(line(), 0..60), 6)
    ) {
        let texts = texts.iter().enumerate();
        let texts: Vec<_> =
            texts.map(|(file, lines)| (format!("file{file}"), lines.join("\n") + "\n")).collect();
        let files = files(&texts);
        let library = Library::of(&files);
        for (name, _) in &texts {
            for phase in Phase::ALL {
                let stack = Stack::load(&library, name, phase);
                prop_assert!(stack.lines <= MOST.0 && stack.rules.len() <= 201);
            }
        }
        let findings = look(&files);
        prop_assert!(findings < 20 * texts.len() + texts.iter().map(|(_, text)| text.lines().count()).sum::<usize>());
    }

    #[test]
    fn one_walk_has_so_many_steps_and_all_walks_together(
        rules in proptest::collection::vec(line(), 1..150)
    ) {
        let rules: Vec<_> = rules.into_iter().filter(|rule| !rule.contains("file")).collect();
        let text = rules.join("\n") + "\n";
        let files = files(&[("imap".to_owned(), text)]);
        let stack = Stack::load(&Library::of(&files), "imap", Phase::Auth);
        let budget = Budget::default();
        let course = Course { stack: &stack, phase: Phase::Auth, uid: EVERYBODY, installed: &|_| true };
        let walk = course.walk(&|_| false, &budget);
        prop_assert!(budget.taken() <= (stack.rules.len() + 1) * STEPS_OF_A_RULE);
        prop_assert!(budget.taken() <= MOST.1 && !walk.cut);
    }
}
